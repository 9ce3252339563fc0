//! Who needs whom, and every order that follows from it.

use std::collections::{BTreeMap, BTreeSet};

/// A service by name, and what has to be healthy before it is raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name; unique.
    pub name: &'static str,
    /// The names of those it stands on.
    pub needs: Vec<&'static str>,
}

/// Services without a circle, in an order in which each comes after all that it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    nodes: Vec<Node>,
}

/// Why some services make no graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// Two services of one name.
    #[error("two services are named `{0}`")]
    Twice(&'static str),
    /// A need that nobody gives.
    #[error("`{service}` needs `{need}`, which does not exist")]
    Unknown {
        /// Who needs it.
        service: &'static str,
        /// What is needed.
        need: &'static str,
    },
    /// Services that wait for each other.
    #[error("these services need each other in a circle: {}", .0.join(", "))]
    Circle(Vec<&'static str>),
}

impl Graph {
    /// Orders the services, the first possible one in the given order first.
    pub fn new(nodes: Vec<Node>) -> Result<Self, GraphError> {
        let mut names = BTreeSet::new();
        if let Some(twice) = nodes.iter().find(|node| !names.insert(node.name)) {
            return Err(GraphError::Twice(twice.name));
        }
        for node in &nodes {
            if let Some(&need) = node.needs.iter().find(|need| !names.contains(*need)) {
                return Err(GraphError::Unknown { service: node.name, need });
            }
        }
        let (mut ordered, mut waiting): (Vec<Node>, Vec<Node>) = (Vec::new(), nodes);
        let mut placed = BTreeSet::new();
        while !waiting.is_empty() {
            let Some(next) = waiting.iter().position(|node| node.needs.iter().all(|need| placed.contains(need))) else {
                return Err(GraphError::Circle(waiting.iter().map(|node| node.name).collect()));
            };
            let node = waiting.remove(next);
            placed.insert(node.name);
            ordered.push(node);
        }
        Ok(Self { nodes: ordered })
    }

    /// Every service, each after all that it needs.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Whether there is a service of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.nodes.iter().any(|node| node.name == name)
    }

    /// These services and all that they stand on, in the order of raising. Names that do not exist are left out.
    pub fn with_needs(&self, names: &[&str]) -> Vec<&'static str> {
        let mut wanted: BTreeSet<&str> = names.iter().copied().collect();
        for node in self.nodes.iter().rev() {
            if wanted.contains(node.name) {
                wanted.extend(&node.needs);
            }
        }
        self.nodes.iter().map(|node| node.name).filter(|name| wanted.contains(name)).collect()
    }

    /// These services and all that stands on them, in the order of felling: the top first.
    pub fn with_dependents(&self, names: &[&str]) -> Vec<&'static str> {
        let mut wanted: BTreeSet<&str> = names.iter().copied().collect();
        for node in &self.nodes {
            if node.needs.iter().any(|need| wanted.contains(need)) {
                wanted.insert(node.name);
            }
        }
        self.nodes.iter().rev().map(|node| node.name).filter(|name| wanted.contains(name)).collect()
    }

    /// How many services stand below each: 0 for those that need none. Services of one depth can be raised together.
    pub fn depths(&self) -> BTreeMap<&'static str, usize> {
        let mut depths = BTreeMap::new();
        for node in &self.nodes {
            let below = node.needs.iter().map(|need| depths[need] + 1).max().unwrap_or(0);
            depths.insert(node.name, below);
        }
        depths
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn node(name: &'static str, needs: &[&'static str]) -> Node {
        Node { name, needs: needs.to_vec() }
    }

    fn hospital() -> Graph {
        Graph::new(vec![
            node("serving", &["features"]),
            node("features", &["refinery"]),
            node("refinery", &["landing", "objects"]),
            node("landing", &["broker", "objects"]),
            node("gateway", &["broker"]),
            node("objects", &[]),
            node("broker", &[]),
        ])
        .unwrap()
    }

    #[test]
    fn each_comes_after_what_it_needs() {
        let names: Vec<_> = hospital().nodes().iter().map(|node| node.name).collect();
        assert_eq!(names, ["objects", "broker", "landing", "refinery", "features", "serving", "gateway"]);
    }

    #[test]
    fn what_makes_no_graph_is_named() {
        assert_eq!(Graph::new(vec![node("a", &[]), node("a", &[])]), Err(GraphError::Twice("a")));
        let unknown = Graph::new(vec![node("a", &["b"])]);
        assert_eq!(unknown, Err(GraphError::Unknown { service: "a", need: "b" }));
        let circle = Graph::new(vec![node("a", &["c"]), node("b", &["a"]), node("c", &["b"]), node("d", &[])]);
        assert_eq!(circle, Err(GraphError::Circle(vec!["a", "b", "c"])));
    }

    /// Fault 2: stopping a level stopped those below it, and left those above standing on nothing.
    #[test]
    fn felling_takes_what_stands_above_and_leaves_what_lies_below() {
        assert_eq!(hospital().with_dependents(&["refinery"]), ["serving", "features", "refinery"]);
        assert_eq!(
            hospital().with_dependents(&["broker"]),
            ["gateway", "serving", "features", "refinery", "landing", "broker"]
        );
    }

    #[test]
    fn raising_takes_what_lies_below_and_nothing_else() {
        assert_eq!(hospital().with_needs(&["gateway"]), ["broker", "gateway"]);
        assert_eq!(hospital().with_needs(&["landing", "nothing"]), ["objects", "broker", "landing"]);
    }

    #[test]
    fn depth_counts_what_lies_below() {
        let depths = hospital().depths();
        assert_eq!((depths["broker"], depths["landing"], depths["serving"]), (0, 1, 4));
    }

    const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

    proptest! {
        /// Whatever the edges: no service comes before one that it needs, raising is closed below and felling above.
        #[test]
        fn order_follows_from_the_edges(edges in proptest::collection::vec((0..8_usize, 0..8_usize), 0..20), at in 0..8_usize) {
            let needs = |of: usize| {
                let below = edges.iter().filter(|(from, to)| *from == of && to < from).map(|(_, to)| NAMES[*to]);
                below.collect::<BTreeSet<_>>().into_iter().collect()
            };
            let nodes = (0..8).rev().map(|number| Node { name: NAMES[number], needs: needs(number) }).collect();
            let graph = Graph::new(nodes).unwrap();
            let place: BTreeMap<_, _> = graph.nodes().iter().enumerate().map(|(place, node)| (node.name, place)).collect();
            let (raised, felled) = (graph.with_needs(&[NAMES[at]]), graph.with_dependents(&[NAMES[at]]));
            for node in graph.nodes() {
                for need in &node.needs {
                    prop_assert!(place[need] < place[node.name]);
                    prop_assert!(!raised.contains(&node.name) || raised.contains(need));
                    prop_assert!(!felled.contains(need) || felled.contains(&node.name));
                }
            }
            let shared = raised.iter().filter(|name| felled.contains(name)).count();
            prop_assert_eq!(shared, 1, "only the service itself is in both");
        }
    }
}
