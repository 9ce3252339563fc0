//! Where a new version says that it comes from, and whether it may.
//!
//! A version's files are read by whoever may read the version. So its source must lie in the run or in the logged model
//! that it names, or outside this server's keeping.

use std::path::{Component, Path, PathBuf};

use strata_database::Transaction;

use crate::Error;
use crate::models::reference::Reference;
use crate::models::row::Version;
use crate::models::stage::Stage;
use crate::models::uri::{Uri, is_local, is_plain, is_proxied, is_within, local_path};
use crate::models::{hosts, load, prompt};
use crate::tracked::{LoggedModel, logged_model, run_artifacts};

/// What is kept of a source.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Origin {
    pub(super) source: String,
    /// Where the files lie.
    pub(super) storage: String,
    /// Empty if no run is known.
    pub(super) run_id: String,
    /// The logged model that becomes a version.
    pub(super) logged_model: Option<String>,
}

/// Prompts have no files, and say so.
pub(super) fn of_prompt(source: &str) -> Result<Origin, Error> {
    if !prompt::is_source(source) {
        return Err(Error::invalid(format!(
            "Invalid prompt source: '{source}'. Prompt sources must use an MLflow placeholder."
        )));
    }
    let source = source.to_owned();
    Ok(Origin { storage: source.clone(), source, run_id: String::new(), logged_model: None })
}

/// Of a model's version, with the run and the logged model that the request names.
pub(super) async fn of_model(
    tx: &mut Transaction,
    source: &str,
    run_id: Option<&str>,
    model_id: Option<&str>,
) -> Result<Origin, Error> {
    if let Some(scheme) = hosts::foreign_scheme(source) {
        return Err(Error::invalid(hosts::refusal(&scheme)));
    }
    let model_id = model_id.filter(|id| !id.is_empty());
    let owned = |text: &str| text.to_owned();
    let run = run_id.map(owned).unwrap_or_default();
    if Uri::split(source).scheme != "models" {
        let logged = if let Some(id) = model_id {
            Some(check_in_logged_model(tx, source, id).await?)
        } else {
            check_in_run(tx, source, &run).await?;
            None
        };
        let run_id = if run.is_empty() { logged.map(|logged| logged.run_id).unwrap_or_default() } else { run };
        return Ok(Origin { source: owned(source), storage: owned(source), run_id, logged_model: model_id.map(owned) });
    }

    if !Uri::split(source).authority.is_empty() {
        return Err(Error::invalid(format!(
            "Invalid model version source: '{source}'. Registered model sources must use the active model registry."
        )));
    }
    match Reference::parse(source).ok_or_else(|| not_in(source, "model_id"))? {
        Reference::Logged { id } => {
            if model_id != Some(id.as_str()) {
                return Err(not_in(source, "model_id"));
            }
            let Some(logged) = logged_model(tx, &id).await? else {
                return Err(Error::does_not_exist(format!(
                    "Unable to fetch model from model URI source artifact location '{source}'.Error: Logged model with \
                     ID '{id}' not found."
                )));
            };
            let run_id = if run.is_empty() { logged.run_id } else { run };
            Ok(Origin { source: owned(source), storage: logged.artifact_uri, run_id, logged_model: Some(id) })
        }
        reference => {
            let version = referred(tx, source, &reference).await?;
            let known = version.run_id.unwrap_or_default();
            // No version remembers a logged model, so none can be named beside it.
            if run_id.is_some_and(|run_id| run_id != known) || model_id.is_some() {
                return Err(Error::invalid(format!(
                    "Invalid model version source: '{source}'. The run_id and model_id request parameters must match \
                     the referenced model version."
                )));
            }
            let source = format!("models:/{}/{}", version.name, version.number);
            Ok(Origin { source, storage: version.storage, run_id: known, logged_model: None })
        }
    }
}

/// The version that a `models:/NAME...` means.
async fn referred(tx: &mut Transaction, source: &str, reference: &Reference) -> Result<Version, Error> {
    let (Reference::Version { name, .. }
    | Reference::Latest { name }
    | Reference::Stage { name, .. }
    | Reference::Alias { name, .. }
    | Reference::Logged { id: name }) = reference;
    if load::model(tx, name).await?.is_prompt() {
        return Err(Error::invalid(format!(
            "Invalid model version source: '{source}'. Prompt versions cannot be used as model version sources."
        )));
    }
    let newest = match reference {
        Reference::Version { version, .. } => {
            return load::version(tx, name, crate::models::names::version(version)?).await;
        }
        Reference::Alias { alias, .. } => return load::by_alias(tx, name, alias).await,
        Reference::Stage { stage, .. } => load::newest(tx, name, Some(Stage::parse(stage)?.name())).await?,
        Reference::Latest { .. } | Reference::Logged { .. } => load::newest(tx, name, None).await?,
    };
    newest.ok_or_else(|| {
        let stage = match reference {
            Reference::Stage { stage, .. } => format!(" and stage '{stage}'"),
            _ => String::new(),
        };
        Error::does_not_exist(format!("No versions of model with name '{name}'{stage} found"))
    })
}

async fn check_in_run(tx: &mut Transaction, source: &str, run_id: &str) -> Result<(), Error> {
    let foreign = || not_in(source, "run_id");
    if is_local(source).map_err(Error::invalid)? {
        let inside = !run_id.is_empty() && {
            let root = run_artifacts(tx, run_id).await?.ok_or_else(foreign)?;
            is_in_folder(source, &root)
        };
        return if inside { Ok(()) } else { Err(outside(source, "run_id")) };
    }
    check_plain(source)?;
    let uri = Uri::split(source);
    if uri.scheme == "runs" {
        let named = uri.path.strip_prefix('/').unwrap_or_default().split('/').next().unwrap_or_default();
        let same = uri.authority.is_empty() && !run_id.is_empty() && named == run_id;
        return if same { Ok(()) } else { Err(foreign()) };
    }
    if is_proxied(source) {
        if run_id.is_empty() {
            return Err(foreign());
        }
        let root = run_artifacts(tx, run_id).await?.ok_or_else(foreign)?;
        if !is_within(source, &root) {
            return Err(foreign());
        }
    }
    Ok(())
}

async fn check_in_logged_model(tx: &mut Transaction, source: &str, id: &str) -> Result<LoggedModel, Error> {
    let foreign = || not_in(source, "model_id");
    let logged = logged_model(tx, id).await?;
    if is_local(source).map_err(Error::invalid)? {
        let logged = logged.ok_or_else(foreign)?;
        let inside = is_in_folder(source, &logged.artifact_uri);
        return if inside { Ok(logged) } else { Err(outside(source, "model_id")) };
    }
    check_plain(source)?;
    if Uri::split(source).scheme == "runs" {
        return Err(foreign());
    }
    if is_proxied(source) {
        let logged = logged.ok_or_else(foreign)?;
        return if is_within(source, &logged.artifact_uri) { Ok(logged) } else { Err(foreign()) };
    }
    logged.ok_or_else(|| Error::does_not_exist(format!("Logged model with ID '{id}' not found.")))
}

fn check_plain(source: &str) -> Result<(), Error> {
    if is_plain(source) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "Invalid model version source: '{source}'. If supplying a source as an http, https, local file path, ftp, \
         objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references \
         present. Please provide an absolute path."
    )))
}

fn not_in(source: &str, parameter: &str) -> Error {
    Error::invalid(format!(
        "Invalid model version source: '{source}'. The {parameter} request parameter must identify the resource that \
         contains the source."
    ))
}

fn outside(source: &str, parameter: &str) -> Error {
    Error::invalid(format!(
        "Invalid model version source: '{source}'. To use a local path as a model version source, the {parameter} \
         request parameter has to be specified and the local path has to be contained within the artifact directory of \
         the run specified by the {parameter}."
    ))
}

/// Whether a local path lies in the folder of `root`, which must be local too, wherever links lead.
fn is_in_folder(source: &str, root: &str) -> bool {
    is_local(root).is_ok_and(|local| local)
        && resolved(Path::new(&local_path(source))).starts_with(resolved(Path::new(&local_path(root))))
}

/// A path without links and detours, as far as it is there.
fn resolved(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut resolved = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                resolved.pop();
            }
            Component::CurDir => {}
            _ => {
                resolved.push(part);
                if let Ok(there) = resolved.canonicalize() {
                    resolved = there;
                }
            }
        }
    }
    resolved
}

#[cfg(test)]
mod tests {
    use super::{is_in_folder, of_prompt};

    #[test]
    fn links_and_detours_do_not_lead_into_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("run");
        std::fs::create_dir_all(root.join("model")).unwrap();
        std::fs::create_dir(folder.path().join("other")).unwrap();
        std::os::unix::fs::symlink(folder.path().join("other"), root.join("link")).unwrap();
        let inside = |path: &str| is_in_folder(&format!("{}/{path}", root.display()), &root.display().to_string());
        assert!(["", "model", "model/not/there", "a/../model"].into_iter().all(inside));
        assert!(!["../other", "link", "link/x", "..", "model/../../other"].into_iter().any(inside));
        assert!(is_in_folder(&format!("file://{}/model", root.display()), &format!("file://{}", root.display())));
        assert!(!is_in_folder(&root.display().to_string(), "mlflow-artifacts:/0/r"));
    }

    #[test]
    fn prompts_come_from_nowhere() {
        assert!(of_prompt("dummy-source").is_ok());
        assert!(of_prompt("s3://bucket/prompt").is_err());
    }
}
