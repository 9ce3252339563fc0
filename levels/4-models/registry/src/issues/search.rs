//! Searching issues: filters and an order become one statement.

use serde_json::{Value, json};
use strata_clause::{Operand, parse};
use strata_database::{AnyRow, Row, SqlError, Transaction};

use super::issue::{BASIC, COLUMNS, Issue, WIDTH};
use super::page::{Position, fingerprint, position, token};
use super::store::fold;
use super::words::{SEVERITY, STATUS};
use crate::Error;
use crate::statement::Statement;

/// What is asked.
#[derive(Debug, Default)]
pub(super) struct Search {
    pub(super) experiment: Option<i64>,
    pub(super) filter: Option<String>,
    /// A part of the name, whatever its case.
    pub(super) name: Option<String>,
    pub(super) statuses: Vec<String>,
    pub(super) severities: Vec<String>,
    /// Any of them.
    pub(super) categories: Vec<String>,
    pub(super) order_by: Vec<String>,
    pub(super) view: Option<String>,
    pub(super) counts_traces: bool,
    pub(super) counts_all: bool,
    pub(super) limit: i64,
    pub(super) page_token: Option<String>,
}

/// A page of issues, each in its form on the wire.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) issues: Vec<Value>,
    pub(super) next: Option<String>,
    pub(super) all: Option<i64>,
}

/// The traces in which an issue was seen.
const TRACES: &str = "(SELECT COUNT(DISTINCT a.trace_id) FROM assessments a WHERE a.kind = 'issue' AND a.name = i.id)";

pub(super) async fn search(tx: &mut Transaction, search: &Search) -> Result<Found, Error> {
    let keys = search.order_by.iter().map(|order| Key::parse(order)).collect::<Result<Vec<_>, _>>()?;
    let fingerprint = search.fingerprint();
    let position = position(search.page_token.as_deref(), &fingerprint, !search.is_new())?;

    let mut all = None;
    if search.counts_all {
        let rows = search.conditions()?.rows(tx, "SELECT COUNT(*) FROM issues i", "").await?;
        all = rows.first().map(|row| row.try_get(0)).transpose()?;
    }

    let mut statement = search.conditions()?;
    let offset = match &position {
        Position::Offset(offset) => *offset,
        Position::After(values) => {
            let behind = behind(&mut statement, &keys, values)?;
            statement.and(behind);
            0
        }
    };
    let mut columns = vec![if search.view.as_deref() == Some("basic") { BASIC } else { COLUMNS }];
    columns.extend(search.counts_traces.then_some(TRACES));
    columns.extend(keys.iter().map(|key| key.expression.as_str()));
    let head = format!("SELECT {} FROM issues i", columns.join(", "));
    let (limit, offset_at) = (statement.number(search.limit + 1), statement.number(offset));
    let order = order(&keys, search.counts_traces);
    let mut rows = statement.rows(tx, &head, &format!("ORDER BY {order} LIMIT {limit} OFFSET {offset_at}")).await?;

    let more = rows.len() as i64 > search.limit;
    rows.truncate(search.limit as usize);
    let next = match rows.last().filter(|_| more) {
        None => None,
        Some(_) if keys.is_empty() => {
            let next = Position::Offset(offset + search.limit);
            Some(token(&next, search.is_new().then_some(fingerprint.as_str())))
        }
        Some(last) => Some(token(&Position::After(values(last, &keys, search.counts_traces)?), Some(&fingerprint))),
    };
    let issue = |row: &AnyRow| {
        let mut json = Issue::of(row)?.to_json();
        if search.counts_traces {
            json["trace_count"] = row.try_get::<i64, _>(WIDTH)?.into();
        }
        Ok::<_, SqlError>(json)
    };
    Ok(Found { issues: rows.iter().map(issue).collect::<Result<_, _>>()?, next, all })
}

impl Search {
    /// Whether it asks for what old clients do not know.
    fn is_new(&self) -> bool {
        let lists = [&self.statuses, &self.severities, &self.categories, &self.order_by];
        self.name.is_some() || self.view.is_some() || self.counts_all || lists.iter().any(|list| !list.is_empty())
    }

    fn fingerprint(&self) -> String {
        let sorted = |list: &[String], of: fn(&str) -> String| {
            let mut list: Vec<String> = list.iter().map(|text| of(text)).collect();
            list.sort_unstable();
            list.dedup();
            list
        };
        fingerprint(&json!([
            self.experiment,
            self.filter,
            self.name,
            sorted(&self.statuses, str::to_owned),
            sorted(&self.severities, str::to_owned),
            sorted(&self.categories, fold),
            self.order_by,
            self.view,
            self.counts_traces,
            self.counts_all,
        ]))
    }

    fn conditions(&self) -> Result<Statement, Error> {
        let mut statement = Statement::default();
        if let Some(experiment) = self.experiment {
            let experiment = statement.number(experiment);
            statement.and(format!("i.experiment_id = {experiment}"));
        }
        if let Some(filter) = &self.filter {
            add_filter(&mut statement, filter)?;
        }
        if let Some(name) = &self.name {
            let escaped = name.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
            let pattern = statement.text(format!("%{escaped}%"));
            statement.and(format!(r"lower(i.name) LIKE lower({pattern}) ESCAPE '\'"));
        }
        for (column, words) in [("i.status", &self.statuses), ("i.severity", &self.severities)] {
            if !words.is_empty() {
                let words = statement.texts(words);
                statement.and(format!("{column} IN ({words})"));
            }
        }
        if !self.categories.is_empty() {
            let folded: Vec<String> = self.categories.iter().map(|category| fold(category)).collect();
            let folded = statement.texts(&folded);
            statement.and(format!(
                "EXISTS (SELECT 1 FROM issue_categories c WHERE c.issue_id = i.id AND c.folded IN ({folded}))"
            ));
        }
        Ok(statement)
    }
}

fn add_filter(statement: &mut Statement, filter: &str) -> Result<(), Error> {
    for clause in parse(filter)? {
        let name = match &clause.entity {
            Some(entity) => format!("{entity}.{}", clause.key),
            None => clause.key,
        };
        let column = match name.as_str() {
            "status" => "i.status",
            "source_run_id" => "i.source_run_id",
            _ => {
                let supported = "Supported fields: {'status', 'source_run_id'}";
                return Err(Error::invalid(format!("Invalid filter field '{name}'. {supported}")));
            }
        };
        let operator = clause.operator;
        if !["=", "!="].contains(&operator.as_str()) {
            let supported = "Supported comparators: {'=', '!='}";
            return Err(Error::invalid(format!("Invalid comparator '{operator}'. {supported}")));
        }
        let (Operand::Text(text) | Operand::Number(text)) = clause.value else {
            return Err(Error::invalid(format!("Invalid comparison: '{name}' is compared with a quoted string")));
        };
        let condition = statement.compare_text(column, &operator, &[text]);
        statement.and(condition);
    }
    Ok(())
}

/// One key of the order.
#[derive(Debug)]
struct Key {
    expression: String,
    is_text: bool,
    descends: bool,
}

impl Key {
    /// `name [ASC | DESC]`.
    fn parse(order: &str) -> Result<Self, Error> {
        let invalid = || Error::invalid(format!("Invalid issue order_by: '{order}'"));
        let words: Vec<&str> = order.split_whitespace().collect();
        let (name, descends) = match words.as_slice() {
            [name] => (*name, false),
            [name, way] if way.eq_ignore_ascii_case("asc") => (*name, false),
            [name, way] if way.eq_ignore_ascii_case("desc") => (*name, true),
            _ => return Err(invalid()),
        };
        let expression = match name {
            "name" => "lower(i.name)".to_owned(),
            "status" => STATUS.place(),
            "severity" => SEVERITY.place(),
            "created_timestamp" => "i.created_at".to_owned(),
            "last_updated_timestamp" => "i.updated_at".to_owned(),
            "last_seen_timestamp" => "i.seen_at".to_owned(),
            _ => return Err(invalid()),
        };
        Ok(Self { expression, is_text: name == "name", descends })
    }
}

/// Unless one is asked for, the worst are first, those of most traces, and the newest.
fn order(keys: &[Key], counts_traces: bool) -> String {
    let mut order = if keys.is_empty() {
        let traces = if counts_traces { format!("{TRACES} DESC, ") } else { String::new() };
        format!("{} DESC, {traces}i.created_at DESC", SEVERITY.place())
    } else {
        let way = |key: &Key| format!("{} {}", key.expression, if key.descends { "DESC" } else { "ASC" });
        keys.iter().map(way).collect::<Vec<_>>().join(", ")
    };
    order += ", i.id DESC";
    order
}

/// The keys of a row, and its id.
fn values(row: &AnyRow, keys: &[Key], counts_traces: bool) -> Result<Vec<Value>, Error> {
    let first = WIDTH + usize::from(counts_traces);
    let mut values = Vec::with_capacity(keys.len() + 1);
    for (at, key) in keys.iter().enumerate() {
        values.push(if key.is_text {
            row.try_get::<String, _>(first + at)?.into()
        } else {
            row.try_get::<i64, _>(first + at)?.into()
        });
    }
    values.push(row.try_get::<String, _>(0)?.into());
    Ok(values)
}

/// The condition of all that comes behind the row with these keys and this id.
fn behind(statement: &mut Statement, keys: &[Key], values: &[Value]) -> Result<String, Error> {
    let invalid = || Error::invalid("Invalid issue page token");
    if keys.is_empty() || values.len() != keys.len() + 1 {
        return Err(invalid());
    }
    let id = Key { expression: "i.id".to_owned(), is_text: true, descends: true };
    let (mut ways, mut equal) = (Vec::new(), Vec::new());
    for (at, (key, value)) in keys.iter().chain([&id]).zip(values).enumerate() {
        let mut bound = || match value {
            Value::String(text) if key.is_text => Ok(statement.text(text.clone())),
            value if !key.is_text => value.as_i64().map(|number| statement.number(number)).ok_or_else(invalid),
            _ => Err(invalid()),
        };
        let (expression, sign) = (&key.expression, if key.descends { "<" } else { ">" });
        let way = [equal.as_slice(), &[format!("{expression} {sign} {}", bound()?)]].concat();
        ways.push(format!("({})", way.join(" AND ")));
        if at < keys.len() {
            equal.push(format!("{expression} = {}", bound()?));
        }
    }
    Ok(format!("({})", ways.join(" OR ")))
}

#[cfg(test)]
mod tests {
    use super::{Key, behind, order};
    use crate::statement::Statement;

    #[test]
    fn an_order_is_read() {
        let keys = [Key::parse("name").unwrap(), Key::parse(" created_timestamp  desc ").unwrap()];
        assert_eq!(order(&keys, true), "lower(i.name) ASC, i.created_at DESC, i.id DESC");
        assert!(order(&[], false).ends_with("END DESC, i.created_at DESC, i.id DESC"));
        for bad in ["", "x", "name x", "name asc desc", "NAME"] {
            assert!(Key::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_page_goes_on_behind_a_row() {
        let keys = [Key::parse("name").unwrap(), Key::parse("created_timestamp desc").unwrap()];
        let made = behind(&mut Statement::default(), &keys, &["a".into(), 5.into(), "iss-1".into()]).unwrap();
        assert_eq!(
            made,
            "((lower(i.name) > $1) OR (lower(i.name) = $2 AND i.created_at < $3) OR \
             (lower(i.name) = $2 AND i.created_at = $4 AND i.id < $5))"
        );
        let wrong = behind(&mut Statement::default(), &keys, &[5.into(), 5.into(), "iss-1".into()]);
        assert!(wrong.is_err(), "a name is no number");
        assert!(behind(&mut Statement::default(), &keys, &["a".into()]).is_err());
    }
}
