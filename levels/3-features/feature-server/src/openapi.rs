//! The description of the HTTP face, made from the wire types.

use utoipa::OpenApi;

use crate::http;

/// `OpenAPI`, as pretty JSON; `openapi/features.json` in the source tree is this.
pub fn openapi() -> String {
    let mut text = Description::openapi().to_pretty_json().expect("a description is JSON");
    text.push('\n');
    text
}

/// Method, path and first sentence of each endpoint, one a line.
pub(crate) fn index() -> String {
    strata_http::index(
        "Strata features: vectors as of now, in the shape of Feast's get-online-features.",
        Description::openapi(),
    )
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Strata features",
        description = "Vectors as of now, in the shape of Feast's get-online-features.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        http::post_online,
        http::get_online,
        http::patient,
        http::states,
        http::readyz,
        http::livez,
        http::health,
        http::version,
        http::metrics,
        http::openapi,
        http::index,
    )
)]
struct Description;
