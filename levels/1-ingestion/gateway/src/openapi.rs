//! The description of the HTTP face, made from the wire types.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::http;

/// `OpenAPI`, as pretty JSON; `openapi/gateway.json` in the source tree is this.
pub fn openapi() -> String {
    let mut text = Description::openapi().to_pretty_json().expect("a description is JSON");
    text.push('\n');
    text
}

/// Method, path and first sentence of each endpoint, one a line.
pub(crate) fn index() -> String {
    strata_http::index("Strata gateway: takes in events over HTTP.", Description::openapi())
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Strata gateway",
        description = "Takes in events over HTTP: validates, pseudonymises, appends.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    modifiers(&Token),
    paths(
        http::events,
        http::validate,
        http::fhir,
        http::schema,
        http::readyz,
        http::livez,
        http::version,
        http::metrics,
        http::openapi,
        http::index,
        http::front,
    )
)]
struct Description;

/// Where tokens are asked for, they are bearers; who only reads may send one as a password, as a browser does.
struct Token;

impl Modify for Token {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let components = description.components.get_or_insert_default();
        for (name, scheme) in [("token", HttpAuthScheme::Bearer), ("password", HttpAuthScheme::Basic)] {
            let scheme = HttpBuilder::new().scheme(scheme).build();
            components.add_security_scheme(name, SecurityScheme::Http(scheme));
        }
    }
}
