//! How good the data is: counted from the tables as they stand.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde::Serialize;
use strata_lakehouse::{Lakehouse, View};
use strata_landing::Bronze;
use strata_types::{Topic, VARIABLES, Variable};

use crate::Error;

/// The unit ledger: per site, variable and unit as it came, how many values; and the rule that
/// overruled the unit, where one did.
pub static UNIT_LEDGER: View = View {
    name: "unit_ledger",
    needs: &["vitals", "labs"],
    sql: "SELECT site, variable, raw_unit, rule, count(*) AS values FROM (
            SELECT coalesce(trial_site, source) AS site, 'body_temperature' AS variable,
                   temperature_raw_unit AS raw_unit, temperature_rule AS rule
              FROM vitals WHERE temperature_raw IS NOT NULL
            UNION ALL SELECT coalesce(trial_site, source), 'spo2', '%', spo2_rule FROM vitals WHERE spo2_raw IS NOT NULL
            UNION ALL SELECT coalesce(trial_site, source), 'fio2', '%', fio2_rule FROM vitals WHERE fio2_raw IS NOT NULL
            UNION ALL SELECT coalesce(trial_site, performing_lab, source), variable, raw_unit, unit_rule FROM labs)
          GROUP BY site, variable, raw_unit, rule ORDER BY site, variable, raw_unit, rule",
};

/// The same of infusions: per site, drug and unit as it came, how many rates, and how many of them have a canonical value.
pub static RATE_LEDGER: View = View {
    name: "rate_ledger",
    needs: &["medications"],
    sql: "SELECT coalesce(trial_site, source) AS site, coalesce(drug, drug_name) AS drug, raw_rate_unit AS raw_unit,
                 count(*) AS values, count(rate) AS canonical
            FROM medications WHERE raw_rate IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
};

/// The state of the tables.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct QualityReport {
    /// Rows and records by table.
    pub tables: Vec<TableCount>,
    /// Valid values by variable.
    pub variables: Vec<VariableCount>,
    /// Quarantine by topic and rule.
    pub quarantine: Vec<RuleCount>,
}

/// One table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableCount {
    /// Its name.
    pub table: String,
    /// Records in bronze.
    pub records: u64,
    /// Rows in silver.
    pub rows: u64,
    /// Patients in silver.
    pub patients: u64,
    /// Records refused whole, readable or not.
    pub refused: u64,
    /// Records that lost to another of their key: duplicates, and what corrections replaced.
    pub superseded: u64,
}

/// One variable.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VariableCount {
    /// Its name.
    pub variable: String,
    /// Its unit.
    pub unit: String,
    /// Valid values.
    pub values: u64,
    /// Values in quarantine.
    pub refused: u64,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleCount {
    /// The topic.
    pub topic: String,
    /// The rule.
    pub rule: String,
    /// How much it refuses: cell, row or record.
    pub scope: String,
    /// How often.
    pub count: u64,
}

/// Counts the tables as they stand.
pub fn quality_report<'a>(lakehouse: &'a Lakehouse, bronze: &'a Bronze) -> BoxFuture<'a, Result<QualityReport, Error>> {
    report(lakehouse, bronze).boxed()
}

async fn report(lakehouse: &Lakehouse, bronze: &Bronze) -> Result<QualityReport, Error> {
    let names = lakehouse.names().await?;
    let exists = |name: &str| names.iter().any(|table| table == name);
    let mut report = QualityReport::default();
    if exists("quarantine") {
        let sql = "SELECT topic, rule, scope, count(*) FROM quarantine GROUP BY topic, rule, scope ORDER BY topic, rule, scope";
        for row in rows(lakehouse, sql).await? {
            let [topic, rule, scope] = [0, 1, 2].map(|column| row.text[column].clone());
            report.quarantine.push(RuleCount { topic, rule, scope, count: row.counts[0] });
        }
    }
    for topic in Topic::ALL.into_iter().filter(|topic| exists(topic.table())) {
        let table = topic.table();
        let counted = rows(lakehouse, &format!("SELECT count(*), count(DISTINCT patient_id) FROM {table}")).await?;
        let (rows, patients) = counted.first().map_or((0, 0), |row| (row.counts[0], row.counts[1]));
        let refused_by_scope = |scope: &str| -> u64 {
            let of_topic = report.quarantine.iter().filter(|rule| rule.topic == topic.name() && rule.scope == scope);
            of_topic.map(|rule| rule.count).sum()
        };
        let records = bronze.since(topic, &|_, _| 0).await?.iter().map(|manifest| manifest.count).sum();
        // A row may be refused for more than one reason; count each record once.
        let refused = refused_by_scope("record") + refused_rows(lakehouse, topic, exists("quarantine")).await?;
        let superseded = u64::saturating_sub(records, rows + refused);
        report.tables.push(TableCount { table: table.into(), records, rows, patients, refused, superseded });
    }
    report.variables = variables(lakehouse, &exists).await?;
    Ok(report)
}

async fn refused_rows(lakehouse: &Lakehouse, topic: Topic, exists: bool) -> Result<u64, Error> {
    if !exists {
        return Ok(0);
    }
    let sql = format!("SELECT count(DISTINCT key) FROM quarantine WHERE scope = 'row' AND topic = '{topic}'");
    Ok(rows(lakehouse, &sql).await?.first().map_or(0, |row| row.counts[0]))
}

async fn variables(lakehouse: &Lakehouse, exists: &(dyn Fn(&str) -> bool + Sync)) -> Result<Vec<VariableCount>, Error> {
    let mut counts: Vec<(String, u64)> = Vec::new();
    if exists("vitals") {
        let fields: Vec<&Variable> = VARIABLES.iter().filter(|v| is_vitals_field(v)).collect();
        let selected: Vec<String> =
            fields.iter().filter_map(|v| v.event_field).map(|f| format!("count({f})")).collect();
        let sql = format!("SELECT {} FROM vitals", selected.join(", "));
        if let Some(row) = rows(lakehouse, &sql).await?.first() {
            counts.extend(fields.iter().zip(&row.counts).map(|(variable, count)| (variable.name.to_owned(), *count)));
        }
    }
    if exists("labs") {
        let sql = "SELECT variable, count(*) FROM labs GROUP BY variable";
        counts.extend(rows(lakehouse, sql).await?.into_iter().map(|row| (row.text[0].clone(), row.counts[0])));
    }
    let mut refused: Vec<(String, u64)> = Vec::new();
    if exists("quarantine") {
        let sql = "SELECT variable, count(*) FROM quarantine WHERE variable IS NOT NULL GROUP BY variable";
        refused.extend(rows(lakehouse, sql).await?.into_iter().map(|row| (row.text[0].clone(), row.counts[0])));
    }
    let count_of = |counts: &[(String, u64)], variable: &Variable| -> u64 {
        let named = |name: &str| name == variable.name || Some(name) == variable.event_field;
        counts.iter().filter(|(name, _)| named(name)).map(|(_, count)| count).sum()
    };
    let counted = VARIABLES.iter().map(|variable| VariableCount {
        variable: variable.name.into(),
        unit: variable.ucum.into(),
        values: count_of(&counts, variable),
        refused: count_of(&refused, variable),
    });
    Ok(counted.filter(|count| count.values + count.refused > 0).collect())
}

fn is_vitals_field(variable: &Variable) -> bool {
    variable.event_field.is_some_and(|field| field != "height" && field != "weight")
}

/// A row of an answer: its texts and its counts, each in the order of their columns.
struct Row {
    text: Vec<String>,
    counts: Vec<u64>,
}

async fn rows(lakehouse: &Lakehouse, sql: &str) -> Result<Vec<Row>, Error> {
    let answer = lakehouse.query(sql).await?;
    Ok(answer.batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| read_row(batch, row))).collect())
}

fn read_row(batch: &RecordBatch, row: usize) -> Row {
    let mut read = Row { text: Vec::new(), counts: Vec::new() };
    for column in batch.columns() {
        if let Some(numbers) = column.as_primitive_opt::<Int64Type>() {
            read.counts.push(numbers.value(row) as u64);
        } else if let Some(texts) = column.as_string_opt::<i32>() {
            read.text.push(texts.value(row).to_owned());
        } else if let Some(texts) = column.as_string_view_opt() {
            read.text.push(if texts.is_valid(row) { texts.value(row).to_owned() } else { String::new() });
        }
    }
    read
}
