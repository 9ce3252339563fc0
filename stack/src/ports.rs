//! Ports are looked at before anything is raised, so that a taken one is told at once, with who holds it.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Result, bail};
use strata_control::{Chart, Place, port_holder};

/// A port that a service is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// The port.
    pub number: u16,
    /// The service.
    pub service: &'static str,
    /// Why it cannot have it, and what to do: `None` where it can.
    pub trouble: Option<(String, String)>,
}

impl Port {
    /// The ports of these services, but for those that are free ones. Two services that claim the same are in trouble both
    /// (fault 9).
    pub fn of(chart: &Chart, names: &[&str]) -> Vec<Self> {
        let mut claimed: BTreeMap<u16, Vec<(&'static str, &str)>> = BTreeMap::new();
        for member in names.iter().filter_map(|name| chart.member(name)) {
            if let Place::Server { port, setting, .. } = member.place
                && port != 0
            {
                claimed.entry(port).or_default().push((member.name, setting));
            }
        }
        let mut ports = Vec::new();
        for (number, claims) in claimed {
            let (service, setting) = claims[0];
            ports.push(Self { number, service, trouble: trouble(number, setting) });
            for &(second, setting) in &claims[1..] {
                let trouble =
                    (format!("`{service}` and `{second}` both claim it"), format!("set {setting} to another"));
                ports.push(Self { number, service: second, trouble: Some(trouble) });
            }
        }
        ports
    }
}

fn trouble(port: u16, setting: &str) -> Option<(String, String)> {
    let error = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).err()?;
    let hint = format!("stop that, or choose another with --set {setting}=PORT (0 takes a free one)");
    Some(match port_holder(port) {
        Some(holder) => (format!("taken by {holder}"), hint),
        None if error.kind() == ErrorKind::AddrInUse => ("taken by another".to_owned(), hint),
        None => (error.to_string(), format!("choose another with --set {setting}=PORT (0 takes a free one)")),
    })
}

/// Refuses when a port of these services cannot be had. All that is wrong is told at once.
pub(crate) fn check(chart: &Chart, names: &[&str]) -> Result<()> {
    let troubled = Port::of(chart, names).into_iter().filter_map(|Port { number, service, trouble }| {
        let (says, hint) = trouble?;
        Some(format!("port {number} of `{service}`: {says}; {hint}"))
    });
    let troubled: Vec<_> = troubled.collect();
    if troubled.is_empty() { Ok(()) } else { bail!(troubled.join("\n")) }
}
