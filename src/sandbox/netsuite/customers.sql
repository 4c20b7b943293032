-- The account's customers: tables written as the first ones are.
--
-- Columns called sim_* belong to the simulator, like tables so called: records show them, queries do not know them.
-- A fact is stored once: what NetSuite shows in several tables is one table here and views over it.

create table if not exists customer (
  id integer primary key not null,
  entityid text,
  altname text,
  companyname text,
  isperson flag text,
  firstname text,
  middlename text,
  lastname text,
  salutation text,
  title text,
  email text,
  altemail text,
  phone text,
  altphone text,
  mobilephone text,
  homephone text,
  fax text,
  url text,
  comments text,
  category integer,
  currency integer,
  terms integer,
  pricelevel integer,
  salesrep integer,
  partner integer,
  territory integer,
  parent integer,
  externalid text,
  creditlimit numeric,
  oncredithold flag text,
  creditholdoverride text,
  balancesearch numeric,
  overduebalancesearch numeric,
  unbilledorderssearch numeric,
  defaultbillingaddress integer,
  defaultshippingaddress integer,
  entitystatus integer,
  searchstage text,
  isinactive flag text default 'F',
  shipcomplete flag text,
  shippingcarrier text,
  shippingitem integer,
  thirdpartyacct text,
  thirdpartycarrier text,
  thirdpartycountry text,
  thirdpartyzipcode text,
  language text,
  leadsource integer,
  receivablesaccount integer,
  resalenumber text,
  accountnumber text,
  emailpreference text,
  giveaccess flag text,
  defaultorderpriority numeric,
  firstorderdate date text,
  lastorderdate date text,
  firstsaledate date text,
  lastsaledate date text,
  startdate date text,
  enddate date text,
  datecreated datetime text,
  lastmodifieddate datetime text,
  subsidiary integer
);
create unique index if not exists customer_externalid on customer (externalid);
create index if not exists customer_email on customer (email);
create index if not exists customer_entityid on customer (entityid);
create index if not exists customer_parent on customer (parent);
create index if not exists customer_lastmodifieddate on customer (lastmodifieddate);

create table if not exists contact (
  id integer primary key not null,
  entityid text,
  firstname text,
  middlename text,
  lastname text,
  title text,
  company integer,
  email text,
  phone text,
  mobilephone text,
  isinactive flag text default 'F',
  sim_externalid text,
  datecreated datetime text,
  lastmodifieddate datetime text
);
create unique index if not exists contact_externalid on contact (sim_externalid);
create index if not exists contact_company on contact (company);
create index if not exists contact_lastmodifieddate on contact (lastmodifieddate);
create unique index if not exists employee_externalid on employee (externalid);

-- Entities of every kind share their ids and their external ids; a number is shown with the name unless it is the name.
create view if not exists sim_entity as
  select id, 'customer' as record, externalid,
         case when coalesce(altname, entityid) = entityid then entityid else coalesce(entityid || ' ', '') || altname end as name
  from customer
  union all select id, 'contact', sim_externalid, entityid from contact
  union all select id, 'employee', externalid, entityid from employee;
create trigger if not exists customer_entity before insert on customer
when exists (select 1 from sim_entity e where e.record <> 'customer' and e.id = new.id)
  or exists (select 1 from sim_entity e where e.record <> 'customer' and e.externalid = new.externalid)
begin select raise(abort, 'another entity has this id or external id'); end;
create trigger if not exists customer_externalid before update of externalid on customer
when exists (select 1 from sim_entity e where e.record <> 'customer' and e.externalid = new.externalid)
begin select raise(abort, 'another entity has this external id'); end;
create trigger if not exists contact_entity before insert on contact
when exists (select 1 from sim_entity e where e.record <> 'contact' and e.id = new.id)
  or exists (select 1 from sim_entity e where e.record <> 'contact' and e.externalid = new.sim_externalid)
begin select raise(abort, 'another entity has this id or external id'); end;
create trigger if not exists contact_externalid before update of sim_externalid on contact
when exists (select 1 from sim_entity e where e.record <> 'contact' and e.externalid = new.sim_externalid)
begin select raise(abort, 'another entity has this external id'); end;
create trigger if not exists employee_entity before insert on employee
when exists (select 1 from sim_entity e where e.record <> 'employee' and e.id = new.id)
  or exists (select 1 from sim_entity e where e.record <> 'employee' and e.externalid = new.externalid)
begin select raise(abort, 'another entity has this id or external id'); end;
create trigger if not exists employee_externalid before update of externalid on employee
when exists (select 1 from sim_entity e where e.record <> 'employee' and e.externalid = new.externalid)
begin select raise(abort, 'another entity has this external id'); end;

create table if not exists customersubsidiaryrelationship (
  id integer primary key not null,
  entity integer not null,
  subsidiary integer not null,
  isprimarysub flag text
);
create unique index if not exists customersubsidiaryrelationship_entity on customersubsidiaryrelationship (entity, subsidiary);

-- The few accounts that show the subsidiary on the customer show the primary one.
create trigger if not exists customersubsidiaryrelationship_primary after insert on customersubsidiaryrelationship
when new.isprimarysub = 'T'
begin update customer set subsidiary = new.subsidiary where id = new.entity; end;

create table if not exists customeraddressbook (
  internalid integer primary key not null,
  entity integer not null,
  addressbookaddress integer not null,
  label text,
  defaultbilling flag text,
  defaultshipping flag text,
  sim_isresidential flag text
);
create index if not exists customeraddressbook_entity on customeraddressbook (entity);
create index if not exists customeraddressbook_address on customeraddressbook (addressbookaddress);

create table if not exists customeraddressbookentityaddress (
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
create index if not exists customeraddressbookentityaddress_lastmodifieddate on customeraddressbookentityaddress (lastmodifieddate);

create view if not exists entityaddress as
  select nkey, addressee, attention, addr1, addr2, addr3, city, state, dropdownstate, zip, country, addrphone, addrtext, override,
         recordowner, lastmodifieddate
  from customeraddressbookentityaddress;

create table if not exists customercategory (
  id integer primary key not null,
  name text,
  externalid text
);

create table if not exists entitystatus (
  key integer primary key not null,
  name text
);

create table if not exists customeritempricing (
  customer integer not null,
  item integer not null,
  level integer,
  price numeric,
  currency integer
);
create index if not exists customeritempricing_customer on customeritempricing (customer, item);

create table if not exists customergrouppricing (
  customer integer not null,
  "group" integer not null,
  level integer
);
create index if not exists customergrouppricing_customer on customergrouppricing (customer);

create table if not exists country (
  id text primary key not null,
  name text
);
insert or ignore into country (id, name) values
  ('AT', 'Austria'), ('AU', 'Australia'), ('BE', 'Belgium'), ('CA', 'Canada'), ('CH', 'Switzerland'), ('CN', 'China'),
  ('DE', 'Germany'), ('DK', 'Denmark'), ('ES', 'Spain'), ('FR', 'France'), ('GB', 'United Kingdom'), ('IE', 'Ireland'),
  ('IN', 'India'), ('IT', 'Italy'), ('JP', 'Japan'), ('MX', 'Mexico'), ('NL', 'Netherlands'), ('NZ', 'New Zealand'),
  ('PT', 'Portugal'), ('SE', 'Sweden'), ('US', 'United States'), ('VN', 'Viet Nam');

create table if not exists state (
  shortname text not null,
  fullname text,
  country text not null,
  primary key (country, shortname)
) without rowid;
insert or ignore into state (country, shortname, fullname) values
  ('US', 'AL', 'Alabama'), ('US', 'AK', 'Alaska'), ('US', 'AZ', 'Arizona'), ('US', 'AR', 'Arkansas'), ('US', 'CA',
  'California'), ('US', 'CO', 'Colorado'), ('US', 'CT', 'Connecticut'), ('US', 'DE', 'Delaware'), ('US', 'DC', 'District
  of Columbia'), ('US', 'FL', 'Florida'), ('US', 'GA', 'Georgia'), ('US', 'HI', 'Hawaii'), ('US', 'ID', 'Idaho'), ('US',
  'IL', 'Illinois'), ('US', 'IN', 'Indiana'), ('US', 'IA', 'Iowa'), ('US', 'KS', 'Kansas'), ('US', 'KY', 'Kentucky'),
  ('US', 'LA', 'Louisiana'), ('US', 'ME', 'Maine'), ('US', 'MD', 'Maryland'), ('US', 'MA', 'Massachusetts'), ('US',
  'MI', 'Michigan'), ('US', 'MN', 'Minnesota'), ('US', 'MS', 'Mississippi'), ('US', 'MO', 'Missouri'), ('US', 'MT',
  'Montana'), ('US', 'NE', 'Nebraska'), ('US', 'NV', 'Nevada'), ('US', 'NH', 'New Hampshire'), ('US', 'NJ', 'New
  Jersey'), ('US', 'NM', 'New Mexico'), ('US', 'NY', 'New York'), ('US', 'NC', 'North Carolina'), ('US', 'ND', 'North
  Dakota'), ('US', 'OH', 'Ohio'), ('US', 'OK', 'Oklahoma'), ('US', 'OR', 'Oregon'), ('US', 'PA', 'Pennsylvania'), ('US',
  'RI', 'Rhode Island'), ('US', 'SC', 'South Carolina'), ('US', 'SD', 'South Dakota'), ('US', 'TN', 'Tennessee'), ('US',
  'TX', 'Texas'), ('US', 'UT', 'Utah'), ('US', 'VT', 'Vermont'), ('US', 'VA', 'Virginia'), ('US', 'WA', 'Washington'),
  ('US', 'WV', 'West Virginia'), ('US', 'WI', 'Wisconsin'), ('US', 'WY', 'Wyoming'), ('CA', 'AB', 'Alberta'), ('CA',
  'BC', 'British Columbia'), ('CA', 'MB', 'Manitoba'), ('CA', 'NB', 'New Brunswick'), ('CA', 'NL', 'Newfoundland and
  Labrador'), ('CA', 'NS', 'Nova Scotia'), ('CA', 'NT', 'Northwest Territories'), ('CA', 'NU', 'Nunavut'), ('CA', 'ON',
  'Ontario'), ('CA', 'PE', 'Prince Edward Island'), ('CA', 'QC', 'Quebec'), ('CA', 'SK', 'Saskatchewan'), ('CA', 'YT',
  'Yukon');
