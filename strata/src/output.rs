//! What goes to stdout: data, and nothing else. A reader who has gone is no error.

use std::io::{self, Write};

use anyhow::Result;
use comfy_table::{CellAlignment, Table, TableComponent, presets};
use serde::Serialize;

/// Writes a line to stdout.
pub(crate) fn line(text: &str) -> Result<()> {
    forgive(writeln!(io::stdout().lock(), "{text}"))
}

/// Writes a value as one line of JSON to stdout.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    line(&serde_json::to_string(value)?)
}

/// Writes a note for people to stderr.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// An error and its causes on one line. Many say their cause in their own text and give it as their source too, so what was
/// said already is not said again.
pub(crate) fn told(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !says(&text, &cause) {
            text.push_str(if text.is_empty() { "" } else { ": " });
            text.push_str(&cause);
        }
    }
    text
}

/// Whether a text has another in it, and not just as a part of a word or a number.
fn says(text: &str, other: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    other.is_empty()
        || text
            .match_indices(other)
            .any(|(start, _)| !text[..start].ends_with(is_part) && !text[start + other.len()..].starts_with(is_part))
}

/// Writes a table to stdout. Cells that hold numbers stand right.
pub(crate) fn table<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> Result<()> {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_header(header);
    // A line below the header and none between rows: long tables stay readable.
    for line in [TableComponent::HorizontalLines, TableComponent::MiddleIntersections] {
        table.remove_style(line);
    }
    let mut numeric = [true; N];
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            numeric[column] &= is_figure(cell);
        }
        table.add_row(row);
    }
    for (column, numeric) in table.column_iter_mut().zip(numeric) {
        if numeric {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    line(&table.to_string())
}

/// Whether a cell is a number, with at most a unit behind it.
fn is_figure(cell: &str) -> bool {
    let mut words = cell.split_whitespace().skip(1);
    let begins = cell.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '–');
    cell.is_empty() || (begins && words.all(|word| !word.starts_with(char::is_alphabetic) || word.len() <= 3))
}

/// A count with its thousands apart: 790,215.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 3 == first {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes as people read them.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1_000.0 && unit + 1 < UNITS.len() {
        value /= 1_000.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

/// A length of time as people read it: 350 ms, 12 s, 3 min, 2 h 5 min, 4 d.
pub(crate) fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    match whole {
        0 if seconds < 0.9995 => format!("{:.0} ms", seconds.max(0.0) * 1_000.0),
        0..=9 => format!("{seconds:.1} s"),
        10..=119 => format!("{whole} s"),
        120..=7_199 => format!("{} min", whole / 60),
        7_200..=172_799 => format!("{} h {} min", whole / 3_600, whole % 3_600 / 60),
        _ => format!("{} d", whole / 86_400),
    }
}

/// A figure that may not be there.
pub(crate) fn figure(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "–".into(), |value| format!("{value:.digits$}"))
}

/// Gives bytes to stdout through a writer.
pub(crate) fn write(give: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
    let mut bytes = Vec::new();
    give(&mut bytes)?;
    forgive(io::stdout().lock().write_all(&bytes))
}

fn forgive(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Refused {
        #[error("table `vitals`: {0}")]
        Table(#[source] Box<Refused>),
        #[error(transparent)]
        Same(Box<Refused>),
        #[error("{0}")]
        Io(#[source] io::Error),
        #[error("column 3 is missing")]
        Column(#[source] io::Error),
    }

    /// A cause that a text has in it is not said again; one that it lacks is, also where it is a part of a longer word.
    #[test]
    fn a_cause_is_told_once() {
        let gzip = || io::Error::other("invalid gzip header");
        let within = Refused::Table(Box::new(Refused::Same(Box::new(Refused::Io(gzip())))));
        let error = anyhow::Error::from(within).context("cannot read `a.gz`");
        assert!(format!("{error:#}").matches("gzip").count() > 1, "the chain alone says it again");
        assert_eq!(told(&error), "cannot read `a.gz`: table `vitals`: invalid gzip header");
        assert_eq!(told(&Refused::Column(gzip()).into()), "column 3 is missing: invalid gzip header");
        assert_eq!(told(&Refused::Column(io::Error::other("col")).into()), "column 3 is missing: col");
        assert_eq!(told(&anyhow::anyhow!("alone")), "alone");
    }

    #[test]
    fn figures_are_readable() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (790_215, "790,215"), (1_234_567, "1,234,567")]
        {
            assert_eq!(count(number), text);
        }
        for (seconds, text) in
            [(0.0, "0 ms"), (0.35, "350 ms"), (1.0, "1.0 s"), (42.0, "42 s"), (300.0, "5 min"), (7_500.0, "2 h 5 min")]
        {
            assert_eq!(duration(seconds), text);
        }
        assert_eq!((bytes(12), bytes(1_500), bytes(2_000_000_000)), ("12 B".into(), "1.5 kB".into(), "2.0 GB".into()));
    }
}
