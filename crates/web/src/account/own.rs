//! Whoever is signed in, on the pages of their own account: a member of a business, one of the staff, or both, or none.

use axum::{extract::FromRequestParts, http::request::Parts, response::Response};
use ecom_store::{Action, Doer, PersonId, Standing, Tx};

use crate::{
    app::App,
    fault::Page,
    frame::{Frame, Here},
    network::Network,
    seat::{Me, Seat, Viewer},
    session::PasswordPolicy,
};

/// Somebody on their own pages.
pub(crate) struct Own {
    person: PersonId,
    name: String,
    session: [u8; 32],
    network: Network,
    /// Their seat in a business of their own. Staff in another's business leave no trace of their own account there.
    seat: Option<Seat<Viewer>>,
    staff: Option<Standing>,
}

impl Own {
    pub(crate) fn person(&self) -> PersonId {
        self.person
    }

    /// Names the session: the hash of its token.
    pub(crate) fn session(&self) -> &[u8] {
        &self.session
    }

    /// The network the request came from.
    pub(crate) fn network(&self) -> Network {
        self.network
    }

    /// What their business is called; empty without one.
    pub(crate) fn business(&self) -> &str {
        self.seat.as_ref().map_or("", |seat| seat.business())
    }

    /// How they stand as one of the staff.
    pub(crate) fn staff(&self) -> Option<Standing> {
        self.staff
    }

    /// The rules for their password.
    pub(crate) fn policy(&self) -> PasswordPolicy {
        PasswordPolicy::of(self.staff.is_some())
    }

    /// The frame of one of their pages.
    pub(crate) fn frame(&self, title: &str, here: Here) -> Frame {
        match &self.seat {
            Some(seat) => seat.frame(title, here),
            None => Frame::apart(title, here, self.name.clone(), self.staff.map(|standing| standing.role)),
        }
    }

    /// Puts on record what they do: in their business, and in the platform's log for staff and for those in none.
    pub(crate) async fn audit(&self, app: &App, tx: &mut Tx, action: Action, object: &str) -> Page<()> {
        let network = self.network.to_string();
        let doer = match (self.staff, &self.seat) {
            (Some(standing), _) => Some(Doer::staff(self.person, standing.role, network)),
            (None, None) => Some(Doer::person(self.person, network)),
            (None, Some(_)) => None,
        };
        // The platform's log before that of a business, as everywhere: two that wait for each other would never end.
        if let Some(doer) = doer {
            tx.platform().audit(&doer, action, object, app.now()).await?;
        }
        match &self.seat {
            Some(seat) => seat.audit(app, &mut seat.books(tx).await?, action, object).await,
            None => Ok(()),
        }
    }
}

impl FromRequestParts<App> for Own {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let me = Me::from_request_parts(parts, app).await?;
        let seat = Seat::<Viewer>::from_request_parts(parts, app).await.ok();
        let Ok(network) = Network::from_request_parts(parts, app).await;
        let staff =
            standing(app, me.person.person).await.map_err(axum::response::IntoResponse::into_response)?;
        let seat = seat.filter(|seat| !seat.is_visit());
        Ok(Self { person: me.person.person, name: me.person.name, session: me.session, network, seat, staff })
    }
}

async fn standing(app: &App, person: PersonId) -> Page<Option<Standing>> {
    Ok(app.db.read().await?.platform().standing(person).await?)
}
