//! The files of such a run: the table, and a model that MLflow's `mlflow.pyfunc` loads.

use chrono::DateTime;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::trial::{TABLE, Trial};
use crate::router::MLFLOW;
use crate::shared::Now;

const PYTHON: &str = "3.11";

/// The model's description, its `MLmodel`. Its code is MLflow's own, and asks the endpoint through MLflow Deployments.
pub(super) fn model(trial: &Trial, run_id: &str, now: Now) -> Value {
    let column = |name: &str| json!({ "type": "string", "name": name, "required": true });
    let inputs: Vec<Value> = trial.prompt_parameters.iter().map(|(key, _)| column(key)).collect();
    let created = DateTime::from_timestamp_millis(now.millis()).unwrap_or_default();
    json!({
        "artifact_path": "model",
        "flavors": {
            "python_function": {
                "code": null,
                "env": { "conda": "conda.yaml", "virtualenv": "python_env.yaml" },
                "loader_module": "mlflow.prompt.promptlab_model",
                "parameters_path": "parameters.yaml",
                "python_version": PYTHON,
            },
        },
        "mlflow_version": MLFLOW,
        "model_uuid": Uuid::new_v4().simple().to_string(),
        "run_id": run_id,
        "signature": {
            "inputs": Value::from(inputs).to_string(),
            "outputs": json!([column("output")]).to_string(),
            "params": null,
        },
        "utc_time_created": created.format("%Y-%m-%d %H:%M:%S%.6f").to_string(),
    })
}

/// Every file, with its path below the run's artifacts. What is named YAML is JSON, which is YAML too.
pub(super) fn all(trial: &Trial, model: &Value) -> [(&'static str, String); 6] {
    let map = |pairs: &[(String, String)]| {
        let pairs = pairs.iter().map(|(key, value)| (key.clone(), Value::from(&**value)));
        pairs.collect::<Map<_, _>>()
    };
    let parameters = json!({
        "prompt_template": trial.template,
        "prompt_parameters": map(&trial.prompt_parameters),
        "model_parameters": map(&trial.model_parameters),
        "model_route": trial.route,
    });
    let requirement = format!("mlflow[gateway]=={MLFLOW}");
    let conda = json!({
        "channels": ["conda-forge"],
        "dependencies": [format!("python={PYTHON}"), "pip", { "pip": [requirement] }],
        "name": "mlflow-env",
    });
    let python = json!({
        "python": PYTHON,
        "build_dependencies": ["pip", "setuptools", "wheel"],
        "dependencies": ["-r requirements.txt"],
    });
    let pretty = |value: &Value| format!("{value:#}\n");
    [
        ("model/MLmodel", pretty(model)),
        ("model/parameters.yaml", pretty(&parameters)),
        ("model/conda.yaml", pretty(&conda)),
        ("model/python_env.yaml", pretty(&python)),
        ("model/requirements.txt", requirement + "\n"),
        (TABLE, trial.table().to_string()),
    ]
}
