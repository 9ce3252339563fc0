//! Spans as they come and as they are told.

use serde_json::{Value, json};

use super::otlp::{Any, AnyValue, KeyValue};
use super::{Node, Span, answer, otlp, otlp_json, preview, tokens};

fn attribute(key: &str, any: Any) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(any) }) }
}

fn span(attributes: Vec<KeyValue>) -> Span {
    let span = otlp::Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        name: "call".to_owned(),
        start_time_unix_nano: 1_000_000_000,
        end_time_unix_nano: 2_000_000_000,
        attributes,
        ..otlp::Span::default()
    };
    Span::of(&span).unwrap()
}

#[test]
fn a_span_goes_in_and_comes_out() {
    let span = span(vec![
        attribute("text", Any::String("value".to_owned())),
        attribute("number", Any::Int(42)),
        attribute("json", Any::String("{\"a\":1}".to_owned())),
        attribute("digits", Any::String("1".to_owned())),
    ]);
    assert_eq!(span.trace_id, format!("tr-{}", "01".repeat(16)));
    let content: Value = serde_json::from_str(&span.content()).unwrap();
    assert_eq!(content["attributes"]["text"], "\"value\"");
    assert_eq!(content["attributes"]["json"], "{\"a\":1}");
    let answer = answer(&content);
    let attributes = answer["attributes"].as_array().unwrap();
    for expected in [
        json!({ "key": "text", "value": { "string_value": "value" } }),
        json!({ "key": "number", "value": { "int_value": 42 } }),
        json!({ "key": "digits", "value": { "string_value": "1" } }),
        json!({ "key": "json", "value": { "kvlist_value": { "values": [{ "key": "a", "value": { "int_value": 1 } }] } } }),
    ] {
        assert!(attributes.contains(&expected), "{expected} in {attributes:?}");
    }
    assert_eq!(answer["status"], json!({ "code": "STATUS_CODE_UNSET" }));
    assert_eq!(answer["end_time_unix_nano"], 2_000_000_000_i64);
}

#[test]
fn spans_without_ids_are_refused() {
    for (trace, id) in [(vec![], vec![1]), (vec![1], vec![]), (vec![1; 17], vec![1]), (vec![1], vec![1; 9])] {
        assert!(Span::of(&otlp::Span { trace_id: trace, span_id: id, ..otlp::Span::default() }).is_none());
    }
}

#[test]
fn other_conventions_are_translated() {
    let mut span = span(vec![
        attribute("openinference.span.kind", Any::String("LLM".to_owned())),
        attribute("gen_ai.prompt.0.content", Any::String("Hello".to_owned())),
        attribute("output.value", Any::String("Bye".to_owned())),
        attribute("gen_ai.usage.input_tokens", Any::Int(100)),
        attribute("gen_ai.usage.output_tokens", Any::String("50".to_owned())),
        attribute("llm.model_name", Any::String("m".to_owned())),
    ]);
    span.translate();
    assert_eq!(span.kind(), "LLM");
    assert_eq!(span.attribute("mlflow.spanInputs"), Some("Hello".into()));
    assert_eq!(span.attribute("mlflow.spanOutputs"), Some("Bye".into()));
    assert_eq!(span.attribute("mlflow.llm.model"), Some("m".into()));
    let usage = json!({ "input_tokens": 100, "output_tokens": 50, "total_tokens": 150 });
    assert_eq!(span.attribute("mlflow.chat.tokenUsage"), Some(usage));
}

#[test]
fn what_a_parent_says_is_not_counted_again() {
    let node = |id: &str, parent: Option<&str>, input: Option<i64>| Node {
        id: id.to_owned(),
        parent_id: parent.map(str::to_owned),
        data: input.map(|input| json!({ "input_tokens": input, "output_tokens": 1, "total_tokens": input + 1 })),
    };
    let nodes = [
        node("a", None, None),
        node("b", Some("a"), Some(5)),
        node("c", Some("b"), Some(3)),
        node("d", Some("x"), Some(2)),
    ];
    assert_eq!(tokens(&nodes), Some(json!({ "input_tokens": 7, "output_tokens": 2, "total_tokens": 9 })));
    assert_eq!(tokens(&[node("a", None, None)]), None);
}

#[test]
fn json_is_read_like_protobuf() {
    let json = json!({ "resourceSpans": [{
        "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": "s" } }] },
        "scopeSpans": [{ "spans": [{
            "traceId": "61181d5c16b3b25d966891c3fc595af9", "spanId": "508755a859b294e3", "name": "n", "kind": "SPAN_KIND_CLIENT",
            "startTimeUnixNano": "5", "endTimeUnixNano": 6, "status": { "code": 2, "message": "no" },
            "attributes": [{ "key": "k", "value": { "arrayValue": { "values": [{ "intValue": "1" }] } } }],
            "unknown": 1 }] }] }] });
    let request = otlp_json::request(&json).unwrap();
    let span = Span::of(&request.resource_spans[0].scope_spans[0].spans[0]).unwrap();
    assert_eq!((span.name.as_str(), span.status, span.started_at, span.ended_at), ("n", "ERROR", 5, Some(6)));
    assert_eq!(span.attribute("k"), Some(json!([1])));
    for wrong in [
        json!([]),
        json!({ "resourceSpans": 1 }),
        json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [{ "traceId": "x" }] }] }] }),
    ] {
        assert!(otlp_json::request(&wrong).is_none(), "{wrong}");
    }
}

#[test]
fn previews_show_the_last_word() {
    let check = |json: Value, expected: &str| assert_eq!(preview(&json.to_string(), "user"), expected);
    check(json!({ "messages": [{ "role": "user", "content": "a" }, { "role": "assistant", "content": "b" }] }), "a");
    check(json!({ "choices": [{ "message": { "role": "assistant", "content": "c" } }] }), "c");
    check(json!({ "request": { "input": [{ "role": "user", "content": [{ "type": "text", "text": "d" }] }] } }), "d");
    check(json!("plain"), "\"plain\"");
    assert_eq!(preview(&"x".repeat(2000), "user").len(), 1000);
}
