//! The engine against both simulators, in process and on a paused clock.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "engine/news.rs"]
mod news;
#[path = "engine/saved_search.rs"]
mod saved_search;
#[path = "engine/settings.rs"]
mod settings;
#[path = "engine/volume.rs"]
mod volume;
mod world;

use jiff::SignedDuration;
use netwiz::model::EntityKind::{Inventory, Products};
use netwiz::sync::Options;
use world::World;

#[tokio::test(start_paused = true)]
async fn a_first_sync_brings_everything_and_a_second_writes_nothing() {
    let mut world = World::new();
    let first = world.sync(&[Products, Inventory], Options::default()).await;
    for (report, error) in &first {
        assert!(error.is_none(), "{error:?} {:?}", error.as_ref().map(netwiz::error::Error::causes));
        assert_eq!(report.counts.rejected, 0, "{:?}", report.failures);
        assert_eq!(report.mode, "full");
    }
    let sellable = world.count_netsuite(
        "select count(*) from item where itemtype in ('InvtPart', 'Assembly', 'Kit') and coalesce(matrixtype, '') <> 'PARENT'",
    );
    assert_eq!(world.products().len() as i64, sellable);
    assert_eq!(first[0].0.counts.created as i64, sellable);
    let active = world.products().values().filter(|product| product["status"] == "active").count();
    assert_eq!(world.stock().len(), active);

    world.clear_logs();
    world.clock.advance(SignedDuration::from_mins(15));
    let second = world.sync(&[Products, Inventory], Options::default()).await;
    for (report, error) in &second {
        assert!(error.is_none(), "{error:?}");
        assert_eq!(report.counts.changes(), 0, "{report:?}");
        assert_eq!(report.mode, "incremental");
    }
    assert_eq!(world.endpoints[1].log().len(), 0, "WizCommerce is not even asked");
    let requests = world.endpoints[0].log().len();
    assert!(requests <= 12, "{requests} requests: {:#?}", world.endpoints[0].log());
}
