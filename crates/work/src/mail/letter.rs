//! What each mail says. A letter is kept with its message as JSON; the secret end of its link stands apart and is
//! forgotten once the mail is sent.

use ecom_store::{MessagePurpose, StoreError};
use serde::{Deserialize, Serialize};

use super::{
    Digest, Mail,
    sheet::{Part, Sheet},
    words::{instant, name},
};

/// A notice about an account is of use for this long: 3 days.
const NOTICE_MICROS: i64 = 3 * 24 * 3_600_000_000;
/// The word that a review is due: a month, since it is written once in a quarter.
const REVIEW_MICROS: i64 = 30 * 24 * 3_600_000_000;
/// Where one sets what one gets.
pub(crate) const SETTINGS: &str = "/settings/notices";

/// What somebody is invited to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs the business.
    Owner,
    /// Works in the books.
    Manager,
    /// Looks at the books.
    Viewer,
}

/// How the operator helped somebody who could not get in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Help {
    /// Another password.
    Password,
    /// No second factor any more.
    Factors,
    /// Another address to sign in with.
    Address,
}

/// A mail. `page` is the path of a page, whose end is the token where there is one; instants are microseconds UTC.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Letter {
    /// Somebody registered: is the address theirs?
    VerifyAddress {
        /// Their name.
        name: String,
        /// The page that confirms it.
        page: String,
        /// How long the link works.
        until: i64,
    },
    /// Somebody forgot a password.
    ResetPassword {
        /// Their name.
        name: String,
        /// The page where a new one is chosen.
        page: String,
        /// How long the link works.
        until: i64,
    },
    /// Somebody is invited to a business.
    Invitation {
        /// The business.
        business: String,
        /// Who invites.
        inviter: String,
        /// To do what.
        role: Role,
        /// The page that accepts it.
        page: String,
        /// How long the link works.
        until: i64,
    },
    /// Somebody is invited to be one of the platform's staff.
    StaffInvitation {
        /// Who invites.
        inviter: String,
        /// As what, in words.
        role: String,
        /// The page that accepts it.
        page: String,
        /// How long the link works.
        until: i64,
    },
    /// A sign-in from a device that was not seen before.
    NewDevice {
        /// Whose account.
        name: String,
        /// Browser and system, in words.
        device: String,
        /// Network, as the audit log shows it.
        network: String,
        /// When.
        at: i64,
        /// The page with their sessions.
        page: String,
    },
    /// Sign-ins are refused for a while after many failures.
    Lockout {
        /// Whose account.
        name: String,
        /// How many failures there were.
        failures: i64,
        /// Network, as the audit log shows it; none if they came from many.
        network: Option<String>,
        /// Until when sign-ins from there are refused.
        until: i64,
        /// The password was right, and the codes were wrong.
        codes: bool,
        /// The page where a new password is asked for.
        page: String,
    },
    /// The operator helped somebody who could not get in: or somebody who says to be them.
    Helped {
        /// Whose account.
        name: String,
        /// What was done.
        by: Help,
        /// When.
        at: i64,
        /// The page with their sessions and factors.
        page: String,
    },
    /// To an administrator: the rights of the staff are to be reviewed.
    ReviewDue {
        /// Their name.
        name: String,
        /// The page of the review.
        page: String,
    },
    /// To the new address: is it theirs?
    ConfirmAddress {
        /// Their name.
        name: String,
        /// The page that confirms it.
        page: String,
        /// How long the link works.
        until: i64,
    },
    /// To the old address: it is about to change.
    AddressChanging {
        /// Their name.
        name: String,
        /// The new address.
        to: String,
        /// The page that agrees to it, or stops it.
        page: String,
        /// How long the link works.
        until: i64,
    },
    /// The week's figures.
    Digest(Digest),
    /// Whether mail works.
    Test {},
}

impl Letter {
    /// As it stands in the record.
    pub fn name(&self) -> &'static str {
        match self {
            Self::VerifyAddress { .. } => "verify-address",
            Self::ResetPassword { .. } => "reset-password",
            Self::Invitation { .. } => "invitation",
            Self::StaffInvitation { .. } => "staff-invitation",
            Self::NewDevice { .. } => "new-device",
            Self::Lockout { .. } => "lockout",
            Self::Helped { .. } => "helped",
            Self::ReviewDue { .. } => "review-due",
            Self::ConfirmAddress { .. } => "confirm-address",
            Self::AddressChanging { .. } => "address-changing",
            Self::Digest(_) => "digest",
            Self::Test {} => "test",
        }
    }

    /// What kind of mail it is.
    pub fn purpose(&self) -> MessagePurpose {
        match self {
            Self::Invitation { .. }
            | Self::StaffInvitation { .. }
            | Self::ReviewDue { .. }
            | Self::Test {} => MessagePurpose::Account,
            Self::Digest(_) => MessagePurpose::Digest,
            _ => MessagePurpose::Security,
        }
    }

    /// Until when sending it makes sense: as long as its link works, or a few days.
    pub fn useful_until(&self, now: i64) -> i64 {
        match self {
            Self::VerifyAddress { until, .. }
            | Self::ResetPassword { until, .. }
            | Self::Invitation { until, .. }
            | Self::StaffInvitation { until, .. }
            | Self::ConfirmAddress { until, .. }
            | Self::AddressChanging { until, .. } => *until,
            Self::ReviewDue { .. } => now.saturating_add(REVIEW_MICROS),
            _ => now.saturating_add(NOTICE_MICROS),
        }
    }

    /// Its subject.
    pub fn subject(&self) -> String {
        match self {
            Self::VerifyAddress { .. } => "Confirm your e-mail address".to_owned(),
            Self::ResetPassword { .. } => "Choose a new password".to_owned(),
            Self::Invitation { business, .. } => format!("You are invited to {}", name(business)),
            Self::StaffInvitation { .. } => "You are invited to work for the platform".to_owned(),
            Self::NewDevice { .. } => "New sign-in to your account".to_owned(),
            Self::Lockout { .. } => "Sign-ins to your account were refused".to_owned(),
            Self::Helped { by: Help::Password, .. } => "Your password was replaced".to_owned(),
            Self::Helped { by: Help::Address, .. } => "Your e-mail address was changed".to_owned(),
            Self::Helped { by: Help::Factors, .. } => {
                "Codes and passkeys were taken off your account".to_owned()
            }
            Self::ReviewDue { .. } => "The quarter’s review of staff rights is due".to_owned(),
            Self::ConfirmAddress { .. } => "Confirm your new e-mail address".to_owned(),
            Self::AddressChanging { .. } => "Your e-mail address is about to change".to_owned(),
            Self::Digest(digest) => digest.subject(),
            Self::Test {} => "Mail from this server works".to_owned(),
        }
    }

    pub(crate) fn to_json(&self) -> Result<String, StoreError> {
        serde_json::to_string(self).map_err(|_| StoreError::Corrupt("message"))
    }

    /// A letter of the record; none if another version of the program wrote it.
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(crate) fn sheet(&self, mail: &Mail, token: Option<&str>) -> Sheet {
        let link = |page: &str| token.map(|token| mail.url(&format!("{page}{token}")));
        let (preview, parts) = match self {
            Self::VerifyAddress { name, page, until } => verify(name, link(page), *until),
            Self::ResetPassword { name, page, until } => reset(name, link(page), *until),
            Self::Invitation { business, inviter, role, page, until } => {
                invitation(business, inviter, *role, link(page), *until)
            }
            Self::StaffInvitation { inviter, role, page, until } => {
                staff_invitation(inviter, role, link(page), *until)
            }
            Self::NewDevice { name, device, network, at, page } => {
                new_device(name, device, network, *at, mail.url(page))
            }
            Self::Lockout { name, failures, network, until, codes, page } => {
                lockout(name, *failures, (network.as_deref(), *until), *codes, mail.url(page))
            }
            Self::Helped { name, by, at, page } => helped(name, *by, *at, mail.url(page)),
            Self::ReviewDue { name, page } => review_due(name, mail.url(page)),
            Self::ConfirmAddress { name, page, until } => confirm(name, link(page), *until),
            Self::AddressChanging { name, to, page, until } => changing(name, to, link(page), *until),
            Self::Digest(digest) => return digest.sheet(mail, self.subject()),
            Self::Test {} => (
                "This mail was sent to see whether mail works.".to_owned(),
                vec![Part::Text(format!(
                    "This mail was sent from {} to see whether mail works. It does: there is nothing to do.",
                    mail.site()
                ))],
            ),
        };
        let why = match self.purpose() {
            _ if matches!(self, Self::ReviewDue { .. }) => {
                "It goes to the platform’s administrators, once in each quarter in which a review is due."
            }
            MessagePurpose::Account => "It was sent once, because somebody asked for it.",
            _ => "It keeps your account safe, so it cannot be switched off.",
        };
        Sheet {
            title: self.subject(),
            subject: self.subject(),
            preview,
            parts,
            why: why.to_owned(),
            withdraw: None,
        }
    }
}

type Said = (String, Vec<Part>);

fn hello(to: &str) -> Part {
    let to = name(to);
    Part::Text(if to.is_empty() { "Hello,".to_owned() } else { format!("Hello {to},") })
}

/// What is said under a link, and what to do if it was not oneself.
fn limits(until: i64, otherwise: &str) -> Part {
    Part::Soft(format!("The link works once, until {}. {otherwise}", instant(until)))
}

fn verify(to: &str, link: Option<String>, until: i64) -> Said {
    let words = "Please confirm that this address is yours. You sign in with it, and it is where mail about your \
                 account goes.";
    let parts = vec![
        hello(to),
        Part::Text(words.to_owned()),
        Part::Button("Confirm this address".to_owned(), link),
        limits(
            until,
            "If you did not open an account, do nothing: somebody mistyped theirs, and without your confirmation no \
             figures are sent here.",
        ),
    ];
    ("One step is left: confirm that this address is yours.".to_owned(), parts)
}

fn reset(to: &str, link: Option<String>, until: i64) -> Said {
    let words = "Somebody asked for a new password for your account. If it was you, choose one here. Afterwards you \
                 are signed out everywhere else.";
    let parts = vec![
        hello(to),
        Part::Text(words.to_owned()),
        Part::Button("Choose a new password".to_owned(), link),
        limits(until, "If it was not you, do nothing: your password stays as it is."),
    ];
    (format!("The link works until {}.", instant(until)), parts)
}

fn invitation(business: &str, inviter: &str, role: Role, link: Option<String>, until: i64) -> Said {
    let (business, inviter) = (name(business), name(inviter));
    let may = match role {
        Role::Owner => "You would run the business with its other owners: books, members, billing.",
        Role::Manager => "As a manager you work in the books: import files, enter costs, close months.",
        Role::Viewer => "As a viewer you see the books, and change nothing.",
    };
    let parts = vec![
        Part::Text("Hello,".to_owned()),
        Part::Text(format!("{inviter} invites you to the books of {business} on Ecom Assistance. {may}")),
        Part::Button("Accept the invitation".to_owned(), link),
        limits(until, "If you do not know who invites you, do nothing."),
    ];
    (format!("{inviter} invites you to the books of {business}."), parts)
}

fn staff_invitation(inviter: &str, role: &str, link: Option<String>, until: i64) -> Said {
    let (inviter, role) = (name(inviter), name(role));
    let words =
        "You will need an app for codes on your phone: nobody of the staff gets in with a password alone.";
    let parts = vec![
        Part::Text("Hello,".to_owned()),
        Part::Text(format!("{inviter} invites you to the staff of Ecom Assistance, as {role}. {words}")),
        Part::Button("Accept the invitation".to_owned(), link),
        limits(until, "If you do not know who invites you, do nothing."),
    ];
    (format!("{inviter} invites you to the staff, as {role}."), parts)
}

fn new_device(to: &str, device: &str, network: &str, at: i64, page: String) -> Said {
    let facts = [("When", instant(at)), ("Device", name(device)), ("Network", name(network))];
    let parts = vec![
        hello(to),
        Part::Text("Somebody signed in to your account from a device we have not seen before.".to_owned()),
        Part::Facts(facts.map(|(title, value)| (title.to_owned(), value)).into()),
        Part::Text(
            "If it was you, there is nothing to do. If not, end that session and change your password at once."
                .to_owned(),
        ),
        Part::Button("Look at your sessions".to_owned(), Some(page)),
    ];
    (format!("{}, {}. If it was not you, end the session.", name(device), instant(at)), parts)
}

fn lockout(
    to: &str,
    failures: i64,
    (network, until): (Option<&str>, i64),
    codes: bool,
    page: String,
) -> Said {
    let tried = if codes { "wrong codes" } else { "a wrong password" };
    let answer = match network {
        Some(_) => "Sign-ins from there are refused for a while; yours from elsewhere are not.",
        None => "It came from many networks, so sign-ins are slowed down for a while; nobody is shut out.",
    };
    let answer = if codes { "Codes are refused for a while." } else { answer };
    let then = if codes {
        "If it was you, wait, or type a recovery code later. If not, somebody knows your password: choose a new one at \
         once."
    } else {
        "If it was you, wait, or choose a new password. If not, your password held: there is nothing to do."
    };
    let mut facts = vec![("Failed sign-ins", super::figure::count(failures))];
    facts.extend(network.map(|network| ("Network", name(network))));
    facts.push((if network.is_some() { "Refused until" } else { "Slowed down until" }, instant(until)));
    let parts = vec![
        hello(to),
        Part::Text(format!(
            "Somebody tried again and again to sign in to your account with {tried}. {answer}"
        )),
        Part::Facts(facts.into_iter().map(|(title, value)| (title.to_owned(), value)).collect()),
        Part::Text(then.to_owned()),
        Part::Button("Choose a new password".to_owned(), Some(page)),
    ];
    let preview = if codes {
        "Your password was right, the codes were not. Was it you?"
    } else {
        "Many wrong passwords were tried. Yours held."
    };
    (preview.to_owned(), parts)
}

fn helped(to: &str, by: Help, at: i64, page: String) -> Said {
    let (done, then) = match by {
        Help::Password => (
            "gave your account another password, which you change at the next sign-in",
            "sign in with it, and choose one that only you know",
        ),
        Help::Factors => (
            "took codes, passkeys and recovery codes off your account: the password alone opens it now",
            "sign in and set up a second factor again",
        ),
        Help::Address => (
            "gave your account another address, so that this one opens it no more",
            "sign in with the new one",
        ),
    };
    let parts = vec![
        hello(to),
        Part::Text(format!(
            "On {}, whoever runs this server {done}. Every session of yours has ended.",
            instant(at)
        )),
        Part::Text(format!(
            "If you asked for it, {then}. If not, somebody pretends to be you: tell whoever runs this server at once."
        )),
        Part::Button("Open your account".to_owned(), Some(page)),
    ];
    ("If you did not ask for it, somebody pretends to be you.".to_owned(), parts)
}

fn review_due(to: &str, page: String) -> Said {
    let parts = vec![
        hello(to),
        Part::Text(
            "The review of this quarter is not finished: every role of the staff, and every assignment to a business, is to \
             be looked at, and kept or ended. Your own is looked at by another administrator, if there is one."
                .to_owned(),
        ),
        Part::Button("Begin the review".to_owned(), Some(page)),
    ];
    ("Each role and each assignment is kept or ended.".to_owned(), parts)
}

fn confirm(to: &str, link: Option<String>, until: i64) -> Said {
    let parts = vec![
        hello(to),
        Part::Text(
            "You asked for this address to become the one of your account. Please confirm that it is yours."
                .to_owned(),
        ),
        Part::Button("Confirm this address".to_owned(), link),
        limits(until, "If you did not ask for it, do nothing: the address is not taken over."),
    ];
    ("Confirm it, and your account moves to this address.".to_owned(), parts)
}

fn changing(to: &str, address: &str, link: Option<String>, until: i64) -> Said {
    let parts = vec![
        hello(to),
        Part::Text(format!(
            "You asked to change the address of your account to {}. It changes once you agree here and confirm the new address in the mail that went there.",
            name(address)
        )),
        Part::Button("Agree, or stop the change".to_owned(), link),
        limits(
            until,
            "If it was not you, open the link, stop the change, and choose a new password: somebody may know yours.",
        ),
    ];
    ("If it was not you, stop the change at once.".to_owned(), parts)
}
