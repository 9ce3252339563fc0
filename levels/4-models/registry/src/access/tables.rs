//! The tables of users and of what they may do.

/// As a migration has them. Of a password and of a token only a hash is kept. A grant to a kind's `*` is not known here:
/// what was not granted is the server's default.
pub(crate) const SQL: &str = "
    CREATE TABLE users (
        id {{id}}, username TEXT NOT NULL UNIQUE, password TEXT NOT NULL, is_admin BIGINT NOT NULL);
    CREATE TABLE user_tokens (
        hash TEXT NOT NULL PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES users (id), name TEXT NOT NULL,
        created_at BIGINT NOT NULL, expires_at BIGINT);
    CREATE INDEX user_tokens_by_user ON user_tokens (user_id);
    CREATE TABLE grants (
        user_id BIGINT NOT NULL REFERENCES users (id), kind TEXT NOT NULL, resource TEXT NOT NULL, level TEXT NOT NULL,
        PRIMARY KEY (user_id, kind, resource));
    CREATE INDEX grants_by_resource ON grants (kind, resource);
";
