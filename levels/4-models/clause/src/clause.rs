//! Comparisons, joined by `AND`.

use std::fmt;

use crate::Malformed;
use crate::identifier::{is_quoted, quoted, split, unquoted};
use crate::token::{Token, Word, tokens};

/// `[entity.]key operator value`. Displayed, it is read as itself again.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// What stands before the first point that no quote hides.
    pub entity: Option<String>,
    /// Without the quotes around it.
    pub key: String,
    /// In capitals, with one space within: `NOT IN`.
    pub operator: String,
    /// What the key is compared with.
    pub value: Operand,
}

/// What a key is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// In quotes.
    Text(String),
    /// As it was written.
    Number(String),
    /// In parentheses.
    List(Vec<String>),
    /// After `IS NULL` and `IS NOT NULL`.
    None,
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(entity) = &self.entity {
            write!(f, "{}.", quoted(entity))?;
        }
        write!(f, "{} {}", quoted(&self.key), self.operator)?;
        match &self.value {
            Operand::None => Ok(()),
            value => write!(f, " {value}"),
        }
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |text: &String| format!("'{}'", text.replace('\'', "''"));
        match self {
            Self::Text(value) => f.write_str(&text(value)),
            Self::Number(number) => f.write_str(number),
            Self::List(list) => write!(f, "({})", list.iter().map(text).collect::<Vec<_>>().join(", ")),
            Self::None => f.write_str("nothing"),
        }
    }
}

/// All comparisons of a filter; an empty filter has none.
pub fn parse(filter: &str) -> Result<Vec<Clause>, Malformed> {
    let tokens = tokens(filter)?;
    let mut rest = tokens.as_slice();
    let mut clauses = Vec::new();
    while !rest.is_empty() {
        if !clauses.is_empty() {
            match rest {
                [and, after @ ..] if and.is_word("AND") && !after.is_empty() => rest = after,
                _ => return Err(invalid(rest, "Comparisons are joined by AND.")),
            }
        }
        clauses.push(clause(&mut rest)?);
    }
    Ok(clauses)
}

/// In MLflow's words, and then in ours.
fn invalid(at: &[Word<'_>], why: &str) -> Malformed {
    let place = at.first().map_or("its end", |word| word.written);
    Malformed(format!("Invalid clause(s) in filter string: {place}. {why}"))
}

fn clause(rest: &mut &[Word<'_>]) -> Result<Clause, Malformed> {
    let [Word { token: Token::Name, written }, after @ ..] = rest else {
        return Err(invalid(rest, "A comparison starts with the name of a field."));
    };
    *rest = after;
    let operator = operator(rest)?;
    let value = match operator.as_str() {
        "IS NULL" | "IS NOT NULL" => Operand::None,
        _ => operand(rest)?,
    };
    let (entity, key) = split(written);
    Ok(Clause { entity, key, operator, value })
}

fn operator(rest: &mut &[Word<'_>]) -> Result<String, Malformed> {
    const WORDS: [&[&str]; 8] = [
        &["IS", "NOT", "NULL"],
        &["IS", "NULL"],
        &["NOT", "IN"],
        &["IN"],
        &["LIKE"],
        &["ILIKE"],
        &["RLIKE"],
        &["NOT", "LIKE"],
    ];
    if let [Word { token: Token::Symbol(symbol), .. }, after @ ..] = rest {
        *rest = after;
        return Ok((*symbol).to_owned());
    }
    for words in WORDS {
        if rest.len() >= words.len() && rest.iter().zip(words).all(|(token, word)| token.is_word(word)) {
            *rest = &rest[words.len()..];
            return Ok(words.join(" "));
        }
    }
    Err(invalid(rest, "A comparison has an operator after the name of its field."))
}

fn operand(rest: &mut &[Word<'_>]) -> Result<Operand, Malformed> {
    let Some((first, after)) = rest.split_first() else {
        return Err(invalid(rest, "A comparison has a value after its operator."));
    };
    let value = match &first.token {
        Token::Text(text) => Operand::Text(text.clone()),
        Token::Number => Operand::Number(first.written.to_owned()),
        // MLflow's client writes values in these quotes too.
        Token::Name if is_quoted(first.written) => Operand::Text(unquoted(first.written)),
        Token::Name => {
            return Err(Malformed(format!(
                "Parameter value is either not quoted or unidentified quote types used for string value {}. Use either \
                 single or double quotes.",
                first.written
            )));
        }
        Token::Open => {
            *rest = after;
            return list(rest);
        }
        Token::Symbol(_) | Token::Close | Token::Comma => {
            return Err(invalid(rest, "A comparison has a value after its operator."));
        }
    };
    *rest = after;
    Ok(value)
}

fn list(rest: &mut &[Word<'_>]) -> Result<Operand, Malformed> {
    let mut values = Vec::new();
    loop {
        match rest {
            [Word { token: Token::Text(text), .. }, after @ ..] => {
                values.push(text.clone());
                *rest = after;
            }
            [Word { token: Token::Close, .. }, ..] if values.is_empty() => {
                return Err(Malformed(
                    "While parsing a list in the query, expected a non-empty list of string values, but got empty list"
                        .to_owned(),
                ));
            }
            [other, ..] => {
                return Err(Malformed(format!(
                    "While parsing a list in the query, expected string value, punctuation, or whitespace, but got \
                     different type in list: {}",
                    other.written
                )));
            }
            [] => return Err(invalid(rest, "A list has a parenthesis at its end.")),
        }
        match rest {
            [Word { token: Token::Comma, .. }, Word { token: Token::Close, .. }, after @ ..]
            | [Word { token: Token::Close, .. }, after @ ..] => {
                *rest = after;
                return Ok(Operand::List(values));
            }
            [Word { token: Token::Comma, .. }, after @ ..] => *rest = after,
            _ => return Err(invalid(rest, "A list has commas between its values and a parenthesis at its end.")),
        }
    }
}
