//! Asking for the password again, before something that whoever finds an open browser must not do.

use ecom_store::{Profile, Tx};

use crate::{
    app::App,
    entry::{Entry, Field},
    fault::{Fault, Page},
    seat::Me,
    session::{Attempt, Verdict, cookie::Token},
};

/// What is said to those who may not go on.
const SHUT_OUT: &str = "Your password was changed, this session was ended, or this form was sent twice, a moment ago. Look whether what you wanted is done; if not, sign in and try again.";

/// That somebody has just typed their password. What they ask for gives their session a new token (ASVS 5.0, 7.2.4):
/// whoever took the old one is out.
pub(crate) struct Proof {
    profile: Profile,
    token: Token,
}

impl Proof {
    /// The person as they were when they typed it.
    pub(crate) fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Names their session from [`begin`](Self::begin) on.
    pub(crate) fn session(&self) -> [u8; 32] {
        self.token.hash()
    }

    /// Begins what it allows. In this transaction the password is still theirs, and the session has not ended:
    /// whoever was shut out meanwhile does not get through by having asked before. [`commit`](Self::commit) ends it.
    pub(crate) async fn begin(&self, app: &App, me: &Me) -> Page<Tx> {
        let mut tx = app.db.write().await?;
        let mut platform = tx.platform();
        let holds = platform.hold_person(me.id(), &self.profile.password_hash).await?;
        let here = holds && platform.session_person(&me.session, app.now()).await?.is_some();
        if !here || !platform.renew_session(&me.session, &self.session()).await? {
            return Err(Fault::Conflict(SHUT_OUT.to_owned()));
        }
        Ok(tx)
    }

    /// Commits it, and hands the new token out with the answer.
    pub(crate) async fn commit(&self, tx: Tx, me: &Me) -> Page<()> {
        tx.commit().await?;
        me.renewal.hand_out(&self.token);
        Ok(())
    }
}

/// Asks for the password, counted as a sign-in is: whoever finds an open browser must not guess it here. What is wrong
/// is noted in the form.
pub(crate) async fn prove(app: &App, me: &Me, entry: &mut Entry) -> Page<Option<Proof>> {
    let profile = own(app, me).await?;
    let typed = entry.raw("password").to_owned();
    if typed.is_empty() {
        entry.refuse("password", "Type your password.");
        return Ok(None);
    }
    let attempt = Attempt::new(&profile.email, me.network);
    match attempt.begin(app).await? {
        Verdict::Wait { minutes } => {
            tracing::info!(why = "too many attempts", "a password asked for again was refused");
            entry.refuse("password", format!("Too many attempts. Wait {minutes} min, then try again."));
            return Ok(None);
        }
        Verdict::Go { slowed } => tokio::time::sleep(slowed).await,
    }
    if !attempt.verify(app, typed, Some(profile.password_hash.clone())).await? {
        tracing::info!(why = "password", "a password asked for again was refused");
        entry.refuse("password", "This is not your password.");
        return Ok(None);
    }
    let mut tx = app.db.write().await?;
    attempt.succeeded(&mut tx.platform()).await?;
    tx.commit().await?;
    if !entry.is_good() {
        return Ok(None);
    }
    Ok(Some(Proof { profile, token: Token::random()? }))
}

/// What the person says about themselves.
pub(crate) async fn own(app: &App, me: &Me) -> Page<Profile> {
    app.db.read().await?.platform().profile(me.id()).await?.ok_or(Fault::Missing)
}

/// The field for it.
pub(crate) fn password_field(entry: &Entry) -> Field {
    entry.field("password", "Your password").kind("password").complete("current-password")
}

#[cfg(test)]
mod tests {
    ecom_vault::lacks!(super::Proof => std::fmt::Debug);
}
