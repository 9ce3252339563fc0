//! Signals, sent to a process of its own: this test binary, run again.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use strata_runtime::interrupted;

#[test]
fn the_first_signal_is_heard_and_the_second_leaves_at_once() {
    for [first, second] in [["INT", "INT"], ["TERM", "INT"]] {
        let mut child = Process::start();
        child.expect_line("listening");
        child.signal(first);
        child.expect_line("stopping");
        child.signal(second);
        assert_eq!(child.process.wait().unwrap().code(), Some(130), "{first}, {second}");
    }
}

/// Not a test: what the child process runs. It never ends by itself.
#[test]
#[ignore = "run by the test above, in a process of its own"]
fn process_that_listens() {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let interrupted = interrupted();
        println!("\nlistening");
        interrupted.await;
        println!("\nstopping");
        std::future::pending::<()>().await;
    });
}

struct Process {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start() -> Self {
        let mut process = Command::new(std::env::current_exe().expect("a running test knows itself"))
            .args(["--exact", "process_that_listens", "--ignored", "--nocapture"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("this binary runs");
        let lines = BufReader::new(process.stdout.take().expect("stdout is piped")).lines();
        Self { process, lines }
    }

    fn expect_line(&mut self, expected: &str) {
        assert!(
            self.lines.by_ref().map_while(Result::ok).any(|line| line == expected),
            "the process ended before it said {expected:?}"
        );
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.process.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "kill -{name}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already gone, unless an assertion failed.
        let _ = self.process.kill();
    }
}
