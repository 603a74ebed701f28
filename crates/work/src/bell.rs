//! Wakes the worker when a job was enqueued in this process, so that nobody waits for its next look.

use std::sync::Arc;

use tokio::sync::Notify;

/// A bell that one side rings and the worker hears; a ring while it works is not lost.
#[derive(Clone, Default, Debug)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// Wakes the worker.
    pub fn ring(&self) {
        self.0.notify_one();
    }

    pub(crate) async fn heard(&self) {
        self.0.notified().await;
    }
}
