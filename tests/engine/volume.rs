//! Ten thousand orders with their documents: how often NetSuite and WizCommerce are asked for them.

use std::collections::BTreeMap;

use netwiz::entities::Wanted;
use netwiz::model::EntityKind::{Customers, Orders, Products};
use netwiz::sync::{Options, Silent, Task};

use crate::world::documents::TRADE;
use crate::world::recorder::Tally;
use crate::world::{Differences, World, clean};

/// Most requests of one shape for so many rows.
fn allowed(rows: usize) -> f64 {
    1.2 * rows as f64 / 1000.0 + 10.0
}

fn taken(world: &World, remote: usize) -> BTreeMap<String, Tally> {
    std::mem::take(&mut *world.books.as_ref().unwrap()[remote].borrow_mut())
}

/// All orders are read with everything that belongs to them. Those of the last days are sent too, or with
/// `NETWIZ_TEST_ALL_ORDERS` all of them.
#[tokio::test(start_paused = true)]
async fn ten_thousand_orders_are_read_in_thousands_and_looked_up_in_hundreds() {
    let all = std::env::var_os("NETWIZ_TEST_ALL_ORDERS").is_some();
    let profile = if all { "" } else { "[profile.test.orders]\nstart-date = \"2026-02-15\"\n" };
    let mut world =
        World::with(Differences { items: Some(14), orders: Some(10_000), profile, ..Differences::default() }).with_credit_memos();
    clean(&world.sync(&[Products, Customers], Options::default()).await);
    world.books = Some(Default::default());
    clean(&world.sync(&TRADE, Options::default()).await);
    let asked = taken(&world, 0);
    let rows: usize = asked.values().map(|tally| tally.rows).sum();
    assert!(rows > 100_000, "only {rows} rows were read");
    for (shape, tally) in &asked {
        assert!(tally.requests as f64 <= allowed(tally.rows), "{} requests for {} rows: {shape}", tally.requests, tally.rows);
    }
    let orders: Vec<i64> = world.by_reference("orders", "first").into_keys().collect();
    assert!(orders.len() > 200, "{} orders were sent", orders.len());
    world.writes_nothing(&TRADE, "once more").await;
    let asked = taken(&world, 0);
    assert!(asked.values().map(|tally| tally.requests).sum::<usize>() < 60, "a run without news: {asked:#?}");

    // A first run lists the target. What is named without being linked is looked up.
    world.lose_state();
    taken(&world, 1);
    let some: Vec<i64> = orders.into_iter().take(250).collect();
    let task = [(Orders, Task::Named(vec![Wanted::Ids(some.clone())]))];
    let reports = world.run(&task, Options::default(), &Silent).await;
    clean(&reports);
    assert_eq!(
        (reports[0].0.counts.created, reports[0].0.counts.adopted + reports[0].0.counts.unchanged),
        (0, some.len() as u64)
    );
    let looks: Vec<(String, Tally)> = taken(&world, 1).into_iter().filter(|(_, tally)| tally.keys > 0).collect();
    let (_, of_orders) = looks.iter().find(|(shape, _)| shape.contains("/v2/orders")).unwrap();
    // Each hundred in each of three states.
    let hundreds = some.len().div_ceil(100);
    assert_eq!((of_orders.requests, of_orders.most_keys, of_orders.keys), (3 * hundreds, 100, 3 * some.len()), "{looks:#?}");
    world.by_reference("orders", "named");
}
