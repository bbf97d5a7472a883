//! The little of JSON that canonical text needs (RFC 8785): strings and numbers in their one spelling.

/// Appends `text` as a JSON string in its canonical spelling.
pub fn push_string(out: &mut String, text: &str) {
    out.push('"');
    let mut plain_from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[plain_from..at]);
        plain_from = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            0x08 => out.push_str("\\b"),
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            0x0c => out.push_str("\\f"),
            b'\r' => out.push_str("\\r"),
            control => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.push_str("\\u00");
                out.push(HEX[usize::from(control >> 4)] as char);
                out.push(HEX[usize::from(control & 15)] as char);
            }
        }
    }
    out.push_str(&text[plain_from..]);
    out.push('"');
}

/// Appends a JSON string, or `null`.
pub fn push_optional_string(out: &mut String, text: Option<&str>) {
    match text {
        Some(text) => push_string(out, text),
        None => out.push_str("null"),
    }
}

/// The canonical spelling of a JSON number token, or `None` when its value does not survive a double.
pub fn canonical_number(token: &str) -> Option<String> {
    let double: f64 = token.parse().ok()?;
    if !double.is_finite() {
        return None;
    }
    let text = ryu_js::Buffer::new().format_finite(double).to_owned();
    (decimal_value(token)? == decimal_value(&text)?).then_some(text)
}

/// A decimal token as (negative, digits without outer zeros, exponent of the last digit).
fn decimal_value(token: &str) -> Option<(bool, String, i64)> {
    let (negative, rest) = token.strip_prefix('-').map_or((false, token), |r| (true, r));
    let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let trimmed = digits.trim_start_matches('0').trim_end_matches('0');
    if trimmed.is_empty() {
        return Some((false, String::new(), 0));
    }
    let dropped = digits.len() - digits.trim_end_matches('0').len();
    let exponent: i64 = exponent.parse().ok()?;
    let last = exponent.checked_sub(fraction.len() as i64)?.checked_add(dropped as i64)?;
    Some((negative, trimmed.to_owned(), last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_take_their_one_spelling_or_are_refused() {
        for (token, want) in [
            ("1.50", Some("1.5")),
            ("1e2", Some("100")),
            ("0.000001", Some("0.000001")),
            ("1e-7", Some("1e-7")),
            ("-0", Some("0")),
            ("1E21", Some("1e+21")),
            ("9007199254740992", Some("9007199254740992")),
            ("9007199254740993", None),
            ("0.1000000000000000055", None),
            ("1e400", None),
            ("1e-400", None),
            ("1.5e-9223372036854775808", None),
            ("10e9223372036854775807", None),
            // Of two spellings as short and as near as each other JavaScript takes the even one; the other one would
            // come back changed.
            ("-1875588825524430.2", Some("-1875588825524430.2")),
            ("-1875588825524430.3", None),
        ] {
            assert_eq!(canonical_number(token).as_deref(), want, "{token}");
        }
    }

    proptest! {
        #[test]
        fn strings_read_back_as_themselves(text in any::<String>()) {
            let mut out = String::new();
            push_string(&mut out, &text);
            prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text.clone());
            prop_assert_eq!(out, serde_json::to_string(&text).unwrap());
        }

        #[test]
        fn every_double_keeps_its_value(value in any::<f64>().prop_filter("finite", |v| v.is_finite())) {
            let spelled = ryu_js::Buffer::new().format_finite(value).to_owned();
            prop_assert_eq!(spelled.parse::<f64>().unwrap(), value);
            prop_assert_eq!(canonical_number(&spelled), Some(spelled));
        }
    }
}
