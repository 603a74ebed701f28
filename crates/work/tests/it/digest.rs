//! The week's digest: to whom, when, once, and with the figures of the pages.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::post;

use ecom_ledger::day;
use ecom_simulator::{Catalogue, Plan, SmtpSink, write_v2};
use ecom_store::{Channel, Filter, MessagePurpose, NewConsent, NewUpload};
use ecom_testkit::{World, on_both};
use ecom_work::{News, consent::wording};
use jiff::SignedDuration;
use post::{Office, plain};

/// A Monday, 07:59 in India.
const EARLY: &str = "2026-09-28T07:59+05:30";
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Two weeks of a settlement that ends with Sunday, 27 September 2026.
fn settlement() -> Vec<u8> {
    let start = "2026-09-13T18:30:00Z".parse::<jiff::Timestamp>().unwrap().as_second();
    let plan = Plan {
        seed: 11,
        id: 26_000_000_011,
        start,
        end: start + 14 * 86_400,
        rows: 2_000,
        previous_reserve: 0,
        current_reserve: 0,
        extra: Vec::new(),
    };
    let mut out = Vec::new();
    write_v2(&plan, &Catalogue::new(7, 40), &mut out).unwrap();
    out
}

async fn import(office: &Office, world: &World) {
    std::fs::create_dir_all(&office.worker.spool).unwrap();
    std::fs::write(office.worker.spool.join("one"), settlement()).unwrap();
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(office.tenant).await.unwrap();
    let account = books.add_seller_account("Amazon.in", 1).await.unwrap();
    let new = NewUpload { seller_account: account, name: "one.txt", spool: "one", bytes: 1 };
    books.add_upload(&new, world.now()).await.unwrap();
    tx.commit().await.unwrap();
    office.work().await;
}

async fn decide(office: &Office, world: &World, given: bool) {
    let (purpose, channel) = (MessagePurpose::Digest, Channel::Email);
    let wording = wording(purpose, channel).unwrap().version;
    let new = NewConsent { person: office.person, purpose, channel, given, wording, way: "settings" };
    let mut tx = world.db.write().await.unwrap();
    tx.scoped(office.tenant).await.unwrap().put_consent(&new, world.now()).await.unwrap();
    tx.commit().await.unwrap();
}

on_both!(whoever_agreed_gets_the_week_on_monday_at_eight_and_once, |world| async move {
    world.clock.set(EARLY);
    let sink = SmtpSink::start().unwrap();
    let office = Office::new(&world, Some(plain(&sink))).await;
    import(&office, &world).await;
    let (other, _) = world.business("saree-works").await;
    assert_ne!(other, office.person);
    decide(&office, &world, true).await;
    office.begin_hours().await;
    assert!(sink.mails().is_empty(), "it is before eight");

    // The next round is at 08:30 in India.
    world.clock.pass(31 * MINUTE);
    office.work().await;
    let mails = sink.mails();
    assert_eq!(mails.len(), 1, "the one who agreed, and nobody else");
    for _ in 0..30 {
        world.clock.pass(HOUR);
        office.work().await;
    }
    assert_eq!(sink.mails().len(), 1, "once a week");
    assert_eq!(office.notices().await.len(), 1);

    let mail = &mails[0];
    assert_eq!(mail.to, ["owner@kurta-house.example"]);
    assert_eq!(
        mail.header("List-Unsubscribe").as_deref(),
        Some("<https://books.example.in/settings/notices>")
    );
    let text = mail.part("text/plain").unwrap();
    assert!(
        text.contains("21–27 Sep 2026") && text.contains("/statement?from=2026-09-21&to=2026-09-27"),
        "{text}"
    );

    world.clock.set("2026-10-05T08:00+05:30");
    office.work().await;
    assert_eq!(sink.mails().len(), 2, "the next week has a mail of its own");
});

on_both!(its_figures_are_those_of_the_statement, |world| async move {
    world.clock.set("2026-09-28T08:00+05:30");
    let sink = SmtpSink::start().unwrap();
    let office = Office::new(&world, Some(plain(&sink))).await;
    import(&office, &world).await;
    decide(&office, &world, true).await;
    office.begin_hours().await;
    let days = ["2026-09-21", "2026-09-27"].map(|day| day::of_date(day.parse().unwrap()));
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(office.tenant).await.unwrap();
    let statement = books.statements(&Filter::days(days[0], days[1])).await.unwrap().remove(0);
    drop(tx);
    let text = sink.mails()[0].part("text/plain").unwrap();
    let units = ecom_gst::rupees_whole(statement.units * 100).replace('₹', "");
    for figure in [
        format!("Profit before unknown costs: {}", ecom_gst::rupees_whole(statement.profit().unwrap())),
        ecom_gst::rupees_whole(statement.group(ecom_ledger::Group::NetSales).unwrap()),
        units,
        "than 14–20 Sep 2026".to_owned(),
    ] {
        assert!(text.contains(&figure), "{figure} is not in {text}");
    }
    assert!(
        text.contains("products have no cost") && text.contains("https://books.example.in/costs"),
        "{text}"
    );
    assert!(!text.contains("Amazon has"), "the week is settled to its end: {text}");
    let news = News::from_json(&office.notices().await[0].arguments).unwrap();
    let News::Digest { days, profits, .. } = news else { panic!("{news:?}") };
    assert_eq!((days.as_str(), profits.len()), ("21–27 Sep 2026", 1));
});

on_both!(nobody_gets_it_without_consent_or_after_withdrawing_or_on_other_days, |world| async move {
    let sink = SmtpSink::start().unwrap();
    let office = Office::new(&world, Some(plain(&sink))).await;
    for (day, given) in [
        ("2026-09-27T20:00+05:30", true),
        ("2026-09-28T09:00+05:30", false),
        ("2026-09-30T00:00+05:30", true),
        ("2026-10-03T09:00+05:30", true),
    ] {
        world.clock.set(day);
        decide(&office, &world, given).await;
        office.begin_hours().await;
        assert!(sink.mails().is_empty(), "{day}");
    }
    // A server that was off on Monday still tells it on Tuesday.
    world.clock.set("2026-10-06T23:00+05:30");
    office.begin_hours().await;
    let text = sink.mails()[0].part("text/plain").unwrap();
    assert!(text.contains("no settlement lines"), "{text}");
});

on_both!(rounds_follow_each_other_and_none_is_caught_up_with, |world| async move {
    world.clock.set("2026-10-01T10:20+05:30");
    let office = Office::new(&world, None).await;
    office.begin_hours().await;
    // Two processes that start in the same hour share a round.
    office.begin_hours().await;
    let due = |world: &World| {
        let db = world.db.clone();
        async move { db.read().await.unwrap().platform().next_due().await.unwrap() }
    };
    let hour = 3_600_000_000;
    assert_eq!(due(&world).await, Some((world.now() / hour + 1) * hour));
    for _ in 0..60 {
        world.clock.pass(HOUR);
        office.work().await;
    }
    assert_eq!(due(&world).await, Some((world.now() / hour + 1) * hour));
    // After a night without any process there is one round, not one for each hour.
    world.clock.pass(12 * HOUR);
    office.work().await;
    assert_eq!(due(&world).await, Some((world.now() / hour + 1) * hour));
    assert_eq!((office.failed_jobs().await, office.messages().await.len()), (0, 0));
});
