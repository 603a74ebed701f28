//! Messages: written with their cause, sent once, given up in time, kept on record; on both engines.
#![allow(clippy::unwrap_used)]

use ecom_store::{
    MAIL_JOB, MailStanding, MessageId, MessagePurpose, MessageState, MessageView, NewMail, Result,
    StoreError, TenantId,
};
use ecom_testkit::{World, on_both};
use jiff::SignedDuration;

const HOUR: i64 = 3_600_000_000;
const ID: &str = "<1234@books.example.in>";

fn mail<'a>(world: &World, tenant: Option<TenantId>, cause: &'a str) -> NewMail<'a> {
    NewMail {
        cause,
        tenant,
        person: None,
        purpose: MessagePurpose::Security,
        template: "reset-password",
        recipient: "asha@kurta-house.example",
        recipient_name: "Asha Rao",
        subject: "Choose a new password",
        arguments: "{\"name\":\"Asha Rao\"}",
        secret: Some("the token"),
        expires_at: world.now() + HOUR,
    }
}

async fn write(world: &World, tenant: Option<TenantId>, cause: &str) -> Option<MessageId> {
    commit!(world, write_mail(&mail(world, tenant, cause), world.now())).unwrap()
}

async fn messages(world: &World, tenant: TenantId) -> Vec<MessageView> {
    let mut tx = world.db.read().await.unwrap();
    tx.scoped(tenant).await.unwrap().messages(None, None, 50).await.unwrap()
}

async fn one(world: &World, tenant: TenantId, id: MessageId) -> MessageView {
    let mut tx = world.db.read().await.unwrap();
    tx.scoped(tenant).await.unwrap().message(id).await.unwrap().unwrap()
}

/// Payloads of the mail jobs that are due, claimed one after the other.
async fn due(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    while let Some(claim) = commit!(world, claim(world.now())).unwrap() {
        assert_eq!(claim.kind, MAIL_JOB);
        found.push(claim.payload.clone());
        commit!(world, finish(&claim, "", world.now())).unwrap();
    }
    found
}

fn is_no_row(answer: &Result<()>) -> bool {
    matches!(answer, Err(StoreError::Rows { table: "message", found: 0, .. }))
}

on_both!(a_mail_is_written_with_its_job_or_not_at_all, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let mut tx = world.db.write().await.unwrap();
    tx.platform().write_mail(&mail(&world, Some(tenant), "reset:1"), 1).await.unwrap().unwrap();
    tx.rollback().await.unwrap();
    assert!(messages(&world, tenant).await.is_empty() && due(&world).await.is_empty());

    let id = write(&world, Some(tenant), "reset:1").await.unwrap();
    assert_eq!(due(&world).await, [id.to_string()]);
    let view = one(&world, tenant, id).await;
    assert_eq!((view.state, view.attempts, view.written_at), (MessageState::Queued, 0, world.now()));
    assert_eq!(
        (view.recipient.as_str(), view.subject.as_str()),
        ("asha@kurta-house.example", "Choose a new password")
    );
});

on_both!(one_cause_has_one_mail, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let id = write(&world, Some(tenant), "reset:1").await.unwrap();
    assert_eq!(write(&world, Some(tenant), "reset:1").await, None);
    assert_eq!(write(&world, None, "reset:1").await, None);
    write(&world, Some(tenant), "reset:2").await.unwrap();
    assert_eq!(messages(&world, tenant).await.len(), 2);
    let cause = world.db.read().await.unwrap().platform().mail_cause(id).await.unwrap();
    assert_eq!(cause.as_deref(), Some("reset:1"));
    for (cause, written) in [("reset:1", true), ("reset:3", false)] {
        let mut tx = world.db.read().await.unwrap();
        assert_eq!(tx.platform().mail_written(cause).await.unwrap(), written);
    }
    assert_eq!(world.db.read().await.unwrap().platform().mail_cause(MessageId(99)).await.unwrap(), None);
});

on_both!(line_breaks_do_not_get_into_a_head, |world| async move {
    let breaks = "Asha\r\nBcc: everybody@example.org";
    let good = mail(&world, None, "reset:1");
    let wrong = [
        NewMail { recipient: breaks, ..good.clone() },
        NewMail { recipient_name: breaks, ..good.clone() },
        NewMail { subject: "Hello\nX-Evil: yes", ..good.clone() },
        NewMail { subject: "Hello\0", ..good.clone() },
    ];
    for new in wrong {
        let refused = commit!(world, write_mail(&new, 1)).unwrap_err();
        assert!(matches!(refused, StoreError::Conflict(_)), "{refused}");
    }
    assert!(due(&world).await.is_empty());
});

on_both!(every_attempt_counts_and_has_the_message_id_of_the_first, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let id = write(&world, Some(tenant), "reset:1").await.unwrap();
    let first = commit!(world, begin_mail(id, ID, world.now())).unwrap().unwrap();
    assert_eq!((first.message_id.as_str(), first.attempts), (ID, 1));
    assert_eq!(first.secret.as_deref(), Some("the token"));
    commit!(world, mail_delayed(id, "no connection")).unwrap();
    assert_eq!(one(&world, tenant, id).await.fault.as_deref(), Some("no connection"));
    let second = commit!(world, begin_mail(id, "<other@host>", world.now())).unwrap().unwrap();
    assert_eq!((second.message_id.as_str(), second.attempts), (ID, 2));
    assert_eq!(
        commit!(world, begin_mail(MessageId(99), ID, world.now())).unwrap().map(|mail| mail.attempts),
        None
    );
});

on_both!(what_was_sent_is_never_sent_again_and_its_secret_is_gone, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let id = write(&world, Some(tenant), "reset:1").await.unwrap();
    commit!(world, begin_mail(id, ID, world.now())).unwrap().unwrap();
    commit!(world, mail_sent(id, world.now())).unwrap();
    let view = one(&world, tenant, id).await;
    assert_eq!((view.state, view.ended_at, view.fault), (MessageState::Sent, Some(world.now()), None));
    assert!(commit!(world, begin_mail(id, ID, world.now())).unwrap().is_none());
    assert!(is_no_row(&commit!(world, mail_sent(id, world.now()))));
    assert!(is_no_row(&commit!(world, mail_refused(id, "550", world.now()))));
    assert!(is_no_row(&commit!(world, mail_delayed(id, "421"))));
    assert_eq!(secrets(&world).await, 0);
});

on_both!(what_was_refused_stays_on_record_with_the_reason, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let id = write(&world, Some(tenant), "reset:1").await.unwrap();
    commit!(world, mail_refused(id, "550 5.1.1", world.now())).unwrap();
    let view = one(&world, tenant, id).await;
    assert_eq!((view.state, view.fault.as_deref()), (MessageState::Failed, Some("550 5.1.1")));
    assert!(commit!(world, begin_mail(id, ID, world.now())).unwrap().is_none());
    assert_eq!(secrets(&world).await, 0);
});

/// Tokens that are kept.
async fn secrets(world: &World) -> i64 {
    let sql = "select count(*) from message where secret is not null";
    match &world.db {
        ecom_store::Db::Sqlite { read, .. } => sqlx::query_scalar(sql).fetch_one(read).await.unwrap(),
        ecom_store::Db::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
    }
}

on_both!(a_mail_that_is_too_late_is_given_up_and_says_why, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let late = write(&world, Some(tenant), "reset:1").await.unwrap();
    commit!(world, mail_delayed(late, "no connection")).unwrap();
    world.clock.pass(SignedDuration::from_mins(30));
    let fresh = write(&world, Some(tenant), "reset:2").await.unwrap();
    world.clock.pass(SignedDuration::from_mins(30));
    assert!(commit!(world, begin_mail(late, ID, world.now())).unwrap().is_none());
    assert_eq!(commit!(world, expire_mail(Some(fresh), world.now())).unwrap(), []);
    assert_eq!(commit!(world, expire_mail(Some(late), world.now())).unwrap(), [(late, Some(tenant))]);
    let view = one(&world, tenant, late).await;
    assert_eq!((view.state, view.attempts), (MessageState::Failed, 0));
    assert_eq!(view.fault.as_deref(), Some("it could not be sent in time: no connection"));
    assert_eq!(one(&world, tenant, fresh).await.state, MessageState::Queued);
    assert_eq!(secrets(&world).await, 1);

    world.clock.pass(SignedDuration::from_mins(30));
    assert_eq!(commit!(world, expire_mail(None, world.now())).unwrap(), [(fresh, Some(tenant))]);
    let view = one(&world, tenant, fresh).await;
    assert_eq!(view.fault.as_deref(), Some("it could not be sent in time"));
    assert_eq!(commit!(world, expire_mail(None, world.now())).unwrap(), []);
    assert_eq!(secrets(&world).await, 0);
});

on_both!(queued_messages_without_a_job_get_one_and_no_others, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let mut ids = Vec::new();
    for cause in ["a", "b", "c"] {
        ids.push(write(&world, Some(tenant), cause).await.unwrap());
    }
    assert_eq!(commit!(world, wake_mail(world.now())).unwrap(), 0, "all have theirs");
    assert_eq!(due(&world).await.len(), 3);
    commit!(world, mail_sent(ids[0], world.now())).unwrap();
    assert_eq!(commit!(world, wake_mail(world.now())).unwrap(), 2);
    assert_eq!(due(&world).await, [ids[1].to_string(), ids[2].to_string()]);
    world.clock.pass(SignedDuration::from_hours(1));
    assert_eq!(commit!(world, wake_mail(world.now())).unwrap(), 0, "too late");
});

on_both!(another_business_sees_nothing_of_the_record, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let (_, other) = world.business("saree-works").await;
    let id = write(&world, Some(tenant), "a").await.unwrap();
    write(&world, None, "of nobody's business").await.unwrap();
    assert_eq!(messages(&world, tenant).await.len(), 1);
    assert!(messages(&world, other).await.is_empty());
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(other).await.unwrap();
    assert_eq!(books.message(id).await.unwrap(), None);
    assert_eq!(books.message_states().await.unwrap(), []);
    let mut books = tx.scoped(tenant).await.unwrap();
    assert_eq!(books.message_states().await.unwrap(), [(MessageState::Queued, 1)]);
});

on_both!(the_record_is_read_page_by_page_and_by_state, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(write(&world, Some(tenant), &format!("m{number}")).await.unwrap());
    }
    commit!(world, mail_sent(ids[1], world.now())).unwrap();
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(tenant).await.unwrap();
    let read = |found: Vec<MessageView>| found.into_iter().map(|one| one.id).collect::<Vec<_>>();
    let page = read(books.messages(None, None, 2).await.unwrap());
    assert_eq!(page, [ids[4], ids[3]]);
    let page = read(books.messages(None, Some(ids[3]), 2).await.unwrap());
    assert_eq!(page, [ids[2], ids[1]]);
    let queued = read(books.messages(Some(MessageState::Queued), Some(ids[2]), 9).await.unwrap());
    assert_eq!(queued, [ids[0]]);
    let mut states = books.message_states().await.unwrap();
    states.sort_by_key(|(state, _)| state.name());
    assert_eq!(states, [(MessageState::Queued, 4), (MessageState::Sent, 1)]);
});

on_both!(the_standing_tells_what_waits_too_long_and_what_failed, |world| async move {
    let begin = world.now();
    let standing = |since| {
        let world = &world;
        async move { world.db.read().await.unwrap().platform().mail_standing(since, world.now()).await.unwrap() }
    };
    let refused = write(&world, None, "a").await.unwrap();
    write(&world, None, "b").await.unwrap();
    commit!(world, mail_refused(refused, "550", world.now())).unwrap();
    assert_eq!(standing(begin).await, MailStanding { late: 0, failed: 1 });
    assert_eq!(standing(begin + 1).await, MailStanding { late: 0, failed: 0 });
    world.clock.pass(SignedDuration::from_mins(61));
    assert_eq!(standing(begin).await, MailStanding { late: 1, failed: 1 });
});
