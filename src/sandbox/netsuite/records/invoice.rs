//! Invoices as records.

use super::document;
use super::shape::{Form, Property, Shape};

/// What an invoice is made of.
pub(super) const SHAPE: Shape = Shape {
    table: "transaction",
    external: "externalid",
    permission: "Transactions -> Invoice",
    properties: &[document::HEAD, document::SALE, document::SHIPPING, OWN],
    custom: "custbody",
    parts: &[document::LINES, document::SHIP_TO, document::BILL_TO],
};

const OWN: &[Property] = &[
    document::CREATED_FROM,
    // Unlike other documents, invoices name their status by its words.
    (
        "(select json_array(s.name, s.name) from transactionstatus s where s.trantype = r.type and s.id = r.status)",
        "status",
        Form::Named,
    ),
    ("r.duedate", "dueDate", Form::Text),
    ("r.foreignamountpaid", "amountPaid", Form::Number),
    ("r.foreignamountunpaid", "amountRemaining", Form::Number),
];
