//! The form by which one of the staff is let into a business: whom, where, why, and until when.

use ecom_store::{MOST_ASSIGNED_DAYS, MOST_REASON, PersonId, StaffMember, StaffRole, TenantId, Tx};
use jiff::{ToSpan, civil::Date};

use crate::{
    app::App,
    entry::{Entry, Field},
    fault::Page,
    staff::{Desk, Senior, role_words},
};

/// Shortest reason in characters: one word explains nothing.
const LEAST_REASON: usize = 10;

/// What was typed, checked.
pub(super) struct Checked {
    pub(super) person: PersonId,
    pub(super) tenant: TenantId,
    pub(super) reason: String,
    pub(super) last: Date,
}

/// `Kurta House (no. 12)`: the number alone will do.
pub(super) fn numbered(text: &str) -> Option<TenantId> {
    let text = text.trim().trim_end_matches(')');
    let digits =
        text.rsplit(|letter: char| !letter.is_ascii_digit()).next().filter(|digits| !digits.is_empty())?;
    digits.parse().ok().filter(|number| *number > 0).map(TenantId)
}

pub(super) fn with_number(tenant: TenantId, name: &str) -> String {
    format!("{name} (no. {tenant})")
}

/// What is wrong is noted in the form.
pub(super) async fn check(
    app: &App,
    desk: &Desk<Senior>,
    entry: &mut Entry,
    tx: &mut Tx,
) -> Page<Option<Checked>> {
    let person = entry.raw("who").parse().ok().map(PersonId);
    let member = match person {
        Some(person) => tx.platform().staff_member(person).await?,
        None => None,
    };
    match &member {
        None => entry.refuse("who", "Choose one of the staff."),
        Some(member) if !desk.role().may_assign(member.role) => {
            entry.refuse("who", "Only an administrator assigns senior operations and administrators.");
        }
        Some(_) => {}
    }
    let tenant = numbered(entry.raw("where"));
    let known = match tenant {
        Some(tenant) => tx.platform().active_business(tenant).await?.is_some(),
        None => false,
    };
    if !known {
        entry.refuse("where", "Choose a business from the list, or type its number.");
    }
    let reason = check_reason(entry);
    let last = check_last(entry, app.today());
    let found = member.zip(tenant).zip(last).filter(|_| entry.is_good());
    Ok(found.map(|((member, tenant), last)| Checked { person: member.person, tenant, reason, last }))
}

fn check_reason(entry: &mut Entry) -> String {
    let reason = entry.text("reason", MOST_REASON, "Type why: the business reads it.");
    if !reason.is_empty() && reason.chars().count() < LEAST_REASON {
        entry.refuse("reason", "Say a little more: the business reads it.");
    }
    if reason.split_whitespace().any(looks_secret) {
        entry.refuse(
            "reason",
            "This looks like a password, key or address. Leave it out: everybody in the business reads it.",
        );
    }
    reason
}

/// A long word of letters and digits is a key, a token or a password; a word with `@` an address.
fn looks_secret(word: &str) -> bool {
    const LONG: usize = 20;
    let (letters, digits) =
        (word.chars().any(char::is_alphabetic), word.chars().any(|letter| letter.is_ascii_digit()));
    let known = ["Atzr|", "Atza|", "amzn1.", "-----BEGIN"].iter().any(|start| word.starts_with(start));
    known || word.contains('@') || (word.chars().count() >= LONG && letters && digits)
}

fn check_last(entry: &mut Entry, today: Date) -> Option<Date> {
    let last = entry.day("last");
    let latest = today.saturating_add(MOST_ASSIGNED_DAYS.days());
    match last {
        None => entry.refuse("last", "Type the last day."),
        Some(last) if last < today => entry.refuse("last", "This day is over."),
        Some(last) if last > latest => {
            entry.refuse(
                "last",
                format!("At most {MOST_ASSIGNED_DAYS} days: until {latest}. It can be renewed then."),
            );
        }
        Some(_) => {}
    }
    last
}

/// Its fields: only those whom one may assign are offered.
pub(super) fn fields(
    entry: &Entry,
    staff: &[StaffMember],
    businesses: &[(TenantId, String)],
    own: StaffRole,
) -> Vec<Field> {
    let choose = std::iter::once((String::new(), "Choose one of the staff".to_owned()));
    let may = staff.iter().filter(|one| own.may_assign(one.role));
    let may = may.map(|one| (one.person.to_string(), format!("{}, {}", one.name, role_words(one.role))));
    let offered = businesses.iter().map(|(tenant, name)| with_number(*tenant, name));
    vec![
        entry.field("who", "Who may enter").choice(choose.chain(may)),
        entry
            .field("where", "Which business")
            .hint("Its name from the list, or its number.")
            .suggesting(offered),
        entry.field("reason", "Why").hint(
            "The business reads it: what they are to do there. No passwords, keys or names of customers.",
        ),
        entry
            .field("last", "Last day")
            .kind("date")
            .hint(format!("At most {MOST_ASSIGNED_DAYS} days from today.")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_business_is_found_by_its_number_however_it_is_written() {
        for text in ["12", " 12 ", "Kurta House (no. 12)", "Shop 24 (no. 12)", "no. 12"] {
            assert_eq!(numbered(text), Some(TenantId(12)), "{text}");
        }
        for text in ["", "Kurta House", "0", "(no. )", "12x", "99999999999999999999"] {
            assert_eq!(numbered(text), None, "{text}");
        }
    }

    #[test]
    fn what_looks_secret_is_no_reason() {
        for reason in
            ["key Atzr|IwEBIF", "see asha@example.in", "sk9f8a7s6d5f4g3h2j1kXX now", "amzn1.application.x y"]
        {
            let mut entry = Entry::with(&[("reason", reason)]);
            check_reason(&mut entry);
            assert!(entry.error("reason").is_some_and(|words| words.contains("looks like")), "{reason}");
        }
        for reason in ["Ticket SUP-2026-1234: settlement of May", "Sets up costs for Q3, as agreed by phone"]
        {
            let mut entry = Entry::with(&[("reason", reason)]);
            assert_eq!(check_reason(&mut entry), reason);
            assert!(entry.is_good(), "{reason}");
        }
        for short in ["", "help", &"x".repeat(201)] {
            let mut entry = Entry::with(&[("reason", short)]);
            check_reason(&mut entry);
            assert!(!entry.is_good(), "{short}");
        }
    }

    #[test]
    fn an_assignment_ends_within_ninety_days() {
        let today: Date = "2026-10-08".parse().unwrap();
        let fault = |last: &str| {
            let mut entry = Entry::with(&[("last", last)]);
            check_last(&mut entry, today);
            entry.error("last").map(ToOwned::to_owned)
        };
        assert_eq!((fault("2026-10-08"), fault("2027-01-06")), (None, None));
        assert!(fault("2027-01-07").is_some_and(|words| words.contains("At most 90 days")));
        assert!(fault("2026-10-07").is_some_and(|words| words.contains("over")));
        assert!(fault("").is_some() && fault("soon").is_some());
    }
}
