//! The style sheet and the script, made lean once.

use std::sync::LazyLock;

/// A file that pages load, under an address that names its content, so that it can be cached for ever.
#[derive(Debug)]
pub(in super::super) struct Asset {
    pub(in super::super) content: String,
    pub(in super::super) address: String,
}

/// The pages' style sheet.
pub(in super::super) static STYLESHEET: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("page.css", lean_css(include_str!("../page.css"))));
/// The pages' script.
pub(in super::super) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("page.js", lean_lines(include_str!("../page.js"), "//", "\n")));

impl Asset {
    fn new(name: &str, content: String) -> Self {
        let address = format!("/pay/assets/{name}?v={:08x}", crc32fast::hash(content.as_bytes()));
        Self { content, address }
    }
}

/// Without indentation, empty lines, and lines that are comments.
fn lean_lines(text: &str, comment: &str, end: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(comment));
    lines.flat_map(|line| [line, end]).collect()
}

/// The same without the spaces that nobody but people needs; no string of the sheet holds one.
fn lean_css(sheet: &str) -> String {
    const SPACED: [(&str, &str); 7] =
        [(" {", "{"), ("{ ", "{"), ("; ", ";"), (": ", ":"), (", ", ","), (" }", "}"), (";}", "}")];
    SPACED.iter().fold(lean_lines(sheet, "/*", ""), |sheet, (from, to)| sheet.replace(from, to))
}
