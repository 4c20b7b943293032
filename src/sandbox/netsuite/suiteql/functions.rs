//! SuiteQL's functions as functions of the database: time, exact numbers and text, each with Oracle's treatment of absent values.
//!
//! Values of time travel as text: a UTC stamp, a wall clock `YYYY-MM-DD HH:MM:SS`, or a UTC stamp with its zone, `…|America/Los_Angeles`.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Error, Result};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::masks::{self, Mask, SaidZone};
use super::numbers;
use crate::sandbox::netsuite::zone::{self, Zone};

/// Marks a message written for the caller of SuiteQL, apart from the database's own.
pub(super) const MARK: &str = "suiteql: ";

/// What functions need to know beyond their arguments.
#[derive(Debug, Clone)]
pub(in crate::sandbox::netsuite) struct Surroundings {
    /// The zone of the session.
    pub(in crate::sandbox::netsuite) session: Arc<Zone>,
    /// The UTC second of the request being served.
    pub(in crate::sandbox::netsuite) now: Arc<AtomicI64>,
    /// Seed of the disorder of unordered rows.
    pub(in crate::sandbox::netsuite) disorder: Arc<AtomicU64>,
}

const PURE: FunctionFlags = FunctionFlags::SQLITE_UTF8.union(FunctionFlags::SQLITE_DETERMINISTIC);

/// Adds every function to a connection.
pub(in crate::sandbox::netsuite) fn register(conn: &Connection, around: &Surroundings) -> Result<()> {
    register_time(conn, &around.session)?;
    register_zoned(conn, &around.session)?;
    register_numbers(conn)?;
    register_text(conn)?;
    let now = Arc::clone(&around.now);
    conn.create_scalar_function("sim_now", 0, FunctionFlags::SQLITE_UTF8, move |_| {
        Ok(zone::format(now.load(Ordering::Relaxed)))
    })?;
    let disorder = Arc::clone(&around.disorder);
    conn.create_scalar_function("ns_shuffle", 0, FunctionFlags::SQLITE_UTF8, move |_| {
        // A step of a well-mixed counter; the order is arbitrary, and the same again only from the same seed.
        let mut x = disorder.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Ok((x ^ (x >> 31)).cast_signed())
    })
}

fn refuse(message: impl Into<String>) -> Error {
    Error::UserFunctionError(format!("{MARK}{}", message.into()).into())
}

/// Gives an argument's text; absent and empty are the same to Oracle.
fn text<'a>(context: &'a Context<'_>, index: usize) -> Result<Option<std::borrow::Cow<'a, str>>> {
    Ok(match context.get_raw(index) {
        ValueRef::Null => None,
        ValueRef::Text(bytes) => Some(String::from_utf8_lossy(bytes)).filter(|t| !t.is_empty()),
        other => numbers::text(other).map_err(refuse)?.map(Into::into),
    })
}

fn moment(context: &Context<'_>, index: usize) -> Result<Option<i64>> {
    let Some(text) = text(context, index)? else { return Ok(None) };
    zone::parse(&text).map(Some).ok_or_else(|| refuse("invalid date"))
}

fn number(context: &Context<'_>, index: usize) -> Result<Option<Decimal>> {
    numbers::read(context.get_raw(index)).map_err(refuse)
}

fn whole(context: &Context<'_>, index: usize) -> Result<Option<i64>> {
    if let ValueRef::Integer(n) = context.get_raw(index) {
        return Ok(Some(n));
    }
    Ok(number(context, index)?.and_then(|n| n.trunc().to_i64()))
}

fn mask(context: &Context<'_>, index: usize) -> Result<Arc<Mask>> {
    context
        .get_or_create_aux(index.try_into().unwrap_or(0), |value| {
            let text = value.as_str().map_err(|e| Box::<dyn std::error::Error + Send + Sync>::from(e.to_string()))?;
            Mask::read(text).map_err(|e| Box::<dyn std::error::Error + Send + Sync>::from(format!("{MARK}{e}")))
        })
        .map_err(|e| Error::UserFunctionError(e.to_string().into()))
}

fn register_time(conn: &Connection, session: &Arc<Zone>) -> Result<()> {
    let zone = Arc::clone(session);
    conn.create_scalar_function("ns_local", 1, PURE, move |c| Ok(moment(c, 0)?.map(|utc| zone::format(zone.local(utc)))))?;
    let zone = Arc::clone(session);
    conn.create_scalar_function("ns_utc", 1, PURE, move |c| Ok(moment(c, 0)?.map(|wall| zone::format(zone.utc(wall)))))?;
    conn.create_scalar_function("ns_shift", 2, PURE, |c| {
        Ok(moment(c, 0)?.zip(whole(c, 1)?).map(|(at, seconds)| zone::format(at + seconds)))
    })?;
    // The third argument is 1 for values that know fractions of a second.
    conn.create_scalar_function("ns_to_char", 3, PURE, |c| {
        let Some(wall) = moment(c, 0)? else { return Ok(None) };
        let mask = mask(c, 1)?;
        if mask.has_zone() || (mask.has_fraction() && whole(c, 2)? != Some(1)) {
            return Err(refuse("date format not recognized"));
        }
        Ok(Some(mask.show(wall, None)))
    })?;
    conn.create_scalar_function("ns_to_date", 2, PURE, |c| {
        let Some(text) = text(c, 0)? else { return Ok(None) };
        let mask = mask(c, 1)?;
        if mask.has_zone() {
            return Err(refuse("date format not recognized"));
        }
        mask.parse(&text).map(|(wall, _)| Some(zone::format(wall))).map_err(refuse)
    })?;
    let name = session.name().to_owned();
    conn.create_scalar_function("ns_user_date", 1, PURE, move |c| {
        let Some(text) = text(c, 0)? else { return Ok(None) };
        masks::user_date(&text, &name).map(|wall| Some(zone::format(wall))).map_err(refuse)
    })?;
    conn.create_scalar_function("ns_user_text", 1, PURE, |c| Ok(moment(c, 0)?.map(masks::user_text)))?;
    conn.create_scalar_function("ns_trunc_time", 2, PURE, |c| {
        let (Some(wall), Some(unit)) = (moment(c, 0)?, text(c, 1)?) else { return Ok(None) };
        let mut civil = zone::Civil::of(wall);
        (civil.minute, civil.second) = (if unit.eq_ignore_ascii_case("MI") { civil.minute } else { 0 }, 0);
        match unit.to_ascii_uppercase().as_str() {
            "MI" | "HH" | "HH24" | "HH12" => {}
            "DD" | "DDD" | "J" => civil.hour = 0,
            "MM" | "MON" | "MONTH" => (civil.day, civil.hour) = (1, 0),
            "Q" => (civil.month, civil.day, civil.hour) = ((civil.month - 1) / 3 * 3 + 1, 1, 0),
            "YYYY" | "YEAR" | "YY" => (civil.month, civil.day, civil.hour) = (1, 1, 0),
            _ => return Err(refuse("bad date format for TRUNC")),
        }
        Ok(civil.seconds().map(zone::format))
    })?;
    conn.create_scalar_function("ns_add_months", 2, PURE, |c| {
        let (Some(wall), Some(months)) = (moment(c, 0)?, whole(c, 1)?) else { return Ok(None) };
        let mut civil = zone::Civil::of(wall);
        let last = civil.day == zone::days_in_month(civil.year, civil.month);
        let total = civil.year * 12 + civil.month - 1 + months;
        (civil.year, civil.month) = (total.div_euclid(12), total.rem_euclid(12) + 1);
        let length = zone::days_in_month(civil.year, civil.month);
        civil.day = if last { length } else { civil.day.min(length) };
        Ok(civil.seconds().map(zone::format))
    })?;
    conn.create_scalar_function("ns_add_days", 2, PURE, |c| {
        let (Some(wall), Some(days)) = (moment(c, 0)?, number(c, 1)?) else { return Ok(None) };
        let seconds = (days * Decimal::from(86_400)).round().to_i64().ok_or_else(|| refuse("numeric overflow"))?;
        Ok(Some(zone::format(wall + seconds)))
    })?;
    conn.create_scalar_function("ns_days_between", 2, PURE, |c| {
        let (Some(later), Some(earlier)) = (moment(c, 0)?, moment(c, 1)?) else { return Ok(None) };
        Ok(Some(numbers::write(Decimal::from(later - earlier) / Decimal::from(86_400))))
    })
}

fn load(name: &str) -> Result<Zone> {
    Zone::load(name).map_err(refuse)
}

/// Takes a moment with a zone apart.
fn zoned(context: &Context<'_>, index: usize) -> Result<Option<(i64, String)>> {
    let Some(text) = text(context, index)? else { return Ok(None) };
    let (utc, name) = text.split_once('|').ok_or_else(|| refuse("invalid date"))?;
    Ok(zone::parse(utc).map(|utc| (utc, name.to_owned())))
}

fn register_zoned(conn: &Connection, session: &Arc<Zone>) -> Result<()> {
    conn.create_scalar_function("ns_zoned", 2, PURE, |c| {
        let (Some(wall), Some(name)) = (moment(c, 0)?, text(c, 1)?) else { return Ok(None) };
        Ok(Some(format!("{}|{name}", zone::format(load(&name)?.utc(wall)))))
    })?;
    let zone = Arc::clone(session);
    conn.create_scalar_function("ns_zoned_local", 1, PURE, move |c| {
        Ok(zoned(c, 0)?.map(|(utc, _)| zone::format(zone.local(utc))))
    })?;
    conn.create_scalar_function("ns_at_zone", 2, PURE, |c| {
        let (Some((utc, _)), Some(name)) = (zoned(c, 0)?, text(c, 1)?) else { return Ok(None) };
        load(&name)?;
        Ok(Some(format!("{}|{name}", zone::format(utc))))
    })?;
    conn.create_scalar_function("ns_zoned_char", 2, PURE, |c| {
        let Some((utc, name)) = zoned(c, 0)? else { return Ok(None) };
        let zone = load(&name)?;
        Ok(Some(mask(c, 1)?.show(zone.local(utc), Some((&name, zone.offset_at(utc))))))
    })?;
    let name = session.name().to_owned();
    conn.create_scalar_function("ns_parse_zoned", 2, PURE, move |c| {
        let Some(text) = text(c, 0)? else { return Ok(None) };
        let (wall, said) = mask(c, 1)?.parse(&text).map_err(refuse)?;
        let named = match said {
            SaidZone::Named(named) => named,
            SaidZone::None => name.clone(),
        };
        Ok(Some(format!("{}|{named}", zone::format(load(&named)?.utc(wall)))))
    })?;
    // The second argument is the UTC second of the request.
    conn.create_scalar_function("ns_tz_offset", 2, PURE, |c| {
        let (Some(name), Some(now)) = (text(c, 0)?, whole(c, 1)?) else { return Ok(None) };
        Ok(Some(zone::offset_text(load(&name)?.offset_at(now))))
    })
}

/// Adds a function of two numbers, with a short way for whole ones.
fn arithmetic(
    conn: &Connection,
    name: &str,
    short: fn(i64, i64) -> Option<i64>,
    exact: fn(Decimal, Decimal) -> Option<Decimal>,
) -> Result<()> {
    conn.create_scalar_function(name, 2, PURE, move |c| {
        if let (ValueRef::Integer(a), ValueRef::Integer(b)) = (c.get_raw(0), c.get_raw(1))
            && let Some(result) = short(a, b)
        {
            return Ok(Some(ToSqlOutput::from(result)));
        }
        let (Some(a), Some(b)) = (number(c, 0)?, number(c, 1)?) else { return Ok(None) };
        exact(a, b).map(|result| Some(numbers::write(result))).ok_or_else(|| refuse("numeric overflow"))
    })
}

fn register_numbers(conn: &Connection) -> Result<()> {
    arithmetic(conn, "ns_add", i64::checked_add, Decimal::checked_add)?;
    arithmetic(conn, "ns_sub", i64::checked_sub, Decimal::checked_sub)?;
    arithmetic(conn, "ns_mul", i64::checked_mul, Decimal::checked_mul)?;
    arithmetic(
        conn,
        "ns_mod",
        |a, b| if b == 0 { Some(a) } else { a.checked_rem(b) },
        |a, b| if b.is_zero() { Some(a) } else { a.checked_rem(b) },
    )?;
    arithmetic(
        conn,
        "ns_power",
        |_, _| None,
        |a, b| {
            let times = b.to_u32().filter(|_| b.is_integer()).filter(|times| *times <= 1000)?;
            (0..times).try_fold(Decimal::ONE, |product, _| product.checked_mul(a))
        },
    )?;
    conn.create_scalar_function("ns_div", 2, PURE, |c| {
        let (Some(a), Some(b)) = (number(c, 0)?, number(c, 1)?) else { return Ok(None) };
        if b.is_zero() {
            return Err(refuse("divisor is equal to zero"));
        }
        a.checked_div(b).map(|result| Some(numbers::write(result))).ok_or_else(|| refuse("numeric overflow"))
    })?;
    for (name, cut) in [
        ("ns_round", numbers::round as fn(Decimal, i64) -> std::result::Result<Decimal, String>),
        ("ns_trunc", numbers::truncate),
    ] {
        conn.create_scalar_function(name, 2, PURE, move |c| {
            let (Some(n), Some(places)) = (number(c, 0)?, whole(c, 1)?) else { return Ok(None) };
            cut(n, places).map(|n| Some(numbers::write(n))).map_err(refuse)
        })?;
    }
    for (name, step) in [
        ("ns_floor", (|n| n.floor()) as fn(Decimal) -> Decimal),
        ("ns_ceil", |n| n.ceil()),
        ("ns_abs", |n| n.abs()),
        ("ns_sign", |n| if n.is_zero() { Decimal::ZERO } else { Decimal::ONE.copysign_of(n) }),
    ] {
        conn.create_scalar_function(name, 1, PURE, move |c| Ok(number(c, 0)?.map(|n| numbers::write(step(n)))))?;
    }
    conn.create_scalar_function("ns_number", 1, PURE, |c| Ok(number(c, 0)?.map(numbers::write)))?;
    conn.create_scalar_function("ns_text", 1, PURE, |c| Ok(text(c, 0)?.map(std::borrow::Cow::into_owned)))?;
    conn.create_scalar_function("ns_number_char", 2, PURE, |c| {
        let (Some(n), Some(mask)) = (number(c, 0)?, text(c, 1)?) else { return Ok(None) };
        numbers::by_mask(n, &mask).map(Some).map_err(refuse)
    })?;
    conn.create_aggregate_function("ns_sum", 1, PURE, Total { average: false })?;
    conn.create_aggregate_function("ns_avg", 1, PURE, Total { average: true })
}

/// Gives a unit the sign of another number.
trait CopySign {
    fn copysign_of(self, other: Decimal) -> Decimal;
}

impl CopySign for Decimal {
    fn copysign_of(mut self, other: Decimal) -> Decimal {
        self.set_sign_negative(other.is_sign_negative());
        self
    }
}

/// A sum without binary noise, or the average from it.
struct Total {
    average: bool,
}

impl Aggregate<(Decimal, u64), Option<ToSqlOutput<'static>>> for Total {
    fn init(&self, _: &mut Context<'_>) -> Result<(Decimal, u64)> {
        Ok((Decimal::ZERO, 0))
    }

    fn step(&self, context: &mut Context<'_>, (sum, count): &mut (Decimal, u64)) -> Result<()> {
        if let Some(n) = number(context, 0)? {
            *sum = sum.checked_add(n).ok_or_else(|| refuse("numeric overflow"))?;
            *count += 1;
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, state: Option<(Decimal, u64)>) -> Result<Option<ToSqlOutput<'static>>> {
        Ok(state
            .filter(|(_, count)| *count > 0)
            .map(|(sum, count)| numbers::write(if self.average { sum / Decimal::from(count) } else { sum })))
    }
}

/// Gives part of a text by Oracle's counting: from one, or from the end when negative.
fn part_of(text: &str, from: i64, length: Option<i64>) -> Option<String> {
    let count = i64::try_from(text.chars().count()).ok()?;
    let start = match from {
        0 => 0,
        n if n > 0 => n - 1,
        n => count + n,
    };
    let length = length.unwrap_or(count);
    if start < 0 || start >= count || length < 1 {
        return None;
    }
    Some(text.chars().skip(usize::try_from(start).ok()?).take(usize::try_from(length).ok()?).collect())
}

/// Gives the place, from one, of the n-th occurrence at or after a place; zero when there is none.
fn place_of(text: &str, wanted: &str, from: i64, nth: i64) -> i64 {
    let (text, wanted): (Vec<char>, Vec<char>) = (text.chars().collect(), wanted.chars().collect());
    let start = usize::try_from(from.max(1) - 1).unwrap_or(0);
    let places = text.windows(wanted.len().max(1)).enumerate().skip(start).filter(|(_, window)| *window == wanted.as_slice());
    places
        .map(|(at, _)| at)
        .nth(usize::try_from(nth - 1).unwrap_or(0))
        .and_then(|at| i64::try_from(at).ok())
        .map_or(0, |at| at + 1)
}

/// Tells whether a text matches a LIKE pattern, case and all.
fn is_like(text: &[char], pattern: &[char], escape: Option<char>) -> bool {
    // The usual two-pointer walk: on a mismatch go back to the last percent sign and let it take one more character.
    let (mut t, mut p) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let matched = match pattern.get(p) {
            None if t == text.len() => return true,
            None => None,
            Some('%') if escape != Some('%') => {
                retry = Some((t, p + 1));
                p += 1;
                continue;
            }
            Some(c) if Some(*c) == escape => (text.get(t).is_some() && pattern.get(p + 1) == text.get(t)).then_some(2),
            Some('_') => text.get(t).map(|_| 1),
            Some(c) => (text.get(t) == Some(c)).then_some(1),
        };
        match (matched, retry) {
            (Some(step), _) => (t, p) = (t + 1, p + step),
            (None, Some((from, pattern_at))) if from < text.len() => {
                (t, p, retry) = (from + 1, pattern_at, Some((from + 1, pattern_at)));
            }
            (None, _) => return false,
        }
    }
}

fn register_text(conn: &Connection) -> Result<()> {
    conn.create_scalar_function("ns_upper", 1, PURE, |c| Ok(text(c, 0)?.map(|t| t.to_uppercase())))?;
    conn.create_scalar_function("ns_lower", 1, PURE, |c| Ok(text(c, 0)?.map(|t| t.to_lowercase())))?;
    conn.create_scalar_function("ns_length", 1, PURE, |c| Ok(text(c, 0)?.and_then(|t| i64::try_from(t.chars().count()).ok())))?;
    conn.create_scalar_function("ns_substr", 2, PURE, |c| {
        Ok(text(c, 0)?.zip(whole(c, 1)?).and_then(|(t, from)| part_of(&t, from, None)))
    })?;
    conn.create_scalar_function("ns_substr", 3, PURE, |c| {
        let (Some(t), Some(from), Some(length)) = (text(c, 0)?, whole(c, 1)?, whole(c, 2)?) else { return Ok(None) };
        Ok(part_of(&t, from, Some(length)))
    })?;
    conn.create_scalar_function("ns_instr", 4, PURE, |c| {
        let (Some(t), Some(wanted)) = (text(c, 0)?, text(c, 1)?) else { return Ok(None) };
        Ok(whole(c, 2)?.zip(whole(c, 3)?).map(|(from, nth)| place_of(&t, &wanted, from, nth)))
    })?;
    conn.create_scalar_function("ns_concat", 2, PURE, |c| {
        let joined = format!("{}{}", text(c, 0)?.unwrap_or_default(), text(c, 1)?.unwrap_or_default());
        Ok(Some(joined).filter(|t| !t.is_empty()))
    })?;
    conn.create_scalar_function("ns_replace", 3, PURE, |c| {
        let Some(t) = text(c, 0)? else { return Ok(None) };
        let Some(old) = text(c, 1)? else { return Ok(Some(t.into_owned())) };
        Ok(Some(t.replace(old.as_ref(), text(c, 2)?.unwrap_or_default().as_ref())).filter(|t| !t.is_empty()))
    })?;
    // The second argument says which end: B both, L left, R right.
    conn.create_scalar_function("ns_trim", 3, PURE, |c| {
        let (Some(t), Some(end), Some(set)) = (text(c, 0)?, text(c, 1)?, text(c, 2)?) else { return Ok(None) };
        let trimmed = match end.as_ref() {
            "L" => t.trim_start_matches(|ch| set.contains(ch)),
            "R" => t.trim_end_matches(|ch| set.contains(ch)),
            _ => t.trim_matches(|ch| set.contains(ch)),
        };
        Ok(Some(trimmed.to_owned()).filter(|t| !t.is_empty()))
    })?;
    conn.create_scalar_function("ns_pad", 4, PURE, |c| {
        let (Some(t), Some(width), Some(fill)) = (text(c, 0)?, whole(c, 1)?, text(c, 2)?) else { return Ok(None) };
        let width = usize::try_from(width.clamp(0, 4000)).unwrap_or(0);
        let missing = width.saturating_sub(t.chars().count());
        let padding: String = fill.chars().cycle().take(missing).collect();
        let kept: String = t.chars().take(width).collect();
        Ok(Some(if whole(c, 3)? == Some(0) { padding + &kept } else { kept + &padding }).filter(|t| !t.is_empty()))
    })?;
    conn.create_scalar_function("ns_like", 3, PURE, |c| {
        let (Some(t), Some(pattern)) = (text(c, 0)?, text(c, 1)?) else { return Ok(None) };
        let (t, pattern): (Vec<char>, Vec<char>) = (t.chars().collect(), pattern.chars().collect());
        Ok(Some(is_like(&t, &pattern, text(c, 2)?.and_then(|e| e.chars().next()))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        let around = Surroundings {
            session: Arc::new(Zone::load("America/Los_Angeles").unwrap()),
            now: Arc::new(AtomicI64::new(0)),
            disorder: Arc::new(AtomicU64::new(1)),
        };
        register(&conn, &around).unwrap();
        conn
    }

    fn one(sql: &str) -> Option<String> {
        connection().query_row(&format!("select cast({sql} as text)"), [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn money_adds_up_exactly() {
        let conn = connection();
        let sum: f64 = conn.query_row("select ns_sum(x) from (select 0.1 as x union all select 0.2)", [], |r| r.get(0)).unwrap();
        assert!((sum - 0.3).abs() < f64::EPSILON);
        assert_eq!(one("ns_add(0.1, 0.2)").as_deref(), Some("0.3"));
        assert_eq!(one("ns_div(5, 2)").as_deref(), Some("2.5"));
        assert_eq!(one("ns_mod(-7, 3)").as_deref(), Some("-1"));
        assert_eq!(one("ns_mul(9223372036854775807, 10)").as_deref(), Some("92233720368547758070"));
    }

    #[test]
    fn text_is_counted_as_oracle_counts() {
        assert_eq!(one("ns_substr('Lämp', 0, 2)").as_deref(), Some("Lä"));
        assert_eq!(one("ns_substr('Lamp', -2)").as_deref(), Some("mp"));
        assert_eq!(one("ns_substr('Lamp', 9)"), None);
        assert_eq!(one("ns_instr('a-b-c', '-', 1, 2)").as_deref(), Some("4"));
        assert_eq!(one("ns_concat(null, 'x')").as_deref(), Some("x"));
        assert_eq!(one("ns_concat(null, '')"), None);
        assert_eq!(one("ns_pad('7', 3, '0', 0)").as_deref(), Some("007"));
    }

    #[test]
    fn like_minds_the_case() {
        for (text, pattern, matches) in
            [("LMP-1", "LMP%", "1"), ("LMP-1", "lmp%", "0"), ("a%b", "a\\%b", "1"), ("axb", "a\\%b", "0"), ("abcbc", "%_bc", "1")]
        {
            assert_eq!(one(&format!("ns_like('{text}', '{pattern}', '\\')")).as_deref(), Some(matches), "{text} {pattern}");
        }
    }

    #[test]
    fn months_end_where_they_should() {
        assert_eq!(one("ns_add_months('2026-01-31 00:00:00', 1)").as_deref(), Some("2026-02-28 00:00:00"));
        assert_eq!(one("ns_trunc_time('2026-05-17 10:11:12', 'Q')").as_deref(), Some("2026-04-01 00:00:00"));
        assert_eq!(
            one("ns_zoned_char('2026-02-03 18:00:00|America/New_York', 'HH24:MI TZR')").as_deref(),
            Some("13:00 America/New_York")
        );
    }
}
