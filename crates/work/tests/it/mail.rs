//! Sending mail: what arrives, what is tried again, what is given up, and deaths at every point; over real SMTP.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::post;

use ecom_simulator::{Certificate, SmtpFault, SmtpSink, SmtpStage};
use ecom_store::{MessagePurpose, MessageState, NewMail};
use ecom_testkit::{World, on_both, on_sqlite};
use ecom_work::mail::{Address, Connection, Letter, Mail, Parcel, Post, PostFault, Security, Smtp};
use jiff::SignedDuration;
use post::{Dying, Office, Stopping, When, asha, plain, settings, smtp};
use secrecy::SecretString;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const TLS: Certificate<'_> =
    Certificate { chain: include_str!("tls/server.pem"), key: include_str!("tls/server.key") };
const AUTHORITY: &str = include_str!("tls/authority.pem");

on_both!(a_mail_arrives_once_with_all_that_a_mail_needs, |world| async move {
    let sink = SmtpSink::start().unwrap();
    let office = Office::new(&world, Some(plain(&sink))).await;
    let id = office.write("reset:1").await.unwrap();
    office.work().await;
    office.work().await;
    let mails = sink.mails();
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    assert_eq!(
        (mail.from.as_str(), mail.to.as_slice()),
        ("books@example.in", &["asha@kurta-house.example".to_owned()][..])
    );
    assert_eq!(mail.header("From").as_deref(), Some("\"Ecom Assistance\" <books@example.in>"));
    assert_eq!(mail.header("To").as_deref(), Some("\"Asha Rao\" <asha@kurta-house.example>"));
    assert_eq!(mail.header("Subject").as_deref(), Some("Choose a new password"));
    assert_eq!(mail.header("Auto-Submitted").as_deref(), Some("auto-generated"));
    assert_eq!(mail.header("Date").as_deref(), Some("Wed, 01 Apr 2026 03:30:00 +0000"));
    assert!(mail.header("Message-ID").unwrap().ends_with("@example.in>"));
    assert!(mail.header("Content-Type").unwrap().starts_with("multipart/alternative"));
    let link = "https://books.example.in/reset/the-token";
    assert!(
        mail.part("text/plain").unwrap().contains(link) && mail.part("text/html").unwrap().contains(link)
    );
    let view = office.message(id).await;
    assert_eq!((view.state, view.attempts, view.fault), (MessageState::Sent, 1, None));
    assert_eq!(view.message_id, mail.header("Message-ID"));
    assert!(!view.arguments.contains("the-token"), "the token stands apart");
});

on_both!(a_temporary_no_is_tried_again_with_the_same_message_id, |world| async move {
    let sink = SmtpSink::start().unwrap();
    let office = Office::new(&world, Some(plain(&sink))).await;
    let id = office.write("reset:1").await.unwrap();
    let faults = [
        SmtpFault::Answer(SmtpStage::Greeting, 421, "4.3.2 busy"),
        SmtpFault::Answer(SmtpStage::Sender, 451, "4.3.0 later <books@example.in>"),
        SmtpFault::Answer(SmtpStage::Recipient, 450, "4.2.0 <asha@kurta-house.example>: greylisted"),
        SmtpFault::Answer(SmtpStage::Data, 451, "4.3.0 later"),
        SmtpFault::Answer(SmtpStage::End, 452, "4.3.1 full"),
        SmtpFault::HangUp,
        SmtpFault::CutInMail,
    ];
    let mut ids = Vec::new();
    for (attempt, fault) in (1..).zip(faults) {
        sink.plan(fault);
        office.work().await;
        let view = office.message(id).await;
        assert_eq!((view.state, view.attempts), (MessageState::Queued, attempt), "{fault:?}");
        let told = view.fault.unwrap();
        assert!(!told.contains('@'), "no address in {told}");
        ids.push(view.message_id.unwrap());
        office.work().await;
        assert_eq!(office.message(id).await.attempts, attempt, "it waits before it tries again");
        world.clock.pass(30 * MINUTE);
    }
    assert_eq!(
        office.message(id).await.fault.as_deref(),
        Some("no connection to the mail server, or it broke off")
    );
    office.work().await;
    assert_eq!((office.message(id).await.state, sink.mails().len()), (MessageState::Sent, 1));
    ids.push(sink.mails()[0].header("Message-ID").unwrap());
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "{ids:?}");
});

on_both!(a_final_no_is_not_tried_again_and_the_managers_are_told, |world| async move {
    let sink = SmtpSink::start().unwrap();
    let office = Office::new(&world, Some(plain(&sink))).await;
    let stages = [SmtpStage::Recipient, SmtpStage::End, SmtpStage::Sender];
    for (number, stage) in stages.into_iter().enumerate() {
        let id = office.write(&format!("reset:{number}")).await.unwrap();
        sink.plan(SmtpFault::Answer(stage, 550, "5.1.1 <asha@kurta-house.example>: no such user"));
        office.work().await;
        let view = office.message(id).await;
        assert_eq!(view.state, MessageState::Failed, "{stage:?}");
        assert_eq!(view.fault.as_deref(), Some("the mail server answered 550 5.1.1"));
        world.clock.pass(60 * MINUTE);
        office.work().await;
        assert_eq!(office.message(id).await.attempts, 1);
    }
    assert!(sink.mails().is_empty());
    let notices = office.notices().await;
    assert_eq!(notices.len(), 3);
    assert_eq!(notices[0].kind, "mail-failed");
    assert_eq!(office.failed_jobs().await, 0, "the message says it; no job is broken");
});

on_both!(while_there_is_no_mail_server_messages_wait_and_none_is_lost, |world| async move {
    let mut office = Office::new(&world, None).await;
    let early = office.write("reset:1").await.unwrap();
    office.work().await;
    office.begin_hours().await;
    let view = office.message(early).await;
    assert_eq!((view.state, view.attempts), (MessageState::Queued, 0));
    assert_eq!(view.fault.as_deref(), Some("no mail server is set up"));
    let forgotten = office.write_until("reset:2", world.now() + 60_000_000).await.unwrap();
    world.clock.pass(5 * MINUTE);

    let sink = SmtpSink::start().unwrap();
    office.set_post(Some(plain(&sink)));
    office.begin_hours().await;
    assert_eq!(office.message(early).await.state, MessageState::Sent);
    let view = office.message(forgotten).await;
    assert_eq!((view.state, sink.mails().len()), (MessageState::Failed, 1));
    assert!(view.fault.unwrap().contains("could not be sent in time"));
    assert_eq!(office.notices().await.len(), 1, "the managers are told");
});

on_both!(a_wrong_password_is_our_fault_and_the_mail_waits, |world| async move {
    let sink = SmtpSink::with_login("books", "right").unwrap();
    let with = |password: &str| {
        let mut settings = settings(sink.port(), Security::Plain);
        settings.login = Some(("books".to_owned(), password.to_owned().into()));
        smtp(&settings)
    };
    let mut office = Office::new(&world, Some(with("wrong"))).await;
    let id = office.write("reset:1").await.unwrap();
    office.work().await;
    let view = office.message(id).await;
    assert_eq!(view.state, MessageState::Queued);
    assert_eq!(
        view.fault.as_deref(),
        Some("the mail server answered 535 5.7.8: look at TLS, user and password")
    );
    office.set_post(Some(with("right")));
    world.clock.pass(MINUTE);
    office.work().await;
    assert_eq!(office.message(id).await.state, MessageState::Sent);
    assert_eq!(sink.mails()[0].user.as_deref(), Some("books"));
});

on_both!(a_mail_that_no_version_can_read_is_given_up, |world| async move {
    let sink = SmtpSink::start().unwrap();
    let office = Office::new(&world, Some(plain(&sink))).await;
    let new = NewMail {
        cause: "future:1",
        tenant: Some(office.tenant),
        person: None,
        purpose: MessagePurpose::Account,
        template: "of-the-future",
        recipient: "asha@kurta-house.example",
        recipient_name: "",
        subject: "x",
        arguments: "{\"of_the_future\":{}}",
        secret: None,
        expires_at: world.now() + 1_000_000,
    };
    let mut tx = world.db.write().await.unwrap();
    let id = tx.platform().write_mail(&new, world.now()).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    office.work().await;
    assert_eq!(office.message(id).await.state, MessageState::Failed);
    assert!(sink.mails().is_empty());
});

on_sqlite!(names_stay_in_their_field_of_the_head, |world| async move {
    let sink = SmtpSink::start().unwrap();
    let office = Office::new(&world, Some(plain(&sink))).await;
    let names = [
        "आशा राव, Kurta House",
        "\"Asha\" <other@example.org>",
        "Asha, other@example.org",
        "a;b:c\\d()[]",
        "=?utf-8?q?Bcc=3A_other=40example=2Eorg?=",
        &"long name ".repeat(19),
    ];
    let fields =
        ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"];
    for (number, name) in names.into_iter().enumerate() {
        let to = Address::new(name, "asha@kurta-house.example").unwrap();
        let letter = Letter::Invitation {
            business: format!("{name} \u{85}Bcc: x@example.org"),
            inviter: name.to_owned(),
            role: ecom_work::mail::Role::Viewer,
            page: "/invitations/".to_owned(),
            until: world.now() + 60_000_000,
        };
        office.send(&format!("i:{number}"), &to, &letter).await;
        let mails = sink.mails();
        assert_eq!(mails.len(), number + 1, "{name}");
        let mail = &mails[number];
        assert_eq!(mail.to, ["asha@kurta-house.example"], "{name}");
        let mut found = mail.fields();
        found.sort_by_key(|field| fields.iter().position(|known| known == field));
        assert_eq!(found, fields, "{name}");
    }
    for breaks in ["Asha\r\nBcc: other@example.org", "Asha\nBcc: x", "Asha\rX"] {
        assert!(Address::new(breaks, "asha@kurta-house.example").is_err());
        assert!(Address::new("Asha", &format!("asha@kurta-house.example{breaks}")).is_err());
    }
});

on_sqlite!(mail_goes_over_tls_to_a_server_that_can_be_trusted_and_to_no_other, |world| async move {
    let with = |port: u16, security: Security, authority: Option<&str>| {
        let mut settings = settings(port, security);
        settings.authority = authority.map(|pem| pem.as_bytes().to_vec());
        Smtp::new(&settings).unwrap()
    };
    let parcel = parcel(&world);
    let wrapped = SmtpSink::with_tls(&TLS).unwrap();
    let upgraded = SmtpSink::with_starttls(&TLS).unwrap();
    for (sink, security) in [(&wrapped, Security::Tls), (&upgraded, Security::StartTls)] {
        with(sink.port(), security, Some(AUTHORITY)).send(&parcel).await.unwrap();
        with(sink.port(), security, Some(AUTHORITY)).check().await.unwrap();
        assert!(sink.mails().iter().all(|mail| mail.tls) && sink.mails().len() == 1);
        let strange = with(sink.port(), security, None).send(&parcel).await.unwrap_err();
        assert!(matches!(&strange, PostFault::Later(why) if why.contains("certificate")), "{strange:?}");
        assert_eq!(sink.mails().len(), 1);
    }
    let bare = SmtpSink::start().unwrap();
    let refused = with(bare.port(), Security::StartTls, Some(AUTHORITY)).send(&parcel).await.unwrap_err();
    assert!(matches!(&refused, PostFault::Later(why) if why.contains("STARTTLS")), "{refused:?}");
    assert!(bare.mails().is_empty(), "nothing goes in plain where TLS was asked for");
});

#[test]
fn plain_is_for_this_machine_alone_however_it_is_asked_for() {
    let mut settings = settings(25, Security::Plain);
    settings.connection =
        Connection { host: "mail.example.in".to_owned(), port: 25, security: Security::Plain };
    assert!(Smtp::new(&settings).is_err());
    let mut settings = post::settings(25, Security::Tls);
    settings.authority = Some(b"no certificate".to_vec());
    assert!(Smtp::new(&settings).is_err());
}

fn parcel(world: &World) -> Parcel {
    Parcel {
        to: asha(),
        content: Mail::off("https://books.example.in").render(&Letter::Test {}, None).unwrap(),
        message_id: "<1@example.in>".to_owned(),
        at: world.clock.timestamp(),
    }
}

on_both!(a_death_between_the_yes_and_the_commit_repeats_the_mail_with_its_message_id, |world| async move {
    let sink = SmtpSink::start().unwrap();
    let dying = Dying::new(plain(&sink), When::AfterYes);
    let mut office = Office::new(&world, Some(dying.clone())).await;
    let id = office.write("reset:1").await.unwrap();
    dying.kill(office.work()).await;
    assert_eq!((sink.mails().len(), office.message(id).await.state), (1, MessageState::Queued));
    office.set_post(Some(plain(&sink)));
    office.work().await;
    assert_eq!(sink.mails().len(), 1, "the dead worker's lease holds");
    world.clock.pass(2 * MINUTE);
    office.work().await;
    let mails = sink.mails();
    assert_eq!((mails.len(), office.message(id).await.state), (2, MessageState::Sent));
    assert_eq!(mails[0].header("Message-ID"), mails[1].header("Message-ID"));
    office.work().await;
    assert_eq!(sink.mails().len(), 2);
});

on_both!(a_yes_that_was_lost_on_the_way_repeats_the_mail_with_its_message_id, |world| async move {
    let sink = SmtpSink::start().unwrap();
    let office = Office::new(&world, Some(plain(&sink))).await;
    office.write("reset:1").await.unwrap();
    sink.plan(SmtpFault::CutBeforeYes);
    office.work().await;
    world.clock.pass(MINUTE);
    office.work().await;
    let mails = sink.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].header("Message-ID"), mails[1].header("Message-ID"));
});

on_both!(a_death_anywhere_else_sends_the_mail_exactly_once, |world| async move {
    let sink = SmtpSink::start().unwrap();
    let mut office = Office::new(&world, Some(plain(&sink))).await;

    // Before the commit of its cause: there is no mail.
    let mut tx = world.db.write().await.unwrap();
    office.draft("reset:0", &mut tx).await.unwrap();
    drop(tx);
    office.work().await;
    assert!(sink.mails().is_empty());

    // After the job was claimed, before the attempt is on record.
    office.write("reset:1").await.unwrap();
    office.claim().await;
    world.clock.pass(2 * MINUTE);
    office.work().await;
    assert_eq!(sink.mails().len(), 1);

    // After the attempt is on record, before anything was said to the server.
    let dying = Dying::new(plain(&sink), When::BeforeSending);
    office.set_post(Some(dying.clone()));
    let id = office.write("reset:2").await.unwrap();
    dying.kill(office.work()).await;
    assert_eq!((office.message(id).await.attempts, sink.mails().len()), (1, 1));
    office.set_post(Some(plain(&sink)));
    world.clock.pass(2 * MINUTE);
    office.work().await;
    assert_eq!((office.message(id).await.attempts, sink.mails().len()), (2, 2));

    // In the middle of the mail: the server takes no half ones.
    office.write("reset:3").await.unwrap();
    sink.plan(SmtpFault::CutInMail);
    office.work().await;
    world.clock.pass(2 * MINUTE);
    office.work().await;
    assert_eq!(sink.mails().len(), 3);

    // After the commit that says it was sent, before the job is done.
    let id = office.write("reset:4").await.unwrap();
    office.claim().await;
    office.hand_over(id, &plain(&sink)).await;
    world.clock.pass(2 * MINUTE);
    office.work().await;
    assert_eq!((office.message(id).await.state, sink.mails().len()), (MessageState::Sent, 4));
});

on_both!(a_worker_told_to_stop_sees_a_mail_to_its_end, |world| async move {
    let sink = SmtpSink::start().unwrap();
    let (tell, stop) = tokio::sync::watch::channel(false);
    let stopping = Stopping { inner: plain(&sink), tell };
    let office = Office::new(&world, Some(std::sync::Arc::new(stopping))).await;
    let first = office.write("reset:1").await.unwrap();
    let second = office.write("reset:2").await.unwrap();
    office.worker.run(stop).await;
    assert_eq!((office.message(first).await.state, sink.mails().len()), (MessageState::Sent, 1));
    assert_eq!(office.message(second).await.attempts, 0, "and begins no other");
});

#[test]
fn a_token_is_never_printed() {
    let token = SecretString::from("the-token".to_owned());
    assert!(!format!("{token:?}").contains("the-token"));
    let letter = Letter::VerifyAddress { name: "Asha".into(), page: "/verify/".into(), until: 1 };
    let rendered = Mail::off("https://books.example.in").render(&letter, Some("the-token")).unwrap();
    assert!(rendered.text.contains("the-token") && !format!("{rendered:?}").contains("the-token"));
}
