//! The header that makes a browser keep an artifact as a file, and never show it as a page of this server's.

use std::fmt::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What RFC 5987 lets stand.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The value of `Content-Disposition` for a file of this name. A name that is not ASCII is told twice.
pub(crate) fn attachment(name: &str) -> String {
    let plain: String = name.chars().filter(|letter| (' '..='~').contains(letter)).collect();
    let told = if plain.trim().is_empty() { "download" } else { plain.as_str() };
    let is_token = told.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
    let mut value = if is_token {
        format!("attachment; filename={told}")
    } else {
        format!("attachment; filename=\"{}\"", told.replace('\\', "\\\\").replace('"', "\\\""))
    };
    if plain != name {
        // Writing to a string cannot fail.
        let _ = write!(value, "; filename*=UTF-8''{}", utf8_percent_encode(name, ENCODED));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::attachment;

    #[test]
    fn names_are_told_so_that_nothing_breaks_out() {
        for (name, expected) in [
            ("a.txt", "attachment; filename=a.txt"),
            ("dog+step+20.png", "attachment; filename=dog+step+20.png"),
            ("a b.txt", "attachment; filename=\"a b.txt\""),
            ("a\"; x=\\y.txt", "attachment; filename=\"a\\\"; x=\\\\y.txt\""),
            ("déj vu.txt", "attachment; filename=\"dj vu.txt\"; filename*=UTF-8''d%C3%A9j%20vu.txt"),
            ("日本", "attachment; filename=download; filename*=UTF-8''%E6%97%A5%E6%9C%AC"),
        ] {
            assert_eq!(attachment(name), expected);
        }
    }
}
