//! The decision about one record on its way to NetSuite: create, take over, change field by field, or nothing.

use std::collections::BTreeSet;

use crate::entities::push::{Agreement, Field, Guard, Proposal, Target};
use crate::model::merge::{Merged, Side, merge};
use crate::model::{Fingerprint, Link, NetSuiteId, Reason, Rejection};

/// What is to be done about a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    /// NetSuite has it nowhere: create it.
    Create,
    /// NetSuite has it, and no link says so: link it, and write these fields.
    Adopt(NetSuiteId, BTreeSet<String>),
    /// It is linked: write these fields.
    Update(NetSuiteId, BTreeSet<String>),
    /// It is linked and has no news.
    Unchanged(NetSuiteId),
}

impl Action {
    /// Gives the record in NetSuite, where it is there.
    pub(super) const fn id(&self) -> Option<NetSuiteId> {
        match self {
            Self::Create => None,
            Self::Adopt(id, _) | Self::Update(id, _) | Self::Unchanged(id) => Some(*id),
        }
    }

    /// Gives the fields to write.
    pub(super) fn fields(&self) -> BTreeSet<String> {
        match self {
            Self::Create | Self::Unchanged(_) => BTreeSet::new(),
            Self::Adopt(_, fields) | Self::Update(_, fields) => fields.clone(),
        }
    }
}

/// A record with what is to be done about it.
#[derive(Debug, Clone)]
pub(super) struct Plan<B> {
    pub(super) proposal: Proposal<B>,
    pub(super) action: Action,
    /// What both sides last agreed on.
    pub(super) agreed: Agreement,
    /// Values of WizCommerce or NetSuite that lost against others, in words.
    pub(super) lost: Vec<String>,
    /// Whether the record carries, or gets, an external id of ours.
    pub(super) is_ours: bool,
}

/// Decides about one record. Pure: a dry run stops after this.
///
/// # Errors
///
/// The rejection of a record of which a field cannot be written.
pub(super) fn decide<B>(
    proposal: Proposal<B>,
    target: Option<Target>,
    link: Option<&Link>,
    shares_image: bool,
    winner: Side,
) -> Result<Plan<B>, Box<Rejection>> {
    let agreed = match (link, shares_image) {
        (Some(link), true) => Agreement::of_shared(link.image.as_deref()),
        (Some(link), false) => Agreement::of_pair(link.pushed.as_ref().and_then(|pushed| pushed.image.as_deref())),
        (None, _) => Agreement::default(),
    };
    let Some(target) = target else {
        return Ok(Plan { proposal, action: Action::Create, agreed, lost: Vec::new(), is_ours: true });
    };
    let mut fields = BTreeSet::new();
    let mut lost = Vec::new();
    for field in proposal.fields.iter().filter(|field| !field.is_alike) {
        let digest = |text: &Option<String>| text.as_ref().map(|text| Fingerprint::of(text.as_bytes()));
        let (netsuite, wizcommerce) = (digest(&field.netsuite), digest(&field.wizcommerce));
        let text = |digest: &Option<Fingerprint>| digest.as_ref().map(|digest| digest.as_str().to_owned());
        let (netsuite, wizcommerce) = (text(&netsuite), text(&wizcommerce));
        let known = agreed.of(&field.name);
        let merged = merge(known, netsuite.as_deref(), wizcommerce.as_deref(), winner);
        if known.is_none() && !shares_image && merged == Merged::Overrules(Side::NetSuite) {
            // NetSuite has what was made of this record before; what it was then nobody knows any more, so both are taken as
            // agreed.
            continue;
        }
        if merged.winner().is_none_or(|winner| winner == Side::NetSuite && !is_contested(field, merged)) {
            if matches!(merged, Merged::Overrules(_)) {
                lost.push(overruled(field, "NetSuite", field.wizcommerce.as_deref()));
            }
            continue;
        }
        if let Some(rejection) = against(&proposal, field, merged) {
            return Err(Box::new(rejection));
        }
        if matches!(merged, Merged::Overrules(_)) {
            lost.push(overruled(field, "WizCommerce", field.netsuite.as_deref()));
        }
        fields.insert(field.name.clone());
    }
    let action = match (target.is_linked, fields.is_empty() && proposal.children.is_empty()) {
        (true, true) => Action::Unchanged(target.id),
        (true, false) => Action::Update(target.id, fields),
        (false, _) => Action::Adopt(target.id, fields),
    };
    Ok(Plan { proposal, action, agreed, lost, is_ours: false })
}

fn is_contested(field: &Field, merged: Merged) -> bool {
    matches!((&field.guard, merged), (Guard::Contested | Guard::Locked(_), Merged::Overrules(_)))
}

/// Says what speaks against writing a field that WizCommerce changed.
fn against<B>(proposal: &Proposal<B>, field: &Field, merged: Merged) -> Option<Rejection> {
    let (label, name) = (&proposal.label, &field.name);
    let words = match (&field.guard, merged) {
        (Guard::Locked(why), _) => format!("{label}: {name} changed in WizCommerce, but {why}"),
        (Guard::Contested, Merged::Overrules(_)) => {
            format!("{label}: {name} changed in WizCommerce, and somebody changed it in NetSuite, too")
        }
        _ => return None,
    };
    Some(Rejection::new(&proposal.head.0, label, Reason::Conflict, words))
}

fn overruled(field: &Field, kept: &str, lost: Option<&str>) -> String {
    format!("{} was changed on both sides; {kept}'s is kept, not {}", field.name, lost.unwrap_or("its removal"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Pushed, WizId};

    fn proposal(netsuite: Option<&str>, wizcommerce: Option<&str>, guard: Guard) -> Proposal<()> {
        let field = Field { guard, ..Field::new("memo", netsuite.map(str::to_owned), wizcommerce.map(str::to_owned)) };
        Proposal {
            key: WizId("w".into()),
            head: WizId("w".into()),
            label: "W1".into(),
            external_id: "wz_so_w".into(),
            owner: None,
            fields: vec![field],
            children: Vec::new(),
            body: (),
        }
    }

    fn link(netsuite: &str, wizcommerce: &str) -> Link {
        let mut agreed = Agreement::default();
        agreed.set("memo", Some(netsuite), Some(wizcommerce));
        let mut link = Link::new("orders", NetSuiteId(7), WizId("w".into()));
        link.pushed = Some(Pushed { image: agreed.pair(), ..Pushed::default() });
        link
    }

    const LINKED: Option<Target> = Some(Target { id: NetSuiteId(7), is_linked: true });
    const FOUND: Option<Target> = Some(Target { id: NetSuiteId(7), is_linked: false });

    #[test]
    fn every_situation_has_one_action() {
        let memo = || BTreeSet::from(["memo".to_owned()]);
        let id = NetSuiteId(7);
        let link = link("A", "a");
        let cases = [
            ("nowhere", None, None, (None, Some("a")), Action::Create),
            ("found, equal", FOUND, None, (Some("a"), Some("a")), Action::Adopt(id, BTreeSet::new())),
            ("found, NetSuite empty", FOUND, None, (None, Some("a")), Action::Adopt(id, memo())),
            ("found, both filled", FOUND, None, (Some("A"), Some("a")), Action::Adopt(id, BTreeSet::new())),
            ("as agreed", LINKED, Some(&link), (Some("A"), Some("a")), Action::Unchanged(id)),
            ("changed here", LINKED, Some(&link), (Some("A"), Some("b")), Action::Update(id, memo())),
            ("changed there", LINKED, Some(&link), (Some("B"), Some("a")), Action::Unchanged(id)),
            ("emptied here", LINKED, Some(&link), (Some("A"), None), Action::Update(id, memo())),
            ("both changed", LINKED, Some(&link), (Some("B"), Some("b")), Action::Unchanged(id)),
        ];
        for (name, target, link, (netsuite, wizcommerce), expected) in cases {
            let plan = decide(proposal(netsuite, wizcommerce, Guard::Open), target, link, false, Side::NetSuite).unwrap();
            assert_eq!(plan.action, expected, "{name}");
        }
    }

    #[test]
    fn on_a_first_meeting_what_netsuite_has_is_taken_as_agreed() {
        for guard in [Guard::Open, Guard::Contested, Guard::Locked("it is billed".into())] {
            let plan = decide(proposal(Some("A"), Some("b"), guard), FOUND, None, false, Side::NetSuite).unwrap();
            assert_eq!((plan.action.fields(), plan.lost), (BTreeSet::new(), Vec::new()));
        }
    }

    #[test]
    fn what_both_say_in_their_own_words_is_no_change() {
        let mut proposal = proposal(Some("B"), Some("b"), Guard::Contested);
        proposal.fields[0].is_alike = true;
        let plan = decide(proposal, LINKED, Some(&link("A", "a")), false, Side::NetSuite).unwrap();
        assert!(matches!(plan.action, Action::Unchanged(_)));
    }

    #[test]
    fn the_losing_value_is_told() {
        let link = link("A", "a");
        let plan = decide(proposal(Some("B"), Some("b"), Guard::Open), LINKED, Some(&link), false, Side::NetSuite).unwrap();
        assert_eq!(plan.lost, ["memo was changed on both sides; NetSuite's is kept, not b"]);
        let plan = decide(proposal(Some("B"), Some("b"), Guard::Open), LINKED, Some(&link), false, Side::WizCommerce).unwrap();
        assert_eq!(plan.lost, ["memo was changed on both sides; WizCommerce's is kept, not B"]);
    }

    #[test]
    fn what_may_not_be_written_is_a_conflict_only_when_it_changed() {
        let link = link("A", "a");
        let reason = |netsuite, wizcommerce, guard| {
            decide(proposal(Some(netsuite), Some(wizcommerce), guard), LINKED, Some(&link), false, Side::NetSuite)
                .err()
                .map(|rejection| rejection.reason)
        };
        let locked = || Guard::Locked("it is billed".into());
        assert_eq!(reason("A", "b", locked()), Some(Reason::Conflict));
        assert_eq!(reason("B", "a", locked()), None);
        assert_eq!(reason("B", "b", Guard::Contested), Some(Reason::Conflict));
        assert_eq!(reason("A", "b", Guard::Contested), None);
    }
}
