//! What was tried, as MLflow's pages say it.

use serde_json::{Value, json};

use crate::{Asked, Error};

/// The table of what was answered, among the run's artifacts.
pub(super) const TABLE: &str = "eval_results_table.json";

/// A prompt that an endpoint answered once.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    experiment_id: String,
    user_id: String,
    run_name: Option<String>,
    tags: Value,
    started_at: i64,
    /// With `{{ name }}` where a parameter goes.
    pub(super) template: String,
    pub(super) prompt_parameters: Vec<(String, String)>,
    /// The endpoint that was asked.
    pub(super) route: String,
    pub(super) model_parameters: Vec<(String, String)>,
    /// The prompt as it was sent.
    input: String,
    output: Option<String>,
    output_parameters: Vec<(String, String)>,
}

impl Trial {
    /// Of a request that came `now`.
    pub(super) fn of(asked: &Asked, now: i64) -> Result<Self, Error> {
        let needed = |name: &str| {
            let missing = || Error::invalid(format!("CreatePromptlabRun request must specify {name}."));
            asked.text(name)?.filter(|text| !text.is_empty()).ok_or_else(missing)
        };
        let experiment_id = needed("experiment_id")?;
        let template = needed("prompt_template")?;
        let prompt_parameters = parameters(asked, "prompt_parameters")?;
        if prompt_parameters.is_empty() {
            return Err(Error::invalid("CreatePromptlabRun request must specify prompt_parameters."));
        }
        let route = needed("model_route")?;
        let input = needed("model_input")?;
        needed("mlflow_version")?;
        Ok(Self {
            experiment_id,
            user_id: asked.text("user_id")?.unwrap_or_else(|| "unknown".to_owned()),
            run_name: asked.text("run_name")?,
            tags: asked.get("tags").cloned().unwrap_or_default(),
            started_at: asked.integer("start_time")?.unwrap_or(now),
            template,
            prompt_parameters,
            route,
            model_parameters: parameters(asked, "model_parameters")?,
            input,
            output: asked.text("model_output")?,
            output_parameters: parameters(asked, "model_output_parameters")?,
        })
    }

    /// What creates its run.
    pub(super) fn run(&self) -> Value {
        json!({
            "experiment_id": self.experiment_id,
            "user_id": self.user_id,
            "run_name": self.run_name,
            "start_time": self.started_at,
            "tags": self.tags,
        })
    }

    /// The run's parameters.
    pub(super) fn params(&self) -> Vec<Value> {
        let own = [pair("model_route", &*self.route), pair("prompt_template", &*self.template)];
        self.model_parameters.iter().map(|(key, value)| pair(key, &**value)).chain(own).collect()
    }

    /// By these MLflow's pages know such a run, and where its table is.
    pub(super) fn tags() -> [Value; 2] {
        let table = format!(r#"[{{"path": "{TABLE}", "type": "table"}}]"#);
        [pair("mlflow.loggedArtifacts", table), pair("mlflow.runSourceType", "PROMPT_ENGINEERING")]
    }

    /// One row: the parameters, the prompt, the answer, and what was told of it.
    pub(super) fn table(&self) -> Value {
        let keys = |pairs: &[(String, String)]| pairs.iter().map(|(key, _)| Value::from(&**key)).collect::<Vec<_>>();
        let values = |pairs: &[(String, String)]| pairs.iter().map(|(_, is)| Value::from(&**is)).collect::<Vec<_>>();
        let answered = vec![Value::from(&*self.input), Value::from(self.output.clone())];
        let named = vec!["prompt".into(), "output".into()];
        let columns = [keys(&self.prompt_parameters), named, keys(&self.output_parameters)].concat();
        let row = [values(&self.prompt_parameters), answered, values(&self.output_parameters)].concat();
        json!({ "columns": columns, "data": [row] })
    }
}

/// A key with what stands for it.
fn pair(key: &str, value: impl Into<Value>) -> Value {
    json!({ "key": key, "value": value.into() })
}

/// A list of keys and values, of any kind, as texts.
fn parameters(asked: &Asked, name: &str) -> Result<Vec<(String, String)>, Error> {
    let one = |parameter: &Asked| {
        let value = match parameter.get("value") {
            None => "None".to_owned(),
            Some(Value::String(text)) => text.clone(),
            // As Python writes them.
            Some(Value::Bool(true)) => "True".to_owned(),
            Some(Value::Bool(false)) => "False".to_owned(),
            Some(other) => other.to_string(),
        };
        Ok((parameter.required("key")?, value))
    };
    asked.objects(name)?.iter().map(one).collect()
}
