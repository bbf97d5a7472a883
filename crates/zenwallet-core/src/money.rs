//! Amounts: exact, in minor units, never through a float.

use crate::limits::AMOUNT_MAX_MINOR;
use crate::rejection::{Code, Rejection};
use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// A positive amount with at most two decimals, held in minor units (hundredths).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Amount(i64);

impl Amount {
    /// The amount of `minor` hundredths; `None` outside 0.01 … 9 999 999 999 999.99.
    pub const fn from_minor(minor: i64) -> Option<Self> {
        if minor > 0 && minor <= AMOUNT_MAX_MINOR { Some(Self(minor)) } else { None }
    }

    /// Hundredths.
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// Parses the raw decimal token of a request: digits, and at most two after a point.
    pub fn parse(token: &str) -> Result<Self, Rejection> {
        let reject = |code, message: &str| Err(Rejection::new(code, "amount", message));
        let invalid = "amount must be a plain decimal number such as 500 or \"12.50\"";
        if token.starts_with('-') && token[1..].starts_with(|c: char| c.is_ascii_digit()) {
            return reject(Code::AmountNotPositive, "amount must be greater than 0");
        }
        let (whole, fraction) = match token.split_once('.') {
            Some((_, "")) => return reject(Code::AmountInvalid, invalid),
            Some(parts) => parts,
            None => (token, ""),
        };
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || (whole.len() > 1 && whole.starts_with('0')) {
            return reject(Code::AmountInvalid, invalid);
        }
        if fraction.len() > 2 {
            return reject(Code::AmountTooPrecise, "amount may have at most 2 decimals");
        }
        // 13 digits are the limit's; a longer token cannot fit and would overflow below.
        if whole.len() > 13 {
            return reject(Code::AmountTooLarge, "amount may be at most 9999999999999.99");
        }
        let minor = format!("{whole}{fraction:0<2}").parse::<i64>().unwrap_or(i64::MAX);
        if minor == 0 {
            return reject(Code::AmountNotPositive, "amount must be greater than 0");
        }
        Self::from_minor(minor)
            .ok_or_else(|| Rejection::new(Code::AmountTooLarge, "amount", "amount may be at most 9999999999999.99"))
    }
}

/// The shortest exact decimal: `500`, `12.5`, `0.01`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Volume(self.0.into()).fmt(f)
    }
}

/// A sum of amounts of one currency, exact however many there are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Volume(i128);

impl Volume {
    /// What the higher of the two stored parts counts, in hundredths: more than any one amount, and so little that two
    /// lower parts never overflow an `i64`.
    pub const HIGH_UNIT_MINOR: i64 = AMOUNT_MAX_MINOR + 1;

    /// The volume of `minor` hundredths.
    pub const fn from_minor(minor: i128) -> Self {
        Self(minor)
    }

    /// Hundredths.
    pub const fn minor(self) -> i128 {
        self.0
    }

    /// The volume of two stored parts.
    pub fn from_parts(high: i64, low: i64) -> Self {
        Self(i128::from(high) * i128::from(Self::HIGH_UNIT_MINOR) + i128::from(low))
    }

    /// The parts to store: the lower one is never negative and always below the unit of the higher one. `None` when
    /// the sum is beyond 10^31 hundredths.
    pub fn parts(self) -> Option<(i64, i64)> {
        let unit = i128::from(Self::HIGH_UNIT_MINOR);
        let high = i64::try_from(self.0.div_euclid(unit)).ok()?;
        Some((high, i64::try_from(self.0.rem_euclid(unit)).ok()?))
    }
}

impl From<Amount> for Volume {
    fn from(amount: Amount) -> Self {
        Self(amount.0.into())
    }
}

impl Add for Volume {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Volume {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Volume {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// The shortest exact decimal, as of an amount.
impl fmt::Display for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, cents) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        match cents {
            0 => write!(f, "{sign}{whole}"),
            c if c % 10 == 0 => write!(f, "{sign}{whole}.{}", c / 10),
            c => write!(f, "{sign}{whole}.{c:02}"),
        }
    }
}

/// The name of a virtual currency: `^[A-Z][A-Z0-9]{1,9}$`, kept inline.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    bytes: [u8; 10],
    len: u8,
}

impl Currency {
    /// Parses a currency's name.
    pub fn parse(text: &str) -> Result<Self, Rejection> {
        let raw = text.as_bytes();
        let shaped = (2..=10).contains(&raw.len())
            && raw[0].is_ascii_uppercase()
            && raw.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if !shaped {
            let message = "currency must be 2 to 10 capital letters and digits, starting with a letter, such as COINS";
            return Err(Rejection::new(Code::CurrencyInvalid, "currency", message));
        }
        let mut bytes = [0; 10];
        bytes[..raw.len()].copy_from_slice(raw);
        Ok(Self { bytes, len: raw.len() as u8 })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Currency({})", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_parse_exactly_or_say_why_not() {
        use Code::{AmountInvalid, AmountNotPositive, AmountTooLarge, AmountTooPrecise};
        let table: &[(&str, Result<i64, Code>)] = &[
            ("500", Ok(50_000)),
            ("12.5", Ok(1_250)),
            ("12.50", Ok(1_250)),
            ("0.01", Ok(1)),
            ("9999999999999.99", Ok(AMOUNT_MAX_MINOR)),
            ("10000000000000", Err(AmountTooLarge)),
            ("99999999999999999999999", Err(AmountTooLarge)),
            ("0", Err(AmountNotPositive)),
            ("0.00", Err(AmountNotPositive)),
            ("-5", Err(AmountNotPositive)),
            ("12.345", Err(AmountTooPrecise)),
            ("12.500", Err(AmountTooPrecise)),
            ("1e2", Err(AmountInvalid)),
            ("+5", Err(AmountInvalid)),
            ("007", Err(AmountInvalid)),
            ("1.", Err(AmountInvalid)),
            (".5", Err(AmountInvalid)),
            ("", Err(AmountInvalid)),
            ("-", Err(AmountInvalid)),
            ("1,5", Err(AmountInvalid)),
            ("NaN", Err(AmountInvalid)),
            ("٣", Err(AmountInvalid)),
        ];
        for (token, want) in table {
            assert_eq!(&Amount::parse(token).map(Amount::minor).map_err(|r| r.code), want, "{token:?}");
        }
    }

    #[test]
    fn currencies_follow_their_pattern() {
        for good in ["COINS", "XP", "A1", "ABCDEFGHIJ"] {
            assert_eq!(Currency::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "A", "coins", "1UP", "ABCDEFGHIJK", "CO INS", "ÉCU"] {
            assert_eq!(Currency::parse(bad).unwrap_err().code, Code::CurrencyInvalid, "{bad:?}");
        }
    }

    #[test]
    fn a_volume_prints_exactly_beyond_every_integer_and_double() {
        let table: &[(i128, &str)] = &[
            (0, "0"),
            (1_250, "12.5"),
            (-1, "-0.01"),
            (9_007_199_254_740_993, "90071992547409.93"),
            (10_000 * AMOUNT_MAX_MINOR as i128, "99999999999999900"),
            (123_456_789_012_345_678_901_234_567_890, "1234567890123456789012345678.9"),
        ];
        for (minor, text) in table {
            assert_eq!(Volume::from_minor(*minor).to_string(), *text);
        }
        assert_eq!(Volume::from_minor(i128::MAX).parts(), None);
    }

    proptest! {
        #[test]
        fn a_volume_is_its_parts(minor in -(1_i128 << 100)..1_i128 << 100) {
            let (high, low) = Volume::from_minor(minor).parts().unwrap();
            prop_assert!((0..Volume::HIGH_UNIT_MINOR).contains(&low));
            prop_assert_eq!(Volume::from_parts(high, low).minor(), minor);
        }

        #[test]
        fn an_amount_prints_what_it_parses(minor in 1..=AMOUNT_MAX_MINOR) {
            let amount = Amount::from_minor(minor).unwrap();
            prop_assert_eq!(Amount::parse(&amount.to_string()).unwrap(), amount);
            // The same token is a JSON number that survives a double, as the webhook's canonical JSON needs.
            let double: f64 = amount.to_string().parse().unwrap();
            prop_assert_eq!(ryu_js::Buffer::new().format(double).to_owned(), amount.to_string());
        }
    }
}
