use super::*;
use SendErrorKind::{ConnectionLost, TlsFailed, UrlForbidden};

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let sender = sender(5_000, &[], RootCertStore::empty());
    let receiver = Receiver::start(Persona::Healthy).await.unwrap();
    for _ in 0..20 {
        assert_eq!(status(&send_test(&sender, receiver.url()).await), 200);
    }
    assert_eq!((receiver.hits(), receiver.connections()), (20, 1));
}

#[tokio::test]
async fn the_products_own_sender_sends() {
    let egress = Arc::new(Egress::new(ranges(&["127.0.0.1"]), Vec::new(), Vec::new()));
    let sender = Sender::new(egress, SendOptions::default(), Clock::System);
    let receiver = Receiver::start(Persona::Healthy).await.unwrap();
    assert_eq!(status(&send_test(&sender, receiver.url()).await), 200);
    // The machine's authorities do not know our certificate.
    let unknown = Receiver::start(Persona::TlsUnknown).await.unwrap();
    assert_eq!(refusal(&send_test(&sender, unknown.url()).await).0.as_str(), "tls_failed");
}

#[tokio::test]
async fn environments_share_no_connection() {
    let open = sender(5_000, &["127.0.0.1"], roots());
    let receiver = Receiver::start(Persona::TlsUnknown).await.unwrap();
    for environment in [Environment::Test, Environment::Production, Environment::Test, Environment::Production] {
        assert_eq!(status(&open.send(outgoing(receiver.url(), environment)).await), 200);
    }
    assert_eq!((receiver.hits(), receiver.connections()), (4, 2));

    // What waits open for test apps opens nothing to production ones, by address or by name.
    let closed = sender(5_000, &[], roots());
    for url in [receiver.url(), under("receiver.test", &receiver)] {
        assert_eq!(status(&closed.send(outgoing(url.clone(), Environment::Test)).await), 200);
        let sent = closed.send(outgoing(url, Environment::Production)).await;
        assert_eq!(refusal(&sent).0, UrlForbidden);
    }
}

#[tokio::test]
async fn tls_asks_for_the_name_of_the_url() {
    let sender = sender(5_000, &[], roots());
    let receiver = Receiver::start(Persona::TlsUnknown).await.unwrap();
    for name in ["receiver.test", "receiver.test.", "127.0.0.1"] {
        assert_eq!(status(&send_test(&sender, under(name, &receiver)).await), 200, "{name}");
    }
    let host = format!("receiver.test:{}", receiver.address().port());
    assert_eq!(receiver.requests()[0].header("host"), Some(host.as_str()));
    let sent = send_test(&sender, under("other.test", &receiver)).await;
    let (kind, message) = refusal(&sent);
    assert_eq!(kind, TlsFailed);
    assert!(message.contains("certificate is not valid: NotValidForName"), "{message}");
    assert_eq!(receiver.hits(), 3);
}

#[tokio::test]
async fn a_kept_connection_that_died_is_replaced_once() {
    let sender = sender(5_000, &[], RootCertStore::empty());
    let receiver = Receiver::start(Persona::ClosesOnReuse).await.unwrap();
    for _ in 0..2 {
        assert_eq!(status(&send_test(&sender, receiver.url()).await), 200);
    }
    assert_eq!((receiver.hits(), receiver.connections()), (3, 2));

    let gone = Receiver::start(Persona::ClosesAfterRequest).await.unwrap();
    assert_eq!(refusal(&send_test(&sender, gone.url()).await).0, ConnectionLost);
    assert_eq!(gone.hits(), 1, "a fresh connection is no excuse");

    let closes = Receiver::start(Persona::ClosesAfterAnswer).await.unwrap();
    for _ in 0..5 {
        assert_eq!(status(&send_test(&sender, closes.url()).await), 200);
    }
    assert_eq!(closes.hits(), 5);
}

/// Runs in a process of its own, with proxies in its environment: see the next test.
#[tokio::test]
#[ignore = "a part of a_proxy_in_the_environment_is_ignored"]
async fn send_in_an_environment_with_proxies() {
    let sender = sender(5_000, &[], roots());
    for persona in [Persona::Healthy, Persona::TlsUnknown] {
        let receiver = Receiver::start(persona).await.unwrap();
        for name in ["receiver.test", "127.0.0.1"] {
            assert_eq!(status(&send_test(&sender, under(name, &receiver)).await), 200);
        }
        assert_eq!(receiver.hits(), 2);
    }
}

#[tokio::test]
async fn a_proxy_in_the_environment_is_ignored() {
    let canary = Receiver::start(Persona::Healthy).await.unwrap();
    let mut child = tokio::process::Command::new(std::env::current_exe().unwrap());
    child.args(["send_in_an_environment_with_proxies", "--ignored"]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        child.env(name, format!("http://{}", canary.address()));
    }
    let output = child.output().await.unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
    assert_eq!(canary.connections(), 0);
}
