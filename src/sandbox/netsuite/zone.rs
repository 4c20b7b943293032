//! Wall clocks: UTC seconds, their stored text, and the zones NetSuite shows them in.
//!
//! The database stores UTC text. A session sees the wall clock of its user's zone, which repeats one hour each autumn; nothing here
//! hides that, because the real service does not either.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A time zone as a table of offsets, so that a conversion per row costs a binary search and no more.
#[derive(Debug, Clone)]
pub(super) struct Zone {
    name: String,
    /// From this UTC second on, this offset (seconds east) holds; ascending.
    spans: Vec<(i64, i64)>,
}

impl Zone {
    /// Loads an IANA zone, `UTC`, or a fixed offset such as `+02:00`.
    pub(super) fn load(name: &str) -> Result<Self, String> {
        if let Some(offset) = fixed_offset(name) {
            return Ok(Self { name: name.to_owned(), spans: vec![(i64::MIN, offset)] });
        }
        let zone = TimeZone::get(name).map_err(|_| format!("timezone region '{name}' not found"))?;
        let (start, end) = (parse("1900-01-01 00:00:00").unwrap_or(0), parse("2100-01-01 00:00:00").unwrap_or(i64::MAX));
        let first = Timestamp::from_second(start).map_err(|e| e.to_string())?;
        let mut spans = vec![(i64::MIN, i64::from(zone.to_offset(first).seconds()))];
        for change in zone.following(first) {
            let at = change.timestamp().as_second();
            if at >= end {
                break;
            }
            spans.push((at, i64::from(change.offset().seconds())));
        }
        Ok(Self { name: name.to_owned(), spans })
    }

    /// Gives the name it was loaded by.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Gives the seconds east of UTC at a UTC second.
    pub(super) fn offset_at(&self, utc: i64) -> i64 {
        let index = self.spans.partition_point(|(from, _)| *from <= utc);
        self.spans.get(index.saturating_sub(1)).map_or(0, |(_, offset)| *offset)
    }

    /// Gives the wall clock, as seconds of a clock that knows no zones.
    pub(super) fn local(&self, utc: i64) -> i64 {
        utc + self.offset_at(utc)
    }

    /// Gives the first UTC second at which the wall clock shows this; an hour skipped in spring counts as the hour after.
    pub(super) fn utc(&self, local: i64) -> i64 {
        // The offset a day earlier is the one before any change near this moment, so it finds the first of two readings.
        let before = local - self.offset_at(local - 86_400);
        if self.local(before) == local {
            return before;
        }
        let after = local - self.offset_at(local + 86_400);
        if self.local(after) == local { after } else { before }
    }
}

/// Reads `+02:00` or `UTC` as seconds east.
fn fixed_offset(name: &str) -> Option<i64> {
    if name.eq_ignore_ascii_case("utc") || name.eq_ignore_ascii_case("gmt") {
        return Some(0);
    }
    let (sign, rest) = match name.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    ((0..=14).contains(&hours) && (0..60).contains(&minutes)).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Shows an offset as `-08:00`.
pub(super) fn offset_text(offset: i64) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", offset.abs() / 3600, offset.abs() / 60 % 60)
}

/// A wall-clock moment taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Civil {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
}

impl Civil {
    /// Takes a moment apart.
    pub(super) fn of(seconds: i64) -> Self {
        let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        // Days since 0000-03-01 in eras of 400 years, so that the leap day comes last in its year.
        let shifted = days + 719_468;
        let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * march_month + 2) / 5 + 1,
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
        }
    }

    /// Puts a moment together; nothing when there is no such day or time.
    pub(super) fn seconds(self) -> Option<i64> {
        let valid = (1..=12).contains(&self.month)
            && self.day >= 1
            && self.day <= days_in_month(self.year, self.month)
            && (0..=9999).contains(&self.year)
            && (0..24).contains(&self.hour)
            && (0..60).contains(&self.minute)
            && (0..60).contains(&self.second);
        if !valid {
            return None;
        }
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let march_month = (self.month + 9) % 12;
        let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + (153 * march_month + 2) / 5 + self.day - 1;
        Some((era * 146_097 + day_of_era - 719_468) * 86_400 + self.hour * 3600 + self.minute * 60 + self.second)
    }
}

/// Gives the length of a month.
pub(super) fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Reads `YYYY-MM-DD HH:MM:SS`, or the date alone as midnight.
pub(super) fn parse(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<i64> {
        bytes.get(from..to)?.iter().try_fold(0_i64, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
    };
    let separated = |at: usize, sign: u8| bytes.get(at) == Some(&sign);
    if !(separated(4, b'-') && separated(7, b'-')) {
        return None;
    }
    let mut civil = Civil { year: number(0, 4)?, month: number(5, 7)?, day: number(8, 10)?, hour: 0, minute: 0, second: 0 };
    match bytes.len() {
        10 => {}
        19 if (separated(10, b' ') || separated(10, b'T')) && separated(13, b':') && separated(16, b':') => {
            (civil.hour, civil.minute, civil.second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        }
        _ => return None,
    }
    civil.seconds()
}

/// Shows seconds as `YYYY-MM-DD HH:MM:SS`.
pub(super) fn format(seconds: i64) -> String {
    let c = Civil::of(seconds);
    let mut text = *b"0000-00-00 00:00:00";
    let mut put = |at: usize, width: usize, mut value: i64| {
        for place in (at..at + width).rev() {
            // A digit always fits; the remainder of a division by ten is below ten.
            text[place] = b'0' + u8::try_from(value.rem_euclid(10)).unwrap_or(0);
            value = value.div_euclid(10);
        }
    };
    put(0, 4, c.year);
    for (at, value) in [(5, c.month), (8, c.day), (11, c.hour), (14, c.minute), (17, c.second)] {
        put(at, 2, value);
    }
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_seconds_agree_over_centuries() {
        for text in
            ["1900-03-01 00:00:00", "1970-01-01 00:00:00", "2000-02-29 23:59:59", "2026-11-01 08:30:00", "2099-12-31 12:00:01"]
        {
            assert_eq!(format(parse(text).unwrap()), text);
        }
        assert_eq!(parse("1970-01-02"), Some(86_400));
        assert_eq!(parse("2026-02-29 00:00:00"), None);
        assert_eq!(parse("2026-2-9"), None);
    }

    #[test]
    fn the_repeated_hour_has_two_utc_readings_and_the_first_wins() {
        let zone = Zone::load("America/Los_Angeles").unwrap();
        let (first, second) = (parse("2026-11-01 08:30:00").unwrap(), parse("2026-11-01 09:30:00").unwrap());
        assert_eq!(format(zone.local(first)), "2026-11-01 01:30:00");
        assert_eq!(format(zone.local(second)), "2026-11-01 01:30:00");
        assert_eq!(zone.utc(parse("2026-11-01 01:30:00").unwrap()), first);
        assert_eq!(format(zone.utc(parse("2026-07-01 12:00:00").unwrap())), "2026-07-01 19:00:00");
    }

    #[test]
    fn a_fixed_offset_is_a_zone_and_a_wrong_name_is_not() {
        assert_eq!(Zone::load("+02:00").unwrap().offset_at(0), 7200);
        assert_eq!(offset_text(-28_800), "-08:00");
        assert!(Zone::load("Mars/Olympus").is_err());
    }
}
