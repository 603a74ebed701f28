//! Wakes the worker when a job was enqueued in this process, so that nobody waits for its next look.

use tokio::sync::watch;

/// A bell that anybody rings and every lane of the worker hears; a ring while a lane works is not lost to it.
#[derive(Clone, Debug)]
pub struct Bell(watch::Sender<()>);

impl Default for Bell {
    fn default() -> Self {
        Self(watch::Sender::new(()))
    }
}

impl Bell {
    /// Wakes the worker.
    pub fn ring(&self) {
        self.0.send_replace(());
    }

    pub(crate) fn listen(&self) -> Ear {
        Ear(self.0.subscribe())
    }
}

/// Hears one bell, for one lane.
pub(crate) struct Ear(watch::Receiver<()>);

impl Ear {
    /// Waits for a ring since the last one that was heard.
    pub(crate) async fn heard(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
