//! Where a webhook may send.

use std::net::IpAddr;

use url::{Host, ParseError, Url};

use super::public::is_public;
use super::settings::{LOOKUP, Settings};
use crate::Error;

/// Refuses a URL that is none, whose scheme is not allowed, or whose host is, or is named for, an address that is not
/// public. It is looked up once more, and judged again, when something is sent.
pub(crate) async fn check(url: &str, settings: &Settings) -> Result<Url, Error> {
    if url.trim().is_empty() {
        return Err(Error::invalid(format!("Webhook URL cannot be empty or just whitespace: '{url}'")));
    }
    let parsed = Url::parse(url);
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
    let allowed = &settings.schemes;
    let no_host = || Error::invalid(format!("Webhook URL must include a hostname: '{url}'"));
    match &parsed {
        Err(ParseError::EmptyHost) if allowed.contains(&scheme) => return Err(no_host()),
        Ok(url) if allowed.iter().any(|scheme| scheme == url.scheme()) => {}
        Err(cause) if allowed.contains(&scheme) => {
            return Err(Error::invalid(format!("Invalid webhook URL '{url}': {cause}")));
        }
        _ => {
            let allowed = allowed.join(", ");
            return Err(Error::invalid(format!(
                "Invalid webhook URL scheme: '{scheme}'. Allowed schemes are: {allowed}."
            )));
        }
    }
    let parsed = parsed.map_err(|cause| Error::invalid(format!("Invalid webhook URL '{url}': {cause}")))?;
    let host = parsed.host().ok_or_else(no_host)?;
    if !settings.allow_private {
        for address in addresses(&host).await? {
            if !is_public(address) {
                return Err(Error::invalid(format!(
                    "Webhook URL must not resolve to a non-public IP address. '{host}' resolves to {address}."
                )));
            }
        }
    }
    Ok(parsed)
}

/// What the host is known by.
async fn addresses(host: &Host<&str>) -> Result<Vec<IpAddr>, Error> {
    let name = match host {
        Host::Ipv4(address) => return Ok(vec![IpAddr::V4(*address)]),
        Host::Ipv6(address) => return Ok(vec![IpAddr::V6(*address)]),
        Host::Domain(name) => *name,
    };
    let failed = |cause: String| Error::invalid(format!("Cannot resolve Webhook URL hostname '{name}': {cause}"));
    let found = tokio::time::timeout(LOOKUP, tokio::net::lookup_host((name, 0)));
    let found = found.await.map_err(|_| {
        let patience = LOOKUP.as_secs();
        Error::invalid(format!("Timed out resolving Webhook URL hostname '{name}' after {patience} seconds"))
    })?;
    Ok(found.map_err(|cause| failed(cause.to_string()))?.map(|address| address.ip()).collect())
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::webhooks::settings::Settings;

    async fn said(url: &str, settings: &Settings) -> String {
        check(url, settings).await.map_or_else(|error| error.to_string(), |_| "fine".to_owned())
    }

    #[tokio::test]
    async fn urls_that_lead_nowhere_are_refused() {
        let settings = Settings { allow_private: true, ..Settings::from_variables(|_| None) };
        for (url, expected) in [
            ("   ", "Webhook URL cannot be empty or just whitespace: '   '"),
            ("ftp://example.com", "Invalid webhook URL scheme: 'ftp'. Allowed schemes are: https."),
            ("http://[invalid", "Invalid webhook URL"),
            ("https://[invalid", "Invalid webhook URL 'https://[invalid'"),
            ("example.com/hook", "Invalid webhook URL scheme: ''"),
            ("https://", "Webhook URL must include a hostname: 'https://'"),
            ("https://example.com/webhook", "fine"),
        ] {
            let said = said(url, &settings).await;
            assert!(said.contains(expected), "{url}: {said}");
        }
    }

    #[tokio::test]
    async fn private_addresses_are_refused_however_they_are_spelled() {
        let settings = Settings::from_variables(|_| None);
        for url in [
            "https://127.0.0.1/x",
            "https://127.1/x",
            "https://0x7f000001/",
            "https://2130706433/",
            "https://0177.0.0.1/",
            "https://[::1]/x",
            "https://[::ffff:10.0.0.1]/x",
            "https://169.254.169.254/latest/meta-data",
            "https://localhost/x",
            "https://10.0.0.1./x",
        ] {
            let said = said(url, &settings).await;
            assert!(said.contains("must not resolve to a non-public IP address"), "{url}: {said}");
        }
        assert_eq!(said("https://1.1.1.1/x", &settings).await, "fine");
    }
}
