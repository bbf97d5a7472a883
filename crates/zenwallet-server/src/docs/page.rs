//! A page: as it is written, and as it is listed.

use std::borrow::Cow;

/// The text of a page.
pub(super) struct Source {
    /// The page's name in its address, and its place below `docs/`.
    pub(super) slug: &'static str,
    pub(super) text: Cow<'static, str>,
    /// Whether headings say their anchors themselves: `## Title {#anchor}`.
    pub(super) names_anchors: bool,
}

/// A page of the site.
#[derive(Default)]
pub(super) struct Page {
    pub(super) section: &'static str,
    pub(super) slug: &'static str,
    pub(super) title: String,
    /// Its first sentence.
    pub(super) lead: String,
    pub(super) markdown_text: String,
}

impl Page {
    /// Its title as it is called in lists: what stands before a colon.
    pub(super) fn name(&self) -> &str {
        self.title.split(": ").next().unwrap_or_default()
    }
}
