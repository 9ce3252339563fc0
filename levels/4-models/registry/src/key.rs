//! Keys of metrics, parameters and tags: some stores make files of them.

use std::fmt::Display;

use crate::Error;

/// Of a metric, a parameter or a tag of a run, in characters.
pub(crate) const LENGTH: usize = 250;

/// A key, as the parameter that it came in: of a metric it is `name`, of anything else `key`.
pub(crate) fn check(parameter: impl Display, key: &str) -> Result<(), Error> {
    let fine = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ' | ':' | '/');
    if !key.chars().all(fine) {
        return Err(invalid(
            parameter,
            key,
            "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and \
             slashes (/).",
        ));
    }
    check_path(parameter, key)
}

/// Some stores make folders of names: a name must not mean another one then.
pub(crate) fn check_path(parameter: impl Display, name: &str) -> Result<(), Error> {
    if !name.is_empty() && !name.contains(['.', '/']) {
        return Ok(());
    }
    let plain = normal(name);
    if plain == name && plain != "." && !plain.starts_with("..") && !plain.starts_with('/') {
        return Ok(());
    }
    let why = format!(
        "Names may be treated as files in certain cases, and must not resolve to other names when treated as such. \
         This name would resolve to '{plain}'"
    );
    Err(invalid(parameter, name, &why))
}

/// A path without its detours, as `posixpath.normpath` has it.
fn normal(path: &str) -> String {
    let root = match path.bytes().take_while(|byte| *byte == b'/').count() {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        match (part, parts.last()) {
            ("..", None) if !root.is_empty() => {}
            ("..", Some(&last)) if last != ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    let normal = format!("{root}{}", parts.join("/"));
    if normal.is_empty() { ".".to_owned() } else { normal }
}

/// In characters.
pub(crate) fn check_length(what: &str, limit: usize, text: &str) -> Result<(), Error> {
    if text.chars().count() <= limit {
        return Ok(());
    }
    Err(Error::invalid(format!("'{what}' exceeds the maximum length of {limit} characters")))
}

fn invalid(parameter: impl Display, value: &str, why: &str) -> Error {
    let value = serde_json::Value::from(value);
    Error::invalid(format!("Invalid value {value} for parameter '{parameter}' supplied: {why}"))
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn paths_become_normal() {
        for (path, expected) in [
            ("a/../b", "b"),
            ("../a", "../a"),
            ("/../a", "/a"),
            ("//a", "//a"),
            ("///a", "/a"),
            ("", "."),
            ("a/.", "a"),
        ] {
            assert_eq!(normal(path), expected, "{path}");
        }
    }
}
