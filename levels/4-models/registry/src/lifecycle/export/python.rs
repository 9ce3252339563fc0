//! JSON as Python writes it, where MLflow takes a hash of what `json.dumps(value, sort_keys=True)` gave.

use std::io::{self, Write};

use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

/// The text. Keys of a [`Value`] are in their order.
pub(super) fn text(value: &Value) -> String {
    let mut out = Vec::new();
    let written = serde::Serialize::serialize(value, &mut Serializer::with_formatter(&mut out, Python));
    // Nothing refuses to be written into memory.
    written.map_or_else(|_| String::new(), |()| String::from_utf8(out).unwrap_or_default())
}

struct Python;

impl Formatter for Python {
    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        for letter in fragment.chars() {
            if (' '..='~').contains(&letter) {
                writer.write_all(&[letter as u8])?;
            } else {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }

    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(float(value).as_bytes())
    }
}

/// The shortest digits that give the number again, with an exponent where Python takes one.
fn float(value: f64) -> String {
    let scientific = format!("{value:e}");
    let exponent: i32 = scientific.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0);
    if (-4..16).contains(&exponent) {
        return format!("{value:?}");
    }
    let (digits, sign) = (scientific.split('e').next().unwrap_or_default(), if exponent < 0 { '-' } else { '+' });
    format!("{digits}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::text;

    #[test]
    fn it_is_what_python_writes() {
        // From Python 3.11.
        let value = json!({ "b": [1, -2.0, 1.5e-5, 1e16, 1e22, 0.0001, 123_456_789_012_345.6, 5e-324, true, null], "a": { "ä": "€ 😀\n\u{7f}\u{1}\"/" }, "e": [], "f": {} });
        let expected = r#"{"a": {"\u00e4": "\u20ac \ud83d\ude00\n\u007f\u0001\"/"}, "b": [1, -2.0, 1.5e-05, 1e+16, 1e+22, 0.0001, 123456789012345.6, 5e-324, true, null], "e": [], "f": {}}"#;
        assert_eq!(text(&value), expected);
    }
}
