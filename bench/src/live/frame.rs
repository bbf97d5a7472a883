//! WebSocket frames (RFC 6455), as a client writes and reads them.

use anyhow::{bail, ensure};

pub(super) const TEXT: u8 = 1;
pub(super) const CLOSE: u8 = 8;
pub(super) const PING: u8 = 9;
pub(super) const PONG: u8 = 10;
const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;
/// Any mask is a mask; an unpredictable one protects proxies, and there is none here.
const MASK: [u8; 4] = [0x5a, 0x17, 0xc3, 0x6e];
/// No event is this long.
const PAYLOAD_MAX: usize = 1 << 20;
/// More room than this is given back when everything is read.
const ROOM: usize = 4 * 1024;

/// What came in one frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) opcode: u8,
    pub(super) payload: Vec<u8>,
}

/// A whole frame, masked as a client's must be. Clients here say little.
pub(super) fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![FIN | opcode];
    match u8::try_from(payload.len()) {
        Ok(short @ 0..=125) => frame.push(MASKED | short),
        _ => {
            frame.push(MASKED | 126);
            frame.extend(u16::try_from(payload.len()).unwrap_or(u16::MAX).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// Bytes that came, up to the frames that are whole.
#[derive(Default)]
pub(super) struct Inbox {
    bytes: Vec<u8>,
    /// Where what is not yet taken begins.
    at: usize,
}

impl Inbox {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        if self.at == self.bytes.len() {
            self.bytes.clear();
            self.at = 0;
            if self.bytes.capacity() > ROOM {
                self.bytes = Vec::new();
            }
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The next frame, if it is here whole.
    pub(super) fn take(&mut self) -> anyhow::Result<Option<Frame>> {
        let rest = &self.bytes[self.at..];
        let [first, second, ..] = *rest else { return Ok(None) };
        ensure!(first & 0x70 == 0, "a frame with reserved bits");
        ensure!(first & FIN != 0 && first & 0x0f != 0, "a message in pieces, which this client does not read");
        ensure!(second & MASKED == 0, "a server must not mask");
        let (head, length) = match second {
            126 => (4, rest.get(2..4).map(|b| b.iter().fold(0, |n, b| n << 8 | usize::from(*b)))),
            127 => (10, rest.get(2..10).map(|b| b.iter().fold(0, |n, b| n << 8 | usize::from(*b)))),
            short => (2, Some(usize::from(short))),
        };
        let Some(length) = length else { return Ok(None) };
        if length > PAYLOAD_MAX {
            bail!("a frame of {length} bytes");
        }
        let Some(payload) = rest.get(head..head + length) else { return Ok(None) };
        let frame = Frame { opcode: first & 0x0f, payload: payload.to_vec() };
        self.at += head + length;
        Ok(Some(frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rfcs_own_frames_are_read_in_any_pieces() {
        // RFC 6455, 5.7: "Hello" unmasked, a ping, and 256 bytes.
        let mut bytes = vec![0x81, 5, b'H', b'e', b'l', b'l', b'o', 0x89, 5, b'H', b'e', b'l', b'l', b'o'];
        bytes.extend([0x82, 0x7e, 1, 0]);
        bytes.extend([7; 256]);
        for piece in [1, 3, 300] {
            let (mut inbox, mut frames) = (Inbox::default(), Vec::new());
            for bytes in bytes.chunks(piece) {
                inbox.add(bytes);
                while let Some(frame) = inbox.take().expect("frames") {
                    frames.push((frame.opcode, frame.payload.len()));
                }
            }
            assert_eq!(frames, [(TEXT, 5), (PING, 5), (2, 256)], "{piece}");
        }
    }

    #[test]
    fn what_no_server_may_send_is_an_error() {
        for bytes in [[0x01, 0], [0x81, 0x85], [0xc1, 0], [0x80, 0]] {
            let mut inbox = Inbox::default();
            inbox.add(&bytes);
            assert!(inbox.take().is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn a_clients_frames_are_masked() {
        assert_eq!(masked(TEXT, b"3"), [0x81, 0x81, 0x5a, 0x17, 0xc3, 0x6e, b'3' ^ 0x5a]);
        assert_eq!(masked(TEXT, &[0; 300])[..4], [0x81, 0xfe, 1, 44]);
    }
}
