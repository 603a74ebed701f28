//! What people and other processes do while the server runs, and what they were answered.
//!
//! Each deed is counted as tried when it is sent, and as answered when the server said that it is done. The books must
//! hold at least what was answered, and at most what was tried.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{ErrorKind, Result},
    sync::Mutex,
};

use ecom_simulator::Chance;
use ecom_work::mail::{Address, Draft, Letter};

use crate::{
    browser::{Answer, Browser},
    files::{self, MONTH, Offer, UNKNOWN},
    site::Site,
};

const PASSWORD: &str = "monsoon teakettle";
/// Askings for a new password that one address may send within an hour, less one.
const MOST_RESETS: u64 = 4;
/// Answers that say no and change nothing: not there any more, changed meanwhile, not as it stands, too often, busy.
const NO: [u16; 5] = [404, 409, 422, 429, 503];

#[derive(Clone, Copy, Default)]
pub(crate) struct Count {
    pub(crate) answered: usize,
    pub(crate) tried: usize,
}

/// What was done in all rounds.
#[derive(Default)]
pub(crate) struct Record {
    /// Files by their names.
    pub(crate) offers: BTreeMap<String, Offer>,
    /// Names of those that the server took.
    pub(crate) accepted: BTreeSet<String>,
    /// By action of the audit log.
    pub(crate) actions: BTreeMap<&'static str, Count>,
    /// By template and address.
    pub(crate) mails: BTreeMap<(&'static str, String), Count>,
    /// Requests that got no answer, by what they were.
    pub(crate) cut: BTreeMap<&'static str, usize>,
    /// Requests that were told no.
    pub(crate) refused: BTreeMap<String, usize>,
    /// People who registered, and how often they asked for a new password.
    people: Vec<(String, u64)>,
}

/// What a deed leaves behind.
#[derive(Default)]
struct Marks {
    action: Option<&'static str>,
    times: usize,
    mail: Option<(&'static str, String)>,
}

impl Record {
    fn count(&mut self, marks: &Marks, add: impl Fn(&mut Count, usize)) {
        if let Some(action) = marks.action {
            add(self.actions.entry(action).or_default(), marks.times);
        }
        if let Some(mail) = &marks.mail {
            add(self.mails.entry(mail.clone()).or_default(), 1);
        }
    }
}

/// One who acts while a server runs.
pub(crate) struct Doer<'a> {
    pub(crate) site: &'a Site,
    pub(crate) record: &'a Mutex<Record>,
    pub(crate) browser: Browser,
    pub(crate) chance: Chance,
    pub(crate) round: u64,
}

impl Doer<'_> {
    /// Sends something; true if it was done, an error if the server went away.
    fn act(
        &mut self,
        what: &'static str,
        marks: &Marks,
        wanted: u16,
        send: impl FnOnce(&mut Browser) -> Result<Answer>,
    ) -> Result<bool> {
        self.record.lock().unwrap().count(marks, |count, times| count.tried += times);
        let answer = send(&mut self.browser);
        let mut record = self.record.lock().unwrap();
        match answer {
            Ok(answer) if answer.status == wanted => {
                record.count(marks, |count, times| count.answered += times);
                Ok(true)
            }
            Ok(answer) => {
                assert!(NO.contains(&answer.status), "{what}: {} {}", answer.status, answer.body);
                record.count(marks, |count, times| count.tried -= times);
                *record.refused.entry(format!("{what} {}", answer.status)).or_default() += 1;
                Ok(false)
            }
            Err(error) => {
                if error.kind() == ErrorKind::ConnectionRefused {
                    record.count(marks, |count, times| count.tried -= times);
                } else {
                    *record.cut.entry(what).or_default() += 1;
                }
                Err(error)
            }
        }
    }

    fn book(&mut self, action: &'static str, path: &str, fields: &[(&str, &str)]) -> Result<bool> {
        let marks = Marks { action: Some(action), times: 1, mail: None };
        self.act("a form", &marks, 303, |browser| browser.post(path, fields))
    }

    /// The owner of the books, who comes first.
    pub(crate) fn register_owner(&mut self) {
        self.register("owner@kurta.example", "Kurta House").unwrap();
    }

    fn register(&mut self, email: &str, business: &str) -> Result<bool> {
        let form = [
            ("name", "Asha Rao"),
            ("email", email),
            ("phone", "+91 98450 00000"),
            ("password", PASSWORD),
            ("business", business),
            ("state", "29"),
            ("gstin", ""),
            ("agree", "yes"),
        ];
        let mail = Some(("verify-address", email.to_owned()));
        let marks = Marks { action: Some("business.create"), times: 1, mail };
        self.act("a form", &marks, 303, |browser| browser.post("/register", &form))
    }

    /// Sends files in, as one form.
    pub(crate) fn send(&mut self, files: &[Offer]) -> Result<bool> {
        let named = files.iter().map(|file| (file.name.clone(), file.clone()));
        self.record.lock().unwrap().offers.extend(named);
        let marks = Marks { action: Some("upload.create"), times: files.len(), mail: None };
        let taken = self.act("an upload", &marks, 303, |browser| browser.upload(files))?;
        assert!(taken, "files are not refused while they are taken in");
        let names = files.iter().map(|file| file.name.clone());
        self.record.lock().unwrap().accepted.extend(names);
        Ok(taken)
    }

    /// Somebody sends the files of the round.
    pub(crate) fn upload(&mut self) -> Result<()> {
        for form in files::of_round(self.round) {
            self.send(&form)?;
        }
        Ok(())
    }

    /// Somebody keeps the books: rules, tax, months, withdrawals.
    pub(crate) fn keep_books(&mut self) -> Result<()> {
        if self.round % 3 != 1 {
            self.toggle_rule()?;
        }
        if self.round % 2 == 1 {
            self.toggle_month()?;
        }
        for name in (1..self.round).rev().filter_map(files::withdrawn_of).take(2) {
            self.withdraw(&name)?;
        }
        if self.round % 6 == 2 {
            self.toggle_tax()?;
        }
        Ok(())
    }

    /// Whether a rule stands for the unknown label.
    pub(crate) fn standing_rule(&self) -> Option<String> {
        self.first("select cast(id as text) from label_rule where tenant_id = 1 and undone_at is null")
    }

    pub(crate) fn standing_tax(&self) -> Option<String> {
        self.first("select cast(id as text) from tax_setting where tenant_id = 1 and undone_at is null")
    }

    pub(crate) fn toggle_rule(&mut self) -> Result<bool> {
        if let Some(rule) = self.standing_rule() {
            return self.book("label.undo_rule", &format!("/labels/rules/{rule}/undo"), &[]);
        }
        let label =
            format!("select cast(id as text) from label where tenant_id = 1 and description = '{UNKNOWN}'");
        let label = self.first(&label).expect("the first file has the label");
        let account = "expense:adjustment";
        let form = [("credit", account), ("debit", account), ("gst", "none"), ("since", "all")];
        self.book("label.create_rule", &format!("/labels/{label}/rule"), &form)
    }

    pub(crate) fn toggle_tax(&mut self) -> Result<bool> {
        match self.standing_tax() {
            Some(id) => self.book("tax_setting.undo", &format!("/settings/tax/{id}/undoing"), &[]),
            None => {
                self.book("tax_setting.create", "/settings/tax", &[("credit", "no"), ("marketplace", "0")])
            }
        }
    }

    fn toggle_month(&mut self) -> Result<bool> {
        let path = format!("/close/{MONTH}/INR");
        let page = self.browser.get(&path)?;
        let seen = page.body.split_once("name=\"seen\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
        let Some((seen, _)) = seen else {
            return self.book("close.reopen", &format!("{path}/reopening"), &[("reason", "files came late")]);
        };
        let form = [("seen", seen), ("unclassified", "yes"), ("uncosted", "yes"), ("provisional", "yes")];
        self.book("close.create", &path, &form)
    }

    pub(crate) fn withdraw(&mut self, name: &str) -> Result<bool> {
        let file = format!(
            "select cast(id as text) from file where tenant_id = 1 and state = 'imported' and name = '{name}'"
        );
        let Some(file) = self.first(&file) else { return Ok(false) };
        self.book("file.withdraw", &format!("/files/{file}/withdrawal"), &[])
    }

    fn first(&self, sql: &str) -> Option<String> {
        self.site.texts(sql).into_iter().next()
    }

    /// The owner invites, somebody registers, others forget their passwords and sign in from new devices.
    pub(crate) fn be_people(&mut self) -> Result<()> {
        let round = self.round;
        if round.is_multiple_of(2) {
            let guest = format!("guest{round}@kurta.example");
            let mail = Some(("invitation", guest.clone()));
            let marks = Marks { action: Some("member.invite"), times: 1, mail };
            let form = [("email", guest.as_str()), ("role", "viewer")];
            self.act("a form", &marks, 200, |browser| browser.post("/people/invitations", &form))?;
        }
        self.browser = Browser::new(self.browser.port, 10 + round);
        for _ in 0..2 {
            self.forget()?;
        }
        let email = format!("person{round}@kurta.example");
        if self.register(&email, &format!("Business {round}"))? {
            self.record.lock().unwrap().people.push((email, 0));
        }
        self.forget()
    }

    /// Somebody of those who registered asks for a new password, or remembers it and signs in.
    fn forget(&mut self) -> Result<()> {
        let chosen = {
            let mut record = self.record.lock().unwrap();
            let count = record.people.len();
            let at = usize::try_from(self.chance.below(u64::try_from(count).unwrap())).unwrap();
            record.people.get_mut(at).map(|(email, resets)| {
                *resets += 1;
                (email.clone(), *resets <= MOST_RESETS)
            })
        };
        let Some((email, may)) = chosen else { return Ok(()) };
        if may {
            let mail = Some(("reset-password", email.clone()));
            let marks = Marks { mail, ..Marks::default() };
            self.act("a form", &marks, 303, |browser| browser.post("/reset", &[("email", &email)]))?;
        } else {
            let mut fresh = Browser::new(self.browser.port, 10 + self.round);
            let form = [("email", email.as_str()), ("password", PASSWORD)];
            self.act("a form", &Marks::default(), 303, |_| fresh.post("/sign-in", &form))?;
        }
        Ok(())
    }

    /// Another process writes mails past the server.
    pub(crate) fn write_mails(&self, count: u64) {
        let now = now();
        self.site.wait(async {
            let db = self.site.db().await;
            let mut tx = db.write().await.unwrap();
            for number in 0..count {
                let email = format!("reader{}-{number}@kurta.example", self.round);
                let (cause, to) = (format!("test:{email}"), Address::new("Asha Rao", &email).unwrap());
                let letter = Letter::Test {};
                let draft = Draft {
                    cause: &cause,
                    tenant: None,
                    person: None,
                    to: &to,
                    letter: &letter,
                    token: None,
                };
                draft.write(&mut tx.platform(), now).await.unwrap().unwrap();
                let once = Count { answered: 1, tried: 1 };
                self.record.lock().unwrap().mails.insert(("test", email), once);
            }
            tx.commit().await.unwrap();
            db.close().await;
        });
    }
}

#[allow(clippy::disallowed_methods, reason = "the server under test has the system's clock")]
fn now() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}
