//! The server on a real socket: what only a connection can do, and what no connection may (R12 in its short form).

use crate::support::{Connection, Kind, TestApp, TestServer, WireAnswer, limits, many_payments, run};
use serde_json::Value;
use std::time::{Duration, Instant};
use zenwallet_server::Limits;

/// Long for a loopback, short for a test.
const SHORT: Duration = Duration::from_millis(300);
const CREATE: &str = "{\"amount\":1,\"currency\":\"XP\"}";

/// Runs a case against a server with these limits.
fn serve<F: Future<Output = ()>>(limits: Limits, case: impl FnOnce(TestApp, TestServer) -> F) {
    run(Kind::Sqlite, async |app: TestApp| {
        let server = TestServer::start(&app, limits).await;
        let stop = server.stop.clone();
        case(app, server).await;
        stop.cancel();
    });
}

fn create(app: &TestApp, headers: &str, body: &str) -> String {
    let (key, length) = (&app.a.key, body.len());
    format!(
        "POST /api/payments/create HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
}

#[track_caller]
fn expect_error(answer: &WireAnswer, status: u16, code: &str) {
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!((answer.status, body["error"]["code"].as_str().unwrap()), (status, code));
    assert_eq!(body["error"]["request_id"], answer.headers["request-id"]);
    assert_eq!(answer.headers["content-type"], "application/json");
}

/// Expects the end of the connection, not before its time and not long after it.
async fn expect_end(connection: &mut Connection, began: Instant) {
    assert!(connection.is_closed().await);
    let took = began.elapsed();
    // Its clock started a little before ours.
    assert!((SHORT / 2..SHORT * 15).contains(&took), "{took:?}");
}

#[test]
fn one_connection_carries_many_requests() {
    serve(limits(), async |app, server| {
        let mut connection = server.connect().await;
        for _ in 0..3 {
            connection.write(create(&app, "", CREATE)).await;
            assert_eq!(connection.answer(false).await.status, 201);
        }
        // Also those that come before the answer to the one before.
        connection.write(create(&app, "", CREATE).repeat(5)).await;
        for _ in 0..5 {
            assert_eq!(connection.answer(false).await.status, 201);
        }
        let chunked = create(&app, "Transfer-Encoding: chunked\r\n", "").replace("Content-Length: 0\r\n", "");
        let (first, second) = CREATE.split_at(9);
        let chunks = format!("{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n", first.len(), second.len());
        connection.write(format!("{chunked}{chunks}")).await;
        assert_eq!(connection.answer(false).await.status, 201);
        let get = connection.ask("GET /nope", "").await;
        expect_error(&get, 404, "route_unknown");
        let head = connection.ask("HEAD /nope", "").await;
        assert_eq!((head.status, &head.headers["content-length"]), (404, &get.headers["content-length"]));
        let authorization = format!("Authorization: Bearer {}\r\n", app.a.key);
        let exported = connection.ask("GET /api/payments/export", &authorization).await;
        assert_eq!(exported.headers["transfer-encoding"], "chunked");
        assert_eq!(String::from_utf8(exported.body).unwrap().lines().count(), 1 + 9);
    });
}

#[test]
fn a_body_that_is_too_large_is_refused_while_it_comes() {
    serve(limits(), async |app, server| {
        let large = format!("{CREATE}{}", " ".repeat(1_000_000));
        let mut connection = server.connect().await;
        let request = create(&app, "", &large);
        let (mut read, mut write) = connection.stream.into_split();
        // The server may stop reading before all is written.
        let writing = tokio::spawn(async move {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut write, request.as_bytes()).await;
            write
        });
        let mut head = [0; 12];
        tokio::io::AsyncReadExt::read_exact(&mut read, &mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 413");
        drop(writing.await.unwrap());
        // One who asks first is told before having sent anything.
        connection = server.connect().await;
        let asks = create(&app, "Expect: 100-continue\r\n", &large);
        let head_end = asks.find("\r\n\r\n").unwrap() + 4;
        connection.write(&asks[..head_end]).await;
        let first = connection.answer(false).await;
        if first.status == 100 {
            connection.write(&asks[head_end..head_end + 70_000]).await;
            expect_error(&connection.answer(false).await, 413, "body_too_large");
        } else {
            expect_error(&first, 413, "body_too_large");
        }
    });
}

#[test]
fn a_refusal_does_not_end_the_connection() {
    serve(limits(), async |app, server| {
        let good = create(&app, "", CREATE);
        let large = create(&app, "", &" ".repeat(400_000));
        let chunked = format!("{CREATE}\r\n0\r\n\r\n");
        let table = [
            (good.replace(&app.a.key, "zw_test_nobody"), 401),
            (good.replace("POST /api/payments/create", "POST /nope"), 404),
            (good.replace("POST /api/payments/create", "DELETE /api/payments"), 405),
            (good.replace("POST /api/payments/create", "GET /api/payments"), 200),
            (good.replace("application/json", "text/plain"), 415),
            (large.replace(&app.a.key, "zw_test_nobody"), 401),
            (large, 413),
            (
                good.replace("POST /api", "POST /nope")
                    .replace(&format!("Content-Length: {}", CREATE.len()), "Transfer-Encoding: chunked")
                    .replace(CREATE, &format!("{:x}\r\n{chunked}", CREATE.len())),
                404,
            ),
        ];
        let mut connection = server.connect().await;
        for (request, status) in table {
            // As many clients do: the head, and then the body in writes of its own.
            let (head, body) = request.split_at(request.find("\r\n\r\n").unwrap() + 4);
            connection.write(head).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            connection.write(body).await;
            let answer = connection.answer(false).await;
            assert_eq!((answer.status, answer.headers.get("connection")), (status, None), "{head}");
        }
        connection.write(&good).await;
        assert_eq!(connection.answer(false).await.status, 201);
        // Whoever does not send the rest, or too much of it, is told that this was the last answer.
        let refused = good.replace(&app.a.key, "zw_test_nobody");
        let asks = refused.replace("Host: x", "Host: x\r\nExpect: 100-continue");
        let endless = create(&app, "", &" ".repeat(2_000_000)).replace(&app.a.key, "zw_test_nobody");
        for request in [&refused[..refused.len() - 5], &asks[..asks.len() - CREATE.len()], &endless[..1_500_000]] {
            let mut connection = server.connect().await;
            connection.write(request).await;
            let answer = connection.answer(false).await;
            assert_eq!((answer.status, answer.headers["connection"].as_str()), (401, "close"));
        }
    });
}

#[test]
fn a_slow_body_is_told_so() {
    serve(limits(), async |app, server| {
        let request = create(&app, "", CREATE);
        let mut connection = server.connect().await;
        connection.write(&request[..request.len() - 5]).await;
        expect_error(&connection.answer(false).await, 408, "request_timeout");
        // Nothing of it was done, and a length that is never reached is no payment.
        let list = app.get("/api/payments").key(&app.a).send().await.expect(200).json();
        assert!(list["data"].as_array().unwrap().is_empty());
    });
}

#[test]
fn a_slow_head_is_cut_off() {
    serve(Limits { head_timeout: SHORT, ..limits() }, async |app, server| {
        let (mut silent, began) = (server.connect().await, Instant::now());
        silent.write("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ").await;
        expect_end(&mut silent, began).await;
        // However diligently it drips.
        let (mut dripping, began) = (server.connect().await, Instant::now());
        let mut tick = tokio::time::interval(SHORT / 10);
        loop {
            tick.tick().await;
            let wrote = tokio::io::AsyncWriteExt::write_all(&mut dripping.stream, b"a").await;
            if wrote.is_err() || began.elapsed() > SHORT * 15 {
                break;
            }
        }
        expect_end(&mut dripping, began).await;
        // The second head of a connection is no better off than the first.
        let mut second = server.connect().await;
        second.write(create(&app, "", CREATE)).await;
        assert_eq!(second.answer(false).await.status, 201);
        let began = Instant::now();
        second.write("G").await;
        expect_end(&mut second, began).await;
    });
}

#[test]
fn a_connection_that_says_nothing_is_cut_off() {
    serve(Limits { head_timeout: SHORT, ..limits() }, async |_, server| {
        let (mut silent, began) = (server.connect().await, Instant::now());
        expect_end(&mut silent, began).await;
    });
}

#[test]
fn a_connection_that_rests_too_long_is_cut_off() {
    serve(Limits { idle_timeout: SHORT, ..limits() }, async |app, server| {
        let authorization = format!("Authorization: Bearer {}\r\n", app.a.key);
        for request in ["GET /healthz", "GET /api/payments", "GET /api/payments/export", "GET /nope", "POST /pay/x/pay"]
        {
            let mut connection = server.connect().await;
            for times in 1..=2 {
                connection.ask(request, &authorization).await;
                let began = Instant::now();
                if times == 2 {
                    expect_end(&mut connection, began).await;
                }
            }
        }
    });
}

#[test]
fn a_reader_that_does_not_read_is_cut_off() {
    serve(Limits { write_stall_timeout: SHORT, ..limits() }, async |app, server| {
        many_payments(&app, &app.a, 2_000).await;
        let mut connection = server.connect().await;
        let ask =
            format!("GET /api/payments/export HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n", app.a.key);
        // More than all buffers between the two ends hold.
        connection.write(ask.repeat(60)).await;
        let began = Instant::now();
        // Asking for writability does not read: the other side's reset is what ends this.
        loop {
            let wrote = tokio::io::AsyncWriteExt::write_all(&mut connection.stream, b"GET ").await;
            if wrote.is_err() {
                break;
            }
            assert!(began.elapsed() < SHORT * 30, "still connected");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // Others are served as ever.
        assert_eq!(server.connect().await.ask("GET /healthz", "").await.status, 200);
    });
}

#[test]
fn connections_are_counted_in_all_and_by_address() {
    for capped in [Limits { max_connections: 2, ..limits() }, Limits { max_connections_per_address: 2, ..limits() }] {
        serve(capped, async |_, server| {
            let (mut one, mut two) = (server.connect().await, server.connect().await);
            assert_eq!(one.ask("GET /healthz", "").await.status, 200);
            assert_eq!(two.ask("GET /healthz", "").await.status, 200);
            assert!(server.connect().await.is_closed().await);
            drop(one);
            // Its place is free as soon as the server has seen it go.
            crate::support::eventually("a free place", Duration::from_secs(5), async || {
                let mut three = server.connect().await;
                let wrote = tokio::io::AsyncWriteExt::write_all(
                    &mut three.stream,
                    b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                )
                .await;
                let mut head = [0; 12];
                let read = tokio::io::AsyncReadExt::read_exact(&mut three.stream, &mut head).await;
                (wrote.is_ok() && read.is_ok() && &head == b"HTTP/1.1 200").then_some(())
            })
            .await;
            assert_eq!(two.ask("GET /healthz", "").await.status, 200);
        });
    }
}

#[test]
fn an_end_in_good_order_answers_what_was_begun() {
    serve(limits(), async |app, server| {
        let mut idle = server.connect().await;
        assert_eq!(idle.ask("GET /healthz", "").await.status, 200);
        let mut busy = server.connect().await;
        let request = create(&app, "", CREATE);
        busy.write(&request[..request.len() - 5]).await;
        // The server has the head once it asks for more; a connection beside it shows that it is past accepting.
        assert_eq!(server.connect().await.ask("GET /healthz", "").await.status, 200);
        server.stop.cancel();
        assert!(idle.is_closed().await);
        busy.write(&request[request.len() - 5..]).await;
        let answer = busy.answer(false).await;
        assert_eq!((answer.status, answer.headers["connection"].as_str()), (201, "close"));
        tokio::time::timeout(Duration::from_secs(5), server.serving).await.unwrap().unwrap();
        assert!(tokio::net::TcpStream::connect(server.address).await.is_err());
    });
}

#[test]
fn what_is_not_http_does_no_harm() {
    serve(limits(), async |app, server| {
        let id = app.payment_of(&app.a).await;
        let cancel = format!(
            "POST /api/payments/{id}/cancel HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n",
            app.a.key
        );
        let hidden = format!("0\r\n\r\n{cancel}");
        let table = [
            "\r\n\r\n\0\0\0garbage\r\n\r\n".to_owned(),
            "GET / HTTP/9.9\r\n\r\n".to_owned(),
            "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
            format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "h".repeat(200_000)),
            format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "p".repeat(200_000)),
            format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: y\r\n".repeat(200)),
            "POST /api/payments/create HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n".to_owned(),
            // Two lengths, or a length and chunks: whichever is believed, the rest is no request.
            format!("POST /nope HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n{cancel}"),
            format!(
                "POST /nope HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\nTransfer-Encoding: chunked\r\n\r\n{hidden}",
                hidden.len()
            ),
            format!("POST /nope HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n{hidden}"),
        ];
        for request in table {
            let mut connection = server.connect().await;
            let _ = tokio::io::AsyncWriteExt::write_all(&mut connection.stream, request.as_bytes()).await;
            let _ = tokio::io::AsyncWriteExt::shutdown(&mut connection.stream).await;
            let mut answers = Vec::new();
            let reading = tokio::io::AsyncReadExt::read_to_end(&mut connection.stream, &mut answers);
            let _ = tokio::time::timeout(Duration::from_secs(5), reading).await.expect("the connection ends");
            let answers = String::from_utf8_lossy(&answers);
            let shown: String = request.chars().take(60).collect();
            assert!(!answers.contains("\"FAILED\""), "{shown}: {answers}");
            assert!(answers.is_empty() || answers.starts_with("HTTP/1.1 4"), "{shown}: {answers}");
        }
        assert_eq!(app.read(&app.a, &id).await["status"], "PENDING");
        assert_eq!(server.connect().await.ask("GET /healthz", "").await.status, 200);
    });
}
