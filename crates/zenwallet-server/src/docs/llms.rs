//! `/docs/llms.txt` and `/docs/llms-full.txt`, as llmstxt.org describes them: the documentation for programs that read.

use super::page::Page;
use std::fmt::Write;

const HEAD: &str = "# ZenWallet\n\n> A virtual payment gateway: applications create payment requests in any virtual \
    currency, a payer pays or declines on a hosted page, and every application learns of it at once by signed webhooks, \
    an event log, Server-Sent Events or Socket.IO. No real money.\n\n";

/// The list of pages. `url` is where the gateway is reached.
pub(super) fn list(pages: &[Page], url: &str) -> String {
    let mut text = HEAD.to_owned();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "The API is at {url}/api and takes `Authorization: Bearer sk_…`. Errors carry a stable `code`. Requests that \
         create something take an `Idempotency-Key`."
    );
    let mut section = "";
    for page in pages {
        if page.section != section {
            section = page.section;
            let _ = writeln!(text, "\n## {section}\n");
        }
        let _ = writeln!(text, "- [{}]({url}/docs/{}.md): {}", page.title, page.slug, page.lead);
    }
    let _ = writeln!(text, "\n## Optional\n\n- [OpenAPI document]({url}/api/openapi.json): the API for machines.");
    let _ = writeln!(text, "- [Everything in one file]({url}/docs/llms-full.txt): all pages above.");
    text
}

/// All pages in one.
pub(super) fn full(pages: &[Page], url: &str) -> String {
    let mut text = HEAD.to_owned();
    for page in pages {
        let _ = writeln!(text, "---\n\nSource: {url}/docs/{}.md\n\n{}", page.slug, page.markdown_text.trim_end());
        text.push('\n');
    }
    text
}
