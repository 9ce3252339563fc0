//! Where the next page of a search starts, in a token that says which search it is of.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{Error, page};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Position {
    /// So many were on the pages before.
    Offset(i64),
    /// Behind the issue with these keys of the order, whatever came or went before it.
    After(Vec<Value>),
}

/// What must not change from page to page, as a digest.
pub(super) fn fingerprint(query: &Value) -> String {
    hex::encode(Sha256::digest(query.to_string()))
}

/// The token of a position. Without a fingerprint it fits any search, as the tokens of old clients do.
pub(super) fn token(position: &Position, fingerprint: Option<&str>) -> String {
    let token = match (position, fingerprint) {
        (Position::Offset(offset), None) => return page::token(*offset),
        (Position::Offset(offset), Some(query)) => json!({ "offset": offset, "query": query }),
        (Position::After(keys), query) => json!({ "version": 2, "after": keys, "query": query }),
    };
    STANDARD.encode(token.to_string())
}

/// The position of a token of the search with this fingerprint, or, if it may be old, of any.
pub(super) fn position(token: Option<&str>, fingerprint: &str, may_be_old: bool) -> Result<Position, Error> {
    let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(Position::Offset(0)) };
    parse(token, fingerprint, may_be_old)
        .ok_or_else(|| Error::invalid("Invalid page token or token does not match the issue query"))
}

fn parse(token: &str, fingerprint: &str, may_be_old: bool) -> Option<Position> {
    let token: Value = serde_json::from_slice(&STANDARD.decode(token).ok()?).ok()?;
    let token = token.as_object()?;
    match token.get("query") {
        Some(query) if query.as_str() == Some(fingerprint) => {}
        None if may_be_old => {}
        _ => return None,
    }
    if token.contains_key("version") {
        let keys = token.get("after")?.as_array()?;
        let fits = token.get("version")?.as_i64() == Some(2) && token.contains_key("query");
        return fits.then(|| Position::After(keys.clone()));
    }
    let offset = token.get("offset")?.as_i64()?;
    (0..=i64::MAX / 2).contains(&offset).then_some(Position::Offset(offset))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Position, fingerprint, position, token};

    #[test]
    fn a_token_is_of_one_search() {
        let (query, other) = (fingerprint(&json!({ "a": 1 })), fingerprint(&json!({ "a": 2 })));
        for place in [Position::Offset(3), Position::After(vec!["beta".into(), 2.into(), "iss-1".into()])] {
            let token = token(&place, Some(&query));
            assert_eq!(position(Some(&token), &query, false).unwrap(), place);
            assert!(position(Some(&token), &other, true).is_err());
        }
        let old = token(&Position::Offset(3), None);
        assert_eq!(old, "eyJvZmZzZXQiOiAzfQ==", "MLflow's own");
        assert_eq!(position(Some(&old), &other, true).unwrap(), Position::Offset(3));
        assert!(position(Some(&old), &other, false).is_err());
        for none in [None, Some("")] {
            assert_eq!(position(none, &query, false).unwrap(), Position::Offset(0));
        }
        for bad in ["zz", "e30=", "W10=", "eyJvZmZzZXQiOiAtMX0=", "!"] {
            assert!(position(Some(bad), &query, true).is_err(), "{bad}");
        }
    }
}
