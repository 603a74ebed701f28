//! Every mail with a made-up reader, as it looks in a mail client: in the style guide, never sent.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{Html, IntoResponse},
};
use ecom_work::mail::samples;

use crate::{
    app::App,
    fault::{Fault, Page},
    frame::{Frame, Here},
    page,
    seat::{Seat, Viewer},
};

/// A mail brings its style along; nothing else is allowed in it.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
);
/// Where a link of a sample would lead.
const TOKEN: &str = "sample";

#[derive(Template)]
#[template(path = "styleguide/mail.html")]
struct MailsPage {
    frame: Frame,
    mails: Vec<Sample>,
}

struct Sample {
    name: &'static str,
    subject: String,
    text: String,
}

/// All mails, their texts, and links to their other form.
pub(crate) async fn list(State(app): State<App>, seat: Seat<Viewer>) -> Page {
    let sample = |(name, letter): (&'static str, ecom_work::mail::Letter)| {
        let rendered = app.mail.render(&letter, Some(TOKEN))?;
        Ok::<_, Fault>(Sample { name, subject: rendered.subject, text: rendered.text })
    };
    let mails = samples().into_iter().map(sample).collect::<Page<_>>()?;
    page::show(&MailsPage { frame: seat.frame("Mail", Here::Outside), mails })
}

/// One mail as a client draws it.
pub(crate) async fn show(State(app): State<App>, _seat: Seat<Viewer>, Path(name): Path<String>) -> Page {
    let (_, letter) = samples().into_iter().find(|(known, _)| *known == name).ok_or(Fault::Missing)?;
    let html = app.mail.render(&letter, Some(TOKEN))?.html;
    Ok(([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(html)).into_response())
}
