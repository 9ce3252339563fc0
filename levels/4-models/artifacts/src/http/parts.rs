//! `POST /mpu/...`: uploads whose parts clients send to S3 by themselves.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::Uri;
use serde_json::{Map, Value, json};

use super::path_behind;
use crate::store::Part;
use crate::{ArtifactPath, Artifacts, Error, InvalidPath};

pub(super) async fn create(State(artifacts): State<Artifacts>, uri: Uri, body: Bytes) -> Result<Json<Value>, Error> {
    let (path, asked) = target("/mpu/create/", &uri, &body)?;
    let parts = number(&asked, "num_parts")?.unwrap_or(0);
    let (id, addresses) = artifacts.begin(&path, parts).await?;
    let parts = addresses.into_iter().zip(1_u64..);
    let credentials: Vec<Value> = parts.map(|(url, number)| json!({"url": url, "part_number": number})).collect();
    Ok(Json(json!({"upload_id": id, "credentials": credentials})))
}

pub(super) async fn complete(State(artifacts): State<Artifacts>, uri: Uri, body: Bytes) -> Result<Json<Value>, Error> {
    let (path, asked) = target("/mpu/complete/", &uri, &body)?;
    let sent = asked.get("parts").and_then(Value::as_array).filter(|parts| !parts.is_empty());
    let part = |sent: &Value| {
        let sent = sent.as_object()?;
        let number = number(sent, "part_number").ok()??;
        let tag = sent.get("etag").and_then(Value::as_str)?.to_owned();
        Some(Part { number, tag })
    };
    let parts: Option<Vec<Part>> = sent.ok_or_else(|| missing("parts"))?.iter().map(part).collect();
    let parts = parts.ok_or_else(|| invalid("parts", "each part has a part_number and an etag"))?;
    artifacts.complete(&path, text(&asked, "upload_id")?, parts).await?;
    Ok(Json(json!({})))
}

pub(super) async fn abort(State(artifacts): State<Artifacts>, uri: Uri, body: Bytes) -> Result<Json<Value>, Error> {
    let (path, asked) = target("/mpu/abort/", &uri, &body)?;
    artifacts.abort(&path, text(&asked, "upload_id")?).await?;
    Ok(Json(json!({})))
}

/// The artifact that is meant: the folder stands in the address, the file's name in the body.
fn target(route: &str, uri: &Uri, body: &[u8]) -> Result<(ArtifactPath, Map<String, Value>), Error> {
    let folder = path_behind(route, uri)?;
    let asked: Map<String, Value> = match serde_json::from_slice(body) {
        Ok(asked) => asked,
        Err(_) if body.is_empty() => Map::new(),
        Err(_) => return Err(Error::Request("The request is not an object of JSON".to_owned())),
    };
    let name = text(&asked, "path")?;
    if name.is_empty() {
        return Err(missing("path"));
    }
    let name = file_name(name)?;
    Ok((folder.join(&name), asked))
}

/// Clients send the path of their own file, of any system: its last name is meant, and stays the last when decoded.
fn file_name(path: &str) -> Result<ArtifactPath, InvalidPath> {
    let last = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let decoded = ArtifactPath::parse(&last(path))?;
    let name = ArtifactPath::parse(&last(decoded.as_str()))?;
    if name.is_root() { Err(InvalidPath) } else { Ok(name) }
}

fn text<'a>(asked: &'a Map<String, Value>, name: &str) -> Result<&'a str, Error> {
    match asked.get(name) {
        Some(Value::String(text)) => Ok(text),
        None | Some(Value::Null) => Err(missing(name)),
        Some(_) => Err(invalid(name, "it is no text")),
    }
}

/// Numbers may come as text, as protobuf's JSON allows.
fn number(asked: &Map<String, Value>, name: &str) -> Result<Option<u64>, Error> {
    match asked.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
            number.map(Some).ok_or_else(|| invalid(name, "it is no number"))
        }
    }
}

fn missing(name: &str) -> Error {
    let text = "See the API docs for more information about request parameters.";
    Error::Request(format!("Missing value for required parameter '{name}'. {text}"))
}

fn invalid(name: &str, why: &str) -> Error {
    Error::Request(format!("Invalid value for parameter '{name}' supplied: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_name_is_meant() {
        for (path, expected) in [
            ("/tmp/x/model.pkl", Ok("model.pkl")),
            ("C:\\Users\\me\\model.pkl", Ok("model.pkl")),
            ("model.pkl", Ok("model.pkl")),
            ("a%2Fb.pkl", Ok("b.pkl")),
            ("src%5C..", Err(InvalidPath)),
            ("..", Err(InvalidPath)),
            ("x/..", Err(InvalidPath)),
            ("x/", Err(InvalidPath)),
            (".", Err(InvalidPath)),
        ] {
            assert_eq!(file_name(path).as_ref().map(ArtifactPath::as_str), expected.as_ref().copied(), "{path}");
        }
    }
}
