//! Credit memos as records.

use super::document;
use super::shape::{Form, Property, Shape};

/// What a credit memo is made of.
pub(super) const SHAPE: Shape = Shape {
    table: "transaction",
    external: "externalid",
    permission: "Transactions -> Credit Memo",
    properties: &[document::HEAD, document::SALE, OWN],
    custom: "custbody",
    parts: &[document::LINES, document::BILL_TO, document::APPLY],
};

const OWN: &[Property] = &[
    document::CREATED_FROM,
    document::STATUS,
    ("r.foreignpaymentamountused", "applied", Form::Number),
    ("r.foreignpaymentamountused", "amountPaid", Form::Number),
    ("r.foreignpaymentamountunused", "amountRemaining", Form::Number),
];
