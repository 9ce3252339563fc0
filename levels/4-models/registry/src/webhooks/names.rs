//! What webhooks may be called.

use crate::Error;

/// The letters and digits of DNS, and dots and underscores, at most 63.
pub(crate) fn check(name: &str) -> Result<(), Error> {
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let mut chars = name.chars();
    let first = chars.next();
    if name.len() <= 63 && ends(first) && ends(chars.next_back().or(first)) && name.chars().all(fine) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "Webhook name '{name}' is invalid. It must start and end with a letter or digit, be less than 63 characters \
         long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-)."
    )))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn names_are_short_and_plain() {
        let longest = "x".repeat(63);
        assert!(["a", "test_webhook", "A.b-c9", &longest].into_iter().all(|name| check(name).is_ok()));
        for name in ["", " ", "-a", "a-", "a b", "ä", &"x".repeat(64)] {
            assert!(check(name).is_err(), "{name}");
        }
    }
}
