//! Counters of what somebody tries again and again: failed sign-ins, asking for mails. A counter is named by a hash, of
//! an address or a network say, so that it tells nothing about either.

use crate::{
    error::Result,
    tx::{Platform, Turn, exec, fetch_optional},
};

impl Platform<'_> {
    /// Takes turns with counters, until the transaction ends: whoever judges by them and then counts would else let
    /// many through that come at the same time.
    pub async fn login_turns(&mut self, keys: &[&[u8; 32]]) -> Result<()> {
        let number = |key: &&[u8; 32]| {
            i64::from_be_bytes([key[0], key[1], key[2], key[3], key[4], key[5], key[6], key[7]])
        };
        let mut numbers: Vec<i64> = keys.iter().map(number).collect();
        // In one order for everybody, so that no two wait for each other.
        numbers.sort_unstable();
        for number in numbers {
            Turn::Counter(number).wait(self.tx).await?;
        }
        Ok(())
    }

    /// Failed sign-ins under a key (a hash of address or network), and when the last one was.
    pub async fn login_failures(&mut self, key_hash: &[u8]) -> Result<(i64, i64)> {
        let row = fetch_optional!(
            (i64, i64),
            self.tx,
            "select failures, last_at from login_failure where key_hash = $1",
            key_hash,
        )?;
        Ok(row.unwrap_or((0, 0)))
    }

    /// Counts a failed sign-in; counts up to `forget_before` are forgotten, and those that a clock noted that ran ahead.
    pub async fn login_failed(&mut self, key_hash: &[u8], now: i64, forget_before: i64) -> Result<()> {
        exec!(
            self.tx,
            "insert into login_failure (key_hash, failures, last_at) values ($1, 1, $2)
             on conflict (key_hash) do update set
                 failures = case when login_failure.last_at <= $3 or login_failure.last_at > $2 + 60000000
                                 then 1 else login_failure.failures + 1 end,
                 last_at = excluded.last_at",
            key_hash,
            now,
            forget_before,
        )
        .map(drop)
    }

    /// Takes back one count: what was counted was never checked.
    pub async fn login_unchecked(&mut self, key_hash: &[u8]) -> Result<()> {
        exec!(
            self.tx,
            "update login_failure set failures = failures - 1 where key_hash = $1 and failures > 0",
            key_hash
        )
        .map(drop)
    }

    /// Forgets failed sign-ins after a good one.
    pub async fn login_succeeded(&mut self, key_hash: &[u8]) -> Result<()> {
        exec!(self.tx, "delete from login_failure where key_hash = $1", key_hash).map(drop)
    }

    /// Forgets failed sign-ins of more than a day ago: nothing looks back further.
    pub async fn sweep_login_failures(&mut self, now: i64) -> Result<u64> {
        const DAY: i64 = 24 * 3_600_000_000;
        exec!(self.tx, "delete from login_failure where last_at <= $1", now - DAY)
    }
}
