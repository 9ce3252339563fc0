//! The sections, their types and their ranges.
//!
//! A range stands here once: the schema publishes it and loading checks it. Each sentence is the one
//! in `config/strata.toml`; a test compares them.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Secret;

/// Everything that the layers say, not yet checked as a whole.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Strata's configuration")]
pub(crate) struct Raw {
    /// Where all data lie; when empty, `strata` in the user's data folder.
    pub(crate) data_dir: String,
    pub(crate) infrastructure: Infrastructure,
    pub(crate) ingestion: Ingestion,
    pub(crate) processing: Processing,
    pub(crate) features: Features,
    pub(crate) cluster: Cluster,
    pub(crate) labels: Labels,
    pub(crate) training: Training,
    pub(crate) tracking: Tracking,
    pub(crate) serving: Serving,
    pub(crate) synthetic: Synthetic,
}

/// Level 0: the log, the objects and the stores, Strata's own or others'.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Infrastructure {
    /// Brokers of a Kafka that serves as the event log, `host:port` with `,` between; when empty, Strata's own serves.
    pub log: String,
    /// A file with properties of that Kafka's clients, as librdkafka and Java name them: `security.protocol=SASL_SSL` and so on.
    pub log_properties: String,
    /// The port of Strata's own event log, which speaks Kafka; 0 takes a free one.
    pub log_port: u16,
    /// Where bronze lies: `s3://BUCKET/PREFIX`; when empty, in the data folder.
    pub objects: String,
    /// The S3 server, such as `http://127.0.0.1:9000`; when empty, AWS.
    pub objects_endpoint: String,
    /// The S3 server's region; when empty, us-east-1.
    pub objects_region: String,
    /// The name of the key that requests to the S3 server are signed with; when empty, the machine's own role is asked.
    pub objects_access_key_id: String,
    /// The key that requests to the S3 server are signed with.
    pub objects_secret_access_key: Secret,
    /// The port at which Strata lets others read the lake over S3; 0 takes a free one.
    pub s3_port: u16,
    /// The key-value store: `redis://USER:PASSWORD@HOST:PORT/NUMBER`; when empty, in the data folder.
    pub key_value: Secret,
    /// The relational store: `postgres://USER:PASSWORD@HOST/DATABASE`; when empty, SQLite in the data folder.
    pub database: Secret,
}

/// Level 1: from sources to bronze.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ingestion {
    /// Raw bytes after which a bronze object is closed and the next one begun.
    #[schemars(range(min = 1))]
    pub object_bytes: u64,
    /// Seconds after which live events are written to bronze, if no object was full before.
    #[schemars(range(max = 3600), extend("exclusiveMinimum" = 0))]
    pub landing_seconds: f64,
    /// The port of the gateway, which takes live events over HTTP; 0 takes a free one.
    pub gateway_port: u16,
    /// The file of tokens that the gateway asks for, a line each: `name scopes sha256`; when empty, it asks for none.
    pub gateway_tokens: String,
    /// The file of the key that turns patient ids into pseudonyms, outside the data folder; when empty, senders send pseudonyms.
    pub pseudonym_key: String,
    /// What an empty folder is filled with when the stack is raised: the history of the synthetic hospital, or nothing.
    pub first_history: FirstHistory,
}

/// What an empty folder is filled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FirstHistory {
    /// The synthetic hospital's, so that everything can be seen at work.
    Synthetic,
    /// Nothing: what comes is what there is.
    None,
}

/// Level 2: from bronze to silver.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Processing {
    /// Raw bytes that are refined together, which bounds the memory that refining takes.
    #[schemars(range(min = 1))]
    pub wave_bytes: u64,
    /// Seconds between two looks for new bronze while the stack refines by itself.
    #[schemars(range(max = 3600), extend("exclusiveMinimum" = 0))]
    pub refine_seconds: f64,
    /// What an invalid value takes into quarantine: its own cell, or the row it is in.
    pub on_invalid: OnInvalid,
    /// Whether the rows of patients who are not enrolled wait in quarantine until they are.
    pub require_enrolment: bool,
    /// Where the tables lie: `s3://BUCKET/PREFIX`, reached as the objects are; when empty, in the data folder.
    pub tables: String,
}

/// What an invalid value takes into quarantine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnInvalid {
    /// The value alone; the rest of its row goes on.
    Cell,
    /// The row it is in.
    Row,
}

/// Level 3: from silver to features.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Features {
    /// Hours from one computed feature vector of a patient to the next.
    #[schemars(range(min = 1, max = 168))]
    pub grid_hours: u32,
    /// The port at which vectors as of now are answered, in the shape of Feast's `get-online-features`; 0 takes a free one.
    pub port: u16,
    /// Hours after a patient's newest event within which a late record is judged online; what comes later is read anew from silver.
    #[schemars(range(min = 0, max = 8760))]
    pub lateness_hours: f64,
    /// How old what a feature is made of may be: `FEATURE=HOURS` each, `*=HOURS` for those without a window; when empty, any age.
    pub max_age_hours: Vec<String>,
}

/// More machines than one, for the batch jobs of levels 2 and 3.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// Where batch jobs run: `embedded`, on this machine's cores, or `ballista://HOST:PORT`, by the executors of that scheduler.
    pub engine: String,
    /// Seconds that a job, or an executor that starts, waits for a cluster that does not answer or has no executors.
    #[schemars(range(max = 3600))]
    pub patience_seconds: u64,
    /// The authority that signs the certificates of a cluster's members, a PEM file; when empty, the cluster speaks without TLS.
    pub tls_authority: String,
    /// This member's certificate, a PEM file; it has to be for the name `strata-cluster`.
    pub tls_certificate: String,
    /// The key of this member's certificate, a PEM file.
    pub tls_key: String,
}

/// What a model is asked to foresee.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// Hours ahead within which an adverse event counts.
    #[schemars(range(max = 8760), extend("exclusiveMinimum" = 0))]
    pub horizon_hours: f64,
    /// The least CTCAE grade of an adverse event that counts.
    #[schemars(range(min = 1, max = 5))]
    pub min_grade: u8,
}

/// Level 4: from features to a model.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Units of each hidden layer of the network, from the input on.
    #[schemars(length(min = 1, max = 8), inner(range(min = 1, max = 4096)))]
    pub hidden: Vec<usize>,
    /// Share of a hidden layer's units that are left out in each training step.
    #[schemars(range(min = 0), extend("exclusiveMaximum" = 1))]
    pub dropout: f64,
    /// Share of the inputs that are set to the average patient's in each training step.
    #[schemars(range(min = 0), extend("exclusiveMaximum" = 1))]
    pub input_dropout: f64,
    /// Step size of the optimiser.
    #[schemars(range(max = 1), extend("exclusiveMinimum" = 0))]
    pub learning_rate: f64,
    /// Pull of the weights towards zero in each step, decoupled from the gradient (Loshchilov, Hutter 2019).
    #[schemars(range(min = 0))]
    pub weight_decay: f64,
    /// How slowly the served weights follow the learning ones: 0 not at all slowly, 0.998 over some 500 steps.
    #[schemars(range(min = 0), extend("exclusiveMaximum" = 1))]
    pub averaging: f64,
    /// 1: events weigh as much as all other rows together; 0: every row weighs the same.
    #[schemars(range(min = 0, max = 1))]
    pub class_balance: f64,
    /// Standard deviations within which scaled values are kept.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub clip: f32,
    /// Rows of one training step.
    #[schemars(range(min = 1))]
    pub batch_size: usize,
    /// Passes over the training rows at most.
    #[schemars(range(min = 1))]
    pub max_epochs: usize,
    /// Passes without improvement on the stopping patients after which training stops.
    #[schemars(range(min = 1))]
    pub patience: usize,
    /// What every draw of training starts from: the same seed and data give the same model.
    pub seed: u64,
    /// Resamples for a confidence interval; 0 leaves the intervals out.
    #[schemars(range(max = 100_000))]
    pub bootstrap: usize,
}

/// Level 4: predictions over HTTP.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Serving {
    /// The address to listen on, which has to be a loopback address.
    pub host: IpAddr,
    /// The port to listen on; 0 takes a free one.
    pub port: u16,
    /// Features named as the reasons of a prediction, at most.
    #[schemars(range(max = 120))]
    pub top_factors: usize,
    /// The feature server elsewhere, such as `http://127.0.0.1:6566`, that predictions as of now ask; when empty, this stack's own.
    pub features: String,
}

/// Level 4: where runs and model versions are kept.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tracking {
    /// The MLflow server that keeps runs and models, such as `http://mlflow:5000`; `none` for none; when empty, Strata's own.
    pub url: String,
    /// The experiment that trainings are logged in, which is made when it is missing.
    pub experiment: String,
    /// The registered model that trainings make versions of; the version that its alias `champion` stands for is served.
    pub model: String,
    /// Seconds between two looks at which version that is.
    #[schemars(range(max = 3600), extend("exclusiveMinimum" = 0))]
    pub follow_seconds: f64,
    /// The port of Strata's own registry, which speaks MLflow's API; 0 takes a free one.
    pub port: u16,
}

/// The synthetic hospital.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Synthetic {
    /// Patients of the synthetic hospital.
    #[schemars(range(min = 1))]
    pub patients: u32,
    /// Days that each patient is observed.
    #[schemars(range(min = 1, max = 3650))]
    pub days: u32,
    /// What every draw of the synthetic hospital starts from: the same seed gives the same patients.
    pub seed: u64,
}
