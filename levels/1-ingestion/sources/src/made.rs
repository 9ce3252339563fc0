//! Inputs that the tests make, whole and damaged, and what reading them gives.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::collect::Collect;
use crate::{Error, Source, Summary};

/// A folder of these files.
pub(crate) fn folder<T: AsRef<[u8]>>(files: &[(&str, T)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

/// A tar of these files.
pub(crate) fn tar_of(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, name, content.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap()
}

pub(crate) fn zstd_of(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

pub(crate) fn gzip_of(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

type Open = fn(&Path) -> Result<Box<dyn Source>, Error>;

/// Opens and reads an input: what was given, and how it ended.
pub(crate) fn read(open: Open, path: &Path) -> (Collect, Result<Summary, Error>) {
    let mut sink = Collect::default();
    let outcome = open(path).and_then(|mut source| source.read(&mut sink));
    (sink, outcome)
}

/// Reads a damaged input: the error says all of `expect`, and so many records were given before it.
#[track_caller]
pub(crate) fn check_damage(open: Open, path: &Path, expect: &[&str], records: usize) {
    let (sink, outcome) = read(open, path);
    let error = outcome.expect_err("the input is damaged").to_string();
    for expect in expect {
        assert!(error.contains(expect), "`{expect}` in: {error}");
    }
    assert_eq!(sink.given.len(), records, "{error}");
}

/// The records as `<topic> <line>`, each of which the refinery can parse.
pub(crate) fn lines(sink: &Collect) -> Vec<String> {
    for given in &sink.given {
        strata_types::Event::parse(given.topic, &given.line).unwrap();
    }
    sink.given.iter().map(|given| format!("{} {}", given.topic, given.text())).collect()
}
