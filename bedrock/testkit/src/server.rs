//! Real servers for the suites: each in a temporary folder, gone when the test ends.
//!
//! `cargo xtask test` installs the programs where it can; where they are not, a test says that it was skipped.

use std::env;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

mod redis;
pub use redis::RedisServer;

mod postgres;
pub use postgres::PostgresServer;

mod mlflow;
pub use mlflow::MlflowServer;

/// A program on the path or in one of the folders; else this says that the test was skipped.
pub(crate) fn program(name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = folders.iter().cloned().chain(env::split_paths(&path)).map(|folder| folder.join(name));
    let found = found.into_iter().find(|program| program.is_file());
    if found.is_none() {
        crate::skip(&format!("no {name}; `cargo xtask setup` installs it, as root on Debian or Ubuntu"));
    }
    found
}

/// Starts it and waits until it says that it is ready, on the pipe that `output` takes from it.
fn start<R: Read + Send + 'static>(
    command: &mut Command,
    output: impl Fn(&mut Child) -> Option<R>,
    ready: &str,
) -> Child {
    let mut child = command.stdin(Stdio::null()).spawn().expect("the server starts");
    let pipe = output(&mut child).expect("its output is piped");
    let mut lines = BufReader::new(pipe).lines().map_while(Result::ok);
    let mut said = Vec::new();
    let is_ready = lines.by_ref().any(|line| {
        said.push(line);
        said.last().is_some_and(|line| line.contains(ready))
    });
    assert!(is_ready, "the server ended before it was ready:\n{}", said.join("\n"));
    // A pipe that nobody reads would fill, and the server with it would stand still.
    std::thread::spawn(move || lines.for_each(drop));
    child
}

fn show(path: &Path) -> &str {
    path.to_str().expect("temporary folders have names in UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_stand_and_leave_nothing_behind() {
        if let Some(server) = PostgresServer::start() {
            assert!(server.url().starts_with("postgres://strata@%2F"), "{}", server.url());
        }
        if let Some(mut server) = RedisServer::start() {
            let url = server.url();
            server.restart();
            assert_eq!(server.url(), url);
            let socket = PathBuf::from(url.trim_start_matches("redis+unix://"));
            assert!(socket.exists());
            drop(server);
            assert!(!socket.exists());
        }
    }
}
