//! Mail and notices of the demo: what its owner agreed to, a week's figures, an invitation that came too late.

use ecom_store::{Channel, MessagePurpose, NewConsent, NewNotice, PersonId, TenantId};
use ecom_work::{
    Clock, News, SystemClock,
    consent::wording,
    mail::{Address, Digest, Draft, Letter, Role},
    micros,
};
use jiff::tz::TimeZone;
use secrecy::SecretString;

use super::EMAIL;
use crate::site::Site;

const DAY_MICROS: i64 = 24 * 3_600_000_000;

pub(super) async fn fill(site: &Site, tenant: TenantId) -> anyhow::Result<()> {
    let now = micros(&SystemClock);
    agree(site, tenant, now - 10 * DAY_MICROS).await?;
    invite(site, tenant, now).await?;
    digest(site, now).await
}

/// The owner takes the week's figures by mail.
async fn agree(site: &Site, tenant: TenantId, at: i64) -> anyhow::Result<()> {
    let (purpose, channel) = (MessagePurpose::Digest, Channel::Email);
    let text = wording(purpose, channel).ok_or_else(|| anyhow::anyhow!("the digest has no text"))?;
    let mut tx = site.db().write().await?;
    let owner = tx.platform().login(EMAIL).await?.map_or(PersonId(1), |owner| owner.id);
    let new =
        NewConsent { person: owner, purpose, channel, given: true, wording: text.version, way: "settings" };
    tx.scoped(tenant).await?.put_consent(&new, at).await?;
    Ok(tx.commit().await?)
}

/// An invitation that still works, and one whose mail could not go out in time.
async fn invite(site: &Site, tenant: TenantId, now: i64) -> anyhow::Result<()> {
    let token = SecretString::from("demo".to_owned());
    let invitations = [
        ("invitation:1", "Meera Nair", "meera@example.org", Role::Viewer, now - 8 * DAY_MICROS),
        ("invitation:2", "Vikram Shah", "vikram@example.org", Role::Manager, now - DAY_MICROS),
    ];
    for (cause, name, address, role, written) in invitations {
        let letter = Letter::Invitation {
            business: "Kurta House".to_owned(),
            inviter: "Asha Rao".to_owned(),
            role,
            page: "/invitations/".to_owned(),
            until: written + 7 * DAY_MICROS,
        };
        let to = Address::new(name, address)?;
        let draft = Draft {
            cause,
            tenant: Some(tenant),
            person: None,
            to: &to,
            letter: &letter,
            token: Some(&token),
        };
        let mut tx = site.db().write().await?;
        draft.write(&mut tx.platform(), written).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The last week, as if it were Monday: on a Monday it does not come twice.
async fn digest(site: &Site, now: i64) -> anyhow::Result<()> {
    let mut tx = site.db().write().await?;
    let after = (TenantId(0), PersonId(0));
    let readers = tx.platform().consenting(MessagePurpose::Digest, Channel::Email, after, 1).await?;
    let today = TimeZone::get("Asia/Kolkata")?.to_datetime(SystemClock.now()).date();
    for reader in readers {
        let mut books = tx.scoped(reader.tenant).await?;
        let digest = Digest::of(&mut books, &reader, today).await?;
        let cause = Digest::cause(&reader, today);
        let news = News::digest(&digest);
        let arguments = news.to_json()?;
        let notice = NewNotice { cause: &cause, kind: news.name(), arguments: &arguments };
        books.give_notice(reader.person, &notice, now).await?;
        let (to, letter) = (Address::new(&reader.name, &reader.email)?, Letter::Digest(digest));
        let (tenant, person) = (Some(reader.tenant), Some(reader.person));
        let draft = Draft { cause: &cause, tenant, person, to: &to, letter: &letter, token: None };
        draft.write(&mut tx.platform(), now).await?;
    }
    Ok(tx.commit().await?)
}
