//! Cursors: one that is taken was given, by this list, and has one spelling.

use crate::draw;
use arbitrary::Unstructured;
use zenwallet_core::id::PaymentId;
use zenwallet_server::fuzz::{read_cursor, write_cursor};

/// An id, the name of a list, and edits to the cursor that they give.
pub fn run(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        taken_is_given(text, "app_1");
    }
    let mut u = Unstructured::new(data);
    let id = PaymentId::from_bytes(draw::number(&mut u));
    assert_eq!(PaymentId::parse(&id.to_string()), Some(id));
    let list = draw::text(&mut u, 60);
    let cursor = write_cursor(id, list);
    assert!(cursor.len() == 32 && cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
    assert_eq!(read_cursor(&cursor, list), Some(id));
    let other = draw::edited(&mut u, list.as_bytes());
    if let Ok(other) = std::str::from_utf8(&other).map(str::to_owned)
        && other != list
    {
        assert_eq!(read_cursor(&cursor, &other), None, "{list:?} gave it, {other:?} took it");
    }
    let edited = draw::edited(&mut u, cursor.as_bytes());
    if let Ok(edited) = std::str::from_utf8(&edited) {
        taken_is_given(edited, list);
        // An id too is read in one spelling alone.
        if let Some(other) = PaymentId::parse(edited) {
            assert_eq!(other.to_string(), edited);
        }
    }
    let id = draw::edited(&mut u, id.to_string().as_bytes());
    if let Ok(id) = std::str::from_utf8(&id)
        && let Some(read) = PaymentId::parse(id)
    {
        assert_eq!(read.to_string(), id);
    }
}

fn taken_is_given(text: &str, list: &str) {
    if let Some(id) = read_cursor(text, list) {
        assert_eq!(write_cursor(id, list), text);
    }
}
