//! A clock that stands still until a test moves it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use jiff::{SignedDuration, Timestamp};

/// A clock that stands still until it is moved; clones share the time.
#[derive(Clone, Debug)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// Stands at an instant such as `2026-04-01T09:00+05:30`.
    pub fn at(text: &str) -> Self {
        let clock = Self(Arc::default());
        clock.set(text);
        clock
    }

    /// Now, in microseconds since 1970 (UTC), as the store keeps it.
    pub fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Now.
    pub fn timestamp(&self) -> Timestamp {
        Timestamp::from_microsecond(self.now()).unwrap()
    }

    /// Moves to another instant.
    pub fn set(&self, text: &str) {
        self.0.store(text.parse::<Timestamp>().unwrap().as_microsecond(), Ordering::SeqCst);
    }

    /// Lets time go by.
    pub fn pass(&self, time: SignedDuration) {
        self.0.fetch_add(i64::try_from(time.as_micros()).unwrap(), Ordering::SeqCst);
    }
}

#[cfg(feature = "work")]
impl ecom_work::Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.timestamp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_the_time() {
        let clock = TestClock::at("2026-04-01T09:00+05:30");
        let other = clock.clone();
        assert_eq!(other.timestamp().to_string(), "2026-04-01T03:30:00Z");
        clock.pass(SignedDuration::from_secs(90));
        assert_eq!(other.now(), 1_775_014_290_000_000);
    }
}
