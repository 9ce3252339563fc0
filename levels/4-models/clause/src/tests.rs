//! Filters: what is understood, and what is refused.

use proptest::prelude::*;

use crate::{Clause, Operand, order, parse, split};

fn check(filter: &str, expected: &[(Option<&str>, &str, &str, Operand)]) {
    let clauses: Vec<Clause> = expected
        .iter()
        .map(|(entity, key, operator, value)| Clause {
            entity: entity.map(str::to_owned),
            key: (*key).to_owned(),
            operator: (*operator).to_owned(),
            value: value.clone(),
        })
        .collect();
    assert_eq!(parse(filter).expect(filter), clauses, "{filter}");
}

fn text(text: &str) -> Operand {
    Operand::Text(text.to_owned())
}

#[test]
fn comparisons_are_read() {
    check("", &[]);
    check("name = 'a'", &[(None, "name", "=", text("a"))]);
    check("name=\"it's\"", &[(None, "name", "=", text("it's"))]);
    check("name LIKE \"a%\"", &[(None, "name", "LIKE", text("a%"))]);
    check("metrics.loss>0.5", &[(Some("metrics"), "loss", ">", Operand::Number("0.5".to_owned()))]);
    check("`metrics`.loss>0.5", &[(Some("metrics"), "loss", ">", Operand::Number("0.5".to_owned()))]);
    check("tags.`a b` != 'it''s'", &[(Some("tags"), "a b", "!=", text("it's"))]);
    check("`a.b` = `c`", &[(None, "a.b", "=", text("c"))]);
    check("tags.`it``s` rlike '^a'", &[(Some("tags"), "it`s", "RLIKE", text("^a"))]);
    check(
        "status in ('READY', \"FAILED\",) and tags.x is not null",
        &[
            (None, "status", "IN", Operand::List(vec!["READY".to_owned(), "FAILED".to_owned()])),
            (Some("tags"), "x", "IS NOT NULL", Operand::None),
        ],
    );
    check("span.attributes.`a.b` LIKE '%x%'", &[(Some("span"), "attributes.`a.b`", "LIKE", text("%x%"))]);
    check("metadata.`mlflow.sourceRun` = 'r'", &[(Some("metadata"), "mlflow.sourceRun", "=", text("r"))]);
    check("ts > -5", &[(None, "ts", ">", Operand::Number("-5".to_owned()))]);
}

#[test]
fn what_is_no_filter_says_why() {
    for (filter, message) in [
        ("name", "Invalid clause(s) in filter string: its end. A comparison has an operator"),
        ("name =", "Invalid clause(s) in filter string: its end. A comparison has a value"),
        ("= 'a'", "Invalid clause(s) in filter string: =. A comparison starts with the name"),
        ("name = 'a", "Invalid clause(s) in filter string: 'a. The quote at its start is not closed."),
        ("`a", "Invalid clause(s) in filter string: `a. The quote at its start is not closed."),
        ("a = 'b' OR c = 'd'", "Invalid clause(s) in filter string: OR. Comparisons are joined by AND."),
        ("a = 'b' AND", "Invalid clause(s) in filter string: AND."),
        ("(a = 'b')", "Invalid clause(s) in filter string: (."),
        ("a ! 'b'", "Invalid clause(s) in filter string: ! 'b'. This is no word of a filter."),
        ("tags.a`b` = 'c'", "Invalid clause(s) in filter string: a`b` = 'c'. This is no word of a filter."),
        ("tags. = 'c'", "This is no word of a filter."),
        ("a = `b`.c", "either not quoted or unidentified quote types used for string value `b`.c."),
        ("a IN ()", "expected a non-empty list of string values"),
        ("a IN (1)", "but got different type in list: 1"),
        ("a IN ('b'", "A list has commas between its values and a parenthesis at its end."),
        ("name = a", "either not quoted or unidentified quote types used for string value a."),
    ] {
        let said = parse(filter).unwrap_err().to_string();
        assert!(said.contains(message), "{filter}: {said}");
    }
}

#[test]
fn orders_are_read() {
    assert_eq!(order(" name "), Ok(("name", "ASC")));
    assert_eq!(order("metrics.`a b` desc"), Ok(("metrics.`a b`", "DESC")));
    assert_eq!(order("metrics.`a b`"), Ok(("metrics.`a b`", "ASC")));
    for (text, message) in [("", "Could not be parsed."), ("name up", "Invalid ordering key"), ("\t", "parsed")] {
        assert!(order(text).unwrap_err().to_string().contains(message), "{text:?}");
    }
}

fn clause() -> impl Strategy<Value = Clause> {
    let text = any::<String>();
    let compared = prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">=", "LIKE", "ILIKE", "RLIKE"]);
    let number = prop_oneof![any::<i64>().prop_map(|n| n.to_string()), any::<f64>().prop_map(|n| n.abs().to_string())];
    let number = number.prop_filter("digits", |number| !number.contains(['N', 'i']));
    let value = prop_oneof![text.prop_map(Operand::Text), number.prop_map(Operand::Number)];
    let list = prop::collection::vec(text, 1..4).prop_map(Operand::List);
    let rest = prop_oneof![
        (compared, value),
        (prop::sample::select(vec!["IN", "NOT IN"]), list),
        (prop::sample::select(vec!["IS NULL", "IS NOT NULL"]), Just(Operand::None)),
    ];
    (prop::option::of("[a-z_`. ]{1,12}"), text, rest).prop_map(|(entity, key, (operator, value))| Clause {
        entity,
        key,
        operator: operator.to_owned(),
        value,
    })
}

proptest! {
    #[test]
    fn a_filter_that_is_written_is_read_as_itself(clauses in prop::collection::vec(clause(), 0..5)) {
        let filter = clauses.iter().map(Clause::to_string).collect::<Vec<_>>().join(" AND ");
        prop_assert_eq!(parse(&filter), Ok(clauses), "{}", filter);
    }

    /// What strangers write is read or refused, and what is read is written so that it is read again.
    #[test]
    fn any_text_is_read_or_refused(text in r#"([ -~é]|'|`|"| |,|\(|\)|=|<|AND |IN |LIKE |NULL|\.|-|[a-c])*"#) {
        let _ = (order(&text), split(&text));
        if let Ok(clauses) = parse(&text) {
            let filter = clauses.iter().map(Clause::to_string).collect::<Vec<_>>().join(" AND ");
            prop_assert_eq!(parse(&filter), Ok(clauses), "{}", filter);
        }
    }
}
