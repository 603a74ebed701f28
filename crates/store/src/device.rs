//! Browsers that people have signed in with: hashes alone, so that a person can be told of one they have not used before.

use crate::{
    error::Result,
    ids::PersonId,
    tx::{Platform, exec},
};

/// Devices of one person that are kept: those used last.
const MOST_DEVICES: i64 = 50;
/// A device that was not used for so long is forgotten, as its browser forgets the cookie: 400 days.
const DEVICE_MICROS: i64 = 400 * 24 * 3_600_000_000;

impl Platform<'_> {
    /// Notes that a person signs in with a device; gives whether they did before.
    pub async fn use_device(&mut self, person: PersonId, device_hash: &[u8], now: i64) -> Result<bool> {
        let known = exec!(
            self.tx,
            "update person_device set last_at = $3 where person = $1 and device_hash = $2",
            person.0,
            device_hash,
            now,
        )?;
        if known == 1 {
            return Ok(true);
        }
        exec!(
            self.tx,
            "insert into person_device (person, device_hash, first_at, last_at) values ($1, $2, $3, $3)
             on conflict (person, device_hash) do nothing",
            person.0,
            device_hash,
            now,
        )?;
        exec!(
            self.tx,
            "delete from person_device where person = $1 and device_hash not in (
                 select d.device_hash from person_device d where d.person = $1
                 order by d.last_at desc, d.device_hash limit $2)",
            person.0,
            MOST_DEVICES,
        )?;
        Ok(false)
    }

    /// Forgets devices that were not used for more than a year.
    pub async fn sweep_devices(&mut self, now: i64) -> Result<u64> {
        exec!(self.tx, "delete from person_device where last_at <= $1", now - DEVICE_MICROS)
    }
}
