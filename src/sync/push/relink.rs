//! Links of records that went to NetSuite: they are found by the external ids that netwiz gave them (`correctness.md` R6).

use std::cell::RefCell;

use super::super::relink::{ONLY_IN_WIZCOMMERCE, Standing, not_in_netsuite, not_in_wizcommerce, not_that_record};
use super::super::{Engine, Event, Tally};
use crate::entities::is_another;
use crate::entities::push::{Excluded, Key, Push};
use crate::error::Result;
use crate::model::{Link, NetSuiteId, Pushed, Reason, Rejection, WizId};
use crate::netsuite::records::{Column, Select, Selection};
use crate::state::{Commit, Mode};
use crate::wizcommerce::OLDEST_FIRST;
use crate::wizcommerce::records::Members;

/// A key that a record of a page is kept under.
struct Named {
    key: Key,
    number: Option<String>,
    /// Whether it carries an Internal ID: then it is the other direction that knows whether it is linked.
    is_referred: bool,
}

impl Engine<'_> {
    /// Links the records of a flow that carry an external id of ours in NetSuite and writes nothing else anywhere.
    pub(super) async fn relink_push<P: Push>(&mut self, flow: &P, tally: &RefCell<Tally>) -> Result<()> {
        self.observer.on(&Event::Started { entity: flow.entity().name(), mode: Mode::Ids.word() });
        self.observer.on(&Event::Expecting(None));
        let source = flow.source();
        for state in source.states {
            let parameters = [&OLDEST_FIRST[..], state].concat();
            for page in 1.. {
                let (rows, more) = self.wizcommerce.list_page::<Members>(&source.path, &parameters, page).await?;
                self.link_named(flow, &rows, tally).await?;
                if let Some(error) = self.stop.error() {
                    return Err(error);
                }
                if !more {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn link_named<P: Push>(&mut self, flow: &P, rows: &[Members], tally: &RefCell<Tally>) -> Result<()> {
        let (entity, direction, kind) = (flow.entity().name(), flow.direction().name(), flow.kind());
        let mut named = Vec::new();
        for row in rows {
            // What came from NetSuite is linked by its reference, from the other direction.
            if matches!(flow.excludes(row, None), Some(Excluded::Echo(_))) {
                continue;
            }
            let number = row.text(flow.source().number);
            // A record that can have no external id was never pushed.
            let keys = flow.keys(row, &[]).unwrap_or_default();
            let is_referred = row.text("reference_id").is_some_and(|reference| reference.parse::<i64>().is_ok());
            named.extend(keys.into_iter().map(|key| Named { key, number: number.clone(), is_referred }));
        }
        let names: Vec<String> = named.iter().map(|named| named.key.external_id.clone()).collect();
        let found = self.find_external(&flow.identity(), &names).await?;
        let mut commit = Commit { entity, direction, ..Commit::default() };
        for Named { key: Key { key, external_id }, number, is_referred } in named {
            if is_referred && !found.contains_key(&external_id) {
                continue;
            }
            tally.borrow_mut().counts.read += 1;
            let label = number.clone().unwrap_or_else(|| key.0.clone());
            let known = self.state.link_by_wiz(kind, &key.0)?;
            let Some(record) = found.get(&external_id) else {
                if known.is_some() {
                    tally.borrow_mut().counts.unchanged += 1;
                } else {
                    self.skip_wiz(flow, &key.0, &label, ONLY_IN_WIZCOMMERCE, tally);
                }
                continue;
            };
            match self.standing(kind, record.id, &key)? {
                Standing::Known => tally.borrow_mut().counts.unchanged += 1,
                Standing::Against(words, of) => {
                    self.contradict(flow.entity().singular(), entity, &key, &label, words, of, tally);
                }
                Standing::Free if !record.fits => {
                    let words = format!(
                        "the external id {external_id} of {label} is that of the record {} in NetSuite, of another kind",
                        record.id
                    );
                    self.count_rejected(entity, Rejection::new(&key, &label, Reason::ExternalIdTaken, words), tally);
                }
                Standing::Free => {
                    let mut link = link_of(kind, record.id, &key, number);
                    link.external_id = Some(external_id);
                    commit.links.push(link);
                    self.count_linked(entity, &key.0, &label, tally);
                }
            }
        }
        self.state.commit(&commit, self.clock.now())
    }

    /// Links two records that somebody names, once both are known to be there.
    pub(super) async fn join_push<P: Push>(
        &mut self,
        flow: &P,
        ns_id: NetSuiteId,
        wc_id: &WizId,
        tally: &RefCell<Tally>,
    ) -> Result<()> {
        let (entity, direction, kind) = (flow.entity().name(), flow.direction().name(), flow.kind());
        let (noun, source, identity) = (flow.entity().singular(), flow.source(), flow.identity());
        let select = Select::new("named records", identity.from, format!("{}.id", identity.alias))
            .column(Column::new(format!("CASE WHEN {} THEN 'T' ELSE 'F' END", identity.is_it), "fits"));
        let rows = self.netsuite.select(&select, &Selection::Ids(vec![ns_id.0])).await?;
        if !rows.first().is_some_and(|row| row.flag("fits")) {
            return Err(not_in_netsuite(noun, ns_id));
        }
        let path = format!("{}/{}", source.path, crate::http::percent_encode(wc_id.0.as_bytes()));
        let Some(raw) = self.wizcommerce.read(&path).await? else { return Err(not_in_wizcommerce(noun, wc_id)) };
        let record = Members::of(&raw);
        if let Some(words) = is_another(wc_id, &record) {
            return Err(not_that_record(noun, wc_id, words));
        }
        if !self.is_free(noun, kind, ns_id, wc_id, tally)? {
            return Ok(());
        }
        let link = link_of(kind, ns_id, wc_id, record.text(source.number));
        let label = link.natural_key.clone().unwrap_or_else(|| wc_id.0.clone());
        self.state.commit(&Commit { entity, direction, links: vec![link], ..Commit::default() }, self.clock.now())?;
        self.count_linked(entity, &wc_id.0, &label, tally);
        Ok(())
    }
}

/// Makes the link of a record of which nothing is known but who it is.
fn link_of(kind: &str, ns_id: NetSuiteId, wc_id: &WizId, number: Option<String>) -> Link {
    let mut link = Link::new(kind, ns_id, wc_id.clone());
    link.natural_key.clone_from(&number);
    link.pushed = Some(Pushed { number, ..Pushed::default() });
    link
}
