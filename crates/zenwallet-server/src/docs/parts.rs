//! The pages that are no Markdown: the front, what a search found, and that there is no such page.

use super::html::escape;
use super::page::Page;
use super::search::Hit;
use crate::wire::docs::DOCS_QUERY_MAX_CHARS;
use std::fmt::Write;

/// The search. Two of them never stand on one page.
pub(super) fn search_form(query: &str, class: &str) -> String {
    format!(
        "<form class=\"{class}\" role=\"search\" action=\"/docs/search\"><label class=\"aloud\" for=\"zw-search\">Search the \
         documentation</label><input type=\"search\" id=\"zw-search\" name=\"q\" value=\"{}\" required \
         maxlength=\"{DOCS_QUERY_MAX_CHARS}\" placeholder=\"Search the documentation\" autocomplete=\"off\" \
         spellcheck=\"false\"><button>Search</button></form>",
        escape(query)
    )
}

/// What is here.
pub(super) fn front<'a>(pages: &'a [Page], starts: impl Iterator<Item = &'a Page>) -> String {
    let card = |page: &Page| {
        format!(
            "<li><a href=\"/docs/{}\"><b>{}</b><span>{}</span></a></li>",
            page.slug,
            escape(page.name()),
            escape(&page.lead)
        )
    };
    let mut html = format!(
        "<h1 id=\"documentation\">Documentation</h1><p class=\"intro\">ZenWallet is a virtual payment gateway: apps create \
         payment requests in any virtual currency, a payer pays or declines on a hosted page, and every app learns of it \
         at once. No real money.</p>{}<h2 id=\"start-here\">Start here</h2><ul class=\"cards\">{}</ul>",
        search_form("", "find big"),
        starts.map(card).collect::<String>()
    );
    let mut section = "";
    // Writing to a String cannot fail.
    for page in pages {
        if page.section != section {
            let end = if section.is_empty() { "" } else { "</ul>" };
            section = page.section;
            let anchor = section.to_lowercase().replace(' ', "-");
            let _ = write!(html, "{end}<h2 id=\"{anchor}\">{section}</h2><ul class=\"rows\">");
        }
        html.push_str(&card(page));
    }
    html + "</ul>"
}

/// What a search found; `refusal` is why it found nothing.
pub(super) fn found(query: &str, hits: &[Hit<'_>], has_more: bool, refusal: Option<&str>) -> String {
    let mut html = format!("<h1 id=\"search\">Search</h1>{}", search_form(query, "find big"));
    let told = match (refusal, hits.len(), has_more) {
        (Some(refusal), ..) => format!("{}.", escape(refusal.trim_end_matches('.'))),
        (None, ..) if query.is_empty() => {
            "Words, a route, an error code or a setting: all of them must occur.".to_owned()
        }
        (None, 0, _) => format!(
            "Nothing has all of these words: <b>{}</b>. Try fewer, or look at <a href=\"/docs\">all pages</a>.",
            escape(query)
        ),
        (None, 1, _) => "1 result".to_owned(),
        (None, count, false) => format!("{count} results"),
        (None, count, true) => format!("The first {count} results; another word finds fewer."),
    };
    let kind = if refusal.is_some() { " class=\"refusal\"" } else { "" };
    // Writing to a String cannot fail.
    let _ = write!(html, "<p role=\"status\"{kind}>{told}</p><ol class=\"hits\">");
    for hit in hits {
        let page = if hit.page == hit.title { String::new() } else { format!("<span>{}</span>", escape(hit.page)) };
        let (url, title) = (escape(hit.url), escape(hit.title));
        let _ = write!(html, "<li><a href=\"{url}\"><b>{title}</b>{page}</a><p>{}</p></li>", hit.html());
    }
    html + "</ol>"
}

/// That there is no such page.
pub(super) fn nothing() -> String {
    format!(
        "<h1 id=\"no-such-page\">No such page</h1><p>The documentation has no page at this address. Search for what you \
         need, or look at <a href=\"/docs\">all pages</a>.</p>{}",
        search_form("", "find big")
    )
}
