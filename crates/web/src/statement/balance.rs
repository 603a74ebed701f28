//! The party ledger "Amazon": opening balance, lines posted, pay-outs, closing balance, entry by entry.

use std::collections::BTreeMap;

use askama::Template;
use ecom_documents::{Sheet as Table, Value};
use ecom_ledger::{
    Currency,
    day::{self, Month},
    roll::{Entry, EntryKind, PartyLedger},
};
use ecom_store::{Filter, MOST_SINGLE_DAYS, Scoped, SellerAccountId, SettlementState};

use super::{Ground, Top, download, roll};
use crate::{
    download::{date, figures, sheet},
    fault::Page,
    figure::{Figure, Row},
    frame::{Frame, Here},
    line::POSTED,
    page,
    period::{Period, shown},
    scope::Scope,
    seat::{Seat, Viewer},
};

const TABLES: [&str; 2] = ["Roll-forward", "Party ledger"];
/// A settlement closes within so many days after its last line.
const CLOSES_WITHIN: i32 = 45;

#[derive(Template)]
#[template(path = "statement/balance.html")]
struct BalancePage {
    frame: Frame,
    top: Top,
    /// A marketplace is chosen: Amazon pays an account as a whole.
    partial: Option<String>,
    /// The same balance by the bank's days, as books have it.
    held: String,
    sums: Vec<Sum>,
    parties: Vec<Party>,
    elsewhere: Option<(String, String)>,
}

/// The roll-forward of one currency, of all accounts together.
struct Sum {
    currency: Currency,
    rows: Vec<Row>,
}

/// One account in one currency.
struct Party {
    /// The account at Amazon.
    account: String,
    currency: Currency,
    title: String,
    opening: Figure,
    entries: Vec<Shown>,
    closing: Figure,
}

struct Shown {
    number: i32,
    day: String,
    what: &'static str,
    /// Words and address of what it is of.
    of: Option<(String, String)>,
    amount: Figure,
    balance: Figure,
}

/// The page.
pub(super) async fn show(seat: &Seat<Viewer>, books: &mut Scoped<'_>, ground: &Ground) -> Page {
    let scope = ground.asked.scope;
    let (from, to) = ground.days();
    let balances = books.balances(scope.seller_account, from, to).await?;
    let wanted = |currency: Currency| scope.currency.is_none_or(|chosen| chosen == currency);
    let mut sums: Vec<Sum> = balances
        .rolls()?
        .into_iter()
        .filter(|(currency, _)| wanted(*currency))
        .map(|(currency, found)| Sum { currency, rows: roll::rows(&scope, currency, &found) })
        .collect();
    let links = Links {
        scope,
        long: to.saturating_sub(from) >= MOST_SINGLE_DAYS,
        days: (from, to),
        keys: keys(books, from, to).await?,
    };
    let parties = balances.parties()?.into_iter().filter(|(_, currency, _)| wanted(*currency));
    let mut parties: Vec<Party> =
        parties.map(|(account, currency, ledger)| links.party(ground, account, currency, ledger)).collect();
    let partial = scope.marketplace.map(|_| Scope { marketplace: None, ..ground.asked.scope });
    if partial.is_some() {
        (sums, parties) = (Vec::new(), Vec::new());
    }
    if let Some(wanted) = ground.wanted.clone() {
        let rolls = figures(TABLES[0], sums.iter().map(|sum| (sum.currency, sum.rows.as_slice())));
        let tables = vec![rolls, ledger(&parties)];
        return download::send(seat, ground, wanted, "balance at amazon", tables).await;
    }
    let page = BalancePage {
        frame: seat.frame("Balance at Amazon", Here::Statement),
        top: ground.top("Balance at Amazon", false, &TABLES),
        held: held(&ground.asked.scope),
        partial: partial.map(|scope| scope.link("/statement").with("view", "balance").text()),
        elsewhere: if sums.is_empty() { ground.elsewhere() } else { None },
        sums,
        parties,
    };
    page::show(&page)
}

/// Books go by whole months, quarters and years.
fn held(scope: &Scope) -> String {
    let whole = matches!(scope.period, Period::Month(_) | Period::Quarter(..) | Period::Year(_));
    let period = if whole { scope.period } else { Period::All };
    Scope { period, marketplace: None, printed: false, ..*scope }.link("/books/held").text()
}

/// Entry by entry, from the opening balance on.
fn ledger(parties: &[Party]) -> Table {
    let header = ["Account at Amazon", "Day", "Entry", "Settlement", "Amount", "Balance", "Currency"];
    let mut rows = Vec::new();
    for party in parties {
        let row = |day: Value, what: &str, of: Value, amount: Value, balance: &Figure| {
            let (account, code) = (party.account.as_str().into(), party.currency.code().into());
            [account, day, what.into(), of, amount, balance.value(), code]
        };
        rows.push(row(Value::Empty, "Opening balance", Value::Empty, Value::Empty, &party.opening));
        for entry in &party.entries {
            let of = entry.of.as_ref().map(|(id, _)| id.as_str()).into();
            rows.push(row(date(entry.number), entry.what, of, entry.amount.value(), &entry.balance));
        }
        rows.push(row(Value::Empty, "Closing balance", Value::Empty, Value::Empty, &party.closing));
    }
    sheet(TABLES[1], header, rows)
}

/// Settlements that may be named, by account and Amazon's id.
async fn keys(
    books: &mut Scoped<'_>,
    from: i32,
    to: i32,
) -> Page<BTreeMap<(SellerAccountId, String), String>> {
    let near = Filter::days(from.saturating_sub(CLOSES_WITHIN), to.saturating_add(CLOSES_WITHIN));
    let found = books.settlements(&near).await?;
    let active = found.into_iter().filter(|found| found.state == SettlementState::Active);
    Ok(active.map(|found| ((found.seller_account, found.settlement_id), found.key.to_string())).collect())
}

/// Where entries lead to.
struct Links {
    scope: Scope,
    /// Whether lines are summed by month.
    long: bool,
    days: (i32, i32),
    keys: BTreeMap<(SellerAccountId, String), String>,
}

impl Links {
    fn party(
        &self,
        ground: &Ground,
        account: SellerAccountId,
        currency: Currency,
        ledger: PartyLedger,
    ) -> Party {
        let scope = Scope { seller_account: Some(account), ..self.scope.of_currency(currency) };
        let name = ground.choices.seller_account(&scope).unwrap_or_default();
        Party {
            account: name.to_owned(),
            currency,
            title: format!("Party ledger “Amazon”, {name}, {currency}"),
            opening: Figure::unlinked(currency, ledger.opening),
            closing: Figure::unlinked(currency, ledger.closing),
            entries: ledger.entries.into_iter().map(|entry| self.entry(&scope, currency, entry)).collect(),
        }
    }

    fn entry(&self, scope: &Scope, currency: Currency, entry: Entry) -> Shown {
        let date = day::to_date(entry.day);
        let amount = match entry.kind {
            EntryKind::Lines => {
                let link = scope.in_period(self.period(entry.day)).link("/lines");
                Figure::amount(currency, entry.amount, link.with("class", POSTED).text())
            }
            _ => Figure::unlinked(currency, entry.amount),
        };
        let account = scope.seller_account.unwrap_or(SellerAccountId(0));
        let settlement = entry.settlement.map(|id| {
            let key = self.keys.get(&(account, id.clone()));
            (id, key.map(|key| format!("/settlements/{key}")).unwrap_or_default())
        });
        Shown {
            number: entry.day,
            day: shown(date),
            what: match (entry.kind, self.long) {
                (EntryKind::Lines, true) => "Lines of the month",
                (EntryKind::Lines, false) => "Lines posted",
                (EntryKind::PaidOut, _) => "Paid out",
                (EntryKind::Unexplained, _) => "Unexplained: a settlement is missing",
            },
            of: settlement,
            amount,
            balance: Figure::unlinked(currency, entry.balance),
        }
    }

    /// The days whose lines stand on a day.
    fn period(&self, number: i32) -> Period {
        let month = Month::of_day(number);
        let (first, last) = (month.first_day(), month.last_day());
        let whole = self.long && last == number && first >= self.days.0;
        if whole { Period::Month(month) } else { Period::Days(day::to_date(number), day::to_date(number)) }
    }
}
