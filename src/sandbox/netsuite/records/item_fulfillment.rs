//! Item fulfilments as records.

use super::document;
use super::shape::{Form, Part, Property, Shape};

/// What an item fulfilment is made of.
pub(super) const SHAPE: Shape = Shape {
    table: "transaction",
    external: "externalid",
    permission: "Transactions -> Item Fulfillment",
    properties: &[document::HEAD, OWN],
    custom: "custbody",
    parts: &[LINES, PACKAGES, document::SHIP_TO],
};

const OWN: &[Property] = &[
    document::ENTITY,
    document::CREATED_FROM,
    (document::STATUS_LETTER, "shipStatus", Form::Named),
    ("r.sim_pickeddate", "pickedDate", Form::Text),
    ("r.sim_packeddate", "packedDate", Form::Text),
    ("r.sim_shippeddate", "shippedDate", Form::Text),
    ("r.shipmethod", "shipMethod", Form::Reference("transaction", "shipmethod")),
];

/// The rows that say what left: those of detail where there are any, else the main one, which then carries the item.
const LINES: Part = Part::list(
    "item",
    "line",
    "select json_object('line', l.id, 'lineUniqueKey', l.uniquekey, 'orderLine', k.previousline,
         'item', json_object('id', cast(l.item as text), 'refName', i.itemid), 'quantity', abs(l.quantity),
         'location', json_object('id', cast(l.location as text), 'refName', o.name), 'itemReceive', json('true'),
         'kitMemberOf', l.kitmemberof, 'quantityRemaining', max(0, -s.quantity - coalesce(s.quantityshiprecv, 0))/*custom*/)
     from transactionline l join item i on i.id = l.item left join location o on o.id = l.location
     left join nexttransactionlinelink k on k.nextdoc = l.\"transaction\" and k.nextline = l.id and k.linktype = 'ShipRcpt'
     left join transactionline s on s.\"transaction\" = k.previousdoc and s.id = k.previousline
     where l.\"transaction\" = ?1 and i.itemtype <> 'ShipItem' and coalesce(l.iscogs, 'F') = 'F'
       and iif(exists (select 1 from transactionline d
                       where d.\"transaction\" = ?1 and d.mainline = 'F' and d.quantity > 0 and coalesce(d.iscogs, 'F') = 'F'),
               l.mainline = 'F' and l.quantity > 0, l.mainline = 'T')
     order by l.id",
);

/// The packages of whatever carrier.
const PACKAGES: Part = Part::list(
    "package",
    "packageCartonNumber",
    "select json_object('packageCartonNumber', p.sim_packagecartonnumber, 'packageWeight', p.packageweight,
         'packageDescr', p.sim_packagedescr, 'packageTrackingNumber', p.packagetrackingnumber)
     from itemfulfillmentpackage p where p.itemfulfillment = ?1 order by p.sim_packagecartonnumber, p.rowid",
);
