//! Members of a saved search, kept as blocks of ids like checksums: a block changes when a member comes or goes.

use std::collections::HashSet;
use std::rc::Rc;

use super::Engine;
use super::find::{Checked, changed};
use crate::entities::{BLOCK, Finder, Flow, SavedSearch};
use crate::error::Result;
use crate::state::Blocks;

impl Engine<'_> {
    /// Reads the members of a saved search and compares them with those of the last finished run.
    pub(super) async fn check_members(&self, entity: &str, search: &SavedSearch, resumed: bool) -> Result<Checked> {
        let before = self.state.blocks(entity, super::find::SEARCH, false)?;
        let now = if resumed {
            // What the interrupted run began with counts: its early batches were read with those members.
            self.state.blocks(entity, super::find::SEARCH, true)?
        } else {
            blocks_of(&self.members_of(search).await?)
        };
        let changed = changed(&before, &now);
        Ok(Checked { now, changed })
    }

    /// Reads the members of a saved search, once in a run.
    async fn members_of(&self, search: &SavedSearch) -> Result<Rc<[i64]>> {
        if let Some(members) = self.memory.members.borrow().get(&search.id) {
            return Ok(Rc::clone(members));
        }
        let members: Rc<[i64]> = self.netsuite.members(&search.id, search.of, None).await?.into();
        self.memory.members.borrow_mut().insert(search.id.clone(), Rc::clone(&members));
        Ok(members)
    }

    /// Lets a flow know its members, for records that are looked at out of turn.
    pub(super) async fn admit_members<F: Flow>(&self, flow: &mut F) -> Result<()> {
        for finder in flow.finders() {
            if let Finder::SavedSearch(search) = finder {
                flow.admit(self.members_of(&search).await?.iter().copied().collect());
            }
        }
        Ok(())
    }
}

fn blocks_of(members: &[i64]) -> Blocks {
    let mut blocks = Blocks::new();
    for &id in members {
        let text = blocks.entry(id - id.rem_euclid(BLOCK)).or_default();
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&id.to_string());
    }
    blocks
}

/// Gives the members that blocks were made of.
pub(super) fn members_of(blocks: &Blocks) -> HashSet<i64> {
    blocks.values().flat_map(|text| text.split(',')).filter_map(|id| id.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_survive_their_blocks_and_a_leaver_changes_one() {
        let before = blocks_of(&[7, 99, 100, 250]);
        assert_eq!(before.keys().copied().collect::<Vec<_>>(), [0, 100, 200]);
        assert_eq!(members_of(&before), HashSet::from([7, 99, 100, 250]));
        let now = blocks_of(&[7, 100, 250]);
        assert_eq!(changed(&before, &now).into_iter().collect::<Vec<_>>(), [0]);
    }
}
