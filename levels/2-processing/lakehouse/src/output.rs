//! Answers as people or programs want them.

use std::io::Write;
use std::str::FromStr;
use std::sync::Arc;

use arrow::util::display::{ArrayFormatter, FormatOptions};
use comfy_table::{Table as Drawing, presets};
use parquet::arrow::ArrowWriter;

use crate::{Error, Rows};

/// A form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A drawn table.
    Table,
    /// Comma-separated values with a header.
    Csv,
    /// One JSON array of objects; absent values are left out.
    Json,
    /// One Parquet file.
    Parquet,
}

impl FromStr for Format {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "table" => Ok(Self::Table),
            "csv" => Ok(Self::Csv),
            "json" => Ok(Self::Json),
            "parquet" => Ok(Self::Parquet),
            _ => Err(format!("`{text}` is no format: use table, csv, json or parquet")),
        }
    }
}

impl Rows {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.batches.iter().map(arrow::record_batch::RecordBatch::num_rows).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes them in a format.
    pub fn write(&self, format: Format, mut out: impl Write + Send) -> Result<(), Error> {
        match format {
            Format::Table => writeln!(out, "{}", self.drawing()?).map_err(output),
            Format::Csv => {
                let mut writer = arrow::csv::WriterBuilder::new().with_header(true).build(&mut out);
                self.batches.iter().try_for_each(|batch| writer.write(batch)).map_err(output)
            }
            Format::Json => {
                let mut writer = arrow::json::ArrayWriter::new(&mut out);
                self.batches.iter().try_for_each(|batch| writer.write(batch)).map_err(output)?;
                writer.finish().map_err(output)?;
                writeln!(out).map_err(output)
            }
            Format::Parquet => {
                let mut writer = ArrowWriter::try_new(&mut out, Arc::clone(&self.schema), None).map_err(output)?;
                self.batches.iter().try_for_each(|batch| writer.write(batch)).map_err(output)?;
                writer.close().map(|_| ()).map_err(output)
            }
        }
    }

    fn drawing(&self) -> Result<Drawing, Error> {
        let mut drawing = Drawing::new();
        drawing.load_preset(presets::UTF8_BORDERS_ONLY);
        drawing.set_header(self.schema.fields().iter().map(|field| field.name().clone()));
        let options = FormatOptions::default().with_null("");
        for batch in &self.batches {
            let columns: Result<Vec<_>, _> =
                batch.columns().iter().map(|column| ArrayFormatter::try_new(column.as_ref(), &options)).collect();
            let columns = columns.map_err(output)?;
            for row in 0..batch.num_rows() {
                drawing.add_row(columns.iter().map(|column| column.value(row).to_string()));
            }
        }
        Ok(drawing)
    }
}

pub(crate) fn output(cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Output(Box::new(cause))
}
