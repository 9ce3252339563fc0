//! Which names a logged model may have, and how it gets one when nobody gave it any.

use crate::Error;

const REFUSED: [char; 6] = ['/', ':', '.', '%', '"', '\''];

/// A name is not empty and has none of the characters of paths and URIs.
pub(crate) fn check(name: &str) -> Result<(), Error> {
    if !name.is_empty() && !name.contains(REFUSED) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "Invalid model name ('{name}') provided. Model name must be a non-empty string and cannot contain the following \
         characters: ('/', ':', '.', '%', '\"', \"'\")"
    )))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn names_of_paths_are_refused() {
        assert!(check("model").is_ok());
        for name in ["", "a/b", "a:b", "a.b", "50%", "\"", "'"] {
            assert!(check(name).is_err(), "{name}");
        }
    }
}
