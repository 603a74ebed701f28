//! One chain of entries: that of a business, or that of the platform. The same statements run on both tables.

use ecom_vault::Link;

use super::{Actor, AuditEntry, AuditFault, AuditFilter, AuditProof, Doer, MOST_AUDIT_PAGE};
use crate::{
    audit_action::Action,
    error::{Result, StoreError},
    ids::{PersonId, TenantId},
    staff::StaffRole,
    tx::{Tx, exec, fetch_all, fetch_optional},
};

/// Longest address of an object, in bytes.
const MOST_OBJECT: usize = 120;
/// Entries verified at a time.
const VERIFY_ROWS: i64 = 2000;
/// The number of the platform's chain; businesses are numbered from 1.
const PLATFORM: i64 = 0;
/// How an actor of the staff is stored, before their role.
const STAFF: &str = "staff:";

/// A chain. Adding to it needs its turn.
pub(super) struct Log<'a> {
    tx: &'a mut Tx,
    /// The program's own text, as is the next.
    table: &'static str,
    /// The column that says whose the entry is.
    owner: &'static str,
    whose: i64,
}

type Row = (i64, i64, String, Option<i64>, String, String, String, Vec<u8>);
type Named = (i64, i64, String, Option<i64>, Option<String>, String, String, String);

impl<'a> Log<'a> {
    /// That of a business.
    pub(super) fn of_business(tx: &'a mut Tx, tenant: TenantId) -> Self {
        Self { tx, table: "audit", owner: "tenant_id", whose: tenant.0 }
    }

    /// That of the platform.
    pub(super) fn of_platform(tx: &'a mut Tx) -> Self {
        Self { tx, table: "platform_audit", owner: "log", whose: PLATFORM }
    }

    /// Adds an entry.
    pub(super) async fn add(&mut self, doer: &Doer, action: Action, object: &str, now: i64) -> Result<()> {
        if !is_address(object) || !is_network(&doer.network) {
            return Err(StoreError::Setup("an entry of the audit log names more than an object".to_owned()));
        }
        let (last, head) = self.head().await?.unwrap_or((0, Link::START));
        let (actor, person) = stored(doer.actor);
        let row: Row = (
            last + 1,
            now,
            actor,
            person,
            action.name().to_owned(),
            object.to_owned(),
            doer.network.clone(),
            Vec::new(),
        );
        let link = follow(head, self.whose, &row);
        let text = format!(
            "insert into {} ({}, seq, at, actor, person, action, object, network, link)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            self.table, self.owner
        );
        exec!(
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            self.whose,
            row.0,
            row.1,
            row.2,
            row.3,
            row.4,
            row.5,
            row.6,
            link.bytes().to_vec(),
        )?;
        self.put_head(row.0, link).await
    }

    async fn put_head(&mut self, seq: i64, link: Link) -> Result<()> {
        let (table, owner) = (self.table, self.owner);
        let text = format!(
            "insert into {table}_head ({owner}, seq, link) values ($1, $2, $3)
             on conflict ({owner}) do update set seq = excluded.seq, link = excluded.link"
        );
        exec!(self.tx, sqlx::AssertSqlSafe(text.as_str()), self.whose, seq, link.bytes().to_vec(),).map(drop)
    }

    async fn head(&mut self) -> Result<Option<(i64, Link)>> {
        let text = format!("select seq, link from {}_head where {} = $1", self.table, self.owner);
        let row = fetch_optional!((i64, Vec<u8>), self.tx, sqlx::AssertSqlSafe(text.as_str()), self.whose)?;
        row.map(|(seq, link)| Ok((seq, read_link(&link)?))).transpose()
    }

    /// Entries, the latest first.
    pub(super) async fn entries(&mut self, filter: &AuditFilter, most: i64) -> Result<Vec<AuditEntry>> {
        let mut text = format!(
            "select a.seq, a.at, a.actor, a.person, p.name, a.action, a.object, a.network
             from {} a left join person p on p.id = a.person
             where a.{} = $1 and a.seq < $2 and a.at >= $3 and a.at < $4",
            self.table, self.owner
        );
        // Only what is asked for stands in the text, so that its index is used.
        text.push_str(if filter.person.is_some() { " and a.person = $5" } else { " and $5 = 0" });
        text.push_str(if filter.action.is_some() { " and a.action = $6" } else { " and $6 = ''" });
        text.push_str(" order by a.seq desc limit $7");
        let rows = fetch_all!(
            Named,
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            self.whose,
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
    pub(super) async fn people(&mut self) -> Result<Vec<(PersonId, Option<String>)>> {
        let text = format!(
            "select a.person, p.name from (select distinct person from {} where {} = $1) a
             left join person p on p.id = a.person where a.person is not null order by p.name nulls last, a.person",
            self.table, self.owner
        );
        let text = sqlx::AssertSqlSafe(text.as_str());
        let rows = fetch_all!((i64, Option<String>), self.tx, text, self.whose)?;
        Ok(rows.into_iter().map(|(id, name)| (PersonId(id), name)).collect())
    }

    /// The link of an entry, to be compared with one that was noted earlier.
    pub(super) async fn link(&mut self, seq: i64) -> Result<Option<Link>> {
        let text = format!("select link from {} where {} = $1 and seq = $2", self.table, self.owner);
        let text = sqlx::AssertSqlSafe(text.as_str());
        let row = fetch_optional!((Vec<u8>,), self.tx, text, self.whose, seq)?;
        row.map(|(link,)| read_link(&link)).transpose()
    }

    /// Follows the chain from its start to its recorded end.
    pub(super) async fn verify(&mut self) -> Result<AuditProof> {
        let (mut seq, mut link) = (0, Link::START);
        let end = self.head().await?.unwrap_or((0, Link::START));
        loop {
            let rows = self.rows(seq).await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                seq += 1;
                let next = follow(link, self.whose, row);
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

    async fn rows(&mut self, after: i64) -> Result<Vec<Row>> {
        let text = format!(
            "select seq, at, actor, person, action, object, network, link from {}
             where {} = $1 and seq > $2 order by seq limit $3",
            self.table, self.owner
        );
        fetch_all!(Row, self.tx, sqlx::AssertSqlSafe(text.as_str()), self.whose, after, VERIFY_ROWS)
    }
}

/// The link of an entry: everything that is stored of it goes in.
fn follow(previous: Link, whose: i64, row: &Row) -> Link {
    let (seq, at, actor, person, action, object, network, _) = row;
    let person = person.map(i64::to_be_bytes);
    previous.after(&[
        &whose.to_be_bytes(),
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

fn stored(actor: Actor) -> (String, Option<i64>) {
    match actor {
        Actor::Person(person) => ("person".to_owned(), Some(person.0)),
        Actor::Staff(person, role) => (format!("{STAFF}{}", role.name()), Some(person.0)),
        Actor::Command => ("command".to_owned(), None),
        Actor::Work => ("work".to_owned(), None),
    }
}

fn entry((seq, at, actor, person, name, action, object, network): Named) -> Result<AuditEntry> {
    let actor = match (actor.as_str(), person) {
        ("person", Some(person)) => Actor::Person(PersonId(person)),
        ("command", None) => Actor::Command,
        ("work", None) => Actor::Work,
        (staff, Some(person)) => {
            let role = staff.strip_prefix(STAFF).and_then(StaffRole::from_name);
            Actor::Staff(PersonId(person), role.ok_or(StoreError::Corrupt("audit"))?)
        }
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
