//! What hangs on a customer and has an Internal ID of its own: addresses and contacts; and how phones and long texts are sent.

use crate::entities::cut;
use crate::entities::documents::TEXT_LIMIT;
use crate::model::NetSuiteId;
use crate::netsuite::records::Row;
use crate::wizcommerce::records::Members;

/// Longest city WizCommerce takes, in characters.
const CITY_LIMIT: usize = 50;

/// The members of an address that netwiz owns; everything else in it is somebody else's.
pub(super) const ADDRESS: [&str; 11] = [
    "type",
    "address_line_1",
    "address_line_2",
    "city",
    "state",
    "country",
    "zip_code",
    "first_name",
    "last_name",
    "phone",
    "is_default",
];
/// The members of a contact that netwiz owns.
pub(super) const CONTACT: [&str; 5] = ["first_name", "last_name", "email", "phone", "designation"];

/// An address or a contact as it should be.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// Its Internal ID, by which it is known on the other side.
    pub(super) reference: String,
    /// What is sent: absent is empty in NetSuite, null is what netwiz has nothing to say about.
    pub(super) own: Members,
    /// Its id in WizCommerce where a link says so: people there may have given it another reference.
    pub(super) linked: Option<String>,
}

impl Part {
    fn new(id: NetSuiteId) -> Self {
        Self { reference: id.to_string(), own: Members::default(), linked: None }
    }

    fn text(&mut self, member: &str, value: Option<&str>, limit: usize) {
        if let Some(value) = value {
            self.own.set(member, &cut(value, limit));
        }
    }

    /// Finds it among the records of WizCommerce: by its link, by its reference, and for an address that nobody gave a
    /// reference of NetSuite by what it says, since a lost link must not make a second one.
    ///
    /// A link counts no more when the record carries the reference of another part: a second state file paired them otherwise, and
    /// the reference is what all of them see.
    pub(super) fn find<'r>(&self, present: &'r [Members], others: &[Self]) -> Option<&'r Members> {
        let text = |entry: &Members, member: &str| entry.text(member);
        let is_anothers = |entry: &Members| {
            let reference = text(entry, "reference_id");
            reference.as_ref() != Some(&self.reference) && others.iter().any(|other| Some(&other.reference) == reference.as_ref())
        };
        let is_linked = |entry: &&Members| self.linked.is_some() && text(entry, "id") == self.linked && !is_anothers(entry);
        let by_link = || present.iter().find(is_linked);
        let by_reference = || present.iter().find(|entry| text(entry, "reference_id").as_ref() == Some(&self.reference));
        let is_free = |entry: &&Members| {
            let (id, reference) = (text(entry, "id"), text(entry, "reference_id"));
            others
                .iter()
                .all(|other| Some(&other.reference) != reference.as_ref() && (other.linked.is_none() || other.linked != id))
        };
        let by_content = || present.iter().filter(is_free).find(|entry| self.says_the_same(entry));
        by_link().or_else(by_reference).or_else(by_content)
    }

    /// Tells whether a record says the same of what identifies it: the place of an address, the e-mail of a contact.
    fn says_the_same(&self, entry: &Members) -> bool {
        let names: &[&str] = if self.own.text("address_line_1").is_some() {
            &["address_line_1", "city", "zip_code", "first_name"]
        } else {
            &["email"]
        };
        let plain = |members: &Members, name: &str| members.text(name).unwrap_or_default().trim().to_lowercase();
        names.iter().all(|name| plain(&self.own, name) == plain(entry, name))
    }

    /// Writes the whole part, for a create.
    pub(super) fn whole(&self) -> Members {
        let mut members = self.own.clone();
        members.drop_nulls();
        members.set("reference_id", &self.reference);
        members
    }
}

/// Sets a phone number; one that cannot be told is left as it is over there, and one that is gone is absent.
pub(super) fn set_phone(members: &mut Members, text: Option<&str>, country: Option<&str>) {
    if let Some(text) = text {
        members.set("phone", &phone_of(text, country));
    }
}

/// Writes a phone number as WizCommerce takes it: digits behind a plus. What cannot be told is not sent.
pub(super) fn phone_of(text: &str, country: Option<&str>) -> Option<String> {
    // An extension is nothing a number can carry, and "(0)" is dialled only at home.
    let text = text.split(['x', 'X', ';', '/']).next().unwrap_or(text).replace("(0)", "");
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let international = text.trim().starts_with('+') && (8..=15).contains(&digits.len()) && !digits.starts_with('0');
    let american = matches!(country, Some("US" | "CA"));
    match digits.len() {
        _ if international => Some(format!("+{digits}")),
        10 if american => Some(format!("+1{digits}")),
        11 if american && digits.starts_with('1') => Some(format!("+{digits}")),
        _ => None,
    }
}

/// The addresses of a customer, and which of them are the defaults.
#[derive(Debug, Clone, Default)]
pub(super) struct AddressBook {
    /// By Internal ID.
    pub(super) addresses: Vec<Part>,
    /// The reference of the default for bills.
    pub(super) billing: Option<String>,
    /// The reference of the default for goods.
    pub(super) shipping: Option<String>,
    /// In which country the customer's own telephones are.
    pub(super) country: Option<String>,
    /// Addresses that cannot be sent: without a street or a city.
    pub(super) incomplete: usize,
}

impl AddressBook {
    /// Reads the rows of one customer's address book.
    pub(super) fn read(rows: &[&Row]) -> Self {
        let mut book = Self::default();
        let mut rows: Vec<(NetSuiteId, &Row)> = rows.iter().filter_map(|row| Some((row.id("internalid")?, *row))).collect();
        rows.sort_by_key(|(id, _)| *id);
        for (id, row) in rows {
            let (Some(street), Some(city)) = (row.text("addr1"), row.text("city")) else {
                book.incomplete += 1;
                continue;
            };
            let (billing, shipping) = (row.flag("defaultbilling"), row.flag("defaultshipping"));
            let country = row.text("country");
            let second = [row.text("addr2"), row.text("addr3")].into_iter().flatten().collect::<Vec<_>>().join(", ");
            let mut address = Part::new(id);
            address.own.set("type", if billing && !shipping { "billing" } else { "shipping" });
            address.text("address_line_1", Some(street), TEXT_LIMIT);
            address.text("address_line_2", Some(&*second).filter(|text| !text.is_empty()), TEXT_LIMIT);
            address.text("city", Some(city), CITY_LIMIT);
            address.text("state", row.text("dropdownstate").or_else(|| row.text("state")), TEXT_LIMIT);
            address.text("country", country, TEXT_LIMIT);
            address.text("zip_code", row.text("zip"), TEXT_LIMIT);
            address.text("first_name", row.text("addressee"), TEXT_LIMIT);
            address.text("last_name", row.text("attention"), TEXT_LIMIT);
            set_phone(&mut address.own, row.text("addrphone"), country);
            address.own.set("is_default", &(billing || shipping));
            if billing {
                book.billing = Some(address.reference.clone());
            }
            if shipping {
                book.shipping = Some(address.reference.clone());
            }
            if book.country.is_none() {
                book.country = country.map(str::to_owned);
            }
            book.addresses.push(address);
        }
        book
    }
}

/// The contacts of a customer.
#[derive(Debug, Clone, Default)]
pub(super) struct People {
    /// By Internal ID.
    pub(super) contacts: Vec<Part>,
    /// Contacts that cannot be sent: without an e-mail.
    pub(super) unreachable: usize,
}

impl People {
    /// Reads the active contacts of a customer. A person is their own contact.
    pub(super) fn read(customer: &Row, rows: &[&Row], country: Option<&str>) -> Self {
        let mut people = Self::default();
        let own = customer.head().filter(|_| customer.flag("isperson")).map(|id| (id, customer));
        let active = rows.iter().filter(|row| !row.flag("isinactive"));
        let mut all: Vec<(NetSuiteId, &Row)> = active.filter_map(|row| Some((row.id("contact")?, *row))).chain(own).collect();
        all.sort_by_key(|(id, _)| *id);
        for (id, row) in all {
            let Some(email) = row.text("email") else {
                people.unreachable += 1;
                continue;
            };
            let last_part = row.text("entityid").and_then(|text| text.rsplit(" : ").next());
            let mut contact = Part::new(id);
            contact.text("first_name", row.text("firstname").or(last_part).or(Some(email)), TEXT_LIMIT);
            contact.text("last_name", row.text("lastname"), TEXT_LIMIT);
            contact.own.set("email", email);
            set_phone(&mut contact.own, row.text("phone"), country);
            contact.text("designation", row.text("title"), TEXT_LIMIT);
            people.contacts.push(contact);
        }
        people
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(id: &str, reference: Option<&str>, street: &str) -> Members {
        let entry = json!({ "id": id, "reference_id": reference, "address_line_1": street });
        Members::of(&serde_json::value::to_raw_value(&entry).unwrap())
    }

    fn part(reference: i64, linked: Option<&str>, street: &str) -> Part {
        let mut part = Part { linked: linked.map(str::to_owned), ..Part::new(NetSuiteId(reference)) };
        part.text("address_line_1", Some(street), TEXT_LIMIT);
        part
    }

    #[test]
    fn a_part_is_found_by_its_link_its_reference_and_what_it_says() {
        let found = |part: &Part, present: &[Members], others: &[Part]| part.find(present, others)?.text("id");
        let mine = part(7, Some("w"), "1 Quay");
        let others = [mine.clone(), part(8, None, "2 Quay")];
        let cases = [
            (
                "by its link, whatever reference people gave it",
                vec![entry("w", Some("DOCK"), "9 Hill"), entry("x", None, "1 Quay")],
                Some("w"),
            ),
            ("by its reference", vec![entry("x", Some("7"), "9 Hill"), entry("y", None, "1 Quay")], Some("x")),
            (
                "by its reference, where its link is another part's by now",
                vec![entry("w", Some("8"), "1 Quay"), entry("x", Some("7"), "9 Hill")],
                Some("x"),
            ),
            ("by what it says", vec![entry("x", Some("8"), "1 Quay"), entry("y", None, "1 Quay")], Some("y")),
            ("not at all", vec![entry("x", Some("8"), "1 Quay"), entry("y", None, "9 Hill")], None),
        ];
        for (name, present, expected) in cases {
            assert_eq!(found(&mine, &present, &others).as_deref(), expected, "{name}");
        }
    }
}
