//! Any tree, any query: the pages together are what a sorted list of keys gives.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// The answer by definition: the sorted keys, filtered and folded.
fn expected(keys: &BTreeSet<String>, query: &Query) -> Vec<String> {
    let mut lines = Vec::<String>::new();
    for key in keys.iter().filter(|key| key.starts_with(&query.prefix)) {
        if let Some(After::Key(last)) = &query.after
            && key <= last
        {
            continue;
        }
        let rest = &key[query.prefix.len()..];
        let folded = query.delimiter.as_deref().and_then(|delimiter| Some(rest.find(delimiter)? + delimiter.len()));
        let line = folded.map_or(key.as_str(), |end| &key[..query.prefix.len() + end]);
        if lines.last().is_none_or(|last| last != line) {
            lines.push(line.to_owned());
        }
    }
    lines
}

fn all_pages(bucket: &Path, query: &Query) -> Vec<String> {
    let mut lines = Vec::new();
    let mut query = query.clone();
    loop {
        let page = list(bucket, &query).unwrap();
        assert!(page.objects.len() + page.prefixes.len() <= query.limit);
        let mut here: Vec<String> = page.objects.into_iter().map(|(key, _)| key).chain(page.prefixes).collect();
        here.sort();
        lines.extend(here);
        let Some(next) = page.next else { return lines };
        query.after = Some(next);
    }
}

/// Writes what can be written: a name is a file or a folder, whichever came first.
fn write(bucket: &Path, keys: &BTreeSet<String>) -> BTreeSet<String> {
    let mut kinds = BTreeMap::<String, bool>::new();
    let mut written = BTreeSet::new();
    for key in keys {
        let folders: Vec<String> = key.match_indices('/').map(|(at, _)| key[..at].to_owned()).collect();
        if folders.iter().any(|folder| kinds.get(folder) == Some(&true)) || kinds.contains_key(key) {
            continue;
        }
        kinds.extend(folders.into_iter().map(|folder| (folder, false)));
        kinds.insert(key.clone(), true);
        let path = bucket.join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, key).unwrap();
        written.insert(key.clone());
    }
    written
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Fault 19: no page is lost, none comes twice.
    #[test]
    fn pages_are_what_a_sorted_list_gives(
        keys in prop::collection::btree_set("[ab+.]{1,2}(/[ab+]{1,2}){0,3}", 0..24),
        prefix in "[ab+]{0,2}(/[ab]?)?",
        delimiter in prop::option::of(prop::sample::select(&["/", "b", "a/"][..])),
        after in prop::option::of("[ab+]{0,2}(/[ab]?)?"),
        limit in 1_usize..7,
    ) {
        let bucket = tempfile::tempdir().unwrap();
        let plain = keys.into_iter().filter(|key| crate::key::Key::new(key).is_ok()).collect();
        let keys = write(bucket.path(), &plain);
        let query =
            Query { prefix, delimiter: delimiter.map(str::to_owned), after: after.map(After::Key), limit };
        prop_assert_eq!(all_pages(bucket.path(), &query), expected(&keys, &query));
    }
}

#[test]
fn what_is_not_an_object_is_not_listed() {
    let bucket = tempfile::tempdir().unwrap();
    let path = bucket.path();
    for folder in ["empty/below", ".strata/uploads", "table"] {
        fs::create_dir_all(path.join(folder)).unwrap();
    }
    for file in [".strata/uploads/1", "table/part-0.parquet", "table/part-1.parquet#2", "table/.strata-folder"] {
        fs::write(path.join(file), "x").unwrap();
    }
    std::os::unix::fs::symlink("/etc", path.join("link")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", path.join("table/passwd")).unwrap();
    let query = Query { limit: 100, ..Query::default() };
    assert_eq!(all_pages(path, &query), ["table/", "table/part-0.parquet"]);
    let query = Query { delimiter: Some("/".to_owned()), ..query };
    assert_eq!(all_pages(path, &query), ["table/"]);
}
