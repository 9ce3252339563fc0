//! Taking in spans: each goes to its trace, which is made where it is not there.

use std::collections::BTreeMap;

use serde_json::Value;
use strata_database::{Transaction, query};

use super::info::{Info, State};
use super::key::{self, attribute};
use super::load;
use super::span::{Node, Sent, Span, cost, decoded, preview, tokens};
use super::start::{artifact_location, insert, update};
use super::tags::{Table, check_key, put};
use crate::Error;
use crate::experiments::{self, Experiment};

const NANOS: i64 = 1_000_000;

/// The spans of one request, with the attributes of what sent them. All are kept, or none.
pub(super) async fn log(tx: &mut Transaction, experiment: &str, spans: Vec<Sent>) -> Result<(), Error> {
    let mut traces: BTreeMap<String, Vec<Sent>> = BTreeMap::new();
    for (mut span, resource) in spans {
        span.translate();
        traces.entry(span.trace_id.clone()).or_default().push((span, resource));
    }
    let experiment = experiments::active(tx, experiment).await?;
    for (id, spans) in traces {
        one(tx, &experiment, &id, &spans).await?;
    }
    Ok(())
}

async fn one(tx: &mut Transaction, experiment: &Experiment, id: &str, spans: &[Sent]) -> Result<(), Error> {
    let first = spans.iter().map(|(span, _)| span.started_at / NANOS).min().unwrap_or(0);
    let last = spans.iter().filter_map(|(span, _)| span.ended_at).max().map(|nanos| nanos / NANOS);
    let root = spans.iter().map(|(span, _)| span).find(|span| span.parent_id.is_none());
    let state = root.map(|root| if root.status == "ERROR" { State::Error } else { State::Ok });
    let (mut info, is_new) = match load::find(tx, id).await? {
        Some(info) if info.experiment_id != experiment.id => {
            return Err(Error::invalid(format!("Trace with ID '{id}' already exists in another experiment.")));
        }
        Some(info) => (info, false),
        None => {
            let info = Info {
                id: id.to_owned(),
                experiment_id: experiment.id,
                request_time: first,
                duration: last.map(|last| last - first),
                state: state.unwrap_or(State::InProgress),
                ..Info::default()
            };
            (info, true)
        }
    };
    let mut tags = BTreeMap::from([(key::SPANS_LOCATION.to_owned(), key::TRACKING_STORE.to_owned())]);
    if is_new {
        tags.insert(key::ARTIFACT_LOCATION.to_owned(), artifact_location(experiment, id)?);
        insert(tx, &info).await?;
    }
    for (span, _) in spans {
        keep(tx, experiment.id, span).await?;
    }

    // Whoever started the trace knows its times better than its spans.
    if !info.metadata.contains_key(key::FINALIZED) {
        let end = info.duration.map(|duration| info.request_time + duration).max(last);
        info.request_time = info.request_time.min(first);
        info.duration = end.map(|end| end - info.request_time);
    }
    if let (State::InProgress | State::Unspecified, Some(state)) = (info.state, state) {
        info.state = state;
    }
    if let Some(root) = root {
        let words = |key: &str, role: &str| {
            let json = root.attributes.get(key).and_then(Value::as_str).filter(|json| !json.is_empty());
            json.map(|json| preview(json, role))
        };
        info.request_preview = info.request_preview.take().or_else(|| words(attribute::INPUTS, "user"));
        info.response_preview = info.response_preview.take().or_else(|| words(attribute::OUTPUTS, "assistant"));
    }
    update(tx, &info).await?;

    let metadata = metadata(tx, &info, spans).await?;
    put(tx, Table::Metadata, id, &metadata).await?;
    // What the user says wins over what the sender is.
    tags.extend(resource_tags(spans));
    tags.extend(root.map(root_tags).unwrap_or_default());
    put(tx, Table::Tags, id, &tags).await
}

async fn keep(tx: &mut Transaction, experiment: i64, span: &Span) -> Result<(), Error> {
    let sql = "INSERT INTO spans (trace_id, span_id, parent_span_id, experiment_id, name, type, status, started_at, \
               ended_at, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
               ON CONFLICT (trace_id, span_id) DO UPDATE SET parent_span_id = excluded.parent_span_id, \
               name = excluded.name, type = excluded.type, status = excluded.status, \
               started_at = excluded.started_at, ended_at = excluded.ended_at, content = excluded.content";
    query(sql)
        .bind(&span.trace_id)
        .bind(&span.id)
        .bind(&span.parent_id)
        .bind(experiment)
        .bind(&span.name)
        .bind(span.kind())
        .bind(span.status)
        .bind(span.started_at)
        .bind(span.ended_at)
        .bind(span.content().replace("\\u0000", "\\ufffd"))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// What is summed up over the spans of a trace: where it is kept, and the attribute that says it.
const SUMS: [(&str, &str, Sum); 2] = [(key::TOKEN_USAGE, attribute::USAGE, tokens), (key::COST, attribute::COST, cost)];

type Sum = fn(&[Node]) -> Option<Value>;

/// What spans say of their trace, where nobody said it of the trace itself.
async fn metadata(tx: &mut Transaction, info: &Info, spans: &[Sent]) -> Result<BTreeMap<String, String>, Error> {
    let mut metadata = BTreeMap::new();
    let finalized = info.metadata.contains_key(key::FINALIZED);
    for (name, attribute, sum) in SUMS {
        let said = spans.iter().any(|(span, _)| span.attributes.contains_key(attribute));
        if !said || (finalized && info.metadata.contains_key(name)) {
            continue;
        }
        // Spans of earlier requests count too, so that a parent that comes late covers what is below it.
        let stored = load::spans(tx, std::slice::from_ref(&info.id)).await?.remove(&info.id).unwrap_or_default();
        let nodes: Vec<Node> = stored.iter().filter_map(|content| node(content, attribute)).collect();
        if let Some(sum) = sum(&nodes) {
            metadata.insert(name.to_owned(), sum.to_string());
        }
    }
    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let first = |keys: &[&str]| {
        let mut said = spans.iter().flat_map(|(span, _)| keys.iter().filter_map(|key| span.attribute(key)));
        said.next().map(text)
    };
    for (name, value) in [
        (key::TRACE_SESSION, first(&[attribute::SESSION, attribute::CONVERSATION])),
        (key::TRACE_USER, first(&[attribute::USER])),
    ] {
        if let Some(value) = value.filter(|_| !info.metadata.contains_key(name)) {
            metadata.insert(name.to_owned(), value);
        }
    }
    Ok(metadata)
}

fn node(content: &Value, attribute: &str) -> Option<Node> {
    Some(Node {
        id: content["span_id"].as_str()?.to_owned(),
        parent_id: content["parent_span_id"].as_str().map(str::to_owned),
        data: content["attributes"].get(attribute).and_then(decoded),
    })
}

/// What the sender says of itself, but for its library and for MLflow's own words.
fn resource_tags(spans: &[Sent]) -> BTreeMap<String, String> {
    let Some((_, resource)) = spans.iter().find(|(_, resource)| !resource.is_empty()) else { return BTreeMap::new() };
    let own = |key: &str| !key.starts_with("telemetry.sdk.") && !key.starts_with("mlflow.") && check_key(key).is_ok();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    resource.iter().filter(|(key, _)| own(key)).map(|(key, value)| (key.clone(), text(value))).collect()
}

/// Tags that a client wrote on the root span, for want of another place in OpenTelemetry.
fn root_tags(root: &Span) -> BTreeMap<String, String> {
    let tag = |(name, value): (&String, &Value)| {
        let key = name.strip_prefix(attribute::TRACE_TAG)?;
        if key::is_blocked(key) || check_key(key).is_err() {
            return None;
        }
        let value = decoded(value)?;
        Some((key.to_owned(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
    };
    root.attributes.iter().filter_map(tag).collect()
}
