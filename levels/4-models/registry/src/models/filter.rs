//! What models and versions are sought by: `name LIKE 'risk%' AND tags.team = 'icu'`.

use strata_clause::{Clause, Operand};

use super::prompt::IS_PROMPT;
use crate::Error;
use crate::statement::Statement;

/// What can be asked of one kind of thing.
#[derive(Debug)]
pub(super) struct Fields {
    /// Attributes that are text: the word and the column.
    texts: &'static [(&'static str, &'static str)],
    /// Attributes that are numbers.
    numbers: &'static [(&'static str, &'static str)],
    /// Those of the texts that can be compared with a list.
    lists: &'static [&'static str],
    /// Where the tags are, of one row.
    tags: &'static str,
    what: &'static str,
}

pub(super) const MODELS: Fields = Fields {
    texts: &[("name", "m.name")],
    numbers: &[],
    lists: &["name"],
    tags: "SELECT 1 FROM registered_model_tags t WHERE t.model = m.id",
    what: "registered model",
};

pub(super) const VERSIONS: Fields = Fields {
    texts: &[("name", "m.name"), ("run_id", "v.run_id"), ("source_path", "v.source")],
    numbers: &[("version_number", "v.version")],
    lists: &["name", "run_id"],
    tags: "SELECT 1 FROM model_version_tags t WHERE t.version = v.id",
    what: "model version",
};

/// All of a filter's comparisons must hold. Whether prompts are asked for: nobody finds them otherwise, whatever else is
/// asked.
///
/// Models lack the tag of prompts, and `is_prompt != 'true'` must find them: so a comparison with it that does not ask for
/// prompts is checked, and asks for nothing.
pub(super) fn put(statement: &mut Statement, fields: &Fields, clauses: &[Clause]) -> Result<bool, Error> {
    let is_about_prompts = |clause: &Clause| is_tag(clause) && clause.key == IS_PROMPT;
    let with_prompts = clauses.iter().find(|clause| is_about_prompts(clause)).is_some_and(asks_for_prompts);
    for clause in clauses {
        let condition = condition(statement, fields, clause)?;
        if with_prompts || !is_about_prompts(clause) {
            statement.and(condition);
        }
    }
    Ok(with_prompts)
}

fn asks_for_prompts(clause: &Clause) -> bool {
    match (clause.operator.as_str(), &clause.value) {
        ("=", Operand::Text(value)) => value.eq_ignore_ascii_case("true"),
        ("!=", Operand::Text(value)) => value.eq_ignore_ascii_case("false"),
        _ => false,
    }
}

fn is_tag(clause: &Clause) -> bool {
    matches!(clause.entity.as_deref(), Some("tag" | "tags"))
}

fn condition(statement: &mut Statement, fields: &Fields, clause: &Clause) -> Result<String, Error> {
    let (operator, what) = (clause.operator.as_str(), fields.what);
    if operator.starts_with("IS ") {
        return Err(Error::invalid(format!("IS NULL / IS NOT NULL is not supported for {what} search.")));
    }
    match clause.entity.as_deref() {
        Some("tag" | "tags") => tag(statement, fields, clause),
        None | Some("attribute") => attribute(statement, fields, clause),
        Some(other) => Err(Error::invalid(format!(
            "Invalid entity type '{other}'. Valid entity types are ('attribute', 'tag', 'tags')"
        ))),
    }
}

fn tag(statement: &mut Statement, fields: &Fields, clause: &Clause) -> Result<String, Error> {
    let Operand::Text(value) = &clause.value else {
        return Err(Error::invalid(format!(
            "Expected a quoted string value for tag (e.g. 'my-value'). Got value {}",
            clause.value
        )));
    };
    let key = statement.text(clause.key.clone());
    let test = text(statement, "t.value", &clause.operator, value)
        .ok_or_else(|| Error::invalid(format!("Invalid comparator for tag: {}", clause.operator)))?;
    Ok(format!("EXISTS ({} AND t.key = {key} AND {test})", fields.tags))
}

fn attribute(statement: &mut Statement, fields: &Fields, clause: &Clause) -> Result<String, Error> {
    let key = clause.key.as_str();
    let column = |list: &[(&str, &'static str)]| list.iter().find(|(name, _)| *name == key).map(|(_, column)| *column);
    if let Some(column) = column(fields.numbers) {
        return number(statement, fields, column, clause);
    }
    let Some(column) = column(fields.texts) else {
        let names = fields.texts.iter().chain(fields.numbers).map(|(name, _)| format!("'{name}'"));
        let names = names.collect::<Vec<_>>().join(", ");
        return Err(Error::invalid(format!("Invalid attribute key '{key}' specified. Valid keys are '{{{names}}}'")));
    };
    let operator = clause.operator.as_str();
    let invalid = || Error::invalid(format!("Invalid comparator for attribute: {operator}"));
    match &clause.value {
        Operand::List(_) if !fields.lists.contains(&key) => Err(no_list(fields)),
        Operand::List(list) if ["IN", "NOT IN"].contains(&operator) => {
            Ok(statement.compare_text(column, operator, list))
        }
        Operand::Text(value) => text(statement, column, operator, value).ok_or_else(invalid),
        Operand::List(_) => Err(invalid()),
        other => Err(Error::invalid(format!(
            "Expected a quoted string value for attribute {key} (e.g. 'my-value'). Got value {other}"
        ))),
    }
}

/// A comparison of one text; none where the operator is no such.
fn text(statement: &mut Statement, column: &str, operator: &str, value: &String) -> Option<String> {
    let known = ["=", "!=", "LIKE", "ILIKE"].contains(&operator);
    known.then(|| statement.compare_text(column, operator, std::slice::from_ref(value)))
}

fn number(statement: &mut Statement, fields: &Fields, column: &str, clause: &Clause) -> Result<String, Error> {
    let (key, operator) = (clause.key.as_str(), clause.operator.as_str());
    let written = match &clause.value {
        Operand::List(_) => return Err(no_list(fields)),
        Operand::Text(text) => text.trim(),
        Operand::Number(number) => number,
        Operand::None => "",
    };
    if !["=", "!=", "<", "<=", ">", ">="].contains(&operator) {
        return Err(Error::invalid(format!("Invalid comparator for attribute {key}: {operator}")));
    }
    let invalid = |_| Error::invalid(format!("Invalid value for numeric attribute '{key}': {}", clause.value));
    let number = statement.number(written.parse().map_err(invalid)?);
    Ok(format!("{column} {operator} {number}"))
}

fn no_list(fields: &Fields) -> Error {
    let lists = fields.lists.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    Error::invalid(format!("Only [{lists}] attributes support comparison with a list of quoted string values."))
}

#[cfg(test)]
mod tests {
    use super::{MODELS, VERSIONS, put};
    use crate::statement::Statement;

    #[test]
    fn what_cannot_be_asked_says_why() {
        let said = |filter, fields| {
            put(&mut Statement::default(), fields, &strata_clause::parse(filter).unwrap()).unwrap_err().to_string()
        };
        for (filter, message) in [
            ("nope = 'a'", "Invalid attribute key 'nope' specified. Valid keys are '{'name'}'"),
            ("name > 'a'", "Invalid comparator for attribute: >"),
            ("name RLIKE 'a'", "Invalid comparator for attribute: RLIKE"),
            ("name = 1", "Expected a quoted string value for attribute name (e.g. 'my-value'). Got value 1"),
            ("tags.k IS NULL", "IS NULL / IS NOT NULL is not supported for registered model search."),
            ("zz.k = 'v'", "Invalid entity type 'zz'. Valid entity types are ('attribute', 'tag', 'tags')"),
            ("tags.k IN ('w')", "Expected a quoted string value for tag (e.g. 'my-value'). Got value ('w')"),
            ("tags.k > 'w'", "Invalid comparator for tag: >"),
            ("tags.k = 1", "Expected a quoted string value for tag (e.g. 'my-value'). Got value 1"),
            // Whatever asks for nothing is checked all the same.
            ("tags.`mlflow.prompt.is_prompt` > 'x'", "Invalid comparator for tag: >"),
        ] {
            assert!(said(filter, &MODELS).contains(message), "{filter}: {}", said(filter, &MODELS));
        }
        let lists = "Only ['name', 'run_id'] attributes support comparison with a list of quoted string values.";
        for (filter, message) in [
            ("source_path IN ('x')", lists),
            ("version_number IN ('1')", lists),
            ("version_number LIKE '1'", "Invalid comparator for attribute version_number: LIKE"),
            ("version_number = 1.5", "Invalid value for numeric attribute 'version_number': 1.5"),
            ("version_number = 'x'", "Invalid value for numeric attribute 'version_number': 'x'"),
        ] {
            assert!(said(filter, &VERSIONS).contains(message), "{filter}: {}", said(filter, &VERSIONS));
        }
    }
}
