//! The clock as a parameter: the system's in production, one that tests move.

use jiff::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The system's clock.
#[derive(Clone, Copy, Default, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place where the system's clock is read")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The present instant in microseconds since 1970-01-01 UTC, as the store keeps it.
pub fn micros(clock: &dyn Clock) -> i64 {
    clock.now().as_microsecond()
}
