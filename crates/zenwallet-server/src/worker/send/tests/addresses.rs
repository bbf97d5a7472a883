use super::*;
use SendErrorKind::{ConnectFailed, DnsFailed, TimedOut, UrlForbidden};

#[tokio::test]
async fn a_name_is_refused_for_any_address_that_is_forbidden() {
    let sender = sender(2_000, &[], RootCertStore::empty());
    let names = ["mixed.test", "mostly-open.test", "private.test", "metadata.test", "mapped.test"];
    for name in names {
        let sent = send_test(&sender, format!("http://{name}:9/hook").replace(":9/", ":9000/")).await;
        let (kind, message) = refusal(&sent);
        assert_eq!(kind, UrlForbidden, "{name}: {message}");
        assert!(message.starts_with(&format!("{name} resolves to an address")), "{message}");
        assert!(!message.contains("10.0") && !message.contains("192.168") && !message.contains("169.254"), "{message}");
        assert!(sent.took_ms < 500);
    }
    let sent = send_test(&sender, "http://empty.test/").await;
    assert_eq!(refusal(&sent), (DnsFailed, "empty.test could not be resolved: it has no address"));
    let sent = send_test(&sender, "http://unknown.test/").await;
    assert_eq!(refusal(&sent), (DnsFailed, "unknown.test could not be resolved: Name or service not known"));
}

#[tokio::test]
async fn urls_are_judged_again_at_each_send() {
    let sender = sender(2_000, &[], RootCertStore::empty());
    let receiver = Receiver::start(Persona::Healthy).await.unwrap();
    let port = receiver.address().port();
    let urls = [
        "http://10.0.0.1/".to_owned(),
        "http://[::ffff:10.0.0.1]/".to_owned(),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://127.0.0.1:6379/".to_owned(),
        format!("http://user@127.0.0.1:{port}/"),
        format!("ftp://127.0.0.1:{port}/"),
        format!("http://127.0.0.1:{port}/\r\nX-More: 1"),
    ];
    for url in urls {
        let sent = send_test(&sender, url.clone()).await;
        assert_eq!(refusal(&sent).0, UrlForbidden, "{url}");
    }
    for url in [format!("http://127.0.0.1:{port}/"), format!("https://127.0.0.1:{port}/")] {
        let sent = sender.send(outgoing(url.clone(), Environment::Production)).await;
        assert_eq!(refusal(&sent).0, UrlForbidden, "{url}");
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn a_name_that_rebinds_is_refused_at_the_second_attempt() {
    let sender = sender(2_000, &[], RootCertStore::empty());
    let receiver = Receiver::start(Persona::ClosesAfterAnswer).await.unwrap();
    assert_eq!(status(&send_test(&sender, under("rebinds.test", &receiver)).await), 200);
    let sent = send_test(&sender, under("rebinds.test", &receiver)).await;
    assert_eq!(refusal(&sent).0, UrlForbidden);
    assert_eq!((receiver.connections(), receiver.hits()), (1, 1));
}

#[tokio::test]
async fn every_good_spelling_is_called() {
    let sender = sender(2_000, &[], RootCertStore::empty());
    let receiver = Receiver::start(Persona::Healthy).await.unwrap();
    let names =
        ["127.0.0.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "localhost", "a.localhost.", "receiver.test"];
    for name in names {
        assert_eq!(status(&send_test(&sender, under(name, &receiver)).await), 200, "{name}");
    }
    assert_eq!(receiver.hits(), names.len());
    let six = Receiver::start_at(Persona::Healthy, "[::1]:0".parse().unwrap()).await.unwrap();
    assert_eq!(status(&send_test(&sender, six.url()).await), 200);
    for name in ["six.test", "localhost"] {
        let url = format!("http://{name}:{}/", six.address().port());
        assert_eq!(status(&send_test(&sender, url).await), 200, "{name}");
    }
}

#[tokio::test]
async fn a_dead_address_leaves_time_for_the_next_one() {
    let sender = sender(1_500, &[], RootCertStore::empty());
    let receiver = Receiver::start(Persona::Healthy).await.unwrap();
    let port = receiver.address().port();
    let refused = send_test(&sender, format!("http://two.test:{port}/")).await;
    assert_eq!(status(&refused), 200, "the second address accepts");

    let hanging = Receiver::start_at(Persona::HangsBeforeAccept, "127.0.0.2:0".parse().unwrap()).await.unwrap();
    let healthy = SocketAddr::from(([127, 0, 0, 1], hanging.address().port()));
    let receiver = Receiver::start_at(Persona::Healthy, healthy).await.unwrap();
    let sent = send_test(&sender, under("two.test", &receiver)).await;
    assert_eq!(status(&sent), 200);
    assert!((500..1_200).contains(&sent.took_ms), "{} ms", sent.took_ms);
    drop(receiver);
    let sent = send_test(&sender, format!("http://two.test:{}/", hanging.address().port())).await;
    assert_eq!(refusal(&sent).0, ConnectFailed);
}

#[tokio::test]
async fn a_slow_resolver_costs_no_more_than_the_deadline() {
    let sender = sender(200, &[], RootCertStore::empty());
    let sent = send_test(&sender, "http://slow.test:9000/").await;
    let (kind, message) = refusal(&sent);
    assert_eq!(kind, TimedOut);
    assert!(message.ends_with("waiting for the addresses of the name"), "{message}");
    assert!(sent.took_ms < 700);
}
