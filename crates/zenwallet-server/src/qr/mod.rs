//! QR codes of payment pages, fast enough to be part of every created payment.
//!
//! This is our own code because it sits on the hottest path there is, and because only the 22 characters of the id
//! ever change. Measured per data URL, release build, a URL of 54 characters: qrcodegen with a pinned mask, the png
//! crate and base64 together 24 µs and 1112 bytes of PNG (with the usual mask search 140–740 µs); here 0.75 µs and
//! 361 bytes. Two facts make it so, and tests hold both against the reference crates:
//!
//! - [`matrix`]: with version, level and mask fixed, every module is an affine function over GF(2) of the id's bits,
//!   so a code is the XOR of table rows. qrcodegen computes the tables, once.
//! - [`image`]: at 4 pixels a module the PNG has four kinds of bytes and rows in groups of four equal ones, so a
//!   constant Huffman table makes its compressed form as regular as the matrix itself.

mod deflate;
mod image;
mod matrix;
mod scaled;
mod svg;
#[cfg(test)]
mod tests;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::PngTemplate;
use matrix::Matrix;
use std::fmt;
use zenwallet_core::id::PaymentId;

/// Light modules around a code, as the standard asks for.
const QUIET_MODULES: usize = 4;
/// Largest size of a module, in pixels.
pub(crate) const SCALE_MAX: u32 = 32;

const DATA_URL_PREFIX: &str = "data:image/png;base64,";

/// The address does not fit the largest QR code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QrError {
    /// Bytes of the whole address.
    pub url_bytes: usize,
}

impl fmt::Display for QrError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a QR code holds at most 2953 bytes, a payment's address has {}", self.url_bytes)
    }
}

impl std::error::Error for QrError {}

/// The code of any short text as an SVG; `None` for one that is too long.
pub(crate) fn svg_of(text: &str) -> Option<String> {
    svg::of_text(text)
}

/// Draws the codes of one instance's payment pages. Made once: it takes milliseconds and some 100 KiB.
#[derive(Debug)]
pub(crate) struct QrCodes {
    matrix: Matrix,
    template: PngTemplate,
}

impl QrCodes {
    /// Codes for addresses that are `url_prefix` and the id's 22 base62 characters, such as
    /// `https://pay.example.org/pay/pay_`.
    ///
    /// # Errors
    /// When such an address does not fit a QR code.
    pub(crate) fn new(url_prefix: &str) -> Result<Self, QrError> {
        let matrix = Matrix::new(url_prefix)?;
        let template = PngTemplate::new(matrix.side());
        Ok(Self { matrix, template })
    }

    /// Appends the code as `data:image/png;base64,…`, 4 pixels a module.
    pub(crate) fn push_data_url(&self, id: PaymentId, out: &mut String) {
        let png = self.template.render(&self.matrix.modules(id));
        out.reserve(DATA_URL_PREFIX.len() + png.len().div_ceil(3) * 4);
        out.push_str(DATA_URL_PREFIX);
        STANDARD.encode_string(png, out);
    }

    /// The code as a PNG of `scale` pixels a module, held to 1 ..= [`SCALE_MAX`].
    pub(crate) fn png(&self, id: PaymentId, scale: u32) -> Vec<u8> {
        let modules = self.matrix.modules(id);
        match scale.clamp(1, SCALE_MAX) as usize {
            image::SCALE => self.template.render(&modules),
            scale => scaled::render(&modules, scale),
        }
    }

    /// The code as an SVG of `scale` pixels a module, held to 1 ..= [`SCALE_MAX`].
    pub(crate) fn svg(&self, id: PaymentId, scale: u32) -> String {
        svg::render(&self.matrix.modules(id), scale.clamp(1, SCALE_MAX) as usize)
    }
}
