//! Mail: what came to the mail server, and what the books say of it.
//!
//! A mail that the server took and that is not `sent` in the books after a kill was killed between the server's yes
//! and our commit. Such a mail, and no other, comes once more.

use std::collections::{BTreeMap, BTreeSet};

use ecom_testkit::Database;

use crate::{deeds::Record, site::Site};

#[derive(Default)]
pub(crate) struct Post {
    /// Mails of the sink that were looked at.
    seen: usize,
    /// How often each Message-ID came.
    copies: BTreeMap<String, usize>,
    /// How often each was killed in its window.
    windows: BTreeMap<String, usize>,
    sent: BTreeSet<String>,
}

/// State and Message-ID of each message that was tried.
async fn messages(database: &Database) -> Vec<(String, String)> {
    let rows =
        database.texts("select state || ' ' || message_id from message where message_id is not null").await;
    let split =
        |row: String| row.split_once(' ').map(|(state, id)| (id.to_owned(), state.to_owned())).unwrap();
    rows.into_iter().map(split).collect()
}

impl Post {
    /// Looks at what one server did, once it is dead; gives how many mails it was killed in the window of.
    pub(crate) fn look(&mut self, site: &Site, left: &Database) -> usize {
        let states: BTreeMap<String, String> = site.wait(messages(left)).into_iter().collect();
        let mails = site.sink.mails();
        let mut fresh = BTreeSet::new();
        for mail in mails.iter().skip(self.seen) {
            let id = mail.header("Message-ID").unwrap();
            assert!(fresh.insert(id.clone()), "{id} came twice from one server");
            assert!(!self.sent.contains(&id), "{id} came again though it was on record as sent");
            *self.copies.entry(id).or_default() += 1;
        }
        self.seen = mails.len();
        let mut windows = 0;
        for id in &fresh {
            let state = states.get(id).unwrap_or_else(|| panic!("{id} came and is not on record"));
            if state != "sent" {
                *self.windows.entry(id.clone()).or_default() += 1;
                windows += 1;
            }
        }
        for (id, state) in states {
            if state == "sent" {
                assert!(self.copies.contains_key(&id), "{id} is on record as sent and never came");
                self.sent.insert(id);
            }
        }
        windows
    }

    /// Mails that came, the Message-IDs among them, and repeats: exactly one for each kill in a window.
    pub(crate) fn counts(&self) -> (usize, usize, usize) {
        for (id, copies) in &self.copies {
            let windows = self.windows.get(id).copied().unwrap_or(0);
            assert_eq!(*copies, 1 + windows, "{id} came {copies} times, with {windows} kills in its window");
        }
        let mails = self.copies.values().sum();
        (mails, self.copies.len(), mails - self.copies.len())
    }

    /// Nothing is lost: every message that was written came, and each cause that was answered has its message.
    pub(crate) fn is_whole(&self, site: &Site, record: &Record) {
        let open = site.texts("select state || ' ' || cause from message where state <> 'sent'");
        assert!(open.is_empty(), "not sent: {open:?}");
        let ids: BTreeSet<String> =
            site.wait(messages(&site.database)).into_iter().map(|(id, _)| id).collect();
        assert_eq!(
            ids,
            self.copies.keys().cloned().collect(),
            "what is on record came, and nothing else did"
        );
        let mut found: BTreeMap<(String, String), usize> = BTreeMap::new();
        for row in site.texts("select template || ' ' || recipient from message") {
            let (template, recipient) = row.split_once(' ').unwrap();
            *found.entry((template.to_owned(), recipient.to_owned())).or_default() += 1;
        }
        for ((template, recipient), count) in &record.mails {
            let found = found.get(&((*template).to_owned(), recipient.clone())).copied().unwrap_or(0);
            let right = (count.answered..=count.tried).contains(&found);
            assert!(
                right,
                "{found} mails {template} to {recipient}: {} answered of {}",
                count.answered, count.tried
            );
        }
    }
}
