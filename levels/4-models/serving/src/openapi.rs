//! The description of the HTTP face, made from the wire types.

use utoipa::OpenApi;

use crate::http;

/// `OpenAPI`, as pretty JSON; `openapi/serving.json` in the source tree is this.
pub fn openapi() -> String {
    let mut text = Description::openapi().to_pretty_json().expect("a description is JSON");
    text.push('\n');
    text
}

/// Method, path and first sentence of each endpoint, one a line.
pub(crate) fn index() -> String {
    let sentence = "Strata serving: answers predictions, explains them and remembers them.";
    strata_http::index(sentence, Description::openapi())
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Strata serving",
        description = "Answers predictions, explains them and remembers them.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        http::predict,
        http::invocations,
        http::readyz,
        http::livez,
        http::ping,
        http::health,
        http::version,
        http::metrics,
        http::openapi,
        http::index,
    )
)]
struct Description;
