//! The silver tables that features are made of, as of one moment, and how they are read: by stretches of patients.

use futures::{StreamExt, TryStreamExt, stream};
use strata_lakehouse::{Footer, Group, Lakehouse, Piece};

use crate::Error;
use crate::parts::Part;
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
    files: Vec<Footer>,
}

impl Sources {
    /// Those of these tables that exist; an error if all are empty.
    pub(crate) async fn open(lakehouse: &Lakehouse, parts: impl Iterator<Item = Part>) -> Result<Self, Error> {
        let mut sources = Vec::new();
        for part in parts {
            let Some(table) = lakehouse.existing(part.spec).await? else { continue };
            let shelf = table.shelf();
            let footers = stream::iter(table.files()).map(|file| shelf.footer(file)).buffered(READERS);
            sources.push(Source { part, version: table.version(), files: footers.try_collect().await? });
        }
        if sources.iter().all(|source| source.rows() == 0) {
            return Err(Error::NoSilver);
        }
        Ok(Self(sources))
    }

    /// The tables' names and versions.
    pub(crate) fn versions(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().map(|source| (source.part.spec.name, source.version))
    }

    /// All patients, cut by the table that weighs most.
    pub(crate) fn stretches(&self, vectors_at_once: u64) -> Vec<Span> {
        let heaviest = self.0.iter().max_by_key(|source| source.rows() / source.part.rows_a_vector);
        let Some(source) = heaviest else { return vec![Span::default()] };
        spans(source.files.iter().flat_map(Footer::groups), vectors_at_once * source.part.rows_a_vector)
    }

    /// The row groups that are wanted, table by table and file by file.
    pub(crate) async fn fetch(&self, wanted: impl Fn(&Group) -> bool) -> Result<Vec<(Part, Piece)>, Error> {
        let mut reads = Vec::new();
        for source in &self.0 {
            for file in &source.files {
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
        self.files.iter().flat_map(Footer::groups).map(|group| group.rows).sum()
    }
}
