//! Groups, with time as an argument.

use super::*;

const SESSION: Duration = Duration::from_secs(10);

struct World {
    groups: Groups,
    now: Instant,
}

impl World {
    fn new() -> Self {
        Self { groups: Groups::new(Duration::ZERO), now: Instant::now() }
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.groups.expire(self.now);
    }

    fn join(&self, member: &str, instance: Option<&str>) -> Result<JoinAnswer, Refusal> {
        let join = Join {
            group: "landing".to_owned(),
            member: member.to_owned(),
            instance: instance.map(str::to_owned),
            client: "c".to_owned(),
            host: "h".to_owned(),
            session: SESSION,
            rebalance: SESSION * 3,
            kind: "consumer".to_owned(),
            protocols: vec![("range".to_owned(), Bytes::from_static(b"meta"))],
            asks_twice: instance.is_none(),
        };
        self.groups.join(join, self.now)
    }

    /// Asks for an id and joins with it.
    fn member(&self) -> (String, oneshot::Receiver<Result<Joined, Refusal>>) {
        let Ok(JoinAnswer::WithId(id)) = self.join("", None) else { panic!("an id comes first") };
        let Ok(JoinAnswer::Later(later)) = self.join(&id, None) else { panic!("then it joins") };
        (id, later)
    }

    fn sync(
        &self,
        joined: &Joined,
        assign: &[(&str, &str)],
    ) -> Result<oneshot::Receiver<Result<Synced, Refusal>>, Refusal> {
        let assign =
            assign.iter().map(|(id, what)| ((*id).to_owned(), Bytes::copy_from_slice(what.as_bytes()))).collect();
        self.groups.sync("landing", who(joined), assign, self.now)
    }

    fn heartbeat(&self, joined: &Joined) -> Result<(), Refusal> {
        self.groups.heartbeat("landing", who(joined), self.now)
    }
}

fn who(joined: &Joined) -> Identity<'_> {
    Identity { member: &joined.member, instance: None, generation: joined.generation }
}

fn got<T>(mut later: oneshot::Receiver<Result<T, Refusal>>) -> Result<T, Refusal> {
    later.try_recv().expect("an answer is there")
}

#[test]
fn two_members_share_and_the_second_takes_over_when_the_first_falls_silent() {
    let mut world = World::new();
    let (_, first) = world.member();
    let first = got(first).unwrap();
    assert_eq!((first.generation, first.members.len()), (1, 1));
    assert_eq!(got(world.sync(&first, &[(&first.member, "all")]).unwrap()).unwrap().assignment, "all");

    let (_, second) = world.member();
    assert_eq!(world.heartbeat(&first), Err(Refusal::Rebalancing));
    assert_eq!(world.sync(&first, &[]).unwrap_err(), Refusal::Rebalancing);
    let Ok(JoinAnswer::Later(again)) = world.join(&first.member, None) else { panic!("it joins again") };
    let (first, second) = (got(again).unwrap(), got(second).unwrap());
    assert_eq!((first.generation, second.generation, first.members.len(), second.members.len()), (2, 2, 2, 0));
    let waiting = world.sync(&second, &[]).unwrap();
    let parts = [(first.member.as_str(), "a"), (second.member.as_str(), "b")];
    assert_eq!(got(world.sync(&first, &parts).unwrap()).unwrap().assignment, "a");
    assert_eq!(got(waiting).unwrap().assignment, "b");
    assert_eq!(world.groups.describe("landing").unwrap().state, State::Stable);

    world.pass(SESSION / 2);
    world.heartbeat(&second).unwrap();
    world.pass(SESSION * 2 / 3);
    assert_eq!(world.heartbeat(&first), Err(Refusal::UnknownMember));
    assert_eq!(world.heartbeat(&second), Err(Refusal::Rebalancing));
    let Ok(JoinAnswer::Later(alone)) = world.join(&second.member, None) else { panic!("it joins again") };
    let alone = got(alone).unwrap();
    assert_eq!((alone.generation, &alone.leader, alone.members.len()), (3, &second.member, 1));
    assert_eq!(world.groups.may_commit("landing", who(&second), world.now), Err(Refusal::IllegalGeneration));
}

#[test]
fn who_does_not_join_again_in_time_is_left_behind() {
    let mut world = World::new();
    let (_, first) = world.member();
    let first = got(first).unwrap();
    got(world.sync(&first, &[(&first.member, "all")]).unwrap()).unwrap();
    let (_, mut second) = world.member();
    for _ in 0..5 {
        assert!(second.try_recv().is_err(), "the first is waited for");
        world.pass(SESSION * 2 / 3);
        // It lives, but does not come.
        let _ = world.heartbeat(&first);
    }
    let second = got(second).unwrap();
    assert_eq!(second.members.len(), 1);
    assert_eq!(world.heartbeat(&first), Err(Refusal::UnknownMember));
}

#[test]
fn a_leader_that_dies_before_it_assigns_does_not_hold_up_the_others() {
    let mut world = World::new();
    let (_, first) = world.member();
    let first = got(first).unwrap();
    let (_, second) = world.member();
    let Ok(JoinAnswer::Later(again)) = world.join(&first.member, None) else { panic!("it joins again") };
    let (_leader, second) = (got(again).unwrap(), got(second).unwrap());
    let waiting = world.sync(&second, &[]).unwrap();
    world.pass(SESSION + Duration::from_secs(1));
    assert_eq!(got(waiting).unwrap_err(), Refusal::Rebalancing);
}

#[test]
fn the_last_to_leave_closes_the_group() {
    let mut world = World::new();
    let (id, first) = world.member();
    let first = got(first).unwrap();
    assert_eq!(world.groups.leave("landing", "nobody", None, world.now), Err(Refusal::UnknownMember));
    world.groups.leave("landing", &id, None, world.now).unwrap();
    assert_eq!(world.heartbeat(&first), Err(Refusal::UnknownMember));
    world.pass(Duration::from_millis(1));
    assert!(world.groups.list().is_empty());
    let nobody = Identity { member: "", instance: None, generation: -1 };
    world.groups.may_commit("landing", nobody, world.now).unwrap();
}

#[test]
fn an_instance_that_is_started_anew_replaces_itself() {
    let world = World::new();
    let Ok(JoinAnswer::Later(first)) = world.join("", Some("bed-7")) else { panic!("an instance joins at once") };
    let first = got(first).unwrap();
    let Ok(JoinAnswer::Later(second)) = world.join("", Some("bed-7")) else { panic!("an instance joins at once") };
    let second = got(second).unwrap();
    let stale = Identity { member: &first.member, instance: Some("bed-7"), generation: first.generation };
    assert_eq!(world.groups.heartbeat("landing", stale, world.now), Err(Refusal::Fenced));
    assert_eq!(second.members.len(), 1);
}

#[test]
fn members_that_cannot_agree_are_refused() {
    let world = World::new();
    let (_, first) = world.member();
    got(first).unwrap();
    let join = |kind: &str, protocol: &str, session| Join {
        group: "landing".to_owned(),
        member: String::new(),
        instance: None,
        client: String::new(),
        host: String::new(),
        session,
        rebalance: SESSION,
        kind: kind.to_owned(),
        protocols: vec![(protocol.to_owned(), Bytes::new())],
        asks_twice: false,
    };
    let refused = |join| world.groups.join(join, world.now).unwrap_err();
    assert_eq!(refused(join("connect", "range", SESSION)), Refusal::InconsistentProtocol);
    assert_eq!(refused(join("consumer", "sticky", SESSION)), Refusal::InconsistentProtocol);
    assert_eq!(refused(join("consumer", "range", Duration::ZERO)), Refusal::InvalidSession);
    assert_eq!(refused(Join { group: String::new(), ..join("consumer", "range", SESSION) }), Refusal::InvalidGroup);
    assert_eq!(refused(Join { member: "x".to_owned(), ..join("consumer", "range", SESSION) }), Refusal::UnknownMember);
}
