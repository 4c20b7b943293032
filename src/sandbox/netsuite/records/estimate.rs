//! Estimates as records.

use super::document;
use super::shape::{Form, Property, Shape};

/// What an estimate is made of.
pub(super) const SHAPE: Shape = Shape {
    table: "transaction",
    external: "externalid",
    permission: "Transactions -> Estimate",
    properties: &[document::HEAD, document::SALE, OWN],
    custom: "custbody",
    parts: &[document::LINES, document::SHIP_TO, document::BILL_TO],
};

const OWN: &[Property] = &[
    document::STATUS,
    ("r.title", "title", Form::Text),
    ("r.duedate", "dueDate", Form::Text),
    ("r.expectedclosedate", "expectedCloseDate", Form::Text),
    ("r.probability", "probability", Form::Number),
    ("r.entitystatus", "entityStatus", Form::Reference("transaction", "entitystatus")),
    ("r.visibletocustomer", "visibleToCustomer", Form::Flag),
];
