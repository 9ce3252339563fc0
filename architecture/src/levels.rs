//! The one rule: a level stands on the levels below it.
//!
//! The level of a crate is the folder that it lies in; nothing else says it, so nothing can say
//! otherwise.

use crate::Crate;

/// Where a crate stands; a greater one may use a lesser one or its equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Under all levels: what everybody needs.
    Bedrock,
    /// In `levels/<number>-<name>`.
    Level(u8),
    /// A window on all levels, which knows of them what it is handed: it uses bedrock alone.
    Window,
    /// What builds the levels.
    Stack,
    /// The command.
    Command,
    /// Beside the platform: chores and tests, which may use everything and which nothing may use.
    Beside,
}

/// The place of a crate in this folder; `None` for a folder that the layout does not know.
pub fn place(folder: &str) -> Option<Place> {
    match folder.split('/').collect::<Vec<_>>()[..] {
        ["bedrock", _] => Some(Place::Bedrock),
        ["levels", level, _] => level.split_once('-')?.0.parse().ok().map(Place::Level),
        ["console"] => Some(Place::Window),
        ["stack"] => Some(Place::Stack),
        ["strata"] => Some(Place::Command),
        ["architecture" | "e2e" | "xtask"] => Some(Place::Beside),
        _ => None,
    }
}

/// The edges that point up, and the crates that stand nowhere.
pub fn violations(crates: &[Crate]) -> Vec<String> {
    let mut found = Vec::new();
    for user in crates {
        let Some(place_of_user) = place(&user.folder) else {
            found.push(format!("{} lies in `{}`, which is no place of the layout", user.name, user.folder));
            continue;
        };
        for edge in &user.dependencies {
            let Some(used) = crates.iter().find(|used| used.name == edge.name) else { continue };
            match place(&used.folder) {
                Some(Place::Beside) => {
                    found.push(format!("{} uses {}, which stands beside the platform", user.name, used.name));
                }
                Some(place_of_used) if place_of_used > place_of_user => found.push(format!(
                    "{} ({}) uses {} ({}), which stands above it",
                    user.name, user.folder, used.name, used.folder
                )),
                Some(Place::Level(_)) if place_of_user == Place::Window => {
                    found.push(format!("{} uses {}: a window uses bedrock alone", user.name, used.name));
                }
                Some(_) if used.name == "strata-testkit" && !edge.tests_only && place_of_user != Place::Beside => {
                    found.push(format!("{} uses strata-testkit outside its tests", user.name));
                }
                _ => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::made_up::{member, tested_with};

    fn sound() -> Vec<Crate> {
        vec![
            member("bedrock/types", "types", &[]),
            member("bedrock/testkit", "strata-testkit", &[]),
            member("levels/0-infrastructure/objects", "objects", &["types", "serde"]),
            tested_with(member("levels/4-models/model", "model", &["objects"]), "strata-testkit"),
            member("levels/4-models/serving", "serving", &["model", "types"]),
            member("console", "console", &["types"]),
            member("stack", "stack", &["serving", "console"]),
            member("strata", "strata", &["stack", "types"]),
            member("e2e", "e2e", &["strata", "strata-testkit"]),
        ]
    }

    fn with(member: Crate) -> Vec<String> {
        let mut crates = sound();
        crates.retain(|known| known.name != member.name);
        crates.push(member);
        violations(&crates)
    }

    #[test]
    fn edges_that_point_down_or_sideways_are_sound() {
        assert_eq!(violations(&sound()), Vec::<String>::new());
    }

    #[test]
    fn an_edge_that_points_up_is_caught() {
        assert_eq!(
            with(member("levels/0-infrastructure/objects", "objects", &["serving"])),
            ["objects (levels/0-infrastructure/objects) uses serving (levels/4-models/serving), which stands above it"]
        );
        assert_eq!(with(member("bedrock/types", "types", &["objects"])).len(), 1);
        assert_eq!(with(member("stack", "stack", &["strata"])).len(), 1);
    }

    #[test]
    fn a_window_that_reaches_into_a_level_is_caught() {
        let console = member("console", "console", &["serving"]);
        assert_eq!(with(console), ["console uses serving: a window uses bedrock alone"]);
        let serving = member("levels/4-models/serving", "serving", &["console"]);
        assert_eq!(with(serving), ["serving (levels/4-models/serving) uses console (console), which stands above it"]);
    }

    #[test]
    fn tests_may_not_point_up_either() {
        let objects = member("levels/0-infrastructure/objects", "objects", &[]);
        assert_eq!(with(tested_with(objects, "serving")).len(), 1);
    }

    #[test]
    fn the_testkit_outside_tests_is_caught() {
        let model = member("levels/4-models/model", "model", &["strata-testkit"]);
        assert_eq!(with(model), ["model uses strata-testkit outside its tests"]);
    }

    #[test]
    fn using_what_stands_beside_is_caught() {
        assert_eq!(with(member("strata", "strata", &["e2e"])), ["strata uses e2e, which stands beside the platform"]);
    }

    #[test]
    fn a_crate_outside_the_layout_is_caught() {
        assert_eq!(with(member("crates/x", "x", &[])), ["x lies in `crates/x`, which is no place of the layout"]);
        assert_eq!(place("levels/next/x"), None);
    }
}
