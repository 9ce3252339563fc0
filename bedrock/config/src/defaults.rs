//! The built-in layer: `config/strata.toml`, which is also the list of all keys in their order.

/// The file with every default and a sentence each, as it lies in the source tree.
pub const DEFAULTS: &str = include_str!("../../../config/strata.toml");

/// A key of the file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Default<'a> {
    /// The dotted key.
    pub(crate) key: String,
    /// The comment directly above.
    pub(crate) sentence: &'a str,
}

/// The keys of a file that has one line for each, in their order.
pub(crate) fn keys(text: &str) -> Vec<Default<'_>> {
    let mut keys = Vec::new();
    let (mut section, mut sentence) = (String::new(), "");
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = format!("{}.", name.trim_end_matches(']'));
        } else if let Some(comment) = line.strip_prefix("# ") {
            sentence = comment;
            continue;
        } else if let Some((key, _)) = line.split_once(" = ") {
            keys.push(Default { key: format!("{section}{key}"), sentence });
        }
        sentence = "";
    }
    keys
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Value;

    use super::*;
    use crate::schema;

    /// Fault 36: the file, the types and their documentation must not each say something else.
    #[test]
    fn the_files_keys_and_sentences_are_the_types() {
        let in_the_file: BTreeMap<_, _> = keys(DEFAULTS).into_iter().map(|d| (d.key, d.sentence.to_owned())).collect();
        let description = |schema: &Value| schema["description"].as_str().unwrap_or_default().replace('\n', " ");
        let schema = schema::raw();
        let in_the_types: BTreeMap<_, _> =
            schema::leaves(&schema).into_iter().map(|(key, leaf)| (key, description(leaf))).collect();
        assert_eq!(in_the_file, in_the_types);
    }

    #[test]
    fn every_key_has_a_sentence_directly_above() {
        for Default { key, sentence } in keys(DEFAULTS) {
            assert!(sentence.len() > 10 && sentence.ends_with('.'), "{key}: {sentence:?}");
        }
    }

    #[test]
    fn a_comment_with_something_between_is_none() {
        let found = keys("# About all.\n\na = 1\n[b]\n# About c.\nc = 2\nd = 3\n");
        let expected = [("a", ""), ("b.c", "About c."), ("b.d", "")];
        assert_eq!(found, expected.map(|(key, sentence)| Default { key: key.to_owned(), sentence }));
    }
}
