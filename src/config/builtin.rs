//! The values nobody has to write: the defaults of every profile, and the whole profile `sandbox`.
//!
//! Both are TOML and go through the same checks as a file. Settings absent here are absent by default.

/// The name of the built-in profile.
pub(super) const SANDBOX: &str = "sandbox";

/// What a profile leaves out.
pub(super) const DEFAULTS: &str = r#"
[netsuite]
auth = "tba"
concurrency = 20
# The zone NetSuite itself starts new users in; the real one is verified against the account.
timezone = "America/Los_Angeles"
subsidiaries = []
restlet = { script = "customscript_netwiz_search", deploy = "customdeploy_netwiz_search" }

[wizcommerce]
base-url = "https://api.wizcommerce.com"
concurrency = 8
extensions = []

[wizcommerce.extension-paths]
quotes = "/v1/quotes"
payments = "/v1/payments"
credit-memos = "/v1/credit-memos"
warehouses = "/v1/warehouses"
warehouse-inventories = "/v1/warehouse-inventories"

[products]
types = ["InvtPart", "Assembly", "Kit"]
variants = true
image-columns = []
attributes = {}
inactive = "all"
price-sweep = "6h"

[customers]
required = ["address", "contact", "terms"]
conflict = "netsuite"
attributes = {}
create-fields = {}

[orders]
linked = false
initial-status = "A"
pull-statuses = ["B", "D", "E", "F", "G"]
charge-items = {}
ship-methods = {}
attributes = {}
create-fields = {}

[estimates]
create-fields = {}

[inventory]
locations = []
batch-size = 1000

[payments]
push = true
methods = {}
create-fields = {}
"#;

/// The profile that needs no file: it fits the seed of the simulators.
pub(super) const SANDBOX_PROFILE: &str = r#"
environment = "sandbox"

[netsuite]
account = "1234567_SB1"
timezone = "America/Los_Angeles"
# Replaced once the simulators run; until then no request can leave this machine.
rest-url = "http://127.0.0.1"
restlet-url = "http://127.0.0.1"

[wizcommerce]
base-url = "http://127.0.0.1"
extensions = ["quotes", "payments", "credit-memos", "warehouse-inventories", "kits"]

[products]
types = ["InvtPart", "Assembly", "Kit"]
image-columns = ["custitem_image_url"]
attributes = { "UPC" = "upccode", "Description" = "storedetaileddescription" }
category-column = "class"

[catalogs]
"1" = "BASE"
"5" = "WHOLESALE"
"6" = "DEALER"
"1:EUR" = "BASE-EUR"
"5:EUR" = "WHOLESALE-EUR"
"6:EUR" = "DEALER-EUR"
default = "BASE"

# Everybody who sells has the same address on both sides; the house account takes the rest.
[sales-reps]
default = "house@netwiz.example"

[orders]
discount-item = "1004"
charge-items = { "Handling" = "1005" }
ship-methods = { "UPS Ground" = "901", "FedEx Ground" = "902", "LTL Freight" = "903", "DHL Parcel Europe" = "904", default = "901" }

[payments]
methods = { "VISA" = "5", "CHECK" = "1", default = "4" }
"#;
