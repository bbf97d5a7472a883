//! A client that works until the gateway closes its connection, and remembers every request.

use crate::http::raw::RawConnection;
use std::net::SocketAddr;

/// What became of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// Answered with this status.
    Answered(u16),
    /// The connection was closed and no byte of an answer came.
    Closed,
    /// The connection was closed in the middle of the answer.
    Torn,
}

/// A request and its fate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Asked {
    /// The payment's reference, which no other payment has.
    pub(super) reference: String,
    /// Whether it completes the payment; else it creates it.
    pub(super) completes: bool,
    /// What became of it.
    pub(super) fate: Fate,
}

/// Creates and completes payments over one connection until it is closed.
pub(super) async fn work(address: SocketAddr, key: String, name: String) -> anyhow::Result<Vec<Asked>> {
    let mut connection = RawConnection::connect(address).await?;
    let mut all = Vec::new();
    for n in 0_u64.. {
        let reference = format!("{name}-{n}");
        let body = format!(r#"{{"amount":500,"currency":"COINS","reference_id":"{reference}"}}"#);
        let (fate, payment_id) = ask(&mut connection, &post(address, &key, "/api/payments/create", &body)).await;
        all.push(Asked { reference: reference.clone(), completes: false, fate });
        let Some(id) = payment_id else { break };
        let path = format!("/api/payments/{id}/complete");
        let (fate, _) = ask(&mut connection, &post(address, &key, &path, r#"{"status":"SUCCESS"}"#)).await;
        all.push(Asked { reference, completes: true, fate });
        if fate != Fate::Answered(200) {
            break;
        }
    }
    Ok(all)
}

fn post(address: SocketAddr, key: &str, path: &str, body: &str) -> String {
    let bytes = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {bytes}\r\n\r\n{body}"
    )
}

async fn ask(connection: &mut RawConnection, request: &str) -> (Fate, Option<String>) {
    let told = connection.exchange(request.as_bytes()).await.map(|answer| (answer.status, payment_id(answer.body)));
    match told {
        Ok((status, payment_id)) => (Fate::Answered(status), payment_id),
        Err(_) if connection.is_answered_partly() => (Fate::Torn, None),
        Err(_) => (Fate::Closed, None),
    }
}

fn payment_id(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(body.get("payment_id")?.as_str()?.to_owned())
}
