//! NetSuite's clocks: the cursor's moment from its own clock, and bounds in the session's zone (`correctness.md` R1, R4).
//!
//! SuiteQL compares stamps as wall-clock values of the session's zone, which is observed on every run and never assumed. A
//! bound is put into that zone with the smallest offset seen since a day before it, so that neither change of daylight
//! saving can make it too late; what is read twice because of that is dropped by its fingerprint.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::error::Result;
use crate::model::rfc3339;
use crate::netsuite::NetSuite;
use crate::state::State;

/// How far back a run reads again (`correctness.md` R3): NetSuite cuts requests at 15 minutes, and a row gets its stamp
/// before it is committed.
pub(super) const OVERLAP: SignedDuration = SignedDuration::from_mins(20);
/// Observed offsets older than this serve no bound any more.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 40);
const META: &str = "netsuite-offsets";

/// The source's clock as one run sees it.
#[derive(Debug, Clone)]
pub struct SourceClock {
    /// NetSuite's time when the run began, UTC.
    pub now: Timestamp,
    /// When which offset of the session's zone was seen, in seconds east of UTC.
    observed: Vec<(Timestamp, i64)>,
    /// The zone the profile names; its rules fill the gaps between observations.
    zone: TimeZone,
}

impl SourceClock {
    /// Reads both of NetSuite's clocks, before the first data query of a run.
    ///
    /// # Errors
    ///
    /// When NetSuite is not available, or the state file is not.
    pub async fn read(netsuite: &NetSuite, state: &mut State, zone: TimeZone, keep: bool) -> Result<Self> {
        let now = netsuite.server_time().await?;
        let wall = netsuite.session_clock().await?;
        let mut observed = parse(&state.meta(META)?.unwrap_or_default());
        observed.retain(|(at, _)| now.duration_since(*at) < KEPT);
        observed.push((now, offset_of(wall, now)));
        if keep {
            state.set_meta(META, &render(&observed))?;
        }
        Ok(Self { now, observed, zone })
    }

    /// Tells whether the session's zone is not the one the profile names, right now.
    pub fn disagrees(&self) -> Option<String> {
        let seen = self.observed.last().map(|(_, offset)| *offset)?;
        let named = i64::from(self.zone.to_offset(self.now).seconds());
        let hours = |seconds: i64| format!("{:+}:{:02}", seconds / 3600, (seconds.abs() % 3600) / 60);
        (seen != named).then(|| {
            let zone = self.zone.iana_name().unwrap_or("the profile's zone");
            format!("NetSuite's session is at UTC{}, but `timezone` says {zone} (UTC{})", hours(seen), hours(named))
        })
    }

    /// Writes a lower bound as a wall-clock text of the session's zone, never too late.
    pub fn session_text(&self, bound: Timestamp) -> String {
        let since = bound.checked_sub(SignedDuration::from_hours(24)).unwrap_or(bound);
        let observed = self.observed.iter().filter(|(at, _)| *at >= since).map(|(_, offset)| *offset);
        // An outage may span a change nobody saw: the zone's own rules are asked for every hour around the bound.
        let seen_now = self.observed.last().map_or(0, |(_, offset)| *offset);
        let drift = seen_now - i64::from(self.zone.to_offset(self.now).seconds());
        let ruled = (0..=48).map(|hour| {
            let at = since.checked_add(SignedDuration::from_hours(hour)).unwrap_or(bound);
            i64::from(self.zone.to_offset(at).seconds()) + drift
        });
        let offset = observed.chain(ruled).min().unwrap_or(0);
        let wall = bound.checked_add(SignedDuration::from_secs(offset)).unwrap_or(bound);
        TimeZone::UTC.to_datetime(wall).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }
}

/// The offset between a wall clock and UTC, to the quarter of an hour: all zones in use lie on quarters.
fn offset_of(wall: DateTime, now: Timestamp) -> i64 {
    let seconds = wall.duration_since(TimeZone::UTC.to_datetime(now)).as_secs();
    (seconds + 450).div_euclid(900) * 900
}

fn parse(text: &str) -> Vec<(Timestamp, i64)> {
    text.split(';')
        .filter_map(|entry| entry.split_once(' '))
        .filter_map(|(at, offset)| Some((at.parse().ok()?, offset.parse().ok()?)))
        .collect()
}

/// Keeps one observation per stretch of equal offsets at either end: enough to know every offset since when.
fn render(observed: &[(Timestamp, i64)]) -> String {
    let mut kept: Vec<(Timestamp, i64)> = Vec::new();
    for &(at, offset) in observed {
        match kept.as_mut_slice() {
            // The middle of a stretch says nothing that its ends do not.
            [.., (_, before), last] if *before == offset && last.1 == offset => *last = (at, offset),
            _ => kept.push((at, offset)),
        }
    }
    kept.iter().map(|(at, offset)| format!("{} {offset}", rfc3339(*at))).collect::<Vec<_>>().join(";")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn clock(zone: &str, now: &str, observed: &[(&str, i64)]) -> SourceClock {
        SourceClock {
            now: at(now),
            observed: observed.iter().map(|(when, hours)| (at(when), hours * 3600)).collect(),
            zone: TimeZone::get(zone).unwrap(),
        }
    }

    #[test]
    fn offsets_are_read_to_the_quarter_of_an_hour() {
        let now = at("2026-03-01T12:00:00Z");
        let wall = |text: &str| DateTime::strptime("%Y-%m-%d %H:%M:%S", text).unwrap();
        assert_eq!(offset_of(wall("2026-03-01 04:00:03"), now), -8 * 3600);
        assert_eq!(offset_of(wall("2026-03-01 17:44:58"), now), 5 * 3600 + 45 * 60);
        assert_eq!(offset_of(wall("2026-03-01 11:59:58"), now), 0);
    }

    #[test]
    fn an_outage_across_either_change_reads_too_much_rather_than_too_little() {
        // Spring: the bound is before the change, the only observation after it.
        let spring = clock("America/Los_Angeles", "2026-03-08T18:00:00Z", &[("2026-03-08T18:00:00Z", -7)]);
        assert_eq!(spring.session_text(at("2026-03-08T06:00:00Z")), "2026-03-07 22:00:00");
        // Autumn: stamps of the repeated hour must not fall below the bound.
        let autumn =
            clock("America/Los_Angeles", "2026-11-01T10:00:00Z", &[("2026-11-01T08:30:00Z", -7), ("2026-11-01T10:00:00Z", -8)]);
        assert_eq!(autumn.session_text(at("2026-11-01T08:30:00Z")), "2026-11-01 00:30:00");
    }

    #[test]
    fn an_account_in_another_zone_than_the_profile_says_is_followed_and_reported() {
        let clock = clock("America/Los_Angeles", "2026-03-01T12:00:00Z", &[("2026-03-01T12:00:00Z", 1)]);
        assert_eq!(clock.session_text(at("2026-03-01T12:00:00Z")), "2026-03-01 13:00:00");
        assert!(clock.disagrees().unwrap().contains("UTC+1:00"));
    }

    #[test]
    fn observations_are_kept_short() {
        let many: Vec<(Timestamp, i64)> =
            (0..50).map(|minute| (at("2026-03-01T00:00:00Z") + SignedDuration::from_mins(minute), -28_800)).collect();
        let text = render(&many);
        assert_eq!(parse(&text), [many[0], many[49]]);
    }
}
