//! The tables of the gateway.

/// As a migration has them.
pub(crate) const SQL: &str = "
    CREATE TABLE gateway_secrets (
        id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE, closed TEXT NOT NULL, masked TEXT NOT NULL,
        provider TEXT, auth_config TEXT, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, created_by TEXT,
        updated_by TEXT);
    CREATE TABLE gateway_definitions (
        id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE, secret TEXT REFERENCES gateway_secrets (id),
        provider TEXT NOT NULL, model TEXT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
        created_by TEXT, updated_by TEXT);
    CREATE TABLE gateway_endpoints (
        id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE, routing TEXT, fallback TEXT, experiment BIGINT,
        tracked BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, created_by TEXT,
        updated_by TEXT);
    CREATE TABLE gateway_mappings (
        id TEXT NOT NULL PRIMARY KEY, endpoint TEXT NOT NULL REFERENCES gateway_endpoints (id), place BIGINT NOT NULL,
        definition TEXT NOT NULL REFERENCES gateway_definitions (id), weight DOUBLE PRECISION NOT NULL,
        linkage TEXT NOT NULL, fallback_order BIGINT, created_at BIGINT NOT NULL, created_by TEXT,
        UNIQUE (endpoint, definition, linkage));
    CREATE INDEX gateway_mappings_by_definition ON gateway_mappings (definition);
    CREATE TABLE gateway_bindings (
        endpoint TEXT NOT NULL REFERENCES gateway_endpoints (id), resource_type TEXT NOT NULL,
        resource_id TEXT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, created_by TEXT,
        updated_by TEXT, PRIMARY KEY (endpoint, resource_type, resource_id));
    CREATE TABLE gateway_endpoint_tags (
        endpoint TEXT NOT NULL REFERENCES gateway_endpoints (id), key TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (endpoint, key));
";
