//! What runs are sought by: attributes, metrics, parameters, tags and datasets.

use strata_clause::{Clause, Operand};

use crate::Error;
use crate::statement::Statement;

/// Whose key a comparison is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entity {
    Attribute,
    Metric,
    Param,
    Tag,
    Dataset,
}

impl Entity {
    /// By the word before the point; none is an attribute.
    pub(super) fn of(word: Option<&str>) -> Result<Self, Error> {
        let Some(word) = word else { return Ok(Self::Attribute) };
        match word.trim_matches('`') {
            "attribute" | "attributes" | "attr" | "run" => Ok(Self::Attribute),
            "metric" | "metrics" => Ok(Self::Metric),
            "parameter" | "parameters" | "param" | "params" => Ok(Self::Param),
            "tag" | "tags" => Ok(Self::Tag),
            "dataset" | "datasets" => Ok(Self::Dataset),
            other => Err(Error::invalid(format!(
                "Invalid entity type '{other}'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']"
            ))),
        }
    }
}

const NUMERIC: [&str; 6] = [">", ">=", "!=", "=", "<", "<="];
const TEXTUAL: [&str; 6] = ["!=", "=", "LIKE", "ILIKE", "IN", "NOT IN"];
const NULLABLE: [&str; 6] = ["!=", "=", "LIKE", "ILIKE", "IS NULL", "IS NOT NULL"];
/// Attributes whose value is a text, with their columns.
const TEXTS: [(&str, &str); 8] = [
    ("run_id", "r.id"),
    ("run_name", "r.name"),
    ("run name", "r.name"),
    ("Run name", "r.name"),
    ("Run Name", "r.name"),
    ("status", "r.status"),
    ("artifact_uri", "r.artifact_uri"),
    ("user_id", "r.user_id"),
];
/// And those whose value is a number.
const NUMBERS: [(&str, &str); 4] = [
    ("start_time", "r.started_at"),
    ("created", "r.started_at"),
    ("Created", "r.started_at"),
    ("end_time", "r.ended_at"),
];

/// The column of an attribute, and whether it is a number.
pub(super) fn column(key: &str) -> Result<(&'static str, bool), Error> {
    let of = |columns: &[(&str, &'static str)]| columns.iter().find(|(known, _)| *known == key).map(|found| found.1);
    of(&TEXTS).map(|column| (column, false)).or_else(|| of(&NUMBERS).map(|column| (column, true))).ok_or_else(|| {
        Error::invalid(format!(
            "Invalid attribute key '{key}' specified. Valid keys are '['run_id', 'run_name', 'status', 'artifact_uri', \
             'user_id', 'start_time', 'end_time', 'created']'"
        ))
    })
}

pub(super) fn condition(statement: &mut Statement, clause: &Clause) -> Result<String, Error> {
    let (operator, key) = (clause.operator.as_str(), clause.key.as_str());
    match Entity::of(clause.entity.as_deref())? {
        Entity::Attribute => {
            let (column, is_number) = column(key)?;
            if is_number {
                allowed(clause, &NUMERIC)?;
                let Operand::Number(text) = &clause.value else {
                    return Err(expected(&format!("numeric value type for numeric attribute: {key}"), clause));
                };
                let value = statement.double(number(text)?);
                return Ok(format!("{column} {operator} {value}"));
            }
            allowed(clause, &TEXTUAL)?;
            if matches!(clause.value, Operand::List(_)) && key != "run_id" {
                return Err(Error::invalid(
                    "Only ['run_id'] attributes support comparison with a list of quoted string values.",
                ));
            }
            let values = texts(clause, "a quoted string value for attributes")?;
            Ok(statement.compare_text(column, operator, &values))
        }
        Entity::Metric => {
            allowed(clause, &NUMERIC)?;
            let Operand::Number(text) = &clause.value else {
                return Err(expected("numeric value type for metric", clause));
            };
            let (key, value) = (statement.text(key), statement.double(number(text)?));
            // What is not a number equals none, and is kept without a value.
            let or_none = if operator == "!=" { " OR x.value IS NULL" } else { "" };
            Ok(format!(
                "EXISTS (SELECT 1 FROM metrics x WHERE x.run = r.number \
                 AND x.key = (SELECT id FROM metric_keys WHERE key = {key}) AND (x.value {operator} {value}{or_none}))"
            ))
        }
        Entity::Param => pair(statement, clause, "run_params", "parameter"),
        Entity::Tag => pair(statement, clause, "run_tags", "tag"),
        Entity::Dataset => dataset(statement, clause),
    }
}

fn pair(statement: &mut Statement, clause: &Clause, table: &str, what: &str) -> Result<String, Error> {
    allowed(clause, &NULLABLE)?;
    let key = statement.text(clause.key.clone());
    let there = format!("EXISTS (SELECT 1 FROM {table} x WHERE x.run = r.number AND x.key = {key}");
    match clause.operator.as_str() {
        "IS NULL" => Ok(format!("NOT {there})")),
        "IS NOT NULL" => Ok(format!("{there})")),
        operator => {
            let values = texts(clause, &format!("a quoted string value for {what} (e.g. 'my-value')"))?;
            Ok(format!("{there} AND {})", statement.compare_text("x.value", operator, &values)))
        }
    }
}

fn dataset(statement: &mut Statement, clause: &Clause) -> Result<String, Error> {
    let there = "EXISTS (SELECT 1 FROM run_datasets i JOIN datasets d ON d.number = i.dataset";
    let (join, column) = match clause.key.as_str() {
        "name" => ("", "d.name"),
        "digest" => ("", "d.digest"),
        "context" => (" JOIN run_dataset_tags t ON t.input = i.number AND t.key = 'mlflow.data.context'", "t.value"),
        other => {
            return Err(Error::invalid(format!(
                "Invalid dataset key '{other}' specified. Valid keys are '{{'name', 'digest', 'context'}}'"
            )));
        }
    };
    allowed(clause, &TEXTUAL)?;
    let values = texts(clause, "a quoted string value for dataset attributes")?;
    let test = statement.compare_text(column, &clause.operator, &values);
    Ok(format!("{there}{join} WHERE i.run = r.number AND {test})"))
}

fn allowed(clause: &Clause, operators: &[&str]) -> Result<(), Error> {
    let operator = clause.operator.as_str();
    if operators.contains(&operator) {
        return Ok(());
    }
    if operator.starts_with("IS ") {
        return Err(Error::invalid(format!(
            "IS NULL / IS NOT NULL is only supported for tags and params, not for '{}' '{}'",
            clause.entity.as_deref().unwrap_or("attribute"),
            clause.key
        )));
    }
    let list = operators.iter().map(|operator| format!("'{operator}'")).collect::<Vec<_>>().join(", ");
    Err(Error::invalid(format!("Invalid comparator '{operator}' not one of '{{{list}}}'")))
}

/// Texts are quoted.
fn texts(clause: &Clause, what: &str) -> Result<Vec<String>, Error> {
    match &clause.value {
        Operand::Text(text) => Ok(vec![text.clone()]),
        Operand::List(list) => Ok(list.clone()),
        Operand::Number(_) | Operand::None => Err(expected(what, clause)),
    }
}

fn expected(what: &str, clause: &Clause) -> Error {
    let verb = if what.starts_with("numeric") { "Found" } else { "Got value" };
    Error::invalid(format!("Expected {what}. {verb} {}", clause.value))
}

pub(super) fn number(text: &str) -> Result<f64, Error> {
    text.parse().map_err(|_| Error::invalid(format!("could not convert string to float: '{text}'")))
}
