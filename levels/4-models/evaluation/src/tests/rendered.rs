//! The report as a page.

use super::evaluation::{evaluation_of, request_of};
use super::hospital::Hospital;
use crate::{Card, Evaluation, Predictions, Request, evaluate, report};

fn card() -> Card {
    let row = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    Card {
        title: "Sepsis within 6 hours".to_owned(),
        run_id: "8f2c1d7e5b6a4c0f9d3e2b1a0c9d8e7f".to_owned(),
        model_version: "sepsis-network 3".to_owned(),
        created: "2026-03-14 09:26 UTC".to_owned(),
        dataset: "PhysioNet 2019 set A, 15 % of patients held out".to_owned(),
        rows: vec![
            row(
                "Intended use",
                "Hourly early warning of sepsis for adults in intensive care. It supports, and never replaces, clinical judgement.",
            ),
            row("Not for", "Children, patients already treated for sepsis, or wards without hourly charting."),
            row("Outcome", "Sepsis-3, label shifted 6 h before the onset by the set's authors."),
            row("Features", "120 features of vitals, labs and medications; windows (t-w, t]; set version 3."),
            row("Network", "120-64-32-1, ReLU, dropout 0.2, batch norm."),
            row("Training", "Adam, learning rate 0.001, batch 512, early stopping on 10 % of patients, seed 42."),
            row("Calibration", "Isotonic on 5 % of patients."),
        ],
    }
}

fn assert_clean(page: &str) {
    for bad in ["NaN", ">inf", "-inf", "<script", "http://", "https://", "undefined"] {
        assert!(!page.contains(bad), "the page contains {bad}");
    }
}

#[test]
fn a_page_without_scripts_network_or_nan() {
    let page = report(&evaluation_of(&Hospital::new(300, 2)), &card());
    assert_clean(&page);
    assert!(page.starts_with("<!DOCTYPE html>"));
    assert!(page.contains("Burns &amp; &lt;trauma&gt;") && !page.contains("<trauma>"));
    assert!(page.len() < 300_000, "{} bytes", page.len());
}

#[test]
fn names_are_escaped() {
    let mut evaluation: Evaluation = evaluation_of(&Hospital::new(60, 2));
    evaluation.model = "<b>\"&".to_owned();
    evaluation.comparisons[0].name = "<i>'".to_owned();
    let hostile =
        Card { title: "</title><script>".to_owned(), rows: vec![("<u>".to_owned(), "</dl>".to_owned())], ..card() };
    let page = report(&evaluation, &hostile);
    assert_clean(&page);
    assert!(!page.contains("<b>\"") && !page.contains("<i>'") && !page.contains("<u>"));
}

#[test]
fn a_page_about_nothing() {
    let empty = Predictions { patients: &[], hours: &[], labels: &[], probabilities: &[] };
    let page = report(&evaluate(&request_of(empty)), &Card::default());
    assert_clean(&page);
    assert!(page.contains("not available"));
    let odd =
        Predictions { patients: &[0, 1], hours: &[0.0; 2], labels: &[true, false], probabilities: &[0.0, f32::NAN] };
    assert_clean(&report(&evaluate(&Request { has_utility: true, ..request_of(odd) }), &Card::default()));
}

/// `cargo test -p strata-evaluation -- --ignored example_page` writes `/tmp/eval.html`.
#[test]
#[ignore = "for the eye"]
fn example_page() {
    let page = report(&evaluation_of(&Hospital::new(3100, 5)), &card());
    std::fs::write("/tmp/eval.html", page).expect("a place for the page");
}
