//! The modules of a code, as the XOR of table rows.
//!
//! Why that is exact: in byte mode the data bits are the text's bits between constants; Reed–Solomon over GF(256) is
//! linear over GF(2); placing the bits is a permutation; a fixed mask and the format bits are constants. So flipping
//! one bit of the text flips the same modules whatever the other bits are.

use super::QrError;
use qrcodegen::{Mask, QrCode, QrCodeEcc, QrSegment, Version};
use zenwallet_core::id::{ID_CHARS, PaymentId};

/// The pinned mask. Any is legal to a decoder; this is the one that the search for the least confusing pattern, itself
/// far too slow to run here, chose most often: for 782 of 1600 addresses of four lengths.
const MASK: u8 = 2;
/// A character's bits are looked up in two parts: 16 low and 8 high values, for a table that stays in the cache.
const LOW_VALUES: usize = 16;
const HIGH_VALUES: usize = 8;
const ROWS_PER_CHAR: usize = LOW_VALUES + HIGH_VALUES;

/// Bytes that are XORed at once: the compiler keeps one such chunk in registers.
const CHUNK: usize = 64;
type Chunk = [u8; CHUNK];

/// The tables of one address prefix.
#[derive(Debug)]
pub(super) struct Matrix {
    side: usize,
    /// The modules when all the id's bits are zero.
    base: Vec<Chunk>,
    /// What each part of each character flips: `ROWS_PER_CHAR` rows a position, each as long as `base`.
    flips: Vec<Chunk>,
}

impl Matrix {
    pub(super) fn new(url_prefix: &str) -> Result<Self, QrError> {
        let mut url = url_prefix.as_bytes().to_vec();
        url.resize(url_prefix.len() + ID_CHARS, 0);
        let level = fitting_level(&url)?;
        let base = encode(&url, level)?;
        let (side, base) = (base.size() as usize, packed(&base));
        let mut flips = Vec::with_capacity(base.len() * ROWS_PER_CHAR * ID_CHARS);
        for at in url_prefix.len()..url.len() {
            let mut bits = Vec::with_capacity(7);
            for bit in 0..7 {
                url[at] = 1 << bit;
                bits.push(xor(&packed(&encode(&url, level)?), &base));
            }
            url[at] = 0;
            push_combinations(&mut flips, &bits[..4], base.len());
            push_combinations(&mut flips, &bits[4..], base.len());
        }
        Ok(Self { side, base, flips })
    }

    /// Modules along a side.
    pub(super) const fn side(&self) -> usize {
        self.side
    }

    /// The modules of this payment's code.
    pub(super) fn modules(&self, id: PaymentId) -> Modules {
        let chunks = self.base.len();
        let mut rows = [(0, 0); ID_CHARS];
        for (at, (row, char)) in rows.iter_mut().zip(id.base62()).enumerate() {
            let (low, high) = (usize::from(char & 15), usize::from(char >> 4));
            let first = at * ROWS_PER_CHAR;
            *row = ((first + low) * chunks, (first + LOW_VALUES + high) * chunks);
        }
        let mut out = self.base.clone();
        for (index, chunk) in out.iter_mut().enumerate() {
            // A local copy, so that it can stay in registers.
            let mut sum = *chunk;
            for (low, high) in rows {
                let (low, high) = (&self.flips[low + index], &self.flips[high + index]);
                for i in 0..CHUNK {
                    sum[i] ^= low[i] ^ high[i];
                }
            }
            *chunk = sum;
        }
        Modules { side: self.side, chunks: out }
    }
}

/// One code's modules: a bit each, 1 is light, the leftmost lowest. A row has one more light module at its end, so
/// that modules come in pairs, and starts at a byte.
#[derive(Debug)]
pub(super) struct Modules {
    side: usize,
    chunks: Vec<Chunk>,
}

impl Modules {
    /// The modules of a reference code.
    #[cfg(test)]
    pub(super) fn of(code: &QrCode) -> Self {
        Self { side: code.size() as usize, chunks: packed(code) }
    }

    pub(super) const fn side(&self) -> usize {
        self.side
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.chunks.as_flattened().chunks_exact(row_bytes(self.side)).take(self.side)
    }
}

/// Whether module `x` of a row is dark.
pub(super) fn is_dark(row: &[u8], x: usize) -> bool {
    row[x / 8] >> (x % 8) & 1 == 0
}

/// Bytes of a row of modules: the side and the one light module after it.
pub(super) const fn row_bytes(side: usize) -> usize {
    (side + 1).div_ceil(8)
}

/// Medium error correction, or low when only that fits.
fn fitting_level(url: &[u8]) -> Result<QrCodeEcc, QrError> {
    if encode(url, QrCodeEcc::Medium).is_ok() {
        Ok(QrCodeEcc::Medium)
    } else {
        encode(url, QrCodeEcc::Low).map(|_| QrCodeEcc::Low)
    }
}

/// The reference encoding in byte mode. The smallest version that holds the bytes depends on their number alone.
pub(super) fn encode(url: &[u8], level: QrCodeEcc) -> Result<QrCode, QrError> {
    let segments = [QrSegment::make_bytes(url)];
    QrCode::encode_segments_advanced(&segments, level, Version::MIN, Version::MAX, Some(Mask::new(MASK)), false)
        .map_err(|_| QrError { url_bytes: url.len() })
}

fn packed(code: &QrCode) -> Vec<Chunk> {
    let side = code.size();
    let row_bytes = row_bytes(side as usize);
    let mut out = vec![[0; CHUNK]; (row_bytes * side as usize).div_ceil(CHUNK)];
    for (y, row) in out.as_flattened_mut().chunks_exact_mut(row_bytes).take(side as usize).enumerate() {
        // Past the side `get_module` answers light, which is the pair's missing half.
        for x in (0..=side).filter(|x| !code.get_module(*x, y as i32)) {
            row[x as usize / 8] |= 1 << (x % 8);
        }
    }
    out
}

/// Appends a row for every value that `bits` can form.
fn push_combinations(out: &mut Vec<Chunk>, bits: &[Vec<Chunk>], chunks: usize) {
    let first = out.len();
    out.resize(first + chunks, [0; CHUNK]);
    for value in 1..1_usize << bits.len() {
        let rest = first + (value & (value - 1)) * chunks;
        let row = xor(&out[rest..rest + chunks], &bits[value.trailing_zeros() as usize]);
        out.extend(row);
    }
}

fn xor(a: &[Chunk], b: &[Chunk]) -> Vec<Chunk> {
    a.iter().zip(b).map(|(a, b)| std::array::from_fn(|i| a[i] ^ b[i])).collect()
}
