//! Mail: written as a row with its cause, sent by a job, at least once and with one Message-ID per cause.
//!
//! What a mail says is a [`Letter`], kept with the message; how it looks is one template for all of them. The world
//! outside is a [`Post`], given as a parameter.

mod address;
mod digest;
mod figure;
mod letter;
mod post;
mod round;
mod sample;
mod send;
mod sheet;
mod smtp;
mod words;

use std::{fmt, sync::Arc};

use ecom_store::{MessageId, MessagePurpose, NewMail, PersonId, Platform, StoreError, TenantId};
use secrecy::{ExposeSecret, SecretString};

pub use address::{Address, AddressError};
pub use digest::{Digest, DigestSheet, Task};
pub use letter::{Help, Letter, Role};
pub use post::{Parcel, Post, PostFault};
pub use sample::samples;
pub use sheet::{Rendered, Sheet};
pub use smtp::{Connection, Security, Smtp, SmtpError, SmtpSettings};

/// How mail leaves this server, and how links in it begin.
#[derive(Clone)]
pub struct Mail {
    post: Option<Arc<dyn Post>>,
    public_url: String,
}

impl Default for Mail {
    /// No mail server.
    fn default() -> Self {
        Self::off("http://127.0.0.1:8080")
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

impl Mail {
    /// Mail that goes by `post`; links in it lead to `public_url`.
    pub fn by(post: Arc<dyn Post>, public_url: &str) -> Self {
        Self { post: Some(post), ..Self::off(public_url) }
    }

    /// No mail server: messages wait until there is one.
    pub fn off(public_url: &str) -> Self {
        Self { post: None, public_url: public_url.trim_end_matches('/').to_owned() }
    }

    /// Whether there is a mail server.
    pub fn is_on(&self) -> bool {
        self.post.is_some()
    }

    /// The address of a page.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.public_url)
    }

    /// The site's name in mails: its address without scheme.
    pub(crate) fn site(&self) -> &str {
        self.public_url.split_once("://").map_or(&self.public_url, |(_, site)| site)
    }

    /// A letter as its reader gets it. Without its token its link is not shown.
    pub fn render(&self, letter: &Letter, token: Option<&str>) -> Result<Rendered, askama::Error> {
        letter.sheet(self, token).render(self)
    }
}

/// A mail to write.
#[derive(Clone, Copy)]
pub struct Draft<'a> {
    /// What it is sent for, by ids alone, such as `reset:17:1790000000`: one cause has one mail.
    pub cause: &'a str,
    /// The business it is about, whose managers then see it in their record.
    pub tenant: Option<TenantId>,
    /// The person it is for, if they have an account.
    pub person: Option<PersonId>,
    /// Where it goes.
    pub to: &'a Address,
    /// What it says.
    pub letter: &'a Letter,
    /// The secret end of its link.
    pub token: Option<&'a SecretString>,
}

impl Draft<'_> {
    /// Writes it and its job in the caller's transaction. `None` if the cause has its mail already. Ring the worker's
    /// bell after the commit.
    pub async fn write(
        &self,
        platform: &mut Platform<'_>,
        now: i64,
    ) -> Result<Option<MessageId>, StoreError> {
        let arguments = self.letter.to_json()?;
        let mail = NewMail {
            cause: self.cause,
            tenant: self.tenant,
            person: self.person,
            purpose: self.letter.purpose(),
            template: self.letter.name(),
            recipient: self.to.address(),
            recipient_name: self.to.name(),
            subject: &self.letter.subject(),
            arguments: &arguments,
            secret: self.token.map(ExposeSecret::expose_secret),
            expires_at: self.letter.useful_until(now),
        };
        debug_assert!(
            mail.purpose != MessagePurpose::Digest || self.person.is_some(),
            "a digest is somebody's"
        );
        platform.write_mail(&mail, now).await
    }
}
