//! Mail to one person, written in the transaction of its cause, if this server sends mail.

use ecom_store::{PersonId, Platform, TenantId};
use ecom_work::mail::{Address, Draft, Letter};
use secrecy::SecretString;

use crate::{app::App, fault::Page, session::cookie::Token};

/// Whom a mail is for.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    /// Their id, if they have an account.
    pub(crate) person: Option<PersonId>,
    /// What they are called; may be empty.
    pub(crate) name: &'a str,
    /// Where it goes.
    pub(crate) email: &'a str,
}

impl Reader<'_> {
    /// Somebody may be called what no head of a mail can hold: then the address stands alone. `None` if mail cannot go
    /// there.
    fn address(&self) -> Option<Address> {
        Address::new(self.name, self.email).or_else(|_| Address::new("", self.email)).ok()
    }
}

/// Writes a letter about somebody's own account, or about the business `tenant`. Gives whether it will be sent: not
/// without a mail server, to an address that none takes, or a second time for one cause. Ring the bell after the commit.
pub(crate) async fn write(
    app: &App,
    platform: &mut Platform<'_>,
    (cause, tenant): (&str, Option<TenantId>),
    reader: Reader<'_>,
    letter: &Letter,
    token: Option<&Token>,
) -> Page<bool> {
    let Some(to) = reader.address().filter(|_| app.mail.is_on()) else { return Ok(false) };
    let token = token.map(|token| SecretString::from(token.text()));
    let draft = Draft { cause, tenant, person: reader.person, to: &to, letter, token: token.as_ref() };
    Ok(draft.write(platform, app.now()).await?.is_some())
}
