//! The words of a filter.

use crate::Malformed;
use crate::identifier::{end, inside, is_quote};

/// A token, and how it was written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Word<'a> {
    pub(crate) token: Token,
    pub(crate) written: &'a str,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// A name, with its quotes, or a word of the grammar.
    Name,
    /// A text, without its quotes.
    Text(String),
    Number,
    Symbol(&'static str),
    Open,
    Close,
    Comma,
}

impl Word<'_> {
    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.token == Token::Name && self.written.eq_ignore_ascii_case(word)
    }

    /// Whether a value comes next: in double quotes stands a value there, and a name elsewhere.
    fn wants_value(&self) -> bool {
        matches!(self.token, Token::Symbol(_) | Token::Open | Token::Comma)
            || ["LIKE", "ILIKE", "RLIKE"].iter().any(|word| self.is_word(word))
    }
}

const SYMBOLS: [&str; 7] = ["!=", "<>", "<=", ">=", "=", "<", ">"];

pub(crate) fn tokens(filter: &str) -> Result<Vec<Word<'_>>, Malformed> {
    let mut words: Vec<Word<'_>> = Vec::new();
    let mut rest = filter.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            (Token::Symbol(if *symbol == "<>" { "!=" } else { symbol }), symbol.len())
        } else {
            match first {
                '(' => (Token::Open, 1),
                ')' => (Token::Close, 1),
                ',' => (Token::Comma, 1),
                '\'' => text(rest, '\'')?,
                '"' if words.last().is_some_and(Word::wants_value) => text(rest, '"')?,
                c if c.is_ascii_digit() || c == '-' || (c == '.' && starts_number(&rest[1..])) => number(rest),
                _ => name(rest)?,
            }
        };
        words.push(Word { token, written: &rest[..length] });
        rest = rest[length..].trim_start();
    }
    Ok(words)
}

fn starts_number(rest: &str) -> bool {
    rest.starts_with(|c: char| c.is_ascii_digit())
}

fn text(rest: &str, quote: char) -> Result<(Token, usize), Malformed> {
    let length = end(rest, quote).ok_or_else(|| unclosed(rest))?;
    Ok((Token::Text(inside(&rest[..length], quote)), length))
}

fn unclosed(rest: &str) -> Malformed {
    Malformed(format!("Invalid clause(s) in filter string: {rest}. The quote at its start is not closed."))
}

fn number(rest: &str) -> (Token, usize) {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'));
    (Token::Number, rest.find(ends).unwrap_or(rest.len()))
}

/// A name has parts, with points between them; in a part that is quoted anything stands.
fn name(rest: &str) -> Result<(Token, usize), Malformed> {
    let mut at = 0;
    loop {
        at += part(&rest[at..])?;
        if !rest[at..].starts_with('.') {
            return Ok((Token::Name, at));
        }
        at += 1;
    }
}

fn part(rest: &str) -> Result<usize, Malformed> {
    let ends = |c: char| c.is_whitespace() || "()=<>!,'.".contains(c) || is_quote(c);
    let length = match rest.chars().next() {
        Some(quote) if is_quote(quote) => end(rest, quote).ok_or_else(|| unclosed(rest))?,
        _ => rest.find(ends).unwrap_or(rest.len()),
    };
    if length == 0 || rest[length..].starts_with(is_quote) {
        return Err(Malformed(format!("Invalid clause(s) in filter string: {rest}. This is no word of a filter.")));
    }
    Ok(length)
}
