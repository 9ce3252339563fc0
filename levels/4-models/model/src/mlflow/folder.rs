//! A model's folder, loadable by `mlflow.pyfunc.load_model` and `mlflow.onnx.load_model`.

use std::path::Path;

use serde_json::{Value, json};

use super::disk;
use crate::onnx::OUTPUT;
use crate::{Error, Model, version_of};

/// The one file of the folder that Strata reads; the others are for Python.
pub const MODEL_FILE: &str = "model.onnx";

/// What the folder was tested with (`e2e/python/check_model.py`); `mlflow-skinny` is `MLflow` without its server.
const MLFLOW: &str = "3.17.2";
const ONNX: &str = "1.23.2";
const PYTHON: &str = "3.11.7";
const REQUIREMENTS: [&str; 5] =
    ["mlflow-skinny==3.17.2", "numpy==2.4.6", "onnx==1.23.2", "onnxruntime==1.31.1", "pandas==3.1.1"];

/// Writes the folder and returns the model's version, the SHA-256 of its `model.onnx`.
///
/// `example_row` becomes the input example. An existing folder is replaced.
pub fn write_model(dir: &Path, model: &Model, example_row: &[f32], run_id: &str) -> Result<String, Error> {
    model.check()?;
    if example_row.len() != model.features.len() {
        let (got, want) = (example_row.len(), model.features.len());
        return Err(Error::Columns(format!("the example has {got} values instead of {want}")));
    }
    let onnx = model.to_onnx();
    let version = version_of(&onnx);
    let example = example(model, example_row);
    let requirements = REQUIREMENTS.join("\n") + "\n";
    let files = [
        (MODEL_FILE, onnx.clone()),
        ("MLmodel", ml_model(model, &version, onnx.len(), run_id).into_bytes()),
        ("conda.yaml", conda().into_bytes()),
        ("python_env.yaml", python_env().into_bytes()),
        ("requirements.txt", requirements.into_bytes()),
        ("input_example.json", example.to_string().into_bytes()),
        ("serving_input_example.json", json!({ "dataframe_split": example }).to_string().into_bytes()),
    ];
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let partial = dir.with_file_name(format!(".{name}.partial"));
    disk::remove_dir(&partial)?;
    for (name, bytes) in files {
        disk::write(&partial.join(name), &bytes)?;
    }
    disk::remove_dir(dir)?;
    disk::rename(&partial, dir)?;
    Ok(version)
}

/// Reads the model of a folder that [`write_model`] wrote.
pub fn read_model(dir: &Path) -> Result<Model, Error> {
    Model::from_onnx(&disk::read(&dir.join(MODEL_FILE))?)
}

fn example(model: &Model, row: &[f32]) -> Value {
    // JSON knows no NaN: a missing value is null, which MLflow turns into NaN again.
    let values: Vec<Option<f32>> = row.iter().map(|&value| value.is_finite().then_some(value)).collect();
    json!({ "columns": model.features, "data": [values] })
}

/// `MLmodel`, in YAML. Columns are of type `double`: a frame of `float64` is refused by a column of type `float`, and
/// frames of either width pass a `double` one, in any order of columns.
fn ml_model(model: &Model, version: &str, bytes: usize, run_id: &str) -> String {
    let column = |name: &str, kind: &str| json!({ "name": name, "type": kind, "required": true });
    let inputs = model.features.iter().map(|name| column(name, "double")).collect::<Value>().to_string();
    let outputs = json!([column(OUTPUT, "float")]).to_string();
    let quote = |text: &str| Value::from(text).to_string();
    let created = model.metadata.get("trained_at").and_then(|at| mlflow_time(at));
    let created = created.map_or(String::new(), |at| format!("utc_time_created: {}\n", quote(&at)));
    format!(
        "\
artifact_path: model
flavors:
  onnx:
    code: null
    data: {MODEL_FILE}
    onnx_session_options: null
    onnx_version: {ONNX}
    providers:
    - CPUExecutionProvider
  python_function:
    data: {MODEL_FILE}
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.onnx
    python_version: {PYTHON}
is_signature_from_type_hint: false
mlflow_version: {MLFLOW}
model_size_bytes: {bytes}
model_uuid: m-{id}
prompts: null
run_id: {run_id}
saved_input_example_info:
  artifact_path: input_example.json
  pandas_orient: split
  serving_input_path: serving_input_example.json
  type: dataframe
signature:
  inputs: {inputs}
  outputs: {outputs}
  params: null
strata:
  feature_set: {feature_set}
  name: {name}
  version: {version}
type_hint_from_example: false
{created}",
        id = &version[..32],
        run_id = quote(run_id),
        inputs = quote(&inputs),
        outputs = quote(&outputs),
        feature_set = quote(&model.feature_set),
        name = quote(&model.name),
    )
}

/// `2026-11-21T10:20:30Z` as `MLflow` writes it, `2026-11-21 10:20:30.000000`; none when it is not such a time.
fn mlflow_time(rfc3339: &str) -> Option<String> {
    let (date, time) = rfc3339.strip_suffix('Z')?.split_once('T')?;
    let (seconds, fraction) = time.split_once('.').unwrap_or((time, ""));
    Some(format!("{date} {seconds}.{fraction:0<6.6}"))
}

fn conda() -> String {
    let pip = REQUIREMENTS.join("\n  - ");
    format!("channels:\n- conda-forge\ndependencies:\n- python={PYTHON}\n- pip\n- pip:\n  - {pip}\nname: mlflow-env\n")
}

fn python_env() -> String {
    format!("python: {PYTHON}\nbuild_dependencies:\n- pip\ndependencies:\n- -r requirements.txt\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::network;

    #[test]
    fn a_folder_is_read_back_and_replaced_whole() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let dir = home.path().join("model");
        for seed in [10, 11] {
            let model = network(3, &[2], seed);
            let version = write_model(&dir, &model, &[1.0, f32::NAN, 2.5], "run").expect("written");
            let back = read_model(&dir).expect("read");
            assert_eq!((back.version(), back), (version, model));
        }
        assert_eq!(std::fs::read_dir(home.path()).expect("listed").count(), 1);
        let example = std::fs::read_to_string(dir.join("input_example.json")).expect("read");
        assert_eq!(example, r#"{"columns":["feature_0","feature_1","feature_2"],"data":[[1.0,null,2.5]]}"#);
    }

    #[test]
    fn a_folder_without_a_model_says_so() {
        let error = read_model(Path::new("/nowhere")).expect_err("nothing there").to_string();
        assert!(error.starts_with("cannot read /nowhere/model.onnx"), "{error}");
    }

    #[test]
    fn times_are_written_as_mlflow_does() {
        assert_eq!(mlflow_time("2026-11-21T10:20:30Z").as_deref(), Some("2026-11-21 10:20:30.000000"));
        assert_eq!(mlflow_time("2026-11-21T10:20:30.123456789Z").as_deref(), Some("2026-11-21 10:20:30.123456"));
        assert_eq!(mlflow_time("yesterday"), None);
    }
}
