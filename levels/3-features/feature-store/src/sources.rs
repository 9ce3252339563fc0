//! The silver tables that features are made of, as of one moment, and how they are read: by stretches of patients.

use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use strata_lakehouse::{DataFile, Footer, Group, Lakehouse, Piece, Shelf};

use crate::Error;
use crate::parts::{LABELS, PARTS, Part};
use crate::span::{Span, spans};

/// How many files are read at once.
const READERS: usize = 8;

/// Silver tables, of which only the footers were read.
#[derive(Debug)]
pub(crate) struct Sources(Vec<Source>);

/// One of them, as of one version.
#[derive(Debug)]
struct Source {
    part: Part,
    version: u64,
    files: Vec<(DataFile, Footer)>,
}

/// A stretch of patients, and the files of silver that may have rows of theirs, by table: what somebody else needs to know.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Stretch {
    pub(crate) span: Span,
    files: Vec<(String, Vec<DataFile>)>,
}

impl Sources {
    /// Those of these tables that exist; an error if all are empty.
    pub(crate) async fn open(lakehouse: &Lakehouse, parts: impl Iterator<Item = Part> + Send) -> Result<Self, Error> {
        let open = |part: Part| async move {
            let Some(table) = lakehouse.existing(part.spec).await? else { return Ok(None) };
            let files = read(&table.shelf(), table.files().to_vec()).await?;
            Ok::<_, Error>(Some(Source { part, version: table.version(), files }))
        };
        let opened: Vec<Option<Source>> = stream::iter(parts).map(open).buffered(READERS).try_collect().await?;
        let sources: Vec<Source> = opened.into_iter().flatten().collect();
        if sources.iter().all(|source| source.rows() == 0) {
            return Err(Error::NoSilver);
        }
        Ok(Self(sources))
    }

    /// Those of a stretch, for whoever was told of it. Their versions are not known.
    pub(crate) async fn reopen(lakehouse: &Lakehouse, stretch: &Stretch) -> Result<Self, Error> {
        let mut sources = Vec::new();
        for (name, files) in &stretch.files {
            let part = PARTS.into_iter().chain([LABELS]).find(|part| part.spec.name == name);
            let Some(part) = part else { continue };
            let files = read(&lakehouse.shelf(part.spec)?, files.clone()).await?;
            sources.push(Source { part, version: 0, files });
        }
        Ok(Self(sources))
    }

    /// A stretch with its files.
    pub(crate) fn of(&self, span: Span) -> Stretch {
        let files = self.0.iter().map(|source| {
            let files = source.files.iter().filter(|(_, footer)| footer.groups().any(|group| span.meets(&group)));
            (source.part.spec.name.to_owned(), files.map(|(file, _)| file.clone()).collect())
        });
        Stretch { files: files.collect(), span }
    }

    /// The tables' names and versions.
    pub(crate) fn versions(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().map(|source| (source.part.spec.name, source.version))
    }

    /// All patients, cut by the table that weighs most, into at least so many stretches if there are as many row groups.
    pub(crate) fn stretches(&self, vectors_at_once: u64, least: usize) -> Vec<Span> {
        let heaviest = self.0.iter().max_by_key(|source| source.rows() / source.part.rows_a_vector);
        let Some(source) = heaviest else { return vec![Span::default()] };
        let rows = (vectors_at_once * source.part.rows_a_vector).min(source.rows().div_ceil(least.max(1) as u64));
        spans(source.files.iter().flat_map(|(_, footer)| footer.groups()), rows)
    }

    /// The row groups that are wanted, table by table and file by file.
    pub(crate) async fn fetch(&self, wanted: impl Fn(&Group) -> bool) -> Result<Vec<(Part, Piece)>, Error> {
        let mut reads = Vec::new();
        for source in &self.0 {
            for (_, file) in &source.files {
                let groups = file.groups().filter(|group| wanted(group)).map(|group| group.index);
                let groups: Vec<usize> = groups.collect();
                if !groups.is_empty() {
                    reads.push((source.part, file.clone(), groups));
                }
            }
        }
        let fetch = |(part, file, groups): (Part, Footer, Vec<usize>)| async move {
            Ok::<_, Error>((part, file.fetch(groups, part.columns).await?))
        };
        stream::iter(reads).map(fetch).buffered(READERS).try_collect().await
    }
}

impl Source {
    fn rows(&self) -> u64 {
        self.files.iter().flat_map(|(_, footer)| footer.groups()).map(|group| group.rows).sum()
    }
}

/// Reads the footers of files.
async fn read(shelf: &Shelf, files: Vec<DataFile>) -> Result<Vec<(DataFile, Footer)>, Error> {
    let footers: Vec<_> = files.iter().map(|file| shelf.footer(file)).collect();
    let footers: Vec<Footer> = stream::iter(footers).buffered(READERS).try_collect().await?;
    Ok(files.into_iter().zip(footers).collect())
}
