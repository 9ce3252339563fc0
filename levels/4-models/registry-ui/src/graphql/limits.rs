//! How much may be asked at once: counted before it is looked at what is asked, as MLflow does.

use std::collections::HashMap;

use async_graphql_parser::Positioned;
use async_graphql_parser::types::{ExecutableDocument, FragmentDefinition, Selection, SelectionSet};
use async_graphql_value::Name;

use super::query::{DEPTH, SELECTIONS, Unanswerable, too_deep, too_wide};

/// MLflow's own.
const AT_THE_TOP: usize = 10;
const ALIASES: usize = 10;

/// Refuses what is deeper, wider or more at once than any page asks.
pub(super) fn check(document: &ExecutableDocument) -> Result<(), Unanswerable> {
    let mut count = Count { fragments: &document.fragments, at_the_top: 0, aliases: 0, selections: 0 };
    for (_, operation) in document.operations.iter() {
        count.set(&operation.node.selection_set.node, 1)?;
    }
    for (what, most, got) in [("root fields", AT_THE_TOP, count.at_the_top), ("aliases", ALIASES, count.aliases)] {
        if got > most {
            return Err(Unanswerable::TooMany { what, most, got });
        }
    }
    Ok(())
}

struct Count<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    at_the_top: usize,
    /// The most in one selection.
    aliases: usize,
    selections: usize,
}

impl Count<'_> {
    fn set(&mut self, set: &SelectionSet, depth: usize) -> Result<(), Unanswerable> {
        let mut aliases = 0;
        self.fields(set, depth, depth, &mut aliases)?;
        self.aliases = self.aliases.max(aliases);
        Ok(())
    }

    /// Fragments are as if what they select stood there; those that go in circles end at the greatest depth.
    fn fields(
        &mut self,
        set: &SelectionSet,
        depth: usize,
        within: usize,
        aliases: &mut usize,
    ) -> Result<(), Unanswerable> {
        if within > DEPTH {
            return Err(too_deep());
        }
        for selection in &set.items {
            self.selections += 1;
            if self.selections > SELECTIONS {
                return Err(too_wide());
            }
            match &selection.node {
                Selection::Field(field) => {
                    self.at_the_top += usize::from(depth == 1);
                    *aliases += usize::from(field.node.alias.is_some());
                    if !field.node.selection_set.node.items.is_empty() {
                        self.set(&field.node.selection_set.node, depth + 1)?;
                    }
                }
                Selection::InlineFragment(fragment) => {
                    self.fields(&fragment.node.selection_set.node, depth, within + 1, aliases)?;
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.fragments.get(&spread.node.fragment_name.node) {
                        self.fields(&fragment.node.selection_set.node, depth, within + 1, aliases)?;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    fn said(query: &str) -> String {
        check(&async_graphql_parser::parse_query(query).unwrap())
            .map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn what_is_too_much_is_refused_whatever_it_is() {
        let aliased = |count: usize| (0..count).map(|at| format!("a{at}: x {{ y }}")).collect::<Vec<_>>().join(" ");
        assert_eq!(said(&format!("{{ {} }}", aliased(10))), "");
        assert!(
            said(&format!("{{ {} }}", aliased(11)))
                .starts_with("GraphQL queries should have at most 10 root fields, got 11")
        );
        assert!(said(&format!("{{ z {{ {} }} }}", aliased(11))).contains("at most 10 aliases, got 11 aliases"));
        let deep = format!("{{ {} x {} }}", "a {".repeat(11), "}".repeat(11));
        assert_eq!(said(&deep), "Query exceeds maximum depth of 10");
        let wide = format!("{{ z {{ {} }} }}", "x ".repeat(1_001));
        assert_eq!(said(&wide), "Query exceeds maximum total selections of 1000");
        assert_eq!(said("{ ...a } fragment a on Query { ...a }"), "Query exceeds maximum depth of 10");
    }
}
