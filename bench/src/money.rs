//! Amounts as whole hundredths, read without the product's own code and without floating point.

/// The hundredths in a decimal number, JSON string or not; `None` if it is no such number or has more than two decimals.
pub(crate) fn parse_minor(text: &str) -> Option<i64> {
    let text = text.trim().trim_matches('"');
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    // Databases pad a fixed scale: trailing zeros carry no value.
    let fraction = fraction.trim_end_matches('0');
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 2 || !digits(whole) || !digits(fraction) {
        return None;
    }
    format!("{whole}{fraction:0<2}").parse().ok()
}

/// The shortest decimal spelling of so many hundredths.
pub(crate) fn format_minor(minor: i64) -> String {
    let (whole, rest) = (minor / 100, minor % 100);
    match rest {
        0 => whole.to_string(),
        r if r % 10 == 0 => format!("{whole}.{}", r / 10),
        r => format!("{whole}.{r:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_one_amount_is_one_number() {
        for text in ["12.5", "12.50", "\"12.5\"", "12.500"] {
            assert_eq!(parse_minor(text), Some(1_250), "{text}");
        }
        assert_eq!(parse_minor("9999999999999.99"), Some(999_999_999_999_999));
        assert_eq!(parse_minor("0.01"), Some(1));
        for text in ["", ".5", "-1", "1.234", "1e3", "x", "1.2.3"] {
            assert_eq!(parse_minor(text), None, "{text}");
        }
    }

    #[test]
    fn the_shortest_spelling_reads_back() {
        for (minor, text) in [(50_000, "500"), (1_250, "12.5"), (1, "0.01"), (999_999_999_999_999, "9999999999999.99")]
        {
            assert_eq!(format_minor(minor), text);
            assert_eq!(parse_minor(text), Some(minor));
        }
    }
}
