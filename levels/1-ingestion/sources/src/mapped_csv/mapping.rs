//! A mapping file: which column of a CSV is what. Every key that has no meaning is an error that names
//! the nearest one that has.
//!
//! ```toml
//! source = "ward-7"                 # every record's source
//! patient_id = "case"               # the column with the pseudonym
//! delimiter = ";"                   # default ","
//! missing = ["", "NA", "-1"]        # default "", "NA", "NaN", "null"
//!
//! [time]                            # when it happened
//! column = "taken"
//! format = "%d.%m.%Y %H:%M"         # default RFC 3339
//! offset = "+01:00"                 # of times without one; default UTC
//!
//! [available]                       # when it was known, if the file says so: as [time]
//! column = "stored"
//!
//! [vitals]                          # field = column, or a table
//! heart_rate = "HR"
//! temperature = { column = "Temp", unit = "[degF]" }
//! consciousness = { column = "AVPU", words = { alert = "A", voice = "V" } }
//!
//! [labs]                            # a column a test: variable = column and unit
//! lactate = { column = "Lac", unit = "mmol/L" }
//!
//! [lab]                             # a row a test
//! test_name = "test"
//! value = "result"
//! unit = { constant = "mg/dL" }
//! ```
//! Likewise `[medication]`, `[adverse_event]` and `[patient]`, by the fields of their events.

use std::collections::HashMap;

use strata_types::unit::to_canonical;
use strata_types::{Group, VARIABLES, Variable};
use toml::{Table, Value};

use super::fields::{Field, Kind, SECTIONS, Section};
use super::time::TimeFormat;
use crate::importers::nearest_of;

/// A mapping that was checked.
#[derive(Debug)]
pub(super) struct Mapping {
    pub(super) source: String,
    pub(super) patient_id: String,
    pub(super) delimiter: u8,
    pub(super) missing: Vec<String>,
    pub(super) time: Option<TimeColumn>,
    pub(super) available: Option<TimeColumn>,
    pub(super) sections: Vec<(&'static Section, Vec<(&'static Field, Origin)>)>,
    pub(super) labs: Vec<WideLab>,
}

/// A column of times.
#[derive(Debug)]
pub(super) struct TimeColumn {
    pub(super) column: String,
    pub(super) format: TimeFormat,
}

/// Where a field's value comes from.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) from: Taken,
    /// The unit of the column's numbers, where it is not the field's own.
    pub(super) unit: Option<String>,
    /// The column's words in the words of the event.
    pub(super) words: HashMap<String, String>,
}

/// A column, or the same for every row.
#[derive(Debug)]
pub(super) enum Taken {
    Column(String),
    Constant(String),
}

/// A column whose values are results of one test.
#[derive(Debug)]
pub(super) struct WideLab {
    pub(super) variable: &'static Variable,
    pub(super) column: String,
    pub(super) unit: String,
}

type Checked<T> = Result<T, String>;

impl Mapping {
    /// Reads and checks a mapping; the error names the key.
    pub(super) fn parse(text: &str) -> Checked<Self> {
        let table: Table =
            text.parse().map_err(|error: toml::de::Error| format!("no TOML: {}", error.to_string().trim()))?;
        let mut keys = vec!["source", "patient_id", "delimiter", "missing", "time", "available", "labs"];
        keys.extend(SECTIONS.iter().map(|section| section.key));
        check_keys("", &table, keys.iter().copied())?;
        let mut sections = Vec::new();
        for section in &SECTIONS {
            if let Some(value) = table.get(section.key) {
                sections.push((section, fields(section, of_table(section.key, value)?)?));
            }
        }
        let mapping = Self {
            source: needed(&table, "source")?,
            patient_id: needed(&table, "patient_id")?,
            delimiter: delimiter(&table)?,
            missing: missing(&table)?,
            time: time_column(&table, "time")?,
            available: time_column(&table, "available")?,
            sections,
            labs: table.get("labs").map_or(Ok(Vec::new()), |labs| wide_labs(of_table("labs", labs)?))?,
        };
        if mapping.sections.is_empty() && mapping.labs.is_empty() {
            let known: Vec<_> = SECTIONS.iter().map(|section| section.key).collect();
            return Err(format!("no section says what a row becomes: write one of labs, {}", known.join(", ")));
        }
        let timed = !mapping.labs.is_empty() || mapping.sections.iter().any(|(section, _)| section.time.is_some());
        if timed && mapping.time.is_none() {
            return Err("`time` is missing: write [time] with column = \"...\", when a row happened".into());
        }
        Ok(mapping)
    }

    /// Every column that the mapping names.
    pub(super) fn columns(&self) -> Vec<&str> {
        let times = self.time.iter().chain(&self.available).map(|time| time.column.as_str());
        let fields = self.sections.iter().flat_map(|(_, fields)| fields).filter_map(|(_, origin)| match &origin.from {
            Taken::Column(column) => Some(column.as_str()),
            Taken::Constant(_) => None,
        });
        let labs = self.labs.iter().map(|lab| lab.column.as_str());
        std::iter::once(self.patient_id.as_str()).chain(times).chain(fields).chain(labs).collect()
    }
}

fn fields(section: &'static Section, table: &Table) -> Checked<Vec<(&'static Field, Origin)>> {
    check_keys(section.key, table, section.fields.iter().map(|field| field.name))?;
    let mut fields = Vec::new();
    for field in section.fields {
        let place = format!("{}.{}", section.key, field.name);
        match table.get(field.name) {
            Some(value) => fields.push((field, origin(&place, field, value)?)),
            None if field.needed => return Err(format!("`{place}` is missing: name its column, or give a constant")),
            None => {}
        }
    }
    if fields.is_empty() { Err(format!("[{}] maps no field", section.key)) } else { Ok(fields) }
}

fn origin(place: &str, field: &Field, value: &Value) -> Checked<Origin> {
    if let Value::String(column) = value {
        return Ok(Origin { from: Taken::Column(column.clone()), unit: None, words: HashMap::new() });
    }
    let table = of_table(place, value)?;
    check_keys(place, table, ["column", "constant", "unit", "words"])?;
    let from = match (table.get("column"), table.get("constant")) {
        (Some(column), None) => Taken::Column(text(&format!("{place}.column"), column)?),
        (None, Some(constant)) => Taken::Constant(text(&format!("{place}.constant"), constant)?),
        _ => return Err(format!("`{place}` must have either column or constant")),
    };
    let unit = table.get("unit").map(|unit| text(&format!("{place}.unit"), unit)).transpose()?;
    if let Some(unit) = &unit {
        let variable = Variable::by_event_field(field.name).filter(|_| field.kind == Kind::Number);
        let variable = variable.ok_or_else(|| format!("`{place}.unit`: the field has no unit to convert from"))?;
        check_unit(place, variable, unit)?;
    }
    let mut words = HashMap::new();
    if let Some(given) = table.get("words") {
        for (word, meaning) in of_table(&format!("{place}.words"), given)? {
            words.insert(word.clone(), text(&format!("{place}.words.{word}"), meaning)?);
        }
    }
    Ok(Origin { from, unit, words })
}

fn wide_labs(table: &Table) -> Checked<Vec<WideLab>> {
    let names = || VARIABLES.iter().filter(|variable| variable.group == Group::Lab).map(|variable| variable.name);
    let mut labs = Vec::new();
    for (name, value) in table {
        let place = format!("labs.{name}");
        let variable = Variable::by_name(name).filter(|variable| variable.group == Group::Lab);
        let variable = variable.ok_or_else(|| format!("`{place}` is no laboratory variable{}", hint(name, names())))?;
        let lab = of_table(&place, value)?;
        check_keys(&place, lab, ["column", "unit"])?;
        let part = |key: &str| {
            let value = lab.get(key).ok_or_else(|| format!("`{place}.{key}` is missing"))?;
            text(&format!("{place}.{key}"), value)
        };
        let unit = part("unit")?;
        check_unit(&place, variable, &unit)?;
        labs.push(WideLab { variable, column: part("column")?, unit });
    }
    Ok(labs)
}

fn check_unit(place: &str, variable: &Variable, unit: &str) -> Checked<()> {
    if to_canonical(variable, 1.0, unit).is_some() {
        return Ok(());
    }
    let known: Vec<_> = std::iter::once(variable.ucum).chain(variable.conversions.iter().map(|c| c.unit)).collect();
    Err(format!("`{place}.unit` is `{unit}`, which is no unit of {}; known: {}", variable.name, known.join(", ")))
}

fn time_column(table: &Table, key: &str) -> Checked<Option<TimeColumn>> {
    let Some(value) = table.get(key) else { return Ok(None) };
    let time = of_table(key, value)?;
    check_keys(key, time, ["column", "format", "offset"])?;
    let part = |part: &str| time.get(part).map(|value| text(&format!("{key}.{part}"), value)).transpose();
    let column = part("column")?.ok_or_else(|| format!("`{key}.column` is missing"))?;
    let format = TimeFormat::new(part("format")?, part("offset")?.as_deref());
    Ok(Some(TimeColumn { column, format: format.map_err(|reason| format!("`{key}`: {reason}"))? }))
}

fn delimiter(table: &Table) -> Checked<u8> {
    let Some(value) = table.get("delimiter") else { return Ok(b',') };
    match text("delimiter", value)?.as_bytes() {
        [one] if one.is_ascii() => Ok(*one),
        _ => Err("`delimiter` must be one character, such as \";\" or \"\\t\"".into()),
    }
}

fn missing(table: &Table) -> Checked<Vec<String>> {
    match table.get("missing") {
        None => Ok(["", "NA", "NaN", "null"].map(Into::into).into()),
        Some(Value::Array(words)) => words.iter().map(|word| text("missing", word)).collect(),
        Some(_) => Err("`missing` must be a list of texts".into()),
    }
}

fn needed(table: &Table, key: &str) -> Checked<String> {
    let value = table.get(key).ok_or_else(|| format!("`{key}` is missing"))?;
    text(key, value)
}

fn text(place: &str, value: &Value) -> Checked<String> {
    value.as_str().map(Into::into).ok_or_else(|| format!("`{place}` must be a text in quotes"))
}

fn of_table<'a>(place: &str, value: &'a Value) -> Checked<&'a Table> {
    value.as_table().ok_or_else(|| format!("`{place}` must be a table"))
}

fn check_keys<'a>(place: &str, table: &Table, known: impl IntoIterator<Item = &'a str> + Clone) -> Checked<()> {
    for key in table.keys() {
        if !known.clone().into_iter().any(|known| known == key) {
            let place = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
            return Err(format!("`{place}` has no meaning{}", hint(key, known)));
        }
    }
    Ok(())
}

fn hint<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest_of(wrong, known.clone()) {
        Some(nearest) => format!("; did you mean `{nearest}`?"),
        None => format!("; known: {}", known.into_iter().collect::<Vec<_>>().join(", ")),
    }
}
