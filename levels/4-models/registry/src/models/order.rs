//! In which order models and versions are found.

use strata_clause::{order as read, split};

use crate::Error;

/// What can be ordered by: the word and the column.
pub(super) type Orders = &'static [(&'static str, &'static str)];

pub(super) const MODELS: Orders =
    &[("name", "m.name"), ("timestamp", "m.updated_at"), ("last_updated_timestamp", "m.updated_at")];
pub(super) const VERSIONS: Orders = &[
    ("name", "m.name"),
    ("version_number", "v.version"),
    ("creation_timestamp", "v.created_at"),
    ("last_updated_timestamp", "v.updated_at"),
];

/// `ORDER BY` of a statement: what is asked for, and then the last ones, each with its direction, so that nothing is
/// left to chance.
pub(super) fn order(asked: &[String], orders: Orders, last: &[(&str, &str)]) -> Result<String, Error> {
    let mut columns: Vec<(&str, &str)> = Vec::new();
    for clause in asked {
        let (identifier, direction) = read(clause)?;
        let (entity, key) = split(identifier);
        let known = orders.iter().find(|(name, _)| entity.is_none() && *name == key);
        let Some((_, column)) = known else {
            let valid = orders.iter().map(|(name, _)| format!("'{name}'")).collect::<Vec<_>>().join(", ");
            return Err(Error::invalid(format!(
                "Invalid order by key '{identifier}' specified. Valid keys are '{{{valid}}}'"
            )));
        };
        if columns.iter().any(|(known, _)| known == column) {
            let asked = asked.iter().map(|clause| format!("'{clause}'")).collect::<Vec<_>>().join(", ");
            return Err(Error::invalid(format!("`order_by` contains duplicate fields: [{asked}]")));
        }
        columns.push((column, direction));
    }
    for (column, direction) in last {
        if !columns.iter().any(|(known, _)| known == column) {
            columns.push((column, direction));
        }
    }
    Ok(columns.iter().map(|(column, direction)| format!("{column} {direction}")).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::{VERSIONS, order};

    #[test]
    fn orders_end_in_what_is_never_equal() {
        let words = |asked: &[&str]| asked.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let order = |asked: &[&str]| order(&words(asked), VERSIONS, &[("m.name", "ASC"), ("v.version", "DESC")]);
        assert_eq!(order(&[]).unwrap(), "m.name ASC, v.version DESC");
        let both = order(&["version_number", "`last_updated_timestamp` desc"]).unwrap();
        assert_eq!(both, "v.version ASC, v.updated_at DESC, m.name ASC");
        for (asked, message) in [
            (vec!["zz"], "Invalid order by key 'zz' specified."),
            (vec!["name zz"], "Invalid ordering key in order_by clause 'name zz'."),
            (vec!["name asc x"], "Invalid ordering key in order_by clause 'name asc x'."),
            (vec![""], "Could not be parsed."),
            (vec!["name", "name DESC"], "`order_by` contains duplicate fields: ['name', 'name DESC']"),
        ] {
            let said = order(&asked).unwrap_err().to_string();
            assert!(said.contains(message), "{asked:?}: {said}");
        }
    }
}
