//! Markdown as a page: HTML with an anchor on every heading, links that lead to pages, and the text that is searched.

use super::html::escape;
use super::page::Source;
use super::pages::Picture;
use super::{highlight, links};
use pulldown_cmark::{CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use std::collections::HashMap;
use std::fmt::Write;

/// A page, rendered.
#[derive(Default)]
pub(super) struct Rendered {
    pub(super) html: String,
    /// The headings, each with what stands below it until the next one; the first is the page's title.
    pub(super) parts: Vec<Part>,
    /// Its first sentence.
    pub(super) lead: String,
}

/// A heading and its text.
#[derive(Default)]
pub(super) struct Part {
    pub(super) level: u8,
    pub(super) title: String,
    pub(super) anchor: String,
    /// Without markup.
    pub(super) text: String,
}

impl Rendered {
    pub(super) fn title(&self) -> &str {
        self.parts.first().map_or("", |part| &part.title)
    }
}

pub(super) fn render(source: &Source) -> Rendered {
    let mut options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    options.set(Options::ENABLE_HEADING_ATTRIBUTES, source.names_anchors);
    let mut renderer = Renderer { slug: source.slug, ..Renderer::default() };
    for event in Parser::new_ext(&source.text, options) {
        renderer.take(event);
    }
    renderer.page.lead = first_sentence(&renderer.lead);
    html::push_html(&mut renderer.page.html, renderer.out.into_iter());
    // A head of nothing heads no column.
    renderer.page.html = renderer.page.html.replace("<th></th>", "<td></td>");
    renderer.page
}

/// What is being put together.
#[derive(Default)]
struct Renderer<'a> {
    slug: &'a str,
    page: Rendered,
    out: Vec<Event<'a>>,
    /// How often an anchor was given.
    given: HashMap<String, usize>,
    /// The heading that is open: where its tag will stand, and its own anchor.
    heading: Option<(usize, Option<String>)>,
    /// The block of code that is open: its language and what it holds.
    code: Option<(String, String)>,
    /// The block of raw HTML that is open.
    raw: Option<String>,
    /// The picture that is open: where it is, and the words in its place.
    picture: Option<(String, String)>,
    /// Of every open link whether it leads anywhere.
    links: Vec<bool>,
    /// Whether blocks of code belong together and say their language.
    is_labelled: bool,
    lead: String,
    is_lead: bool,
}

impl<'a> Renderer<'a> {
    fn take(&mut self, event: Event<'a>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.text(text, false),
            Event::Code(text) => self.text(text, true),
            Event::Html(text) if self.raw.is_some() => self.raw.iter_mut().for_each(|raw| raw.push_str(&text)),
            Event::Html(text) | Event::InlineHtml(text) => match without_comments(&text) {
                left if left.trim().is_empty() => {}
                left => self.text(left.into(), false),
            },
            Event::SoftBreak | Event::HardBreak => {
                self.note(" ");
                self.out.push(event);
            }
            other => self.out.push(other),
        }
    }

    fn start(&mut self, tag: Tag<'a>) {
        if !matches!(tag, Tag::CodeBlock(_) | Tag::HtmlBlock) {
            self.is_labelled = false;
        }
        match tag {
            Tag::Heading { level, id, .. } => {
                self.page.parts.push(Part { level: number(level), ..Part::default() });
                self.heading = Some((self.out.len(), id.map(CowStr::into_string)));
                self.out.push(Event::Html("".into()));
            }
            Tag::CodeBlock(kind) => {
                let language = match &kind {
                    CodeBlockKind::Fenced(info) => info.split([' ', ',']).next().unwrap_or_default(),
                    CodeBlockKind::Indented => "",
                };
                self.code = Some((language.to_owned(), String::new()));
            }
            Tag::HtmlBlock => self.raw = Some(String::new()),
            Tag::Image { dest_url, .. } => self.picture = Some((dest_url.into_string(), String::new())),
            Tag::Link { link_type, dest_url, title, id } => {
                let target = links::target(self.slug, &dest_url);
                self.links.push(target.is_some());
                if let Some(target) = target {
                    self.out.push(Event::Start(Tag::Link { link_type, dest_url: target.into(), title, id }));
                }
            }
            Tag::Table(columns) => {
                self.out.push(Event::Html("<div class=\"table\" tabindex=\"0\">".into()));
                self.out.push(Event::Start(Tag::Table(columns)));
            }
            Tag::Paragraph => {
                // The first paragraph of the page says what it is about.
                self.is_lead = self.lead.is_empty();
                self.out.push(Event::Start(Tag::Paragraph));
            }
            other => self.out.push(Event::Start(other)),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => return self.end_heading(),
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::HtmlBlock => self.end_raw(),
            TagEnd::Image => self.end_picture(),
            TagEnd::Link => {
                if self.links.pop() == Some(true) {
                    self.out.push(Event::End(tag));
                }
                return;
            }
            TagEnd::Table => {
                self.out.push(Event::End(tag));
                self.out.push(Event::Html("</div>\n".into()));
            }
            other => self.out.push(Event::End(other)),
        }
        self.is_lead &= tag != TagEnd::Paragraph;
        if !matches!(tag, TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough) {
            self.note(" ");
        }
    }

    fn text(&mut self, text: CowStr<'a>, is_code: bool) {
        if let Some((_, code)) = &mut self.code {
            code.push_str(&text);
            return;
        }
        if let Some((_, words)) = &mut self.picture {
            words.push_str(&text);
            return;
        }
        self.note(&text);
        self.out.push(if is_code { Event::Code(text) } else { Event::Text(text) });
    }

    /// Keeps words for the search.
    fn note(&mut self, words: &str) {
        if self.is_lead {
            self.lead.push_str(words);
        }
        let Some(part) = self.page.parts.last_mut() else { return };
        let kept = if self.heading.is_some() { &mut part.title } else { &mut part.text };
        if words != " " || !(kept.is_empty() || kept.ends_with(' ')) {
            kept.push_str(words);
        }
    }

    fn end_heading(&mut self) {
        let (Some((at, own)), Some(part)) = (self.heading.take(), self.page.parts.last_mut()) else { return };
        part.anchor = own.unwrap_or_else(|| {
            let anchor = links::anchor_of(&part.title);
            let given = self.given.entry(anchor.clone()).or_default();
            *given += 1;
            if *given == 1 { anchor } else { format!("{anchor}-{}", *given - 1) }
        });
        let (level, anchor) = (part.level, escape(&part.anchor));
        let label = escape(&part.title);
        self.out[at] = Event::Html(format!("<h{level} id=\"{anchor}\">").into());
        let link =
            format!(" <a class=\"anchor\" href=\"#{anchor}\" aria-label=\"Link to: {label}\">#</a></h{level}>\n");
        self.out.push(Event::Html(link.into()));
    }

    fn end_code(&mut self) {
        let Some((language, code)) = self.code.take() else { return };
        self.note(&code);
        let name = highlight::name_of(&language);
        let mut block = String::new();
        if self.is_labelled && !name.is_empty() {
            let _ = write!(block, "<p class=\"label\">{}</p>", escape(name));
        }
        let class = if language.is_empty() { "text" } else { &language };
        let _ = writeln!(
            block,
            "<div class=\"code\"><pre tabindex=\"0\"><code class=\"language-{}\">{}</code></pre></div>",
            escape(class),
            highlight::html(&language, &code)
        );
        self.out.push(Event::Html(block.into()));
    }

    /// Raw HTML is shown as it is written, and comments not at all.
    fn end_raw(&mut self) {
        let Some(raw) = self.raw.take() else { return };
        let left = without_comments(&raw);
        if !left.trim().is_empty() {
            self.note(&left);
            self.out.push(Event::Html(format!("<p>{}</p>\n", escape(left.trim())).into()));
        }
        self.is_labelled = raw.contains("<!-- tabs -->") || (self.is_labelled && left.trim().is_empty());
    }

    /// A picture that is not served leaves its words.
    fn end_picture(&mut self) {
        let Some((path, words)) = self.picture.take() else { return };
        let served = links::below_docs(self.slug, &path).and_then(|path| Picture::at(&path));
        let Some(picture) = served else {
            self.note(&words);
            return self.out.push(Event::Text(words.into()));
        };
        let (width, height) = picture.size().unwrap_or_default();
        self.out.push(Event::InlineHtml(
            format!(
                "<img src=\"{}\" alt=\"{}\" width=\"{width}\" height=\"{height}\" loading=\"lazy\">",
                picture.address(),
                escape(&words)
            )
            .into(),
        ));
    }
}

const fn number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

/// The text without its `<!-- … -->`; one that does not end goes to the end.
fn without_comments(text: &str) -> String {
    let mut pieces = text.split("<!--");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |kept, piece| kept + piece.split_once("-->").map_or("", |(_, rest)| rest))
}

/// The first sentence of a text, which ends with a stop or a colon before a blank.
fn first_sentence(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = [". ", ": "].iter().filter_map(|end| text.find(end)).min();
    let sentence = end.map_or(text.as_str(), |at| &text[..at]);
    format!("{}.", sentence.trim_end_matches(['.', ':']))
}

#[cfg(test)]
mod tests;
