//! Many rows into one table, in few statements.

use strata_database::{AssertSqlSafe, Transaction, query};

use super::Error;

/// A value of a row, or none of its type.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(Option<String>),
    Integer(Option<i64>),
    Real(Option<f64>),
    Truth(bool),
    Bytes(Option<Vec<u8>>),
    /// A text that Postgres keeps as JSON.
    Json(Option<String>),
}

impl Value {
    /// What it takes of a statement, about.
    fn size(&self) -> usize {
        match self {
            Self::Text(Some(text)) | Self::Json(Some(text)) => text.len(),
            Self::Bytes(Some(bytes)) => bytes.len(),
            _ => 8,
        }
    }
}

macro_rules! values {
    ($($variant:ident: $($kind:ty),+;)+) => {
        $($(impl From<$kind> for Value {
            fn from(value: $kind) -> Self {
                Self::$variant(Some(value.into()))
            }
        }
        impl From<Option<$kind>> for Value {
            fn from(value: Option<$kind>) -> Self {
                Self::$variant(value.map(Into::into))
            }
        })+)+
    };
}

values! {
    Text: String, &str;
    Integer: i64;
    Real: f64;
    Bytes: Vec<u8>;
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        value.as_str().into()
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Truth(value)
    }
}

/// A row of these, each of its own type.
macro_rules! row {
    ($($value:expr),+ $(,)?) => { vec![$($crate::lifecycle::rows::Value::from($value)),+] };
}
pub(super) use row;

/// Placeholders have an end, and so has a statement.
const PLACES: usize = 8_000;
const BYTES: usize = 4 << 20;

/// Rows that wait for being inserted together.
#[derive(Debug)]
pub(super) struct Rows {
    table: String,
    columns: String,
    /// What becomes of a row whose key is there.
    conflict: String,
    width: usize,
    waiting: Vec<Vec<Value>>,
    size: usize,
    count: u64,
}

impl Rows {
    /// `conflict` is such as `ON CONFLICT DO NOTHING`, or nothing.
    pub(super) fn new(table: &str, columns: &str, conflict: &str) -> Self {
        Self {
            table: table.to_owned(),
            columns: columns.to_owned(),
            conflict: conflict.to_owned(),
            width: columns.split(',').count(),
            waiting: Vec::new(),
            size: 0,
            count: 0,
        }
    }

    /// Rows that take the place of those with the same `key`.
    pub(super) fn replacing(table: &str, columns: &str, key: &str) -> Self {
        let keys: Vec<&str> = key.split(", ").collect();
        let others = columns.split(", ").filter(|column| !keys.contains(column));
        let set = others.map(|column| format!("{column} = excluded.{column}")).collect::<Vec<_>>().join(", ");
        Self::new(table, columns, &format!("ON CONFLICT ({key}) DO UPDATE SET {set}"))
    }

    /// Adds a row; many are inserted when a statement is full.
    pub(super) async fn push(&mut self, tx: &mut Transaction, row: Vec<Value>) -> Result<(), Error> {
        self.size += row.iter().map(Value::size).sum::<usize>();
        self.waiting.push(row);
        self.count += 1;
        if self.waiting.len() * self.width >= PLACES || self.size >= BYTES {
            self.flush(tx).await?;
        }
        Ok(())
    }

    /// Inserts those that wait; how many there were since the beginning.
    pub(super) async fn flush(&mut self, tx: &mut Transaction) -> Result<u64, Error> {
        if self.waiting.is_empty() {
            return Ok(self.count);
        }
        let is_postgres = tx.backend_name() == "PostgreSQL";
        let row = |(row, values): (usize, &Vec<Value>)| {
            let place = |(column, value): (usize, &Value)| {
                let cast = if is_postgres && matches!(value, Value::Json(_)) { "::json" } else { "" };
                format!("${}{cast}", row * self.width + column + 1)
            };
            format!("({})", values.iter().enumerate().map(place).collect::<Vec<_>>().join(", "))
        };
        let places = self.waiting.iter().enumerate().map(row).collect::<Vec<_>>().join(", ");
        let Self { table, columns, conflict, .. } = self;
        let sql = format!("INSERT INTO {table} ({columns}) VALUES {places} {conflict}");
        // Not kept for the next time: to sqlx a NULL among numbers is of another type than they are, and Postgres takes the
        // types of the first time for those of the second.
        let mut statement = query(AssertSqlSafe(sql)).persistent(false);
        for value in self.waiting.drain(..).flatten() {
            statement = match value {
                Value::Text(value) | Value::Json(value) => statement.bind(value),
                Value::Integer(value) => statement.bind(value),
                Value::Real(value) => statement.bind(value),
                Value::Truth(value) => statement.bind(value),
                Value::Bytes(value) => statement.bind(value),
            };
        }
        statement.execute(&mut **tx).await?;
        self.size = 0;
        Ok(self.count)
    }
}
