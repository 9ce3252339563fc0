//! One line of a `.psv` file as numbers, parsed by hand on bytes.

use super::columns::{COLUMNS, COUNT, shorten};

/// The values of a row by column; what is missing is NaN.
pub(super) type Row = [f64; COUNT];

/// Reads a line, without its line break, into a row.
pub(super) fn parse(line: &[u8], row: &mut Row) -> Result<(), String> {
    let mut fields = line.split(|byte| *byte == b'|');
    for (place, value) in row.iter_mut().enumerate() {
        let field = fields.next().ok_or_else(|| wrong_count(line))?;
        *value = number(field).ok_or_else(|| {
            let (name, field) = (COLUMNS[place].name, String::from_utf8_lossy(field));
            format!("{name} is `{}`: neither a number nor NaN", shorten(&field))
        })?;
    }
    if fields.next().is_some() { Err(wrong_count(line)) } else { Ok(()) }
}

/// A number; `NaN` and an empty field are missing, and every other text is refused.
fn number(field: &[u8]) -> Option<f64> {
    if field == b"NaN" || field.is_empty() {
        return Some(f64::NAN);
    }
    let value: f64 = std::str::from_utf8(field).ok()?.parse().ok()?;
    value.is_finite().then_some(value)
}

fn wrong_count(line: &[u8]) -> String {
    let fields = line.split(|byte| *byte == b'|').count();
    format!("{fields} fields where {COUNT} belong: the line is cut short or not of this set")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_are_numbers_or_missing() {
        let cases = [("97", Some(97.0)), ("-0.03", Some(-0.03)), ("1e3", Some(1000.0)), ("0", Some(0.0))];
        for (text, expected) in cases {
            assert_eq!(number(text.as_bytes()), expected, "{text}");
        }
        for missing in ["NaN", ""] {
            assert!(number(missing.as_bytes()).unwrap().is_nan());
        }
        for wrong in ["inf", "n/a", "12,5", " 7", "--1", "nan", "\u{663}"] {
            assert_eq!(number(wrong.as_bytes()), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_line_it_is_answered(line: Vec<u8>) {
            let _ = parse(&line, &mut [0.0; COUNT]);
        }

        #[test]
        fn what_is_written_is_read(values in prop::array::uniform32(-1e6_f64..1e6)) {
            let mut fields: Vec<String> = values.iter().map(f64::to_string).collect();
            fields.resize(COUNT, "NaN".into());
            let mut row = [0.0; COUNT];
            parse(fields.join("|").as_bytes(), &mut row).unwrap();
            prop_assert_eq!(&row[..32], &values);
            prop_assert!(row[32..].iter().all(|value| value.is_nan()));
        }
    }
}
