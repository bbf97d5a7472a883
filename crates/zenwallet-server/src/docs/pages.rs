//! Which pages there are, by section and in their order: the one list that addresses, menu, search and tests follow.

use super::page::Source;
use super::{errors, reference};
use utoipa::openapi::OpenApi as Document;

/// Where a page's text comes from.
pub(super) enum Entry {
    /// A file of `docs/`; its address is its path there without the ending.
    File { slug: &'static str, markdown: &'static str },
    /// What the server writes from what it knows of itself.
    Made { slug: &'static str, write: fn(&Document) -> String },
}

/// `docs/{slug}.md`; one that is not there fails the build.
macro_rules! page {
    ($slug:literal) => {
        Entry::File {
            slug: $slug,
            markdown: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/", $slug, ".md")),
        }
    };
}

/// Every page; a test holds the list against the folder.
pub(super) const SECTIONS: &[(&str, &[Entry])] = &[
    ("Get started", &[page!("quickstart"), page!("concepts"), page!("testing")]),
    (
        "Build",
        &[
            page!("payments"),
            page!("events"),
            page!("webhooks"),
            page!("signatures"),
            page!("live"),
            page!("idempotency"),
            page!("apps"),
        ],
    ),
    ("Tools", &[page!("sdks"), page!("cli"), page!("dashboard")]),
    (
        "Reference",
        &[
            Entry::Made { slug: "reference", write: reference::write },
            Entry::Made { slug: "errors", write: |_| errors::write() },
            Entry::Made { slug: "changelog", write: |_| include_str!("../../../../CHANGELOG.md").to_owned() },
            page!("configuration"),
        ],
    ),
    (
        "Run it",
        &[
            page!("self-hosting"),
            page!("operations"),
            page!("upgrading"),
            page!("email"),
            page!("cluster"),
            page!("high-availability"),
            page!("data-model"),
        ],
    ),
    (
        "Security",
        &[
            page!("security"),
            page!("security/rules"),
            page!("security/input"),
            page!("security/web"),
            page!("security/tokens"),
            page!("security/running"),
        ],
    ),
];

/// Where to begin; the first four that are there.
pub(super) const STARTS: [&str; 6] = ["quickstart", "concepts", "webhooks", "reference", "apps", "live"];

/// A picture that a page shows.
pub(super) struct Picture {
    pub(super) name: &'static str,
    pub(super) bytes: &'static [u8],
}

macro_rules! picture {
    ($name:literal) => {
        Picture {
            name: $name,
            bytes: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/images/", $name)),
        }
    };
}

/// The pictures that pages show, and no others.
pub(super) const PICTURES: &[Picture] = &[picture!("overview-light-desktop.png")];

impl Picture {
    /// A picture of the folder, by its path below `docs/`.
    pub(super) fn at(path: &str) -> Option<&'static Self> {
        let name = path.strip_prefix("images/")?;
        PICTURES.iter().find(|picture| picture.name == name)
    }

    /// Its address, which names its content, so that it can be cached for ever.
    pub(super) fn address(&self) -> String {
        format!("/docs/images/{}?v={:08x}", self.name, crc32fast::hash(self.bytes))
    }

    /// Width and height, as the head of a PNG says.
    pub(super) fn size(&self) -> Option<(u32, u32)> {
        let number = |at: usize| Some(u32::from_be_bytes(self.bytes.get(at..at + 4)?.try_into().ok()?));
        Some((number(16)?, number(20)?))
    }
}

impl Entry {
    pub(super) const fn slug(&self) -> &'static str {
        match self {
            Self::File { slug, .. } | Self::Made { slug, .. } => slug,
        }
    }

    pub(super) fn source(&self, document: &Document) -> Source {
        match self {
            Self::File { slug, markdown } => Source { slug, text: (*markdown).into(), names_anchors: false },
            Self::Made { slug, write } => Source { slug, text: write(document).into(), names_anchors: true },
        }
    }
}

/// Every page's name in its address.
pub(super) fn slugs() -> impl Iterator<Item = &'static str> {
    SECTIONS.iter().flat_map(|(_, entries)| entries.iter()).map(Entry::slug)
}

/// Whether a page of this name is there.
pub(super) fn is_page(slug: &str) -> bool {
    slugs().any(|known| known == slug)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// The names of the Markdown files of a folder below `docs/`, without their ending.
    fn files_in(folder: &str) -> Vec<String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(folder);
        let names = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter_map(|name| Some(format!("{folder}{}", name.strip_suffix(".md")?))).collect()
    }

    #[test]
    fn every_document_is_a_page() {
        let listed: BTreeSet<String> = slugs().map(str::to_owned).collect();
        assert_eq!(listed.len(), slugs().count(), "a page is listed twice");
        let there: BTreeSet<String> = files_in("").into_iter().chain(files_in("security/")).collect();
        let missing: Vec<_> = there.difference(&listed).collect();
        assert!(missing.is_empty(), "add page!(…) to SECTIONS for {missing:?}");
    }

    #[test]
    fn every_picture_is_shown_and_has_a_size() {
        let all = SECTIONS.iter().flat_map(|(_, entries)| entries.iter());
        let text: String = all
            .map(|entry| match entry {
                Entry::File { markdown, .. } => *markdown,
                Entry::Made { .. } => "",
            })
            .collect();
        for picture in PICTURES {
            assert!(text.contains(&format!("images/{})", picture.name)), "no page shows {}", picture.name);
            assert!(picture.size().is_some_and(|(width, height)| width > 100 && height > 100), "{}", picture.name);
        }
        let shown = text.split("](").filter_map(|rest| rest.split(')').next()).filter(|path| path.ends_with(".png"));
        for path in shown {
            let name = path.rsplit('/').next().unwrap();
            assert!(PICTURES.iter().any(|picture| picture.name == name), "add picture!({name:?})");
        }
    }
}
