//! Customer payments as records.

use super::document;
use super::shape::{Form, Property, Shape};

/// What a customer payment is made of.
pub(super) const SHAPE: Shape = Shape {
    table: "transaction",
    external: "externalid",
    permission: "Transactions -> Customer Payment",
    properties: &[document::HEAD, OWN],
    custom: "custbody",
    parts: &[document::APPLY],
};

const OWN: &[Property] = &[
    document::CUSTOMER,
    document::STATUS,
    document::TOTAL,
    ("r.foreigntotal", "payment", Form::Number),
    ("r.paymentoption", "paymentOption", Form::Reference("transaction", "paymentoption")),
    ("r.account", "account", Form::Reference("transaction", "account")),
    ("r.sim_checknumber", "checkNumber", Form::Text),
    ("r.foreignpaymentamountused", "applied", Form::Number),
    ("r.foreignpaymentamountunused", "unapplied", Form::Number),
];
