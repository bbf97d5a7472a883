//! The search of the documentation: what is asked, and what was found.

use super::query::Params;
use serde::Serialize;
use zenwallet_core::{Code, Rejection};

/// Characters of what is searched for, at most.
pub(crate) const DOCS_QUERY_MAX_CHARS: usize = 100;

/// What is searched for, without blanks at its ends; none when nothing is.
pub(crate) fn parse_docs_query(query: Option<&str>) -> Result<Option<String>, Vec<Rejection>> {
    let mut params = Params::parse(query);
    let text = params.text("q").map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    if text.as_ref().is_some_and(|text| text.chars().count() > DOCS_QUERY_MAX_CHARS) {
        let message = format!("q may have at most {DOCS_QUERY_MAX_CHARS} characters");
        params.reject(Code::ParameterTooLong, "q", message);
    }
    params.finish(text)
}

/// That nothing is searched for.
pub(crate) fn docs_query_missing() -> Vec<Rejection> {
    let message = format!("q is required: 1 to {DOCS_QUERY_MAX_CHARS} characters");
    vec![Rejection::new(Code::ParameterMissing, "q", message)]
}

/// A heading that fits, and what stands below it.
#[derive(Serialize)]
pub(crate) struct DocsHit<'a> {
    /// Always `docs_hit`.
    pub(crate) object: &'static str,
    /// The heading.
    pub(crate) title: &'a str,
    /// The page that it is on.
    pub(crate) page_title: &'a str,
    /// Where it is: a path of this server, with the heading's anchor.
    pub(crate) url: &'a str,
    /// What stands there around the first word that was found, as plain text.
    pub(crate) excerpt: &'a str,
}

/// What was found, the best first, in the envelope of every list.
#[derive(Serialize)]
pub(crate) struct DocsHits<'a> {
    /// Always `list`.
    pub(crate) object: &'static str,
    /// At most 20.
    pub(crate) data: Vec<DocsHit<'a>>,
    /// Whether there are more than these.
    pub(crate) has_more: bool,
    /// Always null: a longer text finds less.
    pub(crate) next_cursor: Option<&'a str>,
}
