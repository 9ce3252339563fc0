//! The names of the host.

use std::net::{IpAddr, Ipv4Addr};

/// Patterns of them, in small letters; without any, this machine and private networks.
#[derive(Clone, Debug)]
pub(super) struct Hosts(Option<Vec<String>>);

impl Hosts {
    pub(super) fn new(patterns: Option<Vec<String>>) -> Self {
        Self(patterns)
    }

    /// Whether a `Host` is one.
    pub(super) fn allow(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        match &self.0 {
            None => is_near(&host),
            Some(patterns) => !host.is_empty() && patterns.iter().any(|pattern| fits(&host, pattern)),
        }
    }
}

/// The name without its port.
pub(super) fn name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}

/// Whoever lets a name resolve to this machine has a name: addresses are never theirs.
fn is_near(host: &str) -> bool {
    let name = name(host);
    match name.trim_start_matches('[').trim_end_matches(']').parse() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_private() || address.is_unspecified(),
        Ok(IpAddr::V6(address)) => address.is_loopback() || address.is_unique_local(),
        Err(_) => name == "localhost",
    }
}

fn fits(host: &str, pattern: &str) -> bool {
    if !pattern.contains('*') {
        return host == pattern;
    }
    // A pattern of addresses, such as `10.*`, is not about names that begin like one.
    let of_addresses = pattern.len() > 1 && pattern.bytes().all(|byte| b"0123456789.*:".contains(&byte));
    glob(host.as_bytes(), pattern.as_bytes()) && (!of_addresses || name(host).parse::<Ipv4Addr>().is_ok())
}

/// `*` is any text.
pub(super) fn glob(text: &[u8], pattern: &[u8]) -> bool {
    let (mut at, mut next, mut star) = (0, 0, None);
    while at < text.len() {
        if pattern.get(next) == Some(&b'*') {
            star = Some((at, next));
            next += 1;
        } else if pattern.get(next) == Some(&text[at]) {
            at += 1;
            next += 1;
        } else if let Some((from, place)) = star {
            // The last star takes one more.
            (at, next, star) = (from + 1, place + 1, Some((from + 1, place)));
        } else {
            return false;
        }
    }
    pattern[next..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::Hosts;

    fn check(patterns: Option<&str>, allowed: &[&str], refused: &[&str]) {
        let hosts = Hosts::new(patterns.map(|patterns| patterns.split(',').map(str::to_owned).collect()));
        for host in allowed {
            assert!(hosts.allow(host), "{patterns:?} {host}");
        }
        for host in refused {
            assert!(!hosts.allow(host), "{patterns:?} {host}");
        }
    }

    #[test]
    fn without_patterns_it_is_this_machine_and_private_networks() {
        let near =
            ["localhost", "LocalHost:5000", "127.0.0.1:5000", "[::1]:5000", "0.0.0.0:1", "10.1.2.3", "192.168.0.9:80"];
        let far =
            ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.evil.example", "8.8.8.8"];
        check(None, &near, &far);
        check(None, &["172.16.0.1", "[fd00::1]:80"], &["172.32.0.1", "[2001:db8::1]", "fc00::1%evil.example"]);
    }

    #[test]
    fn patterns_are_all_that_counts() {
        check(Some("mlflow.ward.example"), &["mlflow.ward.example", "MLflow.ward.example"], &["localhost", "x"]);
        check(
            Some("*.ward.example,10.*"),
            &["a.b.ward.example", "10.0.0.1:5000"],
            &["ward.example", "10.evil.example"],
        );
        check(Some("db:*"), &["db:5000"], &["db", "dbs:1"]);
        check(Some("*"), &["anything"], &[""]);
    }
}
