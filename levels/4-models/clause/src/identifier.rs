//! Names of fields: ``tags.`care unit` ``.

use std::borrow::Cow;

/// At the first point outside of quotes: what is before it, and the rest. Each loses the quotes that are around all of it;
/// a quote within is written twice.
pub fn split(identifier: &str) -> (Option<String>, String) {
    let start =
        identifier.chars().next().filter(|first| is_quote(*first)).map_or(Some(0), |quote| end(identifier, quote));
    let start = start.unwrap_or(identifier.len());
    match identifier[start..].split_once('.') {
        Some((before, key)) => (Some(unquoted(&identifier[..start + before.len()])), unquoted(key)),
        None => (None, unquoted(identifier)),
    }
}

/// A name so that `split` finds it whole: in backticks, unless it is a plain word.
pub(crate) fn quoted(name: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(plain) {
        return name.into();
    }
    format!("`{}`", name.replace('`', "``")).into()
}

pub(crate) fn is_quote(c: char) -> bool {
    c == '`' || c == '"'
}

/// Behind the quote that closes what starts with one; within, a quote is written twice.
pub(crate) fn end(text: &str, quote: char) -> Option<usize> {
    let mut at = quote.len_utf8();
    while let Some(next) = text[at..].find(quote) {
        at += next + quote.len_utf8();
        if !text[at..].starts_with(quote) {
            return Some(at);
        }
        at += quote.len_utf8();
    }
    None
}

/// What is between the quotes of a whole text.
pub(crate) fn inside(text: &str, quote: char) -> String {
    let twice = [quote, quote].iter().collect::<String>();
    text[quote.len_utf8()..text.len() - quote.len_utf8()].replace(&twice, &quote.to_string())
}

/// Whether quotes are around all of it.
pub(crate) fn is_quoted(text: &str) -> bool {
    text.chars().next().is_some_and(|quote| is_quote(quote) && end(text, quote) == Some(text.len()))
}

pub(crate) fn unquoted(text: &str) -> String {
    match text.chars().next() {
        Some(quote) if is_quoted(text) => inside(text, quote),
        _ => text.to_owned(),
    }
}
