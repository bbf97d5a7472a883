//! The code as one SVG path.

use super::QUIET_MODULES;
use super::matrix::{Modules, is_dark};
use std::fmt::Write;

/// A stroke of one module's width along each run of dark modules: half the characters of outlined boxes.
pub(super) fn render(modules: &Modules, scale: usize) -> String {
    let side = modules.side() + 2 * QUIET_MODULES;
    let mut out = String::with_capacity(4096);
    let pixels = side * scale;
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{pixels}\" height=\"{pixels}\" viewBox=\"0 0 {side} {side}\" \
         shape-rendering=\"crispEdges\"><rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path stroke=\"#000\" d=\""
    );
    for (y, row) in modules.rows().enumerate() {
        push_row(&mut out, row, modules.side(), y);
    }
    out.push_str("\"/></svg>");
    out
}

/// The code of any short text, one module a unit.
pub(super) fn of_text(text: &str) -> Option<String> {
    let code = qrcodegen::QrCode::encode_text(text, qrcodegen::QrCodeEcc::Medium).ok()?;
    let (side, quiet) = (code.size(), 4);
    let whole = side + 2 * quiet;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {whole} {whole}\" shape-rendering=\"crispEdges\">\
         <rect width=\"{whole}\" height=\"{whole}\" fill=\"#fff\"/><path d=\""
    );
    for (y, x) in (0..side).flat_map(|y| (0..side).map(move |x| (y, x))).filter(|(y, x)| code.get_module(*x, *y)) {
        // Writing to a String cannot fail.
        let _ = write!(out, "M{} {}h1v1h-1z", x + quiet, y + quiet);
    }
    out.push_str("\"/></svg>");
    Some(out)
}

fn push_row(out: &mut String, row: &[u8], side: usize, y: usize) {
    let mut pen = None;
    let mut x = 0;
    while x < side {
        let run = (x..side).take_while(|x| is_dark(row, *x)).count();
        if run > 0 {
            let _ = match pen {
                None => write!(out, "M{} {}.5h{run}", x + QUIET_MODULES, y + QUIET_MODULES),
                Some(pen) => write!(out, "m{} 0h{run}", x - pen),
            };
            pen = Some(x + run);
        }
        x += run.max(1);
    }
}
