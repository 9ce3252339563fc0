//! What a start waits for.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Graph;

/// The chain of services whose start-up times add up to that of the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CriticalPath {
    /// From the ground up.
    pub services: Vec<&'static str>,
    /// How long they take after each other.
    pub takes: Duration,
}

/// The critical path of a start (Kelley, Walker 1959), by how long each service took to become healthy once all that
/// it needs was. Services without a time are not part of the start.
pub fn critical_path(graph: &Graph, took: &BTreeMap<&str, Duration>) -> CriticalPath {
    let mut ready: BTreeMap<&str, (Duration, Option<&'static str>)> = BTreeMap::new();
    for node in graph.nodes() {
        let Some(own) = took.get(node.name) else { continue };
        let before = node.needs.iter().filter_map(|need| ready.get(need).map(|(at, _)| (*at, *need))).max();
        let (start, from) = before.map_or((Duration::ZERO, None), |(at, need)| (at, Some(need)));
        ready.insert(node.name, (start + *own, from));
    }
    let last =
        graph.nodes().iter().filter_map(|node| Some((ready.get(node.name)?.0, node.name))).max_by_key(|(at, _)| *at);
    let Some((takes, name)) = last else { return CriticalPath::default() };
    let mut services = vec![name];
    while let Some(from) = services.last().and_then(|name| ready[name].1) {
        services.push(from);
    }
    services.reverse();
    CriticalPath { services, takes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Node;

    #[test]
    fn the_slowest_chain_is_found() {
        let node = |name, needs: &[&'static str]| Node { name, needs: needs.to_vec() };
        let graph = Graph::new(vec![
            node("log", &[]),
            node("objects", &[]),
            node("landing", &["log", "objects"]),
            node("gateway", &["log"]),
            node("status", &[]),
        ])
        .unwrap();
        let took = |times: &[(&'static str, u64)]| {
            times.iter().map(|(name, ms)| (*name, Duration::from_millis(*ms))).collect::<BTreeMap<_, _>>()
        };
        let path = critical_path(
            &graph,
            &took(&[("log", 40), ("objects", 70), ("landing", 20), ("gateway", 60), ("status", 5)]),
        );
        assert_eq!((path.services, path.takes.as_millis()), (vec!["log", "gateway"], 100));
        let path = critical_path(&graph, &took(&[("objects", 70), ("landing", 20)]));
        assert_eq!((path.services, path.takes.as_millis()), (vec!["objects", "landing"], 90));
        assert_eq!(critical_path(&graph, &took(&[])), CriticalPath::default());
    }
}
