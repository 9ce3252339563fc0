//! Ports are looked at before anything is raised, so that a taken one is told at once, with who holds it.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Result, bail};
use strata_control::{Chart, Place, port_holder};

/// Refuses when a port of these services is taken, or two of them claim the same (fault 9). All that is wrong is told at once.
pub(super) fn check(chart: &Chart, names: &[&str]) -> Result<()> {
    let mut claimed: BTreeMap<u16, Vec<(&str, &str)>> = BTreeMap::new();
    for member in names.iter().filter_map(|name| chart.member(name)) {
        if let Place::Server { port, setting, .. } = member.place
            && port != 0
        {
            claimed.entry(port).or_default().push((member.name, setting));
        }
    }
    let mut wrong = Vec::new();
    for (port, claims) in claimed {
        if let [(first, _), (second, setting), ..] = claims[..] {
            wrong.push(format!("`{first}` and `{second}` both claim port {port}: set {setting} to another"));
        }
        let (name, setting) = claims[0];
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                let by = port_holder(port).map_or_else(String::new, |holder| format!(" by {holder}"));
                wrong.push(format!(
                    "port {port} of `{name}` is taken{by}: stop that, or choose another with --set {setting}=PORT \
                     (0 takes a free one)"
                ));
            }
            Err(error) => wrong.push(format!("port {port} of `{name}` cannot be taken: {error}; set {setting}")),
        }
    }
    if wrong.is_empty() { Ok(()) } else { bail!(wrong.join("\n")) }
}
