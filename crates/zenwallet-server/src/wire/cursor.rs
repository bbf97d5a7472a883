//! Cursors: where the next page starts, bound to the list they came from.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zenwallet_core::id::{Id, Kind};
use zenwallet_core::{Code, Rejection};

/// Bytes of the fingerprint that ties a cursor to its list.
const TIE_BYTES: usize = 8;

/// The cursor of the page after `last`, in the list that `list` describes (its app and filters).
pub(crate) fn encode<K: Kind>(last: Id<K>, list: &str) -> String {
    let mut raw = last.to_bytes().to_vec();
    raw.extend(tie(list));
    URL_SAFE_NO_PAD.encode(raw)
}

/// The id that a cursor stands behind; a refusal when this list did not give it.
pub(crate) fn decode<K: Kind>(cursor: &str, list: &str) -> Result<Id<K>, Rejection> {
    let raw = URL_SAFE_NO_PAD.decode(cursor).ok().filter(|raw| raw.len() == 16 + TIE_BYTES && raw[16..] == tie(list));
    raw.and_then(|raw| raw[..16].try_into().ok()).map(Id::from_bytes).ok_or_else(|| {
        let message = "cursor is not one that this list gave with these filters; start again without it";
        Rejection::new(Code::CursorInvalid, "cursor", message)
    })
}

fn tie(list: &str) -> [u8; TIE_BYTES] {
    let hash: [u8; 32] = Sha256::digest(list.as_bytes()).into();
    let mut tie = [0; TIE_BYTES];
    tie.copy_from_slice(&hash[..TIE_BYTES]);
    tie
}

#[cfg(test)]
mod tests {
    use super::*;
    use zenwallet_core::id::{PaymentId, PaymentKind};

    #[test]
    fn a_cursor_opens_its_own_list_alone() {
        let id = PaymentId::from_bytes([9; 16]);
        let cursor = encode(id, "app_1 status=SUCCESS");
        assert_eq!(decode(&cursor, "app_1 status=SUCCESS"), Ok(id));
        for (text, list) in [(cursor.as_str(), "app_1"), (&cursor[1..], "app_1 status=SUCCESS"), ("", ""), ("%", "")] {
            assert_eq!(decode::<PaymentKind>(text, list).unwrap_err().code, Code::CursorInvalid);
        }
    }
}
