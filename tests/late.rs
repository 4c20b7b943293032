//! A create that was given up and is executed late: it meets its twin, and nothing is doubled or rejected.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod world;

use netwiz::model::EntityKind::Products;
use netwiz::sandbox::faults::{Action, Fault};
use netwiz::sync::Options;
use world::World;

#[tokio::test(start_paused = true)]
async fn a_create_that_meets_its_own_late_twin_is_linked() {
    let mut world = World::new();
    let itemid: String = world.sandbox.netsuite.with_database(|database| {
        let sql = "select itemid from item where itemtype = 'InvtPart' and matrixtype is null and isinactive = 'F' order by id";
        database.query_row(sql, [], |row| row.get(0)).unwrap()
    });
    let sku = netwiz::entities::products::sku_of(&itemid).to_owned();
    let of_it =
        |action| Fault { contains: Some(format!("\"{sku}\"")), ..Fault::once("wizcommerce", "POST", "/v2/products", action) };
    // Given up at once; looked for in vain after two seconds; executed after three; created again after more than seven.
    world.faults.add(of_it(Action::HoldMsThenExecute(3000)));
    world.faults.add(of_it(Action::DelayMs(5000)));
    let (report, error) = world.sync(&[Products], Options::default()).await.remove(0);
    assert!(error.is_none(), "{error:?}");
    assert_eq!((report.counts.rejected, report.counts.failed), (0, 0), "{:?}", report.failures);
    assert_eq!(report.counts.adopted, 1, "{:?}", report.counts);
    for product in world.products().values() {
        let link = world.state.link_by_wiz("products", product["id"].as_str().unwrap()).unwrap();
        assert!(link.is_some_and(|link| link.fingerprint.is_some()), "{product}");
    }
}
