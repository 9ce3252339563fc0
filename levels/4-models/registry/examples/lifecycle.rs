//! What is done to a store as a whole, without the whole of `strata`: `lifecycle import --data-dir DIR --from URL
//! [--artifacts PLACE]`, and so on, with the words of `strata registry`.

use std::collections::HashMap;
use std::sync::Arc;

use strata_audit::{Agent, AgentKind};
use strata_config::Secret;
use strata_registry::Config;
use strata_registry::lifecycle::{From, Store, To, Which};
use strata_runtime::clock;

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let option = |pair: &[String]| Some((pair.first()?.strip_prefix("--")?.to_owned(), pair.get(1)?.clone()));
    let options: HashMap<String, String> = words.get(1..).unwrap_or_default().chunks(2).filter_map(option).collect();
    let text = |name: &str| options.get(name).cloned();
    let needed = |name: &str| text(name).ok_or(format!("--{name} is missing"));

    let mut config = Config::new(needed("data-dir")?);
    config.database = text("database").map(Secret::new);
    config.artifacts = text("artifacts-destination");
    let mut last = 0;
    let mut progress = |what: &str, done: u64, total: u64| {
        if done.saturating_sub(last) >= 100_000 {
            last = done;
            eprintln!("{what}: {done} of {total}");
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let who = Agent::new(AgentKind::Person, "example");
        let store = Store::open(config, Arc::new(clock::System), who).await?;
        let done = match words.first().map(String::as_str) {
            Some("import") => {
                let mut from = From::new(Secret::new(needed("from")?));
                from.artifacts = text("artifacts");
                serde_json::to_string(&store.import(&from, &mut progress).await?)?
            }
            Some("export") => {
                let to = To { database: Secret::new(needed("to")?), artifacts: text("artifacts") };
                serde_json::to_string(&store.export(&to, &mut progress).await?)?
            }
            Some("gc") => {
                let plan = store.plan(&Which::default()).await?;
                let cleared = store.clear(&plan, &mut progress).await?;
                format!("{} {cleared}", serde_json::to_string(&plan)?)
            }
            Some("backup") => {
                let copied = text("artifacts").is_some();
                serde_json::to_string(&store.backup(needed("to")?.as_ref(), copied, &mut progress).await?)?
            }
            other => return Err(format!("{other:?} is none of: import, export, gc, backup").into()),
        };
        println!("{done}");
        store.close().await;
        Ok(())
    })
}
