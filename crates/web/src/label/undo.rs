//! Undoing a rule, asked once with what it changes; and asking again for posting anew that was given up.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use ecom_store::{Action, LabelRuleId, LabelRuleView, RuleChange, Scoped};

use super::{
    effect::EffectView,
    record::{Record, RuleRow},
};
use crate::{
    app::App,
    fault::{Fault, Page},
    frame::{Frame, Here},
    page,
    seat::{Manager, Seat},
};

#[derive(Template)]
#[template(path = "label/undo.html")]
struct UndoPage {
    frame: Frame,
    rule: RuleRow,
    effect: EffectView,
}

/// The question.
pub(crate) async fn ask(State(app): State<App>, seat: Seat<Manager>, Path(id): Path<String>) -> Page {
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let rule = standing(&mut books, &id).await?;
    let effect = EffectView::of(&mut books, RuleChange::Undo(rule.id), &app.reading).await?;
    let row = Record::of(&mut books).await?.row(&app, &rule);
    let frame = seat.frame(format!("Undo the rule for {}", row.name.what), Here::Labels);
    page::show(&UndoPage { frame, rule: row, effect })
}

/// The answer; its job goes with it.
pub(crate) async fn create(State(app): State<App>, seat: Seat<Manager>, Path(id): Path<String>) -> Page {
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    let rule = standing(&mut books, &id).await?;
    books.undo_label_rule(rule.id, seat.person(), app.now()).await?;
    seat.audit(&app, &mut books, Action::UndoLabelRule, &format!("labels/{}", rule.label)).await?;
    tx.commit().await?;
    app.bell.ring();
    Ok(Redirect::to(&format!("/labels/{}?said=undone", rule.label)).into_response())
}

/// Posts the lines of a rule anew once more, after it was given up.
pub(crate) async fn again(State(app): State<App>, seat: Seat<Manager>, Path(id): Path<String>) -> Page {
    let id: LabelRuleId = id.parse().map_err(|_| Fault::Missing)?;
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    books.follow_rule_again(id, app.now()).await?;
    seat.audit(&app, &mut books, Action::PostAgain, "labels").await?;
    tx.commit().await?;
    app.bell.ring();
    Ok(Redirect::to("/labels?said=again").into_response())
}

/// A rule that can be undone. One that was undone already is not there any more.
async fn standing(books: &mut Scoped<'_>, id: &str) -> Page<LabelRuleView> {
    let id: LabelRuleId = id.parse().map_err(|_| Fault::Missing)?;
    let rule = books.label_rule(id).await?.filter(|rule| rule.undone.is_none());
    rule.ok_or(Fault::Missing)
}
