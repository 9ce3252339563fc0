//! Addresses that S3 lets anybody use for a while, with the query that they need: signature version 4.
//!
//! The library signs addresses without a query. Its address says who signs, when, where and for how long; here the
//! query is added and the whole is signed again. <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>

use hmac::{Hmac, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};
use url::{Position, Url};

/// All but the unreserved are encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const SIGNATURE: &str = "X-Amz-Signature";

/// The same address with more in its query, signed for the method. `None` if the library did not sign it.
pub(super) fn sign(signed: &Url, secret: &str, method: &str, query: &[(&str, &str)]) -> Option<Url> {
    let given: Vec<(String, String)> = signed.query_pairs().into_owned().collect();
    let value = |name: &str| given.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let (_, scope) = value("X-Amz-Credential")?.split_once('/')?;
    let date = value("X-Amz-Date")?;

    let more = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let pairs = given.iter().filter(|(name, _)| name != SIGNATURE).cloned().chain(more);
    let mut pairs: Vec<String> = pairs.map(|(name, value)| format!("{}={}", encode(&name), encode(&value))).collect();
    pairs.sort_unstable();
    let query = pairs.join("&");

    let (path, host) = (signed.path(), &signed[Position::BeforeHost..Position::AfterPort]);
    let request = format!("{method}\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD");
    let digest = hex::encode(Sha256::digest(request));
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{digest}");
    // The key of the day, the region and the service is made of the secret, scope by scope.
    let key = format!("AWS4{secret}").into_bytes();
    let key = scope.split('/').try_fold(key, |key, part| mac(&key, part))?;
    let signature = hex::encode(mac(&key, &text)?);

    let mut url = signed.clone();
    url.set_query(Some(&format!("{query}&{SIGNATURE}={signature}")));
    Some(url)
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

fn mac(key: &[u8], text: &str) -> Option<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(text.as_bytes());
    Some(mac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    /// The example of AWS's own description.
    #[test]
    fn the_published_example_is_signed_so() {
        let address = "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
                       &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
                       &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=old";
        let signed = sign(&Url::parse(address).unwrap(), SECRET, "GET", &[]).unwrap();
        let expected = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
        assert!(signed.as_str().ends_with(&format!("&X-Amz-Signature={expected}")), "{signed}");
        let more = sign(&Url::parse(address).unwrap(), SECRET, "GET", &[("partNumber", "1"), ("a b", "ü/")]).unwrap();
        assert!(more.as_str().contains("&a%20b=%C3%BC%2F&partNumber=1&X-Amz-Signature="), "{more}");
        assert!(!more.as_str().contains(expected));
        assert_eq!(sign(&Url::parse("https://there/x").unwrap(), SECRET, "GET", &[]), None);
    }
}
