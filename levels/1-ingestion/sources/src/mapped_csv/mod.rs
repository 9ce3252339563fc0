//! Any CSV, by a mapping file that says which column is what.

use std::fs;
use std::path::{Path, PathBuf};

use crate::delivery::Delivery;
use crate::importers::nearest_of;
use crate::table::{Table, shorten};
use crate::unpacked::{Progress, fingerprint};
use crate::{Availability, Error, Sink, Source, Summary};

mod fields;
mod mapping;
mod rows;
#[cfg(test)]
mod tests;
mod time;

use mapping::Mapping;
use rows::Reader;

/// The source's name on the command line; its records carry the one that the mapping gives.
pub(crate) const NAME: &str = "csv";

/// Opens a file with its mapping.
pub(crate) fn open(path: &Path, mapping: &Path) -> Result<Box<dyn Source>, Error> {
    let text = fs::read_to_string(mapping).map_err(|error| {
        Error::input(mapping, format!("the mapping cannot be read: {error}; --mapping names a TOML file"))
    })?;
    let checked = Mapping::parse(&text).map_err(|reason| Error::input(mapping, reason))?;
    if !path.is_file() {
        return Err(Error::input(path, "no file is there; give a .csv, or one compressed as .csv.gz or .csv.zst"));
    }
    let (sha256, bytes) = fingerprint([("csv", path), ("mapping", mapping)])?;
    let mut opened = MappedCsv {
        path: path.into(),
        mapping: checked,
        sha256,
        bytes: bytes - text.len() as u64,
        columns: Vec::new(),
    };
    opened.table(&Progress::default())?;
    Ok(Box::new(opened))
}

#[derive(Debug)]
struct MappedCsv {
    path: PathBuf,
    mapping: Mapping,
    sha256: String,
    bytes: u64,
    /// The columns of the file, in their order.
    columns: Vec<String>,
}

impl MappedCsv {
    /// Opens the table, whose first line must name every column of the mapping.
    fn table(&mut self, progress: &Progress) -> Result<Table, Error> {
        let mut columns = Vec::new();
        let table = Table::delimited(&self.path, progress, self.mapping.delimiter, |header, file| {
            for wanted in self.mapping.columns() {
                match header.iter().filter(|name| **name == wanted).count() {
                    1 => {}
                    0 => return Err(Error::damaged(file, 1, absent(wanted, header))),
                    _ => return Err(Error::damaged(file, 1, format!("the column `{wanted}` stands twice"))),
                }
            }
            columns = header.iter().map(|&name| name.to_owned()).collect();
            Ok(columns.clone())
        })?;
        self.columns = columns;
        Ok(table)
    }
}

fn absent(wanted: &str, header: &[&str]) -> String {
    let found: Vec<String> = header.iter().take(12).map(|name| shorten(name)).collect();
    match nearest_of(wanted, header.iter().copied()) {
        Some(nearest) => format!("the file has no column `{wanted}`; did you mean `{nearest}`?"),
        None => format!("the file has no column `{wanted}`; it has {}", found.join(", ")),
    }
}

impl Source for MappedCsv {
    fn log(&self) -> String {
        format!("{NAME}-{}", &self.sha256[..12])
    }

    fn availability(&self) -> Availability {
        if self.mapping.available.is_some() { Availability::AtArrival } else { Availability::AtEvent }
    }

    fn work(&self) -> Option<u64> {
        Some(self.bytes)
    }

    fn read(&mut self, sink: &mut dyn Sink) -> Result<Summary, Error> {
        let progress = Progress::default();
        let mut table = self.table(&progress)?;
        let mut delivery = Delivery::to(sink);
        let reader = Reader { mapping: &self.mapping, columns: &self.columns };
        let named = self.mapping.columns();
        let others: Vec<usize> =
            (0..self.columns.len()).filter(|place| !named.contains(&self.columns[*place].as_str())).collect();
        while let Some(row) = table.next()? {
            delivery.rows += 1;
            reader.give(&row, &mut delivery)?;
            for other in &others {
                delivery.unmapped(&self.columns[*other], "not in the mapping", u64::from(row.some(*other).is_some()));
            }
            if delivery.rows.is_multiple_of(10_000) {
                delivery.progress(progress.get());
            }
        }
        delivery.progress(progress.get());
        Ok(delivery.summary())
    }
}
