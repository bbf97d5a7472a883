use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn post(path: &str, id: &str) -> Vec<u8> {
    format!("POST {path} HTTP/1.1\r\nhost: x\r\nwebhook-id: {id}\r\ncontent-length: 2\r\n\r\n{{}}").into_bytes()
}

async fn status(stream: &mut TcpStream, request: &[u8]) -> String {
    stream.write_all(request).await.expect("written");
    let mut answer = [0; 1_024];
    let n = stream.read(&mut answer).await.expect("an answer");
    String::from_utf8_lossy(&answer[9..n.min(12)]).into_owned()
}

#[tokio::test]
async fn one_connection_carries_many_requests_and_paths_decide() {
    let receiver = Receiver::start(&loopback(1, 0)).expect("started");
    let mut stream = TcpStream::connect(receiver.addresses[0]).await.expect("connected");
    for (path, expected) in [("/ok", "200"), ("/status-410", "410"), ("/fail-3", "500"), ("/fail-3", "200")] {
        assert_eq!(status(&mut stream, &post(path, "evt_1")).await, expected, "{path}");
    }
    let counts = receiver.ledger().counts();
    assert_eq!(counts, Counts { requests: 4, answered_2xx: 2, events: 1, accepted: 1 });
    assert_eq!(receiver.ledger().receipts()[1].path(), "/status-410");
    assert!(receiver.cpu() > Duration::ZERO);
}

#[tokio::test]
async fn two_requests_at_once_and_one_in_pieces_are_told_apart() {
    let receiver = Receiver::start(&loopback(1, 0)).expect("started");
    let mut stream = TcpStream::connect(receiver.addresses[0]).await.expect("connected");
    stream.write_all(&[post("/ok", "a"), post("/ok", "b")].concat()).await.expect("written");
    assert!(receiver.wait_for(2, Duration::from_secs(5)).await);
    for byte in post("/ok", "c") {
        stream.write_all(&[byte]).await.expect("written");
        stream.flush().await.expect("flushed");
    }
    assert!(receiver.wait_for(3, Duration::from_secs(5)).await);
    assert!(!receiver.wait_for(4, Duration::from_millis(20)).await);
}

#[tokio::test]
async fn a_hanging_path_is_received_and_not_answered() {
    let receiver = Receiver::start(&loopback(1, 0)).expect("started");
    let mut stream = TcpStream::connect(receiver.addresses[0]).await.expect("connected");
    stream.write_all(&post("/hang", "a")).await.expect("written");
    let mut answer = [0; 8];
    let read = tokio::time::timeout(Duration::from_millis(50), stream.read(&mut answer)).await;
    assert!(read.is_err(), "it answered {answer:?}");
    let ledger = receiver.ledger();
    assert_eq!((ledger.counts().requests, ledger.receipts()[0].answered), (1, None));
}

#[tokio::test]
async fn a_dripping_path_sends_a_byte_and_waits() {
    let receiver = Receiver::start(&loopback(1, 0)).expect("started");
    let mut stream = TcpStream::connect(receiver.addresses[0]).await.expect("connected");
    stream.write_all(&post("/drip", "a")).await.expect("written");
    let mut answer = [0; 64];
    assert_eq!(stream.read(&mut answer).await.expect("a byte"), 1);
}

#[test]
fn every_address_has_the_port_of_the_first_and_is_free_afterwards() {
    let receiver = Receiver::start(&loopback(3, 0)).expect("started");
    let addresses = receiver.addresses.clone();
    assert_eq!(receiver.url(4, "/ok"), format!("http://{}/ok", addresses[1]));
    assert!(addresses.iter().all(|a| a.port() == addresses[0].port() && a.ip().is_loopback()));
    assert!(Receiver::start(&addresses).is_err(), "two receivers cannot share a port");
    drop(receiver);
    drop(Receiver::start(&addresses).expect("the port is free again"));
    assert_eq!(loopback(300, 1).last().map(ToString::to_string), Some("127.0.1.46:1".to_owned()));
}
