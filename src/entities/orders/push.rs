//! Orders, WizCommerce to NetSuite: confirmed orders become Sales Orders, what is edited afterwards follows while R8 allows it.

use super::{ORDER, PUSHED};
use crate::entities::push::{Excluded, Source};
use crate::entities::sales::{Form, Kind, Sales, Settings};
use crate::model::{EntityKind, Link};
use crate::wizcommerce::records::Members;

/// The flow of orders to NetSuite.
pub type PushOrders = Sales<Orders>;

/// Orders among the sales.
pub struct Orders;

/// Makes the flow for a profile.
pub fn flow(settings: Settings) -> PushOrders {
    Sales::of(Orders, settings)
}

impl Kind for Orders {
    const FORM: Form = Form {
        entity: EntityKind::Orders,
        document: ORDER,
        record: "salesOrder",
        is_it: "t.type = 'SalesOrd'",
        prefix: PUSHED,
        noun: "order",
    };

    fn source(&self) -> Source {
        Source {
            path: "/v2/orders".to_owned(),
            // Drafts never matter: what was confirmed and is a draft again is pushed once it is confirmed again.
            states: &[&[("order_status", "confirmed")], &[("order_status", "cancelled")]],
            out_of_scope: &[&[("order_status", "draft")]],
            number: "display_id",
            whole_rows: false,
        }
    }

    fn excludes(&self, record: &Members, link: Option<&Link>) -> Option<Excluded> {
        match record.text("status").as_deref() {
            Some("confirmed") => None,
            // What NetSuite has heard of is called off there, too, even where the link was lost or never stored.
            Some("cancelled") => link.is_none().then_some(Excluded::Unmade("status")),
            _ => Some(Excluded::Skipped("status")),
        }
    }
}
