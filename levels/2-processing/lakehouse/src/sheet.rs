//! Rows written to a file as they come.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::output::output;
use crate::wide_file::WideFile;
use crate::{Error, Format};

/// A file that is being written.
#[derive(Debug)]
pub struct Sheet<W: Write + Send>(Form<W>);

#[derive(Debug)]
enum Form<W: Write + Send> {
    Csv(Box<arrow::csv::Writer<W>>),
    Json(Box<arrow::json::ArrayWriter<W>>),
    Parquet(Box<Groups<W>>),
}

/// Rows of a row group.
const ROW_GROUP: usize = 65_536;

/// A file, and the rows of its next row group.
#[derive(Debug)]
struct Groups<W: Write + Send> {
    file: WideFile<W>,
    rows: Vec<RecordBatch>,
}

impl<W: Write + Send> Sheet<W> {
    /// Begins a file; a drawn table cannot be written row by row.
    pub fn new(format: Format, schema: SchemaRef, out: W) -> Result<Self, Error> {
        Ok(Self(match format {
            Format::Table => {
                return Err(output(std::io::Error::other("a drawn table is for people: use csv, json or parquet")));
            }
            Format::Csv => Form::Csv(Box::new(arrow::csv::WriterBuilder::new().with_header(true).build(out))),
            Format::Json => Form::Json(Box::new(arrow::json::ArrayWriter::new(out))),
            Format::Parquet => {
                let properties = properties(&schema).map_err(output)?;
                let file = WideFile::new(schema, properties, out).map_err(output)?;
                Form::Parquet(Box::new(Groups { file, rows: Vec::new() }))
            }
        }))
    }

    /// Goes on with these rows.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        match &mut self.0 {
            Form::Csv(writer) => writer.write(batch).map_err(output),
            Form::Json(writer) => writer.write(batch).map_err(output),
            Form::Parquet(groups) => groups.write(batch).map_err(output),
        }
    }

    /// Ends the file.
    pub fn finish(self) -> Result<(), Error> {
        match self.0 {
            Form::Csv(writer) => writer.into_inner().flush().map_err(output),
            Form::Json(mut writer) => {
                writer.finish().map_err(output)?;
                let mut out = writer.into_inner();
                writeln!(out).and_then(|()| out.flush()).map_err(output)
            }
            Form::Parquet(groups) => groups.finish().map_err(output)?.flush().map_err(output),
        }
    }
}

impl<W: Write + Send> Groups<W> {
    fn write(&mut self, batch: &RecordBatch) -> parquet::errors::Result<()> {
        self.rows.push(batch.clone());
        if self.rows.iter().map(RecordBatch::num_rows).sum::<usize>() >= ROW_GROUP {
            self.file.write(&std::mem::take(&mut self.rows))?;
        }
        Ok(())
    }

    fn finish(mut self) -> parquet::errors::Result<W> {
        if !self.rows.is_empty() {
            self.file.write(&self.rows)?;
        }
        self.file.finish()
    }
}

/// zstd; numbers as they are, because dictionaries of measurements cost more than they save.
fn properties(schema: &SchemaRef) -> parquet::errors::Result<WriterProperties> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Chunk);
    for field in schema.fields().iter().filter(|field| field.data_type().is_floating()) {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(field.name().as_str()), false);
    }
    Ok(properties.build())
}
