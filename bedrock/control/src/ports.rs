//! Who holds a port, so that whoever wants it knows whom to stop.

use std::fmt;
use std::fs;

/// A process that listens on a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortHolder {
    /// The process.
    pub pid: u32,
    /// What it was started as, cut to a readable length.
    pub command: String,
}

impl fmt::Display for PortHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} ({})", self.pid, self.command)
    }
}

/// Who listens on this TCP port of this machine, as proc(5) tells; `None` where it does not tell: on other systems, or of
/// another account's process.
pub fn port_holder(port: u16) -> Option<PortHolder> {
    let mut sockets = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        sockets.extend(listening(&fs::read_to_string(table).unwrap_or_default(), port));
    }
    if sockets.is_empty() {
        return None;
    }
    let names: Vec<String> = sockets.iter().map(|inode| format!("socket:[{inode}]")).collect();
    for process in fs::read_dir("/proc").ok()?.flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let Ok(files) = fs::read_dir(process.path().join("fd")) else { continue };
        let is_its = |file: fs::DirEntry| {
            fs::read_link(file.path()).is_ok_and(|to| names.iter().any(|n| to.as_os_str() == n.as_str()))
        };
        if files.flatten().any(is_its) {
            let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
            let line: String = String::from_utf8_lossy(&line).replace('\0', " ").trim().chars().take(60).collect();
            return Some(PortHolder { pid, command: line });
        }
    }
    None
}

/// The inodes of the sockets that listen on a port, by a table of `/proc/net/tcp`.
fn listening(table: &str, port: u16) -> Vec<u64> {
    const LISTEN: &str = "0A";
    let row = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (_, at) = fields.get(1)?.rsplit_once(':')?;
        let listens = u16::from_str_radix(at, 16).ok()? == port && *fields.get(3)? == LISTEN;
        fields.get(9)?.parse().ok().filter(|_| listens)
    };
    table.lines().skip(1).filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_who_listen_are_found() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0\n\
            1: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 20 4 30 10 -1\n\
            2: 00000000:2384 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 100 0 0 10 0\n\
            3: nonsense\n";
        assert_eq!(listening(table, 8080), [4711]);
        assert_eq!(listening(table, 9092), [4713]);
        assert_eq!(listening(table, 80), [0_u64; 0]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_holder_of_a_port_is_named() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert_eq!(port_holder(port).unwrap().pid, std::process::id());
        drop(listener);
        assert_eq!(port_holder(port), None);
    }
}
