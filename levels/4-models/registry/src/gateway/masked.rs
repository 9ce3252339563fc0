//! What is shown of a secret: enough to know which it is.

use serde_json::{Map, Value};

/// Each value as MLflow masks it: its beginning and its end, or nothing of a short one.
pub(super) fn masked(values: &Map<String, Value>) -> Map<String, Value> {
    values
        .iter()
        .map(|(key, value)| (key.clone(), value.as_str().map_or_else(|| "***".to_owned(), mask).into()))
        .collect()
}

fn mask(value: &str) -> String {
    let letters: Vec<char> = value.chars().collect();
    match (letters.first_chunk::<3>(), letters.last_chunk::<4>()) {
        (Some(first), Some(last)) if letters.len() >= 8 => {
            format!("{}...{}", String::from_iter(first), String::from_iter(last))
        }
        _ => "***".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn a_secret_is_known_by_its_ends() {
        for (secret, expected) in [
            ("AKIATEST1234", "AKI...1234"),
            ("secret123abc", "sec...3abc"),
            ("12345678", "123...5678"),
            ("1234567", "***"),
            ("", "***"),
            ("äöüß€äöü", "äöü...€äöü"),
        ] {
            assert_eq!(mask(secret), expected);
        }
    }
}
