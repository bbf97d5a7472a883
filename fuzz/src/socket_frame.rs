//! What a Socket.IO client sends: what it says of itself is read strictly, and no frame brings the server down.

use crate::draw;
use arbitrary::Unstructured;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use serde_json::{Value, json};
use socketioxide::SocketIo;
use socketioxide::extract::{SocketRef, TryData};
use std::cell::RefCell;
use std::pin::Pin;
use std::time::Duration;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use zenwallet_core::Code;
use zenwallet_core::id::AppId;
use zenwallet_server::fuzz::read_socket_auth;

const NAMESPACES: [&str; 3] = ["/", "/pay", "/dashboard"];

/// The first byte says whether the rest is what a polling client posts, or draws what it says of itself.
pub fn run(data: &[u8]) {
    match data.split_first() {
        Some((0, rest)) => posted(rest),
        Some((_, rest)) => drawn(&mut Unstructured::new(rest)),
        None => {}
    }
}

fn drawn(u: &mut Unstructured<'_>) {
    let mut auth = draw::members(u, 2);
    for name in ["apiKey", "afterSeq", "paymentId", "accessToken", "apps"] {
        let app = AppId::from_bytes(draw::number(u)).to_string();
        match draw::number::<u8>(u) % 5 {
            0 => drop(auth.insert(name.to_owned(), json!(draw::text(u, 30)))),
            1 => drop(auth.insert(name.to_owned(), json!(draw::number::<i64>(u)))),
            2 => drop(auth.insert(name.to_owned(), json!({app: draw::number::<i32>(u)}))),
            3 => drop(auth.insert(name.to_owned(), draw::json(u, 2))),
            _ => {}
        }
    }
    let auth = if draw::number::<u8>(u).is_multiple_of(8) { draw::json(u, 1) } else { Value::Object(auth) };
    for namespace in NAMESPACES {
        judge(namespace, Some(auth.clone()));
        posted(format!("40{namespace},{auth}").as_bytes());
    }
}

/// What is read of an `auth` is what it says, and what it may not say is refused.
fn judge(namespace: &str, auth: Option<Value>) {
    let Some(read) = read_socket_auth(namespace, auth.clone()) else { return };
    let said = auth.unwrap_or_default();
    match read {
        Err(error) => assert!(Code::ALL.contains(&error.code) && !error.message.is_empty()),
        Ok(read) => {
            let (names, credential): (&[&str], _) = match namespace {
                "/" => (&["apiKey", "afterSeq"], "apiKey"),
                "/pay" => (&["paymentId"], "paymentId"),
                _ => (&["accessToken", "apps"], "accessToken"),
            };
            assert!(said.as_object().is_none_or(|said| said.keys().all(|name| names.contains(&name.as_str()))));
            assert_eq!(read.credential.as_deref(), said[credential].as_str(), "{said}");
            assert!(
                read.places.len() <= 20 && read.places.iter().all(|(_, after)| after.is_none_or(|after| after >= 0))
            );
            for (app, after) in read.places {
                let place = app.map_or(&said["afterSeq"], |app| &said["apps"][app.to_string()]);
                assert_eq!(place.as_i64(), after, "{said}");
            }
        }
    }
}

type Answer = Pin<Box<dyn Future<Output = (u16, Bytes)>>>;
type Service = Box<dyn Fn(Request<Full<Bytes>>) -> Answer>;

thread_local! {
    /// One server for all frames: each has a connection of its own, which it ends.
    static SERVER: RefCell<Option<(Runtime, Service)>> = const { RefCell::new(None) };
}

fn serve() -> (Runtime, Service) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let inside = runtime.enter();
    let (service, io) = SocketIo::builder().connect_timeout(Duration::from_secs(10)).build_svc();
    for namespace in NAMESPACES {
        io.ns(namespace, async move |socket: SocketRef, TryData(auth): TryData<Value>| {
            judge(namespace, auth.ok());
            let _ = socket.disconnect();
        });
    }
    let call = move |request: Request<Full<Bytes>>| -> Answer {
        let answer = service.clone().oneshot(request);
        Box::pin(async move {
            let Ok(answer) = answer.await;
            let status = answer.status().as_u16();
            (status, answer.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default())
        })
    };
    drop(inside);
    (runtime, Box::new(call))
}

/// What a polling client posts, on a connection of its own: the server answers, and goes on serving.
fn posted(frame: &[u8]) {
    SERVER.with_borrow_mut(|server| {
        let (runtime, service) = server.get_or_insert_with(serve);
        runtime.block_on(async {
            let call = async |method: &str, session: &str, body: &[u8]| {
                let request =
                    Request::builder().method(method).uri(format!("/socket.io/?EIO=4&transport=polling{session}"));
                let request = request.body(Full::new(Bytes::copy_from_slice(body))).expect("a request");
                service(request).await
            };
            let (status, opened) = call("GET", "", b"").await;
            assert_eq!(status, 200, "the server no longer lets anybody in");
            let opened: Value = serde_json::from_slice(&opened[1..]).expect("a handshake");
            let session = format!("&sid={}", opened["sid"].as_str().expect("the session's id"));
            let (status, _) = call("POST", &session, frame).await;
            assert!(status < 500, "{status} to {frame:?}");
            // It ends: what it may still hold goes with it.
            call("POST", &session, b"1").await;
            tokio::task::yield_now().await;
        });
    });
}
