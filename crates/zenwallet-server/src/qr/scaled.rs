//! PNGs of any size, for those who ask for one: not part of creating a payment, so the png crate makes them.

use super::QUIET_MODULES;
use super::matrix::{Modules, is_dark};

/// The file of these modules, `scale` pixels each.
pub(super) fn render(modules: &Modules, scale: usize) -> Vec<u8> {
    let side = (modules.side() + 2 * QUIET_MODULES) * scale;
    // Writing to memory does not fail, and a side is never zero.
    encode(&pixels(modules, scale, side), side as u32).unwrap_or_default()
}

fn encode(pixels: &[u8], side: u32) -> Result<Vec<u8>, png::EncodingError> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_compression(png::Compression::Fast);
    // Most rows equal the one above: zeros, to this filter.
    encoder.set_filter(png::Filter::Up);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(out)
}

fn pixels(modules: &Modules, scale: usize, side: usize) -> Vec<u8> {
    let stride = side.div_ceil(8);
    let mut out = vec![0xff; stride * side];
    for (y, row) in modules.rows().enumerate() {
        let mut line = vec![0xff; stride];
        for x in (0..modules.side()).filter(|x| is_dark(row, *x)) {
            let first = (x + QUIET_MODULES) * scale;
            (first..first + scale).for_each(|at| line[at / 8] &= !(0x80 >> (at % 8)));
        }
        let first = (y + QUIET_MODULES) * scale * stride;
        out[first..first + scale * stride].chunks_exact_mut(stride).for_each(|target| target.copy_from_slice(&line));
    }
    out
}
