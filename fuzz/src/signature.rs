//! Signatures and sealed secrets: what was signed is known, and nothing else is.

use crate::draw;
use arbitrary::Unstructured;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zenwallet_core::id::{EventId, IdSource, UserId};
use zenwallet_core::signature::{SigningKey, hmac_sha256, is_signed, sign_attempt, signed_body};
use zenwallet_core::time::Timestamp;
use zenwallet_server::fuzz::{open, seal};
use zenwallet_server::gateway::InstanceKey;

/// The first byte says whether the rest is a header as it came, or draws a signature and edits to it.
pub fn run(data: &[u8]) {
    match data.split_first() {
        Some((0, rest)) => header_as_it_came(rest),
        Some((1, rest)) => sealed(&mut Unstructured::new(rest)),
        Some((_, rest)) => signed(&mut Unstructured::new(rest)),
        None => {}
    }
}

/// Whether a header is good, found out the slow way: by making every signature and comparing the bytes.
fn judge(keys: &[Vec<u8>], id: &str, at: &str, header: &str, body: &[u8]) -> bool {
    let message = [id.as_bytes(), b".", at.as_bytes(), b".", body].concat();
    let made: Vec<[u8; 32]> = keys.iter().map(|key| hmac_sha256(key, &[&message])).collect();
    let parts = header.split(' ').filter_map(|part| part.strip_prefix("v1,"));
    let given = parts.filter_map(|part| STANDARD.decode(part).ok()).take(8);
    given.into_iter().any(|mac| made.iter().any(|made| made.as_slice() == mac))
}

fn header_as_it_came(data: &[u8]) {
    let Ok(header) = std::str::from_utf8(data) else { return };
    let keys = [vec![7; 32], Vec::new()];
    let live: Vec<SigningKey> = keys.iter().cloned().map(SigningKey::new).collect();
    // Nobody guesses 256 bits.
    assert!(!is_signed(&live, "evt_x", "5", header, b"{}"));
    let good = format!("v1,{}", STANDARD.encode(hmac_sha256(&keys[0], &[b"evt_x.5.{}"])));
    let both = format!("{header} {good}");
    assert_eq!(is_signed(&live, "evt_x", "5", &both, b"{}"), judge(&keys, "evt_x", "5", &both, b"{}"));
}

fn signed(u: &mut Unstructured<'_>) {
    let keys: Vec<Vec<u8>> = (0..=draw::number::<u8>(u) % 4).map(|_| draw::text(u, 40).as_bytes().to_vec()).collect();
    let live: Vec<SigningKey> = keys.iter().cloned().map(SigningKey::new).collect();
    let (id, at) = (EventId::from_bytes(draw::number(u)), Timestamp::from_ms(draw::number(u)));
    let body = draw::text(u, 200);
    let headers = sign_attempt(&live, id, at, body);
    let judged = |id: &str, at: &str, header: &str, body: &[u8]| {
        let is_good = is_signed(&live, id, at, header, body);
        assert_eq!(is_good, judge(&keys, id, at, header, body), "{header:?}");
        is_good
    };
    assert!(judged(&headers.id, &headers.timestamp, &headers.standard, body.as_bytes()));
    assert_eq!(headers.own.matches(",v1=").count(), keys.len());
    assert!(headers.standard.is_ascii() && headers.own.is_ascii() && !headers.own.contains(['\r', '\n', ' ']));
    let edited = draw::edited(u, body.as_bytes());
    let is_good = judged(&headers.id, &headers.timestamp, &headers.standard, &edited);
    assert_eq!(is_good, edited == body.as_bytes(), "another body passes");
    let edited = draw::edited(u, headers.standard.as_bytes());
    if let Ok(edited) = std::str::from_utf8(&edited) {
        judged(&headers.id, &headers.timestamp, edited, body.as_bytes());
    }
    content(&live[0], u);
}

/// The member `signature` is the content's, stands in its place, and taken out leaves the content.
fn content(key: &SigningKey, u: &mut Unstructured<'_>) {
    let [notes, reference] = [0; 2].map(|_| Value::from(draw::text(u, 60)));
    let content = format!("{{\"metadata\":{{\"status\":{notes}}},\"reference_id\":{reference},\"status\":\"FAILED\"}}");
    let body = signed_body(key, &content);
    let read: Value = serde_json::from_str(&body).expect("a signed body is JSON");
    let signature = read["signature"].as_str().unwrap_or_default();
    assert_eq!(signature.len(), "sha256=".len() + 64);
    let member = format!(",\"signature\":\"{signature}\",\"status\"");
    assert_eq!(body.matches(&member).count(), 1, "{body}");
    assert_eq!(body.replace(&member, ",\"status\""), content);
}

fn sealed(u: &mut Unstructured<'_>) {
    let key = InstanceKey::new(draw::number(u));
    let owner = UserId::from_bytes(draw::number(u));
    let secret = draw::text(u, 80).as_bytes();
    let blob = seal(&key, &IdSource::seeded(draw::number(u)), owner, secret);
    assert_eq!(open(&key, owner, &blob).as_deref(), Some(secret));
    let edited = draw::edited(u, &blob);
    assert_eq!(open(&key, owner, &edited).is_some(), edited == blob, "it opens although it was changed");
    let other = UserId::from_bytes(draw::number(u));
    assert_eq!(open(&key, other, &blob).is_some(), other == owner);
    let text = key.to_base64();
    let again = InstanceKey::from_base64(&text).expect("a key reads its own text");
    assert_eq!(open(&again, owner, &blob).as_deref(), Some(secret));
}
