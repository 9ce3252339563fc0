//! The faults that others made (`docs/faults.md`), and the tests that name them.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use crate::SourceFile;
use crate::tidy::is_rust;

/// The lines whose parts are built. What is built next is added here, and then its faults need their tests.
pub const BUILT: RangeInclusive<u32> = 1..=46;

/// Faults that no test names.
pub fn untested(files: &[SourceFile], built: RangeInclusive<u32>) -> Vec<String> {
    // This crate's own tests name faults that are made up.
    let is_test = |file: &&SourceFile| is_rust(file) && file.text.contains("test]");
    let tests = files.iter().filter(is_test).filter(|file| !file.path.starts_with("architecture/"));
    let named: BTreeSet<u32> = tests.flat_map(|file| named(&file.text)).collect();
    let untested = built.filter(|fault| !named.contains(fault));
    untested.map(|fault| format!("no test names fault {fault} of docs/faults.md")).collect()
}

/// The numbers that follow on `Fault` or `Faults`: `Fault 3`, `Faults 1 to 5, 10`.
fn named(text: &str) -> BTreeSet<u32> {
    let mut named = BTreeSet::new();
    for words in text.split("Fault").skip(1) {
        let words = words.trim_start_matches('s');
        let end = words.find(|letter: char| !letter.is_ascii_digit() && !", ando".contains(letter) && letter != 't');
        let numbers = words[..end.unwrap_or(words.len())].replace("and", ",");
        for part in numbers.split(',') {
            let mut ends = part.split("to").map(|number| number.trim().parse::<u32>());
            match (ends.next(), ends.next()) {
                (Some(Ok(first)), Some(Ok(last))) => named.extend(first..=last),
                (Some(Ok(fault)), _) => _ = named.insert(fault),
                _ => {}
            }
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_as_they_are_written() {
        for (text, numbers) in [
            ("/// Fault 3: a step", &[3][..]),
            ("/// Faults 1 to 3, 10: status", &[1, 2, 3, 10]),
            ("Faults 17, 20 and 26 in one", &[17, 20, 26]),
            ("Faulty, a Fault, Fault x", &[]),
        ] {
            assert_eq!(named(text), numbers.iter().copied().collect(), "{text}");
        }
    }

    #[test]
    fn what_nobody_names_is_told() {
        let file = |text: &str| SourceFile { path: "a.rs".into(), text: text.into() };
        let files = [file("/// Fault 1: x\n#[test]\nfn a() {}"), file("// Fault 2: no test is here")];
        assert_eq!(untested(&files, 1..=2), ["no test names fault 2 of docs/faults.md"]);
    }
}
