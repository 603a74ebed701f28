//! What a change of the tax setting comes to, looked at before it is made or undone.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use ecom_ledger::{
    Currency, Error,
    day::Month,
    tax_setting::{GstDay, TaxSetting, TaxSettings},
};
use ecom_store::{Action, MOST_READ, Scoped, TaxSettingId, TaxSettingView};

use super::{read, refused, since};
use crate::{
    app::App,
    entry::Entry,
    fault::{Fault, Page},
    frame::{Frame, Here},
    money, page,
    params::{Link, Params},
    period::Period,
    seat::{Manager, Seat},
};

#[derive(Template)]
#[template(path = "tax_setting/change.html")]
struct ChangePage {
    frame: Frame,
    about: &'static str,
    months: Vec<MonthRow>,
    total: String,
    closed: usize,
    settlements: String,
    /// What is not told exactly.
    rough: Option<String>,
    /// Where the answer goes, and what it carries.
    action: String,
    carried: Vec<(&'static str, String)>,
    button: &'static str,
}

/// What a month's profit gains or loses.
struct MonthRow {
    title: String,
    href: String,
    change: String,
    closed: bool,
}

/// What a change comes to.
struct Effect {
    months: BTreeMap<Month, i64>,
    closed: BTreeSet<Month>,
    exact: bool,
    settlements: (i64, i64),
}

/// What a new setting would do.
pub(crate) async fn preview(State(app): State<App>, seat: Seat<Manager>, params: Params) -> Page {
    let names = ["credit", "from", "marketplace"];
    let values = names.map(|name| (name, params.one(name).unwrap_or_default()));
    let mut entry = Entry::with(&values);
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let Some((choice, setting)) = read(&mut books, &mut entry).await? else {
        return refused(&app, &seat, &mut tx, entry).await;
    };
    let before = books.tax_settings().await?;
    let after = before.with(setting.clone());
    let effect = effect(&app, &mut books, (&before, &after), setting.from, choice.credit).await?;
    let title = format!("GST on fees {}, {}", becomes(choice.credit), whose(&setting));
    let page = ChangePage {
        action: "/settings/tax".to_owned(),
        carried: values.map(|(name, value)| (name, value.to_owned())).to_vec(),
        button: "Change it",
        about: about(choice.credit),
        ..effect.page(seat.frame(title, Here::Settings))?
    };
    page::show(&page)
}

/// What undoing a setting would do.
pub(crate) async fn ask(State(app): State<App>, seat: Seat<Manager>, Path(id): Path<String>) -> Page {
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let standing = standing(&mut books, &id).await?;
    let setting = &standing.setting;
    let before = books.tax_settings().await?;
    let after = before.without(setting);
    let effect = effect(&app, &mut books, (&before, &after), setting.from, !setting.credit).await?;
    let title = format!("Undo: GST on fees {}, {}", becomes(setting.credit), whose(setting));
    let page = ChangePage {
        action: format!("/settings/tax/{}/undoing", standing.id),
        button: "Undo it",
        about: "It will be as if this had never been set. The record of who made and undid it stays.",
        ..effect.page(seat.frame(title, Here::Settings))?
    };
    page::show(&page)
}

/// Undoes a setting, and has the lines that are there follow.
pub(crate) async fn undo(State(app): State<App>, seat: Seat<Manager>, Path(id): Path<String>) -> Page {
    let id: TaxSettingId = id.parse().map_err(|_| Fault::Missing)?;
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    books.undo_tax_setting(id, seat.person(), app.now()).await?;
    seat.audit(&app, &mut books, Action::UndoTaxSetting, "settings/tax").await?;
    tx.commit().await?;
    app.bell.ring();
    Ok(Redirect::to("/settings/tax?said=undone").into_response())
}

async fn standing(books: &mut Scoped<'_>, id: &str) -> Page<TaxSettingView> {
    let id: TaxSettingId = id.parse().map_err(|_| Fault::Missing)?;
    let all = books.tax_setting_list().await?;
    all.into_iter().find(|one| one.id == id && one.undone.is_none()).ok_or(Fault::Missing)
}

async fn effect(
    app: &App,
    books: &mut Scoped<'_>,
    (before, after): (&TaxSettings, &TaxSettings),
    from: i32,
    gains: bool,
) -> Page<Effect> {
    let told = books.gst_forecast(from, gains.then_some(MOST_READ), &app.reading).await?;
    let closed = books.closed_months().await?.into_iter();
    let of_rupees = closed.filter(|(_, currency)| *currency == Currency::INR);
    Ok(Effect {
        months: by_month(before, after, &told.days)?,
        exact: told.exact,
        closed: of_rupees.map(|(month, _)| month).collect(),
        settlements: books.count_gst_settlements(from).await?,
    })
}

/// Months whose profit changes.
fn by_month(
    before: &TaxSettings,
    after: &TaxSettings,
    days: &[GstDay],
) -> Result<BTreeMap<Month, i64>, Error> {
    let mut months: BTreeMap<Month, i64> = BTreeMap::new();
    for day in days {
        let change = before.change(after, day)?;
        let month = months.entry(Month::of_day(day.day)).or_default();
        *month = month.checked_add(change).ok_or(Error::Overflow)?;
    }
    months.retain(|_, change| *change != 0);
    Ok(months)
}

impl Effect {
    fn page(&self, frame: Frame) -> Page<ChangePage> {
        let total = self.months.values().try_fold(0_i64, |all, change| all.checked_add(*change));
        let row = |(month, change): (&Month, &i64)| {
            let period = Period::Month(*month);
            MonthRow {
                title: period.title(),
                href: Link::to("/statement").and(&period.query()).text(),
                change: signed(*change),
                closed: self.closed.contains(month),
            }
        };
        let (settlements, lines) = self.settlements;
        Ok(ChangePage {
            frame,
            about: "",
            months: self.months.iter().rev().map(row).collect(),
            total: signed(total.ok_or(Error::Overflow)?),
            closed: self.months.keys().filter(|month| self.closed.contains(month)).count(),
            settlements: format!(
                "{} with {}",
                money::counted(settlements, "settlement", "settlements"),
                money::counted(lines, "line", "lines")
            ),
            rough: (!self.exact).then(rough),
            action: String::new(),
            carried: Vec::new(),
            button: "",
        })
    }
}

/// Why months are not told to the day.
fn rough() -> String {
    let most = money::count(MOST_READ);
    format!(
        "More than {most} lines hold their GST inside. They are summed by settlement, in the month of its last day and for no marketplace of its own, so that months may come out somewhat differently."
    )
}

/// A gain has a plus, so that it is not taken for an amount.
fn signed(change: i64) -> String {
    let sign = if change > 0 { "+" } else { "" };
    format!("{sign}{}", money::exact(Currency::INR, change))
}

fn becomes(credit: bool) -> &'static str {
    if credit { "is claimed back" } else { "is a cost" }
}

fn whose(setting: &TaxSetting) -> String {
    let since = since(setting.from);
    match &setting.marketplace {
        Some(name) => format!("{since}, only {name}"),
        None => since,
    }
}

fn about(credit: bool) -> &'static str {
    if credit {
        "Input credit: GST on fees becomes an asset, which you claim in your return, and is in no profit. Where Amazon prints a fee with its GST inside, 18/118 of it are set apart as an estimate."
    } else {
        "No input credit: GST on fees becomes a cost of its own, “GST on fees”, and lowers profit. Fees that Amazon prints with their GST inside stay whole."
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_add_up_to_months_and_what_does_not_change_is_left_out() {
        let no = TaxSettings::new(false, []);
        let day = |day, claimed| GstDay { marketplace: String::new(), day, claimed, ..GstDay::default() };
        let days = [day(0, -5), day(30, -7), day(31, -11), day(59, 3), day(60, -3)];
        let months = by_month(&TaxSettings::default(), &no, &days).unwrap();
        assert_eq!(months.into_values().collect::<Vec<_>>(), [-12, -11]);
        assert!(by_month(&no, &no, &days).unwrap().is_empty());
    }

    #[test]
    fn gains_and_losses_are_told_by_their_sign() {
        assert_eq!([signed(123_456_700), signed(-50), signed(0)], ["+₹12,34,567.00", "−₹0.50", "₹0.00"]);
    }
}
