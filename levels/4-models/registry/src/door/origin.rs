//! The names of pages.

use axum::http::request::Parts;
use axum::http::{HeaderValue, Method};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use super::host::{glob, name};

/// Patterns of those that are let in beside the pages of this machine, in small letters.
#[derive(Clone, Debug)]
pub(super) struct Origins(Vec<String>);

impl Origins {
    pub(super) fn new(patterns: Vec<String>) -> Self {
        Self(patterns)
    }

    /// Everybody.
    fn any(&self) -> bool {
        self.0.iter().any(|pattern| pattern == "*")
    }

    /// Whether pages of this origin may change something.
    pub(super) fn allow(&self, origin: &str) -> bool {
        let origin = origin.to_ascii_lowercase();
        let is_local = host(&origin).is_some_and(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&name(host)));
        is_local || self.0.iter().any(|pattern| glob(origin.as_bytes(), pattern.as_bytes()))
    }
}

/// Whether the page came from where it asks.
pub(super) fn is_own(origin: &str, asked: &str) -> bool {
    host(origin).is_some_and(|host| host.eq_ignore_ascii_case(asked))
}

fn host(origin: &str) -> Option<&str> {
    origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"))
}

/// What browsers ask before they ask, and are told with an answer.
pub(super) fn answers(origins: &Origins) -> CorsLayer {
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH])
        .max_age(std::time::Duration::from_mins(10));
    if origins.any() {
        return layer.allow_origin(tower_http::cors::Any).allow_headers(tower_http::cors::Any);
    }
    let origins = origins.clone();
    let allowed = move |origin: &HeaderValue, _: &Parts| origin.to_str().is_ok_and(|origin| origins.allow(origin));
    layer
        .allow_origin(AllowOrigin::predicate(allowed))
        .allow_headers(AllowHeaders::mirror_request())
        .allow_credentials(true)
}

#[cfg(test)]
mod tests {
    use super::{Origins, is_own};

    #[test]
    fn pages_of_this_machine_and_those_that_are_named() {
        let origins = Origins::new(vec!["https://ward.example".to_owned(), "https://*.lab.example".to_owned()]);
        for origin in [
            "http://localhost:8888",
            "http://127.0.0.1",
            "https://[::1]:1",
            "https://ward.example",
            "https://a.lab.example",
        ] {
            assert!(origins.allow(origin), "{origin}");
        }
        for origin in
            ["null", "", "http://ward.example", "https://localhost.evil.example", "https://evil.example", "file://"]
        {
            assert!(!origins.allow(origin), "{origin}");
        }
        assert!(Origins::new(vec!["*".to_owned()]).allow("https://evil.example"));
        assert!(is_own("http://10.0.0.5:5000", "10.0.0.5:5000") && !is_own("http://10.0.0.5", "10.0.0.5:5000"));
    }
}
