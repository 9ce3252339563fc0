//! What a reader may rely on in every file and folder.

use crate::{Crate, SourceFile};

/// Lines past which a file needs a reason.
pub const LONG: usize = 600;

/// A file that is long on purpose.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// Its path, from the root.
    pub path: &'static str,
    /// Why it stays one file.
    pub reason: &'static str,
}

/// All of them.
pub const LONG_FILES: &[Allowance] = &[];

/// Names that say nothing of what is inside, and so attract everything.
const SHAPELESS: &[&str] = &["common", "helper", "helpers", "misc", "util", "utils"];

/// Rust files that do not begin by saying what they are.
pub fn without_introduction(files: &[SourceFile]) -> Vec<String> {
    let silent = |file: &&SourceFile| is_rust(file) && !file.text.starts_with("//!");
    files.iter().filter(silent).map(|file| format!("{} does not open with `//!`", file.path)).collect()
}

/// Files and folders without a name of their own.
pub fn shapeless_names(files: &[SourceFile]) -> Vec<String> {
    let shapeless = |part: &str| SHAPELESS.contains(&part.trim_end_matches(".rs"));
    let found = files.iter().filter(|file| is_rust(file) && file.path.split('/').any(shapeless));
    found.map(|file| format!("{}: name the idea", file.path)).collect()
}

/// Files that are long without a reason, and reasons for files that are not long.
pub fn long_files(files: &[SourceFile], allowed: &[Allowance]) -> Vec<String> {
    let long: Vec<_> = files.iter().filter(|file| is_rust(file) && file.text.lines().count() > LONG).collect();
    let unexplained = long.iter().filter(|file| allowed.iter().all(|allowance| allowance.path != file.path));
    let unneeded = allowed.iter().filter(|allowance| long.iter().all(|file| file.path != allowance.path));
    unexplained
        .map(|file| format!("{} has {} lines: which second idea moved in?", file.path, file.text.lines().count()))
        .chain(unneeded.map(|allowance| format!("{} is not long: its allowance can go", allowance.path)))
        .collect()
}

/// Folders of levels that do not say what they give and what they must never know.
pub fn levels_without_readme(crates: &[Crate], files: &[SourceFile]) -> Vec<String> {
    let mut levels: Vec<_> = crates
        .iter()
        .filter(|member| member.folder.starts_with("levels/") || member.folder.starts_with("bedrock/"))
        .filter_map(|member| member.folder.rsplit_once('/'))
        .map(|(level, _)| format!("{level}/README.md"))
        .collect();
    levels.dedup();
    levels.retain(|readme| files.iter().all(|file| file.path != *readme));
    levels.into_iter().map(|readme| format!("{readme} is missing")).collect()
}

/// Crates that do not take the workspace's lints.
pub fn own_lints(crates: &[Crate]) -> Vec<String> {
    let own = |member: &&Crate| !member.manifest.replace("\r\n", "\n").contains("[lints]\nworkspace = true");
    crates.iter().filter(own).map(|member| format!("{} has no `[lints] workspace = true`", member.name)).collect()
}

/// Crates under another licence than the project's.
pub fn other_licences(crates: &[Crate]) -> Vec<String> {
    let other = |member: &&Crate| member.license.as_deref() != Some("Apache-2.0");
    crates.iter().filter(other).map(|member| format!("{} is not under Apache-2.0", member.name)).collect()
}

pub(crate) fn is_rust(file: &SourceFile) -> bool {
    file.path.rsplit_once('.').is_some_and(|(_, extension)| extension == "rs")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::made_up::{file, member};

    #[test]
    fn a_file_without_introduction_is_caught() {
        let files = [file("a.rs", "//! Says.\n"), file("b.rs", "// Says not.\n"), file("README.md", "# Strata\n")];
        assert_eq!(without_introduction(&files), ["b.rs does not open with `//!`"]);
    }

    #[test]
    fn a_shapeless_name_is_caught() {
        let files = ["a/src/utils.rs", "a/src/common/mod.rs", "a/src/commonality.rs", "docs/misc/a.md"];
        let found = shapeless_names(&files.map(|path| file(path, "")));
        assert_eq!(found, ["a/src/utils.rs: name the idea", "a/src/common/mod.rs: name the idea"]);
    }

    #[test]
    fn a_long_file_needs_a_reason_and_a_reason_a_long_file() {
        let files = [file("a.rs", &"\n".repeat(LONG)), file("b.rs", &"\n".repeat(LONG + 1))];
        let allow = |path| [Allowance { path, reason: "a table" }];
        assert_eq!(long_files(&files, &[]), ["b.rs has 601 lines: which second idea moved in?"]);
        assert_eq!(long_files(&files, &allow("b.rs")), Vec::<String>::new());
        assert_eq!(long_files(&files[..1], &allow("b.rs")), ["b.rs is not long: its allowance can go"]);
    }

    #[test]
    fn a_level_without_readme_is_caught() {
        let crates = [member("bedrock/types", "types", &[]), member("levels/1-ingestion/landing", "landing", &[])];
        let found = levels_without_readme(&crates, &[file("bedrock/README.md", "")]);
        assert_eq!(found, ["levels/1-ingestion/README.md is missing"]);
    }

    #[test]
    fn own_lints_and_other_licences_are_caught() {
        let mut sound = member("stack", "stack", &[]);
        sound.manifest = "[lints]\nworkspace = true\n".to_owned();
        sound.license = Some("Apache-2.0".to_owned());
        let mut other = member("strata", "strata", &[]);
        other.license = Some("GPL-3.0".to_owned());
        let crates = [sound, other];
        assert_eq!(own_lints(&crates), ["strata has no `[lints] workspace = true`"]);
        assert_eq!(other_licences(&crates), ["strata is not under Apache-2.0"]);
    }
}
