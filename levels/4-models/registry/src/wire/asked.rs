//! What is asked: the query of a GET, the JSON body of anything else, field by field, with MLflow's complaints.

use axum::extract::{FromRequest, Request};
use axum::http::Method;
use serde_json::{Map, Value};

use super::Body;
use crate::Error;
use crate::error::SEE;

/// The fields of a request. What is not known is not looked at; `null` is as if it were not there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked(Map<String, Value>);

impl Asked {
    /// A field, whatever it is.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text that must be there, and not empty.
    pub(crate) fn required(&self, name: &str) -> Result<String, Error> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| Error::missing(name))
    }

    /// A text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => text(name, value).map(Some),
        }
    }

    /// A list of texts; from a query, one is a list too.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>, Error> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(list)) => list.iter().map(|value| text(name, value)).collect(),
            Some(value) => Err(wrong(name, value)),
        }
    }

    /// A whole number, or a text that is one.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, Error> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let number = match value {
            Value::String(text) => text.trim().parse().ok(),
            value => value.as_i64().or_else(|| value.as_f64().and_then(whole)),
        };
        number.map(Some).ok_or_else(|| wrong(name, value))
    }

    /// A number, or a text that is one: what is none, and what is infinite, are texts in JSON.
    pub(crate) fn number(&self, name: &str) -> Result<Option<f64>, Error> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let number = match value {
            Value::String(text) => text.trim().parse().ok(),
            value => value.as_f64(),
        };
        number.map(Some).ok_or_else(|| wrong(name, value))
    }

    /// A whole number that has a limit.
    pub(crate) fn at_most(&self, name: &str, most: i64) -> Result<Option<i64>, Error> {
        match (self.integer(name)?, self.get(name)) {
            (Some(number), Some(value)) if number > most => Err(wrong(name, value)),
            (number, _) => Ok(number),
        }
    }

    /// True or false.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(value) => Err(wrong(name, value)),
        }
    }

    /// Fields within a field.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Self>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(Self(fields.clone()))),
            Some(value) => Err(wrong(name, value)),
        }
    }

    /// A list of such.
    pub(crate) fn objects(&self, name: &str) -> Result<Vec<Self>, Error> {
        let object = |value: &Value| match value {
            Value::Object(fields) => Ok(Self(fields.clone())),
            value => Err(wrong(name, value)),
        };
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(list)) => list.iter().map(object).collect(),
            Some(value) => Err(wrong(name, value)),
        }
    }

    /// Of a query: what is there more than once, or is of a name in the plural, is a list.
    fn of_query(query: &str) -> Self {
        const LISTS: [&str; 6] = ["order_by", "stages", "trace_ids", "experiment_ids", "run_ids", "scorer_ids"];
        let mut fields = Map::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let value = Value::from(value.into_owned());
            match fields.get_mut(&*name) {
                None if LISTS.contains(&&*name) => {
                    fields.insert(name.into_owned(), Value::Array(vec![value]));
                }
                None => {
                    fields.insert(name.into_owned(), value);
                }
                Some(Value::Array(list)) => list.push(value),
                Some(one) => *one = Value::Array(vec![one.take(), value]),
            }
        }
        Self(fields)
    }

    /// Of a body. One that is no JSON object is as if it were empty: what is missing is complained of.
    pub(crate) fn of_body(bytes: &[u8]) -> Self {
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(fields)) => Self(fields),
            // Old clients encode twice.
            Ok(Value::String(text)) => Self(serde_json::from_str(&text).unwrap_or_default()),
            _ => Self::default(),
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Asked {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        if let (&Method::GET, Some(query)) = (request.method(), request.uri().query()) {
            return Ok(Self::of_query(query));
        }
        let Body(bytes) = Body::from_request(request, &()).await?;
        Ok(Self::of_body(&bytes))
    }
}

fn text(name: &str, value: &Value) -> Result<String, Error> {
    match value {
        // Postgres keeps no such text.
        Value::String(text) if text.contains('\0') => {
            Err(Error::invalid(format!("'{name}' cannot contain NUL (0x00) characters")))
        }
        Value::String(text) => Ok(text.clone()),
        value => Err(wrong(name, value)),
    }
}

/// `1.0` is whole, too.
fn whole(number: f64) -> Option<i64> {
    // All that a double tells apart.
    const MOST: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= MOST).then_some(number as i64)
}

/// Of a value that is of another kind, by Python's names of kinds.
fn wrong(name: &str, value: &Value) -> Error {
    let kind = match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    };
    Error::invalid(format!(
        "Invalid value {value} for parameter '{name}' supplied:  Hint: Value was of type '{kind}'. {SEE}"
    ))
}

#[cfg(test)]
mod tests {
    use super::Asked;

    #[test]
    fn fields_are_of_a_query_or_of_a_body() {
        let asked = Asked::of_query("name=a+b&order_by=x&run_id=1&run_id=2&max_results=5");
        assert_eq!(asked.required("name").unwrap(), "a b");
        assert_eq!(asked.texts("order_by").unwrap(), ["x"]);
        assert_eq!(asked.texts("run_id").unwrap(), ["1", "2"]);
        assert_eq!(asked.at_most("max_results", 5).unwrap(), Some(5));
        assert!(asked.at_most("max_results", 4).is_err());

        let asked =
            Asked::of_body(br#"{"a": null, "b": "x", "c": [{"d": 1}], "e": true, "f": {"g": "h"}, "n": "\u0000"}"#);
        assert_eq!((asked.text("a").unwrap(), asked.text("z").unwrap()), (None, None));
        assert_eq!(asked.objects("c").unwrap()[0].integer("d").unwrap(), Some(1));
        assert_eq!(asked.flag("e").unwrap(), Some(true));
        assert_eq!(asked.object("f").unwrap().unwrap().required("g").unwrap(), "h");
        let said = asked.text("c").unwrap_err().to_string();
        assert!(
            said.starts_with(r#"Invalid value [{"d":1}] for parameter 'c' supplied:  Hint: Value was of type 'list'."#)
        );
        assert!(asked.text("n").unwrap_err().to_string().contains("NUL"));
        let said = asked.required("a").unwrap_err().to_string();
        assert!(said.starts_with("Missing value for required parameter 'a'. See the API docs"), "{said}");
    }

    #[test]
    fn a_body_that_is_none_is_empty() {
        for body in [&b""[..], b"nonsense", b"[1]", b"3"] {
            assert!(Asked::of_body(body).get("a").is_none());
        }
        assert_eq!(Asked::of_body(br#""{\"a\": \"b\"}""#).required("a").unwrap(), "b", "twice encoded");
    }
}
