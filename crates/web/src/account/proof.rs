//! Asking for the password again, before something that whoever finds an open browser must not do.

use ecom_store::{Profile, Tx};

use crate::{
    app::App,
    entry::{Entry, Field},
    fault::{Fault, Page},
    seat::Me,
    session::{Attempt, Verdict, shut_out},
};

/// That somebody has just typed their password.
pub(crate) struct Proof {
    profile: Profile,
}

impl Proof {
    /// The person as they were when they typed it.
    pub(crate) fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Begins what it allows. In this transaction the password is still theirs, and the session has not ended:
    /// whoever was shut out meanwhile does not get through by having asked before.
    pub(crate) async fn begin(&self, app: &App, me: &Me) -> Page<Tx> {
        let mut tx = app.db.write().await?;
        let mut platform = tx.platform();
        let holds = platform.hold_person(me.id(), &self.profile.password_hash).await?;
        if !holds || platform.session_person(&me.session, app.now()).await?.is_none() {
            return Err(shut_out());
        }
        Ok(tx)
    }
}

/// Asks for the password, counted as a sign-in is: whoever finds an open browser must not guess it here. What is wrong
/// is noted in the form. The right one gives the session a new token.
pub(crate) async fn prove(app: &App, me: &mut Me, entry: &mut Entry) -> Page<Option<Proof>> {
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
    me.session = me.renewal.commit(tx, &me.session).await?;
    Ok(entry.is_good().then_some(Proof { profile }))
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
