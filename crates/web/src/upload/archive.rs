//! All files that were imported, by whatever way: what became of each, and withdrawing it.

use ecom_ledger::day::{self, DayCutter};
use ecom_store::{FilePage, FileSettlement, FileView, SellerAccount, SettlementState};

use super::card::size;
use crate::{moment, money, notice::Tone, params::Link, period::shown, words};

/// Files of a page.
pub(crate) const PAGE: i64 = 25;
/// Settlements of a file that are named.
const MOST_NAMED: usize = 4;

/// The list.
pub(crate) struct Archive {
    pub(crate) rows: Vec<FileRow>,
    pub(crate) count: String,
    /// Whether the name of the account is of use.
    pub(crate) accounts: bool,
    pub(crate) may: bool,
    /// Words, newer and older page.
    pub(crate) pager: Option<(String, Option<String>, Option<String>)>,
}

/// A file.
pub(crate) struct FileRow {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) account: String,
    pub(crate) days: String,
    pub(crate) lines: String,
    pub(crate) state: (&'static str, &'static str),
    pub(crate) settlements: Vec<(String, String)>,
    /// Settlements that are not named.
    pub(crate) more: String,
    pub(crate) withdrawal: Option<String>,
    pub(crate) off: bool,
}

impl Archive {
    /// None without any file.
    pub(crate) fn of(found: &FilePage, accounts: &[SellerAccount], may: bool) -> Option<Self> {
        let to = |page: i64| Link::to("/uploads").with("page", &page.to_string()).text() + "#files-in-books";
        let pager = (found.pages > 1).then(|| {
            let words = format!("Page {} of {}", money::count(found.page), money::count(found.pages));
            let newer = (found.page > 1).then(|| to(found.page - 1));
            (words, newer, (found.page < found.pages).then(|| to(found.page + 1)))
        });
        (found.files > 0).then(|| Self {
            rows: found.rows.iter().map(|file| row(file, accounts, may)).collect(),
            count: money::counted(found.files, "file", "files"),
            accounts: accounts.len() > 1,
            may,
            pager,
        })
    }
}

fn row(file: &FileView, accounts: &[SellerAccount], may: bool) -> FileRow {
    let account = accounts.iter().find(|account| account.id == file.seller_account);
    let named = file.settlements.iter().take(MOST_NAMED);
    let more = file.settlements.len().saturating_sub(MOST_NAMED);
    FileRow {
        name: file.name.clone(),
        about: format!(
            "{} · {} · {}",
            words::format(file.format),
            size(file.bytes),
            moment::told(file.imported_at)
        ),
        account: account.map(|account| account.name.clone()).unwrap_or_default(),
        days: span(&file.settlements).unwrap_or_else(|| "no lines".to_owned()),
        lines: money::count(file.settlements.iter().map(|part| part.lines).sum()),
        state: state(file),
        settlements: named
            .map(|part| (part.settlement_id.clone(), format!("/settlements/{}", part.key)))
            .collect(),
        more: if more > 0 {
            format!("and {} more", money::count(i64::try_from(more).unwrap_or(i64::MAX)))
        } else {
            String::new()
        },
        withdrawal: (may && !file.withdrawn).then(|| format!("/files/{}/withdrawal", file.id)),
        off: file.withdrawn,
    }
}

/// The worst that became of its settlements.
pub(super) fn state(file: &FileView) -> (&'static str, &'static str) {
    let count = |state| file.settlements.iter().filter(|part| part.state == state).count();
    let (active, replaced) = (count(SettlementState::Active), count(SettlementState::Replaced));
    if file.withdrawn {
        ("withdrawn", Tone::Plain.class())
    } else if count(SettlementState::Quarantined) > 0 {
        ("does not balance", Tone::Bad.class())
    } else if count(SettlementState::Undecided) > 0 {
        ("your choice", Tone::Attention.class())
    } else if active == 0 {
        ("replaced", Tone::Plain.class())
    } else if replaced > 0 {
        ("partly replaced", Tone::Plain.class())
    } else {
        ("in the figures", Tone::Good.class())
    }
}

/// From the first to the last day of its settlements: their periods, or the days of their lines.
fn span(parts: &[FileSettlement]) -> Option<String> {
    let days = |part: &FileSettlement| match part.period {
        Some((start, end)) => {
            let mut cutter = DayCutter::for_currency(part.currency);
            Some((cutter.day(start), cutter.day(end)))
        }
        None => part.days,
    };
    let spans: Vec<(i32, i32)> = parts.iter().filter_map(days).collect();
    let (first, last) = (spans.iter().map(|span| span.0).min()?, spans.iter().map(|span| span.1).max()?);
    Some(format!("{} – {}", shown(day::to_date(first)), shown(day::to_date(last))))
}

#[cfg(test)]
mod tests {
    use ecom_ledger::{Currency, settlement::Format};
    use ecom_store::{FileId, SellerAccountId, SettlementKey};

    use super::*;

    fn file(states: &[SettlementState]) -> FileView {
        let part = |(at, state): (i64, &SettlementState)| FileSettlement {
            key: SettlementKey(at),
            settlement_id: at.to_string(),
            currency: Currency::INR,
            state: *state,
            lines: 7,
            period: None,
            days: Some((20_000 + i32::try_from(at).unwrap(), 20_010)),
        };
        FileView {
            id: FileId(3),
            seller_account: SellerAccountId(1),
            name: "a.txt".into(),
            format: Format::Xml,
            bytes: 10,
            imported_at: 0,
            withdrawn: false,
            settlements: (1..).zip(states).map(part).collect(),
        }
    }

    #[test]
    fn a_file_shows_the_worst_of_its_settlements() {
        use SettlementState::{Active, Quarantined, Replaced, Undecided};
        let told = |states: &[SettlementState]| state(&file(states)).0;
        assert_eq!(told(&[Active, Active]), "in the figures");
        assert_eq!(told(&[Active, Replaced]), "partly replaced");
        assert_eq!(told(&[Replaced]), "replaced");
        assert_eq!(told(&[Active, Undecided, Replaced]), "your choice");
        assert_eq!(told(&[Active, Undecided, Quarantined]), "does not balance");
        assert_eq!(state(&FileView { withdrawn: true, ..file(&[Active]) }).0, "withdrawn");
    }

    #[test]
    fn a_file_with_many_settlements_names_a_few() {
        let shown = row(&file(&[SettlementState::Active; 9]), &[], true);
        assert_eq!(
            (shown.settlements.len(), shown.more.as_str(), shown.lines.as_str()),
            (4, "and 5 more", "63")
        );
        assert_eq!(shown.days, "5 Oct 2024 – 14 Oct 2024");
        assert_eq!(shown.withdrawal.as_deref(), Some("/files/3/withdrawal"));
        assert_eq!(row(&file(&[]), &[], false).days, "no lines");
    }
}
