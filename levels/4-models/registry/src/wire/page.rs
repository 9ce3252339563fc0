//! Pages: a token says how many were on those before.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::Error;

/// MLflow's own form, so that one can go from a server to the other in the middle.
pub(crate) fn token(offset: i64) -> String {
    STANDARD.encode(format!("{{\"offset\": {offset}}}"))
}

/// The offset of a token; of none, or of an empty one, 0.
pub(crate) fn offset(token: Option<&str>) -> Result<i64, Error> {
    let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(0) };
    let bytes = STANDARD.decode(token);
    let bytes = bytes.map_err(|_| Error::invalid("Invalid page token, could not base64-decode"))?;
    let parsed: Value =
        serde_json::from_slice(&bytes).map_err(|_| Error::invalid("Invalid page token, could not base64-decode"))?;
    let offset = parsed.get("offset").and_then(Value::as_i64).filter(|offset| (0..=i64::MAX / 2).contains(offset));
    offset.ok_or_else(|| Error::invalid(format!("Invalid page token, parsed value={parsed}")))
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::{offset, token};

    #[test]
    fn tokens_are_those_of_mlflow() {
        assert_eq!(token(1), "eyJvZmZzZXQiOiAxfQ==");
        assert_eq!(offset(Some(&token(25))).unwrap(), 25);
        assert_eq!((offset(None).unwrap(), offset(Some("")).unwrap()), (0, 0));
        for bad in ["zz", "e30=", "eyJvZmZzZXQiOiAtMX0=", "!", &STANDARD.encode(r#"{"offset": 9223372036854775807}"#)] {
            assert!(offset(Some(bad)).is_err(), "{bad}");
        }
    }
}
