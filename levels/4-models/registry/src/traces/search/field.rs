//! What the names in filters and orders mean.

use strata_clause::split;

use crate::Error;
use crate::traces::key;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// A column of `traces t`, and whether it is a number.
    Column(&'static str, bool),
    Tag(String),
    Metadata(String),
    /// The run that a trace belongs to.
    Run,
    /// A version of a prompt that it used.
    Prompt,
    Span(SpanField),
    /// `feedback` or `expectation`, and its name.
    Assessment(&'static str, String),
    Issue,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SpanField {
    Column(&'static str),
    Content,
    Attribute(String),
}

const END: &str = "(t.request_time + COALESCE(t.duration, 0))";
const ENTITIES: &str = "'attribute', 'attributes', 'expectation', 'feedback', 'issue', 'metadata', \
                        'request_metadata', 'span', 'tag', 'tags', 'trace'";

impl Field {
    /// Of an identifier as it was read: what stands before its first point, and the rest.
    pub(super) fn of(entity: Option<&str>, name: &str) -> Result<Self, Error> {
        match entity {
            None | Some("attribute" | "attributes" | "trace") => attribute(name),
            Some("tag" | "tags") => Ok(Self::Tag(name.to_owned())),
            Some("metadata" | "request_metadata") if name == key::SOURCE_RUN => Ok(Self::Run),
            Some("metadata" | "request_metadata") => Ok(Self::Metadata(name.to_owned())),
            Some("span") => Ok(Self::Span(span(name)?)),
            Some("feedback") => Ok(Self::Assessment("feedback", name.to_owned())),
            Some("expectation") => Ok(Self::Assessment("expectation", name.to_owned())),
            Some("issue") if name == "id" => Ok(Self::Issue),
            Some("issue") => Err(Error::invalid(format!("Invalid issue attribute '{name}'. Supported attributes: id"))),
            Some(other) => {
                Err(Error::invalid(format!("Invalid entity type '{other}'. Valid values are {{{ENTITIES}}}")))
            }
        }
    }

    /// Of an identifier as it is written.
    pub(super) fn of_identifier(identifier: &str) -> Result<Self, Error> {
        let (entity, name) = split(identifier);
        Self::of(entity.as_deref(), &name)
    }
}

fn attribute(name: &str) -> Result<Field, Error> {
    Ok(match name.to_ascii_lowercase().as_str() {
        "request_id" | "trace_id" => Field::Column("t.id", false),
        "timestamp" | "timestamp_ms" => Field::Column("t.request_time", true),
        "execution_time" | "execution_time_ms" => Field::Column("t.duration", true),
        "end_time" | "end_time_ms" => Field::Column(END, true),
        "status" => Field::Column("t.state", false),
        "client_request_id" => Field::Column("t.client_request_id", false),
        "experiment_id" => Field::Column("t.experiment_id", true),
        "name" => Field::Tag(key::TRACE_NAME.to_owned()),
        "run_id" => Field::Run,
        "prompt" => Field::Prompt,
        "text" => Field::Span(SpanField::Content),
        _ => {
            return Err(Error::invalid(format!(
                "Invalid attribute key '{name}' specified. Valid keys are '['client_request_id', 'end_time', \
                 'end_time_ms', 'execution_time', 'execution_time_ms', 'name', 'prompt', 'request_id', 'run_id', \
                 'status', 'text', 'timestamp', 'timestamp_ms']'"
            )));
        }
    })
}

fn span(name: &str) -> Result<SpanField, Error> {
    Ok(match name {
        "name" => SpanField::Column("s.name"),
        "type" => SpanField::Column("s.type"),
        "status" => SpanField::Column("s.status"),
        "content" => SpanField::Content,
        _ => match name.strip_prefix("attributes.").map(|name| name.trim_matches('`')) {
            Some("") => return Err(Error::invalid("Span attribute name cannot be empty after 'attributes.'")),
            Some(name) => SpanField::Attribute(name.to_owned()),
            None => {
                return Err(Error::invalid(format!(
                    "Invalid span attribute '{name}'. Supported attributes: name, status, type, \
                     attributes.<attribute_name>."
                )));
            }
        },
    })
}
