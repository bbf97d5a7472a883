//! All pages, rendered once, when the first one is asked for.

use super::answer::Prepared;
use super::layout::{self, View};
use super::markdown;
use super::page::Page;
use super::pages::{SECTIONS, STARTS};
use super::search::Index;
use super::{llms, parts};
use utoipa::openapi::OpenApi as Document;

/// The whole site.
pub(super) struct Site {
    pub(super) pages: Vec<Page>,
    pub(super) index: Index,
    front: Prepared,
    html: Vec<Prepared>,
    markdown: Vec<Prepared>,
    list: Prepared,
    full: Prepared,
}

/// What of a page is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Html,
    Markdown,
}

impl Site {
    /// `url` is where the gateway is reached.
    pub(super) fn new(document: &Document, url: &str) -> Self {
        let (mut pages, mut rendered, mut index) = (Vec::new(), Vec::new(), Index::default());
        for (section, entries) in SECTIONS {
            for entry in *entries {
                let source = entry.source(document);
                let page = markdown::render(&source);
                index.add(source.slug, &page);
                pages.push(Page {
                    section,
                    slug: source.slug,
                    title: page.title().to_owned(),
                    lead: page.lead.clone(),
                    markdown_text: source.text.into_owned(),
                });
                rendered.push(page);
            }
        }
        let html = rendered.iter().enumerate().map(|(at, page)| {
            let view = View { at: Some(at), title: page.title(), main: &page.html, parts: &page.parts, searches: true };
            Prepared::html(layout::page(&pages, &view))
        });
        let html = html.collect();
        let plain = |text: String| Prepared::new("text/plain; charset=utf-8", text);
        let markdown = pages
            .iter()
            .map(|page| Prepared::new("text/markdown; charset=utf-8", page.markdown_text.clone()))
            .collect();
        let starts = STARTS.iter().filter_map(|slug| pages.iter().find(|page| page.slug == *slug)).take(4);
        let front = parts::front(&pages, starts);
        let front = View { at: None, title: "Documentation", main: &front, parts: &[], searches: false };
        let front = Prepared::html(layout::page(&pages, &front));
        let (list, full) = (plain(llms::list(&pages, url)), plain(llms::full(&pages, url)));
        Self { front, html, markdown, list, full, index, pages }
    }

    pub(super) const fn front(&self) -> &Prepared {
        &self.front
    }

    pub(super) const fn list(&self) -> &Prepared {
        &self.list
    }

    pub(super) const fn full(&self) -> &Prepared {
        &self.full
    }

    /// The page of this name.
    pub(super) fn page(&self, slug: &str, form: Form) -> Option<&Prepared> {
        let at = self.pages.iter().position(|page| page.slug == slug)?;
        match form {
            Form::Html => self.html.get(at),
            Form::Markdown => self.markdown.get(at),
        }
    }
}
