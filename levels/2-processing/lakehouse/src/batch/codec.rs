//! The node as bytes: what crosses the network is the job's name, its parameters and its input, never code.

use std::sync::Arc;

use ballista_core::serde::BallistaPhysicalExtensionCodec;
use bytes::Bytes;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::context::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};

use super::Jobs;
use super::node::JobNode;

/// What the bytes of a job begin with. No message of protobuf does: a field's number is not 0.
const MARK: &[u8] = b"\0strata job 1\0";

/// Knows jobs, and the cluster's own nodes.
#[derive(Debug, Default)]
pub(crate) struct Codec {
    jobs: Jobs,
    ballista: BallistaPhysicalExtensionCodec,
}

impl Codec {
    /// Nodes that it decodes can do these jobs.
    pub(crate) fn new(jobs: Jobs) -> Self {
        Self { jobs, ballista: BallistaPhysicalExtensionCodec::default() }
    }
}

impl PhysicalExtensionCodec for Codec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(rest) = bytes.strip_prefix(MARK) else {
            return self.ballista.try_decode(bytes, inputs, context, converter);
        };
        let damaged = || DataFusionError::Internal("the bytes of a job are damaged".into());
        let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
        let (name, parameters) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(damaged)?;
        let name = std::str::from_utf8(name).map_err(|_| damaged())?.to_owned();
        let [input] = inputs else { return Err(damaged()) };
        let parameters = Bytes::copy_from_slice(parameters);
        Ok(Arc::new(JobNode::new(name, parameters, self.jobs.clone(), Arc::clone(input))))
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        bytes: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        let Some(job) = node.downcast_ref::<JobNode>() else {
            return self.ballista.try_encode(node, bytes, converter);
        };
        bytes.extend_from_slice(MARK);
        bytes.extend_from_slice(&(job.name.len() as u32).to_le_bytes());
        bytes.extend_from_slice(job.name.as_bytes());
        bytes.extend_from_slice(&job.parameters);
        Ok(())
    }
}
