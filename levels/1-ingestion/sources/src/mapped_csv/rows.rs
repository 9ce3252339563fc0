//! A row by its mapping: the events that it becomes.

use serde_json::{Map, Number, Value};
use strata_types::event::LabResult;
use strata_types::unit::{to_canonical, ucum};
use strata_types::{Event, InvalidPatientId, PatientId, Timestamp, Variable};

use super::fields::{Field, Kind, Section};
use super::mapping::{Mapping, Origin, Taken, TimeColumn};
use crate::Error;
use crate::delivery::Delivery;
use crate::table::{Row, shorten};

/// Finds the fields of a row by the names of their columns.
pub(super) struct Reader<'a> {
    pub(super) mapping: &'a Mapping,
    pub(super) columns: &'a [String],
}

impl Reader<'_> {
    /// Gives what a row becomes. A field that cannot be read ends the import, by file, line and column.
    pub(super) fn give(&self, row: &Row<'_>, delivery: &mut Delivery<'_>) -> Result<(), Error> {
        let mapping = self.mapping;
        // The text itself is not repeated: what is no pseudonym may be a name.
        let column = &mapping.patient_id;
        let id = self
            .field(row, column)
            .ok_or_else(|| row.damaged(format!("{column}: the patient's pseudonym is missing")))?;
        let patient_id: PatientId =
            id.parse().map_err(|error: InvalidPatientId| row.damaged(format!("{column}: {error}")))?;
        let time = self.time(row, mapping.time.as_ref())?;
        let arrived = self.time(row, mapping.available.as_ref())?;
        for (section, fields) in &mapping.sections {
            if let Some(event) = self.event(row, section, fields, &patient_id, time, delivery)? {
                delivery.give(&event, arrived)?;
            }
        }
        for lab in &mapping.labs {
            let place = self.place(&lab.column);
            let (Some(text), Some(timestamp)) = (self.field(row, &lab.column), time) else { continue };
            let result = LabResult {
                patient_id: patient_id.clone(),
                timestamp,
                test_name: lab.variable.name.into(),
                value: number(text).ok_or_else(|| row.wrong(place, "a number"))?,
                unit: lab.unit.clone(),
                source: mapping.source.clone(),
                loinc: None,
                lab_id: None,
                reference_range: None,
                performing_lab: None,
                trial_site: None,
                event_id: None,
            };
            delivery.mapped(&lab.column, 1);
            delivery.give(&Event::LabResult(result), arrived)?;
        }
        Ok(())
    }

    /// The event of a section; `None` when the row has nothing of it, or lacks what it needs.
    fn event(
        &self,
        row: &Row<'_>,
        section: &Section,
        fields: &[(&'static Field, Origin)],
        patient_id: &PatientId,
        time: Option<Timestamp>,
        delivery: &mut Delivery<'_>,
    ) -> Result<Option<Event>, Error> {
        let mut object = Map::new();
        let mut from_columns = Vec::new();
        for (field, origin) in fields {
            let (text, column) = match &origin.from {
                Taken::Column(column) => (self.field(row, column), Some(column)),
                Taken::Constant(constant) => (Some(constant.as_str()), None),
            };
            let Some(text) = text else {
                if field.needed {
                    delivery.unmapped(
                        column.map_or(field.name, String::as_str),
                        "needed, but missing: the row is none",
                        1,
                    );
                    return Ok(None);
                }
                continue;
            };
            from_columns.extend(column);
            let value = self.value(row, field, origin, text)?;
            if field.name == "temperature" && origin.unit.is_some() {
                object.insert("temperature_unit".into(), origin.unit.as_deref().map(ucum).into());
            }
            object.insert(field.name.into(), value);
        }
        if from_columns.is_empty() {
            return Ok(None);
        }
        object.insert("patient_id".into(), patient_id.as_str().into());
        object.insert("source".into(), self.mapping.source.as_str().into());
        if let (Some(name), Some(time)) = (section.time, time) {
            object.insert(name.into(), time.to_string().into());
        }
        let line = serde_json::to_vec(&object).expect("text keys, and memory takes every write");
        let event =
            Event::parse(section.topic, &line).map_err(|error| row.damaged(format!("no {}: {error}", section.key)))?;
        for column in from_columns {
            delivery.mapped(column, 1);
        }
        Ok(Some(event))
    }

    fn value(&self, row: &Row<'_>, field: &Field, origin: &Origin, text: &str) -> Result<Value, Error> {
        let text = origin.words.get(text).map_or(text, String::as_str);
        let wrong = |right: &str| match &origin.from {
            Taken::Column(column) => row.wrong(self.place(column), right),
            Taken::Constant(constant) => row.damaged(format!("the constant `{}` must be {right}", shorten(constant))),
        };
        let value = match field.kind {
            Kind::Text => Value::from(text),
            Kind::Whole => Value::from(text.parse::<i64>().map_err(|_| wrong("a whole number"))?),
            Kind::Flag => match text.to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" => Value::Bool(true),
                "false" | "0" | "no" => Value::Bool(false),
                _ => return Err(wrong("true or false, yes or no, 1 or 0")),
            },
            Kind::Time => {
                let format = self.mapping.time.as_ref().map(|time| &time.format);
                let time = format.map_or_else(|| text.parse().ok(), |format| format.read(text));
                Value::from(time.ok_or_else(|| wrong("a time in the format of [time]"))?.to_string())
            }
            Kind::Number => {
                let number = number(text).ok_or_else(|| wrong("a number"))?;
                // Temperature keeps its unit, which the event can say; other fields have one unit.
                let unit = origin.unit.as_deref().filter(|_| field.name != "temperature");
                let variable = Variable::by_event_field(field.name).zip(unit);
                let number = variable.map_or(Some(number), |(variable, unit)| to_canonical(variable, number, unit));
                number.and_then(Number::from_f64).map(Value::Number).ok_or_else(|| wrong("a number in its unit"))?
            }
        };
        Ok(value)
    }

    fn time(&self, row: &Row<'_>, time: Option<&TimeColumn>) -> Result<Option<Timestamp>, Error> {
        let Some(time) = time else { return Ok(None) };
        let read = self.field(row, &time.column).and_then(|text| time.format.read(text));
        read.map(Some).ok_or_else(|| row.wrong(self.place(&time.column), "a time in the format of the mapping"))
    }

    /// A field without blanks around it; `None` where it holds a word for missing.
    fn field<'r>(&self, row: &Row<'r>, column: &str) -> Option<&'r str> {
        let text = row.text(self.place(column)).trim();
        (!text.is_empty() && !self.mapping.missing.iter().any(|missing| missing == text)).then_some(text)
    }

    fn place(&self, column: &str) -> usize {
        self.columns.iter().position(|known| known == column).unwrap_or_default()
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}
