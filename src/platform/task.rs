//! The tasks that a process consists of. If one of them ends before it was asked to, or panics, the process is no longer
//! whole: it stops in good order and says why, so that whoever supervises it starts it again.
use std::{collections::HashMap, future::Future};

use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::error;

/// Tasks that run until they are asked to stop.
#[derive(Debug)]
pub struct Tasks {
    running: JoinSet<()>,
    names: HashMap<Id, &'static str>,
    stop: CancellationToken,
}

/// A task ended although nobody had asked it to.
#[derive(Debug, thiserror::Error)]
#[error("{task} {how}; stopped, so that the process can be started again")]
pub struct Died {
    task: &'static str,
    how: &'static str,
}

impl Tasks {
    /// Tasks that end when `stop` is cancelled.
    #[must_use]
    pub fn new(stop: CancellationToken) -> Tasks {
        Tasks {
            running: JoinSet::new(),
            names: HashMap::new(),
            stop,
        }
    }

    /// What the tasks are asked to stop by.
    #[must_use]
    pub fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Starts a task; `name` is what is said of it when it dies.
    pub fn spawn(&mut self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let id = self.running.spawn(task).id();
        self.names.insert(id, name);
    }

    /// Waits until all have ended. The first that dies has the others stop.
    pub async fn supervise(mut self) -> Result<(), Died> {
        let mut outcome = Ok(());
        while let Some(ended) = self.running.join_next_with_id().await {
            let is_asked_to = self.stop.is_cancelled();
            let (id, how) = match ended {
                Ok(_) if is_asked_to => continue,
                Ok((id, ())) => (id, "ended by itself"),
                Err(error) => (error.id(), how_it_died(&error)),
            };
            let task = self.names.get(&id).copied().unwrap_or_default();
            let died = Died { task, how };
            error!(%died, "the process is not whole");
            self.stop.cancel();
            outcome = outcome.and(Err(died));
        }
        outcome
    }
}

/// Not with the panic's message: it may quote what somebody wrote.
fn how_it_died(error: &JoinError) -> &'static str {
    if error.is_panic() {
        "panicked"
    } else {
        "was cancelled"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_stops_the_others_and_is_named() {
        let mut tasks = Tasks::new(CancellationToken::new());
        let stop = tasks.stop();
        tasks.spawn("the one that waits", stop.clone().cancelled_owned());
        tasks.spawn("the one that panics", async { panic!("a customer's words") });
        let died = tasks.supervise().await.unwrap_err().to_string();
        assert!(died.starts_with("the one that panics panicked"), "{died}");
        assert!(stop.is_cancelled());
    }

    #[tokio::test]
    async fn a_task_that_ends_by_itself_has_died_and_one_that_was_asked_to_has_not() {
        let mut tasks = Tasks::new(CancellationToken::new());
        tasks.spawn("the short one", async {});
        let died = tasks.supervise().await.unwrap_err().to_string();
        assert!(died.starts_with("the short one ended by itself"), "{died}");
        let mut tasks = Tasks::new(CancellationToken::new());
        tasks.spawn("the obedient one", tasks.stop().cancelled_owned());
        tasks.stop().cancel();
        tasks.supervise().await.unwrap();
    }
}
