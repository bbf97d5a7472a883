//! Texts as a payer reads them.

use std::borrow::Cow;
use zenwallet_core::money::Amount;
use zenwallet_core::time::Timestamp;

/// `text` fit for HTML, between tags and inside a quoted attribute.
pub(super) fn escape_html(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 32);
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

/// An amount in groups of three digits with narrow no-break spaces, `9 999 999.50`. Four digits stay together, and two
/// decimals do.
pub(super) fn grouped(amount: Amount) -> String {
    let exact = amount.to_string();
    let whole = exact.split_once('.').map_or(exact.len(), |(whole, _)| whole.len());
    let exact = if whole + 2 == exact.len() { format!("{exact}0") } else { exact };
    if whole <= 4 {
        return exact;
    }
    let mut out = String::with_capacity(exact.len() + 16);
    for (at, digit) in exact.char_indices() {
        if at > 0 && at < whole && (whole - at).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// A moment as a `<time>`: `26 Jan 2026, 10:35:00 UTC`.
pub(super) fn moment(at: Timestamp) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let exact = at.to_string();
    let part = |range| exact.get(range).unwrap_or_default();
    let month = part(5..7).parse().ok().and_then(|month: usize| MONTHS.get(month.checked_sub(1)?)).unwrap_or(&"");
    let day = part(8..10).trim_start_matches('0');
    format!("<time datetime=\"{exact}\">{day} {month} {}, {} UTC</time>", part(0..4), part(11..19))
}

/// What is left, by the clock below an hour, `7:05`, and as a [`duration`] above.
pub(super) fn clock(seconds: i64) -> String {
    if seconds >= 3_600 { duration(seconds) } else { format!("{}:{:02}", seconds / 60, seconds % 60) }
}

/// A duration in its two largest units, `4 min 10 s`; what is below is dropped.
pub(super) fn duration(seconds: i64) -> String {
    const UNITS: [(i64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let first = UNITS.iter().position(|(size, _)| seconds >= *size).unwrap_or(UNITS.len() - 1);
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (size, name) in UNITS.iter().skip(first).take(2) {
        let count = rest / size;
        rest %= size;
        if count > 0 || parts.is_empty() {
            parts.push(format!("{count}\u{a0}{name}"));
        }
    }
    parts.join(" ")
}
