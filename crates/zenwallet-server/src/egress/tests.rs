//! Every known spelling of an address, and both ends of every range.

use super::*;
use proptest::prelude::*;

fn ranges(texts: &[&str]) -> Vec<Cidr> {
    texts.iter().map(|text| Cidr::parse(text).unwrap()).collect()
}

/// A listener on one address, and a database that may be anywhere.
fn own() -> Vec<SocketAddr> {
    ["10.1.9.9:8080", "0.0.0.0:5433"].map(|address| address.parse().unwrap()).to_vec()
}

/// What the default local configuration allows: loopback, to test apps, but for the gateway's own ports.
fn local() -> Egress {
    Egress::new(ranges(&["127.0.0.0/8", "::1"]), Vec::new(), own())
}

/// `ok`, or the code of the refusal.
fn judge(egress: &Egress, url: &str, environment: Environment) -> &'static str {
    match egress.check_url("webhook_url", url, environment) {
        Ok(_) => "ok",
        Err(rejection) => {
            assert_eq!(rejection.param, "webhook_url");
            assert!(rejection.message.starts_with("webhook_url "), "{}", rejection.message);
            rejection.code.as_str()
        }
    }
}

#[track_caller]
fn expect_all(egress: &Egress, environment: Environment, code: &str, urls: &[&str]) {
    for url in urls {
        assert_eq!(judge(egress, url, environment), code, "{url:?}");
    }
}

#[test]
fn every_spelling_of_loopback_is_loopback() {
    let spellings = [
        "http://127.0.0.1/",
        "http://127.0.0.1./",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0x7f000001/",
        "http://0X7F.0.0.1/",
        "http://0177.0.0.1/",
        "http://017700000001/",
        "http://127.1/",
        "http://127.0.1/",
        "http://127.255.255.254/",
        "http://①②⑦.⓪.⓪.①/",
        "http://127。0。0。1/",
        "http://127．0．0．1/",
        "http://１２７.0.0.1/",
        "http://%31%32%37.0.0.1/",
        "http://127.0.0.1:9000/",
        "HTTP://127.0.0.1/",
        "http://[::1]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[0:0:0:0:0:ffff:127.0.0.1]/",
        "http://[::127.0.0.1]/",
        "http://[::7f00:1]/",
        "http://localhost/",
        "http://localhost./",
        "http://LOCALHOST/",
        "http://ＬＯＣＡＬＨＯＳＴ/",
        "http://a.localhost/",
        "http://a.b.localhost./",
        "http://loc%61lhost/",
        "http://localhost:9000/hook?a=b",
        "http://lo\u{ad}calhost/",
    ];
    let closed = Egress::default();
    expect_all(&closed, Environment::Test, "url_forbidden", &spellings);
    // The same judgement opens them, so none is refused for its form alone.
    expect_all(&local(), Environment::Test, "ok", &spellings);
    let secure: Vec<String> = spellings.iter().map(|url| format!("https{}", &url[4..])).collect();
    for url in &secure {
        assert_eq!(judge(&local(), url, Environment::Production), "url_forbidden", "{url:?}");
    }
}

#[test]
fn every_forbidden_range_is_closed_at_both_ends() {
    let hosts = "0 0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.64.0.1 100.127.255.255 127.0.0.0 \
        127.255.255.255 169.254.0.0 169.254.169.254 169.254.255.255 172.16.0.0 172.31.255.255 192.0.0.0 192.0.0.255 \
        192.0.2.0 192.0.2.255 192.88.99.0 192.88.99.255 192.168.0.0 192.168.255.255 198.18.0.0 198.19.255.255 \
        198.51.100.0 198.51.100.255 203.0.113.0 203.0.113.255 224.0.0.0 239.255.255.255 240.0.0.0 255.255.255.255 \
        167772161 0xa9fea9fe 0251.0376.0251.0376 \
        [::] [::1] [ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff] [::ffff:10.0.0.1] [::ffff:169.254.169.254] [64:ff9b::] \
        [64:ff9b::7f00:1] [64:ff9b::ffff:ffff] [64:ff9b:1::] [64:ff9b:1:ffff:ffff:ffff:ffff:ffff] [100::] \
        [100::ffff:ffff:ffff:ffff] [2001::] [2001:0:ffff:ffff:ffff:ffff:ffff:ffff] [2001::1] [2001:db8::] \
        [2001:db8:ffff:ffff:ffff:ffff:ffff:ffff] [2002::] [2002:7f00:1::] [2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff] \
        [3fff::] [3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff] [5f00::] [5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff] [fc00::] \
        [fd00::1] [fd00:ec2::254] [fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff] [fe80::] \
        [febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff] [fec0::1] [feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff] [ff00::] \
        [ff02::1] [ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]";
    for host in hosts.split_whitespace() {
        for (scheme, environment) in [("http", Environment::Test), ("https", Environment::Production)] {
            let url = format!("{scheme}://{host}/");
            assert_eq!(judge(&Egress::default(), &url, environment), "url_forbidden", "{url}");
        }
    }
    let beyond = "1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255 \
        169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 192.88.98.255 192.88.100.0 \
        192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 \
        223.255.255.255 [::ffff:1.1.1.1] [100:0:0:1::] [2001:1::] [2001:db7::1] [2001:db9::1] [2003::1] \
        [3ffe::1] [4000::1] [5eff::1] [5f01::1] [2606:4700::1111] [fbff::1] [fe00::1]";
    for host in beyond.split_whitespace() {
        assert_eq!(judge(&Egress::default(), &format!("https://{host}/"), Environment::Production), "ok", "{host}");
    }
}

#[test]
fn what_parsers_read_differently_is_refused() {
    let long = format!("https://x.example/{}", "a".repeat(8 * 1024));
    let label = format!("https://{}.example/", "a".repeat(64));
    let name = format!("https://{}example/", "a.".repeat(130));
    let invalid = [
        "",
        "/",
        "/hook",
        "//x.example/",
        "x.example",
        "x.example/hook",
        "https:",
        "https:/",
        "https://",
        "https:///",
        "https:x.example",
        "https:/x.example",
        "https:///x.example",
        "https://?x",
        "https://:443/",
        "https:// /",
        "file:///etc/passwd",
        "gopher://x.example/",
        "ftp://x.example/",
        "ws://x.example/",
        "wss://x.example/",
        "data:text/plain,x",
        "javascript:alert(1)",
        "blob:https://x.example/",
        "view-source:https://x.example/",
        "jar:https://x.example/",
        "mailto:a@x.example",
        "unix:///run/x",
        "dict://x.example/",
        "ldap://x.example/",
        "https://user@x.example/",
        "https://user:pass@x.example/",
        "https://:pass@x.example/",
        "https://@x.example/",
        "https://:@x.example/",
        "https://x.example@127.0.0.1/",
        "https://x.example:80@127.0.0.1/",
        "https://x.example#@127.0.0.1/",
        "https://x.example/#part",
        "https://x.example/#",
        "https://x.example#",
        "https://x.example\\@127.0.0.1/",
        "https:\\\\x.example\\",
        "https://x.example/\\",
        "https:/\\x.example/",
        "https://x.example/\t",
        "https://x.ex\tample/",
        "ht\ntps://x.example/",
        "https://x.example/\r\nHost: y",
        "https://x.example/\u{0}",
        "https://x.example\u{0}.y/",
        "\u{1}https://x.example/",
        " https://x.example/",
        "https://x.example/ ",
        "https://x.example/a b",
        "https://x.example/\u{a0}",
        "https://x.example/\u{3000}",
        "https://x.example/\u{2028}",
        "https://x.example/\u{7f}",
        "https://x.example/\u{85}",
        "https://x.example:99999/",
        "https://x.example:-1/",
        "https://x.example:0x50/",
        "https://x.example:８０/",
        "https://[fe80::1%25eth0]/",
        "https://[fe80::1%eth0]/",
        "https://[::1/",
        "https://::1/",
        "https://[::1]x/",
        "https://[::1.2.3]/",
        "https://[1.2.3.4]/",
        "https://[v1.fe80]/",
        "https://1.2.3.4.5/",
        "https://256.1.1.1/",
        "https://0x100000000/",
        "https://1.2.3.08/",
        "https://x.example%00.y/",
        "https://x%2eexample%2f/",
        "https://x.example%40127.0.0.1/",
        "https://a..b/",
        "https://.example/",
        "https://x.example../",
        "https://x!.example/",
        "https://x'.example/",
        "https://x;y.example/",
        "https://x,y/",
        "https://x(y)/",
        "https://{x}/",
        "https://x=y/",
        "https://$x/",
        "https://*.example/",
        "https://x`y/",
        "https://x\"y/",
        "https://xn--/",
        "https://../",
        "https://./",
        &long,
        &label,
        &name,
    ];
    expect_all(&local(), Environment::Test, "url_invalid", &invalid);
    expect_all(&local(), Environment::Production, "url_invalid", &invalid);
}

#[test]
fn good_urls_are_called_as_they_are_judged() {
    let longest = format!("https://x.example/{}", "a".repeat(URL_MAX_CHARS - 18));
    let table = [
        ("https://x.example", "https://x.example/"),
        ("HTTPS://X.Example:443/Hook?a=b&c=%20", "https://x.example/Hook?a=b&c=%20"),
        ("https://x.example./", "https://x.example./"),
        ("https://my_host-1.x.example:8443/@user?x=a@b", "https://my_host-1.x.example:8443/@user?x=a@b"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("https://pаypal.example/", "https://xn--pypal-4ve.example/"),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("https://134744072/", "https://8.8.8.8/"),
        ("https://[2606:4700::1111]:8443/", "https://[2606:4700::1111]:8443/"),
        ("https://x.example/a/../b", "https://x.example/b"),
        ("https://x.example/{id}|<>\"`^", "https://x.example/%7Bid%7D|%3C%3E%22%60%5E"),
        ("https://localhost.x.example/", "https://localhost.x.example/"),
        ("https://notlocalhost/", "https://notlocalhost/"),
        (&longest, &longest),
    ];
    for (given, called) in table {
        let url = Egress::default().check_url("url", given, Environment::Production);
        let url = url.unwrap_or_else(|rejection| panic!("{given}: {rejection}"));
        // The path's letters may be spelled in two ways; host and port may not.
        assert_eq!(url.as_str().replace("^", "%5E"), called, "{given}");
    }
    assert_eq!(judge(&Egress::default(), "http://x.example/", Environment::Production), "url_not_https");
    assert_eq!(judge(&Egress::default(), "http://x.example/", Environment::Test), "ok");
    assert_eq!(judge(&Egress::default(), &format!("{longest}a"), Environment::Test), "url_invalid");
}

#[test]
fn ports_of_other_protocols_are_closed_everywhere() {
    assert!(CLOSED_PORTS.is_sorted());
    let everywhere = Egress::new(ranges(&["0.0.0.0/0", "::/0"]), ranges(&["0.0.0.0/0", "::/0"]), Vec::new());
    for port in CLOSED_PORTS {
        for host in ["x.example", "8.8.8.8", "127.0.0.1", "localhost", "[::1]"] {
            let url = format!("https://{host}:{port}/");
            assert_eq!(judge(&everywhere, &url, Environment::Test), "url_forbidden", "{url}");
        }
        for address in ["8.8.8.8", "127.0.0.1", "::1"] {
            let address = SocketAddr::new(address.parse().unwrap(), port);
            assert!(!everywhere.may_call(address, Environment::Test), "{address}");
        }
    }
    for port in [80, 443, 3000, 4000, 5000, 8000, 8080, 8443, 9000] {
        let url = format!("https://x.example:{port}/");
        assert_eq!(judge(&everywhere, &url, Environment::Production), "ok", "{url}");
    }
}

#[test]
fn ranges_are_opened_for_one_environment_and_never_to_the_gateway_itself() {
    let lan = Egress::new(ranges(&["127.0.0.0/8", "::1"]), ranges(&["10.1.0.0/16"]), own());
    let table = [
        ("127.0.0.1:9000", true, false),
        ("[::1]:9000", true, false),
        ("[::ffff:127.0.0.1]:9000", true, false),
        ("10.1.2.3:9000", false, true),
        ("10.2.0.1:9000", false, false),
        ("127.0.0.1:8080", false, false),
        ("127.9.9.9:5433", false, false),
        ("[::ffff:127.0.0.1]:8080", false, false),
        ("10.1.2.3:8080", false, true),
        ("10.1.9.9:8080", false, false),
        ("10.1.9.9:9000", false, true),
        // Other people's ports are not the gateway's.
        ("8.8.8.8:8080", true, true),
        ("8.8.8.8:25", false, false),
        ("[2606:4700::1111]:443", true, true),
    ];
    for (address, test, production) in table {
        let address: SocketAddr = address.parse().unwrap();
        assert_eq!(lan.may_call(address, Environment::Test), test, "{address}");
        assert_eq!(lan.may_call(address, Environment::Production), production, "{address}");
        let url = format!("https://{address}/");
        assert_eq!(judge(&lan, &url, Environment::Test) == "ok", test, "{url}");
        assert_eq!(judge(&lan, &url, Environment::Production) == "ok", production, "{url}");
    }
    assert_eq!(judge(&lan, "http://localhost:8080/", Environment::Test), "url_forbidden");
    assert_eq!(judge(&lan, "https://localhost:9000/", Environment::Production), "url_forbidden");
    // One of the two loopback addresses is enough to call `localhost` there.
    let v4 = Egress::new(ranges(&["127.0.0.1"]), Vec::new(), Vec::new());
    assert_eq!(judge(&v4, "http://localhost:9000/", Environment::Test), "ok");
}

#[test]
fn the_metadata_address_stays_closed_whatever_is_opened() {
    let everywhere = Egress::new(ranges(&["0.0.0.0/0", "::/0"]), ranges(&["0.0.0.0/0", "::/0"]), Vec::new());
    let hosts = "169.254.169.254 2852039166 0xa9fea9fe 0251.0376.0251.0376 [::ffff:169.254.169.254] [::a9fe:a9fe] \
        [fd00:ec2::254]";
    for host in hosts.split_whitespace() {
        for environment in [Environment::Test, Environment::Production] {
            assert_eq!(judge(&everywhere, &format!("https://{host}/"), environment), "url_forbidden", "{host}");
        }
    }
}

proptest! {
    /// Two parsers read what is sent; they must see the same place.
    #[test]
    fn what_passes_is_the_same_place_to_both_parsers(
        host in "[a-z0-9.\\[\\]:%_-]{1,16}|[\\PC]{1,8}", rest in "[/?][\\PC]{0,20}", port in proptest::option::of(0..70_000_u32),
    ) {
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let text = format!("http://{host}{port}{rest}");
        if let Ok(url) = local().check_url("url", &text, Environment::Test) {
            let uri: hyper::Uri = url.as_str().parse().unwrap();
            prop_assert_eq!(uri.host(), url.host_str());
            prop_assert_eq!(uri.port_u16().or(Some(80)), url.port_or_known_default());
            prop_assert_eq!(uri.path(), url.path());
            prop_assert_eq!(uri.query(), url.query());
        }
    }
}

#[test]
fn the_gateway_does_not_call_itself_at_any_of_its_addresses() {
    let egress = Egress::new(Vec::new(), Vec::new(), own());
    let is_own = |local: &str, peer: &str| egress.is_own(local.parse().unwrap(), peer.parse().unwrap());
    assert!(is_own("203.0.113.9:40000", "203.0.113.9:8080"));
    assert!(is_own("[2606:4700::9]:40000", "[2606:4700::9]:5433"));
    assert!(!is_own("203.0.113.9:40000", "203.0.113.9:9000"), "another program on this machine");
    assert!(!is_own("203.0.113.9:40000", "203.0.113.10:8080"), "another machine");
}

#[test]
fn of_this_gateways_inboxes_an_app_names_its_own_alone() {
    use zenwallet_core::id::IdSource;
    let ids = IdSource::seeded(5);
    let now = zenwallet_core::time::Timestamp::from_ms(0);
    let (own, other): (InboxId, InboxId) = (ids.next(now), ids.next(now));
    let egress = Egress::default();
    // Behind no proxy the gateway's own address is one that nothing may call.
    let base = "http://127.0.0.1:8080";
    let judge = |inbox, url: &str| {
        let receivers = Receivers { egress: &egress, public_url: base, inbox };
        receivers.check_url("url", url, Environment::Test).map_err(|rejection| rejection.code)
    };
    let (url, foreign) = (format!("{base}/inbox/{own}"), format!("{base}/inbox/{other}"));
    assert_eq!(judge(Some(own), &url), Ok(()));
    assert_eq!(judge(None, &url), Err(Code::UrlForbidden));
    for url in [&foreign, &format!("{url}/"), &format!("{url}?a"), &format!("{base}/inbox/"), &format!("{base}/x")] {
        assert_eq!(judge(Some(own), url), Err(Code::UrlForbidden), "{url}");
    }
    // Another spelling of this address is no inbox, and as closed as ever.
    for url in [format!("http://127.0.0.1:8080//inbox/{own}"), format!("http://localhost:8080/inbox/{own}")] {
        assert_eq!(judge(Some(own), &url), Err(Code::UrlForbidden), "{url}");
    }
    assert_eq!(judge(Some(own), "https://shop.example/hook"), Ok(()));
}
