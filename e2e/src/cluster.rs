//! A cluster of real processes, which end with the test.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{Running, Strata};

/// A process of a cluster, and what it said when it was ready.
#[derive(Debug)]
pub struct Node {
    process: Running,
    /// Its first line of JSON.
    pub said: Value,
}

impl Strata {
    /// Starts a process that says a line of JSON when it is ready, such as `cluster scheduler`.
    pub fn node(&self, arguments: &[&str]) -> Node {
        Node::start(self.command(&[arguments, &["--json"]].concat()))
    }

    /// The same in a network namespace, which takes root.
    pub fn node_in(&self, namespace: &str, arguments: &[&str]) -> Node {
        Node::start(self.command_in(namespace, &[arguments, &["--json"]].concat()))
    }

    /// The command in a network namespace, not started.
    pub fn command_in(&self, namespace: &str, arguments: &[&str]) -> Command {
        let plain = self.command(arguments);
        let mut command = Command::new("ip");
        command.args(["netns", "exec", namespace]).arg(plain.get_program()).args(plain.get_args()).stdin(Stdio::null());
        command.env("XDG_CONFIG_HOME", self.folder());
        command
    }
}

impl Node {
    fn start(mut command: Command) -> Self {
        let mut process = Running(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts"));
        let mut line = String::new();
        let stdout = process.0.stdout.take().expect("its stdout is ours");
        BufReader::new(stdout).read_line(&mut line).expect("its stdout can be read");
        let said = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{command:?} said `{line}`"));
        Self { process, said }
    }

    /// Something that it said.
    pub fn text(&self, key: &str) -> String {
        self.said[key].as_str().unwrap_or_else(|| panic!("no `{key}` in {}", self.said)).to_owned()
    }

    /// SIGKILL, and its end.
    pub fn kill(mut self) {
        self.process.0.kill().expect("it can be killed");
        self.process.0.wait().expect("it can be waited for");
    }

    /// SIGTERM; gives its exit code.
    pub fn terminate(mut self) -> Option<i32> {
        let asked = std::process::Command::new("kill").arg(self.process.0.id().to_string()).status();
        assert!(asked.is_ok_and(|status| status.success()), "it cannot be asked to end");
        self.process.0.wait().expect("it can be waited for").code()
    }
}
