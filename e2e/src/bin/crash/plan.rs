//! What is done to the stack, and when: drawn from the seed before anything runs.

use std::time::Duration;

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// What can be done to a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// kill -9 of its process.
    Kill,
    /// SIGTERM: it may finish what it took on.
    Term,
    /// The broker is felled under its clients, and raised again.
    Broker,
    /// The disk is full for a while.
    Disk,
    /// The object store cannot be reached for a while.
    Objects,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [Self::Kill, Self::Term, Self::Broker, Self::Disk, Self::Objects];

    /// The one that is called so on the command line.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let names = ["kill", "term", "broker", "disk", "objects"];
        names.iter().zip(Self::ALL).find(|(known, _)| **known == name).map(|(_, kind)| kind)
    }
}

/// One of them, at its moment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Blow {
    pub(crate) kind: Kind,
    /// Since the load flows.
    pub(crate) after: Duration,
    /// How long what is taken away stays away.
    pub(crate) lasts: Duration,
    /// Its process is killed on top of it: while it rises, or while something is away.
    pub(crate) and_killed: bool,
    /// A store that is away does not refuse, it is silent.
    pub(crate) silent: bool,
}

/// So many blows, each kind as often as the others, in an order and at moments that are drawn.
pub(crate) fn draw(kinds: &[Kind], number: usize, random: &mut ChaCha8Rng) -> Vec<Blow> {
    let mut order: Vec<Kind> = kinds.iter().copied().cycle().take(number).collect();
    order.shuffle(random);
    let mut millis = |most| Duration::from_millis(random.random_range(0..most));
    let moments: Vec<_> = order.iter().map(|_| (millis(1_500), Duration::from_millis(500) + millis(3_000))).collect();
    let blow = |(kind, (after, lasts))| {
        let (and_killed, silent) = (random.random_ratio(1, 3), random.random_ratio(1, 3));
        Blow { kind, after, lasts, and_killed, silent }
    };
    order.into_iter().zip(moments).map(blow).collect()
}

impl std::fmt::Display for Blow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.lasts.as_secs_f64();
        let text = match (self.kind, self.and_killed) {
            (Kind::Kill, false) => "kill -9".to_owned(),
            (Kind::Kill, true) => "kill -9, and again while it rises".to_owned(),
            (Kind::Term, _) => "SIGTERM".to_owned(),
            (Kind::Broker, _) => format!("no broker for {seconds:.1} s"),
            (Kind::Disk, killed) => format!("disk full for {seconds:.1} s{}", if killed { ", killed" } else { "" }),
            (Kind::Objects, killed) => {
                let how = if self.silent { "silent" } else { "refusing" };
                format!("store {how} for {seconds:.1} s{}", if killed { ", killed" } else { "" })
            }
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn a_seed_is_a_plan_and_every_kind_has_its_turn() {
        let plan = |seed| draw(&Kind::ALL, 30, &mut ChaCha8Rng::seed_from_u64(seed));
        assert_eq!(plan(7), plan(7));
        assert_ne!(plan(7), plan(8));
        for kind in Kind::ALL {
            assert_eq!(plan(7).iter().filter(|blow| blow.kind == kind).count(), 6);
        }
        assert!(plan(7).iter().any(|blow| blow.and_killed) && plan(7).iter().any(|blow| !blow.and_killed));
    }
}
