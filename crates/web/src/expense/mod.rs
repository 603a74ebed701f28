//! Indirect expenses: the list, adding one, and what they come to in each month.

mod change;
mod download;
mod months;

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_ledger::{
    Currency,
    cost::MOST_SKU_CHARS,
    day,
    expense::{Category, Expense, Repeat},
};
use ecom_store::{Action, ExpenseId, Scoped};

pub(crate) use change::{ask_end, ask_removal, end, remove};

use crate::{
    app::App,
    download::{Download, Downloads, FileName},
    entry::{Entry, Field},
    fault::{Fault, Page},
    frame::{Frame, Here},
    money, page,
    params::{Link, Params},
    period::shown,
    seat::{Manager, Role, Seat, Viewer},
    words::{capital, sentence},
};
use months::Months;

/// Expenses of a business; each is reckoned whenever a statement is shown.
const MOST_EXPENSES: usize = 1_000;
/// Largest amount in minor units: 1,000 crore rupees, so that a century of weeks still fits.
const MOST_AMOUNT: i64 = 1_000_000_000_000;
/// What sellers usually pay for beside Amazon.
const SUGGESTED: [&str; 10] = [
    "Rent",
    "Salaries",
    "Packing material",
    "Courier",
    "Software",
    "Accounting",
    "Electricity",
    "Internet and phone",
    "Photography",
    "Travel",
];

#[derive(Template)]
#[template(path = "expense/list.html")]
struct ExpensesPage {
    frame: Frame,
    downloads: Downloads,
    said: Option<&'static str>,
    rows: Vec<ExpenseRow>,
    months: Option<Months>,
    form: Option<ExpenseForm>,
    may: bool,
}

struct ExpenseRow {
    id: ExpenseId,
    category: String,
    sku: String,
    amount: String,
    gst: String,
    every: &'static str,
    days: String,
    next: String,
    /// Over: no charge comes any more.
    over: bool,
    may_end: bool,
}

struct ExpenseForm {
    fields: Vec<Field>,
    wrong: bool,
}

/// The list.
pub(crate) async fn list(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    let said = match params.one("said") {
        Some("added") => Some("The expense is added. It stands in the statements of its days."),
        Some("ended") => Some("The expense has an end now."),
        Some("removed") => Some("The expense is removed from every statement."),
        _ => None,
    };
    let today = app.today().to_string();
    let entry = Entry::with(&[("from", &today), ("every", "monthly"), ("currency", "INR")]);
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    if let Some(wanted) = Download::read(&params)? {
        let name = FileName::today(&app, &seat, "expenses");
        return wanted
            .send(&name, download::tables(&books.expenses().await?, day::of_date(app.today()))?)
            .await;
    }
    listed(&app, &seat, &mut books, said, &entry).await
}

/// Adds an expense.
pub(crate) async fn create(State(app): State<App>, seat: Seat<Manager>, mut entry: Entry) -> Page {
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    let expense = read(&mut entry);
    if let Some(expense) = &expense {
        check(&mut books, &mut entry, expense).await?;
    }
    let Some(expense) = expense.filter(|_| entry.is_good()) else {
        return listed(&app, &seat, &mut books, None, &entry).await;
    };
    books.add_expense(&expense, app.now()).await?;
    seat.audit(&app, &mut books, Action::AddExpense, "expenses").await?;
    tx.commit().await?;
    Ok(Redirect::to("/expenses?said=added").into_response())
}

/// What the form says, if all of it makes sense.
fn read(entry: &mut Entry) -> Option<Expense> {
    let category = entry.text("category", 60, "Say what it is for.");
    let category = match category.parse::<Category>() {
        Ok(category) => Some(category),
        Err(error) => {
            entry.refuse("category", sentence(&error.to_string()));
            None
        }
    };
    let currency = Currency::parse(entry.raw("currency")).ok();
    if currency.is_none() {
        entry.refuse("currency", "A currency is three letters, such as INR.");
    }
    let currency = currency.unwrap_or(Currency::INR);
    let amount = entry.amount("amount", currency, MOST_AMOUNT);
    if amount == 0 {
        entry.refuse("amount", "Type the amount of one payment, above 0.");
    }
    let gst = entry.amount("gst", currency, MOST_AMOUNT);
    let repeat = Repeat::from_name(entry.raw("every"));
    let first = entry.day("from");
    let last = entry.day("to");
    if first.is_none() {
        entry.refuse("from", "Choose the day it is first paid.");
    }
    if repeat == Some(Repeat::Once) && last.is_some() {
        entry.refuse("to", "An expense that comes once has no end. Leave this empty.");
    }
    if first.zip(last).is_some_and(|(first, last)| last < first) {
        entry.refuse("to", "This lies before the first day.");
    }
    if repeat.is_none() {
        entry.refuse("every", "Choose how often it comes.");
    }
    let sku = entry.optional("sku", MOST_SKU_CHARS);
    if !entry.is_good() {
        return None;
    }
    let once = Expense::once(category?, currency, amount, first?).ok()?.with_gst(gst).ok()?;
    Some(once.repeated(repeat?, last).ok()?.for_sku(&sku))
}

/// What only the books tell.
async fn check(books: &mut Scoped<'_>, entry: &mut Entry, expense: &Expense) -> Page<()> {
    if books.expenses().await?.len() >= MOST_EXPENSES {
        entry
            .refuse("category", format!("A business has at most {MOST_EXPENSES} expenses. Remove old ones."));
    }
    if let Some(sku) = expense.sku() {
        let sold = books.sold_products().await?.iter().any(|product| product.sku == sku);
        if !sold && !books.costs().await?.all().any(|cost| cost.sku == sku) {
            entry.refuse("sku", format!("No file and no cost names the product `{sku}`."));
        }
    }
    Ok(())
}

/// The page; with what is wrong in the form, it says so in its status too.
async fn listed<R: Role>(
    app: &App,
    seat: &Seat<R>,
    books: &mut Scoped<'_>,
    said: Option<&'static str>,
    entry: &Entry,
) -> Page {
    let today = day::of_date(app.today());
    let expenses = books.expenses().await?;
    let may = seat.may::<Manager>();
    let status = if entry.is_good() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = ExpensesPage {
        frame: seat.frame("Expenses", Here::Expenses),
        downloads: Downloads::of(&Link::to("/expenses"), &download::TABLES),
        said,
        rows: expenses.iter().map(|(id, expense)| row(*id, expense, today)).collect::<Page<_>>()?,
        months: Months::of(&expenses, today)?,
        form: may.then(|| form(entry, &expenses)),
        may,
    };
    page::show_as(status, &page)
}

fn row(id: ExpenseId, expense: &Expense, today: i32) -> Page<ExpenseRow> {
    let currency = expense.currency();
    let next = next(expense, today)?;
    let first = shown(expense.first());
    let repeats = expense.repeat() != Repeat::Once;
    Ok(ExpenseRow {
        id,
        category: name(expense),
        sku: expense.sku().unwrap_or_default().to_owned(),
        amount: money::exact(currency, expense.amount()),
        gst: money::exact(currency, expense.gst()),
        every: expense.repeat().name(),
        days: match expense.last() {
            Some(last) => format!("{first} – {}", shown(last)),
            None if repeats => format!("from {first}"),
            None => first,
        },
        next: next.map(|day| shown(day::to_date(day))).unwrap_or_default(),
        over: next.is_none(),
        may_end: repeats && next.is_some(),
    })
}

/// The day of the next payment, if there is one.
fn next(expense: &Expense, today: i32) -> Page<Option<i32>> {
    let next = expense.charges(today + 1, today + 366)?.first().map(|charge| charge.day);
    let first = day::of_date(expense.first());
    Ok(next.or_else(|| (first > today).then_some(first)))
}

fn name(expense: &Expense) -> String {
    capital(&expense.category().as_str().replace('_', " "))
}

fn form(entry: &Entry, expenses: &[(ExpenseId, Expense)]) -> ExpenseForm {
    let used = expenses.iter().map(|(_, expense)| capital(&expense.category().as_str().replace('_', " ")));
    let mut suggested: Vec<String> = used.chain(SUGGESTED.map(str::to_owned)).collect();
    suggested.sort();
    suggested.dedup();
    let every = Repeat::ALL.map(|repeat| (repeat.name().to_owned(), capital(repeat.name())));
    let fields = vec![
        entry.field("category", "What for").suggesting(suggested),
        entry.field("amount", "Amount").kind("amount").hint("Of one payment, without GST."),
        entry.field("gst", "GST on it").kind("amount").optional().hint("For your books; in no profit."),
        entry.field("currency", "Currency"),
        entry.field("every", "How often").choice(every),
        entry.field("from", "First paid on").kind("date"),
        entry.field("to", "Last paid by").kind("date").optional().hint("Else without end."),
        entry.field("sku", "Only for a product").optional().hint("Its SKU."),
    ];
    ExpenseForm { fields, wrong: !entry.is_good() }
}

/// The expense of a number.
async fn found(books: &mut Scoped<'_>, id: ExpenseId) -> Page<Expense> {
    let all = books.expenses().await?;
    all.into_iter().find(|(known, _)| *known == id).map(|(_, expense)| expense).ok_or(Fault::Missing)
}
