//! The one way to spawn a task: supervised, so that a panic is logged and never silent.

use std::future::Future;

use tokio::task::JoinHandle;

/// Runs a future in the background. A panic in it is logged under `name`.
#[allow(clippy::disallowed_methods, reason = "the one place where tasks are spawned")]
pub fn spawn(name: &'static str, future: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(async move {
        let inner = tokio::spawn(future);
        if let Err(error) = inner.await
            && error.is_panic()
        {
            tracing::error!(task = name, "a background task panicked");
        }
    })
}
