//! Sales orders as records.

use super::document;
use super::shape::{Form, Property, Shape};

/// What a sales order is made of.
pub(super) const SHAPE: Shape = Shape {
    table: "transaction",
    external: "externalid",
    permission: "Transactions -> Sales Order",
    properties: &[document::HEAD, document::SALE, document::SHIPPING, OWN],
    custom: "custbody",
    parts: &[document::LINES, document::SHIP_TO, document::BILL_TO],
};

const OWN: &[Property] = &[document::STATUS, (document::STATUS_LETTER, "orderStatus", Form::Named), document::CREATED_FROM];
