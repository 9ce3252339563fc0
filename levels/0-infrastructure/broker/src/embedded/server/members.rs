//! Being a member of a group: find its coordinator, join, sync, be there, leave.

use std::time::Duration;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::find_coordinator_response::Coordinator;
use kafka_protocol::messages::join_group_response::JoinGroupResponseMember;
use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::leave_group_response::MemberResponse;
use kafka_protocol::messages::{
    FindCoordinatorRequest, FindCoordinatorResponse, HeartbeatRequest, HeartbeatResponse, JoinGroupRequest,
    JoinGroupResponse, LeaveGroupRequest, LeaveGroupResponse, SyncGroupRequest, SyncGroupResponse,
};
use kafka_protocol::protocol::StrBytes;
use tokio::time::Instant;

use super::super::groups::{Identity, Join, JoinAnswer, Joined, Refusal};
use super::NODE;
use super::connection::{Connection, Ended, Pending};
use super::dispatch::Asked;

/// What is looked for, by Kafka's numbers: the coordinator of a group.
const GROUP: i8 = 0;
const NO_TRANSACTIONS: &str = "this log has no transactions; produce without transactional.id";

impl Connection {
    pub(super) fn find_coordinator(&self, mut asked: Asked) -> Result<Pending, Ended> {
        let request: FindCoordinatorRequest = asked.read()?;
        let (host, port) = (self.advertised_host(), i32::from(self.local.port()));
        let refused = (request.key_type != GROUP).then_some(ResponseError::TransactionalIdAuthorizationFailed);
        let why = refused.map(|_| StrBytes::from_static_str(NO_TRANSACTIONS));
        let code = refused.map_or(0, |error| error.code());
        if asked.head.version >= 4 {
            let coordinators = request.coordinator_keys.into_iter().map(|key| {
                let found = Coordinator::default().with_key(key).with_node_id(NODE.into()).with_host(host.clone());
                found.with_port(port).with_error_code(code).with_error_message(why.clone())
            });
            let coordinators = coordinators.collect();
            return asked.ready(&FindCoordinatorResponse::default().with_coordinators(coordinators));
        }
        let response = FindCoordinatorResponse::default().with_node_id(NODE.into()).with_host(host).with_port(port);
        let response = response.with_error_code(code);
        asked.ready(&if asked.head.version >= 1 { response.with_error_message(why) } else { response })
    }

    pub(super) async fn join_group(&self, mut asked: Asked) -> Result<Pending, Ended> {
        let request: JoinGroupRequest = asked.read()?;
        let version = asked.head.version;
        let session = milliseconds(request.session_timeout_ms);
        let join = Join {
            group: request.group_id.to_string(),
            member: request.member_id.to_string(),
            instance: request.group_instance_id.map(|instance| instance.to_string()),
            client: asked.head.client.clone(),
            host: format!("/{}", self.peer.ip()),
            session,
            rebalance: if version >= 1 { milliseconds(request.rebalance_timeout_ms) } else { session },
            kind: request.protocol_type.to_string(),
            protocols: request.protocols.into_iter().map(|known| (known.name.to_string(), known.metadata)).collect(),
            asks_twice: version >= 4,
        };
        let asked_for = request.member_id;
        let joined = match self.broker.groups.join(join, Instant::now()) {
            Ok(JoinAnswer::Now(joined)) => Ok(joined),
            // Whoever is dropped without an answer is no member.
            Ok(JoinAnswer::Later(later)) => later.await.unwrap_or(Err(Refusal::UnknownMember)),
            Ok(JoinAnswer::WithId(id)) => {
                let answer = join_refused(ResponseError::MemberIdRequired, StrBytes::from_string(id), version);
                return asked.ready(&answer);
            }
            Err(refusal) => Err(refusal),
        };
        let answer = match joined {
            Ok(joined) => join_answer(joined, version),
            Err(refusal) => join_refused(code(refusal), asked_for, version),
        };
        asked.ready(&answer)
    }

    pub(super) async fn sync_group(&self, mut asked: Asked) -> Result<Pending, Ended> {
        let request: SyncGroupRequest = asked.read()?;
        let parts =
            request.assignments.iter().map(|part| (part.member_id.to_string(), part.assignment.clone())).collect();
        let instance = request.group_instance_id.as_deref();
        let who = Identity { member: &request.member_id, instance, generation: request.generation_id };
        let synced = match self.broker.groups.sync(&request.group_id, who, parts, Instant::now()) {
            Ok(later) => later.await.unwrap_or(Err(Refusal::UnknownMember)),
            Err(refusal) => Err(refusal),
        };
        let answer = SyncGroupResponse::default();
        let answer = match synced {
            Ok(synced) if asked.head.version >= 5 => answer
                .with_protocol_type(Some(StrBytes::from_string(synced.kind)))
                .with_protocol_name(Some(StrBytes::from_string(synced.protocol)))
                .with_assignment(synced.assignment),
            Ok(synced) => answer.with_assignment(synced.assignment),
            Err(refusal) => answer.with_error_code(code(refusal).code()),
        };
        asked.ready(&answer)
    }

    pub(super) fn heartbeat(&self, mut asked: Asked) -> Result<Pending, Ended> {
        let request: HeartbeatRequest = asked.read()?;
        let instance = request.group_instance_id.as_deref();
        let who = Identity { member: &request.member_id, instance, generation: request.generation_id };
        let heard = self.broker.groups.heartbeat(&request.group_id, who, Instant::now());
        asked.ready(&HeartbeatResponse::default().with_error_code(code_of(heard)))
    }

    pub(super) fn leave_group(&self, mut asked: Asked) -> Result<Pending, Ended> {
        let request: LeaveGroupRequest = asked.read()?;
        let leave = |member: &str, instance: Option<&str>| {
            code_of(self.broker.groups.leave(&request.group_id, member, instance, Instant::now()))
        };
        if asked.head.version <= 2 {
            return asked.ready(&LeaveGroupResponse::default().with_error_code(leave(&request.member_id, None)));
        }
        let left = request.members.iter().map(|member: &MemberIdentity| {
            let error = leave(&member.member_id, member.group_instance_id.as_deref());
            let answer = MemberResponse::default().with_member_id(member.member_id.clone()).with_error_code(error);
            answer.with_group_instance_id(member.group_instance_id.clone())
        });
        let left = left.collect();
        asked.ready(&LeaveGroupResponse::default().with_members(left))
    }
}

fn join_answer(joined: Joined, version: i16) -> JoinGroupResponse {
    let members = joined.members.into_iter().map(|(id, instance, metadata)| {
        let member =
            JoinGroupResponseMember::default().with_member_id(StrBytes::from_string(id)).with_metadata(metadata);
        if version >= 5 { member.with_group_instance_id(instance.map(StrBytes::from_string)) } else { member }
    });
    let answer = JoinGroupResponse::default()
        .with_generation_id(joined.generation)
        .with_protocol_name(Some(StrBytes::from_string(joined.protocol)))
        .with_leader(StrBytes::from_string(joined.leader))
        .with_member_id(StrBytes::from_string(joined.member))
        .with_members(members.collect());
    if version >= 7 { answer.with_protocol_type(Some(StrBytes::from_string(joined.kind))) } else { answer }
}

fn join_refused(error: ResponseError, member: StrBytes, version: i16) -> JoinGroupResponse {
    let answer =
        JoinGroupResponse::default().with_error_code(error.code()).with_generation_id(-1).with_member_id(member);
    // Null is possible from version 7 on.
    if version >= 7 { answer.with_protocol_name(None) } else { answer.with_protocol_name(Some(StrBytes::new())) }
}

fn milliseconds(number: i32) -> Duration {
    Duration::from_millis(number.max(0) as u64)
}

fn code_of(result: Result<(), Refusal>) -> i16 {
    result.map_or_else(|refusal| code(refusal).code(), |()| 0)
}

/// Kafka's code for why a member is refused.
pub(super) fn code(refusal: Refusal) -> ResponseError {
    match refusal {
        Refusal::InvalidGroup => ResponseError::InvalidGroupId,
        Refusal::InvalidSession => ResponseError::InvalidSessionTimeout,
        Refusal::InconsistentProtocol => ResponseError::InconsistentGroupProtocol,
        Refusal::UnknownMember => ResponseError::UnknownMemberId,
        Refusal::IllegalGeneration => ResponseError::IllegalGeneration,
        Refusal::Rebalancing => ResponseError::RebalanceInProgress,
        Refusal::Fenced => ResponseError::FencedInstanceId,
        Refusal::Full => ResponseError::GroupMaxSizeReached,
    }
}
