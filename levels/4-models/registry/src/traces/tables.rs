//! The tables of traces.

/// As a migration has them. Times are MLflow's milliseconds, those of spans nanoseconds. Tags and metadata are one
/// table each; what of them is searched most, the name of the trace and its session, is found by their index. A trace may be
/// linked before it arrives.
pub(crate) const SQL: &str = "
    CREATE TABLE traces (
        id TEXT PRIMARY KEY, experiment_id BIGINT NOT NULL, request_time BIGINT NOT NULL, duration BIGINT,
        state TEXT NOT NULL, client_request_id TEXT, request_preview TEXT, response_preview TEXT);
    CREATE INDEX traces_by_time ON traces (experiment_id, request_time);
    CREATE TABLE trace_tags (
        trace_id TEXT NOT NULL REFERENCES traces (id), key TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (trace_id, key));
    CREATE INDEX trace_tags_by_key ON trace_tags (key, value);
    CREATE TABLE trace_metadata (
        trace_id TEXT NOT NULL REFERENCES traces (id), key TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (trace_id, key));
    CREATE INDEX trace_metadata_by_key ON trace_metadata (key, value);
    CREATE TABLE spans (
        trace_id TEXT NOT NULL REFERENCES traces (id), span_id TEXT NOT NULL, parent_span_id TEXT,
        experiment_id BIGINT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, status TEXT NOT NULL,
        started_at BIGINT NOT NULL, ended_at BIGINT, content TEXT NOT NULL,
        PRIMARY KEY (trace_id, span_id));
    CREATE TABLE trace_links (
        trace_id TEXT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL, PRIMARY KEY (trace_id, kind, target));
    CREATE INDEX trace_links_by_target ON trace_links (kind, target);
    CREATE TABLE assessments (
        place {{id}}, id TEXT NOT NULL UNIQUE, trace_id TEXT NOT NULL REFERENCES traces (id), name TEXT NOT NULL,
        kind TEXT NOT NULL,
        value TEXT NOT NULL, number DOUBLE PRECISION, error TEXT, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
        source_type TEXT NOT NULL, source_id TEXT NOT NULL, span_id TEXT, rationale TEXT, overrides TEXT,
        valid BIGINT NOT NULL, metadata TEXT);
    CREATE INDEX assessments_by_trace ON assessments (trace_id);
    CREATE INDEX assessments_by_name ON assessments (kind, name);
";
