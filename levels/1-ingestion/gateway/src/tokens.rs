//! API tokens: who may ask for what.
//!
//! The file holds hashes only, so that whoever reads it can do nothing with it. Tokens are long and random, so one
//! round of SHA-256 is enough; a hash that is looked for is compared with every known one, in the same time wherever
//! they differ.

use std::fmt;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};
use strata_audit::{Agent, AgentKind};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use uuid::Uuid;

use crate::Error;

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Sending events.
    Write,
    /// Validating, and reading metrics.
    Read,
}

impl Scope {
    const fn name(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Read => "read",
        }
    }
}

/// A fresh token.
#[derive(Clone, PartialEq, Eq)]
pub struct Minted {
    /// What the caller sends as `Authorization: Bearer ...`; nobody can be told it again.
    pub token: String,
    /// The line for the file of tokens.
    pub line: String,
}

/// Makes a token of this name, which is a word.
pub fn mint(name: &str, scopes: &[Scope]) -> Minted {
    let token = format!("strata_{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let scopes: Vec<_> = scopes.iter().map(|scope| scope.name()).collect();
    let hash = hex::encode(hash(&token));
    Minted { line: format!("{name} {} {hash}", scopes.join(",")), token }
}

impl fmt::Debug for Minted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Minted").field("line", &self.line).finish_non_exhaustive()
    }
}

/// The tokens of a file.
#[derive(Debug)]
pub(crate) struct Tokens(Vec<Token>);

#[derive(Debug)]
struct Token {
    name: String,
    write: bool,
    read: bool,
    hash: [u8; 32],
}

/// Why somebody may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// No token, or none that is known.
    Unknown,
    /// The token is for other things.
    Scope,
}

impl Tokens {
    pub(crate) fn load(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path).map_err(|source| Error::Secret { path: path.to_owned(), source })?;
        let wrong = |line, wrong| Error::Tokens { path: path.to_owned(), line, wrong };
        let mut tokens = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default();
            if !line.trim().is_empty() {
                tokens.push(token(line).map_err(|what| wrong(index + 1, what))?);
            }
        }
        if tokens.is_empty() {
            return Err(wrong(0, "there is no token in it, so nobody could send anything"));
        }
        Ok(Self(tokens))
    }

    /// Who holds this token, if it is good for this.
    pub(crate) fn agent(&self, presented: Option<&str>, scope: Scope) -> Result<Agent, Denied> {
        let presented = hash(presented.ok_or(Denied::Unknown)?);
        // Over all of them, whichever it is.
        let found = self.0.iter().zip(1_u32..).fold(0, |found, (token, place)| {
            let same: Choice = token.hash.ct_eq(&presented);
            u32::conditional_select(&found, &place, same)
        });
        let token = self.0.get((found as usize).wrapping_sub(1)).ok_or(Denied::Unknown)?;
        let allowed = match scope {
            Scope::Write => token.write,
            Scope::Read => token.read,
        };
        if allowed { Ok(Agent::new(AgentKind::Token, &token.name)) } else { Err(Denied::Scope) }
    }
}

fn token(line: &str) -> Result<Token, &'static str> {
    let [name, scopes, digits] = line.split_whitespace().collect::<Vec<_>>()[..] else {
        return Err("there are not three words");
    };
    let mut token = Token { name: name.to_owned(), write: false, read: false, hash: [0; 32] };
    for scope in scopes.split(',') {
        match scope {
            "write" => token.write = true,
            "read" => token.read = true,
            _ => return Err("a scope is `write` or `read`"),
        }
    }
    hex::decode_to_slice(digits, &mut token.hash).map_err(|error| match error {
        hex::FromHexError::InvalidHexCharacter { .. } => "the hash is not hexadecimal",
        _ => "the hash has not 64 digits: it is that of `printf %s TOKEN | sha256sum`",
    })?;
    Ok(token)
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Tokens, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        Tokens::load(file.path()).map_err(|error| error.to_string())
    }

    /// Fault 44: what is not asked for is not granted, and the file betrays no token.
    #[test]
    fn a_token_is_good_for_what_it_says() {
        let (writer, reader) = (mint("icu", &[Scope::Write]), mint("prometheus", &[Scope::Read]));
        let file = format!("# tokens\n{}\n\n{} # scrapes\n", writer.line, reader.line);
        assert!(!file.contains(&writer.token));
        let tokens = load(&file).unwrap();
        let who = tokens.agent(Some(&writer.token), Scope::Write).unwrap();
        assert_eq!(who.name(), "icu");
        assert_eq!(tokens.agent(Some(&writer.token), Scope::Read), Err(Denied::Scope));
        assert_eq!(tokens.agent(Some(&reader.token), Scope::Write), Err(Denied::Scope));
        assert!(tokens.agent(Some(&reader.token), Scope::Read).is_ok());
        for unknown in [None, Some(""), Some("strata_"), Some(&writer.line[..])] {
            assert_eq!(tokens.agent(unknown, Scope::Write), Err(Denied::Unknown));
        }
    }

    #[test]
    fn a_file_that_is_none_names_the_line() {
        for (text, said) in [
            ("", "no token"),
            ("a write\n", ":1: there are not three words"),
            ("# x\na erase 00", ":2: a scope is"),
            ("a write 00", "64 digits"),
            (&format!("a write {}", "g".repeat(64)), "not hexadecimal"),
        ] {
            let error = load(text).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
