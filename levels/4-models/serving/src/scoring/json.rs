//! The four JSON forms.

use std::collections::BTreeMap;

use super::Cell;
use super::frame::Frame;
use super::nan::without_nan;
use crate::wire::ScoringRequest;

const EXPECTED: &str = "send a JSON object with exactly one of dataframe_split {columns, data}, dataframe_records \
                        [{column: value}], instances [{column: value}] and inputs {column: [values]}";

/// The table in a JSON body.
pub(super) fn frame(body: &[u8]) -> Result<Frame, String> {
    // What serde says may repeat what was sent; where it was sent is enough.
    let request: ScoringRequest = serde_json::from_slice(&without_nan(body)).map_err(|error| {
        let what = if error.is_data() { "has another shape" } else { "is not JSON" };
        format!("the body {what} at line {} column {}; {EXPECTED}", error.line(), error.column())
    })?;
    let ScoringRequest { dataframe_split, dataframe_records, instances, inputs } = request;
    match (dataframe_split, dataframe_records, instances, inputs) {
        (Some(split), None, None, None) => rows(split.columns, split.data),
        (None, Some(records), None, None) | (None, None, Some(records), None) => Ok(from_records(&records)),
        (None, None, None, Some(columns)) => from_columns(columns),
        _ => Err(format!("the body has none or several of the four forms; {EXPECTED}")),
    }
}

/// Refuses a row of another width: `MLflow`'s server pads a short one with missing values and scores it.
pub(super) fn rows(columns: Vec<String>, rows: Vec<Vec<Cell>>) -> Result<Frame, String> {
    let width = columns.len();
    if let Some((number, row)) = rows.iter().enumerate().find(|(_, row)| row.len() != width) {
        return Err(format!(
            "row {} has {} values for {width} columns; send null for a missing value",
            number + 1,
            row.len()
        ));
    }
    Ok(Frame { columns, cells: rows.into_iter().flatten().collect() })
}

/// The columns are those of any record; a record without one has a missing value there.
fn from_records(records: &[BTreeMap<String, Cell>]) -> Frame {
    let mut columns: Vec<&str> = records.iter().flat_map(|record| record.keys().map(String::as_str)).collect();
    columns.sort_unstable();
    columns.dedup();
    let cell = |record: &BTreeMap<String, Cell>, column| record.get(column).copied().unwrap_or(Cell::Missing);
    let cells = records.iter().flat_map(|record| columns.iter().map(move |&column| cell(record, column))).collect();
    Frame { cells, columns: columns.into_iter().map(str::to_owned).collect() }
}

fn from_columns(columns: BTreeMap<String, Vec<Cell>>) -> Result<Frame, String> {
    let height = columns.values().next().map_or(0, Vec::len);
    if columns.values().any(|column| column.len() != height) {
        return Err("the columns of inputs differ in length; send null for a missing value".into());
    }
    let (columns, values): (Vec<String>, Vec<Vec<Cell>>) = columns.into_iter().unzip();
    let cells = (0..height).flat_map(|row| values.iter().map(move |column| column[row])).collect();
    Ok(Frame { columns, cells })
}

#[cfg(test)]
mod tests {
    use super::Cell::{Missing, Number, Other};
    use super::*;

    #[test]
    fn the_four_forms_are_one_table() {
        let expected =
            Frame { columns: vec!["a".into(), "b".into()], cells: vec![Number(1.0), Missing, Number(2.5), Other] };
        for body in [
            r#"{"dataframe_split": {"columns": ["a", "b"], "index": [7], "data": [[1, null], [2.5, "x"]]}, "p": 1}"#,
            r#"{"dataframe_records": [{"a": 1, "b": NaN}, {"a": 2.5, "b": [1]}]}"#,
            r#"{"instances": [{"a": 1}, {"b": true, "a": 2.5}]}"#,
            r#"{"inputs": {"b": [null, {"c": 1}], "a": [1, 2.5]}, "instances": null}"#,
        ] {
            assert_eq!(frame(body.as_bytes()).as_ref(), Ok(&expected), "{body}");
        }
    }

    #[test]
    fn what_is_none_of_them_is_refused_without_repeating_it() {
        for body in [
            "",
            "{",
            "[]",
            "null",
            "{}",
            "\u{0}",
            r#"{"instances": [[1, 2]]}"#,
            r#"{"instances": "Jane Doe"}"#,
            r#"{"inputs": {"a": [1], "b": []}}"#,
            r#"{"instances": [], "inputs": {}}"#,
            r#"{"inputs": {"a": 1}}"#,
            r#"{"dataframe_split": {"columns": ["Jane Doe"], "data": [[1, 2]]}}"#,
        ] {
            let error = frame(body.as_bytes()).unwrap_err();
            assert!(error.contains("; send") && !error.contains("Jane"), "{body}: {error}");
        }
    }
}
