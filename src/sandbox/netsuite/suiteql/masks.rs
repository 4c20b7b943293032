//! Date masks as `TO_CHAR`, `TO_DATE` and `TO_TIMESTAMP` understand them.

use crate::sandbox::netsuite::zone::{self, Civil};

/// One element of a mask.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Element {
    Year,
    ShortYear,
    Month,
    MonthName { full: bool, case: Case },
    Day,
    DayName { full: bool, case: Case },
    DayOfYear,
    Quarter,
    Hour24,
    Hour12,
    Minute,
    Second,
    SecondsOfDay,
    Fraction(usize),
    Meridian,
    ZoneRegion,
    ZoneHour,
    ZoneMinute,
    FillMode,
    Literal(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Upper,
    Title,
    Lower,
}

/// A mask taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mask(Vec<Element>);

/// What a text said about its zone, if its mask asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SaidZone {
    None,
    Named(String),
}

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const DAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];

/// Mask words, longest first where one begins another.
const WORDS: [(&str, Element); 24] = [
    ("YYYY", Element::Year),
    ("RRRR", Element::Year),
    ("YY", Element::ShortYear),
    ("RR", Element::ShortYear),
    ("HH24", Element::Hour24),
    ("HH12", Element::Hour12),
    ("HH", Element::Hour12),
    ("MI", Element::Minute),
    ("MM", Element::Month),
    ("SSSSS", Element::SecondsOfDay),
    ("SS", Element::Second),
    ("DDD", Element::DayOfYear),
    ("DD", Element::Day),
    ("Q", Element::Quarter),
    ("AM", Element::Meridian),
    ("PM", Element::Meridian),
    ("TZR", Element::ZoneRegion),
    ("TZH", Element::ZoneHour),
    ("TZM", Element::ZoneMinute),
    ("FM", Element::FillMode),
    ("MONTH", Element::MonthName { full: true, case: Case::Upper }),
    ("MON", Element::MonthName { full: false, case: Case::Upper }),
    ("DAY", Element::DayName { full: true, case: Case::Upper }),
    ("DY", Element::DayName { full: false, case: Case::Upper }),
];

impl Mask {
    /// Takes a mask apart.
    pub(super) fn read(mask: &str) -> Result<Self, String> {
        let mut elements = Vec::new();
        let mut rest = mask;
        while let Some(first) = rest.chars().next() {
            let upper = rest.to_ascii_uppercase();
            if let Some(quoted) = rest.strip_prefix('"') {
                let (text, tail) = quoted.split_once('"').ok_or_else(unrecognised)?;
                elements.push(Element::Literal(text.to_owned()));
                rest = tail;
            } else if upper.starts_with("FF") {
                let digits = upper.as_bytes().get(2).filter(|b| (b'1'..=b'9').contains(b)).map(|b| usize::from(b - b'0'));
                elements.push(Element::Fraction(digits.unwrap_or(6)));
                rest = rest.get(if digits.is_some() { 3 } else { 2 }..).unwrap_or_default();
            } else if let Some((word, element)) =
                WORDS.iter().filter(|(word, _)| upper.starts_with(word)).max_by_key(|(word, _)| word.len())
            {
                let (written, tail) = rest.split_at(word.len());
                elements.push(element.clone().written_as(written));
                rest = tail;
            } else if first.is_ascii_alphanumeric() {
                return Err(unrecognised());
            } else {
                elements.push(Element::Literal(first.to_string()));
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
        Ok(Self(elements))
    }

    /// Tells whether the mask asks for a zone, which only a value with a zone can answer.
    pub(super) fn has_zone(&self) -> bool {
        self.0.iter().any(|e| matches!(e, Element::ZoneRegion | Element::ZoneHour | Element::ZoneMinute))
    }

    /// Tells whether the mask asks for fractions of a second, which a plain date cannot answer.
    pub(super) fn has_fraction(&self) -> bool {
        self.0.iter().any(|e| matches!(e, Element::Fraction(_)))
    }

    /// Shows a wall clock; the zone is its region and its offset in seconds.
    pub(super) fn show(&self, wall: i64, zone: Option<(&str, i64)>) -> String {
        let c = Civil::of(wall);
        let mut text = String::new();
        let mut padded = true;
        for element in &self.0 {
            let number = |value: i64, width: usize| if padded { format!("{value:0width$}") } else { value.to_string() };
            let offset = zone.map_or(0, |(_, offset)| offset);
            let piece = match element {
                Element::FillMode => {
                    padded = !padded;
                    continue;
                }
                Element::Year => number(c.year, 4),
                Element::ShortYear => number(c.year % 100, 2),
                Element::Month => number(c.month, 2),
                Element::Day => number(c.day, 2),
                Element::DayOfYear => number(day_of_year(c), 3),
                Element::Quarter => number((c.month + 2) / 3, 1),
                Element::Hour24 => number(c.hour, 2),
                Element::Hour12 => number((c.hour + 11) % 12 + 1, 2),
                Element::Minute => number(c.minute, 2),
                Element::Second => number(c.second, 2),
                Element::SecondsOfDay => number(wall.rem_euclid(86_400), 5),
                // Stamps have whole seconds here.
                Element::Fraction(digits) => "0".repeat(*digits),
                Element::Meridian => if c.hour < 12 { "AM" } else { "PM" }.to_owned(),
                Element::ZoneRegion => zone.map_or("", |(name, _)| name).to_owned(),
                Element::ZoneHour => zone::offset_text(offset).split(':').next().unwrap_or_default().to_owned(),
                Element::ZoneMinute => format!("{:02}", offset.abs() / 60 % 60),
                Element::Literal(text) => text.clone(),
                Element::MonthName { full, case } => named(&MONTHS, c.month - 1, *full, *case, padded),
                Element::DayName { full, case } => named(&DAYS, wall.div_euclid(86_400).rem_euclid(7), *full, *case, padded),
            };
            text.push_str(&piece);
        }
        text
    }

    /// Reads a text; gives its wall clock and what it said about its zone.
    pub(super) fn parse(&self, text: &str) -> Result<(i64, SaidZone), String> {
        let mut rest = text;
        let mut c = Civil { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0 };
        let (mut seen_year, mut afternoon, mut twelve) = (false, None, false);
        let (mut region, mut zone_hour, mut zone_minute) = (None, None, String::from("00"));
        for element in &self.0 {
            let mut number = |width: usize| -> Result<i64, String> {
                let digits = rest.bytes().take(width).take_while(u8::is_ascii_digit).count();
                let (taken, tail) = rest.split_at(digits);
                rest = tail;
                taken.parse().map_err(|_| mismatch(text))
            };
            match element {
                Element::Year => (c.year, seen_year) = (number(4)?, true),
                Element::ShortYear => (c.year, seen_year) = (2000 + number(2)?, true),
                Element::Month => c.month = number(2)?,
                Element::Day => c.day = number(2)?,
                Element::Hour24 => c.hour = number(2)?,
                Element::Hour12 => (c.hour, twelve) = (number(2)?, true),
                Element::Minute => c.minute = number(2)?,
                Element::Second => c.second = number(2)?,
                Element::Fraction(digits) => {
                    number(*digits)?;
                }
                Element::Literal(literal) => rest = rest.strip_prefix(literal.as_str()).ok_or_else(|| mismatch(text))?,
                Element::Meridian => {
                    let (word, tail) = rest.split_at_checked(2).ok_or_else(|| mismatch(text))?;
                    afternoon = match word.to_ascii_uppercase().as_str() {
                        "AM" => Some(false),
                        "PM" => Some(true),
                        _ => return Err(mismatch(text)),
                    };
                    rest = tail;
                }
                Element::MonthName { full, .. } => {
                    let wanted = |name: &&str| if *full { (*name).to_owned() } else { name.chars().take(3).collect() };
                    let upper = rest.to_ascii_uppercase();
                    let index = MONTHS.iter().position(|name| upper.starts_with(&wanted(name).to_ascii_uppercase()));
                    let index = index.ok_or_else(|| mismatch(text))?;
                    c.month = i64::try_from(index).unwrap_or(0) + 1;
                    rest = rest.get(MONTHS.get(index).map_or(3, |name| wanted(name).len())..).unwrap_or_default();
                }
                Element::ZoneRegion => {
                    let (taken, tail) = rest.split_at(rest.find(' ').unwrap_or(rest.len()));
                    (region, rest) = (Some(taken.to_owned()), tail);
                }
                Element::ZoneHour => {
                    let (taken, tail) = rest.split_at_checked(3).ok_or_else(|| mismatch(text))?;
                    (zone_hour, rest) = (Some(taken.to_owned()), tail);
                }
                Element::ZoneMinute => {
                    let (taken, tail) = rest.split_at_checked(2).ok_or_else(|| mismatch(text))?;
                    (zone_minute, rest) = (taken.to_owned(), tail);
                }
                Element::FillMode => {}
                Element::DayName { .. } | Element::DayOfYear | Element::Quarter | Element::SecondsOfDay => {
                    return Err(unrecognised());
                }
            }
        }
        if !rest.is_empty() || !seen_year || (twelve && !(1..=12).contains(&c.hour)) {
            return Err(mismatch(text));
        }
        if let Some(afternoon) = afternoon {
            c.hour = c.hour % 12 + if afternoon { 12 } else { 0 };
        }
        let wall = c.seconds().ok_or_else(|| mismatch(text))?;
        let said = region.or_else(|| zone_hour.map(|hour| format!("{hour}:{zone_minute}")));
        Ok((wall, said.map_or(SaidZone::None, SaidZone::Named)))
    }
}

impl Element {
    /// Keeps the letter case a name was asked for in.
    fn written_as(self, written: &str) -> Self {
        let case = match (
            written.starts_with(|c: char| c.is_ascii_uppercase()),
            written.chars().nth(1).is_some_and(|c| c.is_ascii_uppercase()),
        ) {
            (true, true) => Case::Upper,
            (true, false) => Case::Title,
            _ => Case::Lower,
        };
        match self {
            Self::MonthName { full, .. } => Self::MonthName { full, case },
            Self::DayName { full, .. } => Self::DayName { full, case },
            other => other,
        }
    }
}

fn named(names: &[&str], index: i64, full: bool, case: Case, padded: bool) -> String {
    let name = usize::try_from(index).ok().and_then(|i| names.get(i)).copied().unwrap_or_default();
    let widest = names.iter().map(|n| n.len()).max().unwrap_or(0);
    let name: String = if full { name.to_owned() } else { name.chars().take(3).collect() };
    let name = match case {
        Case::Upper => name.to_ascii_uppercase(),
        Case::Title => name,
        Case::Lower => name.to_ascii_lowercase(),
    };
    if full && padded { format!("{name:widest$}") } else { name }
}

fn day_of_year(c: Civil) -> i64 {
    (1..c.month).map(|month| zone::days_in_month(c.year, month)).sum::<i64>() + c.day
}

fn unrecognised() -> String {
    "date format not recognized".to_owned()
}

fn mismatch(text: &str) -> String {
    format!("the value '{text}' does not match its date format")
}

/// Reads a date the way the integration user writes it, month first; the only text a date compares with.
pub(super) fn user_date(text: &str, zone: &str) -> Result<i64, String> {
    let refused = || format!("Parse of date/time \"{text}\" failed with date format \"M/d/yyyy\" in time zone {zone}");
    let mut parts = text.split('/');
    let mut next = |width: usize| -> Option<i64> {
        let part = parts.next()?;
        (part.len() <= width && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok()).flatten()
    };
    let (month, day, year) = (next(2), next(2), next(4));
    let (Some(month), Some(day), Some(year), None) = (month, day, year, parts.next()) else { return Err(refused()) };
    let year = if year < 100 { year + 2000 } else { year };
    Civil { year, month, day, hour: 0, minute: 0, second: 0 }.seconds().ok_or_else(refused)
}

/// Shows a date the way the integration user writes it; the time of day is lost, as on the real service.
pub(super) fn user_text(wall: i64) -> String {
    let c = Civil::of(wall);
    format!("{}/{}/{}", c.month, c.day, c.year)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(mask: &str, text: &str) -> String {
        Mask::read(mask).unwrap().show(zone::parse(text).unwrap(), Some(("America/Los_Angeles", -28_800)))
    }

    #[test]
    fn masks_show_what_they_name() {
        assert_eq!(show("YYYY-MM-DD HH24:MI:SS", "2026-02-03 18:04:11"), "2026-02-03 18:04:11");
        assert_eq!(show("DD-MON-YY HH:MI AM", "2026-02-03 00:04:11"), "03-FEB-26 12:04 AM");
        assert_eq!(
            show("YYYY-MM-DD\"T\"HH24:MI:SS.FF3 TZR TZH:TZM", "2026-02-03 18:04:11"),
            "2026-02-03T18:04:11.000 America/Los_Angeles -08:00"
        );
        assert_eq!(show("FMDay, Month DD", "2026-02-03 18:04:11"), "Tuesday, February 3");
        assert!(Mask::read("YYYY-J").is_err());
    }

    #[test]
    fn masks_read_what_they_show() {
        let read = |mask: &str, text: &str| Mask::read(mask).unwrap().parse(text).map(|(wall, said)| (zone::format(wall), said));
        assert_eq!(read("YYYY-MM-DD HH24:MI:SS", "2026-02-03 18:04:11"), Ok(("2026-02-03 18:04:11".into(), SaidZone::None)));
        assert_eq!(read("MM/DD/YYYY HH:MI PM", "2/3/2026 12:05 am"), Ok(("2026-02-03 00:05:00".into(), SaidZone::None)));
        assert_eq!(
            read("YYYY-MM-DD HH24:MI TZH:TZM", "2026-02-03 18:04 +02:00"),
            Ok(("2026-02-03 18:04:00".into(), SaidZone::Named("+02:00".into())))
        );
        assert!(read("YYYY-MM-DD", "2026-02-30").is_err());
        assert!(read("YYYY-MM-DD", "2026-02-03 10:00").is_err());
        assert!(read("YYYY-MM-DD HH24:MI:SS", "2026-02-03").is_err());
    }

    #[test]
    fn a_bare_text_is_a_date_only_in_the_users_format() {
        assert_eq!(user_date("1/2/2026", "UTC").map(user_text), Ok("1/2/2026".into()));
        assert!(user_date("2026-01-02", "UTC").unwrap_err().contains("failed with date format"));
        assert!(user_date("13/1/2026", "UTC").is_err());
    }
}
