//! Exact decimals: money and quantities as JSON text in and JSON text out, never through a binary float.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// An exact decimal number, up to 28 significant digits.
///
/// In JSON it is a number with the digits it has here; numbers and numeric strings are both read. It cannot stand inside
/// `flatten` or `untagged` values (it fails loudly there), and must not pass through `serde_json::Value`, which is where
/// digits are lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Exact(Decimal);

impl Exact {
    /// Zero.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// Gives the number without trailing zeros, so that `19.9` and `19.90` have one form.
    #[must_use]
    pub fn normalized(self) -> Self {
        Self(self.0.normalize())
    }

    /// Gives the larger of the number and zero.
    #[must_use]
    pub fn at_least_zero(self) -> Self {
        self.max(Self::ZERO)
    }

    /// Gives the largest whole number not above it.
    #[must_use]
    pub fn floor(self) -> Self {
        Self(self.0.floor())
    }

    /// Adds; `None` past 28 digits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// Subtracts; `None` past 28 digits.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// Multiplies; `None` past 28 digits.
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        self.0.checked_mul(other.0).map(Self)
    }

    /// Gives the number with its sign turned.
    #[must_use]
    pub fn negated(self) -> Self {
        Self(-self.0)
    }

    /// Gives the number without its sign.
    #[must_use]
    pub fn magnitude(self) -> Self {
        Self(self.0.abs())
    }

    /// Gives the number rounded to so many decimals, half away from zero as prices are.
    #[must_use]
    pub fn rounded(self, decimals: u32) -> Self {
        Self(self.0.round_dp_with_strategy(decimals, rust_decimal::RoundingStrategy::MidpointAwayFromZero))
    }

    /// Divides; `None` by zero or past the range.
    pub fn checked_div(self, other: Self) -> Option<Self> {
        self.0.checked_div(other.0).map(Self)
    }

    /// Gives the number as a whole one; `None` when it has a fraction or does not fit.
    pub fn as_whole(self) -> Option<i64> {
        (self.0.fract().is_zero()).then(|| i64::try_from(self.0.trunc().mantissa()).ok()).flatten()
    }
}

impl From<i64> for Exact {
    fn from(number: i64) -> Self {
        Self(Decimal::from(number))
    }
}

impl FromStr for Exact {
    type Err = String;

    /// Reads digits with an optional sign, point and exponent; `.5` and `5.` count, as NetSuite writes them.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let number = if text.contains(['e', 'E']) { Decimal::from_scientific(text) } else { Decimal::from_str_exact(text) };
        number.map(Self).map_err(|error| format!("`{text}` is not an exact number: {error}"))
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.to_string()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        raw.get().trim_matches('"').parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_survive_both_directions() {
        for text in ["19.90", "999999999999999.99", "-0.01", "0", "1000000000000000000"] {
            let exact: Exact = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&exact).unwrap(), text);
        }
        let from_string: Exact = serde_json::from_str("\"19.90\"").unwrap();
        assert_eq!(from_string.to_string(), "19.90");
    }

    #[test]
    fn netsuite_spellings_are_read() {
        assert_eq!(".5".parse::<Exact>().unwrap().to_string(), "0.5");
        assert_eq!("-.25".parse::<Exact>().unwrap().to_string(), "-0.25");
        assert_eq!("1.5E+3".parse::<Exact>().unwrap().normalized().to_string(), "1500");
        assert!("1,5".parse::<Exact>().is_err());
        assert!("".parse::<Exact>().is_err());
    }

    #[test]
    fn whole_numbers_are_told_from_fractions() {
        assert_eq!("24.00".parse::<Exact>().unwrap().as_whole(), Some(24));
        assert_eq!("24.5".parse::<Exact>().unwrap().as_whole(), None);
        assert_eq!("-3".parse::<Exact>().unwrap().at_least_zero(), Exact::ZERO);
    }
}
