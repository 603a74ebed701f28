//! Ending an expense, and removing one: each asked once, in words that say what will happen.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_ledger::{
    day,
    expense::{Expense, MOST_DAYS, Repeat},
};
use ecom_store::{Action, ExpenseId};

use super::found;
use crate::{
    app::App,
    entry::{Entry, Field},
    fault::{Fault, Page},
    frame::{Frame, Here},
    money, page,
    period::shown,
    seat::{Manager, Seat},
    words::capital,
};

#[derive(Template)]
#[template(path = "expense/end.html")]
struct EndPage {
    frame: Frame,
    id: ExpenseId,
    about: String,
    field: Field,
}

#[derive(Template)]
#[template(path = "expense/removal.html")]
struct RemovalPage {
    frame: Frame,
    id: ExpenseId,
    name: String,
    about: String,
    paid: String,
    may_end: bool,
}

/// Asks for the last day.
pub(crate) async fn ask_end(State(app): State<App>, seat: Seat<Manager>, Path(id): Path<String>) -> Page {
    let id: ExpenseId = id.parse().map_err(|_| Fault::Missing)?;
    let mut tx = app.db.read().await?;
    let expense = repeated(found(&mut seat.books(&mut tx).await?, id).await?)?;
    let day = app.today().max(expense.first()).to_string();
    show_end(&seat, id, &expense, &Entry::with(&[("last", &day)]))
}

/// Sets the last day.
pub(crate) async fn end(
    State(app): State<App>,
    seat: Seat<Manager>,
    Path(id): Path<String>,
    mut entry: Entry,
) -> Page {
    let id: ExpenseId = id.parse().map_err(|_| Fault::Missing)?;
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    let expense = repeated(found(&mut books, id).await?)?;
    let last = entry.day("last");
    if last.is_none() {
        entry.refuse("last", "Choose the last day.");
    } else if last.is_some_and(|last| last < expense.first()) {
        entry.refuse("last", format!("It is first paid on {}. Remove it instead.", shown(expense.first())));
    }
    let Some(last) = last.filter(|_| entry.is_good()) else {
        return show_end(&seat, id, &expense, &entry);
    };
    books.end_expense(id, last).await?;
    seat.audit(&app, &mut books, Action::EndExpense, "expenses").await?;
    tx.commit().await?;
    Ok(Redirect::to("/expenses?said=ended").into_response())
}

/// Asks whether to remove it.
pub(crate) async fn ask_removal(State(app): State<App>, seat: Seat<Manager>, Path(id): Path<String>) -> Page {
    let id: ExpenseId = id.parse().map_err(|_| Fault::Missing)?;
    let mut tx = app.db.read().await?;
    let expense = found(&mut seat.books(&mut tx).await?, id).await?;
    let name = name(&expense);
    page::show(&RemovalPage {
        frame: seat.frame(format!("Remove {name}"), Here::Expenses),
        id,
        about: about(&expense),
        paid: paid(&expense, day::of_date(app.today()))?,
        may_end: expense.repeat() != Repeat::Once,
        name,
    })
}

/// Removes it.
pub(crate) async fn remove(State(app): State<App>, seat: Seat<Manager>, Path(id): Path<String>) -> Page {
    let id: ExpenseId = id.parse().map_err(|_| Fault::Missing)?;
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    books.delete_expense(id).await?;
    seat.audit(&app, &mut books, Action::RemoveExpense, "expenses").await?;
    tx.commit().await?;
    Ok(Redirect::to("/expenses?said=removed").into_response())
}

/// What comes once cannot be ended.
fn repeated(expense: Expense) -> Page<Expense> {
    if expense.repeat() == Repeat::Once { Err(Fault::Missing) } else { Ok(expense) }
}

fn show_end(seat: &Seat<Manager>, id: ExpenseId, expense: &Expense, entry: &Entry) -> Page {
    let status = if entry.is_good() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let frame = seat.frame(format!("End {}", name(expense)), Here::Expenses);
    let field = entry.field("last", "Last paid by").kind("date").hint("Payments until this day stay.");
    page::show_as(status, &EndPage { frame, id, about: about(expense), field })
}

fn name(expense: &Expense) -> String {
    capital(&expense.category().as_str().replace('_', " "))
}

fn about(expense: &Expense) -> String {
    let amount = money::exact(expense.currency(), expense.amount());
    format!("{amount} {}, first paid on {}", expense.repeat().name(), shown(expense.first()))
}

/// What it has charged until today.
fn paid(expense: &Expense, today: i32) -> Page<String> {
    let first = day::of_date(expense.first()).max(today - MOST_DAYS);
    let charges = if first > today { Vec::new() } else { expense.charges(first, today)? };
    let sum = charges.iter().map(|charge| charge.amount).fold(0, i64::saturating_add);
    let count = i64::try_from(charges.len()).unwrap_or(i64::MAX);
    Ok(match count {
        0 => "It has not been paid yet.".to_owned(),
        1 => format!(
            "1 payment of {} leaves the statements, and profit rises by as much.",
            money::exact(expense.currency(), sum.saturating_neg())
        ),
        _ => format!(
            "{} of together {} leave the statements, and profit rises by as much.",
            money::counted(count, "payment", "payments"),
            money::exact(expense.currency(), sum.saturating_neg())
        ),
    })
}
