//! Who is in a cluster. Ballista's own words tell no client that: a driver could not tell a cluster without executors from a
//! busy one, and would wait for ever.

use std::convert::Infallible;
use std::str::FromStr;
use std::time::Duration;

use ballista_scheduler::scheduler_server::{SchedulerServer, timestamp_secs};
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use futures::FutureExt;
use futures::future::BoxFuture;
use tonic::body::Body;
use tonic::codegen::{Context, Poll, Service, http};
use tonic::server::NamedService;
use tonic::transport::Channel;

use crate::batch::Failure;

/// The header of an answer in which a member stands.
const MEMBER: &str = "strata-executor";

/// An executor that asked for work a short while ago.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who it is, until it ends.
    pub id: String,
    /// Where its results are fetched.
    pub place: String,
    /// How many tasks it does at once.
    pub slots: u32,
    /// Seconds since it was heard.
    pub heard_seconds: u64,
}

/// The executors of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    /// By their ids.
    pub executors: Vec<Member>,
}

impl Roster {
    /// All tasks that the cluster does at once.
    pub fn slots(&self) -> u32 {
        self.executors.iter().map(|member| member.slots).sum()
    }

    pub(crate) async fn ask(channel: &Channel) -> Result<Self, Failure> {
        let mut channel = channel.clone();
        std::future::poll_fn(|context| channel.poll_ready(context)).await?;
        let request = http::Request::post(format!("/{}/List", Desk::NAME)).body(Body::empty())?;
        let answer = channel.call(request).await?;
        if answer.status() != http::StatusCode::OK || !answer.headers().contains_key(Desk::NAME) {
            return Err(
                format!("whoever listens there is no scheduler of Strata's: it answers {}", answer.status()).into()
            );
        }
        let members = answer.headers().get_all(MEMBER).into_iter().map(|member| member.to_str()?.parse());
        Ok(Self { executors: members.collect::<Result<_, Failure>>()? })
    }
}

impl FromStr for Member {
    type Err = Failure;
    fn from_str(text: &str) -> Result<Self, Failure> {
        let [id, place, slots, heard] = text.split(' ').collect::<Vec<_>>()[..] else {
            return Err(format!("`{text}` is no executor").into());
        };
        Ok(Self { id: id.into(), place: place.into(), slots: slots.parse()?, heard_seconds: heard.parse()? })
    }
}

/// Answers who is there, beside the scheduler's own words and through the same door.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) server: SchedulerServer<LogicalPlanNode, PhysicalPlanNode>,
    /// Who has not been heard for so long is gone.
    pub(super) lost_after: Duration,
}

impl NamedService for Desk {
    const NAME: &'static str = "strata.cluster";
}

impl Desk {
    async fn answer(self) -> http::Response<Body> {
        let now = timestamp_secs();
        let mut answer = http::Response::new(Body::empty());
        let mut members: Vec<Member> = match self.server.state.executor_manager.get_executors_state().await {
            Ok(known) => known
                .into_iter()
                .filter_map(|(executor, heard, _)| {
                    let heard_seconds = now.saturating_sub(heard?.as_secs());
                    let place = format!("{}:{}", executor.host, executor.port);
                    Some(Member { id: executor.id, place, slots: executor.specification.vcores, heard_seconds })
                })
                .collect(),
            Err(_) => Vec::new(),
        };
        members.retain(|member| member.heard_seconds <= self.lost_after.as_secs());
        members.sort_by(|a, b| a.id.cmp(&b.id));
        answer.headers_mut().insert(Self::NAME, http::HeaderValue::from_static("1"));
        for Member { id, place, slots, heard_seconds } in members {
            // What an executor calls itself may be no header's value.
            if let Ok(value) = http::HeaderValue::from_str(&format!("{id} {place} {slots} {heard_seconds}")) {
                answer.headers_mut().append(MEMBER, value);
            }
        }
        answer
    }
}

impl Service<http::Request<Body>> for Desk {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Request<Body>) -> Self::Future {
        self.clone().answer().map(Ok).boxed()
    }
}
