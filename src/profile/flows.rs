//! The flows of a profile: which there are, and how its settings make them.

use crate::config::{ConflictWinner, Extension, InactiveItems, ItemType, MandatoryField, Settings};
use crate::entities::catalogs::Catalogs;
use crate::entities::credit_memos::CreditMemos;
use crate::entities::customers::{self, Customers, PushCustomers, PushSettings};
use crate::entities::documents::Scope;
use crate::entities::estimates;
use crate::entities::inventory::{self, Inventory};
use crate::entities::invoices::Invoices;
use crate::entities::orders::{self, Orders};
use crate::entities::payments::{self, Payments};
use crate::entities::products::{self, Products};
use crate::entities::sales;
use crate::entities::shipments::Shipments;
use crate::error::{Error, ErrorKind, Result};
use crate::model::merge::Side;
use crate::model::{Direction, EntityKind};
use crate::netsuite::suiteql;
use crate::sync::report::{FlowReport, Reported};
use crate::sync::{Engine, Flows, Running, Task};

/// All flows, in the order in which they run: parents before those that refer to them, and what was made in WizCommerce before
/// NetSuite's side of the same entity, so that a record that both sides have is met and not made twice.
pub const FLOWS: [(EntityKind, Direction); 12] = [
    (EntityKind::Products, Direction::Pull),
    (EntityKind::Kits, Direction::Pull),
    (EntityKind::Inventory, Direction::Pull),
    (EntityKind::Customers, Direction::Push),
    (EntityKind::Customers, Direction::Pull),
    (EntityKind::Orders, Direction::Push),
    (EntityKind::Orders, Direction::Pull),
    (EntityKind::Estimates, Direction::Push),
    (EntityKind::Payments, Direction::Push),
    (EntityKind::Shipments, Direction::Pull),
    (EntityKind::Invoices, Direction::Pull),
    (EntityKind::CreditMemos, Direction::Pull),
];

/// The flows that a profile's settings make.
pub struct ProfileFlows<'s> {
    settings: &'s Settings,
}

impl<'s> ProfileFlows<'s> {
    /// Makes the flows of a profile.
    pub const fn new(settings: &'s Settings) -> Self {
        Self { settings }
    }
}

impl Flows for ProfileFlows<'_> {
    fn run<'r, 'e: 'r>(&'r self, engine: &'r mut Engine<'e>, entity: EntityKind, task: &'r Task) -> Running<'r> {
        Box::pin(async move {
            let settings = self.settings;
            Ok(match entity {
                EntityKind::Products => Box::pin(engine.run(&mut products(settings)?, task)).await,
                EntityKind::Kits if !settings.products.types.contains(&ItemType::Kit) => {
                    idle(entity, Direction::Pull, "`products.types` does not name kits, so there are none to bring")
                }
                EntityKind::Kits => Box::pin(engine.run(&mut kits(settings)?, task)).await,
                EntityKind::Inventory => Box::pin(engine.run(&mut inventory(settings), task)).await,
                EntityKind::Customers => Box::pin(engine.run(&mut customers(settings)?, task)).await,
                EntityKind::Orders => Box::pin(engine.run(&mut orders(settings), task)).await,
                EntityKind::Shipments => Box::pin(engine.run(&mut Shipments::new(scope(settings)), task)).await,
                EntityKind::Invoices => Box::pin(engine.run(&mut Invoices::new(scope(settings)), task)).await,
                EntityKind::CreditMemos if !settings.wizcommerce.has(Extension::CreditMemos) => {
                    let why = "WizCommerce has no place for them: switch the extension `credit-memos` on where it has";
                    idle(entity, Direction::Pull, why)
                }
                EntityKind::CreditMemos => {
                    let path = settings.wizcommerce.extension_paths.credit_memos.clone();
                    Box::pin(engine.run(&mut CreditMemos::new(scope(settings), path), task)).await
                }
                other => return Err(unavailable(other, Direction::Pull)),
            })
        })
    }

    fn push<'r, 'e: 'r>(&'r self, engine: &'r mut Engine<'e>, entity: EntityKind, task: &'r Task) -> Running<'r> {
        Box::pin(async move {
            let settings = self.settings;
            Ok(match entity {
                EntityKind::Customers => Box::pin(engine.push(&mut push_customers(settings)?, task)).await,
                EntityKind::Orders => Box::pin(engine.push(&mut orders::push::flow(order_sales(settings)), task)).await,
                EntityKind::Estimates if !settings.wizcommerce.has(Extension::Quotes) => {
                    idle(entity, Direction::Push, "WizCommerce has no quotes: switch the extension `quotes` on where it has")
                }
                EntityKind::Estimates => {
                    let path = settings.wizcommerce.extension_paths.quotes.clone();
                    Box::pin(engine.push(&mut estimates::flow(estimate_sales(settings), path), task)).await
                }
                EntityKind::Payments if !settings.payments.push => {
                    idle(entity, Direction::Push, "`payments.push` is off, so none become deposits")
                }
                EntityKind::Payments => Box::pin(engine.push(&mut payments(settings), task)).await,
                other => return Err(unavailable(other, Direction::Push)),
            })
        })
    }
}

/// Says that records of an entity do not go that way.
fn unavailable(entity: EntityKind, direction: Direction) -> Error {
    let (from, to) = match direction {
        Direction::Pull => ("NetSuite", "WizCommerce"),
        Direction::Push => ("WizCommerce", "NetSuite"),
    };
    let names = FLOWS.iter().filter(|(_, known)| *known == direction).map(|(entity, _)| entity.name());
    Error::new(ErrorKind::Usage, format!("{entity} do not go from {from} to {to}"))
        .hint(format!("what does: {}", names.collect::<Vec<_>>().join(", ")))
}

/// Makes the report of an entity that a profile has no use for.
fn idle(entity: EntityKind, direction: Direction, why: &str) -> Reported {
    (FlowReport::idle(entity.name(), direction.name(), format!("{entity}: {why}")), None)
}

/// Finds out what the settings alone can tell to be wrong with an entity, before anybody is asked.
///
/// # Errors
///
/// When the entity has no flow, or its settings make none.
pub fn check(settings: &Settings, entity: EntityKind, direction: Direction) -> Result<()> {
    match entity {
        _ if !FLOWS.contains(&(entity, direction)) => Err(unavailable(entity, direction)),
        EntityKind::Products | EntityKind::Kits => products(settings).map(|_| ()),
        EntityKind::Customers => customers(settings).map(|_| ()),
        _ => Ok(()),
    }
}

fn catalogs(settings: &Settings) -> Catalogs {
    let lists = settings.catalogs.price_lists.iter();
    let mapped = lists.map(|(key, list)| (key.price_level.clone(), key.currency.clone(), list.clone())).collect();
    Catalogs::new(mapped, settings.catalogs.default.clone())
}

fn product_settings(settings: &Settings) -> Result<products::Settings> {
    let section = &settings.products;
    if settings.catalogs.price_lists.is_empty() {
        return Err(Error::new(ErrorKind::Config, "no price level is mapped to a price list")
            .hint("map at least the base price under `[profile.<name>.catalogs]`, e.g. `\"1\" = \"BASE\"`"));
    }
    let filter = section.filter.as_deref().map(|text| suiteql::predicate("products.where", text, "i")).transpose()?;
    Ok(products::Settings {
        types: section.types.iter().map(|kind| kind.word().to_owned()).collect(),
        filter,
        saved_search: section.saved_search.clone(),
        subsidiaries: settings.netsuite.subsidiaries.clone(),
        variants: section.variants,
        image_columns: section.image_columns.clone(),
        attributes: section.attributes.clone(),
        inactive_only_linked: section.inactive == InactiveItems::Linked,
        category_column: section.category_column.clone(),
        catalogs: catalogs(settings),
        component_field: settings.wizcommerce.has(Extension::Kits),
        app_url: format!("https://{}.app.netsuite.com", settings.netsuite.account.host()),
    })
}

/// Makes the products flow.
///
/// # Errors
///
/// When the configured condition is not one that may be sent, or no price level is mapped.
pub fn products(settings: &Settings) -> Result<Products> {
    product_settings(settings).map(Products::new)
}

fn kits(settings: &Settings) -> Result<Products> {
    product_settings(settings).map(Products::kits)
}

/// Makes the inventory flow.
pub fn inventory(settings: &Settings) -> Inventory {
    let paths = &settings.wizcommerce.extension_paths;
    Inventory::new(inventory::Settings {
        locations: settings.inventory.locations.clone(),
        batch_size: usize::from(settings.inventory.batch_size),
        warehouses: settings
            .wizcommerce
            .has(Extension::WarehouseInventories)
            .then(|| (paths.warehouses.clone(), paths.warehouse_inventories.clone())),
        kits: settings.products.types.contains(&ItemType::Kit),
    })
}

fn customers(settings: &Settings) -> Result<Customers> {
    let section = &settings.customers;
    let filter = section.filter.as_deref().map(|text| suiteql::predicate("customers.where", text, "c")).transpose()?;
    let required = section.required.iter().map(|field| match field {
        MandatoryField::Address => "address",
        MandatoryField::Contact => "contact",
        MandatoryField::Terms => "terms",
    });
    Ok(Customers::new(customers::Settings {
        filter,
        saved_search: section.saved_search.clone(),
        subsidiaries: settings.netsuite.subsidiaries.clone(),
        required: required.collect(),
        winner: match section.conflict {
            ConflictWinner::NetSuite => Some(Side::NetSuite),
            ConflictWinner::WizCommerce => Some(Side::WizCommerce),
            ConflictWinner::Latest => None,
        },
        attributes: section.attributes.iter().map(|(name, column)| (name.clone(), column.to_ascii_lowercase())).collect(),
        catalogs: catalogs(settings),
        reps: settings.sales_reps.emails.clone(),
        default_rep: settings.sales_reps.default.clone(),
    }))
}

fn push_customers(settings: &Settings) -> Result<PushCustomers> {
    let own = PushSettings { create_fields: settings.customers.create_fields.clone() };
    Ok(PushCustomers::new(customers(settings)?, own))
}

fn orders(settings: &Settings) -> Orders {
    Orders::new(orders::Settings {
        scope: scope(settings),
        statuses: settings.orders.pull_statuses.iter().map(|status| status.word().to_owned()).collect(),
        catalogs: catalogs(settings),
    })
}

fn order_sales(settings: &Settings) -> sales::Settings {
    sales::Settings { initial_status: Some(settings.orders.initial_status.word()), ..sales(settings) }
}

fn estimate_sales(settings: &Settings) -> sales::Settings {
    sales::Settings { create_fields: settings.estimates.create_fields.clone(), ..sales(settings) }
}

fn sales(settings: &Settings) -> sales::Settings {
    let section = &settings.orders;
    sales::Settings {
        zone: settings.netsuite.timezone.clone(),
        start_date: section.start_date.map(|date| date.to_string()),
        initial_status: None,
        discount_item: section.discount_item.clone(),
        adhoc_item: section.adhoc_item.clone(),
        charge_items: section.charge_items.clone(),
        ship_methods: section.ship_methods.listed.clone(),
        default_ship_method: section.ship_methods.default.clone(),
        attributes: section.attributes.clone(),
        create_fields: section.create_fields.clone(),
    }
}

fn payments(settings: &Settings) -> Payments {
    let section = &settings.payments;
    let wizcommerce = &settings.wizcommerce;
    Payments::new(payments::Settings {
        path: wizcommerce.has(Extension::Payments).then(|| wizcommerce.extension_paths.payments.clone()),
        methods: section.methods.listed.clone(),
        default_method: section.methods.default.clone(),
        account: section.account.clone(),
        create_fields: section.create_fields.clone(),
        zone: settings.netsuite.timezone.clone(),
        start_date: scope(settings).start_date,
    })
}

fn scope(settings: &Settings) -> Scope {
    Scope {
        subsidiaries: settings.netsuite.subsidiaries.clone(),
        start_date: settings.orders.start_date.map(|date| date.to_string()),
    }
}
