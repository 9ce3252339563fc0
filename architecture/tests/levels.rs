//! The real workspace, held to the order of the levels.

use std::fs;

use strata_architecture::{Workspace, cargo, graph, homes, levels, one_build};

fn workspace() -> Workspace {
    Workspace::load().expect("cargo describes the workspace")
}

fn none(violations: &[String]) {
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

#[test]
fn dependencies_only_point_down() {
    none(&levels::violations(&workspace().crates));
}

#[test]
fn heavy_dependencies_stay_at_home() {
    let crates = workspace().crates;
    none(&homes::violations(&crates, homes::HOMES));
    none(&homes::homes_that_are_gone(&crates, homes::HOMES));
}

#[test]
fn the_graph_is_as_drawn() {
    let workspace = workspace();
    let (file, drawing) = (workspace.root.join("architecture/graph.txt"), graph::draw(&workspace.crates));
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, &drawing).expect("the drawing can be written");
    }
    let drawn = fs::read_to_string(&file).unwrap_or_default();
    if let Some(difference) = graph::difference(&drawn, &drawing) {
        panic!(
            "the graph of crates has changed:\n{difference}\nif on purpose, say why in the change and run \
             UPDATE=1 cargo test -p strata-architecture"
        );
    }
}

#[test]
fn tests_and_binary_share_one_build() {
    let tree = |what: &[&str]| {
        let as_lines = ["tree", "--prefix=none", "--format={p}|{f}"];
        cargo(&[&as_lines[..], what].concat()).expect("cargo lists what is built")
    };
    let binary = tree(&["--package=strata", "--edges=normal,build"]);
    let tests = tree(&["--workspace", "--edges=normal,build,dev"]);
    none(&one_build::built_twice(&binary, &tests));
}
