//! Requests as HTTP/1.1 spells them, read no further than a receiver needs.

use crate::http::raw::find;
use std::ops::Range;

/// Where the parts of a whole request lie.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Layout {
    /// The path with its query.
    pub(super) path: Range<usize>,
    /// The value of `webhook-id`.
    pub(super) id: Option<Range<usize>>,
    /// Where the body begins.
    pub(super) body_at: usize,
    /// Where the request ends.
    pub(super) end: usize,
    /// Whether the sender wants the connection closed.
    pub(super) closes: bool,
}

/// Reads the head that `bytes` begin with. `Ok(None)` if more must come first, `Err` if it is not one that we understand.
pub(super) fn layout(bytes: &[u8]) -> Result<Option<Layout>, ()> {
    let Some(head_bytes) = find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let body_at = head_bytes + 4;
    let mut layout = Layout { path: path(&bytes[..head_bytes])?, id: None, body_at, end: body_at, closes: false };
    let mut line_at = find(bytes, b"\r\n").map_or(body_at, |at| at + 2);
    while line_at < body_at - 2 {
        let line_bytes = find(&bytes[line_at..], b"\r\n").ok_or(())?;
        read_header(bytes, line_at..line_at + line_bytes, &mut layout)?;
        line_at += line_bytes + 2;
    }
    Ok(Some(layout))
}

fn path(head: &[u8]) -> Result<Range<usize>, ()> {
    let from = head.iter().position(|b| *b == b' ').ok_or(())? + 1;
    let bytes = head[from..].iter().position(|b| *b == b' ').ok_or(())?;
    Ok(from..from + bytes)
}

fn read_header(bytes: &[u8], line: Range<usize>, layout: &mut Layout) -> Result<(), ()> {
    let colon = bytes[line.clone()].iter().position(|b| *b == b':').ok_or(())?;
    let (name, value) = (&bytes[line.start..line.start + colon], trimmed(bytes, line.start + colon + 1..line.end));
    let text = || std::str::from_utf8(&bytes[value.clone()]).map_err(drop);
    if name.eq_ignore_ascii_case(b"content-length") {
        layout.end = layout.body_at.checked_add(text()?.parse().map_err(drop)?).ok_or(())?;
    } else if name.eq_ignore_ascii_case(b"webhook-id") {
        layout.id = Some(value);
    } else if name.eq_ignore_ascii_case(b"connection") {
        layout.closes = text()?.eq_ignore_ascii_case("close");
    } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
        // Webhooks come with their length; what does not is not one.
        return Err(());
    }
    Ok(())
}

fn trimmed(bytes: &[u8], mut range: Range<usize>) -> Range<usize> {
    while bytes[range.clone()].first() == Some(&b' ') {
        range.start += 1;
    }
    while bytes[range.clone()].last() == Some(&b' ') {
        range.end -= 1;
    }
    range
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_laid_out_wherever_it_is_cut() {
        let whole = b"POST /ok/1?a=b HTTP/1.1\r\nHost: x\r\nWebhook-Id:  evt_1 \r\nCONTENT-LENGTH: 4\r\n\r\nbody";
        let head = whole.len() - 4;
        for cut in 0..head {
            assert_eq!(layout(&whole[..cut]), Ok(None), "{cut}");
        }
        let layout = layout(&whole[..head]).expect("understood").expect("whole");
        assert_eq!(&whole[layout.path.clone()], b"/ok/1?a=b");
        assert_eq!(layout.id.map(|id| &whole[id]), Some(&b"evt_1"[..]));
        assert_eq!((layout.body_at, layout.end, layout.closes), (head, whole.len(), false));
    }

    #[test]
    fn no_body_no_headers_and_a_wish_to_close() {
        let plain = layout(b"GET / HTTP/1.1\r\n\r\n").expect("understood").expect("whole");
        assert_eq!((plain.body_at, plain.end, plain.id), (18, 18, None));
        let closing = layout(b"GET / HTTP/1.1\r\nConnection: Close\r\n\r\n").expect("understood").expect("whole");
        assert!(closing.closes);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for head in ["GET\r\n\r\n", "GET / HTTP/1.1\r\nnonsense\r\n\r\n", "GET / HTTP/1.1\r\ncontent-length: x\r\n\r\n"]
        {
            assert_eq!(layout(head.as_bytes()), Err(()), "{head:?}");
        }
        assert_eq!(layout(b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n"), Err(()));
    }
}
