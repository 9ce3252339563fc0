//! Lists that people bring: CSV files with a header, every column as text.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::csv::ReaderBuilder;
use arrow::csv::reader::Format;
use arrow::datatypes::{DataType, Field, Schema};

use crate::{Error, Rows};

/// Reads a CSV file with a header.
pub fn read_csv(path: &Path) -> Result<Rows, Error> {
    let name = path.display().to_string();
    let file_error = |cause: Box<dyn std::error::Error + Send + Sync>| Error::File { file: name.clone(), cause };
    let open = || File::open(path).map_err(|cause| file_error(cause.into()));
    let format = Format::default().with_header(true);
    let (inferred, _) = format.infer_schema(open()?, Some(1)).map_err(|cause| file_error(cause.into()))?;
    let text = inferred.fields().iter().map(|field| Field::new(field.name().trim(), DataType::Utf8, true));
    let schema = Arc::new(Schema::new(text.collect::<Vec<_>>()));
    let reader = ReaderBuilder::new(Arc::clone(&schema)).with_format(format).build(open()?);
    let batches = reader.and_then(Iterator::collect).map_err(|cause| file_error(cause.into()))?;
    Ok(Rows { schema, batches })
}
