//! One service's file: appended to, repaired, rotated.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::folder::{self, Claim};

/// Bytes that are gathered before they are written, whoever is waiting for more.
const GATHERED: usize = 64 << 10;

/// How much of a service's logs is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// What a file may measure, in bytes; only one line alone may be longer.
    pub bytes: u64,
    /// How many full files are kept beside the one that is written to; at least one.
    pub kept: usize,
}

/// 60 MB for each service.
impl Default for Rotation {
    fn default() -> Self {
        Self { bytes: 10_000_000, kept: 5 }
    }
}

/// Where a service's lines go.
#[derive(Debug)]
pub(crate) struct LogFile {
    service: String,
    rotation: Rotation,
    open: Option<Open>,
    /// The number of the newest full file: given once, even if somebody clears the folder.
    newest: u64,
    gathered: Vec<u8>,
    failing: bool,
}

#[derive(Debug)]
struct Open {
    file: File,
    bytes: u64,
}

impl LogFile {
    pub(crate) fn of(service: String, rotation: Rotation) -> Self {
        Self { service, rotation, open: None, newest: 0, gathered: Vec::new(), failing: false }
    }

    /// Takes a line, which ends in its newline. Gives how many lines were lost in making room for it.
    pub(crate) fn take(&mut self, line: &[u8], claim: &mut Claim) -> u64 {
        let most = self.rotation.bytes.min(GATHERED as u64) as usize;
        let lost = if self.gathered.len() + line.len() > most { self.flush(claim) } else { 0 };
        self.gathered.extend_from_slice(line);
        lost
    }

    /// Writes what was gathered. Gives how many lines were lost because the disk did not take them.
    pub(crate) fn flush(&mut self, claim: &mut Claim) -> u64 {
        if self.gathered.is_empty() {
            return 0;
        }
        let mut written = 0;
        let result = self.write(claim, &mut written);
        // Each ends in its newline, the last one too.
        let lost = self.gathered[written..].split(|byte| *byte == b'\n').count() - 1;
        self.gathered.clear();
        match result {
            Ok(()) => self.failing = false,
            Err(error) => {
                // What was written in part is ended as a torn line when the file is opened again.
                self.open = None;
                // Once, since this may be the log of what it is about.
                if !std::mem::replace(&mut self.failing, true) {
                    let service = self.service.as_str();
                    tracing::warn!(service, %error, "logs cannot be written: lines are dropped and counted until they can");
                }
            }
        }
        lost as u64
    }

    fn write(&mut self, claim: &mut Claim, written: &mut usize) -> io::Result<()> {
        let path = folder::active(claim.folder(), &self.service);
        // Who clears the folder or moves the file away expects a new one.
        let mut open = match self.open.take().filter(|_| path.exists()) {
            Some(open) => open,
            None => self.open(claim)?,
        };
        if open.bytes > 0 && open.bytes + self.gathered.len() as u64 > self.rotation.bytes {
            drop(open);
            self.rotate(claim)?;
            open = self.open(claim)?;
        }
        while *written < self.gathered.len() {
            match open.file.write(&self.gathered[*written..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(more) => *written += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        open.bytes += self.gathered.len() as u64;
        self.open = Some(open);
        Ok(())
    }

    /// Opens the file, and ends a line that somebody was killed in.
    fn open(&self, claim: &mut Claim) -> io::Result<Open> {
        claim.hold()?;
        let mut file = folder::appendable(&folder::active(claim.folder(), &self.service))?;
        let mut bytes = file.metadata()?.len();
        if bytes > 0 {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                file.write_all(b"\n")?;
                bytes += 1;
            }
        }
        Ok(Open { file, bytes })
    }

    /// One rename: whoever is killed here has rotated or has not.
    fn rotate(&mut self, claim: &Claim) -> io::Result<()> {
        let folder = claim.folder();
        let mut numbers = folder::numbers(folder, &self.service)?;
        self.newest = self.newest.max(numbers.last().copied().unwrap_or(0)) + 1;
        fs::rename(folder::active(folder, &self.service), folder::rotated(folder, &self.service, self.newest))?;
        numbers.push(self.newest);
        let superfluous = numbers.len().saturating_sub(self.rotation.kept.max(1));
        for number in &numbers[..superfluous] {
            if let Err(error) = fs::remove_file(folder::rotated(folder, &self.service, *number)) {
                let service = self.service.as_str();
                tracing::warn!(service, number, %error, "an old log file stays: remove it by hand");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn write(folder: &Path, rotation: Rotation, lines: &[&str]) -> u64 {
        let (mut file, mut claim) = (LogFile::of("landing".to_owned(), rotation), Claim::on(folder));
        let lost: u64 = lines.iter().map(|line| file.take(format!("{line}\n").as_bytes(), &mut claim)).sum();
        lost + file.flush(&mut claim)
    }

    fn text(folder: &Path, name: &str) -> String {
        fs::read_to_string(folder.join(name)).unwrap()
    }

    #[test]
    fn a_full_file_gets_the_next_number_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let rotation = Rotation { bytes: 8, kept: 2 };
        assert_eq!(write(folder.path(), rotation, &["aaa", "bbb", "ccc", "longer than all", "ddd"]), 0);
        assert_eq!(folder::numbers(folder.path(), "landing").unwrap(), [2, 3]);
        assert_eq!(text(folder.path(), "landing.2.ndjson"), "ccc\n");
        assert_eq!(text(folder.path(), "landing.3.ndjson"), "longer than all\n");
        assert_eq!(text(folder.path(), "landing.ndjson"), "ddd\n");
        // Another process goes on where this one ended.
        write(folder.path(), rotation, &["eee", "fff"]);
        assert_eq!(folder::numbers(folder.path(), "landing").unwrap(), [3, 4]);
        assert_eq!(text(folder.path(), "landing.4.ndjson"), "ddd\n");
        assert_eq!(text(folder.path(), "landing.ndjson"), "eee\nfff\n");
    }

    #[test]
    fn a_torn_line_is_ended_before_the_next() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("landing.ndjson"), "whole\ntor").unwrap();
        assert_eq!(write(folder.path(), Rotation::default(), &["next"]), 0);
        assert_eq!(text(folder.path(), "landing.ndjson"), "whole\ntor\nnext\n");
    }

    #[test]
    fn whoever_clears_the_folder_gets_new_files() {
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("logs");
        let (mut file, mut claim) = (LogFile::of("landing".to_owned(), Rotation::default()), Claim::on(&logs));
        for _ in 0..2 {
            assert_eq!(file.take(b"said\n", &mut claim) + file.flush(&mut claim), 0);
            assert_eq!(text(&logs, "landing.ndjson"), "said\n");
            fs::remove_dir_all(&logs).unwrap();
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_logs() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), Rotation::default(), &["said"]);
        let mode = fs::metadata(folder.path().join("landing.ndjson")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
