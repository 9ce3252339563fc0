//! What a trace used, of what its spans used.
//!
//! Some libraries write on a span what all below it used, so what is below a span that says something is not counted.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

/// A span in the tree, with what it says.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) parent_id: Option<String>,
    pub(crate) data: Option<Value>,
}

/// The tokens of all; `None` where nobody says any.
pub(crate) fn tokens(nodes: &[Node]) -> Option<Value> {
    let optional = ["cache_read_input_tokens", "cache_creation_input_tokens"];
    sum(nodes, &["input_tokens", "output_tokens", "total_tokens"], &optional, |sum| (sum as i64).into())
}

/// The cost of all; `None` where nobody says any.
pub(crate) fn cost(nodes: &[Node]) -> Option<Value> {
    sum(nodes, &["input_cost", "output_cost", "total_cost"], &[], Into::into)
}

fn sum(nodes: &[Node], keys: &[&str], optional: &[&str], number: impl Fn(f64) -> Value) -> Option<Value> {
    let ids: HashSet<&str> = nodes.iter().map(|node| node.id.as_str()).collect();
    let mut children: HashMap<&str, Vec<&Node>> = HashMap::new();
    let mut stack = Vec::new();
    for node in nodes {
        match node.parent_id.as_deref().filter(|parent| ids.contains(parent)) {
            Some(parent) => children.entry(parent).or_default().push(node),
            None => stack.push(node),
        }
    }
    let mut totals: Vec<(&str, f64)> = keys.iter().map(|key| (*key, 0.0)).collect();
    let mut any = false;
    while let Some(node) = stack.pop() {
        let Some(data) = &node.data else {
            stack.extend(children.get(node.id.as_str()).into_iter().flatten());
            continue;
        };
        any = true;
        for key in keys.iter().chain(optional) {
            let Some(value) = data[*key].as_f64() else { continue };
            match totals.iter_mut().find(|(known, _)| known == key) {
                Some((_, total)) => *total += value,
                None => totals.push((key, value)),
            }
        }
    }
    let totals = totals.into_iter().map(|(key, total)| (key.to_owned(), number(total)));
    any.then(|| Value::Object(totals.collect::<Map<_, _>>()))
}
