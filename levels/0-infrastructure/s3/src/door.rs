//! What is turned away before its signature is looked at: everything that is not of version 4.
//!
//! Version 2 signs with SHA-1, says nothing of when a request was made, and is compared byte by byte until the first
//! difference, so that time tells how much of a guess was right. Forms carry signatures of both versions, and are not served.

use futures::future::BoxFuture;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::service::Service;
use hyper::{HeaderMap, Request, Uri};
use s3s::service::S3Service;
use s3s::{HttpError, HttpResponse, s3_error};

/// How an Authorization header of version 4 begins.
const VERSION_4: &[u8] = b"AWS4-HMAC-SHA256";

/// The service behind a door.
#[derive(Clone)]
pub(crate) struct Door(pub(crate) S3Service);

impl Service<Request<Incoming>> for Door {
    type Response = HttpResponse;
    type Error = HttpError;
    type Future = BoxFuture<'static, Result<HttpResponse, HttpError>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        if is_welcome(request.uri(), request.headers()) {
            return Service::call(&self.0, request);
        }
        let refusal = s3_error!(AccessDenied, "sign the request by signature version 4");
        Box::pin(async move { refusal.to_http_response().map_err(|error| HttpError::new(Box::new(error))) })
    }
}

fn is_welcome(uri: &Uri, headers: &HeaderMap) -> bool {
    let mut names = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split('=').next());
    // No name of S3's needs encoding: one that is encoded hides something.
    let old_query = names.any(|name| matches!(name, "Signature" | "AWSAccessKeyId") || name.contains(['%', '+']));
    let old_header = headers.get_all(AUTHORIZATION).iter().any(|value| !value.as_bytes().starts_with(VERSION_4));
    let form = headers.get_all(CONTENT_TYPE).iter().any(|value| {
        let value = value.as_bytes().trim_ascii_start();
        value.get(..10).is_some_and(|kind| kind.eq_ignore_ascii_case(b"multipart/"))
    });
    !old_query && !old_header && !form
}

#[cfg(test)]
mod tests {
    use super::*;

    fn welcome(query: &str, header: Option<(&'static str, &'static str)>) -> bool {
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = header {
            headers.insert(name, value.parse().unwrap());
        }
        is_welcome(&format!("/artifacts/x{query}").parse().unwrap(), &headers)
    }

    #[test]
    fn only_version_4_is_looked_at() {
        assert!(welcome("", None));
        assert!(welcome("?list-type=2&prefix=a%2Fb+c&delimiter=%2F", None));
        assert!(welcome("?X-Amz-Signature=00&X-Amz-Algorithm=AWS4-HMAC-SHA256", None));
        assert!(welcome("", Some(("authorization", "AWS4-HMAC-SHA256 Credential=..."))));
        assert!(!welcome("", Some(("authorization", "AWS ID:signature"))));
        assert!(!welcome("", Some(("authorization", "Basic aWQ6c2VjcmV0"))));
        assert!(!welcome("?AWSAccessKeyId=ID&Expires=1&Signature=x", None));
        assert!(!welcome("?%53ignature=x", None));
        assert!(!welcome("", Some(("content-type", "Multipart/Form-Data; boundary=x"))));
    }
}
