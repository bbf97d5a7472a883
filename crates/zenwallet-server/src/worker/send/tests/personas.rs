use super::*;
use SendErrorKind::{AnswerInvalid, ConnectFailed, ConnectionLost, TimedOut, TlsFailed};

/// What a persona must come to: a status, or a reason and a part of its message.
fn expected(persona: &Persona) -> Result<u16, (SendErrorKind, &'static str)> {
    match persona {
        Persona::Healthy | Persona::ClosesAfterAnswer | Persona::ClosesOnReuse => Ok(200),
        Persona::Answers(status, _) | Persona::Redirects(status, _) => Ok(*status),
        Persona::EndlessBody | Persona::HugeBody | Persona::GzipBomb => Ok(200),
        Persona::LengthTooShort | Persona::BinaryBody => Ok(200),
        Persona::BodyOn204 => Ok(204),
        Persona::SwitchesProtocols => Ok(101),
        Persona::Status("999") => Ok(999),
        Persona::TlsUnknown => Err((TlsFailed, "certificate is not valid: UnknownIssuer")),
        Persona::TlsIsPlain => Err((TlsFailed, "answers without TLS")),
        Persona::TlsStalls => Err((TimedOut, "waiting for the TLS handshake")),
        Persona::Refuses => Err((ConnectFailed, "Connection refused")),
        Persona::HangsBeforeAccept => Err((TimedOut, "waiting for the connection")),
        Persona::ClosesOnAccept | Persona::ResetsOnAccept => Err((ConnectionLost, "")),
        Persona::ClosesAfterRequest | Persona::ResetsAfterRequest | Persona::HalfHeadCloses => {
            Err((ConnectionLost, "before the answer was whole"))
        }
        Persona::HangsAfterAccept | Persona::HangsAfterRequest | Persona::HalfHead | Persona::SlowHead => {
            Err((TimedOut, "waiting for the head"))
        }
        Persona::ContinueOnly | Persona::InterimFlood => Err((TimedOut, "waiting for the head")),
        Persona::SlowBody(200) => Err((TimedOut, "waiting for the end of the answer's body")),
        // A failure is one however it ends.
        Persona::SlowBody(status) => Ok(*status),
        Persona::ResetsMidBody | Persona::LengthTooLong | Persona::NoLastChunk => Err((ConnectionLost, "")),
        Persona::HugeHeader | Persona::ManyHeaders => Err((AnswerInvalid, "too large")),
        Persona::GarbageStatusLine | Persona::Http09 | Persona::Http2 | Persona::Status(_) => Err((AnswerInvalid, "")),
        Persona::TwoLengths | Persona::GarbageLength | Persona::BadChunk => Err((AnswerInvalid, "")),
    }
}

fn check(persona: &Persona, sent: &Sent, deadline_ms: u32) {
    assert!(sent.took_ms <= deadline_ms + 500, "{persona:?} took {} ms", sent.took_ms);
    match (&sent.outcome, expected(persona)) {
        (Ok(answer), Ok(status)) => {
            assert_eq!(answer.status, status, "{persona:?}");
            assert!(answer.body.len() <= 4_096 && !answer.body.contains('\0'), "{persona:?}");
            assert!(answer.headers.len() <= 32, "{persona:?}");
        }
        // A reset can overtake the news that the connection stands.
        (Err(error), _) if *persona == Persona::ResetsOnAccept => {
            assert!(matches!(error.kind, ConnectFailed | ConnectionLost), "{persona:?}: {error}");
        }
        (Err(error), Err((kind, words))) => {
            assert_eq!(error.kind, kind, "{persona:?}: {error}");
            assert!(error.message.contains(words), "{persona:?}: {error}");
        }
        (outcome, expected) => panic!("{persona:?}: {outcome:?} instead of {expected:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_receiver_gets_more_than_its_deadline_or_its_4_kib() {
    const DEADLINE_MS: u32 = 1_000;
    let canary = Receiver::start(Persona::Healthy).await.unwrap();
    let sender = Arc::new(sender(DEADLINE_MS.into(), &[], RootCertStore::empty()));
    let mut personas = Persona::hostile(&canary.url());
    assert!(personas.len() > 40);
    personas.push(Persona::Healthy);
    let mut sending = tokio::task::JoinSet::new();
    for persona in personas {
        let sender = Arc::clone(&sender);
        let receiver = Receiver::start(persona.clone()).await.unwrap();
        sending.spawn(async move {
            let sent = send_test(&sender, receiver.url()).await;
            (persona, receiver, sent)
        });
    }
    while let Some(ended) = sending.join_next().await {
        let (persona, receiver, sent) = ended.unwrap();
        check(&persona, &sent, DEADLINE_MS);
        assert!(receiver.hits() <= 1, "{persona:?}: a request on a fresh connection is sent once");
    }
    assert_eq!(canary.connections(), 0, "a redirect was followed");
}

#[tokio::test]
async fn an_answer_is_kept_as_text() {
    let sender = sender(5_000, &[], RootCertStore::empty());
    let healthy = Receiver::start(Persona::Healthy).await.unwrap();
    let sent = send_test(&sender, format!("{}?a=b", healthy.url())).await;
    let answer = sent.outcome.unwrap();
    assert_eq!((answer.status, answer.body.as_str(), answer.retry_after_ms), (200, "ok", None));
    assert_eq!(answer.headers[0], ("content-type".to_owned(), "text/plain".to_owned()));
    let heard = &healthy.requests()[0];
    assert!(heard.head.starts_with("POST /hook?a=b HTTP/1.1\r\n"), "{}", heard.head);
    assert_eq!(heard.header("host"), Some(healthy.address().to_string().as_str()));
    assert_eq!((heard.header("content-length"), heard.header("webhook-id")), (Some("7"), Some("evt_1")));
    assert_eq!((heard.header("accept-encoding"), heard.body.as_slice()), (None, &b"{\"a\":1}"[..]));

    let binary = Receiver::start(Persona::BinaryBody).await.unwrap();
    let answer = send_test(&sender, binary.url()).await.outcome.unwrap();
    assert!(answer.body.starts_with("\u{fffd}\u{fffd}xéé") && answer.body.ends_with("éé"), "{}", answer.body);
    assert!(answer.body.len() <= 4_096 && answer.body.len() > 4_090);
    assert!(answer.headers.contains(&("x-latin".to_owned(), "\u{fffd}".to_owned())));
}

#[tokio::test]
async fn retry_after_is_understood() {
    let sender = sender(5_000, &[], RootCertStore::empty());
    let table = [
        ("0", Some(0)),
        ("7", Some(7_000)),
        ("1000000000", Some(1_000_000_000_000)),
        ("99999999999999999999999999", Some(i64::MAX)),
        ("Mon, 26 Jan 2026 10:36:30 GMT", Some(90_000)),
        ("Wed, 21 Oct 2015 07:28:00 GMT", Some(0)),
        ("soon", None),
        ("-5", None),
        ("", None),
    ];
    for (given, want) in table {
        let receiver = Receiver::start(Persona::Answers(429, Some(given))).await.unwrap();
        let answer = send_test(&sender, receiver.url()).await.outcome.unwrap();
        assert_eq!((answer.status, answer.retry_after_ms, answer.body.as_str()), (429, want, "told"), "{given}");
    }
}
