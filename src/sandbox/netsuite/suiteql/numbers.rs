//! Exact decimals for a database that stores binary fractions: Oracle's arithmetic and its way of writing numbers.

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

/// Digits a stored fraction keeps; beyond them lies the noise of binary fractions.
const EXACT_DIGITS: usize = 15;

/// Reads a stored value as a number; absent stays absent.
pub(in crate::sandbox::netsuite) fn read(value: ValueRef<'_>) -> Result<Option<Decimal>, String> {
    match value {
        ValueRef::Null => Ok(None),
        ValueRef::Integer(n) => Ok(Some(Decimal::from(n))),
        ValueRef::Real(f) => exact(f).map(Some),
        ValueRef::Text(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            let trimmed = text.trim();
            let parsed = trimmed.parse().or_else(|_| Decimal::from_scientific(trimmed));
            parsed.map(Some).map_err(|_| "invalid number".to_owned())
        }
        ValueRef::Blob(_) => Err("invalid number".to_owned()),
    }
}

/// Places tried before a fraction is taken apart digit by digit.
const SHORT_PLACES: u32 = 6;
/// Below this a binary fraction is exact to the unit.
const EXACT_UNITS: f64 = 1e15;

/// Takes a binary fraction for the decimal it was written as.
fn exact(f: f64) -> Result<Decimal, String> {
    // Money has few places: the shortest whole number that divides back to the same fraction is what was written.
    let mut scale = 1.0;
    for places in 0..=SHORT_PLACES {
        let units = (f * scale).round();
        if units.abs() >= EXACT_UNITS {
            break;
        }
        if units / scale == f {
            return Ok(Decimal::new(units as i64, places));
        }
        scale *= 10.0;
    }
    let digits = EXACT_DIGITS - 1;
    Decimal::from_scientific(&format!("{f:.digits$e}")).map(|d| d.normalize()).map_err(|_| "numeric overflow".to_owned())
}

/// Gives a number back to the database: whole, or as the fraction that reads the same, or as text when neither holds it.
pub(in crate::sandbox::netsuite) fn write(number: Decimal) -> ToSqlOutput<'static> {
    let number = number.normalize();
    let as_text = || Value::Text(number.to_string());
    ToSqlOutput::Owned(if number.is_integer() {
        number.to_i64().map_or_else(as_text, Value::Integer)
    } else {
        number.to_f64().map_or_else(as_text, Value::Real)
    })
}

/// Writes a number as Oracle does: no zero before the point, nothing useless behind it.
pub(super) fn text(value: ValueRef<'_>) -> Result<Option<String>, String> {
    if let ValueRef::Integer(n) = value {
        return Ok(Some(n.to_string()));
    }
    Ok(read(value)?.map(|number| {
        let plain = number.normalize().to_string();
        match (plain.strip_prefix("0."), plain.strip_prefix("-0.")) {
            (Some(fraction), _) => format!(".{fraction}"),
            (_, Some(fraction)) => format!("-.{fraction}"),
            _ => plain,
        }
    }))
}

/// Rounds half away from zero; a negative number of places rounds tens and hundreds.
pub(super) fn round(number: Decimal, places: i64) -> Result<Decimal, String> {
    scaled(number, places, |n, p| n.round_dp_with_strategy(p, RoundingStrategy::MidpointAwayFromZero))
}

/// Cuts towards zero.
pub(super) fn truncate(number: Decimal, places: i64) -> Result<Decimal, String> {
    scaled(number, places, |n, p| n.round_dp_with_strategy(p, RoundingStrategy::ToZero))
}

fn scaled(number: Decimal, places: i64, cut: impl Fn(Decimal, u32) -> Decimal) -> Result<Decimal, String> {
    if let Ok(places) = u32::try_from(places) {
        return Ok(cut(number, places));
    }
    let scale = Decimal::from(10_i64.checked_pow(u32::try_from(-places).unwrap_or(u32::MAX)).ok_or("numeric overflow")?);
    Ok(cut(number / scale, 0) * scale)
}

/// Shows a number by a mask of `9`, `0`, `.`, `,` and `FM`.
pub(super) fn by_mask(number: Decimal, mask: &str) -> Result<String, String> {
    let upper = mask.to_ascii_uppercase();
    let (trimmed, mask) = upper.strip_prefix("FM").map_or((false, upper.as_str()), |rest| (true, rest));
    let (whole_mask, fraction_mask) = mask.split_once(['.', 'D']).unwrap_or((mask, ""));
    let known = |text: &str, extra: &[char]| text.chars().all(|c| matches!(c, '0' | '9') || extra.contains(&c));
    if !known(whole_mask, &[',', 'G']) || !known(fraction_mask, &[]) || mask.is_empty() {
        return Err("invalid number format model".to_owned());
    }
    let places = fraction_mask.len();
    let rounded = round(number, i64::try_from(places).unwrap_or(0))?;
    let plain = format!("{:.places$}", rounded.abs());
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let whole = whole.trim_start_matches('0');
    let slots = whole_mask.chars().filter(|c| matches!(c, '0' | '9')).count();
    if whole.len() > slots {
        return Ok("#".repeat(mask.len() + 1));
    }
    let forced = whole_mask
        .find('0')
        .map_or(0, |at| whole_mask.get(at..).map_or(0, |m| m.chars().filter(|c| matches!(c, '0' | '9')).count()));
    let wanted = whole.len().max(forced).max(usize::from(places == 0));
    let mut digits = format!("{whole:0>wanted$}").chars().rev().collect::<Vec<_>>().into_iter();
    let mut shown: Vec<char> = Vec::new();
    let mut next = digits.next();
    for slot in whole_mask.chars().rev() {
        match (slot, next) {
            (_, None) => break,
            (',' | 'G', Some(_)) => shown.push(','),
            (_, Some(digit)) => {
                shown.push(digit);
                next = digits.next();
            }
        }
    }
    let whole: String = shown.into_iter().rev().collect();
    let kept = if trimmed {
        let forced = fraction_mask.rfind('0').map_or(0, |at| at + 1);
        let useful = fraction.trim_end_matches('0').len();
        fraction.get(..useful.max(forced)).unwrap_or(fraction)
    } else {
        fraction
    };
    let point = if places > 0 { "." } else { "" };
    let sign = if rounded.is_sign_negative() && !rounded.is_zero() { "-" } else { "" };
    let body = format!("{sign}{whole}{point}{kept}");
    // One more column than the mask, for the sign.
    let width = mask.len() + 1;
    Ok(if trimmed { body } else { format!("{body:>width$}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn real(f: f64) -> String {
        text(ValueRef::Real(f)).unwrap().unwrap()
    }

    #[test]
    fn numbers_are_written_without_noise() {
        assert_eq!(
            (real(0.5), real(-0.25), real(0.1 + 0.2), real(129.0)),
            (".5".into(), "-.25".into(), ".3".into(), "129".into())
        );
        assert_eq!(text(ValueRef::Integer(-7)).unwrap().as_deref(), Some("-7"));
        assert_eq!(text(ValueRef::Null), Ok(None));
    }

    #[test]
    fn fractions_are_taken_for_what_was_written() {
        for written in ["0.07", "-1234567.89", "119.5", "0.000001", "0.00000012", "123456789.123456", "1e-10"] {
            let wanted: Decimal = written.parse().or_else(|_| Decimal::from_scientific(written)).unwrap();
            assert_eq!(exact(written.parse().unwrap()), Ok(wanted), "{written}");
        }
    }

    #[test]
    fn rounding_goes_away_from_zero_and_left_of_the_point() {
        let d = |t: &str| t.parse::<Decimal>().unwrap();
        assert_eq!(round(d("2.345"), 2), Ok(d("2.35")));
        assert_eq!(round(d("-0.5"), 0), Ok(d("-1")));
        assert_eq!(round(d("1250"), -2), Ok(d("1300")));
        assert_eq!(truncate(d("-2.39"), 1), Ok(d("-2.3")));
    }

    #[test]
    fn masks_pad_group_and_refuse() {
        let d = |t: &str| t.parse::<Decimal>().unwrap();
        assert_eq!(by_mask(d("1234.5"), "FM999,990.00"), Ok("1,234.50".into()));
        assert_eq!(by_mask(d("7"), "0000"), Ok(" 0007".into()));
        assert_eq!(by_mask(d("-0.5"), "FM990.99"), Ok("-0.5".into()));
        assert_eq!(by_mask(d("12345"), "999"), Ok("####".into()));
        assert!(by_mask(d("1"), "XX").is_err());
    }

    #[test]
    fn a_number_beyond_the_integers_keeps_its_digits() {
        let big: Decimal = "92233720368547758070".parse().unwrap();
        assert_eq!(write(big), ToSqlOutput::Owned(Value::Text("92233720368547758070".into())));
    }
}
