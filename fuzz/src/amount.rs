//! Amounts: exact, within their limits, printed shortest. The judge reads them digit by digit and knows no float.

use zenwallet_core::Code;
use zenwallet_core::limits::AMOUNT_MAX_MINOR;
use zenwallet_core::money::{Amount, Volume};

/// Reads a token as an amount.
pub fn run(data: &[u8]) {
    if let Ok(token) = std::str::from_utf8(data) {
        let read = Amount::parse(token);
        assert_eq!(read.as_ref().map(|a| i128::from(a.minor())).map_err(|r| r.code), judge(token), "{token:?}");
        if let Ok(amount) = read {
            prints_shortest(amount, token);
        }
    }
    if let Some(bytes) = data.first_chunk::<8>() {
        let minor = i64::from_le_bytes(*bytes);
        assert_eq!(Amount::from_minor(minor).is_some(), (1..=AMOUNT_MAX_MINOR).contains(&minor));
        if let Some(amount) = Amount::from_minor(minor.rem_euclid(AMOUNT_MAX_MINOR).max(1)) {
            prints_shortest(amount, "");
        }
        let volume = Volume::from_minor(i128::from(minor) * i128::from(minor >> 8));
        match volume.parts() {
            Some((high, low)) => assert_eq!(Volume::from_parts(high, low), volume),
            None => assert!(volume.minor().abs() > 9 * 10_i128.pow(33), "{volume} has no parts"),
        }
    }
}

fn prints_shortest(amount: Amount, token: &str) {
    let printed = amount.to_string();
    assert_eq!(Amount::parse(&printed), Ok(amount), "{printed}");
    assert!(token.is_empty() || printed.len() <= token.len(), "{token:?} became {printed:?}");
    assert!(!printed.contains('.') || !printed.ends_with('0'), "{printed} is not the shortest");
    // As a double it keeps its value: so JSON's readers see the amount that was meant.
    let double: f64 = printed.parse().expect("a decimal");
    assert_eq!((double * 100.0).round() as i64, amount.minor(), "{printed}");
}

/// What the contract says of a token, hundredths or the refusal, by a walk over its characters.
fn judge(token: &str) -> Result<i128, Code> {
    let chars: Vec<char> = token.chars().collect();
    if chars.first() == Some(&'-') && chars.get(1).is_some_and(char::is_ascii_digit) {
        return Err(Code::AmountNotPositive);
    }
    let point = chars.iter().position(|c| *c == '.').unwrap_or(chars.len());
    let (whole, fraction) = (&chars[..point], chars.get(point + 1..).unwrap_or_default());
    let are_digits = whole.iter().chain(fraction).all(char::is_ascii_digit);
    let has_empty_part = whole.is_empty() || (point < chars.len() && fraction.is_empty());
    if !are_digits || has_empty_part || (whole.len() > 1 && whole[0] == '0') {
        return Err(Code::AmountInvalid);
    }
    if fraction.len() > 2 {
        return Err(Code::AmountTooPrecise);
    }
    let mut minor = 0_i128;
    for digit in whole.iter().chain(fraction).chain(&['0', '0'][fraction.len()..]) {
        minor = minor.saturating_mul(10).saturating_add(i128::from(*digit as u32 - '0' as u32));
    }
    match minor {
        0 => Err(Code::AmountNotPositive),
        minor if minor > i128::from(AMOUNT_MAX_MINOR) => Err(Code::AmountTooLarge),
        minor => Ok(minor),
    }
}
