//! Money: exact, never a float that was computed with.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// What [`Amount`] can hold at most, in hundredths.
const MINOR_MAX: i64 = 999_999_999_999_999;

/// An amount in hundredths of the currency's unit: `"12.5".parse()` is 1250 of them. At most 9 999 999 999 999.99.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Amount(i64);

/// A text that is no amount: it has more than 2 decimals, a sign, or is too large.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AmountError;

impl fmt::Display for AmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an amount is a number such as 500 or 12.50: at most 2 decimals, at most 9999999999999.99")
    }
}

impl std::error::Error for AmountError {}

impl Amount {
    /// So many hundredths; `None` when it is negative or too large.
    pub fn from_minor(minor: i64) -> Option<Self> {
        (0..=MINOR_MAX).contains(&minor).then_some(Self(minor))
    }

    /// How many hundredths it is.
    pub fn minor(self) -> i64 {
        self.0
    }
}

impl From<u32> for Amount {
    /// Whole units.
    fn from(units: u32) -> Self {
        Self(i64::from(units) * 100)
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let (units, rest) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(units) || !digits(rest) || units.len() > 13 || rest.len() > 2 {
            return Err(AmountError);
        }
        let number = |text: &str| text.parse::<i64>().map_err(|_| AmountError);
        let hundredths = if rest.len() == 1 { number(rest)? * 10 } else { number(rest)? };
        Self::from_minor(number(units)? * 100 + hundredths).ok_or(AmountError)
    }
}

impl fmt::Display for Amount {
    /// The shortest exact number: `500`, `12.5`, `0.05`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (units, rest) = (self.0 / 100, self.0 % 100);
        match rest {
            0 => write!(f, "{units}"),
            _ if rest % 10 == 0 => write!(f, "{units}.{}", rest / 10),
            _ => write!(f, "{units}.{rest:02}"),
        }
    }
}

impl Serialize for Amount {
    /// A JSON number. Fifteen digits survive the way through a double exactly.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 100 == 0 {
            return serializer.serialize_i64(self.0 / 100);
        }
        serializer.serialize_f64(self.0 as f64 / 100.0)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        number.to_string().parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_come_back_as_they_went() {
        let table = [("0.01", 1), ("500", 50_000), ("12.5", 1_250), ("12.05", 1_205), ("9999999999999.99", MINOR_MAX)];
        for (text, minor) in table {
            let amount: Amount = text.parse().unwrap();
            assert_eq!((amount.minor(), amount.to_string().as_str()), (minor, text));
            let json = serde_json::to_string(&amount).unwrap();
            assert_eq!(json, text);
            assert_eq!(serde_json::from_str::<Amount>(&json).unwrap(), amount);
        }
        // Every hundredth of a stretch where doubles are at their coarsest.
        for minor in MINOR_MAX - 5_000..=MINOR_MAX {
            let amount = Amount::from_minor(minor).unwrap();
            let json = serde_json::to_string(&amount).unwrap();
            assert_eq!(serde_json::from_str::<Amount>(&json).unwrap(), amount, "{json}");
        }
        assert_eq!("12.50".parse::<Amount>().unwrap().to_string(), "12.5");
        for text in ["", "-1", "+1", "1.", ".5", "1.234", "1e3", " 1", "10000000000000", "1,5", "NaN"] {
            assert_eq!(text.parse::<Amount>(), Err(AmountError), "{text}");
        }
    }
}
