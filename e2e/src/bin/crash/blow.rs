//! What is done to a stack, and how it comes back.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::disk::Disk;
use crate::load::Load;
use crate::plan::{Blow, Kind};
use crate::stack::Stack;
use crate::store::Store;
use crate::waiting::until;

/// What can be taken away from a stack, where the ground has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Below<'a> {
    pub(crate) disk: Option<&'a Disk>,
    pub(crate) store: Option<&'a Store>,
}

/// A recovery that is worth a word.
const SLOW: Duration = Duration::from_secs(10);

/// How it came back.
#[derive(Debug)]
pub(crate) struct Recovery {
    /// From the moment when nothing stood in its way any more, until it was healthy.
    healthy: Duration,
    /// What was wrong with it until then.
    last: Option<String>,
    /// The service that took longest to rise, and its seconds.
    slowest: (String, f64),
    /// From then on, until events were acknowledged, by each way in.
    flows: Vec<(&'static str, Duration)>,
    /// Its process had ended by itself.
    ended: bool,
}

impl std::fmt::Display for Recovery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (slowest, seconds) = &self.slowest;
        write!(f, "healthy after {:.1} s ({slowest} {seconds:.1} s)", self.healthy.as_secs_f64())?;
        for (way, after) in &self.flows {
            write!(f, ", {way} {:.1} s later", after.as_secs_f64())?;
        }
        if let Some(last) = self.last.as_ref().filter(|_| self.healthy > SLOW) {
            let last: String = last.chars().take(120).collect();
            write!(f, "; it waited for {last}...")?;
        }
        if self.ended { f.write_str("; its process had ENDED BY ITSELF") } else { Ok(()) }
    }
}

impl Blow {
    /// Waits for its moment, strikes, and sees to it that the stack stands again.
    pub(crate) fn strike(&self, stack: &mut Stack, load: &Load, below: Below<'_>) -> Result<Recovery> {
        load.flows()?;
        sleep(self.after);
        let mut stopped = false;
        match self.kind {
            Kind::Kill => {
                stack.kill()?;
                if self.and_killed {
                    stack.raise()?;
                    sleep(self.lasts / 2);
                    stack.kill()?;
                }
                stopped = true;
            }
            Kind::Term => {
                let status = stack.terminate()?;
                if !status.success() {
                    bail!("after SIGTERM the stack ended with {status}:\n{}", stack.last_words());
                }
                stopped = true;
            }
            Kind::Broker => {
                stack.control(&json!({"fell": {"services": ["log"]}}))?;
                sleep(self.lasts);
                let all = json!({"raise": {"services": ["refinery", "gateway"]}});
                stack.control(&all)?;
            }
            Kind::Disk => {
                let disk = below.disk.context("this ground has no disk of its own")?;
                disk.fill()?;
                stopped = self.wait_or_kill(stack)?;
                disk.free()?;
            }
            Kind::Objects => {
                let store = below.store.context("this ground has no store elsewhere")?;
                store.wire.cut(self.silent);
                stopped = self.wait_or_kill(stack)?;
                store.wire.mend();
            }
        }
        recover(stack, load, stopped)
    }

    /// Something is away for a while. Whether the process was killed meanwhile; then it rises without what is away, or
    /// tries to.
    fn wait_or_kill(&self, stack: &mut Stack) -> Result<bool> {
        sleep(self.lasts);
        if self.and_killed {
            stack.kill()?;
            stack.raise()?;
            sleep(self.lasts / 2);
        }
        Ok(self.and_killed)
    }
}

/// Raises it if it does not run, and waits until it is healthy and events are acknowledged.
pub(crate) fn recover(stack: &mut Stack, load: &Load, stopped: bool) -> Result<Recovery> {
    let began = Instant::now();
    let (ended, last) = stands(stack, stopped)?;
    let (healthy, slowest) = (began.elapsed(), stack.slowest()?);
    let flows = load.flows();
    let flows = flows.with_context(|| format!("although the stack is healthy; it said:\n{}", stack.last_words()))?;
    Ok(Recovery { healthy, last, slowest, flows, ended })
}

/// Waits until everything is healthy. Whether its process had ended though nobody had `stopped` it, and what was wrong last.
pub(crate) fn stands(stack: &mut Stack, mut stopped: bool) -> Result<(bool, Option<String>)> {
    let (mut ended, mut last) = (false, None);
    let healthy = until("the stack is healthy again", || {
        if !stack.runs()? {
            ended |= !stopped;
            stopped = false;
            stack.raise()?;
        }
        let trouble = stack.trouble()?;
        let healthy = trouble.is_none();
        last = trouble.or_else(|| last.take());
        Ok(healthy)
    });
    let told = || format!("{}; it said:\n{}", last.as_deref().unwrap_or_default(), stack.last_words());
    healthy.with_context(told)?;
    Ok((ended, last))
}
