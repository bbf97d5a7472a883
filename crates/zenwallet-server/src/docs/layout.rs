//! What stands around the text of every page.

use super::html::escape;
use super::markdown::Part;
use super::page::Page;
use super::parts::search_form;
use std::fmt::Write;
use std::sync::LazyLock;

pub(super) const STYLESHEET: &str = include_str!("docs.css");
pub(super) const SCRIPT: &str = include_str!("docs.js");
pub(super) const ICON: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\"><rect width=\"32\" height=\"32\" \
     rx=\"7\" fill=\"#00706d\"/><path d=\"M10 10h12v2.6L13.9 20H22v3H10v-2.6L18.1 13H10z\" fill=\"#fff\"/></svg>";

/// Headings of the third level are listed beside a page as long as there are no more than this of all.
const LISTED_MAX: usize = 32;

/// The head of every page: its files under addresses that name their content, so that they can be cached for ever.
static FILES: LazyLock<String> = LazyLock::new(|| {
    let address = |name: &str, text: &str| format!("/docs/assets/{name}?v={:08x}", crc32fast::hash(text.as_bytes()));
    format!(
        "<link rel=\"icon\" href=\"{}\" type=\"image/svg+xml\"><link rel=\"stylesheet\" href=\"{}\">\
         <script src=\"{}\" defer></script>",
        address("icon.svg", ICON),
        address("docs.css", STYLESHEET),
        address("docs.js", SCRIPT)
    )
});

/// What a page shows.
pub(super) struct View<'a> {
    /// Its place among the pages.
    pub(super) at: Option<usize>,
    pub(super) title: &'a str,
    /// HTML.
    pub(super) main: &'a str,
    /// Its headings.
    pub(super) parts: &'a [Part],
    /// Whether the search stands above it; else it has one of its own.
    pub(super) searches: bool,
}

/// The whole page.
pub(super) fn page(pages: &[Page], view: &View<'_>) -> String {
    let menu = menu(pages, view.at);
    let listed = listed(view.parts);
    let kind = if listed.is_empty() { "frame" } else { "frame listed" };
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" \
         content=\"light dark\"><title>{title} · ZenWallet docs</title>{description}{files}</head>\n<body>\
         <a class=\"skip\" href=\"#zw-text\">Skip to the text</a>\n<header class=\"top\">\
         <a class=\"brand\" href=\"/docs\">{ICON}ZenWallet <span>Docs</span></a>{search}\
         <a class=\"out\" href=\"/\">Dashboard</a></header>\n\
         <details class=\"menu\"><summary>Menu</summary><nav aria-label=\"Pages\">{menu}</nav></details>\n\
         <div class=\"{kind}\"><nav class=\"side\" aria-label=\"Pages\">{menu}</nav>\n\
         <main id=\"zw-text\" tabindex=\"-1\"><article>{main}</article>{around}</main>{listed}</div></body></html>\n",
        title = escape(view.title),
        description = description(pages, view.at),
        files = *FILES,
        search = if view.searches { search_form("", "find") } else { String::new() },
        main = view.main,
        around = around(pages, view.at),
    )
}

fn description(pages: &[Page], at: Option<usize>) -> String {
    let page = at.and_then(|at| pages.get(at));
    page.map(|page| format!("<meta name=\"description\" content=\"{}\">", escape(&page.lead))).unwrap_or_default()
}

/// All pages by their sections.
fn menu(pages: &[Page], at: Option<usize>) -> String {
    let (mut html, mut section) = (String::new(), "");
    // Writing to a String cannot fail.
    for (index, page) in pages.iter().enumerate() {
        if page.section != section {
            let end = if section.is_empty() { "" } else { "</ul>" };
            section = page.section;
            let _ = write!(html, "{end}<p>{}</p><ul>", escape(section));
        }
        let current = if at == Some(index) { " aria-current=\"page\"" } else { "" };
        let _ = write!(html, "<li><a href=\"/docs/{}\"{current}>{}</a></li>", page.slug, escape(page.name()));
    }
    html + "</ul><p>More</p><ul><li><a href=\"/docs/api/\">API explorer</a></li><li><a href=\"/docs/llms.txt\">llms.txt</a></li></ul>"
}

/// What is on the page, for wide screens.
fn listed(parts: &[Part]) -> String {
    let deepest = if parts.iter().filter(|part| (2..=3).contains(&part.level)).count() > LISTED_MAX { 2 } else { 3 };
    let chosen: Vec<&Part> = parts.iter().filter(|part| (2..=deepest).contains(&part.level)).collect();
    if chosen.len() < 2 {
        return String::new();
    }
    let items = chosen.iter().map(|part| {
        format!("<li class=\"l{}\"><a href=\"#{}\">{}</a></li>", part.level, escape(&part.anchor), escape(&part.title))
    });
    format!(
        "\n<nav class=\"here\" aria-labelledby=\"zw-here\"><p id=\"zw-here\">On this page</p><ul>{}</ul></nav>",
        items.collect::<String>()
    )
}

/// The pages before and behind this one, and its text.
fn around(pages: &[Page], at: Option<usize>) -> String {
    let Some(at) = at else { return String::new() };
    let link = |page: Option<&Page>, rel: &str, word: &str| {
        page.map(|page| {
            let title = escape(page.name());
            format!("<a class=\"{rel}\" rel=\"{rel}\" href=\"/docs/{}\"><span>{word}</span> {title}</a>", page.slug)
        })
    };
    let before = link(at.checked_sub(1).and_then(|at| pages.get(at)), "prev", "Previous").unwrap_or_default();
    let next = link(pages.get(at + 1), "next", "Next").unwrap_or_default();
    let slug = pages.get(at).map_or("", |page| page.slug);
    format!(
        "\n<nav class=\"around\" aria-label=\"Previous and next\">{before}{next}</nav>\
         <footer><a href=\"/docs/{slug}.md\">This page as Markdown</a></footer>"
    )
}
