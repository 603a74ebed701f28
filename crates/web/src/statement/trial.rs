//! The trial balance: every account that moved, what stands against them, and that it all sums to zero.

use askama::Template;
use ecom_documents::Value;
use ecom_ledger::{Account, Currency, Group, Minor, statement::Statement, trial::TrialRow};
use ecom_store::Scoped;

use super::{Ground, Top, download};
use crate::{
    download::{filled, sheet as table_of},
    fault::Page,
    figure::Figure,
    frame::{Frame, Here},
    money, page,
    scope::Scope,
    seat::{Seat, Viewer},
    words,
};

const TABLE: &str = "Trial balance";

#[derive(Template)]
#[template(path = "statement/trial.html")]
struct TrialPage {
    frame: Frame,
    top: Top,
    sheets: Vec<Sheet>,
    elsewhere: Option<(String, String)>,
    /// Whether turnover is shown: it is kept with derived pairs only.
    turnover: bool,
}

struct Sheet {
    currency: Currency,
    rows: Vec<Row>,
    /// Against the accounts: Amazon, and the seller's own purse.
    against: Vec<Row>,
    debit: String,
    credit: String,
    /// What debits and credits sum to.
    sum: String,
}

struct Row {
    name: String,
    code: String,
    lines: Figure,
    turnover: [Figure; 2],
    debit: Option<Figure>,
    credit: Option<Figure>,
}

/// The page.
pub(super) async fn show(seat: &Seat<Viewer>, books: &mut Scoped<'_>, ground: &Ground) -> Page {
    let scope = ground.asked.scope;
    let statements = books.statements(&scope.filter()).await?;
    let sheets =
        statements.into_iter().map(|statement| sheet(&scope, statement)).collect::<Page<Vec<_>>>()?;
    if let Some(wanted) = ground.wanted.clone() {
        let table = table(&sheets, !scope.printed);
        return download::send(seat, ground, wanted, TABLE, vec![table]).await;
    }
    let page = TrialPage {
        frame: seat.frame("Trial balance", Here::Statement),
        top: ground.top(TABLE, false, &[TABLE]),
        elsewhere: if sheets.is_empty() { ground.elsewhere() } else { None },
        sheets,
        turnover: !scope.printed,
    };
    page::show(&page)
}

/// In a file both sides are positive, as on the page.
fn table(sheets: &[Sheet], turnover: bool) -> ecom_documents::Sheet {
    let header =
        ["Account", "Code", "Lines", "Debited", "Credited", "Debit balance", "Credit balance", "Currency"];
    let side = |figure: &Option<Figure>| figure.as_ref().map_or(Value::Empty, Figure::value);
    let rows = sheets.iter().flat_map(|one| {
        one.rows.iter().chain(&one.against).map(move |row| {
            let kept = |figure: &Figure| if turnover { figure.value() } else { Value::Empty };
            let [debited, credited] = [&row.turnover[0], &row.turnover[1]].map(kept);
            let (name, code) = (row.name.as_str().into(), filled(&row.code));
            let currency = one.currency.code().into();
            [name, code, kept(&row.lines), debited, credited, side(&row.debit), side(&row.credit), currency]
        })
    });
    table_of(TABLE, header, rows)
}

fn sheet(scope: &Scope, statement: Statement) -> Page<Sheet> {
    let currency = statement.currency;
    let scope = scope.of_currency(currency);
    let statement = scope.shown(statement)?;
    let trial = statement.trial_balance()?;
    let counterparts = trial.counterparts()?;
    let against = [
        ("Amazon: total of the settlement lines", counterparts.amazon, scope.link("/lines").text()),
        ("Own books: goods, losses and expenses paid elsewhere", counterparts.own, own_link(&scope)),
    ];
    let balances = trial.rows.iter().map(|row| row.balance).chain([counterparts.amazon, counterparts.own]);
    let (mut debit, mut credit) = (Minor::ZERO, Minor::ZERO);
    for balance in balances {
        let side = if balance < 0 { &mut debit } else { &mut credit };
        *side = side.plus(Minor(balance))?;
    }
    let row = |(name, amount, link): (&str, i64, String)| Row {
        name: name.to_owned(),
        ..placed(currency, amount, link)
    };
    Ok(Sheet {
        currency,
        against: against.into_iter().filter(|(_, amount, _)| *amount != 0).map(row).collect(),
        rows: trial.rows.iter().map(|row| account_row(&scope, &statement, row)).collect(),
        debit: money::exact(currency, debit.0.saturating_neg()),
        credit: money::exact(currency, credit.0),
        sum: money::exact(currency, trial.sum()?),
    })
}

fn own_link(scope: &Scope) -> String {
    let groups = [Group::Cogs, Group::InventoryLoss, Group::Indirect];
    super::bridge::groups_link(scope, &groups)
}

fn account_row(scope: &Scope, statement: &Statement, row: &TrialRow) -> Row {
    let currency = statement.currency;
    let (base, category) = match row.account.strip_prefix(Account::Indirect.name()) {
        Some(category) => (Account::Indirect, Some(category.trim_start_matches(':'))),
        None => (Account::from_name(&row.account).unwrap_or(Account::Unclassified), None),
    };
    let link = scope.link("/lines").with("account", base.name()).text();
    let turnover = statement.turnover(base);
    let estimated = turnover.estimated != 0;
    let mut placed = placed(currency, row.balance, link);
    placed.debit = placed.debit.map(|figure| figure.estimated(estimated));
    placed.credit = placed.credit.map(|figure| figure.estimated(estimated));
    Row {
        name: match category {
            Some(category) => words::category(category),
            None => words::account(base).to_owned(),
        },
        code: row.account.clone(),
        lines: if turnover.lines > 0 { Figure::count(turnover.lines) } else { Figure::nothing() },
        turnover: [row.debit.saturating_neg(), row.credit].map(|amount| Figure::unlinked(currency, amount)),
        ..placed
    }
}

/// A balance on its side, without a sign.
fn placed(currency: Currency, balance: i64, link: String) -> Row {
    let figure = Figure::amount(currency, balance.saturating_abs(), link);
    let (debit, credit) = if balance < 0 { (Some(figure), None) } else { (None, Some(figure)) };
    let turnover = [Figure::nothing(), Figure::nothing()];
    Row { name: String::new(), code: String::new(), lines: Figure::nothing(), turnover, debit, credit }
}
