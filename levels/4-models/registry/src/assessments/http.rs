//! The handlers of assessments: extract, call, convert.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get as getting, post as posting};
use serde_json::{Value, json};

use super::assessment::{Assessment, Kind, value_of};
use super::store;
use crate::{Answer, Asked, Error, Shared};

/// Under `/mlflow` of the third version.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/traces/{trace_id}/assessments", posting(create))
        .route("/traces/{trace_id}/assessments/{assessment_id}", getting(get).patch(update).delete(delete))
}

fn answer(assessment: &Assessment) -> Answer {
    Answer(json!({ "assessment": assessment.to_json() }))
}

async fn create(State(shared): State<Shared>, Path(trace): Path<String>, asked: Asked) -> Result<Answer, Error> {
    let given = asked.object("assessment")?.ok_or_else(|| Error::missing("assessment"))?;
    let assessment = Assessment::of_json(&given, &trace, shared.now().millis())?;
    let mut tx = shared.write().await?;
    store::create(&mut tx, &assessment).await?;
    tx.commit().await?;
    Ok(answer(&assessment))
}

async fn get(State(shared): State<Shared>, Path((trace, id)): Path<(String, String)>) -> Result<Answer, Error> {
    let mut tx = shared.read().await?;
    Ok(answer(&store::get(&mut tx, &trace, &id).await?))
}

async fn update(
    State(shared): State<Shared>,
    Path((trace, id)): Path<(String, String)>,
    asked: Asked,
) -> Result<Answer, Error> {
    let given = asked.object("assessment")?.ok_or_else(|| Error::missing("assessment"))?;
    let paths = asked.text("update_mask")?.ok_or_else(|| Error::missing("update_mask"))?;
    let now = shared.now().millis();
    let mut tx = shared.write().await?;
    let mut assessment = store::get(&mut tx, &trace, &id).await?;
    // JSON writes the names of fields in a mask in camel case.
    for path in paths.split(',').map(str::trim) {
        match path {
            "assessmentName" | "assessment_name" => {
                assessment.name = given.text("assessment_name")?.unwrap_or_default();
            }
            "expectation" => value(&mut assessment, Kind::Expectation, &given)?,
            "feedback" => value(&mut assessment, Kind::Feedback, &given)?,
            "rationale" => assessment.rationale = given.text("rationale")?,
            "metadata" => {
                let metadata = given.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default();
                assessment.metadata.extend(metadata);
            }
            _ => {}
        }
    }
    assessment.updated_at = now;
    store::put(&mut tx, &assessment).await?;
    tx.commit().await?;
    Ok(answer(&assessment))
}

fn value(assessment: &mut Assessment, kind: Kind, given: &Asked) -> Result<(), Error> {
    if assessment.kind != kind {
        let (new, own) =
            if kind == Kind::Feedback { ("feedback", "an Expectation") } else { ("expectation", "a Feedback") };
        return Err(Error::invalid(format!("Cannot update {new} value on {own} assessment.")));
    }
    (assessment.value, assessment.error) = value_of(given, kind)?;
    Ok(())
}

async fn delete(State(shared): State<Shared>, Path((trace, id)): Path<(String, String)>) -> Result<Answer, Error> {
    let mut tx = shared.write().await?;
    store::delete(&mut tx, &trace, &id).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}
