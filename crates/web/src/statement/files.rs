//! The files that the figures of some days rest on: name, kind, fingerprint, and the settlements in each.

use askama::Template;
use ecom_ledger::settlement::Format;
use ecom_store::{Scoped, SettlementState, SettlementView, SourceFile};

use super::{Ground, Top, download};
use crate::{
    download::{amount, sheet},
    fault::Page,
    frame::{Frame, Here},
    moment, money, page,
    period::shown,
    seat::{Seat, Viewer},
    settlement, words,
};

const TABLE: &str = "Files";

#[derive(Template)]
#[template(path = "statement/files.html")]
struct FilesPage {
    frame: Frame,
    top: Top,
    files: Vec<File>,
    about: String,
    elsewhere: Option<(String, String)>,
}

struct File {
    name: String,
    about: String,
    fingerprint: String,
    settlements: Vec<Paid>,
}

struct Paid {
    id: String,
    href: String,
    days: String,
    total: String,
    check: &'static str,
}

/// The page.
pub(super) async fn show(seat: &Seat<Viewer>, books: &mut Scoped<'_>, ground: &Ground) -> Page {
    let filter = ground.asked.scope.filter();
    let mut settlements = books.settlements(&filter).await?;
    settlements.retain(|found| found.state == SettlementState::Active);
    let files = books.source_files(&filter).await?;
    if let Some(wanted) = ground.wanted.clone() {
        return download::send(seat, ground, wanted, TABLE, vec![table(&files, &settlements)]).await;
    }
    let count = i64::try_from(files.len()).unwrap_or(i64::MAX);
    let held = i64::try_from(settlements.len()).unwrap_or(i64::MAX);
    let page = FilesPage {
        frame: seat.frame("Files", Here::Statement),
        top: ground.top(TABLE, false, &[TABLE]),
        about: format!(
            "{} in {}",
            money::counted(held, "settlement", "settlements"),
            money::counted(count, "file", "files")
        ),
        elsewhere: if files.is_empty() { ground.elsewhere() } else { None },
        files: files.into_iter().map(|file| view(file, &settlements)).collect(),
    };
    page::show(&page)
}

fn table(files: &[SourceFile], settlements: &[SettlementView]) -> ecom_documents::Sheet {
    let header = ["File", "Kind", "Lines of the file", "Fingerprint", "Settlement", "Total", "Currency"];
    let rows = files.iter().flat_map(|file| {
        let of_file = settlements.iter().filter(|found| found.file == file.id);
        of_file.map(|found| {
            let total = amount(found.currency, found.total.unwrap_or(found.sum));
            let (kind, code) = (words::format(file.format).into(), found.currency.code().into());
            let id = found.settlement_id.as_str().into();
            let (name, fingerprint) = (file.name.as_str().into(), file.fingerprint.as_str().into());
            [name, kind, file.lines.into(), fingerprint, id, total, code]
        })
    });
    sheet(TABLE, header, rows)
}

fn view(file: SourceFile, settlements: &[SettlementView]) -> File {
    let of_file = settlements.iter().filter(|found| found.file == file.id);
    let imported = shown(moment::at(file.uploaded_at).date());
    let kind = words::format(file.format);
    File {
        about: format!("{kind}, {}, imported {imported}", money::counted(file.lines, "line", "lines")),
        name: file.name,
        fingerprint: file.fingerprint,
        settlements: of_file.map(paid).collect(),
    }
}

/// A settlement in the figures balances, or it would be quarantined.
fn paid(found: &SettlementView) -> Paid {
    Paid {
        id: found.settlement_id.clone(),
        href: format!("/settlements/{}", found.key),
        days: settlement::days(found),
        total: money::exact(found.currency, found.total.unwrap_or(found.sum)),
        check: match found.format {
            Format::DateRange => "each row adds up",
            _ => "lines sum to the total",
        },
    }
}
