//! Silver, asked by SQL, as anybody can ask.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::ledger::Place;
use crate::stack::Stack;

/// What the tables hold.
#[derive(Debug, Default)]
pub(crate) struct Silver {
    /// The topic and the event's id of every row.
    pub(crate) rows: Vec<(&'static str, String)>,
    /// The place and the bytes of every record or row that is refused whole.
    pub(crate) refused: Vec<(Place, String)>,
}

const TABLES: [(&str, &str); 3] = [("patient-vitals", "vitals"), ("lab-results", "labs"), ("patients", "patients")];

impl Silver {
    pub(crate) fn read(stack: &Stack) -> Result<Self> {
        let mut silver = Self::default();
        for (topic, table) in TABLES {
            let ids = stack.query(&format!("SELECT event_id FROM {table}"))?;
            silver.rows.extend(ids.iter().map(|row| (topic, text(row, "event_id"))));
        }
        let sql = "SELECT topic, partition, \"offset\", raw FROM quarantine WHERE scope IN ('row', 'record')";
        for row in stack.query(sql)? {
            let number = |name: &str| row[name].as_u64().with_context(|| format!("no {name} in {row}"));
            let (partition, offset) = (u8::try_from(number("partition")?)?, number("offset")?);
            silver.refused.push((Place { topic: text(&row, "topic"), partition, offset }, text(&row, "raw")));
        }
        Ok(silver)
    }
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}
