//! What a body says it is.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};

use crate::Refusal;

/// The essence of the content type, in lower case, when it is one of these and in UTF-8.
///
/// Being strict here also keeps browsers out: a page elsewhere can send neither JSON nor CSV without asking first, and
/// nobody answers that question (fault 44).
pub fn one_of(headers: &HeaderMap, known: &[&'static str]) -> Result<&'static str, Refusal> {
    let refusal = || {
        let known = known.join(" or ");
        let message = format!("the content type is not {known} in UTF-8");
        let hint = format!("send the header `content-type: {known}`");
        Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message, hint)
    };
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).ok_or_else(refusal)?;
    let mut parts = value.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let only_utf8 = parts.all(|parameter| {
        parameter.is_empty()
            || parameter.split_once('=').is_some_and(|(name, value)| {
                name.eq_ignore_ascii_case("charset") && value.trim_matches('"').eq_ignore_ascii_case("utf-8")
            })
    });
    let essence = known.iter().find(|known| essence.eq_ignore_ascii_case(known)).copied();
    essence.filter(|_| only_utf8).ok_or_else(refusal)
}
