//! The keys of tags, metadata and attributes of spans that MLflow gives a meaning.

pub(crate) const TRACE_NAME: &str = "mlflow.traceName";
pub(crate) const ARTIFACT_LOCATION: &str = "mlflow.artifactLocation";
pub(crate) const SPANS_LOCATION: &str = "mlflow.trace.spansLocation";
/// The spans of a trace are in this database.
pub(crate) const TRACKING_STORE: &str = "TRACKING_STORE";
const ARCHIVE_LOCATION: &str = "mlflow.trace.archiveLocation";
const ARCHIVAL_FAILURE: &str = "mlflow.trace.archivalFailure";
pub(crate) const LINKED_PROMPTS: &str = "mlflow.linkedPrompts";

pub(crate) const SOURCE_RUN: &str = "mlflow.sourceRun";
pub(crate) const SIZE_STATS: &str = "mlflow.trace.sizeStats";
pub(crate) const TOKEN_USAGE: &str = "mlflow.trace.tokenUsage";
pub(crate) const COST: &str = "mlflow.trace.cost";
/// Whoever started the trace said all that there is to say: spans do not change its times any more.
pub(crate) const FINALIZED: &str = "mlflow.trace.infoFinalized";
pub(crate) const TRACE_USER: &str = "mlflow.trace.user";
pub(crate) const TRACE_SESSION: &str = "mlflow.trace.session";

pub(crate) mod attribute {
    pub(crate) const REQUEST_ID: &str = "mlflow.traceRequestId";
    pub(crate) const INPUTS: &str = "mlflow.spanInputs";
    pub(crate) const OUTPUTS: &str = "mlflow.spanOutputs";
    pub(crate) const TYPE: &str = "mlflow.spanType";
    pub(crate) const USAGE: &str = "mlflow.chat.tokenUsage";
    pub(crate) const COST: &str = "mlflow.llm.cost";
    pub(crate) const MODEL: &str = "mlflow.llm.model";
    pub(crate) const PROVIDER: &str = "mlflow.llm.provider";
    pub(crate) const TRACE_TAG: &str = "mlflow.traceTag.";
    pub(crate) const SESSION: &str = "session.id";
    pub(crate) const CONVERSATION: &str = "gen_ai.conversation.id";
    pub(crate) const USER: &str = "user.id";
    pub(crate) const SERVICE: &str = "service.name";
}

/// Tags that are the server's own: clients set them in vain, or are refused.
pub(crate) fn is_blocked(key: &str) -> bool {
    [ARTIFACT_LOCATION, SPANS_LOCATION, ARCHIVE_LOCATION, ARCHIVAL_FAILURE].contains(&key)
}

/// Refuses to set or delete one of the server's own tags. Deleting the mark of a failed archival is how it is tried again.
pub(crate) fn check_mutable(key: &str, operation: &str) -> Result<(), crate::Error> {
    if is_blocked(key) && !(operation == "deleted" && key == ARCHIVAL_FAILURE) {
        return Err(crate::Error::invalid(format!("Tag '{key}' is immutable and cannot be {operation} on a trace.")));
    }
    Ok(())
}
