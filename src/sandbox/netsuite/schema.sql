-- The account behind the simulator, under NetSuite's own table and column names: items, stock and the company itself.
--
-- The declared type carries the meaning SuiteQL needs: "datetime text" is a UTC stamp 'YYYY-MM-DD HH:MM:SS', "date text" a pure date,
-- "flag text" is 'T' or 'F'. Absent text is null, never an empty string. Tables called sim_* belong to the simulator and cannot be queried.

create table if not exists dual (dummy text);
insert into dual (dummy) select 'X' where not exists (select 1 from dual);

create table if not exists item (
  id integer primary key not null,
  itemid text not null,
  fullname text,
  displayname text,
  itemtype text not null,
  subtype text,
  description text,
  purchasedescription text,
  stockdescription text,
  featureddescription text,
  storedisplayname text,
  storedescription text,
  storedetaileddescription text,
  storedisplayimage integer,
  storedisplaythumbnail integer,
  upccode text,
  mpn text,
  manufacturer text,
  vendorname text,
  countryofmanufacture text,
  weight numeric,
  weightunit integer,
  class integer,
  department integer,
  location integer,
  preferredlocation integer,
  subsidiary text,
  includechildren flag text,
  parent integer,
  matrixtype text,
  externalid text,
  isinactive flag text default 'F',
  isonline flag text default 'F',
  isfulfillable flag text,
  isdropshipitem flag text,
  isspecialorderitem flag text,
  islotitem flag text,
  isserialitem flag text,
  unitstype integer,
  stockunit integer,
  saleunit integer,
  purchaseunit integer,
  minimumquantity numeric,
  maximumquantity numeric,
  enforceminqtyinternally flag text,
  pricinggroup integer,
  quantitypricingschedule integer,
  overallquantitypricingtype text,
  usemarginalrates flag text,
  dontshowprice flag text,
  nopricemessage text,
  outofstockbehavior text,
  cost numeric,
  averagecost numeric,
  lastpurchaseprice numeric,
  totalquantityonhand numeric,
  urlcomponent text,
  pagetitle text,
  searchkeywords text,
  createddate datetime text,
  lastmodifieddate datetime text,
  custitem_color integer,
  custitem_size integer,
  custitem_image_url text,
  custitem_b2b flag text,
  matrixoptioncustitem_color integer,
  matrixoptioncustitem_size integer
);
create unique index if not exists item_externalid on item (externalid);
create index if not exists item_itemid on item (itemid);
create index if not exists item_parent on item (parent);
create index if not exists item_lastmodifieddate on item (lastmodifieddate);

create table if not exists itemsubsidiarymap (
  item integer not null,
  subsidiary integer not null,
  primary key (item, subsidiary)
) without rowid;

-- quantity is the number of the break column; currency shows only in accounts that have the column.
create table if not exists pricing (
  internalid integer primary key not null,
  item integer not null,
  pricelevel integer not null,
  quantity integer not null,
  priceqty numeric,
  saleunit integer,
  unitprice numeric,
  currency integer
);
create unique index if not exists pricing_item on pricing (item, pricelevel, quantity, saleunit, currency);

create table if not exists itemquantity (
  item integer not null,
  seqnum integer not null,
  mincount numeric,
  maxcount numeric,
  primary key (item, seqnum)
) without rowid;

create table if not exists pricelevel (
  id integer primary key not null,
  name text,
  discountpct numeric,
  isonline flag text,
  isinactive flag text,
  updateexistingprices flag text,
  externalid text,
  lastmodifieddate datetime text
);

-- The price sublist of an item: the first break column of each level.
create view if not exists itemprice as
  select p.item, p.pricelevel, l.name as pricelevelname, p.unitprice as price, l.isinactive
  from pricing p left join pricelevel l on l.id = p.pricelevel
  where p.quantity = 1;

create table if not exists quantitypricingschedule (
  id integer primary key not null,
  name text,
  basediscount numeric,
  isinactive flag text,
  overallquantitypricingtype text,
  unitstype integer,
  unit integer,
  usemarginalrates flag text
);

create table if not exists file (
  id integer primary key not null,
  name text,
  folder integer,
  description text,
  filesize numeric,
  url text,
  isonline flag text,
  isinactive flag text,
  islink flag text,
  bundleable flag text,
  hideinbundle flag text,
  addtimestamptourl flag text,
  lastmodifieddate datetime text
);

create table if not exists unitstype (
  id integer primary key not null,
  name text
);

create table if not exists customfield (
  internalid integer primary key not null,
  scriptid text,
  name text,
  fieldtype text,
  fieldvaluetype text,
  fieldvaluetyperecord integer,
  recordtype integer,
  owner integer,
  description text,
  ismandatory flag text,
  isstored flag text,
  isshowinlist flag text,
  lastmodifieddate datetime text
);

create table if not exists kititemmember (
  parentitem integer not null,
  item integer not null,
  quantity numeric,
  linenumber integer not null,
  primary key (parentitem, linenumber)
) without rowid;
create index if not exists kititemmember_item on kititemmember (item);

create table if not exists assemblyitemmember (
  parentitem integer not null,
  item integer not null,
  quantity numeric,
  memberunit integer,
  linenumber integer not null,
  itemsource text,
  primary key (parentitem, linenumber)
) without rowid;

create table if not exists aggregateitemlocation (
  item integer not null,
  location integer not null,
  quantityonhand numeric,
  quantityavailable numeric,
  quantitycommitted numeric,
  quantityonorder numeric,
  quantitybackordered numeric,
  quantityintransit numeric,
  reorderpoint numeric,
  preferredstocklevel numeric,
  safetystocklevel numeric,
  leadtime numeric,
  averagecostmli numeric,
  lastpurchasepricemli numeric,
  onhandvaluemli numeric,
  lastquantityavailablechange datetime text,
  lastmodifieddate datetime text,
  primary key (item, location)
) without rowid;
create index if not exists aggregateitemlocation_change on aggregateitemlocation (lastquantityavailablechange);

-- Plain inventory items only; lot, serial and assembly stock is not visible through this one.
create view if not exists inventoryitemlocations as
  select a.item, a.location, a.quantityonhand, a.quantityavailable, a.quantitycommitted, a.quantityonorder,
         a.quantitybackordered, a.averagecostmli, a.lastpurchasepricemli, a.onhandvaluemli,
         null as costaccountingstatus, a.lastquantityavailablechange
  from aggregateitemlocation a join item i on i.id = a.item
  where i.itemtype = 'InvtPart' and coalesce(i.islotitem, 'F') = 'F' and coalesce(i.isserialitem, 'F') = 'F';

create table if not exists location (
  id integer primary key not null,
  name text,
  fullname text,
  parent integer,
  subsidiary text,
  isinactive flag text,
  makeinventoryavailable flag text,
  makeinventoryavailablestore flag text,
  locationtype integer,
  usebins flag text,
  mainaddress integer,
  returnaddress integer,
  tranprefix text,
  latitude numeric,
  longitude numeric,
  defaultallocationpriority numeric,
  includeinsupplyplanning flag text,
  externalid text,
  lastmodifieddate datetime text
);

create table if not exists subsidiary (
  id integer primary key not null,
  name text,
  fullname text,
  legalname text,
  country text,
  state text,
  currency integer,
  email text,
  parent integer,
  mainaddress integer,
  isinactive flag text,
  iselimination flag text,
  externalid text,
  lastmodifieddate datetime text
);

create table if not exists currency (
  id integer primary key not null,
  symbol text,
  name text,
  displaysymbol text,
  currencyprecision integer,
  exchangerate numeric,
  isbasecurrency flag text,
  isinactive flag text,
  externalid text,
  lastmodifieddate datetime text
);

create table if not exists classification (
  id integer primary key not null,
  name text,
  fullname text,
  parent integer,
  subsidiary text,
  isinactive flag text,
  externalid text,
  lastmodifieddate datetime text
);

create table if not exists department (
  id integer primary key not null,
  name text,
  subsidiary text,
  isinactive flag text,
  externalid text
);

create table if not exists employee (
  id integer primary key not null,
  entityid text,
  firstname text,
  lastname text,
  email text,
  issalesrep flag text,
  supervisor integer,
  subsidiary integer,
  department integer,
  isinactive flag text,
  externalid text,
  lastmodifieddate datetime text
);

create table if not exists term (
  id integer primary key not null,
  name text,
  daysuntilnetdue numeric,
  isinactive flag text,
  lastmodifieddate datetime text
);

create table if not exists companyfeaturesetup (
  id text primary key not null,
  name text,
  isavailable flag text,
  isactive flag text
);

create table if not exists deletedrecord (
  recordid integer not null,
  recordtypeid integer not null,
  scriptid text not null,
  name text,
  type text,
  context text,
  deletedby integer,
  deleteddate datetime text,
  iscustomlist flag text,
  iscustomrecord flag text,
  iscustomtransaction flag text,
  primary key (recordid, recordtypeid, scriptid)
);
create index if not exists deletedrecord_deleteddate on deletedrecord (deleteddate);

-- Display texts of selects that have no table of their own: units, pricing groups and the account's custom lists, by column name.
create table if not exists sim_display (
  source text not null,
  id integer not null,
  name text not null,
  primary key (source, id)
) without rowid;
insert or ignore into sim_display (source, id, name)
values ('weightunit', 1, 'lb'), ('weightunit', 2, 'oz'), ('weightunit', 3, 'kg'), ('weightunit', 4, 'g');
