//! What a table is, before it holds anything.

use arrow::datatypes::{DataType as Arrow, Field, SchemaRef};
use deltalake::kernel::{DataType, StructField};

/// How a table's files are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Dictionaries where they help, zstd: small files for tables of events.
    Small,
    /// No dictionaries, LZ4: fast to write and read, for wide tables of floats.
    Fast,
}

/// A table's name and shape.
#[derive(Debug)]
pub struct TableSpec {
    /// The name in SQL and of the folder.
    pub name: &'static str,
    /// Its columns, without the partition column; what the fields' metadata say is said in the table, and not again in its
    /// files. A function, because Arrow's types allocate.
    pub schema: fn() -> SchemaRef,
    /// The columns that identify a row, by which its files are sorted: the patient first, then, where rows have one, the time.
    pub key: &'static [&'static str],
    /// Whether it is partitioned by a column `date` (of the event, UTC).
    pub by_date: bool,
    /// How its files are packed.
    pub packing: Packing,
}

impl TableSpec {
    /// The column of the event's time; `None` for a table whose rows have none.
    pub fn time(&self) -> Option<&'static str> {
        let name = *self.key.get(1)?;
        let schema = (self.schema)();
        let field = schema.field_with_name(name).ok()?;
        matches!(field.data_type(), Arrow::Timestamp(_, _)).then_some(name)
    }

    /// The columns as Delta has them, the partition column last.
    pub(crate) fn delta_columns(&self) -> Vec<StructField> {
        let schema = (self.schema)();
        let fields = schema.fields().iter();
        let mut columns: Vec<StructField> = fields.map(|field| column(field)).collect();
        if self.by_date {
            columns.push(StructField::new("date", DataType::DATE, true));
        }
        columns
    }
}

/// A column with what its field says of it, which Delta keeps with the column and every reader may pass over.
fn column(field: &Field) -> StructField {
    let said = field.metadata().iter().map(|(key, value)| (key.clone(), value.clone()));
    StructField::new(field.name(), delta_type(field.data_type()), true).with_metadata(said)
}

/// The Delta type of an Arrow type; tables use these and no others, so that every engine reads them.
fn delta_type(arrow: &Arrow) -> DataType {
    match arrow {
        Arrow::Boolean => DataType::BOOLEAN,
        Arrow::Int16 => DataType::SHORT,
        Arrow::Int32 => DataType::INTEGER,
        Arrow::Int64 => DataType::LONG,
        Arrow::Float32 => DataType::FLOAT,
        Arrow::Float64 => DataType::DOUBLE,
        Arrow::Timestamp(_, _) => DataType::TIMESTAMP,
        _ => DataType::STRING,
    }
}
