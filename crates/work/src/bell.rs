//! Wakes the workers when a job was enqueued in this process, so that nobody waits for their next look.

use std::sync::Arc;

use tokio::sync::Notify;

/// Loops that may listen.
pub(crate) const LISTENERS: usize = 3;

/// A bell that one side rings and every loop of the worker hears; a ring while one works is not lost.
#[derive(Clone, Default, Debug)]
pub struct Bell(Arc<[Notify; LISTENERS]>);

impl Bell {
    /// Wakes the worker.
    pub fn ring(&self) {
        self.0.iter().for_each(Notify::notify_one);
    }

    pub(crate) async fn heard(&self, listener: usize) {
        match self.0.get(listener) {
            Some(notify) => notify.notified().await,
            None => std::future::pending().await,
        }
    }
}
