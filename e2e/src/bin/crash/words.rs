//! The command line.

use anyhow::{Context, Result, bail};
use rand::RngExt;

use crate::plan::Kind;

const USAGE: &str = "usage: cargo xtask crash [--kills N] [--seed S] [--only kill|term|broker|disk|objects]";

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Words {
    /// How often something is done to the stack; few enough for every change.
    pub(crate) kills: usize,
    /// What every draw starts from; drawn when it is not given.
    pub(crate) seed: u64,
    /// All kinds, or one alone.
    pub(crate) kinds: Vec<Kind>,
}

impl Words {
    pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut parsed = Self { kills: 6, seed: rand::rng().random_range(0..1_000_000), kinds: Kind::ALL.to_vec() };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let value = words.next().with_context(|| format!("`{word}` takes a value, or is not known\n{USAGE}"))?;
            let not_that = || format!("`{word}` is not `{value}`\n{USAGE}");
            match &*word {
                "--kills" => parsed.kills = value.parse().with_context(not_that)?,
                "--seed" => parsed.seed = value.parse().with_context(not_that)?,
                "--only" => parsed.kinds = vec![Kind::named(&value).with_context(not_that)?],
                _ => bail!("`{word}` is not known\n{USAGE}"),
            }
        }
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Words> {
        Words::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn words_are_understood_or_refused() {
        let words = Words { kills: 30, seed: 7, kinds: vec![Kind::Disk] };
        assert_eq!(parse("--kills 30 --only disk --seed 7").unwrap(), words);
        assert_eq!(parse("--seed 7").unwrap(), Words { kills: 6, kinds: Kind::ALL.to_vec(), ..words });
        for wrong in ["--kills", "--kills many", "--only fire", "--often 3", "30"] {
            assert!(parse(wrong).unwrap_err().to_string().contains("usage"), "{wrong}");
        }
    }
}
