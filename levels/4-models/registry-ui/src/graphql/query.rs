//! A question, read and checked against the schema: what is asked for at the top, and of each what is to be told.

use std::collections::HashMap;

use async_graphql_parser::Positioned;
use async_graphql_parser::types::{
    Directive, DocumentOperations, ExecutableDocument, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
};
use async_graphql_value::{Name, Value as Literal};
use serde_json::{Map, Value};

use super::schema::{Kind, Object, QUESTIONS, Question};

/// Deeper or wider than any page asks.
pub(super) const DEPTH: usize = 10;
pub(super) const SELECTIONS: usize = 1_000;

/// Something asked for at the top.
#[derive(Debug)]
pub(super) struct Asked {
    /// What the answer is called.
    pub(super) key: String,
    pub(super) question: &'static Question,
    /// As the REST API names it.
    pub(super) input: Map<String, Value>,
    pub(super) told: Vec<Told>,
}

/// Something to be told of an object.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) key: String,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// The name of the object's type.
    Type,
    /// A field, by the name that the REST API gives it, and what is to be told of it.
    Field { name: String, kind: Kind, told: Vec<Told> },
}

/// Why a question cannot be answered.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unanswerable {
    #[error("Syntax Error: {0}")]
    Syntax(String),
    #[error("Must provide an operation{0}.")]
    Operation(String),
    #[error("Cannot query field '{field}' on type '{object}'.")]
    Field { field: String, object: &'static str },
    #[error("Field '{0}' must have a selection of subfields.")]
    NothingSelected(String),
    #[error("Field '{0}' must not have a selection since it has no subfields.")]
    Selected(String),
    #[error("Unknown fragment '{0}'.")]
    Fragment(String),
    #[error("Unknown directive '@{0}'.")]
    Directive(String),
    #[error("Variable '${0}' is not defined.")]
    Variable(String),
    #[error("Argument 'input' of '{0}' must be an object.")]
    Input(&'static str),
    #[error("Query exceeds maximum {0}")]
    TooLarge(String),
    #[error("GraphQL queries should have at most {most} {what}, got {got} {what}.")]
    TooMany { what: &'static str, most: usize, got: usize },
}

/// Reads a question, by its name where there are several.
pub(super) fn read(
    query: &str,
    operation: Option<&str>,
    variables: &Map<String, Value>,
) -> Result<Vec<Asked>, Unanswerable> {
    // Before it is parsed: the parser goes down by itself.
    let deepest = query.bytes().scan(0_usize, |depth, byte| {
        *depth = match byte {
            b'{' | b'[' | b'(' => *depth + 1,
            b'}' | b']' | b')' => depth.saturating_sub(1),
            _ => *depth,
        };
        Some(*depth)
    });
    if deepest.max().unwrap_or(0) > 4 * DEPTH {
        return Err(too_deep());
    }
    let document = async_graphql_parser::parse_query(query).map_err(|error| Unanswerable::Syntax(error.to_string()))?;
    super::limits::check(&document)?;
    let ExecutableDocument { operations, fragments } = document;
    let definition = chosen(operations, operation)?;
    let mut reader = Reader { fragments, variables: values(&definition, variables), selections: 0 };
    reader.asked(&definition.selection_set.node, 1)
}

fn chosen(operations: DocumentOperations, name: Option<&str>) -> Result<OperationDefinition, Unanswerable> {
    match (operations, name) {
        (DocumentOperations::Single(definition), _) => Ok(definition.node),
        (DocumentOperations::Multiple(mut all), Some(name)) => {
            let definition = all.remove(name).ok_or_else(|| Unanswerable::Operation(format!(" named '{name}'")))?;
            Ok(definition.node)
        }
        (DocumentOperations::Multiple(all), None) => {
            let mut all = all.into_values();
            match (all.next(), all.next()) {
                (Some(definition), None) => Ok(definition.node),
                _ => Err(Unanswerable::Operation(" name if the query contains several".to_owned())),
            }
        }
    }
}

/// What each variable is: as it was sent, or else by default.
fn values(definition: &OperationDefinition, sent: &Map<String, Value>) -> HashMap<String, Value> {
    let value = |definition: &Positioned<async_graphql_parser::types::VariableDefinition>| {
        let definition = &definition.node;
        let name = definition.name.node.to_string();
        let by_default = || definition.default_value.as_ref().and_then(|value| value.node.clone().into_json().ok());
        let value = sent.get(&name).cloned().or_else(by_default).unwrap_or(Value::Null);
        (name, value)
    };
    definition.variable_definitions.iter().map(value).collect()
}

struct Reader {
    fragments: HashMap<Name, Positioned<FragmentDefinition>>,
    variables: HashMap<String, Value>,
    selections: usize,
}

impl Reader {
    fn asked(&mut self, selections: &SelectionSet, depth: usize) -> Result<Vec<Asked>, Unanswerable> {
        let mut asked = Vec::new();
        for selection in &selections.items {
            self.count(depth)?;
            let field = match &selection.node {
                Selection::Field(field) => &field.node,
                spread => {
                    let selections = self.spread(spread)?;
                    asked.extend(self.asked(&selections, depth + 1)?);
                    continue;
                }
            };
            known(&field.directives)?;
            let name = field.name.node.as_str();
            let Some(question) = QUESTIONS.iter().find(|question| question.name == name) else {
                return Err(Unanswerable::Field { field: name.to_owned(), object: "Query" });
            };
            let input = field.get_argument("input").map(|value| self.value(value.node.clone())).transpose()?;
            let input = match input {
                Some(Value::Object(input)) => input,
                None | Some(Value::Null) => Map::new(),
                Some(_) => return Err(Unanswerable::Input(question.name)),
            };
            // What is null was not said.
            let input = input.into_iter().filter(|(_, value)| !value.is_null());
            let input = input.map(|(name, value)| (snake_case(&name), value)).collect();
            let told = self.told(&field.selection_set.node, question.answer, depth + 1)?;
            if told.is_empty() {
                return Err(Unanswerable::NothingSelected(name.to_owned()));
            }
            asked.push(Asked { key: field.response_key().node.to_string(), question, input, told });
        }
        Ok(asked)
    }

    fn told(&mut self, selections: &SelectionSet, object: &Object, depth: usize) -> Result<Vec<Told>, Unanswerable> {
        let mut told = Vec::new();
        for selection in &selections.items {
            self.count(depth)?;
            let field = match &selection.node {
                Selection::Field(field) => &field.node,
                spread => {
                    let selections = self.spread(spread)?;
                    told.extend(self.told(&selections, object, depth + 1)?);
                    continue;
                }
            };
            known(&field.directives)?;
            let (name, key) = (field.name.node.as_str(), field.response_key().node.to_string());
            if name == "__typename" {
                told.push(Told { key, what: What::Type });
                continue;
            }
            let Some(kind) = object.field(name) else {
                return Err(Unanswerable::Field { field: name.to_owned(), object: static_name(object) });
            };
            let below = &field.selection_set.node;
            let below = match kind.object() {
                Some(object) => self.told(below, object, depth + 1)?,
                None if below.items.is_empty() => Vec::new(),
                None => return Err(Unanswerable::Selected(name.to_owned())),
            };
            if kind.object().is_some() && below.is_empty() {
                return Err(Unanswerable::NothingSelected(name.to_owned()));
            }
            told.push(Told { key, what: What::Field { name: snake_case(name), kind, told: below } });
        }
        Ok(told)
    }

    /// What a fragment selects, wherever it stands. Those that go in circles end at the greatest depth.
    fn spread(&self, selection: &Selection) -> Result<SelectionSet, Unanswerable> {
        match selection {
            Selection::InlineFragment(fragment) => {
                known(&fragment.node.directives)?;
                Ok(fragment.node.selection_set.node.clone())
            }
            Selection::FragmentSpread(spread) => {
                known(&spread.node.directives)?;
                let name = &spread.node.fragment_name.node;
                let fragment = self.fragments.get(name).ok_or_else(|| Unanswerable::Fragment(name.to_string()))?;
                Ok(fragment.node.selection_set.node.clone())
            }
            Selection::Field(_) => Ok(SelectionSet::default()),
        }
    }

    fn value(&self, literal: Literal) -> Result<Value, Unanswerable> {
        let unknown = |name: Name| Unanswerable::Variable(name.to_string());
        let value = literal.into_const_with(|name| {
            let value = self.variables.get(name.as_str()).cloned().ok_or_else(|| unknown(name))?;
            Ok(async_graphql_value::ConstValue::from_json(value).unwrap_or_default())
        })?;
        Ok(value.into_json().unwrap_or_default())
    }

    fn count(&mut self, depth: usize) -> Result<(), Unanswerable> {
        self.selections += 1;
        if depth > DEPTH {
            return Err(too_deep());
        }
        if self.selections > SELECTIONS { Err(too_wide()) } else { Ok(()) }
    }
}

/// One directive is known, which says what part of MLflow asks.
fn known(directives: &[Positioned<Directive>]) -> Result<(), Unanswerable> {
    match directives.iter().map(|directive| directive.node.name.node.as_str()).find(|name| *name != "component") {
        Some(name) => Err(Unanswerable::Directive(name.to_owned())),
        None => Ok(()),
    }
}

pub(super) fn too_deep() -> Unanswerable {
    Unanswerable::TooLarge(format!("depth of {DEPTH}"))
}

pub(super) fn too_wide() -> Unanswerable {
    Unanswerable::TooLarge(format!("total selections of {SELECTIONS}"))
}

fn static_name(object: &Object) -> &'static str {
    object.name
}

/// `artifactUri` is `artifact_uri` in the REST API.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 2);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
