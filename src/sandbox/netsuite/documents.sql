-- The account's documents and what hangs on them: tables written as the first ones are.

create table if not exists "transaction" (
  id integer primary key not null,
  tranid text,
  transactionnumber text,
  trandisplayname text,
  type text not null,
  recordtype text,
  status text,
  approvalstatus integer,
  billingstatus text,
  entity integer,
  employee integer,
  trandate date text,
  createddate datetime text,
  createdby integer,
  lastmodifieddate datetime text,
  lastmodifiedby integer,
  duedate date text,
  closedate date text,
  shipdate date text,
  actualshipdate date text,
  startdate date text,
  enddate date text,
  expectedclosedate date text,
  memo text,
  message text,
  title text,
  otherrefnum text,
  externalid text,
  email text,
  currency integer,
  exchangerate numeric,
  foreigntotal numeric,
  total numeric,
  foreignamountpaid numeric,
  foreignamountunpaid numeric,
  foreignpaymentamountused numeric,
  foreignpaymentamountunused numeric,
  terms integer,
  shippingaddress integer,
  billingaddress integer,
  shipaddress text,
  shipcarrier text,
  shipmethod integer,
  shipcomplete flag text,
  trackingnumberlist text,
  linkedtrackingnumberlist text,
  paymentoption integer,
  paymentmethod integer,
  posting flag text,
  postingperiod integer,
  void flag text default 'F',
  voided flag text default 'F',
  nexus integer,
  opportunity integer,
  entitystatus integer,
  probability numeric,
  source text,
  number numeric,
  ordpicked flag text,
  printedpickingticket flag text,
  tobeprinted flag text,
  visibletocustomer flag text,
  daysopen numeric,
  estgrossprofit numeric,
  account integer,
  saleschannel integer,
  subsidiary integer,
  custbody_wiz_order_id text,
  sim_checknumber text,
  sim_pickeddate date text,
  sim_packeddate date text,
  sim_shippeddate date text
);
create unique index if not exists transaction_externalid on "transaction" (externalid);
create index if not exists transaction_type on "transaction" (type);
create index if not exists transaction_lastmodifieddate on "transaction" (type, lastmodifieddate);
create index if not exists transaction_entity on "transaction" (entity);
create index if not exists transaction_tranid on "transaction" (tranid);
create index if not exists transaction_shippingaddress on "transaction" (shippingaddress);

-- The main line has the id 0 and the opposite sign of the others; signs are the stored ones, negative on sales.
create table if not exists transactionline (
  uniquekey integer,
  "transaction" integer not null,
  id integer not null,
  linesequencenumber integer,
  item integer,
  itemtype text,
  memo text,
  quantity numeric,
  rate numeric,
  rateamount numeric,
  ratepercent numeric,
  price integer,
  foreignamount numeric,
  netamount numeric,
  debitforeignamount numeric,
  creditforeignamount numeric,
  foreignamountpaid numeric,
  foreignamountunpaid numeric,
  mainline flag text default 'F',
  taxline flag text default 'F',
  iscogs flag text,
  transactiondiscount flag text,
  donotdisplayline flag text,
  isinventoryaffecting flag text,
  accountinglinetype text,
  transactionlinetype text,
  assemblycomponent flag text,
  kitcomponent flag text,
  kitmemberof integer,
  isclosed flag text,
  isfullyshipped flag text,
  fulfillable flag text,
  hasfulfillableitems flag text,
  isbillable flag text,
  quantityshiprecv numeric,
  quantitybilled numeric,
  quantitybackordered numeric,
  quantitycommitted numeric,
  quantitypicked numeric,
  quantitypacked numeric,
  quantityallocated numeric,
  quantityrejected numeric,
  commitinventory integer,
  closedate date text,
  createdfrom integer,
  createdpo integer,
  dropship flag text,
  specialorder flag text,
  entity integer,
  subsidiary integer,
  location integer,
  inventorylocation integer,
  inventoryreportinglocation integer,
  class integer,
  department integer,
  units integer,
  shipmethod integer,
  expectedshipdate date text,
  requesteddate date text,
  actualshipdate date text,
  costestimate numeric,
  estgrossprofit numeric,
  orderpriority numeric,
  linecreateddate datetime text,
  linelastmodifieddate datetime text,
  custcol_wiz_line_id text,
  primary key (uniquekey),
  unique ("transaction", id)
);
create index if not exists transactionline_createdfrom on transactionline (createdfrom);
create index if not exists transactionline_linelastmodifieddate on transactionline (linelastmodifieddate);

create table if not exists transactionaccountingline (
  "transaction" integer not null,
  transactionline integer not null,
  accountingbook integer not null,
  account integer,
  amount numeric,
  netamount numeric,
  debit numeric,
  credit numeric,
  amountpaid numeric,
  amountunpaid numeric,
  amountlinked numeric,
  paymentamountused numeric,
  paymentamountunused numeric,
  posting flag text,
  exchangerate numeric,
  lastmodifieddate datetime text,
  primary key ("transaction", transactionline, accountingbook)
) without rowid;

-- Kinds of documents: the record behind each, and what it is called.
create table if not exists sim_transactiontype (
  type text primary key not null,
  recordtype text not null,
  name text not null
) without rowid;
insert or ignore into sim_transactiontype (type, recordtype, name) values
  ('SalesOrd', 'salesorder', 'Sales Order'),
  ('Estimate', 'estimate', 'Estimate'),
  ('CustInvc', 'invoice', 'Invoice'),
  ('ItemShip', 'itemfulfillment', 'Item Fulfillment'),
  ('CustDep', 'customerdeposit', 'Customer Deposit'),
  ('DepAppl', 'depositapplication', 'Deposit Application'),
  ('CustPymt', 'customerpayment', 'Payment'),
  ('CustCred', 'creditmemo', 'Credit Memo'),
  ('CustRfnd', 'customerrefund', 'Customer Refund'),
  ('RtnAuth', 'returnauthorization', 'Return Authorization'),
  ('CashSale', 'cashsale', 'Cash Sale');

create table if not exists transactionstatus (
  id text not null,
  trantype text not null,
  name text,
  fullname text,
  friendlykey text,
  primary key (trantype, id)
) without rowid;
insert or ignore into transactionstatus (trantype, id, name, fullname) values
  ('SalesOrd', 'A', 'Pending Approval', 'Sales Order : Pending Approval'),
  ('SalesOrd', 'B', 'Pending Fulfillment', 'Sales Order : Pending Fulfillment'),
  ('SalesOrd', 'C', 'Cancelled', 'Sales Order : Cancelled'),
  ('SalesOrd', 'D', 'Partially Fulfilled', 'Sales Order : Partially Fulfilled'),
  ('SalesOrd', 'E', 'Pending Billing/Partially Fulfilled', 'Sales Order : Pending Billing/Partially Fulfilled'),
  ('SalesOrd', 'F', 'Pending Billing', 'Sales Order : Pending Billing'),
  ('SalesOrd', 'G', 'Billed', 'Sales Order : Billed'),
  ('SalesOrd', 'H', 'Closed', 'Sales Order : Closed'),
  ('Estimate', 'A', 'Open', 'Estimate : Open'),
  ('Estimate', 'B', 'Processed', 'Estimate : Processed'),
  ('Estimate', 'C', 'Closed', 'Estimate : Closed'),
  ('Estimate', 'V', 'Voided', 'Estimate : Voided'),
  ('Estimate', 'X', 'Expired', 'Estimate : Expired'),
  ('CustInvc', 'A', 'Open', 'Invoice : Open'),
  ('CustInvc', 'B', 'Paid In Full', 'Invoice : Paid In Full'),
  ('CustInvc', 'D', 'Pending Approval', 'Invoice : Pending Approval'),
  ('CustInvc', 'E', 'Rejected', 'Invoice : Rejected'),
  ('CustInvc', 'V', 'Voided', 'Invoice : Voided'),
  ('ItemShip', 'A', 'Picked', 'Item Fulfillment : Picked'),
  ('ItemShip', 'B', 'Packed', 'Item Fulfillment : Packed'),
  ('ItemShip', 'C', 'Shipped', 'Item Fulfillment : Shipped'),
  ('CustDep', 'A', 'Not Deposited', 'Customer Deposit : Not Deposited'),
  ('CustDep', 'B', 'Deposited', 'Customer Deposit : Deposited'),
  ('CustDep', 'C', 'Fully Applied', 'Customer Deposit : Fully Applied'),
  ('CustPymt', 'A', 'Unapproved Payment', 'Payment : Unapproved Payment'),
  ('CustPymt', 'B', 'Not Deposited', 'Payment : Not Deposited'),
  ('CustPymt', 'C', 'Deposited', 'Payment : Deposited'),
  ('CustCred', 'A', 'Open', 'Credit Memo : Open'),
  ('CustCred', 'B', 'Fully Applied', 'Credit Memo : Fully Applied'),
  ('CustCred', 'V', 'Voided', 'Credit Memo : Voided'),
  ('CustRfnd', 'V', 'Voided', 'Customer Refund : Voided');

create table if not exists transactionshippingaddress (
  nkey integer primary key not null,
  addressee text,
  attention text,
  addr1 text,
  addr2 text,
  addr3 text,
  city text,
  state text,
  dropdownstate text,
  zip text,
  country text,
  addrphone text,
  addrtext text,
  override flag text,
  recordowner integer,
  lastmodifieddate datetime text
);

create table if not exists transactionbillingaddress (
  nkey integer primary key not null,
  addressee text,
  attention text,
  addr1 text,
  addr2 text,
  addr3 text,
  city text,
  state text,
  dropdownstate text,
  zip text,
  country text,
  addrphone text,
  addrtext text,
  override flag text,
  recordowner integer,
  lastmodifieddate datetime text
);

create view if not exists salesordershippingaddress as
  select a.nkey, a.addressee, a.attention, a.addr1, a.addr2, a.addr3, a.city, a.state, a.dropdownstate, a.zip, a.country,
         a.addrphone, a.addrtext, a.override, a.recordowner, a.lastmodifieddate
  from transactionshippingaddress a join "transaction" t on t.shippingaddress = a.nkey
  where t.type = 'SalesOrd';

create view if not exists invoiceshippingaddress as
  select a.nkey, a.addressee, a.attention, a.addr1, a.addr2, a.addr3, a.city, a.state, a.dropdownstate, a.zip, a.country,
         a.addrphone, a.addrtext, a.override, a.recordowner, a.lastmodifieddate
  from transactionshippingaddress a join "transaction" t on t.shippingaddress = a.nkey
  where t.type = 'CustInvc';

create view if not exists itemfulfillmentshippingaddress as
  select a.nkey, a.addressee, a.attention, a.addr1, a.addr2, a.addr3, a.city, a.state, a.dropdownstate, a.zip, a.country,
         a.addrphone, a.addrtext, a.override, a.recordowner, a.lastmodifieddate
  from transactionshippingaddress a join "transaction" t on t.shippingaddress = a.nkey
  where t.type = 'ItemShip';

-- A row for each pair of lines; the other three link tables say the same.
create table if not exists nexttransactionlinelink (
  previousdoc integer not null,
  previousline integer not null,
  previoustype text,
  nextdoc integer not null,
  nextline integer not null,
  nexttype text,
  linktype text not null,
  foreignamount numeric,
  lastmodifieddate datetime text,
  primary key (previousdoc, previousline, nextdoc, nextline, linktype)
) without rowid;
create index if not exists nexttransactionlinelink_nextdoc on nexttransactionlinelink (nextdoc);
create index if not exists nexttransactionlinelink_lastmodifieddate on nexttransactionlinelink (lastmodifieddate);

create view if not exists previoustransactionlinelink as
  select previousdoc, previousline, previoustype, nextdoc, nextline, nexttype, linktype, foreignamount, lastmodifieddate
  from nexttransactionlinelink;

-- The first pair of lines stands for its pair of documents; a distinct would read every link in each join.
create view if not exists nexttransactionlink as
  select k.previousdoc, k.nextdoc, k.linktype
  from nexttransactionlinelink k
  where not exists (
    select 1 from nexttransactionlinelink o
    where o.previousdoc = k.previousdoc and o.nextdoc = k.nextdoc and o.linktype = k.linktype
      and (o.previousline, o.nextline) < (k.previousline, k.nextline)
  );

create view if not exists previoustransactionlink as
  select k.previousdoc, k.nextdoc, k.linktype
  from nexttransactionlinelink k
  where not exists (
    select 1 from nexttransactionlinelink o
    where o.previousdoc = k.previousdoc and o.nextdoc = k.nextdoc and o.linktype = k.linktype
      and (o.previousline, o.nextline) < (k.previousline, k.nextline)
  );

create table if not exists trackingnumber (
  id integer primary key not null,
  trackingnumber text
);

create table if not exists trackingnumbermap (
  "transaction" integer not null,
  trackingnumber integer not null,
  primary key ("transaction", trackingnumber)
) without rowid;
create index if not exists trackingnumbermap_trackingnumber on trackingnumbermap (trackingnumber);

create table if not exists itemfulfillmentpackage (
  itemfulfillment integer not null,
  packagetrackingnumber text,
  packageweight numeric,
  sim_packagedescr text,
  sim_packagecartonnumber integer
);
create index if not exists itemfulfillmentpackage_itemfulfillment on itemfulfillmentpackage (itemfulfillment);

-- A shipping method is an item, and its name is the item's.
create view if not exists shipitem as select id from item where itemtype = 'ShipItem';

create table if not exists transactionshipment (
  doc integer,
  sourceaddress integer,
  destinationaddress integer,
  shippingmethod integer,
  weight numeric,
  shippingrate numeric,
  handlingrate numeric
);
create index if not exists transactionshipment_doc on transactionshipment (doc);

create table if not exists paymentmethod (
  id integer primary key not null,
  name text
);

create table if not exists accountingperiod (
  id integer primary key not null,
  periodname text,
  startdate date text,
  enddate date text,
  closed flag text,
  closedondate datetime text,
  alllocked flag text,
  arlocked flag text,
  aplocked flag text,
  isadjust flag text,
  isposting flag text,
  isquarter flag text,
  isyear flag text,
  isinactive flag text,
  parent integer,
  lastmodifieddate datetime text
);

create table if not exists systemnote (
  id integer primary key not null,
  recordid integer,
  recordtypeid integer,
  field text,
  oldvalue text,
  newvalue text,
  date datetime text,
  name integer,
  role integer,
  context text,
  type integer,
  lineid integer
);
create index if not exists systemnote_record on systemnote (recordtypeid, recordid);

create table if not exists inventorybalance (
  item integer,
  location integer,
  binnumber integer,
  inventorynumber integer,
  inventorystatus integer,
  quantityonhand numeric,
  quantityavailable numeric,
  quantitypicked numeric,
  committedqtyperlocation numeric,
  committedqtyperseriallotnumber numeric,
  committedqtyperseriallotnumberlocation numeric,
  lastmodifieddate datetime text
);
create index if not exists inventorybalance_item on inventorybalance (item, location);

-- Members of item groups; kits and assemblies have tables of their own.
create table if not exists itemmember (
  parentitem integer not null,
  item integer not null,
  quantity numeric,
  memberunit integer,
  linenumber integer not null,
  itemsource text,
  primary key (parentitem, linenumber)
) without rowid;

-- The price table once more, with versions, of which the current one is -1.
create view if not exists invtitempricehistory as
  select p.item, p.pricelevel as pricetype, cast(coalesce(q.mincount, 0) as numeric) as quantity, cast(-1 as integer) as version,
         p.unitprice as price, p.currency
  from pricing p left join itemquantity q on q.item = p.item and q.seqnum = p.quantity;

-- The last number given out of each kind; numbers of deleted rows are not given out again.
create table if not exists sim_sequence (
  name text primary key not null,
  last integer not null
) without rowid;

-- Requests that were taken on to be answered later, with the answers.
create table if not exists sim_job (
  id integer primary key not null,
  key text,
  started integer not null,
  status integer not null,
  headers text not null,
  body blob not null
);
create unique index if not exists sim_job_key on sim_job (key);

-- Saved searches a script may run: the record it lists (item or customer), an SQL condition over that table, and its columns by comma.
create table if not exists sim_saved_search (
  id text primary key not null,
  record text not null,
  condition text not null,
  columns text not null
) without rowid;

insert or ignore into sim_display (source, id, name)
values ('approvalstatus', 1, 'Pending Approval'), ('approvalstatus', 2, 'Approved'), ('approvalstatus', 3, 'Rejected'),
       ('commitinventory', 1, 'Available Qty'), ('commitinventory', 2, 'Complete Qty'), ('commitinventory', 3, 'Do Not Commit');
