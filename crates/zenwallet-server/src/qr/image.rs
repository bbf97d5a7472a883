//! The code as a PNG.
//!
//! The hot path writes the compressed stream itself. At 4 pixels a module a byte of pixels is two modules, so only
//! `00 0F F0 FF` occur. A row of modules is its literals and one copy, from one pixel row back, of everything up to
//! the next row's first module: quiet zone, three equal pixel rows, quiet zone. Nothing is searched, every length is
//! known beforehand, and the file is smaller than what a compressor finds in a hundred times the time.

use super::QUIET_MODULES;
use super::deflate::{BitWriter, Block, literal_bits};
use super::matrix::{Modules, row_bytes};
use std::ops::Range;

/// Pixels a module of the hot path.
pub(super) const SCALE: usize = 4;

/// Bytes and pixel rows of the quiet zone on one side.
const QUIET_BYTES: usize = QUIET_MODULES * SCALE / 8;
const QUIET_ROWS: usize = QUIET_MODULES * SCALE;
/// Bytes of a pixel row ahead of its first module: the number of its filter (0: none), and the quiet zone.
const LEAD_BYTES: usize = 1 + QUIET_BYTES;
/// A copy longer than this is made of two.
const COPY_MAX: usize = 257;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
const IEND: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";

/// Everything of the files that does not depend on the modules.
#[derive(Debug)]
pub(super) struct PngTemplate {
    /// The file up to the first module.
    head: BitWriter,
    /// The copy after each row of modules: its bits, and how many.
    row_end: (u32, u32),
    /// From the last row's end to the stream's.
    tail: BitWriter,
    /// Bits of literals that a row's last byte of modules gives.
    last_bits: u32,
    adler: Adler,
    /// Where the checked part begins, and how many bytes the file has.
    idat_at: usize,
    file_bytes: usize,
}

impl PngTemplate {
    pub(super) fn new(side: usize) -> Self {
        let (pairs, pixels) = (side.div_ceil(2), (side + 2 * QUIET_MODULES) * SCALE);
        let stride = 1 + pixels.div_ceil(8);
        let copied = QUIET_BYTES + (SCALE - 1) * stride + LEAD_BYTES;
        let block = Block::new(stride, copied.div_ceil(1 + copied / (COPY_MAX + 1)));

        let (mut start, mut row_end, mut tail) = (BitWriter::default(), BitWriter::default(), BitWriter::default());
        block.push_header(&mut start);
        push_blank(&mut start, &block, stride, 0..QUIET_ROWS * stride + LEAD_BYTES);
        block.copies_within(copied).for_each(|length| block.push_copy(&mut row_end, stride, length));
        push_blank(&mut tail, &block, stride, LEAD_BYTES..QUIET_ROWS * stride);
        block.push_end(&mut tail);

        let bits = start.bit_len() + side * (3 * pairs + row_end.bit_len()) + tail.bit_len();
        let idat_bytes = 2 + bits.div_ceil(8) + 4;
        let mut head = BitWriter::default();
        push_ihdr(&mut head.bytes, pixels as u32);
        head.bytes.extend((idat_bytes as u32).to_be_bytes());
        let idat_at = head.bytes.len();
        head.bytes.extend(b"IDAT\x78\x01");
        head.append(&start);
        Self {
            head,
            row_end: row_end.as_word(),
            tail,
            last_bits: 3 * (pairs - 4 * (row_bytes(side) - 1)) as u32,
            adler: Adler::new(side, pairs, stride),
            idat_at,
            file_bytes: idat_at + 4 + idat_bytes + 4 + IEND.len(),
        }
    }

    /// The file of these modules.
    pub(super) fn render(&self, modules: &Modules) -> Vec<u8> {
        let mut out = self.head.clone_with_capacity(self.file_bytes);
        let mut adler = self.adler;
        for row in modules.rows() {
            let (mut sum, mut weighted) = (0, 0);
            for (at, byte) in row.iter().enumerate() {
                let bits = if at + 1 < row.len() { 12 } else { self.last_bits };
                let entry = &ENTRIES[usize::from(*byte)];
                out.push(u32::from(entry.literals) & ((1 << bits) - 1), bits);
                sum += u64::from(entry.sum);
                weighted += u64::from(entry.weighted) + 4 * at as u64 * u64::from(entry.sum);
            }
            adler.add_row(sum, weighted);
            out.push(self.row_end.0, self.row_end.1);
        }
        out.append(&self.tail);
        let mut file = out.into_bytes();
        file.extend(adler.value().to_be_bytes());
        file.extend(crc32fast::hash(&file[self.idat_at..]).to_be_bytes());
        file.extend(IEND);
        file
    }
}

/// Pixels without modules: a range of bytes, counted from the start of a quiet zone's first row.
fn push_blank(out: &mut BitWriter, block: &Block, stride: usize, range: Range<usize>) {
    let literal =
        |out: &mut BitWriter, at: usize| block.push_literal(out, if at.is_multiple_of(stride) { 0 } else { 0xff });
    let copied = range.start + stride;
    (range.start..copied).for_each(|at| literal(out, at));
    let mut rest = copied;
    for length in block.copies_within(range.end - copied) {
        block.push_copy(out, stride, length);
        rest += length;
    }
    (rest..range.end).for_each(|at| literal(out, at));
}

fn push_ihdr(out: &mut Vec<u8>, pixels: u32) {
    out.extend(SIGNATURE);
    out.extend(13_u32.to_be_bytes());
    let ihdr_at = out.len();
    out.extend(b"IHDR");
    out.extend(pixels.to_be_bytes());
    out.extend(pixels.to_be_bytes());
    // One bit of gray, and the only compression, filter and interlacing there are or are wanted.
    out.extend([1, 0, 0, 0, 0]);
    out.extend(crc32fast::hash(&out[ihdr_at..]).to_be_bytes());
}

/// What eight modules turn into: four bytes of pixels.
struct Entry {
    /// Their literals.
    literals: u16,
    /// Their sum, and the sum of each times its place.
    sum: u16,
    weighted: u16,
}

static ENTRIES: [Entry; 256] = entries();

const fn entries() -> [Entry; 256] {
    let mut out = [const { Entry { literals: 0, sum: 0, weighted: 0 } }; 256];
    let mut value = 0;
    while value < 1024 {
        let (entry, pair) = (&mut out[value / 4], value % 4);
        let modules = (value / 4) >> (2 * pair);
        let (left, right) = ((modules & 1) as u8, (modules >> 1 & 1) as u8);
        let pixels = (0xf0 * left + 0x0f * right) as u16;
        entry.literals |= (literal_bits(left, right) << (3 * pair)) as u16;
        entry.sum += pixels;
        entry.weighted += pair as u16 * pixels;
        value += 1;
    }
    out
}

/// The Adler-32 checksum of the pixels, which no step makes: the sums that it takes modulo 65521.
///
/// Over N bytes they are 1 + Σ byte and N + Σ (N − place) × byte, so equal pixel rows add up by multiplication.
#[derive(Clone, Copy, Debug)]
struct Adler {
    plain: u64,
    placed: u64,
    /// Σ (N − place) over the four pixel rows, for a row's first byte of modules.
    weight: u64,
    stride: u64,
}

impl Adler {
    /// The sums when all modules are dark, ahead of the first row.
    fn new(side: usize, pairs: usize, stride: usize) -> Self {
        let data_rows = QUIET_ROWS..QUIET_ROWS + side * SCALE;
        let data_bytes = LEAD_BYTES..LEAD_BYTES + pairs;
        let bytes = (data_rows.end + QUIET_ROWS) * stride;
        let (mut plain, mut placed) = (1, 0);
        for at in 0..bytes {
            let (row, column) = (at / stride, at % stride);
            let is_blank = column > 0 && !(data_rows.contains(&row) && data_bytes.contains(&column));
            plain += if is_blank { 0xff } else { 0 };
            placed += plain;
        }
        let weight =
            (data_rows.start..data_rows.start + SCALE).map(|row| (bytes - row * stride - LEAD_BYTES) as u64).sum();
        Self { plain, placed, weight, stride: stride as u64 }
    }

    /// Counts a row of modules, four pixel rows: the sum of one's bytes, and the sum of each times its place.
    fn add_row(&mut self, sum: u64, weighted: u64) {
        const ROWS: u64 = SCALE as u64;
        self.plain += ROWS * sum;
        self.placed += self.weight * sum - ROWS * weighted;
        self.weight -= ROWS * ROWS * self.stride;
    }

    const fn value(&self) -> u32 {
        (((self.placed % 65_521) << 16) | (self.plain % 65_521)) as u32
    }
}
