//! What a request names, whichever way it names it, read before the handler reads it.

use serde_json::Value;

/// The query and the JSON body, as one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named {
    query: Vec<(String, String)>,
    body: Option<Value>,
}

impl Named {
    pub(crate) fn new(query: &str, body: &[u8]) -> Self {
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self { query, body: serde_json::from_slice(body).ok() }
    }

    /// The values of a field, of one or of a list. MLflow reads both `run_id` and `runId`, so both are read here: what
    /// is allowed must be what is done.
    pub(crate) fn all(&self, field: &str) -> Vec<String> {
        let names = names(field);
        let mut values: Vec<String> =
            self.query.iter().filter(|(name, _)| names.contains(name)).map(|(_, value)| value.clone()).collect();
        for name in &names {
            match self.body.as_ref().and_then(|body| body.get(name)) {
                Some(Value::Array(list)) => values.extend(list.iter().filter_map(text)),
                Some(value) => values.extend(text(value)),
                None => {}
            }
        }
        values
    }

    /// The body, if it is JSON.
    pub(crate) fn body(&self) -> Option<&Value> {
        self.body.as_ref()
    }

    /// Keeps of a list only what passes; whether anything was there, and whether anything is left.
    pub(crate) fn narrow(&mut self, field: &str, keep: &dyn Fn(&Value) -> bool) -> (bool, bool) {
        let (mut was, mut is) = (false, false);
        for name in names(field) {
            if let Some(Value::Array(list)) = self.body.as_mut().and_then(|body| body.get_mut(&name)) {
                was |= !list.is_empty();
                list.retain(keep);
                is |= !list.is_empty();
            }
        }
        (was, is)
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A field's names, each once.
fn names(field: &str) -> Vec<String> {
    let camel = camel(field);
    if camel == field { vec![camel] } else { vec![field.to_owned(), camel] }
}

/// `run_id` is `runId` too, as protobuf has it.
fn camel(name: &str) -> String {
    let mut camel = String::new();
    let mut upper = false;
    for c in name.chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                camel.extend(c.to_uppercase());
                upper = false;
            }
            c => camel.push(c),
        }
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::Named;

    #[test]
    fn a_field_is_found_however_it_is_named() {
        let named = Named::new("run_ids=a&run_ids=b&x=1", br#"{"experimentId": 7, "run_id": "r", "run_ids": ["c"]}"#);
        assert_eq!(named.all("run_ids"), ["a", "b", "c"]);
        assert_eq!(named.all("run_id"), ["r"]);
        assert_eq!(named.all("experiment_id"), ["7"]);
        assert!(named.all("name").is_empty());
        assert!(Named::new("", b"no JSON").all("name").is_empty());
    }

    #[test]
    fn a_list_is_narrowed() {
        let mut named = Named::new("", br#"{"experiment_ids": ["0", "1", "2"]}"#);
        assert_eq!(named.narrow("experiment_ids", &|id| id == "1"), (true, true));
        assert_eq!(named.body().unwrap().to_string(), r#"{"experiment_ids":["1"]}"#);
        assert_eq!(named.narrow("experiment_ids", &|_| false), (true, false));
        assert_eq!(named.narrow("names", &|_| false), (false, false));
    }
}
