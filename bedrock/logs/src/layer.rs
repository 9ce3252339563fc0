//! From an event to a line: whose it is, and what may be read of it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};
use strata_runtime::Clock;
use strata_types::Timestamp;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterExt, LevelFilter, filter_fn};
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use crate::writer::Intake;
use crate::{Line, STRATA, redact};

/// Writes events to the files of their services: see [`start`](crate::start).
///
/// An event belongs to the service that its field `service` names; else to the one whose scope the task runs in that
/// said it, which it can only know if its filter lets [tasks](with_tasks) through; else to [`STRATA`].
#[derive(Debug)]
pub struct FileLayer {
    pub(crate) intake: Intake,
    /// Each service that has a file, and which.
    pub(crate) services: BTreeMap<String, usize>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// This filter, but let the spans of a scope's tasks through too: without them no event knows its service. They are
/// spans of level INFO, so a filter of WARN would hide them.
///
/// ```
/// # use std::sync::Arc;
/// use strata_logs::{Rotation, Settings, start, with_tasks};
/// use tracing_subscriber::{EnvFilter, layer::SubscriberExt, Layer};
/// # let folder = tempfile::tempdir()?;
/// # let clock = Arc::new(strata_runtime::clock::System);
/// let settings = Settings { folder: folder.path().join("logs"), services: vec!["landing".into()], rotation: Rotation::default() };
/// let (files, guard) = start(settings, clock)?;
/// let subscriber = tracing_subscriber::registry().with(files.with_filter(with_tasks(EnvFilter::new("warn"))));
/// tracing::subscriber::with_default(subscriber, || tracing::warn!(service = "landing", late = 3, "objects are late"));
/// drop(guard); // What was said is in the files.
/// # assert!(std::fs::read_to_string(folder.path().join("logs/landing.ndjson"))?.contains("late"));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn with_tasks<S>(filter: impl Filter<S>) -> impl Filter<S> {
    filter.or(filter_fn(is_task).with_max_level_hint(LevelFilter::INFO))
}

/// What `strata_runtime::Scope` opens around each of its members.
fn is_task(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.name() == "task" && *metadata.level() <= Level::INFO
}

/// Where a task runs, kept with its span.
struct Task {
    scope: String,
    name: String,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for FileLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if !is_task(attributes.metadata()) {
            return;
        }
        let mut said = Said::default();
        attributes.record(&mut said);
        if let (Some(scope), Some(name), Some(span)) = (said.text("scope"), said.text("name"), context.span(id)) {
            span.extensions_mut().insert(Task { scope, name });
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut said = Said::default();
        event.record(&mut said);
        let metadata = event.metadata();
        // What comes over the `log` facade brings its own origin as fields.
        let target = said.text("log.target").unwrap_or_else(|| metadata.target().to_owned());
        said.0.retain(|key, _| !key.starts_with("log."));
        let message = said.text("message").unwrap_or_default();

        let (mut span, mut file) = (String::new(), None);
        for place in context.event_scope(event).into_iter().flat_map(tracing_subscriber::registry::Scope::from_root) {
            file = self.enter(&place, &mut span).or(file);
        }
        // A name that nobody knows stays a field.
        let named = said.0.get("service").and_then(Value::as_str).and_then(|name| self.services.get_key_value(name));
        if named.is_some() {
            file = named;
        }
        let (service, file) = file.map_or((STRATA, 0), |(service, file)| (service, *file));
        if named.is_some() {
            said.0.remove("service");
        }
        let line = Line {
            time: Timestamp(self.clock.now_micros()),
            level: *metadata.level(),
            service: service.to_owned(),
            target,
            message: redact::text(&message),
            span,
            fields: redact::fields(said.0),
        };
        self.intake.offer(file, line.to_bytes());
    }
}

impl FileLayer {
    /// Adds a span to the path, and gives the service that it belongs to, if it says so. A task's scope is a whole path,
    /// so it stands for what is around it.
    fn enter<'a, S: for<'s> LookupSpan<'s>>(
        &self,
        place: &SpanRef<'a, S>,
        path: &mut String,
    ) -> Option<(&String, &usize)> {
        let extensions = place.extensions();
        if let Some(Task { scope, name }) = extensions.get() {
            *path = format!("{scope}/{name}");
            // The first part is the root, which is no service.
            return scope.split('/').skip(1).find_map(|part| self.services.get_key_value(part));
        }
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(place.name());
        None
    }
}

/// The fields of an event or a span.
#[derive(Default)]
struct Said(Map<String, Value>);

impl Said {
    /// Takes a text out.
    fn text(&mut self, key: &str) -> Option<String> {
        match self.0.remove(key)? {
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        }
    }

    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no number for what is none.
        if value.is_finite() { self.put(field, value) } else { self.put(field, value.to_string()) }
    }
}
