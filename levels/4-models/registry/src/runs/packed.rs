//! Rows of texts that a database hands over as one row: each row costs a way through a channel, and on the runs of a page
//! hang a thousand.
//!
//! Each field is its length in characters, a colon and itself; a field follows the other.

/// The SQL that makes one text of these columns, all texts, of all rows.
pub(super) fn packed(columns: &[&str]) -> String {
    let field = |column: &&str| format!("length({column}) || ':' || {column}");
    format!("string_agg({}, '')", columns.iter().map(field).collect::<Vec<_>>().join(" || "))
}

/// The fields of such a text.
#[derive(Debug)]
pub(super) struct Fields<'a>(pub(super) &'a str);

impl<'a> Iterator for Fields<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let (length, rest) = self.0.split_once(':')?;
        let length = length.parse().ok()?;
        let end = rest.char_indices().nth(length).map_or(rest.len(), |(end, _)| end);
        let (field, rest) = rest.split_at(end);
        self.0 = rest;
        Some(field)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fields, packed};

    #[test]
    fn fields_may_hold_anything() {
        let texts = ["", "7:x", ":", "größer", "\u{1f600}\u{301}", "a\nb", "12"];
        let text = texts.map(|text| format!("{}:{text}", text.chars().count())).concat();
        assert_eq!(Fields(&text).collect::<Vec<_>>(), texts);
        assert_eq!(Fields("").next(), None);
    }

    #[test]
    fn the_sql_packs_columns() {
        assert_eq!(packed(&["a", "b"]), "string_agg(length(a) || ':' || a || length(b) || ':' || b, '')");
    }
}
