//! The one output object: results on stdout, everything else on stderr, as text, JSON or not at all.

use std::io::{self, IsTerminal as _, Write};

use anstyle::{AnsiColor, Style};
use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

use super::arguments::{Color, Global};
use crate::error::{Error, ErrorKind, Result};
use crate::sync::report::{ErrorReport, SCHEMA_VERSION};

/// Where and how results are printed.
pub(crate) struct Output {
    /// Whether one JSON document is wanted.
    pub(crate) json: bool,
    /// Whether success is silent.
    pub(crate) quiet: bool,
    /// Whether progress may be shown.
    pub(crate) progress: bool,
    /// Whether a person can be asked.
    pub(crate) interactive: bool,
    /// Whether every question is answered with yes.
    pub(crate) yes: bool,
}

#[derive(Serialize)]
struct Failure {
    schema_version: u32,
    error: ErrorReport,
}

const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
const GREEN: Style = AnsiColor::Green.on_default();
const CYAN: Style = AnsiColor::Cyan.on_default();

/// The width when there is no terminal to ask.
const WIDTH: u16 = 100;

impl Output {
    /// Makes the output of a command.
    pub(crate) fn new(global: &Global) -> Self {
        let choice = match global.color {
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
            // NO_COLOR, TERM=dumb and pipes are seen by the streams themselves.
            Color::Auto => anstream::ColorChoice::Auto,
        };
        choice.write_global();
        let stderr = io::stderr().is_terminal();
        Self {
            json: global.json,
            quiet: global.quiet,
            progress: stderr && !global.quiet && !global.json && !global.no_progress && global.verbose == 0,
            interactive: io::stdin().is_terminal() && stderr && !global.no_input,
            yes: global.yes,
        }
    }

    /// Makes the output of a command line that could not be read but asks for JSON.
    pub(crate) const fn for_json() -> Self {
        Self { json: true, quiet: false, progress: false, interactive: false, yes: false }
    }

    /// Gives stdout for what is streamed.
    pub(crate) fn raw(&self) -> io::BufWriter<io::Stdout> {
        io::BufWriter::with_capacity(64 * 1024, io::stdout())
    }

    /// Tells whether stdout is a terminal.
    pub(crate) fn on_terminal() -> bool {
        io::stdout().is_terminal()
    }

    /// Prints a piece of a person's result.
    pub(crate) fn text(&self, text: &str) -> Result<()> {
        if self.json {
            return Ok(());
        }
        let mut stdout = anstream::stdout();
        written(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
    }

    /// Prints a line of a person's result, unless success is silent.
    pub(crate) fn line(&self, line: &str) -> Result<()> {
        if self.quiet { Ok(()) } else { self.text(&format!("{line}\n")) }
    }

    /// Prints the JSON document of a command.
    pub(crate) fn document(&self, document: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string(document)
            .map_err(|error| Error::new(ErrorKind::Internal, "the result cannot be written as JSON").caused_by(error))?;
        let mut stdout = io::stdout();
        written(writeln!(stdout, "{text}").and_then(|()| stdout.flush()))
    }

    /// Tells a person something on stderr.
    pub(crate) fn note(&self, note: &str) {
        if !self.json && !self.quiet {
            self.stderr(&format!("{YELLOW}note{YELLOW:#}: {note}\n"));
        }
    }

    /// Warns of something on stderr, whoever reads it.
    pub(crate) fn warn(&self, warning: &str) {
        self.stderr(&format!("{YELLOW}warning{YELLOW:#}: {warning}\n"));
    }

    /// Gives a hint on stderr.
    pub(crate) fn hint(&self, hint: &str) {
        if !self.json {
            self.stderr(&format!("{CYAN}hint{CYAN:#}: {hint}\n"));
        }
    }

    /// Shows an error: what failed, the remote's own words, what to do. With `--json`, one object.
    pub(crate) fn error(&self, error: &Error) {
        self.reported(&error.into());
    }

    /// Shows an error that was reported before.
    pub(crate) fn reported(&self, error: &ErrorReport) {
        if self.json {
            let failure = Failure { schema_version: SCHEMA_VERSION, error: error.clone() };
            let text = serde_json::to_string(&failure).unwrap_or_default();
            self.stderr(&format!("{text}\n"));
            return;
        }
        let mut text = format!("{RED}error{RED:#}: {}\n", error.message);
        for cause in &error.causes {
            text.push_str(&format!("  caused by: {cause}\n"));
        }
        for hint in &error.hints {
            text.push_str(&format!("{CYAN}hint{CYAN:#}: {hint}\n"));
        }
        self.stderr(&text);
    }

    fn stderr(&self, text: &str) {
        super::progress::bars().suspend(|| {
            // A closed stderr leaves nobody to tell.
            let _ = anstream::stderr().write_all(text.as_bytes());
        });
    }

    /// Asks before something that cannot be undone.
    pub(crate) fn confirm(&self, question: &str) -> Result<()> {
        if self.yes {
            return Ok(());
        }
        if !self.interactive {
            return Err(Error::new(ErrorKind::Decision, format!("{question} There is nobody here to answer"))
                .hint("give the answer with `--yes` if that is meant"));
        }
        self.stderr(&format!("{question} [y/N] "));
        let mut answer = String::new();
        io::stdin()
            .read_line(&mut answer)
            .map_err(|error| Error::new(ErrorKind::Io, "the answer cannot be read").caused_by(error))?;
        if matches!(answer.trim(), "y" | "Y" | "yes") {
            Ok(())
        } else {
            Err(Error::new(ErrorKind::Decision, "the answer was no: nothing was changed"))
        }
    }
}

/// A closed pipe ends the program quietly; other failures to write are errors.
pub(crate) fn written(result: io::Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        other => other.map_err(|error| Error::new(ErrorKind::Io, "the result cannot be written").caused_by(error)),
    }
}

/// Makes a table: a header and rows; the given columns hold numbers and are right-aligned.
pub(crate) fn table(header: &[&str], numbers: &[usize], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    if !io::stdout().is_terminal() {
        table.set_width(WIDTH);
    }
    let align = |at: usize, cell: Cell| if numbers.contains(&at) { cell.set_alignment(CellAlignment::Right) } else { cell };
    table.set_header(header.iter().enumerate().map(|(at, name)| align(at, Cell::new(name).add_attribute(Attribute::Bold))));
    for row in rows {
        table.add_row(row.into_iter().enumerate().map(|(at, text)| align(at, Cell::new(text))));
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    format!("{}\n", lines.join("\n"))
}

/// Writes a count with thousands separated.
pub(crate) fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Colours a word that says how something went.
pub(crate) fn verdict(ok: bool, word: &str) -> String {
    let style = if ok { GREEN } else { RED };
    format!("{style}{word}{style:#}")
}

/// Colours an id, a path or a command.
pub(crate) fn cyan(text: &str) -> String {
    format!("{CYAN}{text}{CYAN:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1_234_567), "1,234,567");
    }

    #[test]
    fn tables_align_numbers_and_end_lines_cleanly() {
        let text =
            table(&["entity", "read"], &[1], vec![vec!["products".into(), "1,000".into()], vec!["inventory".into(), "7".into()]]);
        assert_eq!(text, " entity      read\n products   1,000\n inventory      7\n");
    }
}
