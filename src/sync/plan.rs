//! The decision: what to do about one record, from what it should be, its link, and what a look-up found.

use jiff::Timestamp;

use crate::entities::push::Agreement;
use crate::entities::{Action, Desired, Planned};
use crate::model::{Flag, Link, Listed, Reason, Rejection};

/// What is known of the target's side of a record.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The stored link.
    pub link: Option<Link>,
    /// What a look-up by natural key gave; only asked for without a link, with an open intent, or to switch on again.
    pub listed: Vec<Listed>,
    /// Whether writing is an upsert by key, so that there is nothing to look up.
    pub upsert: bool,
}

/// Decides about one record. Pure: a dry run stops after this.
///
/// # Errors
///
/// The rejection of a record for which nothing can be decided.
pub fn decide<B: Clone>(desired: Desired<B>, found: Found, at: Timestamp) -> Result<Planned<B>, Box<Rejection>> {
    let Found { link, listed, upsert } = found;
    let planned = |desired, action, was_active, image| Planned { desired, action, was_active, image, present: None, at };
    if let Some(link) = link {
        let unchanged = link.fingerprint.as_ref() == Some(&desired.fingerprint());
        let action = if unchanged { Action::Unchanged } else { Action::Update(link.wc_id.clone()) };
        let seen = listed.iter().find(|record| record.wc_id == link.wc_id).map(|record| record.active);
        let was_active = seen.unwrap_or(!link.has(Flag::Deactivated));
        let image = answered(link.image, &desired);
        return Ok(planned(desired, action, Some(was_active), image));
    }
    // A record that mapping found itself: taken over from a namesake that is switched off.
    if let (Some(target), false) = (desired.target.clone(), upsert) {
        let was_active = listed.iter().find(|record| record.wc_id == target).map(|record| record.active);
        return Ok(planned(desired, Action::Adopt(target), was_active.or(Some(false)), None));
    }
    // Our own reference decides between several of one natural key.
    let reference = desired.key.to_string();
    let own: Vec<&Listed> = listed.iter().filter(|record| record.reference_id.as_deref() == Some(&reference)).collect();
    let candidates = if own.is_empty() { listed.iter().collect() } else { own };
    match candidates.as_slice() {
        [] => Ok(planned(desired, Action::Create, None, None)),
        [one] => Ok(planned(desired, Action::Adopt(one.wc_id.clone()), Some(one.active), None)),
        several => {
            let ids = several.iter().map(|record| record.wc_id.0.as_str()).collect::<Vec<_>>().join(", ");
            let message = format!("{} records in WizCommerce have the key {}: {ids}", several.len(), desired.natural_key);
            Err(Box::new(Rejection::new(desired.key, &desired.label, Reason::AmbiguousMatch, message).of_head(desired.head)))
        }
    }
}

/// Gives an image in which nothing is under way any more: what the other direction sent and NetSuite has now is agreed on.
fn answered<B>(image: Option<String>, desired: &Desired<B>) -> Option<String> {
    let mut agreed = Agreement::of_shared(image.as_deref());
    if !agreed.is_sending() {
        return image;
    }
    agreed.answer_for_sent(|name| {
        desired.parts.iter().find(|(part, _)| part == name).map(|(_, digest)| digest.as_str().to_owned())
    });
    agreed.shared()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Fingerprint, NetSuiteId, WizId};

    fn desired() -> Desired<()> {
        Desired {
            key: NetSuiteId(7),
            head: NetSuiteId(7),
            natural_key: "LAMP".into(),
            label: "LAMP".into(),
            lane: "LAMP".into(),
            active: true,
            flags: Vec::new(),
            external_id: None,
            target: None,
            containers: Vec::new(),
            parts: vec![(String::new(), Fingerprint::of(b"body"))],
            body: (),
        }
    }

    fn linked(fingerprint: Option<Fingerprint>) -> Found {
        let mut link = Link::new("products", NetSuiteId(7), WizId("w".into()));
        link.fingerprint = fingerprint;
        Found { link: Some(link), listed: Vec::new(), upsert: false }
    }

    fn listed(wc_id: &str, reference: Option<&str>) -> Listed {
        Listed {
            natural_key: "LAMP".into(),
            wc_id: WizId(wc_id.into()),
            reference_id: reference.map(Into::into),
            active: true,
            group: None,
        }
    }

    #[test]
    fn what_the_other_direction_sent_and_netsuite_has_is_agreed_on() {
        let of = |text: &str| Fingerprint::of(text.as_bytes());
        let now = Desired { parts: vec![("phone".into(), of("1")), ("email".into(), of("a"))], ..desired() };
        let image = |phone: &str, more: &str| format!(r#"{{"email":"{}","phone":"{phone}"{more}}}"#, of("a").as_str());
        let sent = format!(r#","sent email":"{}","sent phone":"{}""#, of("b").as_str(), of("1").as_str());
        assert_eq!(answered(Some(image("x", &sent)), &now), Some(image(of("1").as_str(), "")));
        assert_eq!(answered(Some(image("x", "")), &now), Some(image("x", "")));
    }

    #[test]
    fn every_situation_has_one_action() {
        let w = || WizId("w".into());
        let cases = [
            ("nowhere", Found::default(), Some(Action::Create)),
            ("linked, same", linked(Some(desired().fingerprint())), Some(Action::Unchanged)),
            ("linked, different", linked(Some(Fingerprint::of(b"old"))), Some(Action::Update(w()))),
            ("linked, never written", linked(None), Some(Action::Update(w()))),
            ("found by key", Found { link: None, listed: vec![listed("w", None)], ..Found::default() }, Some(Action::Adopt(w()))),
            (
                "found twice, one is ours",
                Found { link: None, listed: vec![listed("x", None), listed("w", Some("7"))], ..Found::default() },
                Some(Action::Adopt(w())),
            ),
            ("found twice", Found { link: None, listed: vec![listed("x", None), listed("w", None)], ..Found::default() }, None),
        ];
        for (name, found, expected) in cases {
            match (decide(desired(), found, Timestamp::UNIX_EPOCH), expected) {
                (Ok(planned), Some(expected)) => assert_eq!(planned.action, expected, "{name}"),
                (Err(rejection), None) => assert_eq!(rejection.reason, Reason::AmbiguousMatch, "{name}"),
                _ => panic!("{name}"),
            }
        }
    }

    #[test]
    fn switching_off_is_a_difference() {
        let mut off = desired();
        off.active = false;
        let planned =
            decide(off, linked(Some(desired().fingerprint())), Timestamp::UNIX_EPOCH).unwrap_or_else(|_| panic!("planned"));
        assert_eq!((planned.action, planned.was_active), (Action::Update(WizId("w".into())), Some(true)));
    }
}
