//! Whoever is signed in, on the pages of their own account: a member of a business, one of the staff, or both, or none.

use axum::{
    extract::FromRequestParts,
    http::request::Parts,
    response::{IntoResponse, Response},
};
use ecom_store::{PersonId, Standing};

use crate::{
    app::App,
    fault::Page,
    frame::{Frame, Here},
    seat::{Me, Seat, Viewer},
    session::PasswordPolicy,
};

/// Somebody on their own pages.
pub(crate) struct Own {
    pub(crate) me: Me,
    /// Their seat in a business of their own. Staff in another's business leave no trace of their own account there.
    seat: Option<Seat<Viewer>>,
    staff: Option<Standing>,
}

impl Own {
    /// How they stand as one of the staff.
    pub(crate) fn staff(&self) -> Option<Standing> {
        self.staff
    }

    /// The rules for their password.
    pub(crate) fn policy(&self) -> PasswordPolicy {
        PasswordPolicy::of(self.staff.is_some())
    }

    /// The frame of one of their pages.
    pub(crate) fn frame(&self, title: &str) -> Frame {
        let role = self.staff.map(|standing| standing.role);
        match &self.seat {
            Some(seat) => seat.frame(title, Here::Account),
            None => Frame::apart(title, Here::Account, self.me.person.name.clone(), role),
        }
    }
}

impl FromRequestParts<App> for Own {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let me = Me::from_request_parts(parts, app).await?;
        let seat = Seat::find(me.session, parts, app).await.map_err(IntoResponse::into_response)?;
        let staff = standing(app, me.id()).await.map_err(IntoResponse::into_response)?;
        Ok(Self { me, seat: seat.filter(|seat| !seat.is_visit()), staff })
    }
}

async fn standing(app: &App, person: PersonId) -> Page<Option<Standing>> {
    Ok(app.db.read().await?.platform().standing(person).await?)
}
