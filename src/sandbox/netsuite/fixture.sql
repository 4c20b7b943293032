-- A small company for tests: one buyer, one order and what came of it. It continues the items of the tests beside it.
insert into subsidiary (id, name, country, currency, isinactive) values (1, 'Main Inc.', 'US', 1, 'F');
insert into currency (id, symbol, name, isbasecurrency, isinactive) values (1, 'USD', 'US Dollar', 'T', 'F');
insert into location (id, name, fullname) values (2, 'Portland', 'Portland');
insert into term (id, name, daysuntilnetdue, isinactive) values (2, 'Net 30', 30, 'F');
insert into paymentmethod (id, name) values (4, 'Cash');
insert into accountingperiod (id, periodname, startdate, enddate, closed, arlocked, alllocked, isquarter, isyear, isadjust)
values (10, 'Mar 2026', '2026-03-01', '2026-03-31', 'F', 'F', 'F', 'F', 'F', 'F'),
       (11, 'Q1 2026', '2026-01-01', '2026-03-31', 'F', 'F', 'F', 'T', 'F', 'F');
insert into employee (id, entityid, firstname, lastname, email, issalesrep, subsidiary, isinactive, externalid, lastmodifieddate)
values (311, 'Ana Ortiz', 'Ana', 'Ortiz', 'ana@main.example', 'T', 1, 'F', 'rep-ana', '2026-01-02 09:00:00');
insert into customercategory (id, name) values (4, 'Retail');
insert into entitystatus (key, name) values (10, 'Proposal'), (13, 'Closed Won');
insert into pricelevel (id, name, isinactive) values (5, 'Trade', 'F');
insert into sim_display (source, id, name) values ('pricinggroup', 3, 'Lamps'), ('unit', 1, 'Each');
insert into item (id, itemid, fullname, itemtype, isinactive)
values (38, 'Parcel Ground', 'Parcel Ground', 'ShipItem', 'F'), (39, 'Sales Tax', 'Sales Tax', 'TaxItem', 'F'),
       (4205, 'BLB-E26', 'BLB-E26', 'InvtPart', 'F');
insert into customer (id, entityid, altname, companyname, isperson, email, phone, category, currency, terms, pricelevel, salesrep,
    externalid, creditlimit, balancesearch, entitystatus, searchstage, isinactive, shippingitem, defaultshippingaddress, datecreated,
    lastmodifieddate)
values (1542, 'CUST1542', 'Harbor & Pine Home', 'Harbor & Pine Home', 'F', 'buying@harborpine.example', '+1 555 0100', 4, 1, 2, 5, 311,
    'wiz-cust-88', 5000, 412.5, 13, 'Customer', 'F', 38, 701, '2026-01-05 08:00:00', '2026-03-02 10:00:00'),
       (1543, 'Nora Quill', null, null, 'T', 'nora@quill.example', null, null, 1, null, null, null,
    null, null, null, null, 'Prospect', 'F', null, null, '2026-01-06 08:00:00', '2026-01-06 08:00:00');
insert into customersubsidiaryrelationship (id, entity, subsidiary, isprimarysub) values (1, 1542, 1, 'T'), (2, 1543, 1, 'T');
insert into customeraddressbookentityaddress (nkey, addressee, attention, addr1, city, state, dropdownstate, zip, country, addrphone,
    override, recordowner, lastmodifieddate)
values (701, 'Harbor & Pine Home', 'Receiving', '12 Quay Street', 'Portland', 'ME', 'ME', '04101', 'US', '+1 555 0100', 'F', 901,
    '2026-02-20 12:00:00'),
       (702, 'Harbor & Pine Office', null, '3 Pine Road', 'Portland', 'ME', 'ME', '04102', 'US', null, 'F', 902, '2026-01-05 08:00:00');
insert into customeraddressbook (internalid, entity, addressbookaddress, label, defaultbilling, defaultshipping, sim_isresidential)
values (901, 1542, 701, 'Store', 'F', 'T', 'F'), (902, 1542, 702, 'Office', 'T', 'F', 'F');
insert into contact (id, entityid, firstname, lastname, title, company, email, isinactive, sim_externalid, datecreated, lastmodifieddate)
values (1601, 'Mia Stone', 'Mia', 'Stone', 'Buyer', 1542, 'mia@harborpine.example', 'F', 'wiz-con-1', '2026-01-05 08:00:00',
    '2026-03-01 08:00:00'),
       (1602, 'Loose Contact', 'Lou', 'Loose', null, null, null, 'F', null, '2026-01-05 08:00:00', '2026-03-01 08:00:00');
insert into customeritempricing (customer, item, level, price, currency) values (1542, 4101, -1, 95.5, 1), (1542, 4205, 5, null, 1);
insert into customergrouppricing (customer, "group", level) values (1542, 3, 5);

insert into transactionshippingaddress (nkey, addressee, addr1, city, state, zip, country, override)
values (801, 'Harbor & Pine Home', '12 Quay Street', 'Portland', 'ME', '04101', 'US', 'F');
insert into transactionbillingaddress (nkey, addressee, addr1, city, state, zip, country, override)
values (801, 'Harbor & Pine Office', '3 Pine Road', 'Portland', 'ME', '04102', 'US', 'F');
insert into "transaction" (id, type, recordtype, tranid, trandisplayname, status, externalid, otherrefnum, entity, employee, currency,
    exchangerate, foreigntotal, foreignamountpaid, foreignamountunpaid, foreignpaymentamountused, foreignpaymentamountunused, terms,
    shipmethod, shippingaddress, billingaddress, memo, trandate, shipdate, duedate, shipcomplete, createddate, lastmodifieddate,
    paymentoption, account, probability, entitystatus, title, custbody_wiz_order_id, sim_checknumber, sim_pickeddate, sim_shippeddate)
values
 (88000, 'Estimate', 'estimate', 'EST9', 'Estimate #EST9', 'B', 'wiz-est-9', 'Q-9', 1542, 311, 1, 1, 92, null, null, null, null, null,
  null, null, null, 'quote', '2026-02-20', null, '2026-03-20', null, '2026-02-20 09:00:00', '2026-03-02 10:00:00', null, null, 50, 10,
  'Spring reset', null, null, null, null),
 (88012, 'SalesOrd', 'salesorder', 'SO1001', 'Sales Order #SO1001', 'E', 'wiz-so-1001', 'PO-7781', 1542, 311, 1, 1, 714.2, null, null,
  null, null, 2, 38, 801, 801, 'order 1001', '2026-03-02', '2026-03-09', null, 'F', '2026-03-02 09:00:00', '2026-03-06 16:00:00', null,
  null, null, null, null, '1001', null, null, null),
 (88013, 'SalesOrd', 'salesorder', 'SO1002', 'Sales Order #SO1002', 'B', null, null, 1543, null, 1, 1, 10, null, null, null, null, null,
  null, null, null, null, '2026-03-03', null, null, 'F', '2026-03-03 09:00:00', '2026-03-03 09:00:00', null, null, null, null, null,
  null, null, null, null),
 (88500, 'CustDep', 'customerdeposit', 'DEP7', 'Customer Deposit #DEP7', 'B', 'wiz-dep-3f9a', null, 1542, null, 1, 1, 200, null, null,
  150, 50, null, null, null, null, 'payment 3f9a', '2026-03-02', null, null, null, '2026-03-02 09:05:00', '2026-03-10 09:00:00', 4, 217,
  null, null, null, null, '3f9a', null, null),
 (88600, 'DepAppl', 'depositapplication', 'DA1', 'Deposit Application #DA1', null, null, null, 1542, null, 1, 1, 150, null, null, null,
  null, null, null, null, null, null, '2026-03-10', null, null, null, '2026-03-10 09:00:00', '2026-03-10 09:00:00', null, null, null,
  null, null, null, null, null, null),
 (89100, 'ItemShip', 'itemfulfillment', 'IF2044', 'Item Fulfillment #IF2044', 'C', null, null, 1542, null, 1, 1, null, null, null, null,
  null, null, 38, 801, null, null, '2026-03-06', null, null, null, '2026-03-06 12:00:00', '2026-03-06 15:00:00', null, null, null, null,
  null, null, null, '2026-03-05', '2026-03-06'),
 (89101, 'ItemShip', 'itemfulfillment', 'IF2045', 'Item Fulfillment #IF2045', 'A', null, null, 1542, null, 1, 1, null, null, null, null,
  null, null, null, null, null, null, '2026-03-06', null, null, null, '2026-03-06 12:00:00', '2026-03-06 15:00:00', null, null, null,
  null, null, null, null, null, null),
 (90211, 'CustInvc', 'invoice', 'INV1187', 'Invoice #INV1187', 'A', null, 'PO-7781', 1542, null, 1, 1, 612.5, 249, 363.5, null, null, 2,
  null, 801, 801, null, '2026-03-10', null, '2026-04-09', null, '2026-03-10 08:00:00', '2026-03-11 08:00:00', null, null, null, null,
  null, null, null, null, null),
 (90300, 'CustInvc', 'invoice', 'INV1188', 'Invoice #INV1188', 'A', null, null, 1542, null, 1, 1, 20, 0, 20, null, null, null, null, null,
  null, null, '2026-03-12', null, '2026-03-12', null, '2026-03-12 08:00:00', '2026-03-12 08:00:00', null, null, null, null, null, null,
  null, null, null),
 (90877, 'CustCred', 'creditmemo', 'CM311', 'Credit Memo #CM311', 'B', null, null, 1542, null, 1, 1, -99, null, null, 99, 0, null, null,
  null, null, 'broken', '2026-03-20', null, null, null, '2026-03-20 08:00:00', '2026-03-20 08:00:00', null, null, null, null, null, null,
  null, null, null),
 (90900, 'CustPymt', 'customerpayment', 'PAY5', 'Payment #PAY5', 'C', null, null, 1542, null, 1, 1, 0.3, null, null, 0.3, 0, null, null,
  null, null, null, '2026-03-21', null, null, null, '2026-03-21 08:00:00', '2026-03-21 08:00:00', 4, 217, null, null, null, null, null,
  null, null),
 (90950, 'CustRfnd', 'customerrefund', 'RF1', 'Customer Refund #RF1', null, null, null, 1542, null, 1, 1, -10, null, null, null, null,
  null, null, null, null, null, '2026-03-22', null, null, null, '2026-03-22 08:00:00', '2026-03-22 08:00:00', null, null, null, null,
  null, null, null, null, null);
insert into transactionline (uniquekey, "transaction", id, linesequencenumber, item, memo, quantity, rate, price, foreignamount, mainline,
    taxline, iscogs, kitcomponent, isclosed, quantityshiprecv, quantitybilled, createdfrom, subsidiary, location, units,
    expectedshipdate, linelastmodifieddate, custcol_wiz_line_id)
values
 (1, 88000, 0, 0, null, null, null, null, null, 92, 'T', 'F', null, null, null, null, null, null, 1, null, null, null,
  '2026-02-20 09:00:00', null),
 (2, 88000, 1, 1, 4101, 'Lamp', -1, 92, -1, -92, 'F', 'F', null, null, 'F', null, null, null, 1, null, null, null, '2026-02-20 09:00:00',
  '9-1'),
 (10, 88012, 0, 0, null, null, null, null, null, 714.2, 'T', 'F', null, null, null, null, null, 88000, 1, 2, null, null,
  '2026-03-02 09:00:00', null),
 (11, 88012, 1, 1, 4101, 'Arc lamp', -6, 99, -1, -594, 'F', 'F', null, null, 'F', 4, 6, 88000, 1, 2, 1, '2026-03-08',
  '2026-03-06 15:00:00', '1001-1'),
 (12, 88012, 3, 2, 4102, 'Pair', -1, 100, 5, -100, 'F', 'F', 'F', null, 'F', 0, 0, null, 1, 2, 1, null, '2026-03-02 09:00:00', '1001-2'),
 (13, 88012, 4, 3, 4101, null, -2, null, null, null, 'F', 'F', null, 'T', 'F', null, null, null, 1, 2, null, null, '2026-03-02 09:00:00',
  null),
 (14, 88012, 5, 4, 38, null, -1, 18.5, null, -18.5, 'F', 'F', null, null, null, null, null, null, 1, null, null, null,
  '2026-03-02 09:00:00', null),
 (15, 88012, 6, 5, 39, null, null, null, null, -1.6, 'F', 'T', null, null, null, null, null, null, 1, null, null, null,
  '2026-03-02 09:00:00', null),
 (16, 88012, 7, 6, 39, null, null, null, null, -0.1, 'F', 'T', null, null, null, null, null, null, 1, null, null, null,
  '2026-03-02 09:00:00', null),
 (17, 88012, 8, 7, 4101, null, 6, null, null, 300, 'F', 'F', 'T', null, null, null, null, null, 1, null, null, null,
  '2026-03-02 09:00:00', null),
 (20, 88013, 0, 0, null, null, null, null, null, 10, 'T', 'F', null, null, null, null, null, null, 1, null, null, null,
  '2026-03-03 09:00:00', null),
 (21, 88013, 1, 1, 4205, 'Bulb', -1, 10, 1, -10, 'F', 'F', null, null, 'T', 0, 0, null, 1, null, null, null, '2026-03-09 09:00:00', null),
 (25, 88500, 0, 0, null, null, null, null, null, 200, 'T', 'F', null, null, null, null, null, 88012, 1, null, null, null,
  '2026-03-02 09:05:00', null),
 (26, 88600, 0, 0, null, null, null, null, null, 150, 'T', 'F', null, null, null, null, null, 88500, 1, null, null, null,
  '2026-03-10 09:00:00', null),
 (30, 89100, 0, 0, null, null, null, null, null, null, 'T', 'F', null, null, null, null, null, 88012, 1, 2, null, null,
  '2026-03-06 12:00:00', null),
 (31, 89100, 1, 1, 4101, null, 4, null, null, null, 'F', 'F', null, null, null, null, null, 88012, 1, 2, null, null,
  '2026-03-06 12:00:00', null),
 (32, 89100, 2, 2, 4101, null, -4, null, null, null, 'F', 'F', null, null, null, null, null, null, 1, 2, null, null,
  '2026-03-06 12:00:00', null),
 (33, 89101, 0, 0, 4102, null, -1, null, null, null, 'T', 'F', null, null, null, null, null, 88012, 1, 2, null, null,
  '2026-03-06 12:00:00', null),
 (40, 90211, 0, 0, null, null, null, null, null, 612.5, 'T', 'F', null, null, null, null, null, 88012, 1, null, null, null,
  '2026-03-10 08:00:00', null),
 (41, 90211, 1, 1, 4101, 'Arc lamp', -6, 99, -1, -594, 'F', 'F', null, null, null, null, null, 88012, 1, 2, 1, null,
  '2026-03-10 08:00:00', '1001-1'),
 (42, 90211, 2, 2, 38, null, -1, 18.5, null, -18.5, 'F', 'F', null, null, null, null, null, 88012, 1, null, null, null,
  '2026-03-10 08:00:00', null),
 (43, 90300, 0, 0, null, null, null, null, null, 20, 'T', 'F', null, null, null, null, null, null, 1, null, null, null,
  '2026-03-12 08:00:00', null),
 (50, 90877, 0, 0, null, null, null, null, null, -99, 'T', 'F', null, null, null, null, null, 90211, 1, null, null, null,
  '2026-03-20 08:00:00', null),
 (51, 90877, 1, 1, 4101, 'Arc lamp', 1, 99, -1, 99, 'F', 'F', null, null, null, null, null, 90211, 1, null, null, null,
  '2026-03-20 08:00:00', null),
 (55, 90900, 0, 0, null, null, null, null, null, 0.3, 'T', 'F', null, null, null, null, null, null, 1, null, null, null,
  '2026-03-21 08:00:00', null),
 (56, 90950, 0, 0, null, null, null, null, null, -10, 'T', 'F', null, null, null, null, null, null, 1, null, null, null,
  '2026-03-22 08:00:00', null);
insert into nexttransactionlinelink (previousdoc, previousline, previoustype, nextdoc, nextline, nexttype, linktype, foreignamount,
    lastmodifieddate)
values
 (88012, 1, 'SalesOrd', 89100, 1, 'ItemShip', 'ShipRcpt', null, '2026-03-06 12:00:00'),
 (88012, 3, 'SalesOrd', 89101, 0, 'ItemShip', 'ShipRcpt', null, '2026-03-06 12:00:00'),
 (88012, 1, 'SalesOrd', 90211, 1, 'CustInvc', 'OrdBill', null, '2026-03-10 08:00:00'),
 (88012, 1, 'SalesOrd', 90211, 1, 'CustInvc', 'RevRec', null, '2026-03-10 08:00:00'),
 (88012, 5, 'SalesOrd', 90211, 2, 'CustInvc', 'OrdBill', null, '2026-03-10 08:00:00'),
 (88012, 0, 'SalesOrd', 88500, 0, 'CustDep', 'OrdDep', null, '2026-03-02 09:05:00'),
 (88500, 0, 'CustDep', 88600, 0, 'DepAppl', 'DepAppl', 150, '2026-03-10 09:00:00'),
 (90211, 0, 'CustInvc', 88600, 0, 'DepAppl', 'Payment', 150, '2026-03-10 09:00:00'),
 (90211, 0, 'CustInvc', 90877, 0, 'CustCred', 'Payment', 99, '2026-03-20 08:00:00'),
 (90211, 0, 'CustInvc', 90900, 0, 'CustPymt', 'Payment', 0.1, '2026-03-21 08:00:00'),
 (90211, 1, 'CustInvc', 90900, 0, 'CustPymt', 'Payment', 0.2, '2026-03-21 08:00:00'),
 (90950, 0, 'CustRfnd', 90877, 0, 'CustCred', 'Refund', 10, '2026-03-22 08:00:00');
insert into trackingnumber (id, trackingnumber) values (51, '1Z999AA10123456784');
insert into trackingnumbermap ("transaction", trackingnumber) values (89100, 51);
insert into itemfulfillmentpackage (itemfulfillment, packagetrackingnumber, packageweight, sim_packagedescr, sim_packagecartonnumber)
values (89100, '1Z999AA10123456784', 12.4, 'Carton 1', 1), (89100, null, 3, 'Carton 2', 2);
insert into deletedrecord (recordid, recordtypeid, scriptid, type, name, deleteddate)
values (89099, -30, 'itemfulfillment', 'Item Fulfillment', 'IF2043', '2026-03-05 09:00:00');
insert into systemnote (id, recordid, recordtypeid, field, newvalue, date, name) values (1, 88012, -30, 'TRANDOC.KSTATUS', 'E', '2026-03-06 15:00:00', 311);
insert into sim_saved_search (id, record, condition, columns)
values ('customsearch_wc_items', 'item', 'itemtype in (''InvtPart'', ''Kit'')', 'internalid, itemid, class, class.name, isinactive, weight, lastmodifieddate'),
       ('customsearch_wc_buyers', 'customer', 'isinactive = ''F''', 'entityid, salesrep, firstorderdate, entityid');
