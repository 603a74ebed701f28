//! The audit log: who did what, on which object, when, from which network. Entries are only ever added, and chained
//! by hashes, so that a change, a removal or another order shows. Each business has a chain of its own, and the platform
//! has one for what is done for it.
//!
//! No personal data: people are ids, objects are addresses of pages (`close/2026-03/INR`), a network is what many
//! visitors share. A person's name is looked up when the log is shown, for as long as there is one.

mod log;

use ecom_vault::Link;

use self::log::Log;
use crate::{
    audit_action::Action,
    error::Result,
    ids::PersonId,
    staff::StaffRole,
    tx::{Platform, Scoped, Turn},
};

/// Most entries of one answer.
pub const MOST_AUDIT_PAGE: i64 = 1000;

/// Who acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Actor {
    /// A person, in a browser.
    Person(PersonId),
    /// One of the platform's staff, in a browser, in the role they had then.
    Staff(PersonId, StaffRole),
    /// A command of the operator on the machine.
    Command,
    /// A job, on its own.
    Work,
}

/// Who acts, and from where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Doer {
    actor: Actor,
    network: String,
}

impl Doer {
    /// A person in a browser; `network` as `203.0.113.0/24`.
    pub fn person(person: PersonId, network: String) -> Self {
        Self { actor: Actor::Person(person), network }
    }

    /// One of the platform's staff in a browser, for the platform or in a business that is not theirs.
    pub fn staff(person: PersonId, role: StaffRole, network: String) -> Self {
        Self { actor: Actor::Staff(person, role), network }
    }

    /// The operator, by a command.
    pub fn command() -> Self {
        Self { actor: Actor::Command, network: String::new() }
    }

    /// A job.
    pub fn work() -> Self {
        Self { actor: Actor::Work, network: String::new() }
    }
}

/// An entry of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditEntry {
    /// Its number, from 1 without gaps.
    pub seq: i64,
    /// When, in microseconds since 1970-01-01 UTC.
    pub at: i64,
    /// Who.
    pub actor: Actor,
    /// The name of the person, if there is still one.
    pub name: Option<String>,
    /// What, as [`Action::name`] gives it.
    pub action: String,
    /// On which object: its address within the product, or nothing.
    pub object: String,
    /// From which network; nothing for commands and jobs.
    pub network: String,
}

/// Which entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AuditFilter {
    /// Of one person.
    pub person: Option<PersonId>,
    /// Of one kind.
    pub action: Option<Action>,
    /// From this instant on.
    pub from: Option<i64>,
    /// Before this instant.
    pub until: Option<i64>,
    /// Before this number: the last one of the page before.
    pub before: Option<i64>,
}

/// What verifying found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AuditProof {
    /// Every entry follows from the one before it.
    Whole {
        /// How many there are.
        entries: i64,
        /// The last link. Whoever noted it can tell later that nothing before it was changed.
        head: Link,
    },
    /// The first entry that does not.
    Broken {
        /// Its number.
        seq: i64,
        /// What is wrong with it.
        fault: AuditFault,
    },
}

/// What is wrong with an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AuditFault {
    /// It is not there.
    Missing,
    /// It, or its place, was changed.
    Changed,
    /// It stands after the end that was recorded.
    Added,
}

impl Scoped<'_> {
    /// Adds an entry, in the transaction of what it tells of.
    pub async fn audit(&mut self, doer: &Doer, action: Action, object: &str, now: i64) -> Result<()> {
        self.lock().await?;
        self.log().add(doer, action, object, now).await
    }

    /// Entries, the latest first.
    pub async fn audit_entries(&mut self, filter: &AuditFilter, most: i64) -> Result<Vec<AuditEntry>> {
        self.log().entries(filter, most).await
    }

    /// The people who stand in the log, with their names if they still have one.
    pub async fn audited_people(&mut self) -> Result<Vec<(PersonId, Option<String>)>> {
        self.log().people().await
    }

    /// The link of an entry, to be compared with one that was noted earlier.
    pub async fn audit_link(&mut self, seq: i64) -> Result<Option<Link>> {
        self.log().link(seq).await
    }

    /// Follows the chain from its start to its recorded end.
    pub async fn verify_audit(&mut self) -> Result<AuditProof> {
        self.log().verify().await
    }

    fn log(&mut self) -> Log<'_> {
        Log::of_business(self.tx, self.tenant)
    }
}

/// What is done for the platform: staff, their rights, their reviews, jobs.
impl Platform<'_> {
    /// Adds an entry to the platform's log, in the transaction of what it tells of.
    pub async fn audit(&mut self, doer: &Doer, action: Action, object: &str, now: i64) -> Result<()> {
        Turn::Staff.wait(self.tx).await?;
        self.log().add(doer, action, object, now).await
    }

    /// Entries of the platform's log, the latest first.
    pub async fn audit_entries(&mut self, filter: &AuditFilter, most: i64) -> Result<Vec<AuditEntry>> {
        self.log().entries(filter, most).await
    }

    /// The people who stand in the platform's log, with their names if they still have one.
    pub async fn audited_people(&mut self) -> Result<Vec<(PersonId, Option<String>)>> {
        self.log().people().await
    }

    /// The link of an entry of the platform's log.
    pub async fn audit_link(&mut self, seq: i64) -> Result<Option<Link>> {
        self.log().link(seq).await
    }

    /// Follows the platform's chain from its start to its recorded end.
    pub async fn verify_audit(&mut self) -> Result<AuditProof> {
        self.log().verify().await
    }

    fn log(&mut self) -> Log<'_> {
        Log::of_platform(self.tx)
    }
}
