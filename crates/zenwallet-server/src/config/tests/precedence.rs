//! Who outweighs whom.

use super::*;
use secrecy::ExposeSecret;
use std::net::SocketAddr;

#[test]
fn defaults_give_way_to_the_file_the_file_to_the_environment_and_that_to_flags() {
    let file = "listen = \"127.0.0.1:1\"\n[http]\nmax_connections = 11\nmax_connections_per_address = 12\n";
    let env = pairs(&[("ZENWALLET_LISTEN", "127.0.0.1:2"), ("ZENWALLET_HTTP_MAX_CONNECTIONS", "21")]);
    let flags = pairs(&[("listen", "127.0.0.1:3")]);
    let config = load(Some((Path::new("f"), file)), &env, &flags).unwrap();
    assert_eq!(config.listen.port(), 3);
    assert_eq!(config.public_url, "http://127.0.0.1:3");
    assert_eq!(config.http.max_connections, 21);
    assert_eq!(config.http.max_connections_per_address, 12);
    assert_eq!(config.expiry.batch_max, 500);
}

#[test]
fn an_override_also_overrides_a_mistake_but_an_unknown_name_stays_one() {
    let file = Some((Path::new("f"), "listen = \"nowhere\""));
    let env = pairs(&[("ZENWALLET_LISTEN", "127.0.0.1:2")]);
    assert_eq!(load(file, &env, &[]).unwrap().listen.port(), 2);
    let file = Some((Path::new("f"), "listne = \"127.0.0.1:1\""));
    assert!(load(file, &env, &[]).is_err());
}

#[test]
fn the_last_of_two_equal_flags_counts() {
    assert_eq!(load_flags(&[("expiry.batch_max", "1"), ("expiry.batch_max", "2")]).unwrap().expiry.batch_max, 2);
}

#[test]
fn our_own_variable_outweighs_the_alias_and_an_empty_one_is_absent() {
    let url = |env: &[(&str, &str)]| {
        let mut env = env.to_vec();
        env.push(("ZENWALLET_SECRET_KEY", KEY_TEXT));
        load_env(&env).unwrap().database_url.map(|url| url.expose_secret().to_owned())
    };
    let (ours, alias) = ("ZENWALLET_DATABASE_URL", "DATABASE_URL");
    assert_eq!(url(&[(alias, "postgres://a/x")]).unwrap(), "postgres://a/x");
    assert_eq!(url(&[(ours, "postgresql://b/x"), (alias, "mysql://a/x")]).unwrap(), "postgresql://b/x");
    assert_eq!(url(&[(ours, ""), (alias, "postgres://a,b:5433/x")]).unwrap(), "postgres://a,b:5433/x");
    assert_eq!(url(&[(ours, ""), (alias, "")]), None);
}

#[test]
fn variables_that_belong_to_others_are_left_alone() {
    let config = load_env(&[
        ("HOME", "/root"),
        ("ZENWALLET_CONFIG", "/etc/zenwallet.toml"),
        ("ZENWALLET_API_KEY", "zk_test"),
        ("ZENWALLET_TEST_POSTGRES", "x"),
        ("ZENWALLET_SERVICE_HOST", "10.0.0.1"),
        ("ZENWALLET_SERVICE_PORT_HTTP", "8080"),
        ("ZENWALLET_PORT", "tcp://10.0.0.1:8080"),
        ("ZENWALLET_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
        ("ZENWALLET_PORT_8080_TCP_PORT", "8080"),
        ("ZENWALLET_DB_PORT_5432_TCP_ADDR", "10.0.0.2"),
    ]);
    assert_eq!(seen(&config.unwrap()), seen(&load(None, &[], &[]).unwrap()));
}

#[test]
fn everything_wrong_is_said_at_once_a_paragraph_each() {
    let file = "listne = 1\n[http]\nmax_connections = 0\n[log]\nformat = \"xml\"\n";
    let env = pairs(&[("ZENWALLET_DEMO_APP", "maybe"), ("ZENWALLET_NOPE", "1"), ("DATABASE_URL", "postgres://h/d")]);
    let flags = pairs(&[("expiry.batch_max", "none")]);
    let errors = load(Some((Path::new("f.toml"), file)), &env, &flags).unwrap_err();
    assert_eq!(errors.as_slice().len(), 7, "{errors}");
    assert_eq!(errors.to_string().split("\n\n").count(), 7, "{errors}");
}

#[test]
fn a_broken_file_is_not_guessed_at_while_the_other_sources_are_still_checked() {
    let file = Some((Path::new("f.toml"), "secret_key = [\nlistne = 1\n"));
    let env = pairs(&[("DATABASE_URL", "postgres://h/d"), ("ZENWALLET_DEMO_APP", "maybe")]);
    let text = load(file, &env, &[]).unwrap_err().to_string();
    assert!(text.contains("not TOML") && text.contains("demo.app"), "{text}");
    assert!(!text.contains("listne") && !text.contains("is missing"), "{text}");
}

#[test]
fn a_test_listens_on_a_free_port_and_its_public_url_follows() {
    let mut config = Config::for_tests(Path::new("/tmp/somewhere"));
    assert_eq!(
        (config.listen.to_string().as_str(), config.data_dir.as_path()),
        ("127.0.0.1:0", Path::new("/tmp/somewhere"))
    );
    config.rebind(SocketAddr::from(([127, 0, 0, 1], 4321)));
    assert_eq!((config.listen.port(), config.public_url.as_str()), (4321, "http://127.0.0.1:4321"));
    "https://pay.example.com".clone_into(&mut config.public_url);
    config.rebind(SocketAddr::from(([127, 0, 0, 1], 5)));
    assert_eq!(config.public_url, "https://pay.example.com");
}
