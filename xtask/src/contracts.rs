//! The contracts in the tree, as the binary prints them: a change of one is a change in review.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{binary, places, process};

/// A command of the binary, and the file that holds what it prints.
struct Contract {
    command: &'static [&'static str],
    file: &'static str,
}

const CONTRACTS: &[Contract] = &[
    Contract { command: &["config", "schema"], file: "schemas/config.json" },
    Contract { command: &["schemas"], file: "schemas/events.json" },
    Contract { command: &["openapi", "serving"], file: "openapi/serving.json" },
    Contract { command: &["openapi", "gateway"], file: "openapi/gateway.json" },
    Contract { command: &["openapi", "features"], file: "openapi/features.json" },
];

/// Writes every file.
pub(crate) fn write() -> Result<()> {
    each(|file, printed| {
        let folder = file.parent().unwrap_or(file);
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let before = fs::read_to_string(file).ok();
        fs::write(file, printed).with_context(|| format!("cannot write {}", file.display()))?;
        let word = if before.as_deref() == Some(printed) { "unchanged" } else { "written" };
        eprintln!("contracts: {word}: {}", file.display());
        Ok(())
    })
}

/// Compares every file, and names those that differ.
pub(crate) fn check() -> Result<()> {
    let mut differing = Vec::new();
    each(|file, printed| {
        let found = fs::read_to_string(file).unwrap_or_default();
        if let Some(difference) = first_difference(&found, printed) {
            differing.push(format!("{}: {difference}", file.display()));
        }
        Ok(())
    })?;
    if !differing.is_empty() {
        bail!("these are not what the binary prints; `cargo xtask contracts` writes them:\n{}", differing.join("\n"));
    }
    Ok(())
}

fn each(mut visit: impl FnMut(&Path, &str) -> Result<()>) -> Result<()> {
    binary::build()?;
    for contract in CONTRACTS {
        let mut printed = process::output(Command::new(binary::path()).args(contract.command))?;
        if !printed.ends_with('\n') {
            printed.push('\n');
        }
        visit(&places::root().join(contract.file), &printed)?;
    }
    Ok(())
}

fn first_difference(found: &str, printed: &str) -> Option<String> {
    if found == printed {
        return None;
    }
    let same = found.lines().zip(printed.lines()).take_while(|(found, printed)| found == printed).count();
    let line = |text: &str| text.lines().nth(same).map_or("the end".to_owned(), |line| format!("`{}`", line.trim()));
    Some(format!("line {} is {}, printed is {}", same + 1, line(found), line(printed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_differing_line_is_named() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\n c\n").unwrap(), "line 2 is `b`, printed is `c`");
        assert_eq!(first_difference("a\n", "a\nb\n").unwrap(), "line 2 is the end, printed is `b`");
    }
}
