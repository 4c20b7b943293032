//! The names of the sandbox's customers: places, trades, people, streets and cities.

/// First halves of company names. One has an accent, one an ampersand on purpose.
pub(super) const PLACES: &[&str] = &[
    "Willow Lane",
    "North Quay",
    "Cedar & Stone",
    "Bluebird",
    "Old Mill",
    "Harvest Moon",
    "Lakeside",
    "Copper Kettle",
    "Maple Row",
    "Ivy House",
    "Café Lumière",
    "Stonebridge",
    "Sunny Slope",
    "Juniper Hill",
    "White Oak",
    "Fern Hollow",
    "Golden Gate",
    "Riverbend",
    "Salt Marsh",
    "Three Pines",
    "Amber Light",
    "Rose Garden",
    "Iron Horse",
    "Sea Glass",
    "Prairie Wind",
    "Silver Birch",
    "Meadowlark",
    "Foxglove",
    "Lantern Street",
    "Tall Timber",
    "Orchard Park",
];

/// Second halves of company names.
pub(super) const TRADES: &[&str] = &[
    "Home",
    "Interiors",
    "Gifts",
    "Living",
    "Mercantile",
    "Design Studio",
    "Trading Co.",
    "Hotels",
    "Supply",
    "Decor",
    "Furnishings",
    "Collective",
    "Outfitters",
];

/// First names.
pub(super) const FIRST_NAMES: &[&str] = &[
    "Ada", "Bram", "Carla", "Dmitri", "Elena", "Finn", "Grace", "Hugo", "Ines", "Jonas", "Keiko", "Liam", "Maya", "Nils", "Olga",
    "Priya", "Quinn", "Rosa", "Sven", "Tara", "Umar", "Vera", "Wes", "Yara", "Zoë",
];

/// Last names; one has an apostrophe on purpose.
pub(super) const LAST_NAMES: &[&str] = &[
    "Adler", "Baker", "Castillo", "Dekker", "Eriksen", "Fischer", "Grant", "Hughes", "Ito", "Jansen", "Keller", "Lopez",
    "Moreau", "Nguyen", "O'Brien", "Petrov", "Quist", "Rossi", "Singh", "Turner", "Unger", "Vos", "Weber", "Young", "Zeman",
];

/// What contacts do.
pub(super) const TITLES: &[&str] = &["Buyer", "Owner", "Store Manager", "Accounts Payable", "Designer"];

/// Streets.
pub(super) const STREETS: &[&str] = &[
    "Alder Street",
    "Bay Road",
    "Canal Street",
    "Division Avenue",
    "Elm Court",
    "Front Street",
    "Glen Road",
    "Harbor Drive",
    "Island Avenue",
    "Kings Road",
    "Lincoln Way",
    "Market Street",
];

/// City, state, postal code and country.
pub(super) type City = (&'static str, &'static str, &'static str, &'static str);

/// Cities the first subsidiary ships to.
pub(super) const CITIES_AT_HOME: &[City] = &[
    ("Portland", "OR", "97205", "US"),
    ("Seattle", "WA", "98101", "US"),
    ("San Francisco", "CA", "94107", "US"),
    ("Boise", "ID", "83702", "US"),
    ("Denver", "CO", "80202", "US"),
    ("Austin", "TX", "78701", "US"),
    ("Chicago", "IL", "60607", "US"),
    ("Brooklyn", "NY", "11201", "US"),
    ("Vancouver", "BC", "V6B 1A1", "CA"),
];

/// Cities the second subsidiary ships to.
pub(super) const CITIES_ABROAD: &[City] = &[
    ("Amsterdam", "", "1012 AB", "NL"),
    ("Utrecht", "", "3511 AA", "NL"),
    ("Antwerpen", "", "2000", "BE"),
    ("Köln", "", "50667", "DE"),
    ("København", "", "1050", "DK"),
    ("Lyon", "", "69002", "FR"),
];

/// Reduces a name to what an address on the net may hold.
pub(super) fn slug(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}
