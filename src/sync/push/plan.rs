//! The decision about one record on its way to NetSuite: create, take over, change field by field, or nothing.

use std::collections::{BTreeMap, BTreeSet};

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

/// What is remembered of a record.
pub(super) struct Remembered<'r> {
    /// Its link.
    pub(super) link: Option<&'r Link>,
    /// Whether both directions share one image.
    pub(super) is_shared: bool,
    /// What WizCommerce said of it when a create was sent whose outcome is not known.
    pub(super) intended: Option<&'r str>,
    /// Whether a create is open whose outcome was not known until now.
    pub(super) is_open: bool,
}

impl Remembered<'_> {
    /// Gives what both sides last agreed on. Of a record that a lost create left behind that is what it said then, and what
    /// NetSuite has made of it.
    fn agreed(&self, fields: &[Field]) -> Agreement {
        let image = self.link.and_then(|link| {
            if self.is_shared { link.image.clone() } else { link.pushed.as_ref().and_then(|pushed| pushed.image.clone()) }
        });
        match (image, self.intended) {
            (None, Some(intended)) => {
                let intended: BTreeMap<String, String> = serde_json::from_str(intended).unwrap_or_default();
                let mut agreed = Agreement::default();
                for field in fields.iter().filter(|field| intended.contains_key(&field.name)) {
                    agreed.set_digests(&field.name, digest(field.netsuite.as_ref()), intended.get(&field.name).cloned());
                }
                agreed
            }
            (image, _) => {
                let image = image.as_deref();
                let mut agreed = if self.is_shared { Agreement::of_shared(image) } else { Agreement::of_pair(image) };
                agreed.answer_for_sent(|name| {
                    fields.iter().find(|field| field.name == name).and_then(|field| digest(field.netsuite.as_ref()))
                });
                agreed
            }
        }
    }
}

/// Writes what WizCommerce says of a record that is about to be created, by field; nothing where no field is compared later.
pub(super) fn intended(fields: &[Field]) -> Option<String> {
    let said: BTreeMap<&str, String> =
        fields.iter().filter_map(|field| Some((field.name.as_str(), digest(field.wizcommerce.as_ref())?))).collect();
    if said.is_empty() { None } else { serde_json::to_string(&said).ok() }
}

fn digest(text: Option<&String>) -> Option<String> {
    text.map(|text| Fingerprint::of(text.as_bytes()).as_str().to_owned())
}

/// Decides about one record. Pure: a dry run stops after this.
///
/// # Errors
///
/// The rejection of a record of which a field cannot be written.
pub(super) fn decide<B>(
    proposal: Proposal<B>,
    target: Option<Target>,
    known: &Remembered<'_>,
    winner: Side,
) -> Result<Plan<B>, Box<Rejection>> {
    let agreed = known.agreed(&proposal.fields);
    let Some(target) = target else {
        return Ok(Plan { proposal, action: Action::Create, agreed, lost: Vec::new(), is_ours: true });
    };
    let mut fields = BTreeSet::new();
    let mut lost = Vec::new();
    for field in proposal.fields.iter().filter(|field| !field.is_alike) {
        let (netsuite, wizcommerce) = (digest(field.netsuite.as_ref()), digest(field.wizcommerce.as_ref()));
        let before = agreed.of(&field.name);
        let merged = merge(before, netsuite.as_deref(), wizcommerce.as_deref(), winner);
        if before.is_none() && !known.is_shared && merged == Merged::Overrules(Side::NetSuite) {
            // NetSuite has what was made of this record before; what it was then nobody knows any more, so both are taken as
            // agreed. Which of two different ones is the later is for a person to say.
            if field.guard == Guard::Contested {
                lost.push(format!("{} differs from NetSuite's, and which is the later is not known; both stay", field.name));
            }
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
    // A record that a lost create left behind is linked just now.
    let is_linked = target.is_linked && !known.is_open;
    let action = match (is_linked, fields.is_empty() && proposal.children.is_empty()) {
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

    fn remembered(link: Option<&Link>) -> Remembered<'_> {
        Remembered { link, is_shared: false, intended: None, is_open: false }
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
            let plan = decide(proposal(netsuite, wizcommerce, Guard::Open), target, &remembered(link), Side::NetSuite).unwrap();
            assert_eq!(plan.action, expected, "{name}");
        }
    }

    #[test]
    fn on_a_first_meeting_what_netsuite_has_is_taken_as_agreed() {
        for guard in [Guard::Open, Guard::Contested, Guard::Locked("it is billed".into())] {
            // Which of two different lines is the later is for a person to say.
            let notes = usize::from(guard == Guard::Contested);
            let plan = decide(proposal(Some("A"), Some("b"), guard), FOUND, &remembered(None), Side::NetSuite).unwrap();
            assert_eq!((plan.action.fields(), plan.lost.len()), (BTreeSet::new(), notes), "{:?}", plan.lost);
        }
    }

    #[test]
    fn what_both_say_in_their_own_words_is_no_change() {
        let mut changed = proposal(Some("B"), Some("b"), Guard::Contested);
        changed.fields[0].is_alike = true;
        let link = link("A", "a");
        let plan = decide(changed, LINKED, &remembered(Some(&link)), Side::NetSuite).unwrap();
        assert!(matches!(plan.action, Action::Unchanged(_)));
    }

    #[test]
    fn what_changed_after_a_lost_create_is_told_by_what_was_sent() {
        let image = intended(&proposal(None, Some("a"), Guard::Open).fields).unwrap();
        let known = Remembered { link: None, is_shared: false, intended: Some(&image), is_open: true };
        let action = |netsuite, wizcommerce| {
            decide(proposal(Some(netsuite), Some(wizcommerce), Guard::Contested), FOUND, &known, Side::NetSuite).unwrap().action
        };
        assert_eq!(action("A", "a"), Action::Adopt(NetSuiteId(7), BTreeSet::new()));
        assert_eq!(action("A", "b"), Action::Adopt(NetSuiteId(7), BTreeSet::from(["memo".to_owned()])));
    }

    #[test]
    fn an_edit_after_a_change_whose_answer_was_lost_is_told_from_what_was_sent() {
        let mut agreed = Agreement::default();
        agreed.set("memo", Some("a"), Some("a"));
        agreed.send(&Field::new("memo", None, Some("b".into())));
        for is_shared in [true, false] {
            let mut link = Link::new("orders", NetSuiteId(7), WizId("w".into()));
            link.image = agreed.shared();
            link.pushed = Some(Pushed { image: agreed.pair(), ..Pushed::default() });
            let known = Remembered { link: Some(&link), is_shared, intended: None, is_open: false };
            let fields = |netsuite, wizcommerce| {
                let proposal = proposal(netsuite, wizcommerce, Guard::Open);
                decide(proposal, LINKED, &known, Side::NetSuite).unwrap().action.fields().len()
            };
            assert_eq!(fields(Some("b"), Some("c")), 1, "it was executed, and changed again");
            assert_eq!(fields(Some("a"), Some("c")), 1, "it was not executed");
            assert_eq!(fields(Some("x"), Some("c")), 0, "somebody changed it in NetSuite");
        }
    }

    #[test]
    fn the_losing_value_is_told() {
        let link = link("A", "a");
        let plan = decide(proposal(Some("B"), Some("b"), Guard::Open), LINKED, &remembered(Some(&link)), Side::NetSuite).unwrap();
        assert_eq!(plan.lost, ["memo was changed on both sides; NetSuite's is kept, not b"]);
        let plan =
            decide(proposal(Some("B"), Some("b"), Guard::Open), LINKED, &remembered(Some(&link)), Side::WizCommerce).unwrap();
        assert_eq!(plan.lost, ["memo was changed on both sides; WizCommerce's is kept, not B"]);
    }

    #[test]
    fn what_may_not_be_written_is_a_conflict_only_when_it_changed() {
        let link = link("A", "a");
        let reason = |netsuite, wizcommerce, guard| {
            decide(proposal(Some(netsuite), Some(wizcommerce), guard), LINKED, &remembered(Some(&link)), Side::NetSuite)
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
