//! The real workspace, held to what readers may rely on.

use strata_architecture::{Workspace, faults, tidy};

fn check(violations: impl FnOnce(&Workspace) -> Vec<String>) {
    let workspace = Workspace::load().expect("cargo describes the workspace");
    let violations = violations(&workspace);
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

#[test]
fn every_file_says_what_it_is() {
    check(|workspace| tidy::without_introduction(&workspace.files));
}

#[test]
fn every_name_says_something() {
    check(|workspace| tidy::shapeless_names(&workspace.files));
}

#[test]
fn no_file_is_long_without_a_reason() {
    check(|workspace| tidy::long_files(&workspace.files, tidy::LONG_FILES));
}

#[test]
fn every_level_has_a_readme() {
    check(|workspace| tidy::levels_without_readme(&workspace.crates, &workspace.files));
}

#[test]
fn every_crate_takes_the_workspaces_lints() {
    check(|workspace| tidy::own_lints(&workspace.crates));
}

#[test]
fn every_crate_is_under_the_projects_licence() {
    check(|workspace| tidy::other_licences(&workspace.crates));
}

#[test]
fn every_fault_of_what_is_built_is_named_by_a_test() {
    check(|workspace| faults::untested(&workspace.files, faults::BUILT));
}
