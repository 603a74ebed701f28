//! Leaky buckets, one for each who asks and what for, in bounded memory.
//!
//! A bucket holds what was asked for lately as a time: each request adds its share of a minute, and time drains it. A
//! request that would fill it beyond a minute is refused, and adds nothing. So a limit of 60 a minute takes 60 at once
//! from somebody who was quiet, and then one a second.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// What a bucket holds, in microseconds.
const FULL: i64 = 60_000_000;
/// Buckets of a generation; there are two. An entry takes some 60 bytes: 6 MiB in all.
const MOST: usize = 50_000;

/// Whose bucket: what for, who, and the bytes that tell them apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Key(pub(super) u8, pub(super) u8, pub(super) [u8; 8]);

#[derive(Clone, Copy, Default)]
struct Bucket {
    held: i64,
    /// When it held that.
    at: i64,
    /// Whether the last request was refused.
    refused: bool,
}

/// Refused: when to come again, and whether it is the first refusal of its kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Refusal {
    pub(super) wait_micros: i64,
    pub(super) first: bool,
}

/// All buckets. When the young generation is full it becomes the old one, which is forgotten: whoever has not asked
/// for the longest time is forgotten first, and no flood of addresses takes more memory.
pub(super) struct Buckets {
    most: usize,
    generations: Mutex<[HashMap<Key, Bucket>; 2]>,
}

impl Buckets {
    pub(super) fn new() -> Self {
        Self::holding(MOST)
    }

    fn holding(most: usize) -> Self {
        Self { most, generations: Mutex::default() }
    }

    /// Takes one of `per_minute` requests, at this time.
    pub(super) fn take(&self, key: Key, per_minute: u32, now: i64) -> Result<(), Refusal> {
        let share = FULL / i64::from(per_minute.max(1));
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        let [young, old] = &mut *generations;
        if young.len() >= self.most && !young.contains_key(&key) {
            *old = std::mem::take(young);
        }
        let bucket = young.entry(key).or_insert_with(|| old.remove(&key).unwrap_or_default());
        // A clock that was set back drains nothing, and blocks nobody longer than a full bucket does.
        let passed = now.saturating_sub(bucket.at).max(0);
        bucket.held = bucket.held.saturating_sub(passed).max(0);
        bucket.at = now;
        let over = bucket.held + share - FULL;
        if over > 0 {
            let first = !std::mem::replace(&mut bucket.refused, true);
            return Err(Refusal { wait_micros: over, first });
        }
        bucket.held += share;
        bucket.refused = false;
        Ok(())
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.generations.lock().unwrap().iter().map(HashMap::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000_000;
    const SECOND: i64 = 1_000_000;

    fn key(number: u64) -> Key {
        Key(1, 2, number.to_be_bytes())
    }

    #[test]
    fn a_minutes_worth_may_come_at_once_and_then_one_at_a_time() {
        let buckets = Buckets::new();
        let take = |at: i64| buckets.take(key(1), 60, at);
        for _ in 0..60 {
            assert_eq!(take(NOW), Ok(()));
        }
        assert_eq!(take(NOW), Err(Refusal { wait_micros: SECOND, first: true }));
        assert_eq!(take(NOW + SECOND / 2), Err(Refusal { wait_micros: SECOND / 2, first: false }));
        assert_eq!(take(NOW + SECOND), Ok(()));
        assert!(take(NOW + SECOND).is_err_and(|refusal| refusal.first));
        // Others, and other things, have buckets of their own.
        assert_eq!(buckets.take(key(2), 60, NOW + SECOND), Ok(()));
        assert_eq!(buckets.take(Key(2, 2, 1_u64.to_be_bytes()), 60, NOW + SECOND), Ok(()));
        assert!((0..60).all(|_| take(NOW + 100 * SECOND).is_ok()));
    }

    #[test]
    fn a_clock_that_jumps_blocks_nobody_for_longer_than_a_minute() {
        let buckets = Buckets::new();
        let take = |at: i64| buckets.take(key(1), 2, at);
        assert!(take(NOW).is_ok() && take(NOW).is_ok() && take(NOW).is_err());
        let year = 365 * 86_400 * SECOND;
        assert_eq!(take(NOW - year).map_err(|refusal| refusal.wait_micros), Err(30 * SECOND));
        assert!(take(NOW - year + 30 * SECOND).is_ok());
        assert!(take(NOW + year).is_ok() && take(i64::MAX).is_ok() && take(i64::MIN).is_ok());
    }

    #[test]
    fn a_flood_of_addresses_takes_no_more_memory_and_who_keeps_asking_is_not_forgotten() {
        let buckets = Buckets::holding(100);
        for number in 0..100_000 {
            buckets.take(key(number), 60, NOW).unwrap();
            assert!(buckets.len() <= 200);
        }
        let buckets = Buckets::holding(100);
        let mut taken = 0;
        for number in 1..10_000 {
            buckets.take(key(number), 60, NOW).unwrap();
            taken += i32::from(buckets.take(key(0), 60, NOW).is_ok());
        }
        assert_eq!(taken, 60);
    }
}
