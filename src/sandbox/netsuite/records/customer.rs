//! Customers as records, with their address book and their own prices.

use super::shape::{Form, Part, Property, Shape};

/// What a customer is made of.
pub(super) const SHAPE: Shape = Shape {
    table: "customer",
    external: "externalid",
    permission: "Lists -> Customers",
    properties: &[PROPERTIES],
    custom: "custentity",
    parts: &[ADDRESS_BOOK, ITEM_PRICING, GROUP_PRICING],
};

const PROPERTIES: &[Property] = &[
    ("r.externalid", "externalId", Form::Text),
    ("r.entityid", "entityId", Form::Text),
    ("r.altname", "altName", Form::Text),
    ("r.companyname", "companyName", Form::Text),
    ("r.isperson", "isPerson", Form::Flag),
    ("r.firstname", "firstName", Form::Text),
    ("r.middlename", "middleName", Form::Text),
    ("r.lastname", "lastName", Form::Text),
    ("r.salutation", "salutation", Form::Text),
    ("r.title", "title", Form::Text),
    ("r.email", "email", Form::Text),
    ("r.altemail", "altEmail", Form::Text),
    ("r.phone", "phone", Form::Text),
    ("r.altphone", "altPhone", Form::Text),
    ("r.mobilephone", "mobilePhone", Form::Text),
    ("r.homephone", "homePhone", Form::Text),
    ("r.fax", "fax", Form::Text),
    ("r.url", "url", Form::Text),
    ("r.comments", "comments", Form::Text),
    ("r.accountnumber", "accountNumber", Form::Text),
    ("r.resalenumber", "resaleNumber", Form::Text),
    ("r.category", "category", Form::Reference("customer", "category")),
    ("r.currency", "currency", Form::Reference("customer", "currency")),
    ("r.terms", "terms", Form::Reference("customer", "terms")),
    ("r.pricelevel", "priceLevel", Form::Reference("customer", "pricelevel")),
    ("r.salesrep", "salesRep", Form::Reference("customer", "salesrep")),
    ("r.partner", "partner", Form::Reference("customer", "partner")),
    ("r.territory", "territory", Form::Reference("customer", "territory")),
    ("r.parent", "parent", Form::Reference("customer", "parent")),
    ("r.entitystatus", "entityStatus", Form::Reference("customer", "entitystatus")),
    ("r.leadsource", "leadSource", Form::Reference("customer", "leadsource")),
    ("r.receivablesaccount", "receivablesAccount", Form::Reference("customer", "receivablesaccount")),
    ("r.shippingitem", "shippingItem", Form::Reference("customer", "shippingitem")),
    ("r.shippingcarrier", "shippingCarrier", Form::Choice),
    ("r.thirdpartyacct", "thirdPartyAcct", Form::Text),
    ("r.thirdpartycarrier", "thirdPartyCarrier", Form::Choice),
    ("r.thirdpartycountry", "thirdPartyCountry", Form::Reference("customer", "thirdpartycountry")),
    ("r.thirdpartyzipcode", "thirdPartyZipcode", Form::Text),
    ("r.language", "language", Form::Choice),
    ("r.emailpreference", "emailPreference", Form::Choice),
    ("r.creditholdoverride", "creditHoldOverride", Form::Choice),
    ("r.creditlimit", "creditLimit", Form::Number),
    ("r.balancesearch", "balance", Form::Number),
    ("r.overduebalancesearch", "overdueBalance", Form::Number),
    ("r.unbilledorderssearch", "unbilledOrders", Form::Number),
    ("r.shipcomplete", "shipComplete", Form::Flag),
    ("r.giveaccess", "giveAccess", Form::Flag),
    ("r.isinactive", "isInactive", Form::Flag),
    ("r.startdate", "startDate", Form::Text),
    ("r.enddate", "endDate", Form::Text),
    ("r.datecreated", "dateCreated", Form::Moment),
    ("r.lastmodifieddate", "lastModifiedDate", Form::Moment),
    (
        "(select s.subsidiary from customersubsidiaryrelationship s where s.entity = r.id and s.isprimarysub = 'T' limit 1)",
        "subsidiary",
        Form::Reference("customersubsidiaryrelationship", "subsidiary"),
    ),
];

const ADDRESS_BOOK: Part = Part::list(
    "addressBook",
    "id",
    "select json_object('id', cast(b.internalid as text), 'internalId', b.internalid, 'label', b.label,
         'defaultBilling', json(iif(b.defaultbilling = 'T', 'true', 'false')),
         'defaultShipping', json(iif(b.defaultshipping = 'T', 'true', 'false')),
         'isResidential', json(iif(b.sim_isresidential = 'T', 'true', 'false')),
         'addressBookAddress', json(iif(a.nkey is null, null, json_object('addressee', a.addressee, 'attention', a.attention,
             'addr1', a.addr1, 'addr2', a.addr2, 'addr3', a.addr3, 'city', a.city, 'state', coalesce(a.dropdownstate, a.state),
             'zip', a.zip, 'country', json_object('id', a.country, 'refName', c.name), 'addrPhone', a.addrphone,
             'addrText', a.addrtext, 'override', json(iif(a.override = 'T', 'true', 'false'))))))
     from customeraddressbook b left join customeraddressbookentityaddress a on a.nkey = b.addressbookaddress
     left join country c on c.id = a.country where b.entity = ?1 order by b.internalid",
);

const ITEM_PRICING: Part = Part::list(
    "itemPricing",
    "",
    "select json_object('item', json_object('id', cast(p.item as text), 'refName', i.itemid),
         'level', json_object('id', cast(p.level as text), 'refName', iif(p.level = -1, 'Custom', l.name)), 'price', p.price,
         'currency', json_object('id', cast(p.currency as text), 'refName', c.name))
     from customeritempricing p left join item i on i.id = p.item left join pricelevel l on l.id = p.level
     left join currency c on c.id = p.currency where p.customer = ?1 order by p.item",
);

const GROUP_PRICING: Part = Part::list(
    "groupPricing",
    "",
    "select json_object('group', json_object('id', cast(p.\"group\" as text), 'refName', g.name),
         'level', json_object('id', cast(p.level as text), 'refName', l.name))
     from customergrouppricing p left join pricelevel l on l.id = p.level
     left join sim_display g on g.source = 'pricinggroup' and g.id = p.\"group\" where p.customer = ?1 order by p.\"group\"",
);
