//! The goods for sale: matrix families, single items, sub-items, assemblies and kits in steady proportions.
//!
//! The catalogue is made in batches of a hundred, each a small catalogue of its own, so that a range of ids holds every
//! kind of item whatever the size asked for, and nothing has to be remembered from one batch to the next.

use super::books::{Books, Item, Matrix, Units};
use super::figures::{Age, BASE, Price, Scheme, Stock, list_price, to_five_cents};
use super::sequence::Sequence;
use super::vocabulary::{
    ASSEMBLY_LINES, COLORS, KIT_LINES, Line, MATRIX_LINES, MatrixLine, PARTS, PLAIN_LINES, SIZES, Turn, by_id,
};

const BATCH: usize = 100;

/// Every sixteenth family is discontinued, this one first; few enough to stay under a fuse on switching items off.
const DISCONTINUED: usize = 9;

/// Items outside the kinds a catalogue takes: number, name, kind, subtype, price in cents (zero: none). The first is a
/// component of kits.
const EXTRAS: &[(&str, &str, &str, Option<&str>, i64)] = &[
    ("GIFT-WRAP", "Gift Wrap and Ribbon", "NonInvtPart", Some("Sale"), 450),
    ("SWATCHES", "Fabric Swatch Book", "NonInvtPart", Some("Resale"), 1_200),
    ("DESIGN-HOUR", "Design Consultation, One Hour", "Service", Some("Sale"), 9_500),
    ("ORDER-DISCOUNT", "Order Discount", "Discount", None, 0),
    ("HANDLING", "Handling", "OthCharge", Some("Sale"), 750),
    ("MISC-ITEM", "Item Not in the Catalog Yet", "NonInvtPart", Some("Sale"), 0),
];

/// An active item that holds stock, as a kit may contain it.
struct Component {
    id: i64,
    cents: i64,
}

/// The catalogue in the making: how far each set of lines has been used, and what this batch offers to kits.
struct Assortment<'b, 'c> {
    books: &'b mut Books<'c>,
    sequence: Sequence,
    families: usize,
    plain: usize,
    assemblies: usize,
    kits: usize,
    wrap: i64,
    components: Vec<Component>,
    /// Plain items of this batch that a sub-item can hang on: id, number, name.
    hooks: Vec<(i64, String, String)>,
}

/// Writes the items outside the catalogue's kinds, then so many items for sale.
pub(super) fn stock_up(books: &mut Books<'_>, wanted: usize) -> rusqlite::Result<()> {
    let mut sequence = Sequence::new(0x6e65_7477_697a);
    let wrap = extras(books, &mut sequence)?;
    let mut assortment = Assortment {
        books,
        sequence,
        families: 0,
        plain: 0,
        assemblies: 0,
        kits: 0,
        wrap,
        components: Vec::new(),
        hooks: Vec::new(),
    };
    let mut left = wanted;
    while left > 0 {
        let size = left.min(BATCH);
        assortment.batch(size)?;
        left -= size;
    }
    Ok(())
}

/// Writes [`EXTRAS`] and returns the id of the first.
fn extras(books: &mut Books<'_>, sequence: &mut Sequence) -> rusqlite::Result<i64> {
    let mut first = None;
    for &(number, name, kind, subtype, cents) in EXTRAS {
        let mut item = Item::new(books.next_id(), number.to_owned(), kind, Age::draw(sequence));
        item.name = Some(name.to_owned());
        item.subtype = subtype;
        item.subsidiaries = &[1, 2];
        if cents > 0 {
            item.prices = vec![Price { level: BASE, band: 1, cents }];
        }
        books.enter(&item)?;
        first.get_or_insert(item.id);
    }
    Ok(first.unwrap_or_default())
}

impl Assortment<'_, '_> {
    /// Makes one batch: of a hundred items 30 variants, 60 single items, 3 sub-items, 5 assemblies and 2 kits.
    fn batch(&mut self, size: usize) -> rusqlite::Result<()> {
        let share = |percent: usize| (size * percent + 50) / 100;
        let (variants, parts, assemblies, kits) = (share(30), share(3), share(5), share(2));
        self.components.clear();
        self.hooks.clear();
        let mut left = variants;
        while left > 0 {
            left -= self.family(left)?;
        }
        for _ in 0..size - variants - parts - assemblies - kits {
            self.single()?;
        }
        for nth in 0..parts {
            self.part(nth)?;
        }
        for _ in 0..assemblies {
            self.assembly()?;
        }
        for _ in 0..kits {
            self.kit()?;
        }
        Ok(())
    }

    /// Makes one matrix family of at most `room` members and says how many it has.
    fn family(&mut self, room: usize) -> rusqlite::Result<usize> {
        let nth = self.families;
        self.families += 1;
        let turn = Turn::among(MATRIX_LINES.len(), nth);
        let MatrixLine { line, colors, sizes } = &MATRIX_LINES[turn.line];
        let product = turn.product(line);
        let discontinued = nth % 16 == DISCONTINUED;
        let room = if discontinued { room.min(3) } else { room };

        let base = list_price(&mut self.sequence, line.dollars);
        let scheme = Scheme::draw(&mut self.sequence);
        let subsidiaries = sellers(&mut self.sequence);
        let units = units(&mut self.sequence);
        let mut parent = Item::new(self.books.next_id(), product.number.clone(), "InvtPart", Age::draw(&mut self.sequence));
        self.describe(&mut parent, line, &product.name);
        parent.name = Some(product.name.clone());
        parent.matrix = Some(Matrix::Parent);
        parent.barcode = false;
        parent.inactive = discontinued;
        parent.subsidiaries = subsidiaries;
        parent.units = units;
        parent.prices = vec![Price { level: BASE, band: 1, cents: base }];
        self.books.enter(&parent)?;

        let colors = self.some_of(colors, nth / MATRIX_LINES.len());
        let sizes = self.some_of(sizes, 0);
        let members: Vec<_> = colors.iter().flat_map(|color| sizes.iter().map(move |size| (*color, *size))).take(room).collect();
        for &(color, size) in &members {
            let mut number = product.number.clone();
            let mut name = product.name.clone();
            for value in [color.and_then(|id| by_id(COLORS, id)), size.and_then(|id| by_id(SIZES, id))].into_iter().flatten() {
                number.push_str(&format!("-{}", value.code));
                name.push_str(&format!(", {}", value.text));
            }
            let age = Age::within(&mut self.sequence, parent.age.created);
            let mut child = Item::new(self.books.next_id(), number, "InvtPart", age);
            self.describe(&mut child, line, &name);
            child.name = Some(name);
            child.family = Some(product.number.clone());
            child.parent = Some(parent.id);
            child.matrix = Some(Matrix::Child { color, size });
            child.class = parent.class;
            // A family is offered whole as a rule; now and then one member is kept back.
            child.b2b = if self.sequence.chance(4) { Some(false) } else { parent.b2b };
            child.inactive = discontinued || self.sequence.chance(1);
            child.subsidiaries = subsidiaries;
            child.units = units;
            let steps = sizes.iter().position(|other| *other == size).and_then(|steps| i64::try_from(steps).ok()).unwrap_or(0);
            child.bands = scheme.bands;
            child.prices = scheme.prices(if steps == 0 { base } else { to_five_cents(base + base * 25 * steps / 100) });
            child.stock = Stock::draw(&mut self.sequence);
            self.books.enter(&child)?;
            self.offer(&child);
        }
        Ok(members.len())
    }

    /// Chooses two to four of a line's option values, beginning at one that moves on with every round; a single empty
    /// choice when the line does not have the option.
    fn some_of(&mut self, values: &[i64], start: usize) -> Vec<Option<i64>> {
        if values.is_empty() {
            return vec![None];
        }
        let count = usize::try_from(self.sequence.between(2, 4)).unwrap_or(2).min(values.len());
        (0..count).map(|step| values.get((start + step) % values.len()).copied()).collect()
    }

    fn single(&mut self) -> rusqlite::Result<()> {
        let turn = Turn::among(PLAIN_LINES.len(), self.plain);
        self.plain += 1;
        let line = &PLAIN_LINES[turn.line];
        let product = turn.product(line);
        let mut item = Item::new(self.books.next_id(), product.number, "InvtPart", Age::draw(&mut self.sequence));
        self.describe(&mut item, line, &product.name);
        // A few items are known by their number alone.
        item.name = (!self.sequence.chance(3)).then(|| product.name.clone());
        item.color = self.sequence.chance(20).then(|| self.sequence.pick(COLORS).id);
        item.inactive = self.sequence.chance(2);
        self.price_and_stock(&mut item, line);
        self.books.enter(&item)?;
        self.offer(&item);
        if !item.inactive {
            self.hooks.push((item.id, item.number, product.name));
        }
        Ok(())
    }

    /// Makes a part of a single item as a plain sub-item: its number is a path, and no matrix is involved.
    fn part(&mut self, nth: usize) -> rusqlite::Result<()> {
        // Each single item carries one part at most; a batch has far more single items than parts.
        let Some((parent, above, name)) = self.hooks.get(nth * 7).cloned() else { return Ok(()) };
        let (code, noun) = *self.sequence.pick(PARTS);
        let line = Line { code: "PART", noun, class: 44, dollars: (4, 18), weight: (1, 8) };
        let number = format!("{above} : {above}-{code}");
        let mut item = Item::new(self.books.next_id(), number, "InvtPart", Age::draw(&mut self.sequence));
        let name = format!("{name}, {noun}");
        self.describe(&mut item, &line, &name);
        item.name = Some(name);
        item.parent = Some(parent);
        self.price_and_stock(&mut item, &line);
        self.books.enter(&item)?;
        self.offer(&item);
        Ok(())
    }

    fn assembly(&mut self) -> rusqlite::Result<()> {
        let turn = Turn::among(ASSEMBLY_LINES.len(), self.assemblies);
        self.assemblies += 1;
        let line = &ASSEMBLY_LINES[turn.line];
        let product = turn.product(line);
        let mut item = Item::new(self.books.next_id(), product.number, "Assembly", Age::draw(&mut self.sequence));
        self.describe(&mut item, line, &product.name);
        item.name = Some(product.name);
        self.price_and_stock(&mut item, line);
        self.books.enter(&item)
    }

    /// Makes a kit of this batch's items, at nine tenths of what its components cost apart.
    fn kit(&mut self) -> rusqlite::Result<()> {
        if self.components.is_empty() {
            return Ok(());
        }
        let nth = self.kits;
        self.kits += 1;
        let turn = Turn::among(KIT_LINES.len(), nth);
        let line = &KIT_LINES[turn.line];
        let product = turn.product(line);
        let mut item = Item::new(self.books.next_id(), product.number, "Kit", Age::draw(&mut self.sequence));
        self.describe(&mut item, line, &product.name);
        item.name = Some(product.name);

        let mut parts = Vec::new();
        let mut cents = 0;
        let last = self.components.len() - 1;
        let first = usize::try_from(self.sequence.between(0, i64::try_from(last).unwrap_or(0))).unwrap_or(0);
        let kinds = usize::try_from(self.sequence.between(2, 4)).unwrap_or(2);
        for component in self.components.iter().cycle().skip(first).take(kinds.min(last + 1)) {
            let quantity = *self.sequence.pick(&[1, 1, 1, 2, 4]);
            cents += component.cents * quantity;
            parts.push((component.id, quantity));
        }
        if nth % 5 == 1 {
            // The same component on a second line, so that its quantities have to be added up first.
            parts.extend(parts.first().copied());
        }
        if nth.is_multiple_of(2) {
            parts.push((self.wrap, 1));
        }
        item.prices = Scheme::draw(&mut self.sequence).prices(to_five_cents(cents * 9 / 10));
        // Bands are an agreement about single items; a kit has one price a level.
        item.prices.retain(|price| price.band == 1);
        self.books.enter(&item)?;
        self.books.assemble(item.id, &parts)
    }

    /// Fills in what every item for sale may have: texts, pictures, class, weight, units, sellers.
    fn describe(&mut self, item: &mut Item, line: &Line, name: &str) {
        let sequence = &mut self.sequence;
        let made = *sequence.pick(&["hand finished", "made to last", "a house favorite", "new this season", "packed with care"]);
        item.description = sequence.chance(90).then(|| format!("{name}: {made}."));
        item.detail = sequence.chance(75).then(|| {
            let name = name.replace('&', "&amp;");
            format!("<p><strong>{name}</strong>, {made}.</p><p>Ships from stock &ndash; guaranteed for two years.</p>")
        });
        item.pictured = sequence.chance(82);
        item.image = sequence.chance(25).then(|| sequence.chance(65));
        item.barcode = sequence.chance(92);
        item.class = (!sequence.chance(2)).then_some(line.class);
        item.subsidiaries = sellers(sequence);
        item.weight = sequence.chance(95).then(|| sequence.between(line.weight.0, line.weight.1));
        item.units = units(sequence);
        item.minimum = sequence.chance(10).then(|| *sequence.pick(&[2, 4, 6, 12]));
        item.b2b = match sequence.between(1, 100) {
            1..=90 => Some(true),
            91..=97 => Some(false),
            _ => None,
        };
    }

    fn price_and_stock(&mut self, item: &mut Item, line: &Line) {
        let base = list_price(&mut self.sequence, line.dollars);
        let scheme = Scheme::draw(&mut self.sequence);
        item.bands = scheme.bands;
        item.prices = scheme.prices(base);
        item.stock = Stock::draw(&mut self.sequence);
    }

    /// Lets kits of this batch contain the item, if it can be sold.
    fn offer(&mut self, item: &Item) {
        if !item.inactive {
            self.components.push(Component { id: item.id, cents: item.base_cents() });
        }
    }
}

fn sellers(sequence: &mut Sequence) -> &'static [i64] {
    match sequence.between(1, 100) {
        1..=60 => &[1],
        61..=96 => &[1, 2],
        _ => &[2],
    }
}

fn units(sequence: &mut Sequence) -> Option<Units> {
    match sequence.between(1, 100) {
        1..=80 => Some(Units { stock: 1, sale: 1 }),
        81..=86 => Some(Units { stock: 2, sale: 2 }),
        _ => None,
    }
}
