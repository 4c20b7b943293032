//! The courses an order can take, from waiting for approval to billed, returned or called off.
//!
//! Orders take them in turn, so the number of an order in the first round says what became of it: see the constants.

/// The order with two fulfilments and two invoices, the second of them half paid.
pub const TWO_INVOICES: &str = "SO1001";
/// The order closed after half of it was shipped and billed.
pub const CLOSED_HALFWAY: &str = "SO1002";
/// The order whose invoice was paid with its deposit, through a deposit application.
pub const PAID_BY_DEPOSIT: &str = "SO1003";
/// The order billed and paid with one payment; it has a kit.
pub const PAID: &str = "SO1004";
/// The order that waits for its goods.
pub const PENDING: &str = "SO1005";
/// The order shipped in part and not billed.
pub const PARTLY_SHIPPED: &str = "SO1006";
/// The order shipped and billed in part.
pub const PARTLY_BILLED: &str = "SO1007";
/// The order shipped whole and not billed.
pub const SHIPPED: &str = "SO1008";
/// The order that waits for approval.
pub const UNAPPROVED: &str = "SO1009";
/// The cancelled order.
pub const CANCELLED: &str = "SO1010";
/// The order whose invoice nobody paid yet.
pub const UNPAID: &str = "SO1011";
/// The order whose invoice is paid in part.
pub const PARTLY_PAID: &str = "SO1012";
/// The orders with a fulfilment that is only picked, and only packed.
pub const PICKED_AND_PACKED: [&str; 2] = ["SO1013", "SO1014"];
/// The order whose invoice was settled with a credit memo and a payment.
pub const CREDITED: &str = "SO1015";
/// The order with a credit memo applied in part, which names its invoice on the item lines alone.
pub const CREDITED_IN_PART: &str = "SO1016";
/// The order whose invoice was voided.
pub const VOIDED: &str = "SO1017";
/// The order with one line closed by hand.
pub const ONE_LINE_CLOSED: &str = "SO1018";
/// The order with a return authorization and the credit memo made from it.
pub const RETURNED: &str = "SO1019";
/// The order with a deposit that nothing was applied from.
pub const DEPOSITED: &str = "SO1020";
/// The order whose invoice waits for approval.
pub const INVOICE_UNAPPROVED: &str = "SO1021";
/// The order closed before anything was shipped.
pub const CLOSED_UNSHIPPED: &str = "SO1022";

/// How much of every line goes along.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Half,
    Rest,
    Whole,
}

impl Part {
    /// Tells the pieces of the line at that place among the goods.
    pub(super) fn of(self, place: usize, quantity: i64) -> i64 {
        let half = if place == 0 {
            quantity / 2
        } else if place % 2 == 1 {
            quantity
        } else {
            0
        };
        match self {
            Self::Half => half,
            Self::Rest => quantity - half,
            Self::Whole => quantity,
        }
    }
}

/// How an invoice ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Open,
    HalfPaid,
    Paid,
    ByDeposit,
    Credited,
    CreditedInPart,
    Voided,
    Unapproved,
}

/// Which lines were closed by hand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Closed {
    None,
    Second,
    Unshipped,
}

/// What becomes of an order.
pub(super) struct Course {
    pub(super) status: &'static str,
    /// Fulfilments with their status letter.
    pub(super) shipments: &'static [(Part, &'static str)],
    pub(super) bills: &'static [(Part, End)],
    pub(super) closed: Closed,
    pub(super) deposit: bool,
    pub(super) returned: bool,
}

impl Course {
    /// Tells whether something is shipped or billed in parts, which discounts over the whole do not go with.
    pub(super) fn splits(&self) -> bool {
        self.shipments
            .iter()
            .map(|(part, _)| part)
            .chain(self.bills.iter().map(|(part, _)| part))
            .any(|part| *part != Part::Whole)
    }

    /// Tells whether the first line needs more than one piece.
    pub(super) fn needs_pieces(&self) -> bool {
        self.splits() || self.returned || self.bills.iter().any(|(_, end)| matches!(end, End::Credited | End::CreditedInPart))
    }
}

const PLAIN: Course = Course { status: "B", shipments: &[], bills: &[], closed: Closed::None, deposit: false, returned: false };
const SENT: &[(Part, &str)] = &[(Part::Whole, "C")];

const fn billed(bills: &'static [(Part, End)]) -> Course {
    Course { status: "G", shipments: SENT, bills, ..PLAIN }
}

/// The courses, in the order of the constants above.
pub(super) const COURSES: &[Course] = &[
    Course {
        status: "G",
        shipments: &[(Part::Half, "C"), (Part::Rest, "C")],
        bills: &[(Part::Half, End::Paid), (Part::Rest, End::HalfPaid)],
        ..PLAIN
    },
    Course {
        status: "H",
        shipments: &[(Part::Half, "C")],
        bills: &[(Part::Half, End::Paid)],
        closed: Closed::Unshipped,
        ..PLAIN
    },
    Course { deposit: true, ..billed(&[(Part::Whole, End::ByDeposit)]) },
    billed(&[(Part::Whole, End::Paid)]),
    PLAIN,
    Course { status: "D", shipments: &[(Part::Half, "C")], ..PLAIN },
    Course { status: "E", shipments: &[(Part::Half, "C")], bills: &[(Part::Half, End::Open)], ..PLAIN },
    Course { status: "F", shipments: SENT, ..PLAIN },
    Course { status: "A", ..PLAIN },
    Course { status: "C", closed: Closed::Unshipped, ..PLAIN },
    billed(&[(Part::Whole, End::Open)]),
    billed(&[(Part::Whole, End::HalfPaid)]),
    Course { shipments: &[(Part::Half, "A")], ..PLAIN },
    Course { shipments: &[(Part::Whole, "B")], ..PLAIN },
    billed(&[(Part::Whole, End::Credited)]),
    billed(&[(Part::Whole, End::CreditedInPart)]),
    Course { status: "F", shipments: SENT, bills: &[(Part::Whole, End::Voided)], ..PLAIN },
    Course { closed: Closed::Second, ..PLAIN },
    Course { returned: true, ..billed(&[(Part::Whole, End::Paid)]) },
    Course { deposit: true, ..PLAIN },
    billed(&[(Part::Whole, End::Unapproved)]),
    Course { status: "H", closed: Closed::Unshipped, ..PLAIN },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_halves_are_the_whole_and_neither_is_empty() {
        for (place, quantity) in [(0, 2), (0, 6), (1, 1), (2, 5)] {
            assert_eq!(Part::Half.of(place, quantity) + Part::Rest.of(place, quantity), Part::Whole.of(place, quantity));
        }
        assert!(Part::Half.of(0, 2) > 0 && Part::Rest.of(0, 2) > 0);
    }

    #[test]
    fn the_courses_hold_every_status() {
        for status in ["A", "B", "C", "D", "E", "F", "G", "H"] {
            assert!(COURSES.iter().any(|course| course.status == status), "{status}");
        }
        assert_eq!(CLOSED_UNSHIPPED, format!("SO{}", 1_000 + COURSES.len()));
    }
}
