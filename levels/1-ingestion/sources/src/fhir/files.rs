//! FHIR in files: Bulk Data (`.ndjson`, a resource a line) and `.json` (a Bundle or a resource a file),
//! compressed or not; one file, or a folder of them.
//!
//! Patients are read first, so that the order of the files does not matter.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde_json::Value;
use strata_types::Event;

use super::{Conversion, Converter, NAME, elements};
use crate::delivery::Delivery;
use crate::unpacked::{self, Progress, fingerprint};
use crate::{Availability, Error, Sink, Source, Summary};

/// Opens a file, or a folder of files.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Source>, Error> {
    let mut files = Vec::new();
    if path.is_dir() {
        list(path, &mut files).map_err(|error| Error::input(path, format!("cannot be listed: {error}")))?;
        files.sort();
    } else if path.is_file() {
        files.push(path.into());
    } else {
        return Err(Error::input(path, "nothing is there; give a .ndjson or .json file, or a folder of them"));
    }
    if let Some(strange) = files.iter().find(|file| form(file).is_none()) {
        return Err(Error::input(
            strange,
            "the name ends neither in .ndjson nor in .json (nor these with .gz or .zst)",
        ));
    }
    if files.is_empty() {
        return Err(Error::input(path, "the folder holds no .ndjson and no .json file"));
    }
    let names: Vec<String> =
        files.iter().map(|file| file.strip_prefix(path).unwrap_or(file).display().to_string()).collect();
    let (sha256, bytes) = fingerprint(names.iter().map(String::as_str).zip(files.iter().map(PathBuf::as_path)))?;
    Ok(Box::new(Input { files, sha256, bytes }))
}

#[derive(Debug)]
struct Input {
    files: Vec<PathBuf>,
    sha256: String,
    bytes: u64,
}

/// How a file holds its resources.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Lines,
    Whole,
}

fn form(path: &Path) -> Option<Form> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let mut endings = name.rsplit('.');
    let last = endings.next()?;
    match if matches!(last, "gz" | "zst") { endings.next()? } else { last } {
        "ndjson" | "jsonl" => Some(Form::Lines),
        "json" => Some(Form::Whole),
        _ => None,
    }
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else if form(&path).is_some() {
            files.push(path);
        }
    }
    Ok(())
}

impl Source for Input {
    fn log(&self) -> String {
        format!("{NAME}-{}", &self.sha256[..12])
    }

    fn availability(&self) -> Availability {
        Availability::AtArrival
    }

    fn work(&self) -> Option<u64> {
        Some(self.bytes * 2)
    }

    fn read(&mut self, sink: &mut dyn Sink) -> Result<Summary, Error> {
        let progress = Progress::default();
        let mut delivery = Delivery::to(sink);
        let mut converter = Converter::default();
        let is_patient = |resource: &Value| elements::kind(resource) == "Patient";
        for patients in [true, false] {
            for file in &self.files {
                // A Bundle has its own order; it is converted whole, in the second round.
                each_resource(file, &progress, patients, &mut |resource| {
                    if is_patient(&resource) != patients {
                        return Ok(());
                    }
                    delivery.rows += 1;
                    give(converter.events(&resource), &mut delivery)
                })?;
                delivery.progress(progress.get());
            }
        }
        Ok(delivery.summary())
    }
}

fn give(conversion: Conversion, delivery: &mut Delivery<'_>) -> Result<(), Error> {
    for skipped in conversion.skipped {
        delivery.unmapped(&skipped.what, &skipped.reason, 1);
    }
    for known in conversion.events {
        let happened = known.event.timestamp();
        let arrived = known.known_at.max(happened);
        delivery.mapped(resource_of(&known.event), 1);
        delivery.give(&known.event, arrived)?;
    }
    Ok(())
}

/// The kind of resource that an event comes from.
fn resource_of(event: &Event) -> &'static str {
    match event {
        Event::Vitals(_) => "Observation (vital sign)",
        Event::LabResult(_) => "Observation (laboratory)",
        Event::Medication(_) => "MedicationAdministration",
        Event::AdverseEvent(_) => "AdverseEvent",
        Event::Patient(_) | Event::Label(_) => "Patient, Encounter",
    }
}

/// Gives each resource of a file; in the first round only lines that may be Patients are parsed.
fn each_resource(
    path: &Path,
    progress: &Progress,
    only_patients: bool,
    give: &mut dyn FnMut(Value) -> Result<(), Error>,
) -> Result<(), Error> {
    let file = path.display().to_string();
    let opened =
        unpacked::open(path, progress).map_err(|error| Error::input(path, format!("cannot be read: {error}")))?;
    let mut reader = BufReader::new(opened);
    if form(path) == Some(Form::Whole) {
        let resource = serde_json::from_reader(reader).map_err(|error| {
            Error::damaged(&file, error.line() as u64, format!("no JSON: {error}; cut short or damaged"))
        })?;
        return give(resource);
    }
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = reader.read_until(b'\n', &mut line);
        let read = read.map_err(|error| Error::damaged(&file, number, format!("cut short or damaged: {error}")))?;
        if read == 0 {
            break;
        }
        let text = line.trim_ascii();
        if text.is_empty() || (only_patients && !holds(text, b"\"Patient\"")) {
            continue;
        }
        let resource = serde_json::from_slice(text).map_err(|error| {
            Error::damaged(&file, number, format!("no JSON resource: {error}; the line is cut short or damaged"))
        })?;
        give(resource)?;
    }
    Ok(())
}

fn holds(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part == word)
}
