//! One settlement: what its file says, whether it balances, what became of it, and its movement by account.

use askama::Template;
use axum::extract::{Path, State};
use ecom_ledger::{Account, Currency, Group, Minor, statement::Statement};
use ecom_store::{
    ChangedLabel, ChangedLine, Changes, Filter, Scoped, SettlementKey, SettlementState, SettlementView,
};

use super::{
    bridge,
    check::{Checked, Subject},
    day_of, days, download, state,
};
use crate::{
    app::App,
    chart::WaterfallChart,
    download::{Download, Downloads, FileName},
    fault::{Fault, Page},
    figure::{Figure, Row, Tile},
    frame::{Frame, Here},
    money,
    notice::{Notice, Tone},
    page,
    params::{Link, Params},
    scope::Scope,
    seat::{Manager, Seat, Viewer},
    statement::bridge::groups_link,
    words::{self, FEES},
};

/// Changed lines that are shown.
const MOST_CHANGES: i64 = 50;
/// Lines of two versions together that are compared one by one: about a second. Of more, sums by label are.
const MOST_COMPARED: i64 = 200_000;
/// Changed lines of a file.
const MOST_DOWNLOADED: i64 = 50_000;

#[derive(Template)]
#[template(path = "settlement/show.html")]
pub(super) struct SettlementPage {
    frame: Frame,
    downloads: Downloads,
    pub(super) currency: Currency,
    id: String,
    key: SettlementKey,
    about: String,
    state: (&'static str, &'static str),
    notice: Option<Notice>,
    pub(super) facts: Vec<(&'static str, Figure)>,
    pub(super) money: Option<Movement>,
    pub(super) checks: [Checked; 6],
    pub(super) roll: Vec<Row>,
    pub(super) versions: Vec<Version>,
    pub(super) changes: Vec<Change>,
    /// Why changes are told by label.
    by_label: Option<String>,
    /// How the total changed from the older version to the newer.
    changed_total: String,
    /// Whether there are more changed lines than shown.
    changes_cut: bool,
    withdrawal: Option<String>,
    may_choose: bool,
}

/// What its lines do.
pub(super) struct Movement {
    tiles: Vec<Tile>,
    chart: WaterfallChart,
    pub(super) bridge: Vec<Row>,
    pub(super) accounts: Vec<AccountRow>,
    total: Figure,
}

pub(super) struct AccountRow {
    pub(super) name: &'static str,
    pub(super) code: &'static str,
    pub(super) net: Figure,
    pub(super) lines: Figure,
}

/// Another version of the settlement.
pub(super) struct Version {
    href: String,
    pub(super) file: String,
    pub(super) format: &'static str,
    pub(super) total: Figure,
    pub(super) state: (&'static str, &'static str),
}

/// A line by which the version in the figures differs from the other.
pub(super) struct Change {
    pub(super) count: Figure,
    pub(super) label: String,
    pub(super) order: String,
    pub(super) sku: String,
    pub(super) amount: Figure,
}

/// One settlement.
pub(crate) async fn show(
    State(app): State<App>,
    seat: Seat<Viewer>,
    Path(key): Path<String>,
    params: Params,
) -> Page {
    let wanted = Download::read(&params)?;
    let key: SettlementKey = key.parse().map_err(|_| Fault::Missing)?;
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let found = books.settlement(key).await?.ok_or(Fault::Missing)?;
    let statements = books.statements(&Filter::settlement(key)).await?;
    let versions = books.versions(key).await?;
    let most = if wanted.is_some() { MOST_DOWNLOADED } else { MOST_CHANGES };
    let (changes, by_label) = changes(&mut books, &found, &versions, most).await?;
    let chains = books.chains(found.seller_account).await?;
    let subject = Subject {
        found: &found,
        versions: &versions,
        statement: statements.first(),
        carried: books.carried(key).await?,
        chains: chains.get(&found.currency),
        crosscheck: books.crosscheck(key).await?,
    };
    let page = SettlementPage {
        frame: seat.frame(format!("Settlement {}", found.settlement_id), Here::Settlements),
        downloads: Downloads::of(&Link::to(&format!("/settlements/{key}")), &download::TABLES),
        currency: found.currency,
        id: found.settlement_id.clone(),
        key,
        about: days(&found),
        state: state(found.state),
        notice: told(&found, &versions),
        facts: facts(&found),
        money: statements.first().map(|statement| movement(&found, statement)).transpose()?,
        checks: subject.checks(),
        roll: subject.roll()?,
        versions: versions.iter().map(version).collect(),
        changes_cut: changes.len() >= usize::try_from(MOST_CHANGES).unwrap_or(usize::MAX),
        changes,
        by_label,
        changed_total: counterpart(&found, &versions).map(changed_total).unwrap_or_default(),
        withdrawal: (seat.may::<Manager>() && found.state != SettlementState::Withdrawn)
            .then(|| format!("/files/{}/withdrawal", found.file)),
        may_choose: seat.may::<Manager>() && choosable(&found, &versions),
    };
    match wanted {
        Some(wanted) => {
            let name = FileName::today(&app, &seat, &format!("settlement {}", found.settlement_id));
            wanted.send(&name, download::tables(&page)).await
        }
        None => page::show(&page),
    }
}

fn movement(found: &SettlementView, statement: &Statement) -> Page<Movement> {
    let scope = Scope::settlement(found.key);
    let all = scope.link("/lines").text();
    Ok(Movement {
        tiles: tiles(&scope, found, statement)?,
        chart: bridge::chart(&scope, statement)?,
        bridge: bridge::rows(&scope, statement)?,
        accounts: accounts(found.key, statement),
        total: Figure::amount(found.currency, statement.bridge()?.total, all),
    })
}

fn tiles(scope: &Scope, found: &SettlementView, statement: &Statement) -> Page<Vec<Tile>> {
    let currency = found.currency;
    let total = found.total.unwrap_or(found.sum);
    let group = |group: Group| -> Page<Figure> {
        let href = groups_link(scope, &[group]);
        Ok(Figure::tile(currency, statement.group(group)?, href))
    };
    let fees =
        Minor::sum(FEES.iter().map(|group| Ok(Minor(statement.group(*group)?))).collect::<Page<Vec<_>>>()?)?;
    let held = statement.turnover(Account::Reserve).net();
    let reserve = scope.link("/lines").with("account", Account::Reserve.name()).text();
    let when = match (total > 0, found.deposit) {
        (false, _) => "nothing is paid out".to_owned(),
        (true, Some(at)) => format!("on {}", day_of(found, at)),
        (true, None) => "the file names no day".to_owned(),
    };
    let tile = |label, figure, note: String| Tile { label, figure, note, first: false };
    let lines = Figure::count(found.lines).leading_to(format!("/settlements/{}/lines", found.key));
    Ok(vec![
        Tile {
            first: true,
            ..tile("Deposit", Figure::tile(currency, total.max(0), scope.link("/lines").text()), when)
        },
        tile(
            "Net sales",
            group(Group::NetSales)?,
            money::counted(statement.units, "unit sold", "units sold"),
        ),
        tile("Amazon fees", Figure::tile(currency, fees.0, groups_link(scope, &FEES)), String::new()),
        tile("Reserve", Figure::tile(currency, held, reserve), "− held back, + released".to_owned()),
        tile("Lines", lines, "search, sort and explain them".to_owned()),
    ])
}

/// There is something to choose where the version in the figures is of the same format, or one is undecided.
fn choosable(found: &SettlementView, versions: &[SettlementView]) -> bool {
    let peer =
        |other: &SettlementView| other.format == found.format && other.state == SettlementState::Active;
    matches!(found.state, SettlementState::Undecided | SettlementState::Replaced) && versions.iter().any(peer)
}

/// The older and the newer of the two versions that are compared, if there are two of one format.
fn counterpart<'s>(
    found: &'s SettlementView,
    versions: &'s [SettlementView],
) -> Option<(&'s SettlementView, &'s SettlementView)> {
    let other = versions.iter().find(|other| match found.state {
        SettlementState::Active => {
            matches!(other.state, SettlementState::Replaced | SettlementState::Undecided)
        }
        SettlementState::Replaced | SettlementState::Undecided => other.state == SettlementState::Active,
        _ => false,
    });
    let other = other.filter(|other| other.format == found.format)?;
    Some(if found.state == SettlementState::Active { (other, found) } else { (found, other) })
}

fn changed_total((older, newer): (&SettlementView, &SettlementView)) -> String {
    let total = |one: &SettlementView| one.total.unwrap_or(one.sum);
    let exact = |amount| money::exact(newer.currency, amount);
    match total(newer).saturating_sub(total(older)) {
        0 => format!("the total stays {}", exact(total(newer))),
        change => {
            let sign = if change > 0 { "+" } else { "" };
            format!("total {} → {}: {sign}{}", exact(total(older)), exact(total(newer)), exact(change))
        }
    }
}

async fn changes(
    books: &mut Scoped<'_>,
    found: &SettlementView,
    versions: &[SettlementView],
    most: i64,
) -> Page<(Vec<Change>, Option<String>)> {
    let Some((older, newer)) = counterpart(found, versions) else { return Ok((Vec::new(), None)) };
    let found = books.changes(older.key, newer.key, most, MOST_COMPARED).await?;
    Ok(told_changes(newer.currency, found))
}

/// What changed, and why it is told by label if it is.
fn told_changes(currency: Currency, found: Changes) -> (Vec<Change>, Option<String>) {
    let change = |count, label: [String; 3], (order, sku), amount| Change {
        count: Figure::count(count).signed(),
        label: label.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · "),
        order,
        sku,
        amount: Figure::unlinked(currency, amount),
    };
    match found {
        Changes::Lines(lines) => {
            let line = |one: ChangedLine| change(one.count, one.label, (one.order_id, one.sku), one.amount);
            (lines.into_iter().map(line).collect(), None)
        }
        Changes::Labels(labels) => {
            let label = |one: ChangedLabel| {
                let nothing = (String::new(), String::new());
                let told = change(one.lines, one.label, nothing, one.amount);
                Change { amount: told.amount.signed(), ..told }
            };
            let most = money::count(MOST_COMPARED);
            let words = format!(
                "The two versions have more than {most} lines together, so that the lines and sums of each label are compared and not line with line."
            );
            (labels.into_iter().map(label).collect(), Some(words))
        }
    }
}

fn accounts(key: SettlementKey, statement: &Statement) -> Vec<AccountRow> {
    let moved = statement.moved().filter(|(account, _)| !matches!(account, Account::Cogs));
    let row = |(account, turnover): (Account, &ecom_ledger::settlement::Turnover)| AccountRow {
        name: words::account(account),
        code: account.name(),
        net: Figure::amount(
            statement.currency,
            turnover.net(),
            format!("/lines?settlement={key}&account={}", account.name()),
        )
        .estimated(turnover.estimated != 0),
        lines: Figure::count(turnover.lines),
    };
    moved.map(row).collect()
}

fn version(other: &SettlementView) -> Version {
    Version {
        href: format!("/settlements/{}", other.key),
        file: other.file_name.clone(),
        format: words::format(other.format),
        total: Figure::unlinked(other.currency, other.total.unwrap_or(other.sum)),
        state: state(other.state),
    }
}

fn facts(found: &SettlementView) -> Vec<(&'static str, Figure)> {
    let money = |amount| Figure::unlinked(found.currency, amount);
    let mut facts = vec![
        ("Period", Figure::plain(days(found))),
        ("File", Figure::plain(found.file_name.clone())),
        ("Kind of file", Figure::plain(words::format(found.format))),
        ("Lines", Figure::count(found.lines)),
        ("Sum of the lines", money(found.sum)),
    ];
    match found.total {
        Some(total) => {
            facts.push(("Total in the file", money(total)));
            facts.push(("Difference", money(found.sum.saturating_sub(total))));
        }
        None => facts.push(("Total in the file", Figure::plain("none; rows are checked one by one"))),
    }
    if let Some(deposit) = found.deposit {
        facts.push(("Deposit", Figure::plain(day_of(found, deposit))));
        facts.push(("Reaches the bank", money(found.total.unwrap_or(found.sum).max(0))));
    }
    if found.deferred_rows > 0 {
        let rows = money::counted(found.deferred_rows, "row", "rows");
        let words = format!("{rows}, {}", money::exact(found.currency, found.deferred_amount));
        facts.push(("Deferred, in no account", Figure::plain(words)));
    }
    facts
}

fn told(found: &SettlementView, versions: &[SettlementView]) -> Option<Notice> {
    let notice = |tone, title: &str, words: &str| Some(Notice::new(tone, title, words));
    let open = versions.iter().find(|other| other.state == SettlementState::Undecided);
    match found.state {
        SettlementState::Active => open.map(|other| {
            let words = "Another file of this settlement waits, and nothing tells which is newer. This one counts until you choose the other.";
            let notice = Notice::new(Tone::Attention, "Which version counts?", words);
            notice.link("Look at the other", format!("/settlements/{}", other.key))
        }),
        SettlementState::Quarantined => notice(
            Tone::Bad,
            "Does not balance",
            "The lines do not sum to the total in the file, so it is in no figure. Download the file from Amazon again and import it.",
        ),
        SettlementState::Replaced => notice(
            Tone::Plain,
            "Replaced",
            "A newer report or a more exact file stands for this settlement. Its lines are in no figure.",
        ),
        SettlementState::Undecided => notice(
            Tone::Attention,
            "Which version counts?",
            "The same settlement came in two files, and their names do not tell which is newer. Until you choose, the first counts.",
        ),
        SettlementState::Withdrawn => {
            notice(Tone::Plain, "Withdrawn", "The import was withdrawn. Its lines are gone from the books.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_lines_the_change_of_each_label_is_told_and_why() {
        let label = ["Order", "", "Commission"].map(str::to_owned);
        let changed = ChangedLabel { lines: -2, label: label.clone(), amount: 5_000 };
        let (told, why) = told_changes(Currency::INR, Changes::Labels(vec![changed]));
        assert_eq!((told[0].count.text(), told[0].label.as_str()), ("−2", "Order · Commission"));
        assert_eq!(told[0].amount.text(), "+₹50.00");
        assert!(why.unwrap().contains("more than 2,00,000 lines"));
        let line = ChangedLine { count: 1, order_id: "402-1".into(), sku: "A".into(), label, amount: -700 };
        let (told, why) = told_changes(Currency::INR, Changes::Lines(vec![line]));
        assert!(why.is_none() && told[0].order == "402-1" && told[0].amount.text() == "−₹7.00");
    }
}
