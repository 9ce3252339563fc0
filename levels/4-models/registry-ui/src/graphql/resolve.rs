//! Asking the REST API what was asked by GraphQL, in the name of whoever asked.

use std::collections::HashMap;

use axum::Router;
use axum::http::HeaderMap;
use serde_json::{Map, Value};
use strata_http::Inside;
use url::form_urlencoded::Serializer;

use super::project;
use super::query::{Asked, Told, What};
use super::schema::{Kind, Method, Object};

const ROOT: &str = "/ajax-api/2.0/mlflow";
/// The REST API, asked for one request.
pub(super) struct Api<'a> {
    inside: Inside<'a>,
    /// Many runs are of one experiment.
    experiments: HashMap<String, Value>,
}

impl<'a> Api<'a> {
    pub(super) fn new(router: &'a Router, headers: &'a HeaderMap) -> Self {
        Self { inside: Inside::new(router, headers), experiments: HashMap::new() }
    }

    /// The answer to one thing asked at the top, or why there is none.
    pub(super) async fn resolve(&mut self, asked: &Asked) -> Result<Value, String> {
        let question = asked.question;
        let answer = self.ask(question.method, question.path, &asked.input).await?;
        let mut told = Map::new();
        for one in &asked.told {
            let value = match &one.what {
                What::Field { name, kind: Kind::One(object), told } if has_more(told) => {
                    let value = answer.get(name).cloned().unwrap_or_default();
                    self.with_more(object, &value, told).await?
                }
                What::Field { name, kind: Kind::Many(object), told } if has_more(told) => {
                    let mut values = Vec::new();
                    for value in answer.get(name).and_then(Value::as_array).into_iter().flatten() {
                        values.push(self.with_more(object, value, told).await?);
                    }
                    values.into()
                }
                What::Field { name, kind, told } => project::field(*kind, answer.get(name), told),
                What::Type => Value::from(question.answer.name),
            };
            told.insert(one.key.clone(), value);
        }
        Ok(told.into())
    }

    /// A run, with what of it only other calls tell.
    async fn with_more(&mut self, object: &Object, run: &Value, told: &[Told]) -> Result<Value, String> {
        let text = |name: &str| run["info"][name].as_str().unwrap_or_default().to_owned();
        let mut more = Map::new();
        for one in told {
            match &one.what {
                What::Field { name, kind: Kind::Elsewhere(_), .. } if !more.contains_key(name) => {
                    more.insert(name.clone(), self.experiment(text("experiment_id")).await?);
                }
                What::Field { name, kind: Kind::ManyElsewhere(_), .. } if !more.contains_key(name) => {
                    let input = [("filter".to_owned(), format!("run_id='{}'", text("run_id")).into())];
                    let input = input.into_iter().collect();
                    let mut found = self.ask(Method::Get, "model-versions/search", &input).await?;
                    more.insert(name.clone(), found["model_versions"].take());
                }
                _ => {}
            }
        }
        Ok(project::object(object, run, told, &more))
    }

    async fn experiment(&mut self, id: String) -> Result<Value, String> {
        if let Some(known) = self.experiments.get(&id) {
            return Ok(known.clone());
        }
        let input = [("experiment_id".to_owned(), id.clone().into())].into_iter().collect();
        let experiment = self.ask(Method::Get, "experiments/get", &input).await?["experiment"].take();
        self.experiments.insert(id, experiment.clone());
        Ok(experiment)
    }

    async fn ask(&self, method: Method, path: &str, input: &Map<String, Value>) -> Result<Value, String> {
        let address = format!("{ROOT}/{path}");
        let answered = match method {
            Method::Get => self.inside.get(&format!("{address}?{}", query(input))).await,
            Method::Post => self.inside.post(&address, &Value::Object(input.clone())).await,
        };
        match answered {
            Ok(answer) => Ok(answer),
            Err(refused) => Err(refused.text("message").await),
        }
    }
}

fn has_more(told: &[Told]) -> bool {
    let is_more =
        |told: &Told| matches!(told.what, What::Field { kind: Kind::Elsewhere(_) | Kind::ManyElsewhere(_), .. });
    told.iter().any(is_more)
}

/// As the REST API reads an address: lists are repeated.
fn query(input: &Map<String, Value>) -> String {
    let mut query = Serializer::new(String::new());
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    for (name, value) in input {
        match value {
            Value::Array(values) => query.extend_pairs(values.iter().map(|value| (name, text(value)))),
            value => query.append_pair(name, &text(value)),
        };
    }
    query.finish()
}
