//! What groups there are and who is in them.

use kafka_protocol::messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};
use kafka_protocol::messages::list_groups_response::ListedGroup;
use kafka_protocol::messages::{DescribeGroupsRequest, DescribeGroupsResponse, ListGroupsRequest, ListGroupsResponse};
use kafka_protocol::protocol::StrBytes;

use super::super::groups::{DescribedMember, State};
use super::connection::{Connection, Ended, Pending};
use super::dispatch::Asked;

const NOT_ASKED: i32 = i32::MIN;

impl Connection {
    pub(super) fn list_groups(&self, mut asked: Asked) -> Result<Pending, Ended> {
        let request: ListGroupsRequest = asked.read()?;
        let mut groups = self.broker.groups.list();
        // Groups without members that have committed are there too.
        for id in self.broker.offsets.groups() {
            if groups.iter().all(|(known, _, _)| *known != id) {
                groups.push((id, State::Empty, String::new()));
            }
        }
        let states = request.states_filter;
        groups.retain(|(_, state, _)| states.is_empty() || states.iter().any(|wanted| wanted.as_str() == state.name()));
        let with_state = asked.head.version >= 4;
        let groups = groups.into_iter().map(|(id, state, kind)| {
            let group = ListedGroup::default().with_group_id(StrBytes::from_string(id).into());
            let group = group.with_protocol_type(StrBytes::from_string(kind));
            if with_state { group.with_group_state(StrBytes::from_static_str(state.name())) } else { group }
        });
        let groups = groups.collect();
        asked.ready(&ListGroupsResponse::default().with_groups(groups))
    }

    pub(super) fn describe_groups(&self, mut asked: Asked) -> Result<Pending, Ended> {
        let request: DescribeGroupsRequest = asked.read()?;
        let version = asked.head.version;
        let groups = request.groups.into_iter().map(|id| {
            let described = self.broker.groups.describe(&id);
            let has_committed = !self.broker.offsets.all_of(&id).is_empty();
            let group = DescribedGroup::default().with_group_id(id).with_authorized_operations(NOT_ASKED);
            let Some(described) = described else {
                let state = if has_committed { State::Empty.name() } else { "Dead" };
                return group.with_group_state(StrBytes::from_static_str(state));
            };
            group
                .with_group_state(StrBytes::from_static_str(described.state.name()))
                .with_protocol_type(StrBytes::from_string(described.kind))
                .with_protocol_data(StrBytes::from_string(described.protocol))
                .with_members(described.members.into_iter().map(|member| told(member, version)).collect())
        });
        let groups = groups.collect();
        asked.ready(&DescribeGroupsResponse::default().with_groups(groups))
    }
}

fn told(member: DescribedMember, version: i16) -> DescribedGroupMember {
    let told = DescribedGroupMember::default()
        .with_member_id(StrBytes::from_string(member.id))
        .with_client_id(StrBytes::from_string(member.client))
        .with_client_host(StrBytes::from_string(member.host))
        .with_member_metadata(member.metadata)
        .with_member_assignment(member.assignment);
    if version >= 4 { told.with_group_instance_id(member.instance.map(StrBytes::from_string)) } else { told }
}
