//! A statement that is put together from conditions, each with the values that it binds.

use strata_database::{AnyRow, AssertSqlSafe, Transaction, query};

use crate::Error;

/// `($1, $2), ($3, $4)` and so on.
pub(crate) fn placeholders(rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let places = (1..=columns).map(|column| format!("${}", row * columns + column)).collect::<Vec<_>>();
        format!("({})", places.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

#[derive(Clone, Debug)]
pub(crate) enum Bind {
    Text(String),
    Number(i64),
    Double(f64),
}

/// Conditions, all of which must hold, and their values.
#[derive(Debug, Default)]
pub(crate) struct Statement {
    conditions: Vec<String>,
    binds: Vec<Bind>,
}

impl Statement {
    /// The placeholder of a value.
    pub(crate) fn bind(&mut self, bind: Bind) -> String {
        self.binds.push(bind);
        format!("${}", self.binds.len())
    }

    pub(crate) fn text(&mut self, text: impl Into<String>) -> String {
        self.bind(Bind::Text(text.into()))
    }

    pub(crate) fn number(&mut self, number: i64) -> String {
        self.bind(Bind::Number(number))
    }

    pub(crate) fn double(&mut self, number: f64) -> String {
        self.bind(Bind::Double(number))
    }

    /// The placeholders of texts, with commas between them. An empty list holds what nothing equals.
    pub(crate) fn texts(&mut self, texts: &[String]) -> String {
        if texts.is_empty() {
            return "NULL".to_owned();
        }
        texts.iter().map(|text| self.text(text.clone())).collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn numbers(&mut self, numbers: &[i64]) -> String {
        if numbers.is_empty() {
            return "NULL".to_owned();
        }
        numbers.iter().map(|number| self.number(*number)).collect::<Vec<_>>().join(", ")
    }

    /// One more condition that must hold.
    pub(crate) fn and(&mut self, condition: impl Into<String>) {
        self.conditions.push(condition.into());
    }

    /// `column operator text`. In `LIKE` case counts on both databases, in `ILIKE` on neither.
    pub(crate) fn compare_text(&mut self, column: &str, operator: &str, values: &[String]) -> String {
        let first = values.first().cloned().unwrap_or_default();
        match operator {
            "IN" | "NOT IN" => format!("{column} {operator} ({})", self.texts(values)),
            "LIKE" => format!("{column} LIKE {}", self.pattern(&first, |pattern| pattern)),
            "ILIKE" => format!("lower({column}) LIKE {}", self.pattern(&first, |pattern| format!("lower({pattern})"))),
            operator => format!("{column} {operator} {}", self.text(first)),
        }
    }

    /// Postgres takes a backslash for an escape and SQLite does not; MLflow knows no escape at all. So the escape is a
    /// sign that nobody writes, and who does means the sign.
    fn pattern(&mut self, pattern: &str, of: impl Fn(String) -> String) -> String {
        const ESCAPE: &str = "\u{1}";
        let pattern = self.text(pattern.replace(ESCAPE, "\u{1}\u{1}"));
        format!("{} ESCAPE '{ESCAPE}'", of(pattern))
    }

    /// The rows of `head WHERE conditions tail`.
    pub(crate) async fn rows(self, tx: &mut Transaction, head: &str, tail: &str) -> Result<Vec<AnyRow>, Error> {
        let conditions = if self.conditions.is_empty() { "1 = 1".to_owned() } else { self.conditions.join(" AND ") };
        self.ask(tx, format!("{head} WHERE {conditions} {tail}")).await
    }

    /// The row of a question that has no conditions.
    pub(crate) async fn row(self, tx: &mut Transaction, question: &str) -> Result<Option<AnyRow>, Error> {
        Ok(self.ask(tx, question.to_owned()).await?.pop())
    }

    async fn ask(self, tx: &mut Transaction, sql: String) -> Result<Vec<AnyRow>, Error> {
        let mut question = query(AssertSqlSafe(sql));
        for bind in self.binds {
            question = match bind {
                Bind::Text(text) => question.bind(text),
                Bind::Number(number) => question.bind(number),
                Bind::Double(number) => question.bind(number),
            };
        }
        Ok(question.fetch_all(&mut **tx).await?)
    }
}
