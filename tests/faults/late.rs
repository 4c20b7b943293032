//! Creates of documents that were given up and are executed late.

use std::time::Duration;

use netwiz::error::ErrorKind;
use netwiz::model::EntityKind::{Customers, Orders, Products};
use netwiz::sandbox::faults::{Action, Fault};

use super::world::{Differences, World};

/// A create is given up at once, looked for in vain, and executed before the last look: no second one is ever on its way.
#[tokio::test(start_paused = true)]
async fn a_create_of_a_customer_or_an_order_that_is_executed_late_is_found_and_linked() {
    for (path, contains, resource, entity) in [
        ("/v1/customers", "\"reference_id\":\"503\"", "customers", "customers"),
        ("/v2/orders", "\"display_id\":\"SO1005\"", "orders", "orders"),
    ] {
        let mut world = World::with(Differences { items: Some(14), orders: Some(24), ..Differences::default() });
        let of_it = |action| Fault { contains: Some(contains.into()), ..Fault::once("wizcommerce", "POST", path, action) };
        world.faults.add(of_it(Action::HoldMsThenExecute(3_000)));
        let (reports, kinds) = world.attempt(&[Products, Customers, Orders]).await;
        assert_eq!(kinds, [], "{path}");
        assert!(world.faults.remaining().is_empty(), "{path}: nobody was late");
        for (report, _) in &reports {
            assert_eq!((report.counts.rejected, report.counts.failed), (0, 0), "{path}: {:?}", report.failures);
        }
        tokio::time::sleep(Duration::from_secs(10)).await;
        for (id, document) in world.by_reference(resource, path) {
            let link = world.link(entity, id).unwrap();
            assert_eq!(document["id"], link.wc_id.0.as_str(), "{path}");
            assert!(link.fingerprint.is_some(), "{path}: {id} is not done");
        }
        world.writes_nothing(&[Products, Customers, Orders], path).await;
    }
}

/// The run that gave a create up is long over, or its process dead, when the create is executed: the next one links it.
#[tokio::test(start_paused = true)]
async fn a_create_that_is_executed_after_its_run_is_linked_by_the_next() {
    for (path, contains, resource) in
        [("/v1/customers", "\"reference_id\":\"503\"", "customers"), ("/v2/orders", "\"display_id\":\"SO1005\"", "orders")]
    {
        let mut world = World::with(Differences { items: Some(14), orders: Some(24), ..Differences::default() });
        let of_it = |action| Fault { contains: Some(contains.into()), ..Fault::once("wizcommerce", "POST", path, action) };
        world.faults.add(of_it(Action::HoldMsThenExecute(90_000)));
        // The process is killed before it looks.
        let run = [Products, Customers, Orders];
        let faults = std::sync::Arc::clone(&world.faults);
        let gone = tokio::select! {
            _ = world.attempt(&run) => false,
            () = async {
                while !faults.remaining().is_empty() {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            } => true,
        };
        assert!(gone, "{path}: the run ended before");
        tokio::time::sleep(Duration::from_secs(100)).await;
        let (_, kinds) = world.attempt(&run).await;
        assert_eq!(kinds, Vec::<ErrorKind>::new(), "{path}");
        world.by_reference(resource, path);
        assert_eq!(world.rejected(), std::collections::BTreeMap::new(), "{path}");
        world.writes_nothing(&run, path).await;
    }
}
