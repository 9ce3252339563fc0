//! A headless Chromium, told what to do as its own developer tools do: by messages of JSON over a pipe.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The pipe's ends are descriptors 3 and 4, by the browser's own rule.
const PIPED: &str = "exec \"$@\" 3<&0 4>&1 >/dev/null 2>&1";

/// Whether pages may run scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scripts {
    /// They run.
    On,
    /// They do not; the developer tools can still look.
    Off,
}

/// A browser with one page, ended when this is dropped.
#[derive(Debug)]
pub struct Browser {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: Option<String>,
    number: u64,
    complaints: Option<Vec<String>>,
    /// Its profile: nothing is kept.
    _profile: TempDir,
}

impl Browser {
    /// `None`, and said to be skipped, where there is no Chromium.
    pub fn start(scripts: Scripts) -> Option<Self> {
        let program = strata_testkit::chromium()?;
        let profile = tempfile::tempdir().expect("a temporary folder can be made");
        let mut command = Command::new("sh");
        command.args(["-c", PIPED, "sh"]).arg(program);
        // Only this machine's own page is shown, and tests may run as root, for whom there is no sandbox.
        command.args([
            "--headless",
            "--remote-debugging-pipe",
            "--no-sandbox",
            "--disable-gpu",
            "--window-size=1280,1000",
        ]);
        command.args(["--no-first-run", "--disable-background-networking", "--disable-dev-shm-usage"]);
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Chromium starts");
        let (to, from) = (process.stdin.take(), process.stdout.take());
        let (to, from) = (to.expect("stdin is piped"), BufReader::new(from.expect("stdout is piped")));
        let mut browser = Self { process, to, from, session: None, number: 0, complaints: None, _profile: profile };
        let page = browser.ask("Target.createTarget", &json!({"url": "about:blank"}));
        let target = json!({"targetId": page["targetId"], "flatten": true});
        browser.session = browser.ask("Target.attachToTarget", &target)["sessionId"].as_str().map(str::to_owned);
        browser.ask("Page.enable", &json!({}));
        browser.ask("Emulation.setScriptExecutionDisabled", &json!({"value": scripts == Scripts::Off}));
        Some(browser)
    }

    /// From now on, what goes wrong in pages is kept: answers that are errors, requests without any, exceptions in scripts,
    /// and what a policy forbids.
    pub fn watch(&mut self) {
        self.complaints = Some(Vec::new());
        for domain in ["Network", "Runtime", "Log"] {
            self.ask(&format!("{domain}.enable"), &json!({}));
        }
    }

    /// What has gone wrong since the last time.
    pub fn complaints(&mut self) -> Vec<String> {
        // What was heard by now stands before the answer.
        self.evaluate("1");
        self.complaints.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Loads a page to its end.
    pub fn open(&mut self, url: &str) {
        let answer = self.ask("Page.navigate", &json!({"url": url}));
        assert!(answer["errorText"].is_null(), "{url}: {answer}");
        self.loaded();
    }

    /// Waits until a page has been loaded, this one or the next.
    pub fn loaded(&mut self) {
        while self.hear()["method"] != "Page.loadEventFired" {}
    }

    /// What an expression of JavaScript gives; a promise is waited for. Where scripts are off, the developer tools' still run.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let answer = loop {
            match self.try_ask("Runtime.evaluate", &asked) {
                // The page was loaded again under it.
                Err(error) if error.contains("navigated") || error.contains("context") => {}
                answered => break answered.unwrap_or_else(|error| panic!("{expression}: {error}")),
            }
        };
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// The page's text, as a reader sees it.
    pub fn text(&mut self) -> String {
        self.evaluate("document.body.innerText").as_str().unwrap_or_default().to_owned()
    }

    /// What the window shows, as PNG.
    pub fn screenshot(&mut self) -> Vec<u8> {
        let shot = self.ask("Page.captureScreenshot", &json!({"format": "png"}));
        STANDARD.decode(shot["data"].as_str().unwrap_or_default()).expect("it is in base64")
    }

    fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.try_ask(method, parameters).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    fn try_ask(&mut self, method: &str, parameters: &Value) -> Result<Value, String> {
        self.number += 1;
        let mut message = json!({"id": self.number, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to.write_all(format!("{message}\0").as_bytes()).expect("the browser listens");
        loop {
            let heard = self.hear();
            if heard["id"] == self.number {
                let failed = heard["error"]["message"].as_str();
                return failed.map_or_else(|| Ok(heard["result"].clone()), |error| Err(error.to_owned()));
            }
        }
    }

    fn hear(&mut self) -> Value {
        let mut message = Vec::new();
        self.from.read_until(0, &mut message).expect("the browser can be heard");
        assert_eq!(message.pop(), Some(0), "the browser has ended");
        let message: Value = serde_json::from_slice(&message).expect("it speaks JSON");
        if let Some(complaints) = &mut self.complaints {
            complaints.extend(complaint(&message));
        }
        message
    }
}

fn complaint(message: &Value) -> Option<String> {
    let of = &message["params"];
    match message["method"].as_str()? {
        "Network.responseReceived" => {
            let (status, url) = (of["response"]["status"].as_u64()?, of["response"]["url"].as_str()?);
            (status >= 400).then(|| format!("{status} {url}"))
        }
        "Network.loadingFailed" if of["canceled"] != true => Some(format!("no answer: {}", of["errorText"])),
        "Runtime.exceptionThrown" => Some(format!("exception: {}", of["exceptionDetails"])),
        "Log.entryAdded" if of["entry"]["source"] == "security" => Some(format!("forbidden: {}", of["entry"]["text"])),
        _ => None,
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It ends when nobody is at the other end; that it does is waited for no longer than it takes to kill it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
