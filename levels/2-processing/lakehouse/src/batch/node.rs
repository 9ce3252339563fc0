//! The one plan node of all jobs: does the partitions of its input.

use std::fmt;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::context::TaskContext;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning, PlanProperties,
    ReplaceChildrenOptions, SendableRecordBatchStream,
};
use futures::{TryStreamExt, stream};

use super::{Jobs, parcel};

/// What a failure of the job itself begins with, so that the driver can tell it from one of the cluster.
pub(super) const GAVE_UP: &str = "[the job gave up: ";

/// And ends with.
pub(super) const GAVE_UP_END: &str = " :the job gave up]";

/// A job over an input whose partitions are [parcels](parcel).
#[derive(Debug)]
pub(crate) struct JobNode {
    pub(super) name: String,
    pub(super) parameters: Bytes,
    /// The jobs that this process can do. A scheduler, which only hands nodes on, has none.
    jobs: Jobs,
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl JobNode {
    pub(super) fn new(name: String, parameters: Bytes, jobs: Jobs, input: Arc<dyn ExecutionPlan>) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(parcel::schema()),
            Partitioning::UnknownPartitioning(input.output_partitioning().partition_count()),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        Self { name, parameters, jobs, input, properties: Arc::new(properties) }
    }
}

impl DisplayAs for JobNode {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JobNode: {}", self.name)
    }
}

impl ExecutionPlan for JobNode {
    fn name(&self) -> &'static str {
        "JobNode"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let (Some(input), true) = (children.pop(), children.is_empty()) else {
            return Err(DataFusionError::Internal("a job has one input".into()));
        };
        Ok(Arc::new(Self::new(self.name.clone(), self.parameters.clone(), self.jobs.clone(), input)))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        use datafusion::physical_plan::ChildrenPropertiesMode::Recompute;
        self.replace_children(children, ReplaceChildrenOptions::new(Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, context)?;
        let (name, parameters, jobs) = (self.name.clone(), self.parameters.clone(), self.jobs.clone());
        let doing = async move {
            let rows: Vec<RecordBatch> = input.try_collect().await?;
            let Some(job) = jobs.find(&name) else {
                let known = jobs.names().collect::<Vec<_>>().join(", ");
                let cause = format!("this executor knows no such job, only {known}: is it of the driver's version?");
                return Err(gave_up(&cause));
            };
            let mut given = Vec::new();
            for (number, partition) in parcel::unpack(&rows)? {
                let batches = job.run(&parameters, partition).await.map_err(|cause| gave_up(&told(&*cause)))?;
                given.extend(parcel::pack(number, &batches)?);
            }
            Ok(stream::iter(given.into_iter().map(Ok)))
        };
        let stream = stream::once(doing).try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(parcel::schema(), stream)))
    }
}

fn gave_up(cause: &str) -> DataFusionError {
    DataFusionError::Execution(format!("{GAVE_UP}{cause}{GAVE_UP_END}"))
}

/// An error with what it was caused by: the causes do not cross the network themselves.
fn told(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(below) = cause {
        // Many errors tell their cause already.
        let more = below.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = below.source();
    }
    text
}
