//! Text of others, made fit to be shown.

/// Most characters of a value or of an unknown name that an error repeats.
const SHOWN_MAX_CHARS: usize = 100;

/// A name that nobody checked, fit to be shown on one line.
pub(super) fn printable(name: &str) -> String {
    masked(name).replace(|c: char| c.is_control(), "\u{fffd}")
}

/// Text fit to be shown: what stands before an `@` may be a user's name and password, so it is hidden.
pub(super) fn masked(text: &str) -> String {
    let kept = match (text.find("://"), text.rfind('@')) {
        (Some(scheme_end), Some(at)) if scheme_end < at => format!("{}…{}", &text[..scheme_end + 3], &text[at..]),
        (_, Some(at)) => format!("…{}", &text[at..]),
        (_, None) => text.to_owned(),
    };
    match kept.char_indices().nth(SHOWN_MAX_CHARS) {
        Some((cut, _)) => format!("{}…", &kept[..cut]),
        None => kept,
    }
}
