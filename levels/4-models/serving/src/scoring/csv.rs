//! CSV as RFC 4180 has it: a header, commas, quotes.

use super::frame::Frame;
use super::{Cell, json};

/// What pandas reads as missing.
const MISSING: [&str; 9] = ["", "NaN", "nan", "NA", "N/A", "null", "NULL", "None", "<NA>"];

/// The table in a CSV body; the first line names the columns.
pub(super) fn frame(body: &[u8]) -> Result<Frame, String> {
    let text = std::str::from_utf8(body).map_err(|_| "the body is not UTF-8; send CSV in UTF-8")?;
    let mut records = records(text.strip_prefix('\u{feff}').unwrap_or(text))?;
    if records.is_empty() {
        return Err("the body is empty; send a line with the names of the columns, then the rows".into());
    }
    let columns = records.remove(0);
    let cells = |record: Vec<String>| record.iter().map(|field| cell(field.trim())).collect();
    json::rows(columns, records.into_iter().map(cells).collect())
}

fn cell(field: &str) -> Cell {
    if MISSING.contains(&field) {
        return Cell::Missing;
    }
    match field.parse::<f64>() {
        Ok(value) if value.is_nan() => Cell::Missing,
        Ok(value) => Cell::Number(value),
        Err(_) => Cell::Other,
    }
}

/// The records of a text; empty lines are none.
fn records(text: &str) -> Result<Vec<Vec<String>>, String> {
    let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut characters = text.chars().peekable();
    let mut quoted = false;
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' if quoted || field.is_empty() => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\r' if !quoted && characters.peek() == Some(&'\n') => {}
            '\n' if !quoted => end(&mut records, &mut record, &mut field),
            other => field.push(other),
        }
    }
    if quoted {
        return Err("a quote is not closed; send CSV as RFC 4180 has it".into());
    }
    end(&mut records, &mut record, &mut field);
    Ok(records)
}

fn end(records: &mut Vec<Vec<String>>, record: &mut Vec<String>, field: &mut String) {
    if !record.is_empty() || !field.is_empty() {
        record.push(std::mem::take(field));
        records.push(std::mem::take(record));
    }
}

#[cfg(test)]
mod tests {
    use super::Cell::{Missing, Number, Other};
    use super::*;

    #[test]
    fn a_table_is_read() {
        let expected = |columns: [&str; 2], cells: &[Cell]| {
            Ok(Frame { columns: columns.map(str::to_owned).to_vec(), cells: cells.to_vec() })
        };
        let cells = [Number(1.0), Missing, Number(-2500.0), Other];
        for text in
            ["a,b\n1,\n-2.5e3,x\n", "\u{feff}a,b\r\n1,NaN\r\n\r\n-2500, x y", "\"a\",b\n\"1\",null\n-2500,\"\"\"\""]
        {
            assert_eq!(frame(text.as_bytes()), expected(["a", "b"], &cells), "{text}");
        }
        assert_eq!(frame(b"\"a,1\",b\n1,2"), expected(["a,1", "b"], &[Number(1.0), Number(2.0)]));
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for bytes in [&b""[..], b"\n\n", b"a,b\n1\n", b"a\n1,2\n", b"a,b\n\"1,2\n", b"\xff\xfe"] {
            assert!(frame(bytes).unwrap_err().contains("; send"), "{bytes:?}");
        }
    }
}
