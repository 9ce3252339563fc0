//! How much memory a process holds, by the system's account.
//!
//! This one's peak is measured from inside, because memory is promised per command, and whoever measures from outside
//! has to catch the peak.

/// The most memory that was ever resident, in bytes; `None` where the system does not tell.
pub fn peak_bytes() -> Option<u64> {
    field(&status("self")?, "VmHWM")
}

/// The memory that is resident now, in bytes; `None` where the system does not tell.
pub fn current_bytes() -> Option<u64> {
    field(&status("self")?, "VmRSS")
}

/// The memory of another process that is resident now, in bytes; `None` where there is none, or the system does not tell.
pub fn bytes_of(process: u32) -> Option<u64> {
    field(&status(&process.to_string())?, "VmRSS")
}

fn status(process: &str) -> Option<String> {
    if cfg!(target_os = "linux") { std::fs::read_to_string(format!("/proc/{process}/status")).ok() } else { None }
}

/// A field of proc(5)'s `status`, which counts in kibibytes and writes them `kB`.
fn field(status: &str, name: &str) -> Option<u64> {
    let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kibibytes: u64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_in_bytes() {
        let status = "Name:\tstrata\nVmHWM:\t   12 kB\nVmRSS:\t    8 kB\nVmRSSX:\t 1 kB\n";
        assert_eq!(field(status, "VmHWM"), Some(12 * 1024));
        assert_eq!(field(status, "VmRSS"), Some(8 * 1024));
        assert_eq!(field(status, "VmSwap"), None);
        assert_eq!(field("VmHWM:\tmuch", "VmHWM"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_peak_is_no_less_than_the_present() {
        let current = current_bytes().unwrap();
        assert!(current > 0 && peak_bytes().unwrap() >= current);
        assert!(bytes_of(std::process::id()).is_some());
    }
}
