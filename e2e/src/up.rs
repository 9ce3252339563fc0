//! A stack in the background, felled when the test ends.

use serde_json::Value;

use crate::Strata;

/// A stack that was raised with `strata up --detach`, on free ports.
#[derive(Debug)]
pub struct Up<'a> {
    strata: &'a Strata,
    /// What `up --json` said when it returned.
    pub said: Value,
    /// Its exit code.
    pub code: i32,
}

impl Strata {
    /// Raises a stack in the background, with nothing filled in unless the arguments say `--profile` or nothing.
    pub fn up(&self, arguments: &[&str]) -> Up<'_> {
        let fixed = ["up", "--detach", "--free-ports", "--json"];
        let output = self.output(&[&fixed, arguments].concat());
        let stdout = String::from_utf8_lossy(&output.stdout);
        let said = stdout.lines().last().and_then(|line| serde_json::from_str(line).ok());
        let error = String::from_utf8_lossy(&output.stderr);
        let said = said.unwrap_or_else(|| panic!("strata up {arguments:?}: {stdout}{error}"));
        Up { strata: self, said, code: output.status.code().unwrap_or(-1) }
    }

    /// What `status --json` says, and its exit code.
    pub fn status(&self, arguments: &[&str]) -> (Value, i32) {
        let output = self.output(&[&["status", "--json"], arguments].concat());
        let stdout = String::from_utf8_lossy(&output.stdout);
        let said = stdout.lines().last().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default();
        (said, output.status.code().unwrap_or(-1))
    }
}

impl Up<'_> {
    /// A service, as it was when the stack was raised.
    pub fn service(&self, name: &str) -> &Value {
        let services = self.said["services"].as_array().expect("services are a list");
        services.iter().find(|service| service["name"] == name).unwrap_or_else(|| panic!("no {name}: {}", self.said))
    }

    /// Where a service is.
    pub fn url(&self, name: &str) -> String {
        let url = self.service(name)["url"].as_str();
        url.unwrap_or_else(|| panic!("{name} has no URL: {}", self.said)).to_owned()
    }

    /// Its process.
    pub fn pid(&self) -> u64 {
        self.said["pid"].as_u64().expect("a running stack has a process")
    }

    /// kill -9; gives when the process is gone.
    pub fn kill(self) {
        let pid = self.pid();
        let killed = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
        assert!(killed.is_ok_and(|status| status.success()), "{pid} could not be killed");
        // Its parent has ended, so whoever reaps it is the system: a zombie is gone too, once its last thread is.
        let one = || std::fs::read_dir(format!("/proc/{pid}/task")).map_or(true, |threads| threads.count() <= 1);
        let gone = || match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
            Ok(stat) => one() && stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z')),
            Err(_) => true,
        };
        while !gone() {
            std::thread::yield_now();
        }
        std::mem::forget(self);
    }
}

impl Drop for Up<'_> {
    fn drop(&mut self) {
        let _ = self.strata.output(&["down"]);
    }
}
