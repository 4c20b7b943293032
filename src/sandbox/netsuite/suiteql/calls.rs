//! Translates function calls: the functions SuiteQL has, its BUILTINs, aggregates and window functions, and no others.

use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectNamePart, WindowSpec,
    WindowType,
};

use super::complaint::Complaint;
use super::expression::{At, call, choice, number_call, row_bound};
use super::order::directed;
use super::piece::{self, Piece, compare, quote};
use super::query::Translator;
use crate::sandbox::netsuite::catalogue::{self, Display, Kind};
use crate::sandbox::netsuite::zone;

/// The zone of the database servers, which `SYSDATE` shows whatever the session's zone is.
const SERVER_ZONE: &str = "America/Los_Angeles";

/// The mask whose text is the stored form itself.
const STORED_MASK: &str = "YYYY-MM-DD HH24:MI:SS";

impl Translator<'_> {
    /// Translates a call.
    pub(super) fn function(&mut self, function: &Function, at: &At<'_>) -> Result<Piece, Complaint> {
        if function.uses_odbc_syntax
            || !matches!(function.parameters, FunctionArguments::None)
            || !function.within_group.is_empty()
            || function.filter.is_some()
            || function.null_treatment.is_some()
        {
            return Err(Complaint::unsupported());
        }
        let name: Vec<String> = function
            .name
            .0
            .iter()
            .map(|part| match part {
                ObjectNamePart::Identifier(ident) => ident.value.to_ascii_uppercase(),
                ObjectNamePart::Function(_) => String::new(),
            })
            .collect();
        let (arguments, distinct) = arguments(&function.args)?;
        match name.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["BUILTIN", builtin] if function.over.is_none() && !distinct => self.builtin(builtin, &arguments, at),
            [name] => match (&function.over, *name) {
                (Some(over), name) => self.window(name, &arguments, over, distinct, at),
                (None, "COUNT" | "SUM" | "AVG" | "MIN" | "MAX") => self.aggregate(name, &arguments, distinct, at),
                (None, name) if !distinct => {
                    let mut values = Vec::new();
                    for argument in &arguments {
                        match argument {
                            FunctionArgExpr::Expr(expression) => values.push(self.value(expression, at)?),
                            _ => return Err(Complaint::unsupported()),
                        }
                    }
                    self.scalar(name, &values)
                }
                _ => Err(Complaint::unsupported()),
            },
            _ => Err(Complaint::unsupported()),
        }
    }

    /// Gives one of the clocks.
    pub(super) fn clock(&self, name: &str) -> Result<Piece, Complaint> {
        let utc = self.now_text();
        let session = || zone::format(self.session.local(self.now()));
        let server = || zone::Zone::load(SERVER_ZONE).map(|zone| zone::format(zone.local(self.now()))).map_err(Complaint::search);
        Ok(match name {
            "sysdate" => Piece::of(quote(&server()?), Kind::Date, &[]),
            "current_date" => Piece::of(quote(&session()), Kind::Date, &[]),
            "localtimestamp" => Piece::of(quote(&session()), Kind::Stamp, &[]),
            "systimestamp" => Piece::of(quote(&format!("{utc}|{SERVER_ZONE}")), Kind::Zoned, &[]),
            _ => Piece::of(quote(&format!("{utc}|{}", self.session.name())), Kind::Zoned, &[]),
        })
    }

    fn scalar(&mut self, name: &str, values: &[Piece]) -> Result<Piece, Complaint> {
        let null = || Piece::of("null", Kind::Absent, &[]);
        match (name, values) {
            ("CURRENT_TIMESTAMP" | "CURRENT_DATE" | "LOCALTIMESTAMP" | "SYSDATE" | "SYSTIMESTAMP", []) => {
                self.clock(&name.to_ascii_lowercase())
            }
            ("TO_CHAR", [value]) => value.as_text(),
            ("TO_CHAR", [value, mask]) => to_char(value, &mask.as_text()?),
            ("TO_DATE" | "TO_TIMESTAMP", [text, rest @ ..]) if rest.len() < 2 => {
                let kind = if name == "TO_DATE" { Kind::Date } else { Kind::Stamp };
                if text.kind.is_time() {
                    return Err(Complaint::unsupported());
                }
                let text = text.as_text()?;
                match rest {
                    [mask] => Ok(call("ns_to_date", &[text, mask.as_text()?], kind)),
                    _ => Ok(call("ns_user_date", &[text], kind)),
                }
            }
            ("TO_TIMESTAMP_TZ", [text, mask]) => Ok(call("ns_parse_zoned", &[text.as_text()?, mask.as_text()?], Kind::Zoned)),
            ("FROM_TZ", [stamp, zone]) if stamp.kind == Kind::Stamp => {
                Ok(call("ns_zoned", &[stamp.clone(), zone.as_text()?], Kind::Zoned))
            }
            ("TZ_OFFSET", [zone]) => {
                let now = Piece::of(self.now().to_string(), Kind::Integer, &[]);
                Ok(call("ns_tz_offset", &[zone.as_text()?, now], Kind::Text))
            }
            ("SYS_EXTRACT_UTC", [value]) => match value.kind {
                Kind::Instant if self.settings.refuse_extract_utc => Err(Complaint::unsupported()),
                Kind::Instant => Ok(Piece { kind: Kind::Stamp, column: None, required: false, ..value.clone() }),
                Kind::Zoned => Ok(Piece::of(format!("substr({}, 1, 19)", value.sql), Kind::Stamp, &[value])),
                Kind::Stamp => Ok(call("ns_utc", std::slice::from_ref(value), Kind::Stamp)),
                _ => Err(Complaint::unsupported()),
            },
            ("ADD_MONTHS", [date, months]) => {
                let wall = date.wall()?;
                Ok(call("ns_add_months", &[wall, months.as_number()?], Kind::Date))
            }
            ("TRUNC", [date, rest @ ..]) if date.kind.is_time() && rest.len() < 2 => {
                let unit = rest.first().map_or_else(|| Ok(Piece::text("DD")), Piece::as_text)?;
                Ok(call("ns_trunc_time", &[date.wall()?, unit], Kind::Date))
            }
            ("TRUNC" | "ROUND", [number, rest @ ..]) if rest.len() < 2 => {
                let name = if name == "TRUNC" { "ns_trunc" } else { "ns_round" };
                let kind = if rest.is_empty() { Kind::Integer } else { Kind::Decimal };
                let places = rest.first().cloned().unwrap_or_else(|| Piece::of("0", Kind::Integer, &[]));
                number_call(name, &[number.clone(), places], kind)
            }
            ("FLOOR", [_]) => number_call("ns_floor", values, Kind::Integer),
            ("CEIL", [_]) => number_call("ns_ceil", values, Kind::Integer),
            ("SIGN", [_]) => number_call("ns_sign", values, Kind::Integer),
            ("ABS", [number]) => number_call("ns_abs", values, number.as_number()?.kind),
            ("POWER", [_, _]) => number_call("ns_power", values, Kind::Decimal),
            ("MOD", [a, b]) => {
                let whole = a.kind == Kind::Integer && b.kind == Kind::Integer;
                number_call("ns_mod", values, if whole { Kind::Integer } else { Kind::Decimal })
            }
            ("TO_NUMBER", [_]) => number_call("ns_number", values, Kind::Decimal),
            ("NVL", [_, _]) | ("COALESCE", [_, _, ..]) => {
                let mut values = values.to_vec();
                let kind = piece::unify(&mut values)?;
                Ok(call("coalesce", &values, kind))
            }
            ("NVL2", [value, present, absent]) => {
                let test = Piece::of(format!("{} is not null", value.sql), Kind::Condition, &[value]);
                choice(&[test], vec![present.clone(), absent.clone()])
            }
            ("NULLIF", [a, b]) => {
                let test = compare("=", a, b)?;
                choice(&[test], vec![null(), a.clone()])
            }
            ("DECODE", [value, rest @ ..]) if rest.len() >= 2 => decode(value, rest),
            ("GREATEST" | "LEAST", [_, ..]) => {
                let mut values = values.to_vec();
                if values.iter().any(|p| p.kind == Kind::Instant) {
                    values = values.iter().map(Piece::wall).collect::<Result<_, _>>()?;
                }
                let kind = piece::unify(&mut values)?;
                match values.as_slice() {
                    [only] => Ok(only.clone()),
                    several => Ok(call(if name == "GREATEST" { "max" } else { "min" }, several, kind)),
                }
            }
            _ => text_function(name, values),
        }
    }

    fn builtin(&mut self, name: &str, arguments: &[FunctionArgExpr], at: &At<'_>) -> Result<Piece, Complaint> {
        let [FunctionArgExpr::Expr(argument)] = arguments else { return Err(Complaint::unsupported()) };
        let value = self.value(argument, at)?;
        let is_status = matches!(&value.column, Some((table, column)) if table == "transaction" && column == "status");
        match name {
            "DF" if is_status => {
                let kind = self.document_kind(argument, at)?;
                let sql = format!(
                    "(select d.name from transactionstatus as d where d.trantype = {} and d.id = {})",
                    kind.sql, value.sql
                );
                Ok(Piece::of(sql, Kind::Text, &[&kind, &value]))
            }
            "DF" => display_text(&value),
            "CF" if is_status => {
                let kind = self.document_kind(argument, at)?;
                Ok(Piece::of(format!("({} || ':' || {})", kind.sql, value.sql), Kind::Text, &[&kind, &value]))
            }
            "CF" => value.as_text(),
            _ => Err(Complaint::unsupported()),
        }
    }

    /// Gives the kind of the document whose status is meant, as a letter alone says nothing.
    fn document_kind(&mut self, status: &Expr, at: &At<'_>) -> Result<Piece, Complaint> {
        let kind = match status {
            Expr::Nested(inner) => return self.document_kind(inner, at),
            Expr::CompoundIdentifier(parts) => {
                let mut parts = parts.clone();
                parts.pop();
                parts.push(Ident::new("type"));
                Expr::CompoundIdentifier(parts)
            }
            _ => Expr::Identifier(Ident::new("type")),
        };
        self.expr(&kind, at)
    }

    fn aggregate(&mut self, name: &str, arguments: &[FunctionArgExpr], distinct: bool, at: &At<'_>) -> Result<Piece, Complaint> {
        if !at.grouping {
            return Err(Complaint::search("group function is not allowed here"));
        }
        // An aggregate inside an aggregate is refused by taking the permission away.
        let inside = At { grouping: false, listing: false, ..*at };
        let piece = match (name, arguments) {
            ("COUNT", [FunctionArgExpr::Wildcard]) if !distinct => row_bound("count(*)".to_owned(), Kind::Integer),
            (_, [FunctionArgExpr::Expr(expression)]) => {
                let value = self.value(expression, &inside)?;
                let (function, value, kind) = match name {
                    "COUNT" => ("count", value, Kind::Integer),
                    "SUM" => {
                        let number = value.as_number()?;
                        let kind = number.kind;
                        ("ns_sum", number, kind)
                    }
                    "AVG" => ("ns_avg", value.as_number()?, Kind::Decimal),
                    _ => {
                        let seen = if value.kind == Kind::Instant { value.wall()? } else { value };
                        let kind = seen.kind;
                        (if name == "MIN" { "min" } else { "max" }, seen, kind)
                    }
                };
                row_bound(format!("{function}({}{})", if distinct { "distinct " } else { "" }, value.sql), kind)
            }
            _ => return Err(Complaint::unsupported()),
        };
        Ok(Piece { aggregate: true, ..piece })
    }

    fn window(
        &mut self,
        name: &str,
        arguments: &[FunctionArgExpr],
        over: &WindowType,
        distinct: bool,
        at: &At<'_>,
    ) -> Result<Piece, Complaint> {
        let WindowType::WindowSpec(WindowSpec { window_name: None, partition_by, order_by, window_frame: None }) = over else {
            return Err(Complaint::unsupported());
        };
        if self.settings.refuse_window || distinct || !at.grouping {
            return Err(Complaint::unsupported());
        }
        let inside = At { grouping: false, listing: false, ..*at };
        let mut parts = Vec::new();
        let (function, kind) = match (name, arguments) {
            ("ROW_NUMBER" | "RANK" | "DENSE_RANK", []) => (format!("{}()", name.to_ascii_lowercase()), Kind::Integer),
            ("COUNT", [FunctionArgExpr::Wildcard]) => ("count(*)".to_owned(), Kind::Integer),
            ("COUNT" | "SUM" | "AVG" | "MIN" | "MAX", [FunctionArgExpr::Expr(expression)]) => {
                let value = self.value(expression, &inside)?;
                let value = match name {
                    "SUM" | "AVG" => value.as_number()?,
                    _ if value.kind == Kind::Instant => value.wall()?,
                    _ => value,
                };
                let kind = match name {
                    "COUNT" => Kind::Integer,
                    "AVG" => Kind::Decimal,
                    _ => value.kind,
                };
                let text = format!("{}({})", name.to_ascii_lowercase(), value.sql);
                parts.push(value);
                (text, kind)
            }
            _ => return Err(Complaint::unsupported()),
        };
        let mut partition = Vec::new();
        for expression in partition_by {
            let value = self.value(expression, &inside)?;
            partition.push(value.sortable()?);
            parts.push(value);
        }
        let mut order = Vec::new();
        for item in order_by {
            let value = self.value(&item.expr, &inside)?;
            order.push(directed(&value.sortable()?, item, value.required)?);
            parts.push(value);
        }
        if order.is_empty() && matches!(name, "ROW_NUMBER" | "RANK" | "DENSE_RANK") {
            return Err(Complaint::search("missing ORDER BY expression in the window specification"));
        }
        let partition = if partition.is_empty() { String::new() } else { format!("partition by {}", partition.join(", ")) };
        let order = if order.is_empty() { String::new() } else { format!(" order by {}", order.join(", ")) };
        let piece = Piece::of(format!("{function} over ({partition}{order})"), kind, &parts.iter().collect::<Vec<_>>());
        Ok(Piece { constant: false, ..piece })
    }
}

fn arguments(arguments: &FunctionArguments) -> Result<(Vec<FunctionArgExpr>, bool), Complaint> {
    match arguments {
        FunctionArguments::None => Ok((Vec::new(), false)),
        FunctionArguments::Subquery(_) => Err(Complaint::unsupported()),
        FunctionArguments::List(list) => {
            if !list.clauses.is_empty() {
                return Err(Complaint::unsupported());
            }
            let given = list.args.iter().map(|argument| match argument {
                FunctionArg::Unnamed(argument) => Ok(argument.clone()),
                _ => Err(Complaint::unsupported()),
            });
            Ok((given.collect::<Result<_, _>>()?, matches!(list.duplicate_treatment, Some(DuplicateTreatment::Distinct))))
        }
    }
}

fn to_char(value: &Piece, mask: &Piece) -> Result<Piece, Complaint> {
    if value.kind.is_number() {
        return Ok(call("ns_number_char", &[value.clone(), mask.clone()], Kind::Text));
    }
    if value.kind == Kind::Zoned {
        return Ok(call("ns_zoned_char", &[value.clone(), mask.clone()], Kind::Text));
    }
    if !value.kind.is_time() && value.kind != Kind::Absent {
        return Err(Complaint::search("invalid number"));
    }
    let wall = value.wall()?;
    if mask.literal.as_deref() == Some(STORED_MASK) {
        return Ok(Piece { kind: Kind::Text, column: None, required: false, ..wall });
    }
    let fractions = Piece::of(if wall.kind == Kind::Stamp { "1" } else { "0" }, Kind::Integer, &[]);
    Ok(call("ns_to_char", &[wall, mask.clone(), fractions], Kind::Text))
}

fn decode(value: &Piece, rest: &[Piece]) -> Result<Piece, Complaint> {
    let mut conditions = Vec::new();
    let mut results = Vec::new();
    let mut pairs = rest.chunks_exact(2);
    for pair in pairs.by_ref() {
        let [wanted, result] = pair else { continue };
        // Unlike everywhere else, absent equals absent here.
        let condition = if wanted.kind == Kind::Absent {
            Piece::of(format!("{} is null", value.sql), Kind::Condition, &[value])
        } else {
            compare("=", value, wanted)?
        };
        conditions.push(condition);
        results.push(result.clone());
    }
    results.push(pairs.remainder().first().cloned().unwrap_or_else(|| Piece::of("null", Kind::Absent, &[])));
    choice(&conditions, results)
}

fn text_function(name: &str, values: &[Piece]) -> Result<Piece, Complaint> {
    let text = |index: usize| values.get(index).ok_or_else(Complaint::unsupported)?.as_text();
    let number = |index: usize, otherwise: &str| match values.get(index) {
        Some(value) => value.as_number(),
        None => Ok(Piece::of(otherwise, Kind::Integer, &[])),
    };
    let fixed = |sql: &str| Piece::of(sql, Kind::Text, &[]);
    match (name, values.len()) {
        ("UPPER", 1) => Ok(call("ns_upper", &[text(0)?], Kind::Text)),
        ("LOWER", 1) => Ok(call("ns_lower", &[text(0)?], Kind::Text)),
        ("LENGTH", 1) => Ok(call("ns_length", &[text(0)?], Kind::Integer)),
        ("SUBSTR", 2) => Ok(call("ns_substr", &[text(0)?, number(1, "1")?], Kind::Text)),
        ("SUBSTR", 3) => Ok(call("ns_substr", &[text(0)?, number(1, "1")?, number(2, "1")?], Kind::Text)),
        ("INSTR", 2..=4) => Ok(call("ns_instr", &[text(0)?, text(1)?, number(2, "1")?, number(3, "1")?], Kind::Integer)),
        ("CONCAT", 2) => Ok(call("ns_concat", &[text(0)?, text(1)?], Kind::Text)),
        ("REPLACE", 3) => Ok(call("ns_replace", &[text(0)?, text(1)?, text(2)?], Kind::Text)),
        ("REPLACE", 2) => Ok(call("ns_replace", &[text(0)?, text(1)?, fixed("null")], Kind::Text)),
        ("TRIM", 1) => Ok(call("ns_trim", &[text(0)?, fixed("'B'"), fixed("' '")], Kind::Text)),
        ("LTRIM" | "RTRIM", 1 | 2) => {
            let set = if values.len() == 2 { text(1)? } else { fixed("' '") };
            Ok(call("ns_trim", &[text(0)?, fixed(if name == "LTRIM" { "'L'" } else { "'R'" }), set], Kind::Text))
        }
        ("LPAD" | "RPAD", 2 | 3) => {
            let fill = if values.len() == 3 { text(2)? } else { fixed("' '") };
            let side = Piece::of(if name == "LPAD" { "0" } else { "1" }, Kind::Integer, &[]);
            Ok(call("ns_pad", &[text(0)?, number(1, "0")?, fill, side], Kind::Text))
        }
        _ => Err(Complaint::unsupported()),
    }
}

/// Translates the display text of a column.
fn display_text(value: &Piece) -> Result<Piece, Complaint> {
    let Some((table, column)) = &value.column else { return value.as_text() };
    let sql = &value.sql;
    let looked_up = match catalogue::display(table, column, value.kind) {
        Display::Own | Display::Status => return value.as_text(),
        Display::Row(target, name) => {
            let key = catalogue::key_of(target);
            format!("(select d.{} from {} as d where d.{} = {sql})", piece::name(name), piece::name(target), piece::name(key))
        }
        Display::PriceLevel => {
            format!("(case when {sql} = -1 then 'Custom' else (select d.name from pricelevel as d where d.id = {sql}) end)")
        }
        Display::Rows(target, name) => format!(
            "(select group_concat(d.{}, ', ') from {} as d where instr(',' || replace({sql}, ' ', '') || ',', ',' || d.id || ',') > 0)",
            piece::name(name),
            piece::name(target)
        ),
        Display::List(source) => {
            // A matrix option shows the texts of the field it was made from, unless it has its own.
            let field = source.strip_prefix("matrixoption").unwrap_or(&source);
            let text = |source: &str| {
                format!("(select d.name from sim_display as d where d.source = {} and d.id = {sql})", quote(source))
            };
            format!("coalesce({}, {})", text(&source), text(field))
        }
    };
    Ok(Piece::of(looked_up, Kind::Text, &[value]))
}
