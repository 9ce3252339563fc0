//! Who may come in.

use sha2::{Digest, Sha256};
use strata_config::Secret;
use strata_database::{AnyRow, Row, SqlError, Transaction, is_duplicate, query};

use crate::Error;

/// Somebody with a password.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) name: String,
    /// The hash of it.
    pub(crate) password: Secret,
    /// May do everything.
    pub(crate) is_admin: bool,
}

impl User {
    fn of(row: &AnyRow) -> Result<Self, SqlError> {
        let password: String = row.try_get(2)?;
        Ok(Self {
            id: row.try_get(0)?,
            name: row.try_get(1)?,
            password: Secret::new(password),
            is_admin: row.try_get::<i64, _>(3)? != 0,
        })
    }
}

/// A new one.
pub(crate) async fn create(tx: &mut Transaction, name: &str, password: &str, is_admin: bool) -> Result<User, Error> {
    if name.trim().is_empty() {
        return Err(Error::invalid("Username cannot be empty."));
    }
    if name.contains(':') || name.chars().count() > 255 {
        return Err(Error::invalid("A username has 255 characters at most, and none of them is a colon."));
    }
    let sql = "INSERT INTO users (username, password, is_admin) VALUES ($1, $2, $3)";
    let inserted = query(sql).bind(name).bind(password).bind(i64::from(is_admin)).execute(&mut **tx).await;
    match inserted {
        Ok(_) => get(tx, name).await,
        Err(error) if is_duplicate(&error) => {
            Err(Error::already_exists(format!("User (username={name}) already exists.")))
        }
        Err(error) => Err(error.into()),
    }
}

/// One by name, if there is one.
pub(crate) async fn find(tx: &mut Transaction, name: &str) -> Result<Option<User>, Error> {
    let sql = "SELECT id, username, password, is_admin FROM users WHERE username = $1";
    let row = query(sql).bind(name).fetch_optional(&mut **tx).await?;
    Ok(row.map(|row| User::of(&row)).transpose()?)
}

/// One by name.
pub(crate) async fn get(tx: &mut Transaction, name: &str) -> Result<User, Error> {
    let missing = || Error::does_not_exist(format!("User with username={name} not found"));
    find(tx, name).await?.ok_or_else(missing)
}

/// All, by name.
pub(crate) async fn list(tx: &mut Transaction) -> Result<Vec<User>, Error> {
    let sql = "SELECT id, username, password, is_admin FROM users ORDER BY username";
    let rows = query(sql).fetch_all(&mut **tx).await?;
    Ok(rows.iter().map(User::of).collect::<Result<_, _>>()?)
}

/// Sets another password, of which this is the hash. Its tokens end with the old one.
pub(crate) async fn set_password(tx: &mut Transaction, name: &str, password: &str) -> Result<(), Error> {
    let id = get(tx, name).await?.id;
    query("UPDATE users SET password = $1 WHERE id = $2").bind(password).bind(id).execute(&mut **tx).await?;
    query("DELETE FROM user_tokens WHERE user_id = $1").bind(id).execute(&mut **tx).await?;
    Ok(())
}

/// Makes an administrator, or makes one like others.
pub(crate) async fn set_admin(tx: &mut Transaction, name: &str, is_admin: bool) -> Result<(), Error> {
    let id = get(tx, name).await?.id;
    query("UPDATE users SET is_admin = $1 WHERE id = $2").bind(i64::from(is_admin)).bind(id).execute(&mut **tx).await?;
    Ok(())
}

/// Removes one, with tokens and grants.
pub(crate) async fn delete(tx: &mut Transaction, name: &str) -> Result<(), Error> {
    let id = get(tx, name).await?.id;
    for sql in [
        "DELETE FROM user_tokens WHERE user_id = $1",
        "DELETE FROM grants WHERE user_id = $1",
        "DELETE FROM users WHERE id = $1",
    ] {
        query(sql).bind(id).execute(&mut **tx).await?;
    }
    Ok(())
}

/// A new token of a user, shown this once. It is as good as the password, until it expires, in milliseconds.
pub(crate) async fn add_token(
    tx: &mut Transaction,
    user: &User,
    name: &str,
    now: i64,
    expires_at: Option<i64>,
) -> Result<Secret, Error> {
    // 256 bits of chance need no slow hash: nobody can try them.
    let token = format!("strata_{}", hex::encode(rand::random::<[u8; 32]>()));
    let sql = "INSERT INTO user_tokens (hash, user_id, name, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)";
    let insert = query(sql).bind(hashed(&token)).bind(user.id).bind(name).bind(now).bind(expires_at);
    insert.execute(&mut **tx).await?;
    Ok(Secret::new(token))
}

/// Whose token it is.
pub(crate) async fn by_token(tx: &mut Transaction, token: &Secret, now: i64) -> Result<Option<User>, Error> {
    let sql = "SELECT u.id, u.username, u.password, u.is_admin FROM user_tokens t JOIN users u ON u.id = t.user_id \
               WHERE t.hash = $1 AND (t.expires_at IS NULL OR t.expires_at > $2)";
    let row = query(sql).bind(hashed(token.expose())).bind(now).fetch_optional(&mut **tx).await?;
    Ok(row.map(|row| User::of(&row)).transpose()?)
}

fn hashed(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}
