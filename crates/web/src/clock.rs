//! The time, as a parameter.

/// Tells the time.
pub trait Clock: Send + Sync {
    /// This instant.
    fn now(&self) -> jiff::Timestamp;
}
