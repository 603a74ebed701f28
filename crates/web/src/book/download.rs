//! The journal, the registers and the Tally files of a period.

use ecom_documents::{Sheet, TallyPart, write_tally};
use ecom_gst::Gstin;
use ecom_ledger::{
    day,
    journal::{Book, Journal, Registers},
};
use ecom_store::Scoped;

use super::{BookScope, register, told};
use crate::{
    download::{Download, FileName, attached},
    fault::{Fault, Page},
    params::Params,
    seat::{Seat, Viewer},
};

/// Tables of the books, as the ledger names their sheets.
pub(super) const TABLES: [&str; 7] =
    ["Journal", "Ledgers", "Held by Amazon", "TCS", "TDS", "GST on fees", "Pay-outs"];

/// A file of the books.
pub(super) enum Form {
    Table(Download),
    Tally(TallyPart),
}

impl Form {
    pub(super) fn read(params: &Params) -> Page<Option<Self>> {
        let part = match params.one("format") {
            Some("masters") => TallyPart::Masters,
            Some("vouchers") => TallyPart::Vouchers,
            Some("tally") => TallyPart::Both,
            _ => return Ok(Download::read(params)?.map(Self::Table)),
        };
        Ok(Some(Self::Tally(part)))
    }
}

pub(super) async fn send(
    seat: &Seat<Viewer>,
    books: &mut Scoped<'_>,
    at: &BookScope,
    gstin: Option<Gstin>,
    wanted: Form,
) -> Page {
    let rules = books.book_rules(at.year).await?;
    match wanted {
        Form::Table(wanted) => {
            let (from, to) = at.days();
            let whole = at.book(books, (i32::MIN, day::of_date(to))).await?;
            let all = whole.journal(&rules).map_err(told)?;
            let registers = Registers { gstin, ..whole.registers()? }.within(from, to);
            let sheets = tables(at, books, &all, &registers).await?;
            wanted.send(&FileName::of(seat, "books", at.scope.period), sheets).await
        }
        Form::Tally(part) => tally(seat, at, &at.journal(books, &rules).await?, part),
    }
}

async fn tables(
    at: &BookScope,
    books: &mut Scoped<'_>,
    all: &Journal,
    registers: &Registers,
) -> Page<Vec<Sheet>> {
    let (from, to) = at.days();
    let journal = all.between(from, to);
    let opening = register::opening(at, books, all).await?;
    let mut sheets = vec![journal.sheet()?, journal.ledger_sheet(), journal.roll_sheet(opening)?];
    sheets.extend(registers.sheets());
    Ok(sheets)
}

fn tally(seat: &Seat<Viewer>, at: &BookScope, journal: &Journal, part: TallyPart) -> Page {
    let what = match part {
        TallyPart::Masters => "tally masters",
        TallyPart::Vouchers => "tally vouchers",
        TallyPart::Both => "tally",
    };
    let xml = write_tally(&journal.tally(None).map_err(told)?, part).map_err(Fault::broken)?;
    let name = FileName::of(seat, what, at.scope.period).text(None, "xml");
    Ok(attached(&name, "application/xml; charset=utf-8", xml))
}

/// A register as a file.
pub(super) async fn send_one(seat: &Seat<Viewer>, at: &BookScope, sheet: Sheet, wanted: Download) -> Page {
    let name = FileName::of(seat, &format!("books {}", sheet.name), at.scope.period);
    wanted.send(&name, vec![sheet]).await
}

/// The registers of the period; quarters are whole even if the period is a month.
pub(super) async fn registers(
    at: &BookScope,
    books: &mut Scoped<'_>,
    gstin: Option<Gstin>,
) -> Page<Registers> {
    let (from, to) = at.days();
    let whole: Book = at.book(books, register::quarters(from, to)).await?;
    Ok(Registers { gstin, ..whole.registers()? }.within(from, to))
}
