//! The word that a review of staff rights is due: to administrators, once in a quarter, until it is finished.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::post;

use ecom_simulator::SmtpSink;
use ecom_store::{NewPerson, PersonId, StaffRole};
use ecom_testkit::{World, on_both};
use jiff::SignedDuration;
use post::{Office, plain};

const DAY: SignedDuration = SignedDuration::from_hours(24);

async fn staff(world: &World, name: &str, role: StaffRole) -> PersonId {
    let mut tx = world.db.write().await.unwrap();
    let email = format!("{name}@platform.example");
    let new = NewPerson { name, email: &email, phone: "1", password_hash: "none" };
    let person = tx.platform().add_person(&new, world.now()).await.unwrap();
    tx.platform().add_staff(person, role, None, world.now()).await.unwrap();
    tx.commit().await.unwrap();
    person
}

on_both!(administrators_are_told_once_in_a_quarter_that_a_review_is_due, |world| async move {
    world.clock.set("2026-12-30T09:00+05:30");
    let sink = SmtpSink::start().unwrap();
    let office = Office::new(&world, Some(plain(&sink))).await;
    staff(&world, "dev", StaffRole::Administrator).await;
    staff(&world, "gita", StaffRole::SeniorOperations).await;
    office.begin_hours().await;
    assert!(sink.mails().is_empty(), "they are staff since this quarter");
    for _ in 0..3 {
        world.clock.pass(DAY);
        office.work().await;
    }
    let mails = sink.mails();
    assert_eq!(mails.len(), 1, "one administrator, one mail");
    assert_eq!(mails[0].to, ["dev@platform.example"]);
    assert!(mails[0].part("text/plain").unwrap().contains("/staff/review"));
    world.clock.set("2027-04-01T00:30+05:30");
    office.work().await;
    assert_eq!(sink.mails().len(), 2, "the next quarter has a mail of its own");
});
