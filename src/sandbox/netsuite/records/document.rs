//! What documents have in common: properties of the head, the lines of a sale, addresses and what was applied.

use super::shape::{Form, Part, Property};

/// Every document has these.
pub(super) const HEAD: &[Property] = &[
    ("r.externalid", "externalId", Form::Text),
    ("r.tranid", "tranId", Form::Text),
    ("r.trandate", "tranDate", Form::Text),
    ("r.memo", "memo", Form::Text),
    ("r.currency", "currency", Form::Reference("transaction", "currency")),
    ("r.exchangerate", "exchangeRate", Form::Number),
    // Segments are the main line's.
    (
        "coalesce((select m.subsidiary from transactionline m where m.\"transaction\" = r.id and m.mainline = 'T'), r.subsidiary)",
        "subsidiary",
        Form::Reference("transactionline", "subsidiary"),
    ),
    (
        "(select m.location from transactionline m where m.\"transaction\" = r.id and m.mainline = 'T')",
        "location",
        Form::Reference("transactionline", "location"),
    ),
    (
        "(select m.class from transactionline m where m.\"transaction\" = r.id and m.mainline = 'T')",
        "class",
        Form::Reference("transactionline", "class"),
    ),
    (
        "(select m.department from transactionline m where m.\"transaction\" = r.id and m.mainline = 'T')",
        "department",
        Form::Reference("transactionline", "department"),
    ),
    ("r.createddate", "createdDate", Form::Moment),
    ("r.lastmodifieddate", "lastModifiedDate", Form::Moment),
];

/// The buyer, as most documents call him.
pub(super) const ENTITY: Property = ("r.entity", "entity", Form::Reference("transaction", "entity"));
/// The buyer, as documents of money call him.
pub(super) const CUSTOMER: Property = ("r.entity", "customer", Form::Reference("transaction", "entity"));
/// The total without the sign of the books.
pub(super) const TOTAL: Property = ("abs(r.foreigntotal)", "total", Form::Number);
/// The letter of the status and its name.
pub(super) const STATUS: Property = (STATUS_LETTER, "status", Form::Named);
/// Gives the letter of the status and its name.
pub(super) const STATUS_LETTER: &str =
    "json_array(r.status, (select s.name from transactionstatus s where s.trantype = r.type and s.id = r.status))";
/// The document it was made from: the main line's, or that of the first line that has one.
pub(super) const CREATED_FROM: Property = (
    "(select m.createdfrom from transactionline m where m.\"transaction\" = r.id and m.createdfrom is not null
      order by m.mainline desc, m.id limit 1)",
    "createdFrom",
    Form::Reference("transactionline", "createdfrom"),
);

/// What documents of a sale have on top.
///
/// Rows of tax and shipping are stored like goods, with the sign of the books.
pub(super) const SALE: &[Property] = &[
    ENTITY,
    ("r.otherrefnum", "otherRefNum", Form::Text),
    ("r.message", "message", Form::Text),
    ("r.email", "email", Form::Text),
    ("r.employee", "salesRep", Form::Reference("transaction", "employee")),
    ("r.terms", "terms", Form::Reference("transaction", "terms")),
    (
        "(select coalesce(ns_sum(l.foreignamount * iif(r.type = 'CustCred', 1, -1)), 0)
          from transactionline l left join item i on i.id = l.item
          where l.\"transaction\" = r.id and l.mainline = 'F' and l.taxline = 'F' and coalesce(l.iscogs, 'F') = 'F'
            and coalesce(l.transactiondiscount, 'F') = 'F' and coalesce(i.itemtype, '') <> 'ShipItem')",
        "subtotal",
        Form::Number,
    ),
    (
        "(select ns_sum(l.foreignamount * iif(r.type = 'CustCred', 1, -1)) from transactionline l
          where l.\"transaction\" = r.id and l.transactiondiscount = 'T')",
        "discountTotal",
        Form::Number,
    ),
    (
        "(select coalesce(ns_sum(l.foreignamount * iif(r.type = 'CustCred', 1, -1)), 0) from transactionline l
          where l.\"transaction\" = r.id and l.taxline = 'T')",
        "taxTotal",
        Form::Number,
    ),
    TOTAL,
];

/// What documents with a way of shipping have on top.
pub(super) const SHIPPING: &[Property] = &[
    ("r.shipmethod", "shipMethod", Form::Reference("transaction", "shipmethod")),
    ("r.shipdate", "shipDate", Form::Text),
    ("r.shipcomplete", "shipComplete", Form::Flag),
    (
        "(select ns_sum(-l.foreignamount) from transactionline l join item i on i.id = l.item
          where l.\"transaction\" = r.id and i.itemtype = 'ShipItem')",
        "shippingCost",
        Form::Number,
    ),
];

/// The lines of goods; quantities and amounts without the sign of the books.
pub(super) const LINES: Part = Part::list(
    "item",
    "line",
    "select json_object('line', l.id, 'lineUniqueKey', l.uniquekey,
         'item', json_object('id', cast(l.item as text), 'refName', i.itemid),
         'quantity', l.quantity * iif(t.type = 'CustCred', 1, -1), 'rate', l.rate,
         'amount', l.foreignamount * iif(t.type = 'CustCred', 1, -1),
         'price', json_object('id', cast(l.price as text), 'refName', iif(l.price = -1, 'Custom', p.name)),
         'description', l.memo, 'location', json_object('id', cast(l.location as text), 'refName', o.name),
         'units', json_object('id', cast(l.units as text), 'refName', u.name),
         'isClosed', json(case l.isclosed when 'T' then 'true' when 'F' then 'false' end),
         'commitInventory', json_object('id', cast(l.commitinventory as text), 'refName', h.name),
         'expectedShipDate', l.expectedshipdate, 'quantityFulfilled', l.quantityshiprecv, 'quantityBilled', l.quantitybilled,
         'quantityCommitted', l.quantitycommitted, 'quantityBackOrdered', l.quantitybackordered,
         'orderLine', (select k.previousline from nexttransactionlinelink k
                       where k.nextdoc = l.\"transaction\" and k.nextline = l.id and k.linktype = 'OrdBill'
                       order by k.previousdoc, k.previousline limit 1)/*custom*/)
     from transactionline l join \"transaction\" t on t.id = l.\"transaction\"
     left join item i on i.id = l.item left join pricelevel p on p.id = l.price
     left join location o on o.id = l.location left join sim_display h on h.source = 'commitinventory' and h.id = l.commitinventory
     left join sim_display u on u.source = 'unit' and u.id = l.units
     where l.\"transaction\" = ?1 and l.mainline = 'F' and l.taxline = 'F' and coalesce(l.iscogs, 'F') = 'F'
       and coalesce(l.kitcomponent, 'F') = 'F' and coalesce(l.transactiondiscount, 'F') = 'F'
       and coalesce(i.itemtype, '') not in ('ShipItem', 'TaxItem', 'TaxGroup')
     order by l.id",
);

/// Where it goes.
pub(super) const SHIP_TO: Part = Part::single(
    "shippingAddress",
    "select json_object('addressee', a.addressee, 'attention', a.attention, 'addr1', a.addr1, 'addr2', a.addr2, 'addr3', a.addr3,
         'city', a.city, 'state', coalesce(a.dropdownstate, a.state), 'zip', a.zip,
         'country', json_object('id', a.country, 'refName', c.name), 'addrPhone', a.addrphone, 'addrText', a.addrtext,
         'override', json(iif(a.override = 'T', 'true', 'false')))
     from \"transaction\" t join transactionshippingaddress a on a.nkey = t.shippingaddress
     left join country c on c.id = a.country where t.id = ?1",
);

/// Who pays.
pub(super) const BILL_TO: Part = Part::single(
    "billingAddress",
    "select json_object('addressee', a.addressee, 'attention', a.attention, 'addr1', a.addr1, 'addr2', a.addr2, 'addr3', a.addr3,
         'city', a.city, 'state', coalesce(a.dropdownstate, a.state), 'zip', a.zip,
         'country', json_object('id', a.country, 'refName', c.name), 'addrPhone', a.addrphone, 'addrText', a.addrtext,
         'override', json(iif(a.override = 'T', 'true', 'false')))
     from \"transaction\" t join transactionbillingaddress a on a.nkey = t.billingaddress
     left join country c on c.id = a.country where t.id = ?1",
);

/// What a credit or payment was applied to, and the open invoices it could still be applied to.
pub(super) const APPLY: Part = Part::list(
    "apply",
    "line",
    "select json_object('line', row_number() over (order by not a.applied, a.invoice) - 1,
         'apply', json(iif(a.applied, 'true', 'false')), 'doc', json_object('id', cast(a.invoice as text), 'refName', v.trandisplayname),
         'type', 'Invoice', 'refNum', v.tranid, 'applyDate', v.trandate, 'total', v.foreigntotal,
         'due', v.foreignamountunpaid, 'amount', a.amount)
     from (select k.previousdoc as invoice, true as applied, cast(ns_sum(abs(k.foreignamount)) as real) as amount
           from nexttransactionlinelink k where k.nextdoc = ?1 and k.linktype = 'Payment' group by k.previousdoc
           union all
           select w.id, false, null from \"transaction\" t join \"transaction\" w on w.entity = t.entity and w.type = 'CustInvc'
           where t.id = ?1 and w.foreignamountunpaid > 0 and w.currency is t.currency
             and not exists (select 1 from nexttransactionlinelink k
                             where k.nextdoc = ?1 and k.previousdoc = w.id and k.linktype = 'Payment')) a
     join \"transaction\" v on v.id = a.invoice order by not a.applied, a.invoice",
);
