//! The store in Redis, for deployments of more than one machine.
//!
//! Three small scripts, because each promise needs several commands to be one: a put compares versions
//! before it writes, a scan reads an index and the values of one moment. Under `strata:value:KEY` lies the
//! version, as eight bytes, and the value; `strata:keys` is a sorted set of all keys, which gives ordered
//! prefixes without walking the whole database; `strata:expiring` is another by the time of expiry, from
//! which every put clears what has expired, so that the index does not grow without bound.
//!
//! One server with its replicas, not a cluster: the index is one key. Redis 6.2 or newer. TLS is the
//! business of a tunnel or sidecar.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, FromRedisValue, cmd, pipe};
use strata_config::Secret;

use crate::port::check_key;
use crate::{Entry, Error, KeyValue, version};

const PUT: &str = include_str!("redis/put.lua");
const SCAN: &str = include_str!("redis/scan.lua");
const KEYS: &str = "strata:keys";
const EXPIRING: &str = "strata:expiring";
const VALUE: &[u8] = b"strata:value:";
/// Keys that one script looks at: the server does nothing else meanwhile.
const PAGE: usize = 1_000;
/// How long a server may take to answer; a put of many thousand entries is one command.
const PATIENCE: Duration = Duration::from_secs(30);
const CONNECTING: Duration = Duration::from_secs(3);

/// A database of a Redis server. A lost connection is made again.
pub struct Redis {
    connection: ConnectionManager,
    location: String,
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("location", &self.location).finish_non_exhaustive()
    }
}

impl Redis {
    /// Connects to `redis://[USER:PASSWORD@]HOST:PORT/NUMBER` or `redis+unix:///SOCKET`.
    pub async fn open(url: &Secret) -> Result<Self, Error> {
        let client = Client::open(url.expose()).map_err(|cause| Error::Open {
            location: "(its URL is not shown)".to_owned(),
            hint: "; give redis://HOST:PORT/NUMBER",
            cause: cause.into(),
        })?;
        let location = client.get_connection_info().addr().to_string();
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(PATIENCE))
            .set_connection_timeout(Some(CONNECTING))
            .set_number_of_retries(2);
        match ConnectionManager::new_with_config(client, config).await {
            Ok(connection) => Ok(Self { connection, location }),
            Err(cause) => Err(Error::Open { location, hint: "; is the server running?", cause: cause.into() }),
        }
    }

    async fn ask<T: FromRedisValue>(&self, action: &'static str, command: &Cmd) -> Result<T, Error> {
        // A manager is a handle: its clones share the connection.
        let answer = command.query_async(&mut self.connection.clone()).await;
        answer.map_err(|cause| self.failed(action, cause))
    }

    fn failed(&self, action: &'static str, cause: redis::RedisError) -> Error {
        Error::Failed { action, location: self.location.clone(), cause: cause.into() }
    }

    fn value(&self, key: &[u8], stored: &[u8]) -> Result<Bytes, Error> {
        let (_version, value) = version::read(stored)
            .ok_or_else(|| Error::Foreign { location: self.location.clone(), key: key.escape_ascii().to_string() })?;
        Ok(Bytes::copy_from_slice(value))
    }
}

fn value_key(key: &[u8]) -> Vec<u8> {
    [VALUE, key].concat()
}

#[async_trait]
impl KeyValue for Redis {
    async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        check_key(key)?;
        let stored: Option<Vec<u8>> = self.ask("read", cmd("GET").arg(value_key(key))).await?;
        stored.map(|stored| self.value(key, &stored)).transpose()
    }

    async fn get_many(&self, keys: &[Bytes]) -> Result<Vec<Option<Bytes>>, Error> {
        keys.iter().try_for_each(|key| check_key(key))?;
        let mut values = Vec::with_capacity(keys.len());
        for page in keys.chunks(PAGE) {
            let mut command = cmd("MGET");
            for key in page {
                command.arg(value_key(key));
            }
            let stored: Vec<Option<Vec<u8>>> = self.ask("read", &command).await?;
            for (key, stored) in page.iter().zip(stored) {
                values.push(stored.map(|stored| self.value(key, &stored)).transpose()?);
            }
        }
        Ok(values)
    }

    async fn put_many(&self, entries: Vec<Entry>) -> Result<(), Error> {
        entries.iter().try_for_each(|entry| check_key(&entry.key))?;
        if entries.is_empty() {
            return Ok(());
        }
        let mut put = cmd("EVAL");
        put.arg(PUT).arg(2).arg(KEYS).arg(EXPIRING).arg(VALUE);
        for entry in &entries {
            put.arg(&entry.key[..]).arg(&version::write(entry.version)).arg(&entry.value[..]);
            // A time before 1970 has passed as surely as its first millisecond, and Redis takes no other.
            match entry.expires_at {
                Some(micros) => put.arg((micros / 1_000).max(1)),
                None => put.arg(""),
            };
        }
        self.ask("write", &put).await
    }

    async fn delete(&self, key: &[u8]) -> Result<(), Error> {
        check_key(key)?;
        let mut delete = pipe();
        delete.atomic().del(value_key(key)).ignore().zrem(KEYS, key).ignore().zrem(EXPIRING, key).ignore();
        delete.query_async(&mut self.connection.clone()).await.map_err(|cause| self.failed("delete", cause))
    }

    async fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<(Bytes, Bytes)>, Error> {
        let mut from = match after {
            Some(after) if after >= prefix => [b"(", after].concat(),
            _ => [b"[", prefix].concat(),
        };
        let to = end_of(prefix);
        let mut found = Vec::new();
        while found.len() < limit {
            let wanted = (limit - found.len()).min(PAGE);
            let mut scan = cmd("EVAL");
            scan.arg(SCAN).arg(1).arg(KEYS).arg(VALUE).arg(&from).arg(&to).arg(wanted);
            let (seen, last, page): (usize, Vec<u8>, Vec<(Vec<u8>, Vec<u8>)>) = self.ask("scan", &scan).await?;
            for (key, stored) in page {
                let value = self.value(&key, &stored)?;
                found.push((key.into(), value));
            }
            if seen < wanted {
                break;
            }
            // Some that were seen may have expired, so there may be more although the page is short.
            from = [b"(", &last[..]].concat();
        }
        Ok(found)
    }
}

/// The end, in the words of a sorted set, of all that begins with the prefix.
fn end_of(prefix: &[u8]) -> Vec<u8> {
    let kept = prefix.iter().rposition(|byte| *byte < u8::MAX);
    match kept {
        Some(last) => [b"(", &prefix[..last], &[prefix[last] + 1]].concat(),
        None => b"+".to_vec(),
    }
}

#[cfg(test)]
mod tests;
