//! The few parts of a deflate stream (RFC 1951) that an image of four kinds of bytes needs: one block whose Huffman
//! table is constant, so that every code's length is known beforehand.
//!
//! | symbol                  | code, in the order it is written |
//! |-------------------------|----------------------------------|
//! | end of block            | `00`                             |
//! | the one match length    | `01` and its extra bits          |
//! | literal `00 0F F0 FF`   | `1`, left module, right module   |
//! | the one match distance  | `0` and its extra bits           |

/// Bits in the order deflate packs them: the first is the lowest of a byte.
#[derive(Clone, Debug, Default)]
pub(super) struct BitWriter {
    /// Whole bytes so far.
    pub(super) bytes: Vec<u8>,
    pending: u64,
    pending_bits: u32,
}

impl BitWriter {
    /// A copy with room for `bytes` in all.
    pub(super) fn clone_with_capacity(&self, bytes: usize) -> Self {
        let mut copy = Self { bytes: Vec::with_capacity(bytes), ..*self };
        copy.bytes.extend_from_slice(&self.bytes);
        copy
    }

    /// What was written, if it is short: the bits, and how many.
    pub(super) const fn as_word(&self) -> (u32, u32) {
        (self.pending as u32, self.pending_bits)
    }

    /// Appends the lowest `count` bits, at most 32; those above must be zero.
    #[inline]
    pub(super) fn push(&mut self, bits: u32, count: u32) {
        self.pending |= u64::from(bits) << self.pending_bits;
        self.pending_bits += count;
        if self.pending_bits >= 32 {
            self.bytes.extend_from_slice(&(self.pending as u32).to_le_bytes());
            self.pending >>= 32;
            self.pending_bits -= 32;
        }
    }

    /// Appends what another writer wrote.
    pub(super) fn append(&mut self, other: &Self) {
        for byte in &other.bytes {
            self.push(u32::from(*byte), 8);
        }
        self.push(other.pending as u32, other.pending_bits);
    }

    /// Bits so far.
    pub(super) const fn bit_len(&self) -> usize {
        self.bytes.len() * 8 + self.pending_bits as usize
    }

    /// The bytes, the last filled up with zeros.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        let rest = self.pending_bits.div_ceil(8) as usize;
        self.bytes.extend_from_slice(&self.pending.to_le_bytes()[..rest]);
        self.bytes
    }
}

/// The alphabet of an image's block: literals, copies of one distance, and the lengths of one length symbol.
#[derive(Debug)]
pub(super) struct Block {
    length: Extra,
    distance: Extra,
}

/// A symbol that stands for `base ..` and says which of them in some extra bits.
#[derive(Debug)]
struct Extra {
    symbol: usize,
    base: usize,
    bits: u32,
}

impl Block {
    /// A block whose copies go back `distance` bytes, and are about `length` (11 ..= 257) long.
    pub(super) fn new(distance: usize, length: usize) -> Self {
        let (d, l) = (distance - 1, length - 3);
        let (d_bits, l_bits) = (d.ilog2() - 1, l.ilog2() - 2);
        Self {
            length: Extra {
                symbol: 261 + 4 * l_bits as usize + (l >> l_bits & 3),
                base: 3 + (l >> l_bits << l_bits),
                bits: l_bits,
            },
            distance: Extra {
                symbol: 2 + 2 * d_bits as usize + (d >> d_bits & 1),
                base: 1 + (d >> d_bits << d_bits),
                bits: d_bits,
            },
        }
    }

    /// Opens the block: its Huffman table, as lengths of codes.
    pub(super) fn push_header(&self, out: &mut BitWriter) {
        // The last block, of the dynamic kind; how many lengths follow for the two alphabets, and for their own.
        for (bits, count) in
            [(1, 1), (2, 2), (self.length.symbol as u32 - 256, 5), (self.distance.symbol as u32, 5), (14, 4)]
        {
            out.push(bits, count);
        }
        // Lengths of the codes that spell lengths, in RFC 1951's order 16 17 18 0 8 7 9 6 10 5 11 4 12 3 13 2 14 1.
        for bits in [0, 3, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2, 0, 3] {
            out.push(bits, 3);
        }
        let lengths = [(0, 3), (0x0f, 3), (0xf0, 3), (0xff, 3), (256, 2), (self.length.symbol, 2)];
        let mut next = 0;
        for (symbol, length) in lengths {
            push_zeros(out, symbol - next);
            out.push(if length == 3 { 0b10 } else { 0b00 }, 2);
            next = symbol + 1;
        }
        push_zeros(out, self.distance.symbol);
        out.push(0b011, 3); // a length of 1
    }

    /// One of the four bytes.
    pub(super) fn push_literal(&self, out: &mut BitWriter, byte: u8) {
        out.push(literal_bits(byte >> 7, byte & 1), 3);
    }

    /// A copy of `length` bytes, one of the block's lengths.
    pub(super) fn push_copy(&self, out: &mut BitWriter, distance: usize, length: usize) {
        out.push(0b10, 2);
        out.push((length - self.length.base) as u32, self.length.bits);
        out.push(0, 1);
        out.push((distance - self.distance.base) as u32, self.distance.bits);
    }

    /// The lengths of the copies that cover as much of `total` bytes as they can; at most `shortest - 1` are left.
    pub(super) fn copies_within(&self, total: usize) -> impl Iterator<Item = usize> {
        let (shortest, longest) = (self.length.base, self.length.base + (1 << self.length.bits) - 1);
        let count = total / shortest;
        let covered = total.min(count * longest);
        (0..count).map(move |at| (covered + at) / count)
    }

    /// Ends the block.
    pub(super) fn push_end(&self, out: &mut BitWriter) {
        out.push(0b00, 2);
    }
}

/// A literal's code, its first bit lowest.
pub(super) const fn literal_bits(left: u8, right: u8) -> u32 {
    1 | (left as u32) << 1 | (right as u32) << 2
}

/// A run of symbols that do not occur. The alphabets leave no gap of one or two, which would need a code of its own.
fn push_zeros(out: &mut BitWriter, mut count: usize) {
    while count >= 11 {
        let run = count.min(138);
        out.push(0b01, 2);
        out.push(run as u32 - 11, 7);
        count -= run;
    }
    if count >= 3 {
        out.push(0b111, 3);
        out.push(count as u32 - 3, 3);
    }
}
