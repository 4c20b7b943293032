//! What was born in WizCommerce to learn troubleshooting on: each record has exactly one thing wrong with it, and its number says
//! what.

use serde_json::{Value, json};

use super::shop::{Basket, Buyer, Kind, Pick, Shop, amount, id};

/// The SKU that the order [`WAITING`] waits for: NetSuite has no such item until somebody there makes it.
pub const WANTED: &str = "LAMP-HALO-XL";
/// What a piece of it costs, in cents.
pub(super) const WANTED_PRICE: i64 = 18_900;
/// Number of the order of an item that NetSuite does not know yet (`sku_not_in_netsuite`).
pub const WAITING: &str = "PROBLEM-SKU";
/// Number of the customer without an address, a contact and terms (`missing_mandatory_fields`).
pub const INCOMPLETE: &str = "PROBLEM-INCOMPLETE";
/// Number of the customer whose e-mail address two customers of NetSuite have (`ambiguous_match`).
pub const TWICE: &str = "PROBLEM-TWICE";
/// That e-mail address.
pub(super) const SHARED_EMAIL: &str = "desk@twice.example";
/// Number of the customer in a country that NetSuite does not know (`refused_by_netsuite`).
pub const ABROAD: &str = "PROBLEM-COUNTRY";
/// Numbers of orders, of which all but the last belong to a customer without fault: of an item that is not there
/// (`sku_not_in_netsuite`), with a charge nobody mapped (`charge_unmapped`), priced in another currency than its customer's
/// (`currency_mismatch`), of an item that another subsidiary sells (`sku_not_in_netsuite`), with a discount that cannot be read
/// (`invalid_record`), and of a customer who is rejected (with that customer's reason).
pub const ORDERS: [&str; 6] =
    [WAITING, "PROBLEM-CHARGE", "PROBLEM-EURO-LIST", "PROBLEM-SELLER", "PROBLEM-DISCOUNT", "PROBLEM-FOLLOWS"];
/// Number of the quote whose external id another document of NetSuite has (`external_id_taken`).
pub const TAKEN: &str = "PROBLEM-TAKEN";
/// Numbers of payments: of an order that is rejected (with its reason), of one that was called off (`order_not_linked`), and one
/// that did not arrive (skipped).
pub const PAYMENTS: [&str; 3] = ["PROBLEM-ORDER-REJECTED", "PROBLEM-CANCELLED", "PROBLEM-PENDING"];

/// Where the ids of these records begin.
const FIRST: usize = 101;
/// Among the customers: the one without fault.
const FAULTLESS: usize = FIRST;

/// Gives the external id that the quote [`TAKEN`] would have in NetSuite.
pub(super) fn taken_external_id() -> String {
    format!("wz_es_{}", id(Kind::Quote, FIRST))
}

/// Adds them to what the shop holds.
pub(super) fn add(shop: &mut Shop) {
    customers(shop);
    orders(shop);
    quotes(shop);
    payments(shop);
}

fn customers(shop: &mut Shop) {
    for (nth, number, name, email) in [
        (FAULTLESS, "PROBLEM-ORDERS", "Buyer of the Orders to Learn On", "orders@problem.example"),
        (FIRST + 1, INCOMPLETE, "Buyer Without an Address, a Contact and Terms", "incomplete@problem.example"),
        (FIRST + 2, TWICE, "Buyer NetSuite Has Twice", SHARED_EMAIL),
        (FIRST + 3, ABROAD, "Buyer From Nowhere", "nowhere@problem.example"),
    ] {
        let rep = "ana.ruiz@netwiz.example";
        let mut customer =
            shop.customer(&Buyer { nth, number, name, email, list: "ref:WHOLESALE", rep, city: "Portland", days: 8 });
        if number == INCOMPLETE {
            for (member, nothing) in [("addresses", json!([])), ("contacts", json!([])), ("payment_term", Value::Null)] {
                customer[member] = nothing;
            }
        }
        if number == ABROAD {
            for address in customer["addresses"].as_array_mut().into_iter().flatten() {
                address["country"] = json!("ZZ");
            }
        }
        shop.insert("customers", customer);
    }
}

fn orders(shop: &mut Shop) {
    let piece: Pick = (1, 2, None);
    let basket = |lines: Vec<Pick>, more| Basket { customer: FAULTLESS, lines, more, days: 4, ..Basket::default() };
    // Two pieces of something that is not among the offers.
    let typed = |sku: &str, cents: i64, discount: Value| {
        let line = json!({ "sku": sku, "quantity": 2, "unit_price": amount(cents), "discount": discount, "is_adhoc": true });
        basket(Vec::new(), vec![("line_items", json!([line])), ("amount", amount(2 * cents))])
    };
    let charge = json!([{ "name": "Gift wrapping", "type": "charge", "amount": amount(600), "value_type": "value" }]);
    let baskets = [
        typed(WANTED, WANTED_PRICE, json!(0)),
        basket(vec![piece], vec![("additional_charges", charge)]),
        basket(vec![piece], vec![("price_list_id", json!("BASE-EUR"))]),
        typed("PROBLEM-NO-SELLER", 1_495, json!(0)),
        // Five of what, nobody said.
        typed("PROBLEM-MARGINAL", 1_450, json!(5)),
        Basket { customer: FIRST + 1, ..basket(vec![piece], Vec::new()) },
    ];
    for (nth, (basket, number)) in (FIRST..).zip(baskets.iter().zip(ORDERS)) {
        let mut order = shop.document(basket, id(Kind::Order, nth), number, "confirmed");
        shop.begin(&mut order, basket);
        shop.insert("orders", order);
    }
}

fn quotes(shop: &mut Shop) {
    let basket = Basket { customer: FAULTLESS, lines: vec![(2, 6, None)], days: 4, ..Basket::default() };
    let mut quote = shop.document(&basket, id(Kind::Quote, FIRST), TAKEN, "submitted");
    quote["expiry_date"] = json!(shop.stamp(-30 * 86_400));
    shop.insert("quotes", quote);
}

fn payments(shop: &mut Shop) {
    let order = |nth: usize| json!({ "order_id": id(Kind::Order, nth), "amount": amount(1_000) });
    for (nth, number, customer, allocations) in [
        (FIRST, PAYMENTS[0], FAULTLESS, vec![order(FIRST + 1)]),
        // The order that was called off is of the first customer.
        (FIRST + 1, PAYMENTS[1], 1, vec![order(9)]),
        (FIRST + 2, PAYMENTS[2], FAULTLESS, Vec::new()),
    ] {
        let mut payment = shop.payment(nth, number, customer, 1_000, "VISA", &allocations);
        if number == PAYMENTS[2] {
            payment["status"] = json!("PENDING");
        }
        shop.insert("payments", payment);
    }
}
