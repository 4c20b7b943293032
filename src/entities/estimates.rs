//! Estimates, WizCommerce to NetSuite (extension): submitted and accepted quotes.
//!
//! A quote that ends without an order, or becomes one, leaves its estimate as it is: the order is pushed by its own flow.

use super::documents::Document;
use super::push::{Excluded, Source};
use super::sales::{Form, Kind, Sales, Settings};
use crate::model::{EntityKind, Link};
use crate::wizcommerce::records::Members;

/// The flow of quotes to NetSuite.
pub type Estimates = Sales<Quotes>;

/// Quotes among the sales.
pub struct Quotes {
    /// Where WizCommerce has them.
    path: String,
}

/// Makes the flow for a profile.
pub fn flow(settings: Settings, path: String) -> Estimates {
    Sales::of(Quotes { path }, settings)
}

impl Kind for Quotes {
    const FORM: Form = Form {
        entity: EntityKind::Estimates,
        document: Document { kind: "Estimate", names: ("estimates", "estimate lines"), is_sale: true },
        record: "estimate",
        is_it: "t.type = 'Estimate'",
        prefix: "wz_es_",
        noun: "quote",
    };

    fn source(&self) -> Source {
        Source {
            path: self.path.clone(),
            // All others change nothing in NetSuite, so they need not be seen.
            states: &[&[("quote_status", "submitted")], &[("quote_status", "accepted")]],
            out_of_scope: &[
                &[("quote_status", "draft")],
                &[("quote_status", "rejected")],
                &[("quote_status", "expired")],
                &[("quote_status", "cancelled")],
            ],
            number: "display_id",
            whole_rows: false,
        }
    }

    fn excludes(&self, record: &Members, link: Option<&Link>) -> Option<Excluded> {
        match record.text("status").as_deref() {
            // What it became is an order now, and edited as such.
            Some("submitted" | "accepted") => {
                let is_converted = link.is_some() && record.text("converted_order_id").is_some();
                is_converted.then_some(Excluded::Skipped("converted"))
            }
            _ => Some(Excluded::Skipped("status")),
        }
    }
}
