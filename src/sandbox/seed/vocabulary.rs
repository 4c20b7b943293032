//! The words of the sandbox's trade: lines of home goods, collections, colours, sizes and product classes.

/// One line of goods; a collection's name and a line together name one product.
pub(super) struct Line {
    /// First part of every item number of the line.
    pub(super) code: &'static str,
    /// What the product is called, after the collection's name.
    pub(super) noun: &'static str,
    /// Id in [`CLASSES`].
    pub(super) class: i64,
    /// Cheapest and dearest list price, in whole dollars.
    pub(super) dollars: (i64, i64),
    /// Lightest and heaviest weight, in tenths of a pound.
    pub(super) weight: (i64, i64),
}

/// A line made in several colours, sizes or both: every product of it is a matrix family.
pub(super) struct MatrixLine {
    /// The line itself.
    pub(super) line: Line,
    /// Ids in [`COLORS`]; empty when the line does not vary by colour.
    pub(super) colors: &'static [i64],
    /// Ids in [`SIZES`]; empty when the line does not vary by size.
    pub(super) sizes: &'static [i64],
}

/// One value of a custom list: its id, its part of an item number, and the text people read.
pub(super) struct ListValue {
    /// Id within the list.
    pub(super) id: i64,
    /// Part of the item number.
    pub(super) code: &'static str,
    /// Display text.
    pub(super) text: &'static str,
}

const fn value(id: i64, code: &'static str, text: &'static str) -> ListValue {
    ListValue { id, code, text }
}

const fn line(code: &'static str, noun: &'static str, class: i64, dollars: (i64, i64), weight: (i64, i64)) -> Line {
    Line { code, noun, class, dollars, weight }
}

const fn matrix(line: Line, colors: &'static [i64], sizes: &'static [i64]) -> MatrixLine {
    MatrixLine { line, colors, sizes }
}

/// The values of the colour list, in the order of their ids from 1. One has an accent on purpose.
pub(super) const COLORS: &[ListValue] = &[
    value(1, "BLK", "Black"),
    value(2, "WHT", "White"),
    value(3, "BRS", "Brass"),
    value(4, "NKL", "Brushed Nickel"),
    value(5, "OAK", "Natural Oak"),
    value(6, "WAL", "Walnut"),
    value(7, "IVR", "Ivory"),
    value(8, "SGE", "Sage"),
    value(9, "TRC", "Terracotta"),
    value(10, "NVY", "Navy"),
    value(11, "CHR", "Charcoal"),
    value(12, "CRM", "Crème"),
];

/// The values of the size list, in the order of their ids from 1. Some hold quotation marks on purpose.
pub(super) const SIZES: &[ListValue] = &[
    value(1, "S", "Small"),
    value(2, "M", "Medium"),
    value(3, "L", "Large"),
    value(4, "Q", "Queen"),
    value(5, "K", "King"),
    value(6, "2X3", "2' x 3'"),
    value(7, "5X8", "5' x 8'"),
    value(8, "24IN", "24\" x 24\""),
];

const METALS: &[i64] = &[3, 1, 4, 2, 11];
const CLOTHS: &[i64] = &[7, 8, 10, 9, 12, 11];
const GLAZES: &[i64] = &[2, 8, 9, 10, 12];
const WOODS: &[i64] = &[5, 6, 1];
const GRADES: &[i64] = &[1, 2, 3];
const BEDS: &[i64] = &[4, 5];
const FLOORS: &[i64] = &[6, 7];

/// The lines that come as matrix families.
pub(super) const MATRIX_LINES: &[MatrixLine] = &[
    matrix(line("LAMP", "Table Lamp", 11, (60, 240), (30, 90)), METALS, GRADES),
    matrix(line("PLLW", "Pillow", 22, (18, 80), (10, 35)), CLOTHS, &[1, 3, 8]),
    matrix(line("RUG", "Rug", 23, (90, 700), (40, 260)), CLOTHS, FLOORS),
    matrix(line("BOWL", "Serving Bowl", 32, (22, 95), (15, 60)), GLAZES, &[]),
    matrix(line("DUVT", "Duvet Cover", 21, (90, 260), (30, 60)), CLOTHS, BEDS),
    matrix(line("FLMP", "Floor Lamp", 12, (120, 480), (80, 220)), METALS, &[]),
    matrix(line("FRAM", "Picture Frame", 42, (14, 60), (8, 40)), &[], GRADES),
    matrix(line("TOWL", "Bath Towel", 24, (12, 45), (8, 22)), CLOTHS, GRADES),
    matrix(line("PEND", "Pendant Light", 13, (80, 390), (25, 90)), METALS, &[1, 3]),
    matrix(line("TRAY", "Serving Tray", 32, (28, 110), (15, 50)), WOODS, GRADES),
    matrix(line("THRW", "Throw Blanket", 22, (40, 150), (20, 45)), CLOTHS, &[]),
    matrix(line("PLAT", "Dinner Plate Set", 31, (36, 120), (40, 110)), GLAZES, &[]),
];

/// The lines whose products are items on their own.
pub(super) const PLAIN_LINES: &[Line] = &[
    line("VASE", "Vase", 41, (18, 140), (10, 80)),
    line("CNDL", "Pillar Candle", 43, (6, 34), (5, 30)),
    line("MIRR", "Wall Mirror", 42, (70, 420), (60, 320)),
    line("CLCK", "Wall Clock", 42, (30, 160), (15, 60)),
    line("BSKT", "Storage Basket", 44, (16, 85), (8, 40)),
    line("PLNT", "Planter", 41, (20, 180), (20, 180)),
    line("HOOK", "Wall Hook", 44, (5, 22), (2, 10)),
    line("BKND", "Bookends", 44, (24, 90), (20, 70)),
    line("COAS", "Coaster Set", 33, (10, 36), (5, 18)),
    line("OPNR", "Bottle Opener", 33, (8, 30), (2, 8)),
    line("CNST", "Canister", 31, (14, 52), (10, 35)),
    line("MUG", "Mug", 31, (8, 26), (6, 12)),
    line("GLAS", "Tumbler Set", 33, (20, 70), (20, 50)),
    line("CUTB", "Cutting Board", 32, (22, 98), (20, 75)),
    line("MAT", "Door Mat", 23, (18, 48), (20, 60)),
    line("SALT", "Salt & Pepper Set", 31, (12, 44), (6, 20)),
    line("JEWL", "Jewelry Box", 44, (28, 130), (12, 50)),
    line("ORNM", "Ornament", 60, (5, 24), (1, 6)),
    line("SOAP", "Soap Dish", 24, (7, 28), (4, 14)),
    line("SCNC", "Wall Sconce", 13, (55, 260), (20, 70)),
];

/// The lines that are put together in the warehouse.
pub(super) const ASSEMBLY_LINES: &[Line] = &[
    line("STOL", "Bar Stool", 51, (110, 360), (120, 260)),
    line("SHLF", "Floating Shelf", 52, (40, 150), (40, 120)),
    line("NSTD", "Nightstand", 52, (160, 520), (250, 480)),
    line("BNCH", "Entry Bench", 51, (190, 640), (280, 560)),
];

/// The lines sold as kits; a kit's price comes from its components.
pub(super) const KIT_LINES: &[Line] = &[
    line("SET", "Tabletop Set", 60, (40, 400), (40, 300)),
    line("HOST", "Host Gift Set", 60, (40, 400), (40, 300)),
    line("ROOM", "Room Bundle", 60, (40, 400), (40, 300)),
];

/// Parts sold as plain sub-items of a product: code and noun.
pub(super) const PARTS: &[(&str, &str)] =
    &[("BOX", "Gift Box"), ("CARE", "Care Kit"), ("SPR", "Spare Part"), ("STND", "Display Stand")];

/// The collections: code and name. Two have letters outside ASCII on purpose.
pub(super) const COLLECTIONS: &[(&str, &str)] = &[
    ("ARC", "Arc"),
    ("OSL", "Oslo"),
    ("HRB", "Harbor"),
    ("MAR", "Marin"),
    ("SRN", "Søren"),
    ("ASH", "Ashby"),
    ("CDR", "Cedar"),
    ("DUN", "Dune"),
    ("ELM", "Elm Street"),
    ("FJD", "Fjord"),
    ("GRV", "Grove"),
    ("HLW", "Hollow"),
    ("IRS", "Iris"),
    ("JUN", "Juniper"),
    ("KYO", "Kyoto"),
    ("LIN", "Linden"),
    ("MSA", "Mesa"),
    ("NOV", "Nova"),
    ("ORC", "Orchard"),
    ("PRL", "Pearl"),
    ("QRY", "Quarry"),
    ("RVR", "River"),
    ("SLT", "Salt Flat"),
    ("TDE", "Tide"),
    ("UMB", "Umber"),
    ("VAL", "Valley"),
    ("WLD", "Wilder"),
    ("CAF", "Café"),
    ("YRK", "York"),
    ("ZEN", "Zen"),
    ("BLM", "Bloom"),
    ("COV", "Cove"),
];

/// The product classes: id, name, and the id of the class above. A class stands after the one above it.
pub(super) const CLASSES: &[(i64, &str, Option<i64>)] = &[
    (10, "Lighting", None),
    (11, "Table Lamps", Some(10)),
    (12, "Floor Lamps", Some(10)),
    (13, "Wall & Ceiling", Some(10)),
    (20, "Textiles", None),
    (21, "Bedding", Some(20)),
    (22, "Pillows & Throws", Some(20)),
    (23, "Rugs & Mats", Some(20)),
    (24, "Bath", Some(20)),
    (30, "Tabletop", None),
    (31, "Dinnerware", Some(30)),
    (32, "Serveware", Some(30)),
    (33, "Barware", Some(30)),
    (40, "Decor", None),
    (41, "Vases & Planters", Some(40)),
    (42, "Wall Decor", Some(40)),
    (43, "Candles", Some(40)),
    (44, "Storage", Some(40)),
    (50, "Furniture", None),
    (51, "Seating", Some(50)),
    (52, "Tables & Shelves", Some(50)),
    (60, "Gifts", None),
];

/// The item number and the name of one product.
pub(super) struct Product {
    /// Item number, unique over all lines.
    pub(super) number: String,
    /// Display name.
    pub(super) name: String,
}

/// Whose turn it is: the lines take turns, each walks through the collections, and once they are used up a series number
/// tells the next round apart.
pub(super) struct Turn {
    /// Index of the line.
    pub(super) line: usize,
    collection: (&'static str, &'static str),
    series: usize,
}

impl Turn {
    /// Finds the `nth` turn among so many lines (at least one).
    pub(super) fn among(lines: usize, nth: usize) -> Self {
        let line = nth % lines;
        let round = nth / lines;
        // Every line begins at another collection, or neighbours would all be of the same one.
        let collection = COLLECTIONS[(round + line * 7) % COLLECTIONS.len()];
        Self { line, collection, series: round / COLLECTIONS.len() + 1 }
    }

    /// Names the product that `line` makes in this turn.
    pub(super) fn product(&self, line: &Line) -> Product {
        let (code, collection) = self.collection;
        match self.series {
            1 => Product { number: format!("{}-{code}", line.code), name: format!("{collection} {}", line.noun) },
            series => Product {
                number: format!("{}-{code}-{series}", line.code),
                name: format!("{collection} {} No. {series}", line.noun),
            },
        }
    }
}

/// Finds the entry of a custom list by its id.
pub(super) fn by_id(list: &'static [ListValue], id: i64) -> Option<&'static ListValue> {
    list.iter().find(|value| value.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn item_numbers_never_repeat() {
        let turns = (0..5_000).map(|nth| Turn::among(PLAIN_LINES.len(), nth));
        let numbers: BTreeSet<String> = turns.map(|turn| turn.product(&PLAIN_LINES[turn.line]).number).collect();
        assert_eq!(numbers.len(), 5_000);
        assert!(numbers.contains("VASE-ARC") && numbers.contains("VASE-ARC-2"));
        let codes: BTreeSet<&str> = (MATRIX_LINES.iter().map(|matrix| matrix.line.code))
            .chain(PLAIN_LINES.iter().chain(ASSEMBLY_LINES).chain(KIT_LINES).map(|line| line.code))
            .collect();
        assert_eq!(codes.len(), MATRIX_LINES.len() + PLAIN_LINES.len() + ASSEMBLY_LINES.len() + KIT_LINES.len());
    }

    #[test]
    fn every_class_and_option_named_by_a_line_exists() {
        let classes: BTreeSet<i64> = CLASSES.iter().map(|class| class.0).collect();
        let lines = MATRIX_LINES.iter().map(|matrix| &matrix.line).chain(PLAIN_LINES).chain(ASSEMBLY_LINES).chain(KIT_LINES);
        assert!(lines.into_iter().all(|line| classes.contains(&line.class) && line.dollars.0 > 0));
        for matrix in MATRIX_LINES {
            assert!(!(matrix.colors.is_empty() && matrix.sizes.is_empty()), "{} has no option", matrix.line.code);
            assert!(matrix.colors.iter().all(|id| by_id(COLORS, *id).is_some()), "{}", matrix.line.code);
            assert!(matrix.sizes.iter().all(|id| by_id(SIZES, *id).is_some()), "{}", matrix.line.code);
        }
    }
}
