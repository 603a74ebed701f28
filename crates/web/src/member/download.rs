//! The people of a business as files: who is in it, and who is invited.

use ecom_documents::Sheet;
use ecom_store::{LiveToken, Member};

use super::{invited_as, role_words};
use crate::download::{filled, instant, sheet};

/// Tables in the order of the page; the second is for owners.
pub(super) const TABLES: [&str; 2] = ["Members", "Open invitations"];

pub(super) fn members(found: &[Member]) -> Sheet {
    let row = |one: &Member| {
        let [since, _] = instant(one.since);
        let factor = if one.second_factor { "yes" } else { "password only" };
        [filled(&one.name), filled(&one.email), role_words(one.role).into(), since, factor.into()]
    };
    sheet(TABLES[0], ["Name", "E-mail", "Role", "Since", "Second factor"], found.iter().map(row))
}

pub(super) fn invitations(found: &[LiveToken]) -> Sheet {
    let row = |one: &LiveToken| {
        let [until, _] = instant(one.expires_at);
        let by = filled(one.made_by.as_deref().unwrap_or_default());
        [filled(&one.email), invited_as(one).into(), by, until]
    };
    sheet(TABLES[1], ["Address", "Role", "Invited by", "Works until"], found.iter().map(row))
}
