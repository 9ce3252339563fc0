//! The crates and who uses whom, drawn as text: a new edge is a line in review.

use std::fmt::Write;

use crate::levels::{Place, place};
use crate::{Crate, Dependency};

const HEAD: &str = "\
Who uses whom, from the top down; what only tests use is marked. Made by the test in tests/levels.rs;
after a change on purpose: UPDATE=1 cargo test -p strata-architecture
";

/// The drawing: places from the top down, in each its crates, under each those of ours that it uses.
pub fn draw(crates: &[Crate]) -> String {
    let mut places: Vec<_> = crates.iter().filter_map(|member| place(&member.folder)).collect();
    places.sort_unstable();
    places.dedup();
    // What stands beside the platform comes last: it carries nothing.
    places.sort_by_key(|place| (*place == Place::Beside, std::cmp::Reverse(*place)));

    let mut drawing = HEAD.to_owned();
    for here in places {
        let mut members: Vec<_> = crates.iter().filter(|member| place(&member.folder) == Some(here)).collect();
        members.sort_by(|a, b| a.name.cmp(&b.name));
        let title = members.first().map_or_else(String::new, |member| title(here, &member.folder));
        line(&mut drawing, format_args!("\n{title}"));
        for member in members {
            line(&mut drawing, format_args!("  {}", member.name));
            let mut edges: Vec<&Dependency> =
                member.dependencies.iter().filter(|edge| crates.iter().any(|used| used.name == edge.name)).collect();
            edges.sort();
            for edge in edges {
                let tests = if edge.tests_only { " (tests)" } else { "" };
                line(&mut drawing, format_args!("    -> {}{tests}", edge.name));
            }
        }
    }
    drawing
}

/// What changed from one drawing to another, with the lines that are only in one of them.
pub fn difference(before: &str, after: &str) -> Option<String> {
    if before == after {
        return None;
    }
    let (before, after) = (with_owners(before), with_owners(after));
    let gone = before.iter().filter(|edge| !after.contains(edge)).map(|edge| format!("  gone  {edge}"));
    let new = after.iter().filter(|edge| !before.contains(edge)).map(|edge| format!("  new   {edge}"));
    Some(gone.chain(new).collect::<Vec<_>>().join("\n"))
}

/// Each line, an edge with the crate that it starts from.
fn with_owners(drawing: &str) -> Vec<String> {
    let mut owner = "";
    drawing
        .lines()
        .map(|line| {
            if let Some(edge) = line.strip_prefix("    ") {
                return format!("{owner} {edge}");
            }
            owner = line.trim();
            owner.to_owned()
        })
        .collect()
}

fn title(place: Place, folder: &str) -> String {
    match place {
        Place::Beside => "beside the platform".to_owned(),
        Place::Window | Place::Stack | Place::Command => folder.to_owned(),
        Place::Bedrock | Place::Level(_) => {
            let group = folder.rsplit_once('/').map_or(folder, |(group, _)| group);
            group.strip_prefix("levels/").unwrap_or(group).to_owned()
        }
    }
}

fn line(drawing: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(drawing, "{text}").expect("writing to a string does not fail");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::made_up::{member, tested_with};

    fn crates() -> Vec<Crate> {
        vec![
            member("bedrock/types", "types", &["serde"]),
            tested_with(member("levels/0-infrastructure/objects", "objects", &["types"]), "testkit"),
            member("bedrock/testkit", "testkit", &[]),
            member("xtask", "xtask", &[]),
            member("strata", "strata", &["types", "objects"]),
        ]
    }

    #[test]
    fn the_drawing_goes_from_the_top_down() {
        let expected = "
strata
  strata
    -> objects
    -> types

0-infrastructure
  objects
    -> testkit (tests)
    -> types

bedrock
  testkit
  types

beside the platform
  xtask
";
        assert_eq!(draw(&crates()), format!("{HEAD}{expected}"));
    }

    #[test]
    fn a_new_edge_is_caught_and_named() {
        let mut changed = crates();
        changed[2].dependencies.push(Dependency { name: "types".to_owned(), tests_only: false });
        assert_eq!(difference(&draw(&crates()), &draw(&crates())), None);
        let found = difference(&draw(&crates()), &draw(&changed));
        assert_eq!(found.as_deref(), Some("  new   testkit -> types"));
    }
}
