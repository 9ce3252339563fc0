//! Orders: ``metrics.`area under` DESC``.

use crate::Malformed;
use crate::identifier::is_quote;

/// What to order by, as it is written, and in which direction, as SQL has it: without one it ascends.
pub fn order(text: &str) -> Result<(&str, &'static str), Malformed> {
    let text = text.trim();
    let invalid = || Malformed(format!("Invalid order_by clause '{text}'. Could not be parsed."));
    if text.is_empty() {
        return Err(invalid());
    }
    let Some((identifier, last)) = text.rsplit_once(char::is_whitespace) else { return Ok((text, "ASC")) };
    // A space within quotes is part of the name.
    if last.ends_with(is_quote) {
        return Ok((text, "ASC"));
    }
    let direction = match last {
        word if word.eq_ignore_ascii_case("asc") => "ASC",
        word if word.eq_ignore_ascii_case("desc") => "DESC",
        _ => return Err(Malformed(format!("Invalid ordering key in order_by clause '{text}'."))),
    };
    Ok((identifier.trim_end(), direction))
}
