//! Prompts are registered models with a tag that says so.

/// The tag; its value is `true`.
pub(crate) const IS_PROMPT: &str = "mlflow.prompt.is_prompt";
/// The tag of a version that holds its text.
pub(crate) const TEXT: &str = "mlflow.prompt.text";
/// The tag that says whether the text is one or a chat.
pub(crate) const TYPE: &str = "_mlflow_prompt_type";

/// What a prompt's version names as its source: it has none, but a version must name one.
const SOURCES: [&str; 2] = ["dummy-source", "prompt-template"];

/// Whether these tags make a prompt. Of a key that is there twice, the last value counts.
pub(crate) fn is_prompt<'a>(tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> bool {
    let last = tags.into_iter().filter(|(key, _)| *key == IS_PROMPT).last();
    last.is_some_and(|(_, value)| value.eq_ignore_ascii_case("true"))
}

/// Whether a prompt's version may name this source.
pub(crate) fn is_source(source: &str) -> bool {
    SOURCES.contains(&source)
}

#[cfg(test)]
mod tests {
    use super::{IS_PROMPT, is_prompt};

    #[test]
    fn only_a_true_tag_makes_a_prompt() {
        assert!(is_prompt([(IS_PROMPT, "True")]));
        assert!(is_prompt([(IS_PROMPT, "false"), (IS_PROMPT, "true")]));
        assert!(!is_prompt([(IS_PROMPT, "true"), (IS_PROMPT, "no")]));
        assert!(!is_prompt([("team", "true")]));
        assert!(!is_prompt([]));
    }
}
