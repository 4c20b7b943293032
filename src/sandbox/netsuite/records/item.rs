//! Items as records: one table, a record type for each kind, with prices, stock and members as sublists.

use super::shape::{Form, Part, Property, Shape};

/// What items of every kind are made of.
pub(super) const SHAPE: Shape = Shape {
    table: "item",
    external: "externalid",
    permission: "Lists -> Items",
    properties: &[PROPERTIES],
    custom: "custitem",
    parts: &PARTS,
};

/// Columns and the properties they appear as.
const PROPERTIES: &[Property] = &[
    ("r.externalid", "externalId", Form::Text),
    ("r.itemid", "itemId", Form::Text),
    ("r.displayname", "displayName", Form::Text),
    ("r.itemtype", "itemType", Form::Choice),
    ("r.subtype", "subtype", Form::Choice),
    ("r.description", "salesDescription", Form::Text),
    ("r.purchasedescription", "purchaseDescription", Form::Text),
    ("r.stockdescription", "stockDescription", Form::Text),
    ("r.featureddescription", "featuredDescription", Form::Text),
    ("r.storedisplayname", "storeDisplayName", Form::Text),
    ("r.storedescription", "storeDescription", Form::Text),
    ("r.storedetaileddescription", "storeDetailedDescription", Form::Text),
    ("r.storedisplayimage", "storeDisplayImage", Form::Reference("item", "storedisplayimage")),
    ("r.storedisplaythumbnail", "storeDisplayThumbnail", Form::Reference("item", "storedisplaythumbnail")),
    ("r.upccode", "upcCode", Form::Text),
    ("r.mpn", "mpn", Form::Text),
    ("r.manufacturer", "manufacturer", Form::Text),
    ("r.vendorname", "vendorName", Form::Text),
    ("r.countryofmanufacture", "countryOfManufacture", Form::Choice),
    ("r.weight", "weight", Form::Number),
    ("r.weightunit", "weightUnit", Form::Reference("item", "weightunit")),
    ("r.class", "class", Form::Reference("item", "class")),
    ("r.department", "department", Form::Reference("item", "department")),
    ("r.location", "location", Form::Reference("item", "location")),
    ("r.preferredlocation", "preferredLocation", Form::Reference("item", "preferredlocation")),
    ("r.includechildren", "includeChildren", Form::Flag),
    ("r.parent", "parent", Form::Reference("item", "parent")),
    ("r.matrixtype", "matrixType", Form::Choice),
    ("r.isinactive", "isInactive", Form::Flag),
    ("r.isonline", "isOnline", Form::Flag),
    ("r.isfulfillable", "isFulfillable", Form::Flag),
    ("r.isdropshipitem", "isDropShipItem", Form::Flag),
    ("r.isspecialorderitem", "isSpecialOrderItem", Form::Flag),
    ("r.unitstype", "unitsType", Form::Reference("item", "unitstype")),
    ("r.stockunit", "stockUnit", Form::Reference("item", "stockunit")),
    ("r.saleunit", "saleUnit", Form::Reference("item", "saleunit")),
    ("r.purchaseunit", "purchaseUnit", Form::Reference("item", "purchaseunit")),
    ("r.minimumquantity", "minimumQuantity", Form::Number),
    ("r.maximumquantity", "maximumQuantity", Form::Number),
    ("r.pricinggroup", "pricingGroup", Form::Reference("item", "pricinggroup")),
    ("r.quantitypricingschedule", "quantityPricingSchedule", Form::Reference("item", "quantitypricingschedule")),
    ("r.overallquantitypricingtype", "overallQuantityPricingType", Form::Choice),
    ("r.usemarginalrates", "useMarginalRates", Form::Flag),
    ("r.cost", "cost", Form::Number),
    ("r.averagecost", "averageCost", Form::Number),
    ("r.lastpurchaseprice", "lastPurchasePrice", Form::Number),
    ("r.urlcomponent", "urlComponent", Form::Text),
    ("r.pagetitle", "pageTitle", Form::Text),
    ("r.createddate", "createdDate", Form::Moment),
    ("r.lastmodifieddate", "lastModifiedDate", Form::Moment),
];

/// Sublists every item has, as far as its kind allows.
const PARTS: [Part; 4] = [
    Part::list(
        "price",
        "",
        "select json_object('currencyPage', json_object('id', cast(coalesce(p.currency, 1) as text)),
                 'priceLevel', json_object('id', cast(p.pricelevel as text), 'refName', l.name), 'priceLevelName', l.name,
                 'quantity', json_object('value', cast(coalesce(q.mincount, 0) as text)), 'price', p.unitprice,
                 'isInactive', json(case when l.isinactive = 'T' then 'true' else 'false' end))
             from pricing p left join pricelevel l on l.id = p.pricelevel
             left join itemquantity q on q.item = p.item and q.seqnum = p.quantity
             where p.item = ?1 order by p.pricelevel, p.quantity, p.internalid",
    ),
    Part::list(
        "locations",
        "",
        "select json_object('location', json_object('id', cast(a.location as text), 'refName', l.name),
                 'quantityOnHand', a.quantityonhand, 'quantityAvailable', a.quantityavailable, 'quantityCommitted', a.quantitycommitted,
                 'quantityOnOrder', a.quantityonorder, 'quantityBackOrdered', a.quantitybackordered,
                 'quantityInTransit', a.quantityintransit, 'reorderPoint', a.reorderpoint,
                 'preferredStockLevel', a.preferredstocklevel)
             from aggregateitemlocation a left join location l on l.id = a.location where a.item = ?1 order by a.location",
    ),
    Part::list(
        "member",
        "",
        "select json_object('lineNumber', m.linenumber, 'item', json_object('id', cast(m.item as text), 'refName', i.itemid),
                 'quantity', m.quantity, 'memberDescr', i.displayname)
             from (select parentitem, item, quantity, linenumber from kititemmember
                   union all select parentitem, item, quantity, linenumber from assemblyitemmember) m
             left join item i on i.id = m.item where m.parentitem = ?1 order by m.linenumber",
    ),
    Part::list(
        "subsidiary",
        "",
        "select json_object('id', cast(m.subsidiary as text), 'refName', s.name)
             from itemsubsidiarymap m left join subsidiary s on s.id = m.subsidiary where m.item = ?1 order by m.subsidiary",
    ),
];
