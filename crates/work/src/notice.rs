//! What people are told on their pages: each kind with what its words need. The pages find the words.

use ecom_store::StoreError;
use serde::{Deserialize, Serialize};

use crate::mail::Digest;

/// Why one of the platform's staff may enter a business no more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The time was over.
    Time,
    /// Somebody ended it.
    Person,
}

/// Something that somebody is told. It is kept as JSON.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum News {
    /// The week's figures.
    Digest {
        /// The days of the week, in words.
        days: String,
        /// First and last day for links, as in addresses; none without figures.
        span: Option<(String, String)>,
        /// What each currency earned: title, amount, how it stands against before.
        profits: Vec<(String, String, String)>,
        /// How many things need attention.
        tasks: usize,
    },
    /// A mail about the business could not be sent.
    MailFailed {
        /// Which.
        message: i64,
    },
    /// One of the platform's staff may enter the business.
    StaffMayEnter {
        /// By which assignment.
        assignment: i64,
        /// Who.
        name: String,
        /// In which role, as it is stored.
        role: String,
        /// Why.
        reason: String,
        /// Until when, in microseconds UTC.
        until: i64,
    },
    /// One of the platform's staff may enter the business no more.
    StaffLeft {
        /// By which assignment they could.
        assignment: i64,
        /// Who.
        name: String,
        /// Their role, as it is stored; empty for somebody who is staff no more.
        role: String,
        /// Why not.
        ending: Ending,
        /// Who ended it; may be empty.
        by: String,
    },
}

impl News {
    /// What a digest is in short.
    pub fn digest(digest: &Digest) -> Self {
        let profit = |sheet: &crate::mail::DigestSheet| {
            (sheet.title.clone(), sheet.profit.clone(), sheet.change.clone())
        };
        Self::Digest {
            days: digest.days.clone(),
            span: digest.span.clone(),
            profits: digest.sheets.iter().map(profit).collect(),
            tasks: digest.tasks.len(),
        }
    }

    /// As it stands in the store.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Digest { .. } => "digest",
            Self::MailFailed { .. } => "mail-failed",
            Self::StaffMayEnter { .. } => "staff-may-enter",
            Self::StaffLeft { .. } => "staff-left",
        }
    }

    /// As it is kept.
    pub fn to_json(&self) -> Result<String, StoreError> {
        serde_json::to_string(self).map_err(|_| StoreError::Corrupt("notice"))
    }

    /// What was kept; none if another version of the program wrote it.
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}
