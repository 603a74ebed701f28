//! The audit log: who did what, on which object, when, from which network. Entries are only ever added, and chained
//! by hashes per business, so that a change, a removal or another order shows.
//!
//! No personal data: people are ids, objects are addresses of pages (`close/2026-03/INR`), a network is what many
//! visitors share. A person's name is looked up when the log is shown, for as long as there is one.

use ecom_vault::Link;

use crate::{
    audit_action::Action,
    error::{Result, StoreError},
    ids::PersonId,
    tx::{Scoped, exec, fetch_all, fetch_optional},
};

/// Most entries of one answer.
pub const MOST_AUDIT_PAGE: i64 = 1000;
/// Longest address of an object, in bytes.
const MOST_OBJECT: usize = 120;
/// Entries verified at a time.
const VERIFY_ROWS: i64 = 2000;

/// Who acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Actor {
    /// A person, in a browser.
    Person(PersonId),
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

type Row = (i64, i64, String, Option<i64>, String, String, String, Vec<u8>);
type Named = (i64, i64, String, Option<i64>, Option<String>, String, String, String);

impl Scoped<'_> {
    /// Adds an entry, in the transaction of what it tells of.
    pub async fn audit(&mut self, doer: &Doer, action: Action, object: &str, now: i64) -> Result<()> {
        if !is_address(object) || !is_network(&doer.network) {
            return Err(StoreError::Setup("an entry of the audit log names more than an object".to_owned()));
        }
        self.lock().await?;
        let (last, head) = self.audit_head().await?.unwrap_or((0, Link::START));
        let (actor, person) = stored(doer.actor);
        let row: Row = (
            last + 1,
            now,
            actor.to_owned(),
            person,
            action.name().to_owned(),
            object.to_owned(),
            doer.network.clone(),
            Vec::new(),
        );
        let link = follow(head, self.tenant.0, &row);
        exec!(
            self.tx,
            "insert into audit (tenant_id, seq, at, actor, person, action, object, network, link)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            self.tenant.0,
            row.0,
            row.1,
            row.2,
            row.3,
            row.4,
            row.5,
            row.6,
            link.bytes().to_vec(),
        )?;
        self.put_audit_head(row.0, link).await
    }

    async fn put_audit_head(&mut self, seq: i64, link: Link) -> Result<()> {
        exec!(
            self.tx,
            "insert into audit_head (tenant_id, seq, link) values ($1, $2, $3)
             on conflict (tenant_id) do update set seq = excluded.seq, link = excluded.link",
            self.tenant.0,
            seq,
            link.bytes().to_vec(),
        )
        .map(drop)
    }

    async fn audit_head(&mut self) -> Result<Option<(i64, Link)>> {
        let row = fetch_optional!(
            (i64, Vec<u8>),
            self.tx,
            "select seq, link from audit_head where tenant_id = $1",
            self.tenant.0,
        )?;
        row.map(|(seq, link)| Ok((seq, read_link(&link)?))).transpose()
    }

    /// Entries, the latest first.
    pub async fn audit_entries(&mut self, filter: &AuditFilter, most: i64) -> Result<Vec<AuditEntry>> {
        let mut text = String::from(
            "select a.seq, a.at, a.actor, a.person, p.name, a.action, a.object, a.network
             from audit a left join person p on p.id = a.person
             where a.tenant_id = $1 and a.seq < $2 and a.at >= $3 and a.at < $4",
        );
        // Only what is asked for stands in the text, so that its index is used.
        text.push_str(if filter.person.is_some() { " and a.person = $5" } else { " and $5 = 0" });
        text.push_str(if filter.action.is_some() { " and a.action = $6" } else { " and $6 = ''" });
        text.push_str(" order by a.seq desc limit $7");
        let rows = fetch_all!(
            Named,
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            self.tenant.0,
            filter.before.unwrap_or(i64::MAX),
            filter.from.unwrap_or(i64::MIN),
            filter.until.unwrap_or(i64::MAX),
            filter.person.map_or(0, |person| person.0),
            filter.action.map_or("", Action::name),
            most.clamp(1, MOST_AUDIT_PAGE),
        )?;
        rows.into_iter().map(entry).collect()
    }

    /// The people who stand in the log, with their names if they still have one.
    pub async fn audited_people(&mut self) -> Result<Vec<(PersonId, Option<String>)>> {
        let rows = fetch_all!(
            (i64, Option<String>),
            self.tx,
            "select a.person, p.name from (select distinct person from audit where tenant_id = $1) a
             left join person p on p.id = a.person where a.person is not null order by p.name nulls last, a.person",
            self.tenant.0,
        )?;
        Ok(rows.into_iter().map(|(id, name)| (PersonId(id), name)).collect())
    }

    /// The link of an entry, to be compared with one that was noted earlier.
    pub async fn audit_link(&mut self, seq: i64) -> Result<Option<Link>> {
        let row = fetch_optional!(
            (Vec<u8>,),
            self.tx,
            "select link from audit where tenant_id = $1 and seq = $2",
            self.tenant.0,
            seq,
        )?;
        row.map(|(link,)| read_link(&link)).transpose()
    }

    /// Follows the chain from its start to its recorded end.
    pub async fn verify_audit(&mut self) -> Result<AuditProof> {
        let (mut seq, mut link) = (0, Link::START);
        let end = self.audit_head().await?.unwrap_or((0, Link::START));
        loop {
            let rows = self.audit_rows(seq).await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                seq += 1;
                let next = follow(link, self.tenant.0, row);
                let fault = match row.0 {
                    _ if seq > end.0 => Some(AuditFault::Added),
                    found if found != seq => Some(AuditFault::Missing),
                    _ if next.bytes() != row.7 => Some(AuditFault::Changed),
                    _ => None,
                };
                if let Some(fault) = fault {
                    return Ok(AuditProof::Broken { seq, fault });
                }
                link = next;
            }
        }
        Ok(match end {
            (last, _) if last != seq => AuditProof::Broken { seq: seq + 1, fault: AuditFault::Missing },
            (_, head) if head != link => AuditProof::Broken { seq, fault: AuditFault::Changed },
            _ => AuditProof::Whole { entries: seq, head: link },
        })
    }

    async fn audit_rows(&mut self, after: i64) -> Result<Vec<Row>> {
        fetch_all!(
            Row,
            self.tx,
            "select seq, at, actor, person, action, object, network, link from audit
             where tenant_id = $1 and seq > $2 order by seq limit $3",
            self.tenant.0,
            after,
            VERIFY_ROWS,
        )
    }
}

/// The link of an entry: everything that is stored of it goes in.
fn follow(previous: Link, tenant: i64, row: &Row) -> Link {
    let (seq, at, actor, person, action, object, network, _) = row;
    let person = person.map(i64::to_be_bytes);
    previous.after(&[
        &tenant.to_be_bytes(),
        &seq.to_be_bytes(),
        &at.to_be_bytes(),
        actor.as_bytes(),
        person.as_ref().map_or(&[], |person| &person[..]),
        action.as_bytes(),
        object.as_bytes(),
        network.as_bytes(),
    ])
}

fn read_link(bytes: &[u8]) -> Result<Link> {
    Link::from_bytes(bytes).ok_or(StoreError::Corrupt("audit_head"))
}

fn stored(actor: Actor) -> (&'static str, Option<i64>) {
    match actor {
        Actor::Person(person) => ("person", Some(person.0)),
        Actor::Command => ("command", None),
        Actor::Work => ("work", None),
    }
}

fn entry((seq, at, actor, person, name, action, object, network): Named) -> Result<AuditEntry> {
    let actor = match (actor.as_str(), person) {
        ("person", Some(person)) => Actor::Person(PersonId(person)),
        ("command", None) => Actor::Command,
        ("work", None) => Actor::Work,
        _ => return Err(StoreError::Corrupt("audit")),
    };
    Ok(AuditEntry { seq, at, actor, name, action, object, network })
}

/// An address of a page has neither spaces nor `@`: no name and no e-mail address fits by accident.
fn is_address(object: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_.-".contains(&byte);
    object.len() <= MOST_OBJECT && object.bytes().all(plain)
}

fn is_network(network: &str) -> bool {
    network.len() <= 49 && network.bytes().all(|byte| byte.is_ascii_hexdigit() || b".:/".contains(&byte))
}
