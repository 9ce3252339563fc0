//! The description of the HTTP face, made from the wire types.

use std::fmt::Write;

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
    let mut page = String::from("Strata serving: answers predictions, explains them and remembers them.\n\n");
    for (path, item) in Description::openapi().paths.paths {
        for (method, operation) in [("GET", item.get), ("POST", item.post)] {
            let Some(operation) = operation else { continue };
            // Writing to a string cannot fail.
            let _ = writeln!(page, "{method:4} {path:13} {}", operation.summary.unwrap_or_default());
        }
    }
    page
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
