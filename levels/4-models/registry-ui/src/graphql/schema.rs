//! The types that can be asked for: those of MLflow's schema whose questions MLflow's pages ask, with their fields.

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Text, and the names of enumerations.
    Text,
    /// A whole number of 64 bits, told as text: numbers of JavaScript are smaller.
    Long,
    /// A number; `null` when it is none.
    Float,
    /// Yes or no.
    Boolean,
    /// Texts.
    Texts,
    /// One object.
    One(&'static Object),
    /// Several.
    Many(&'static Object),
    /// An object that the REST API tells by another call.
    Elsewhere(&'static Object),
    /// Several of them.
    ManyElsewhere(&'static Object),
    /// Never there: errors are told otherwise.
    Nothing(&'static Object),
}

/// A type with fields.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) name: &'static str,
    pub(super) fields: &'static [(&'static str, Kind)],
}

impl Object {
    pub(super) fn field(&self, name: &str) -> Option<Kind> {
        self.fields.iter().find(|(field, _)| *field == name).map(|(_, kind)| *kind)
    }
}

impl Kind {
    /// The type of what is asked for in it.
    pub(super) fn object(self) -> Option<&'static Object> {
        match self {
            Self::One(object)
            | Self::Many(object)
            | Self::Elsewhere(object)
            | Self::ManyElsewhere(object)
            | Self::Nothing(object) => Some(object),
            Self::Text | Self::Long | Self::Float | Self::Boolean | Self::Texts => None,
        }
    }
}

macro_rules! objects {
    ($($constant:ident $name:literal { $($field:literal: $kind:expr,)* })*) => {
        $(static $constant: Object = Object { name: $name, fields: &[$(($field, $kind)),*] };)*
    };
}

use Kind::{Boolean, Elsewhere, Float, Long, Many, ManyElsewhere, Nothing, One, Text, Texts};

objects! {
    ERROR "ApiError" { "code": Text, "message": Text, "helpUrl": Text, }

    EXPERIMENT "MlflowExperiment" {
        "experimentId": Text, "name": Text, "artifactLocation": Text, "lifecycleStage": Text, "lastUpdateTime": Long,
        "creationTime": Long, "tags": Many(&EXPERIMENT_TAG), "effectiveTraceArchivalRetention": Text, "workspace": Text,
    }
    EXPERIMENT_TAG "MlflowExperimentTag" { "key": Text, "value": Text, }

    RUN "MlflowRunExtension" {
        "info": One(&RUN_INFO), "data": One(&RUN_DATA), "inputs": One(&INPUTS), "outputs": One(&OUTPUTS),
        "experiment": Elsewhere(&EXPERIMENT), "modelVersions": ManyElsewhere(&MODEL_VERSION),
    }
    RUN_INFO "MlflowRunInfo" {
        "runId": Text, "runUuid": Text, "runName": Text, "experimentId": Text, "userId": Text, "status": Text,
        "startTime": Long, "endTime": Long, "artifactUri": Text, "lifecycleStage": Text,
    }
    RUN_DATA "MlflowRunData" { "metrics": Many(&METRIC), "params": Many(&PARAM), "tags": Many(&RUN_TAG), }
    METRIC "MlflowMetricExtension" {
        "key": Text, "value": Float, "timestamp": Long, "step": Long, "datasetName": Text, "datasetDigest": Text,
        "modelId": Text, "runId": Text,
    }
    PARAM "MlflowParam" { "key": Text, "value": Text, }
    RUN_TAG "MlflowRunTag" { "key": Text, "value": Text, }
    INPUTS "MlflowRunInputs" { "datasetInputs": Many(&DATASET_INPUT), "modelInputs": Many(&MODEL_INPUT), }
    DATASET_INPUT "MlflowDatasetInput" { "tags": Many(&INPUT_TAG), "dataset": One(&DATASET), }
    INPUT_TAG "MlflowInputTag" { "key": Text, "value": Text, }
    DATASET "MlflowDataset" {
        "name": Text, "digest": Text, "sourceType": Text, "source": Text, "schema": Text, "profile": Text,
    }
    MODEL_INPUT "MlflowModelInput" { "modelId": Text, }
    OUTPUTS "MlflowRunOutputs" { "modelOutputs": Many(&MODEL_OUTPUT), }
    MODEL_OUTPUT "MlflowModelOutput" { "modelId": Text, "step": Long, }

    MODEL_VERSION "MlflowModelVersion" {
        "name": Text, "version": Text, "creationTimestamp": Long, "lastUpdatedTimestamp": Long, "userId": Text,
        "currentStage": Text, "description": Text, "source": Text, "runId": Text, "status": Text, "statusMessage": Text,
        "tags": Many(&MODEL_VERSION_TAG), "runLink": Text, "aliases": Texts, "modelId": Text,
    }
    MODEL_VERSION_TAG "MlflowModelVersionTag" { "key": Text, "value": Text, }

    RUN_METRIC "MlflowMetricWithRunId" { "key": Text, "value": Float, "timestamp": Long, "step": Long, "runId": Text, }
    FILE "MlflowFileInfo" { "path": Text, "isDir": Boolean, "fileSize": Long, }
    DATASET_SUMMARY "MlflowDatasetSummary" { "experimentId": Text, "name": Text, "digest": Text, "context": Text, }

    GET_RUN "MlflowGetRunResponse" { "run": One(&RUN), "apiError": Nothing(&ERROR), }
    GET_EXPERIMENT "MlflowGetExperimentResponse" { "experiment": One(&EXPERIMENT), "apiError": Nothing(&ERROR), }
    SEARCH_RUNS "MlflowSearchRunsResponse" { "runs": Many(&RUN), "nextPageToken": Text, "apiError": Nothing(&ERROR), }
    HISTORY "MlflowGetMetricHistoryBulkIntervalResponse" { "metrics": Many(&RUN_METRIC), "apiError": Nothing(&ERROR), }
    LIST_ARTIFACTS "MlflowListArtifactsResponse" {
        "rootUri": Text, "files": Many(&FILE), "nextPageToken": Text, "apiError": Nothing(&ERROR),
    }
    SEARCH_VERSIONS "MlflowSearchModelVersionsResponse" {
        "modelVersions": Many(&MODEL_VERSION), "nextPageToken": Text, "apiError": Nothing(&ERROR),
    }
    SEARCH_DATASETS "MlflowSearchDatasetsResponse" {
        "datasetSummaries": Many(&DATASET_SUMMARY), "apiError": Nothing(&ERROR),
    }
}

/// What can be asked at the top.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) name: &'static str,
    /// Of the REST API, behind `/ajax-api/2.0/mlflow/`.
    pub(super) path: &'static str,
    pub(super) method: Method,
    pub(super) answer: &'static Object,
}

/// How the REST API is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// The input stands in the address.
    Get,
    /// The input is the body.
    Post,
}

/// All of them, queries and mutations: none changes anything.
pub(super) static QUESTIONS: [Question; 7] = [
    question("mlflowGetRun", Method::Get, "runs/get", &GET_RUN),
    question("mlflowGetExperiment", Method::Get, "experiments/get", &GET_EXPERIMENT),
    question("mlflowSearchRuns", Method::Post, "runs/search", &SEARCH_RUNS),
    question("mlflowGetMetricHistoryBulkInterval", Method::Get, "metrics/get-history-bulk-interval", &HISTORY),
    question("mlflowListArtifacts", Method::Get, "artifacts/list", &LIST_ARTIFACTS),
    question("mlflowSearchModelVersions", Method::Get, "model-versions/search", &SEARCH_VERSIONS),
    question("mlflowSearchDatasets", Method::Post, "experiments/search-datasets", &SEARCH_DATASETS),
];

const fn question(name: &'static str, method: Method, path: &'static str, answer: &'static Object) -> Question {
    Question { name, path, method, answer }
}
