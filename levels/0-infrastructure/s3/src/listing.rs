//! Pages of keys, in the order of S3: by the bytes of the whole key.
//!
//! A folder's names, sorted with a `/` after those of folders, and walked in depth, give just that order:
//! `a-b` comes before `a/c`, because `-` comes before `/`. A page begins where the last one ended without
//! walking what came before. (Fault 19: listings were not paged, so that what came after the thousandth was ignored.)

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::ops::ControlFlow;
use std::path::Path;

use crate::key::{FOLDER, is_visible};

/// What to list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    pub(crate) prefix: String,
    /// Keys that have it after the prefix are folded into one.
    pub(crate) delimiter: Option<String>,
    pub(crate) after: Option<After>,
    pub(crate) limit: usize,
}

/// Where the page before ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// With this key.
    Key(String),
    /// With everything that begins so.
    Prefix(String),
}

impl After {
    /// Whether a key comes after it.
    fn is_before(&self, key: &str) -> bool {
        match self {
            Self::Key(last) => key > last.as_str(),
            Self::Prefix(last) => key > last.as_str() && !key.starts_with(last.as_str()),
        }
    }

    /// Whether something that begins with `folder` may come after it.
    fn may_be_before(&self, folder: &str) -> bool {
        match self {
            Self::Key(last) => folder > last.as_str() || last.starts_with(folder),
            Self::Prefix(last) => self.is_before(folder) || (last.starts_with(folder) && last != folder),
        }
    }
}

/// A page.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) objects: Vec<(String, Metadata)>,
    pub(crate) prefixes: Vec<String>,
    /// Where the next page begins, if there is one.
    pub(crate) next: Option<After>,
}

/// Walks the bucket's folder. What vanishes meanwhile is not there.
pub(crate) fn list(bucket: &Path, query: &Query) -> io::Result<Page> {
    let mut walk = Walk { query, page: Page::default(), last: None };
    if query.limit > 0 {
        let _ = walk.folder(bucket, "")?;
    }
    Ok(walk.page)
}

struct Walk<'a> {
    query: &'a Query,
    page: Page,
    last: Option<After>,
}

/// A name in a folder. Folders end in `/`; the marker of the folder itself is empty.
struct Name {
    text: String,
    is_folder: bool,
}

impl Walk<'_> {
    fn folder(&mut self, path: &Path, key: &str) -> io::Result<ControlFlow<()>> {
        for name in names(path)? {
            let full = format!("{key}{}", name.text);
            let flow = if name.is_folder {
                self.enter(&path.join(name.text.trim_end_matches('/')), &full)?
            } else {
                let file = if name.text.is_empty() { path.join(FOLDER) } else { path.join(&name.text) };
                self.object(&file, full)?
            };
            if flow.is_break() {
                return Ok(flow);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn enter(&mut self, path: &Path, key: &str) -> io::Result<ControlFlow<()>> {
        let prefix = &self.query.prefix;
        let leads_there = key.starts_with(prefix.as_str()) || prefix.starts_with(key);
        if !leads_there || !self.query.after.as_ref().is_none_or(|after| after.may_be_before(key)) {
            return Ok(ControlFlow::Continue(()));
        }
        let folded = self.query.delimiter.as_deref() == Some("/") && key.len() > prefix.len();
        if !folded {
            return self.folder(path, key);
        }
        // One look is enough: the folder is one line of the answer, if something is in it.
        if self.has_objects(path, key)? { Ok(self.fold(key)) } else { Ok(ControlFlow::Continue(())) }
    }

    fn has_objects(&self, path: &Path, key: &str) -> io::Result<bool> {
        for name in names(path)? {
            let full = format!("{key}{}", name.text);
            let found = if name.is_folder {
                self.has_objects(&path.join(name.text.trim_end_matches('/')), &full)?
            } else {
                self.query.after.as_ref().is_none_or(|after| after.is_before(&full))
            };
            if found {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn object(&mut self, path: &Path, key: String) -> io::Result<ControlFlow<()>> {
        let Some(rest) = key.strip_prefix(self.query.prefix.as_str()) else { return Ok(ControlFlow::Continue(())) };
        if !self.query.after.as_ref().is_none_or(|after| after.is_before(&key)) {
            return Ok(ControlFlow::Continue(()));
        }
        let delimiter = self.query.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty());
        if let Some((at, delimiter)) = delimiter.and_then(|delimiter| Some((rest.find(delimiter)?, delimiter))) {
            let end = self.query.prefix.len() + at + delimiter.len();
            return Ok(self.fold(&key[..end]));
        }
        let metadata = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(ControlFlow::Continue(())),
            Err(error) => return Err(error),
        };
        let flow = self.make_room();
        if flow.is_continue() {
            self.last = Some(After::Key(key.clone()));
            self.page.objects.push((key, metadata));
        }
        Ok(flow)
    }

    fn fold(&mut self, prefix: &str) -> ControlFlow<()> {
        if self.page.prefixes.last().is_some_and(|last| last == prefix) {
            return ControlFlow::Continue(());
        }
        let flow = self.make_room();
        if flow.is_continue() {
            self.last = Some(After::Prefix(prefix.to_owned()));
            self.page.prefixes.push(prefix.to_owned());
        }
        flow
    }

    /// Whether there is room; if not, there is a next page.
    fn make_room(&mut self) -> ControlFlow<()> {
        if self.page.objects.len() + self.page.prefixes.len() < self.query.limit {
            return ControlFlow::Continue(());
        }
        self.page.next = self.last.take();
        ControlFlow::Break(())
    }
}

/// What lies in a folder, in the order of S3. Symbolic links are not followed: they are not there.
fn names(folder: &Path) -> io::Result<Vec<Name>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        // A key is text: what is none was not put by anyone here.
        let Ok(text) = entry.file_name().into_string() else { continue };
        let kind = match entry.file_type() {
            Ok(kind) => kind,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if text == FOLDER && kind.is_file() {
            names.push(Name { text: String::new(), is_folder: false });
        } else if is_visible(&text) && kind.is_dir() {
            names.push(Name { text: text + "/", is_folder: true });
        } else if is_visible(&text) && kind.is_file() {
            names.push(Name { text, is_folder: false });
        }
    }
    names.sort_unstable_by(|a, b| a.text.cmp(&b.text));
    Ok(names)
}

#[cfg(test)]
mod tests;
