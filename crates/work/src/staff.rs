//! What goes with a right of the platform's staff that begins or ends: the record of the platform, the record of the
//! business, and word to its owners, all in the caller's transaction.

use ecom_store::{
    Action, Assignment, AssignmentId, Doer, NewAssignment, NewNotice, PersonId, StoreError, Tx,
};

use crate::{
    clock::micros,
    notice::{Ending, News},
    worker::{Failure, Worker},
};

/// Assigns one of the staff to a business.
pub async fn assign(
    tx: &mut Tx,
    new: &NewAssignment<'_>,
    doer: &Doer,
    now: i64,
) -> Result<AssignmentId, StoreError> {
    let id = tx.platform().assign(new, now).await?;
    tx.platform().audit(doer, Action::Assign, &format!("staff/assignments/{id}"), now).await?;
    let made = tx.platform().assignment(id).await?.ok_or(StoreError::Missing("assignment"))?;
    let news = News::StaffMayEnter {
        assignment: id.0,
        name: made.name.clone(),
        role: role(&made),
        reason: made.reason.clone(),
        until: made.ends_at,
    };
    tell(tx, &made, &news, (doer, Action::Assign), now).await?;
    Ok(id)
}

/// Ends an assignment: `by` is who does it, none if its time is over or a command does.
pub async fn end_assignment(
    tx: &mut Tx,
    id: AssignmentId,
    by: Option<PersonId>,
    doer: &Doer,
    now: i64,
) -> Result<(), StoreError> {
    let ended = tx.platform().end_assignment(id, by, now).await?;
    ended_one(tx, &ended, doer, now).await
}

/// Ends that somebody is staff, and every assignment of theirs.
pub async fn end_staff(
    tx: &mut Tx,
    person: PersonId,
    by: Option<PersonId>,
    doer: &Doer,
    now: i64,
) -> Result<(), StoreError> {
    let ended = tx.platform().end_staff(person, by, now).await?;
    tx.platform().audit(doer, Action::EndStaff, &format!("staff/people/{person}"), now).await?;
    for assignment in ended {
        ended_one(tx, &assignment, doer, now).await?;
    }
    Ok(())
}

/// The role as it is stored; empty for somebody who is staff no more.
fn role(assignment: &Assignment) -> String {
    assignment.role.map_or("", ecom_store::StaffRole::name).to_owned()
}

async fn ended_one(tx: &mut Tx, ended: &Assignment, doer: &Doer, now: i64) -> Result<(), StoreError> {
    let object = format!("staff/assignments/{}", ended.id);
    tx.platform().audit(doer, Action::EndAssignment, &object, now).await?;
    let ending = if ended.ended_at == Some(ended.ends_at) { Ending::Time } else { Ending::Person };
    let news = News::StaffLeft {
        assignment: ended.id.0,
        name: ended.name.clone(),
        role: role(ended),
        ending,
        by: ended.ended_by.clone().unwrap_or_default(),
    };
    tell(tx, ended, &news, (doer, Action::EndAssignment), now).await
}

/// Puts it on the business's record, and tells its owners.
async fn tell(
    tx: &mut Tx,
    assignment: &Assignment,
    news: &News,
    (doer, action): (&Doer, Action),
    now: i64,
) -> Result<(), StoreError> {
    let mut books = tx.scoped(assignment.tenant).await?;
    books.audit(doer, action, &format!("people/staff/{}", assignment.id), now).await?;
    let cause = format!("{}:{}", news.name(), assignment.id);
    let arguments = news.to_json()?;
    let notice = NewNotice { cause: &cause, kind: news.name(), arguments: &arguments };
    books.give_owners_notice(&notice, now).await.map(drop)
}

impl Worker {
    /// Closes assignments whose time is over. They open nothing since; now their businesses are told.
    pub(crate) async fn close_assignments(&self) -> Result<(), Failure> {
        let now = micros(&*self.clock);
        let mut tx = self.importer.db.write().await?;
        for id in tx.platform().overdue_assignments(now).await? {
            end_assignment(&mut tx, id, None, &Doer::work(), now).await?;
        }
        Ok(tx.commit().await?)
    }
}
