//! Writes the page of made-up stacks, to be looked at: `cargo run -p strata-console --example preview -- FOLDER`.

use std::path::PathBuf;

#[path = "../tests/it/stacks.rs"]
mod stacks;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    for (name, status) in [("well", stacks::well()), ("trouble", stacks::in_trouble()), ("stopped", stacks::stopped())]
    {
        std::fs::write(folder.join(format!("{name}.html")), strata_console::page(&status, &stacks::links()))?;
    }
    Ok(())
}
