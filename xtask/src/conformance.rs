//! `MLflow`'s own tests, unchanged, against the built binary: runs `e2e/python/mlflow_conformance/run.py`.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{binary, places, process, setup};

/// With the words of that program (`--suite`, `--layer` and others), and `--python` for another environment than ours.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let (python, words) = python(words)?;
    // Made only where none is named: it is large.
    let python = python.map_or_else(setup::mlflow, Ok)?;
    let mut program = Command::new(python);
    program.arg(places::root().join("e2e/python/mlflow_conformance/run.py")).args(&words);
    // The reference servers need no binary; a named one is taken as it is.
    let is_ours =
        !["--server=real", "--server=null", "real", "null", "--help", "-h"].iter().any(|other| words.contains(other));
    if is_ours && env::var_os("STRATA_BIN").is_none() {
        binary::build()?;
        program.env("STRATA_BIN", binary::path());
    }
    process::run(&mut program)
}

/// What `--python` names, and the other words.
fn python<'a>(words: &[&'a str]) -> Result<(Option<PathBuf>, Vec<&'a str>)> {
    let mut words = words.to_vec();
    let Some(at) = words.iter().position(|word| *word == "--python" || word.starts_with("--python=")) else {
        return Ok((None, words));
    };
    let word = words.remove(at);
    if let Some((_, path)) = word.split_once('=') {
        return Ok((Some(path.into()), words));
    }
    let path = (at < words.len()).then(|| words.remove(at)).context("--python needs the path of an interpreter")?;
    Ok((Some(path.into()), words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interpreter_is_taken_out_of_the_words() {
        let check = |words: &[&'static str], python_is: Option<&str>, rest: &[&str]| {
            let (path, others) = python(words).unwrap();
            assert_eq!((path, &others[..]), (python_is.map(PathBuf::from), rest));
        };
        check(&["--suite", "S"], None, &["--suite", "S"]);
        check(&["--python", "P", "--suite", "S"], Some("P"), &["--suite", "S"]);
        check(&["--suite", "S", "--python=P"], Some("P"), &["--suite", "S"]);
        assert!(python(&["--suite", "S", "--python"]).is_err());
    }
}
