//! The search: a scan of the parts of all pages, prepared in small letters.

use super::html::escape;
use super::markdown::Rendered;
use std::cmp::Reverse;
use std::fmt::Write;
use std::ops::Range;

/// What a search finds at most.
const HITS_MAX: usize = 20;
/// Letters of an excerpt, and how many of them stand before the first word that was found.
const EXCERPT: usize = 180;
const BEFORE: usize = 50;
/// How often a word counts within one part.
const TIMES_MAX: usize = 5;

/// A heading and what stands below it.
struct Part {
    page: String,
    title: String,
    url: String,
    text: String,
    /// The same in small letters of ASCII, so that places in them are places in the original.
    small: [String; 3],
    is_top: bool,
}

/// What was found.
pub(super) struct Hit<'a> {
    pub(super) page: &'a str,
    pub(super) title: &'a str,
    pub(super) url: &'a str,
    pub(super) excerpt: &'a str,
    /// Where the words stand in the excerpt.
    marks: Vec<Range<usize>>,
}

#[derive(Default)]
pub(super) struct Index(Vec<Part>);

impl Index {
    pub(super) fn add(&mut self, slug: &str, page: &Rendered) {
        for part in &page.parts {
            let is_top = part.level == 1;
            let anchor = if is_top { String::new() } else { format!("#{}", part.anchor) };
            let text = part.text.split_whitespace().collect::<Vec<_>>().join(" ");
            let small = [&part.title, page.title(), &text].map(str::to_ascii_lowercase);
            self.0.push(Part {
                page: page.title().to_owned(),
                title: part.title.clone(),
                url: format!("/docs/{slug}{anchor}"),
                text,
                small,
                is_top,
            });
        }
    }

    /// The best hits first, and whether there are more. Every word must occur, the last one at least as the beginning
    /// of a word.
    pub(super) fn find(&self, query: &str) -> (Vec<Hit<'_>>, bool) {
        let words = Words::of(query);
        let mut found: Vec<(u32, &Part)> = self.0.iter().filter_map(|part| Some((words.score(part)?, part))).collect();
        found.sort_by_key(|(score, _)| Reverse(*score));
        let has_more = found.len() > HITS_MAX;
        (found.into_iter().take(HITS_MAX).map(|(_, part)| words.hit(part)).collect(), has_more)
    }
}

/// What is searched for, in small letters.
struct Words {
    all: Vec<String>,
    whole: String,
}

impl Words {
    fn of(query: &str) -> Self {
        let mut all: Vec<String> = Vec::new();
        for word in query.split_whitespace().map(str::to_ascii_lowercase) {
            // Said again it says nothing new, and the last one stays the last.
            all.retain(|known| *known != word);
            all.push(word);
        }
        Self { whole: all.join(" "), all }
    }

    /// Where a word of the query stands in a text.
    fn places<'a>(&'a self, word: &'a str, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let is_last = self.all.last().is_some_and(|last| last == word);
        places(word, text, is_last)
    }

    /// How well a part fits; none when a word is missing, or all of them stand in the page's title alone.
    fn score(&self, part: &Part) -> Option<u32> {
        let [title, page, text] = &part.small;
        let (mut score, mut is_own) = (0, false);
        for word in &self.all {
            let in_title = self.places(word, title).next().is_some();
            let in_page = self.places(word, page).next().is_some();
            let times = self.places(word, text).take(TIMES_MAX).count();
            if !in_title && !in_page && times == 0 {
                return None;
            }
            is_own |= in_title || times > 0;
            let whole = in_title && places(word, title, false).next().is_some();
            score += u32::from(in_title) * 30 + u32::from(whole) * 10 + u32::from(in_page) * 12;
            score += u32::try_from(times).unwrap_or_default();
        }
        if !is_own {
            return None;
        }
        let is_exact = *title == self.whole;
        score += u32::from(is_exact) * 200 + u32::from(is_exact && part.is_top) * 50;
        score += u32::from(title.contains(&self.whole)) * 40 + u32::from(text.contains(&self.whole)) * 8;
        // An operation begins with its method and path.
        let begins = text.strip_prefix(&self.whole).is_some_and(|rest| rest.starts_with(' '))
            || text.split(' ').nth(1) == Some(&self.whole);
        score += u32::from(begins && text.contains("who may call:")) * 100;
        Some(score + u32::from(part.is_top) * 3)
    }

    fn hit<'a>(&self, part: &'a Part) -> Hit<'a> {
        let small = &part.small[2];
        let whole = places(&self.whole, small, true).next();
        let first = whole
            .or_else(|| self.all.iter().filter_map(|word| self.places(word, small).next()).min_by_key(|r| r.start));
        let start = first.map_or(0, |place| place.start.saturating_sub(BEFORE));
        let start = begin_of_word(&part.text, start);
        let end = end_of_word(&part.text, (start + EXCERPT).min(part.text.len()));
        let excerpt = &part.text[start..end];
        let mut marks: Vec<Range<usize>> =
            self.all.iter().flat_map(|word| self.places(word, &small[start..end])).collect();
        marks.sort_by_key(|mark| (mark.start, Reverse(mark.end)));
        Hit { page: &part.page, title: &part.title, url: &part.url, excerpt, marks }
    }
}

impl Hit<'_> {
    /// The excerpt with its words marked.
    pub(super) fn html(&self) -> String {
        let (mut out, mut at) = (String::new(), 0);
        for mark in self.marks.iter().filter(|mark| !mark.is_empty()) {
            if mark.start >= at {
                let (before, word) = (&self.excerpt[at..mark.start], &self.excerpt[mark.clone()]);
                // Writing to a String cannot fail.
                let _ = write!(out, "{}<mark>{}</mark>", escape(before), escape(word));
                at = mark.end;
            }
        }
        out + &escape(&self.excerpt[at..])
    }
}

/// Where a word begins in a text that nothing joins it to; an underscore parts words. A whole one ends there too.
fn places<'a>(word: &'a str, text: &'a str, is_prefix: bool) -> impl Iterator<Item = Range<usize>> + 'a {
    let joins = char::is_alphanumeric;
    let (first, last) = (word.starts_with(joins), word.ends_with(joins));
    text.match_indices(word).map(|(at, found)| at..at + found.len()).filter(move |place| {
        let before = first && text[..place.start].ends_with(joins);
        let after = last && !is_prefix && text[place.end..].starts_with(joins);
        !before && !after
    })
}

/// The last begin of a word at or before a place.
fn begin_of_word(text: &str, at: usize) -> usize {
    let at = text.floor_char_boundary(at);
    text[..at].rfind(' ').map_or(0, |blank| blank + 1)
}

/// The first end of a word at or behind a place; a long one is cut.
fn end_of_word(text: &str, at: usize) -> usize {
    let at = text.floor_char_boundary(at);
    let rest = &text[at..];
    let longest = rest.floor_char_boundary(40.min(rest.len()));
    at + rest[..longest].find(' ').unwrap_or(longest)
}
