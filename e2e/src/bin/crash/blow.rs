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

/// How it came back.
#[derive(Debug)]
pub(crate) struct Recovery {
    /// From the moment when nothing stood in its way any more, until it was healthy and took events.
    took: Duration,
    /// Its process had ended by itself.
    ended: bool,
}

impl std::fmt::Display for Recovery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ended = if self.ended { "; its process had ENDED BY ITSELF" } else { "" };
        write!(f, "takes events again after {:.1} s{ended}", self.took.as_secs_f64())
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

    /// Something is away for a while. Whether the process was killed meanwhile.
    fn wait_or_kill(&self, stack: &mut Stack) -> Result<bool> {
        sleep(self.lasts);
        if self.and_killed {
            stack.kill()?;
        }
        Ok(self.and_killed)
    }
}

/// Raises it if it does not run, and waits until it is healthy and events are acknowledged.
pub(crate) fn recover(stack: &mut Stack, load: &Load, stopped: bool) -> Result<Recovery> {
    let began = Instant::now();
    let ended = stands(stack, stopped)?;
    load.flows().with_context(|| format!("although the stack is healthy; it said:\n{}", stack.last_words()))?;
    Ok(Recovery { took: began.elapsed(), ended })
}

/// Waits until everything is healthy. Whether its process had ended though nobody had `stopped` it.
pub(crate) fn stands(stack: &mut Stack, mut stopped: bool) -> Result<bool> {
    let (mut ended, mut trouble) = (false, None);
    let healthy = until("the stack is healthy again", || {
        if !stack.runs()? {
            ended |= !stopped;
            stopped = false;
            stack.raise()?;
        }
        trouble = stack.trouble()?;
        Ok(trouble.is_none())
    });
    healthy.with_context(|| format!("{}; it said:\n{}", trouble.unwrap_or_default(), stack.last_words()))?;
    Ok(ended)
}
