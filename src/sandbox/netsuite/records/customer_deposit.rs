//! Customer deposits as records.

use super::document;
use super::shape::{Form, Property, Shape};

/// What a customer deposit is made of.
pub(super) const SHAPE: Shape = Shape {
    table: "transaction",
    external: "externalid",
    permission: "Transactions -> Customer Deposit",
    properties: &[document::HEAD, OWN],
    custom: "custbody",
    parts: &[],
};

const OWN: &[Property] = &[
    document::CUSTOMER,
    document::STATUS,
    document::TOTAL,
    ("r.foreigntotal", "payment", Form::Number),
    ("r.paymentoption", "paymentOption", Form::Reference("transaction", "paymentoption")),
    ("r.account", "account", Form::Reference("transaction", "account")),
    ("r.sim_checknumber", "checkNumber", Form::Text),
    (
        "(select m.createdfrom from transactionline m join \"transaction\" s on s.id = m.createdfrom and s.type = 'SalesOrd'
          where m.\"transaction\" = r.id and m.mainline = 'T')",
        "salesOrder",
        Form::Reference("transactionline", "createdfrom"),
    ),
];
