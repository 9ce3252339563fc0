//! Files of others: a CSV with its mapping, a stay of PhysioNet 2012 and of 2019, FHIR as NDJSON; plain, gzip or zstd. Read
//! through the importers' public face, from a folder in memory where the system has one.
//!
//! The first line names the importer, the rest is the file; for `csv` its mapping stands before a line `---`.
#![no_main]

use std::fs;
use std::io;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use strata_sources::{Record, Sink, importer};
use strata_types::Event;

fuzz_target!(|input: &[u8]| {
    let Some((name, content)) = cut(input, b"\n") else { return };
    let file = match name {
        b"csv" => "ward.csv",
        b"fhir" => "resources.ndjson",
        b"physionet-2012" => "132539.txt",
        b"physionet-2019" => "p000001.psv",
        _ => return,
    };
    FOLDER.with(|folder| {
        let (mapping, content) = match name {
            b"csv" => {
                let Some((mapping, content)) = cut(content, b"\n---\n") else { return };
                let path = folder.path().join("mapping.toml");
                fs::write(&path, mapping).expect("the folder takes a file");
                (Some(path), content)
            }
            _ => (None, content),
        };
        let input = folder.path().join(std::str::from_utf8(name).expect("a name")).join(file);
        fs::create_dir_all(input.parent().expect("it lies in a folder")).expect("the folder takes a folder");
        fs::write(&input, content).expect("the folder takes a file");
        let importer = importer(std::str::from_utf8(name).expect("a name")).expect("it is one");
        let path = if name.starts_with(b"physionet") { input.parent().expect("it lies in a folder") } else { &input };
        if let Ok(mut source) = importer.open(path, mapping.as_deref()) {
            // An error is an answer as good as any.
            drop(source.read(&mut Readable));
        }
    });
});

thread_local!(static FOLDER: tempfile::TempDir = {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.expect("a temporary folder")
});

/// Holds each record to what the refinery asks of it.
struct Readable;

impl Sink for Readable {
    fn accept(&mut self, record: Record<'_>) -> io::Result<()> {
        let event = Event::parse(record.topic, record.line).unwrap_or_else(|error| {
            panic!("{error}: {}", String::from_utf8_lossy(record.line));
        });
        assert_eq!(event.patient_id(), record.patient_id);
        Ok(())
    }

    fn progress(&mut self, _done: u64) {}
}

fn cut<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let place = bytes.windows(at.len()).position(|window| window == at)?;
    Some((&bytes[..place], &bytes[place + at.len()..]))
}
