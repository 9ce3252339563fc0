//! `MLflow`'s own web pages over the registry, as a browser shows them, after `MLflow`'s own client has filled it, with models
//! that it loaded again and a trace.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use strata_e2e::{Browser, Running, Scripts, Strata};

const PATIENCE: Duration = Duration::from_mins(1);
/// What the pages say instead of what was asked for.
const WRONG: [&str; 7] = [
    "Something went wrong",
    "An error occurred",
    "Failed to",
    "Resource not found",
    "Page Not Found",
    "Internal server error",
    "Can't load",
];
/// What the pages ask and bear not to be answered, with MLflow's own server too: there are no users where none need to log
/// in, artifacts come through the server, and nobody here assists. A registry that keeps no datasets of evaluation is asked
/// for them by the page of traces.
const BEARABLE: [&str; 4] = [
    "404 /ajax-api/2.0/mlflow/users/current",
    "501 presigned=true",
    "501 /artifacts/presigned-download-url",
    "404 /ajax-api/3.0/mlflow/assistant/",
];

#[test]
fn every_page_shows_what_the_client_wrote() {
    let Some(strata) = Strata::new() else { return };
    let Some(python) = strata_testkit::mlflow() else { return };
    let Some(mut browser) = Browser::start(Scripts::On) else { return };
    let (_server, url) = serve(&strata, &python);
    let ids = fill(&python, &url);
    let text = |name: &str| ids[name].as_str().unwrap().to_owned();
    let (experiment, logged) = (text("experiment"), text("logged_model"));
    let runs: Vec<&str> = ids["runs"].as_array().unwrap().iter().map(|run| run.as_str().unwrap()).collect();
    let run = format!("/#/experiments/{experiment}/runs/{}", runs[0]);
    let two = format!("runs=[\"{}\",\"{}\"]&experiments=[\"{experiment}\"]", runs[0], runs[1]);

    browser.watch();
    let mut page = Page { browser: &mut browser, url: &url };
    page.shows("experiments", "/#/experiments", &["sepsis trial", "another trial", "Default"]);
    let table = ["sepsis-0", "sepsis-1", "sepsis-2", "trial (", "fill_mlflow.py"];
    page.shows("runs", &format!("/#/experiments/{experiment}/runs"), &table);
    page.shows(
        "charts",
        &format!("/#/experiments/{experiment}/runs?compareRunsMode=CHART"),
        &["auroc", "loss", "final"],
    );
    page.draws("charts", 3);
    let overview = ["sepsis-0", "Finished", runs[0], "sepsis risk", "auroc", "learning_rate", "treatment"];
    page.shows("run", &run, &overview);
    page.shows("run-metrics", &format!("{run}/model-metrics"), &["brier", "auroc", "loss"]);
    page.draws("run-metrics", 3);
    page.shows("run-artifacts", &format!("{run}/artifacts"), &["notes", "settings.json", "model"]);
    page.shows("run-artifact", &format!("{run}/artifacts/settings.json"), &["\"threshold\": 0.3"]);
    page.shows("run-report", &format!("{run}/artifacts/report.html"), &["report.html"]);
    page.shows(
        "compare",
        &format!("/#/compare-runs?{two}"),
        &["Comparing 2 Runs", "sepsis-0", "sepsis-1", "learning_rate"],
    );
    let metric = format!("/#/metric?{two}&metric=\"loss\"&plot_metric_keys=[\"loss\"]");
    page.shows("metric", &metric, &["loss", "Completed Runs"]);
    page.draws("metric", 1);
    page.shows("models", "/#/models", &["sepsis risk", "champion"]);
    page.shows("model", "/#/models/sepsis%20risk", &["Version 1", "Version 2", "champion", "ward 3"]);
    page.shows("version", "/#/models/sepsis%20risk/versions/1", &["sepsis risk", "Version 1", "sepsis-0"]);
    page.shows("logged-models", &format!("/#/experiments/{experiment}/models"), &["risk", "Ready"]);
    page.shows("logged-model", &format!("/#/experiments/{experiment}/models/{logged}"), &["risk", &logged, "depth"]);

    let (loaded, pipeline, trace) = (text("loaded"), text("sklearn"), text("trace"));
    let about = ["pipeline", &pipeline, "Ready", "sepsis pipeline"];
    page.shows("sklearn", &format!("/#/experiments/{loaded}/models/{pipeline}"), &about);
    let files = ["MLmodel", "requirements.txt", "python_env.yaml"];
    page.shows("sklearn-files", &format!("/#/experiments/{loaded}/models/{pipeline}/artifacts"), &files);
    page.shows("schema", "/#/models/sepsis%20pipeline/versions/1", &["Version 1", "Inputs (2)", "Outputs (1)"]);
    page.shows("onnx", "/#/models/adder/versions/1", &["adder", "Version 1", "onnx", "Schema"]);
    page.shows("traces", &format!("/#/experiments/{loaded}/traces"), &["what now?", "1 of 1 trace"]);
    let steps = ["triage", "guideline", "antibiotics"];
    page.shows("trace", &format!("/#/experiments/{loaded}/traces?selectedEvaluationId={trace}"), &steps);
}

struct Page<'a> {
    browser: &'a mut Browser,
    url: &'a str,
}

impl Page<'_> {
    /// Opens a page and waits until it says all of this; then it must not have said anything else that is wrong.
    fn shows(&mut self, name: &str, address: &str, expected: &[&str]) {
        // Addresses behind `#` are the same page to a browser.
        self.browser.open("about:blank");
        self.browser.open(&format!("{}{address}", self.url));
        let begun = Instant::now();
        let text = loop {
            let text = self.browser.text();
            if expected.iter().all(|words| text.contains(words)) {
                break text;
            }
            let missing: Vec<_> = expected.iter().filter(|words| !text.contains(**words)).collect();
            let complaints = self.browser.complaints();
            if begun.elapsed() > PATIENCE {
                self.keep(name);
                panic!("{name} does not show {missing:?}: {text}\n{complaints:#?}");
            }
            bear(name, &complaints);
            std::thread::sleep(Duration::from_millis(100));
        };
        self.keep(name);
        let wrong: Vec<_> = WRONG.iter().filter(|words| text.contains(**words)).collect();
        assert!(wrong.is_empty(), "{name} says {wrong:?}: {text}");
        let complaints = self.browser.complaints();
        bear(name, &complaints);
    }

    /// Waits until so many charts of the page have a line or a bar.
    fn draws(&mut self, name: &str, charts: usize) {
        let drawn = "[...document.querySelectorAll('.js-plotly-plot')].filter(plot => \
                     plot.querySelector('path.js-line, .bars path')).length";
        let begun = Instant::now();
        while self.browser.evaluate(drawn).as_u64().unwrap_or(0) < charts as u64 {
            assert!(begun.elapsed() < PATIENCE, "{name}: fewer than {charts} charts are drawn");
            std::thread::sleep(Duration::from_millis(100));
        }
        self.keep(name);
    }

    fn keep(&mut self, name: &str) {
        if let Some(folder) = std::env::var_os("STRATA_SCREENSHOTS") {
            let file = Path::new(&folder).join(format!("mlflow-{name}.png"));
            std::fs::write(file, self.browser.screenshot()).unwrap();
        }
    }
}

/// Everything that went wrong must be bearable.
fn bear(name: &str, complaints: &[String]) {
    for complaint in complaints {
        let bearable = BEARABLE.iter().any(|bearable| bearable.split(' ').all(|part| complaint.contains(part)));
        assert!(bearable, "{name}: {complaint}");
    }
}

/// The registry alone, with the pages of the environment that the interpreter is of.
fn serve(strata: &Strata, python: &Path) -> (Running, String) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let environment: PathBuf = python.ancestors().nth(2).unwrap().to_owned();
    let artifacts = strata.folder().join("artifacts");
    let words = ["registry", "serve", "--port", &port, "--artifact-root", artifacts.to_str().unwrap()];
    let server = strata.start(&[&words[..], &["--mlflow-ui", environment.to_str().unwrap()]].concat());
    let url = format!("http://127.0.0.1:{port}");
    let begun = Instant::now();
    while ureq::get(format!("{url}/health")).call().is_err() {
        assert!(begun.elapsed() < PATIENCE, "the registry does not answer");
        std::thread::sleep(Duration::from_millis(20));
    }
    (server, url)
}

/// What the client wrote, by its ids.
fn fill(python: &Path, url: &str) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/fill_mlflow.py");
    let output = Command::new(python).arg(script).arg(url).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(String::from_utf8(output.stdout).unwrap().lines().last().unwrap()).unwrap()
}
