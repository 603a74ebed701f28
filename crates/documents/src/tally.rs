//! Tally's import XML: ledgers ("All Masters") and vouchers, each voucher under a stable id.
//!
//! Form: help.tallysolutions.com, "Understanding Integration – Transactions". A credit is a positive AMOUNT with
//! `ISDEEMEDPOSITIVE` No, a debit a negative one with Yes. A second import of a REMOTEID alters the voucher that has
//! it. A voucher that does not sum to zero, or names an unknown ledger, is refused here rather than in Tally.

use std::collections::BTreeSet;

use jiff::civil::Date;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use crate::error::DocumentError;
use crate::value::decimal;

/// Tally's rupee has two decimals.
const EXPONENT: u8 = 2;

/// What is written: ledgers, and vouchers that use them. Amounts in paise.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TallyBook {
    /// Name of the company in Tally; none: the company that is open.
    pub company: Option<String>,
    /// Ledgers, in the order they are written.
    pub ledgers: Vec<TallyLedger>,
    /// Vouchers, in the order they are written.
    pub vouchers: Vec<TallyVoucher>,
}

/// A ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TallyLedger {
    /// Name.
    pub name: String,
    /// Group, such as `Indirect Expenses`.
    pub group: String,
    /// It is in Tally already and must not be written: importing a ledger again overwrites its group.
    pub existing: bool,
}

/// Type of a voucher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TallyType {
    /// Neither cash nor bank.
    Journal,
    /// Money comes in.
    Receipt,
    /// Money goes out.
    Payment,
}

impl TallyType {
    /// Tally's name of the voucher type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Journal => "Journal",
            Self::Receipt => "Receipt",
            Self::Payment => "Payment",
        }
    }
}

/// A voucher. Its entries sum to zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TallyVoucher {
    /// The same at each export: Tally alters the voucher that has it instead of making a second one.
    pub id: String,
    /// Type.
    pub kind: TallyType,
    /// Day.
    pub date: Date,
    /// Ledger of the party, if there is one.
    pub party: Option<String>,
    /// Reference, such as the number of a settlement.
    pub reference: String,
    /// Narration.
    pub narration: String,
    /// Entries.
    pub entries: Vec<TallyEntry>,
}

/// One entry of a voucher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TallyEntry {
    /// Ledger.
    pub ledger: String,
    /// In paise; > 0 is a credit.
    pub amount: i64,
    /// What the bank says, where the ledger is a bank.
    pub bank: Option<TallyBank>,
}

/// What the bank says about an entry.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TallyBank {
    /// Unique transaction reference.
    pub utr: Option<String>,
    /// Day on the bank's statement; with it Tally takes the entry for reconciled.
    pub date: Option<Date>,
}

/// Which half of a book is written. Tally imports masters and transactions by two menu entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TallyPart {
    /// Ledgers: `Import > Masters`.
    Masters,
    /// Vouchers: `Import > Transactions`.
    Vouchers,
    /// Ledgers, then vouchers, for programs that post the file to Tally.
    Both,
}

/// Writes Tally's import XML, in UTF-8. Equal books give equal bytes.
///
/// ```
/// use ecom_documents::{TallyBook, TallyPart, write_tally};
/// let xml = write_tally(&TallyBook::default(), TallyPart::Masters)?;
/// assert!(String::from_utf8_lossy(&xml).contains("<REPORTNAME>All Masters</REPORTNAME>"));
/// # Ok::<(), ecom_documents::DocumentError>(())
/// ```
pub fn write_tally(book: &TallyBook, part: TallyPart) -> Result<Vec<u8>, DocumentError> {
    check(book)?;
    let mut xml = Xml(Writer::new_with_indent(Vec::new(), b' ', 1));
    envelope(&mut xml, book, part).map_err(|fault| refused(&fault.to_string()))?;
    Ok(xml.0.into_inner())
}

fn envelope(xml: &mut Xml, book: &TallyBook, part: TallyPart) -> std::io::Result<()> {
    xml.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let report = if part == TallyPart::Vouchers { "Vouchers" } else { "All Masters" };
    xml.within("ENVELOPE", &[], |xml| {
        xml.within("HEADER", &[], |xml| xml.text("TALLYREQUEST", "Import Data"))?;
        xml.within("BODY", &[], |xml| {
            xml.within("IMPORTDATA", &[], |xml| {
                xml.within("REQUESTDESC", &[], |xml| {
                    xml.text("REPORTNAME", report)?;
                    let Some(company) = &book.company else { return Ok(()) };
                    xml.within("STATICVARIABLES", &[], |xml| xml.text("SVCURRENTCOMPANY", company))
                })?;
                xml.within("REQUESTDATA", &[], |xml| messages(xml, book, part))
            })
        })
    })
}

fn messages(xml: &mut Xml, book: &TallyBook, part: TallyPart) -> std::io::Result<()> {
    let message = [("xmlns:UDF", "TallyUDF")];
    if part != TallyPart::Vouchers {
        for ledger in book.ledgers.iter().filter(|ledger| !ledger.existing) {
            xml.within("TALLYMESSAGE", &message, |xml| write_ledger(xml, ledger))?;
        }
    }
    if part != TallyPart::Masters {
        for voucher in &book.vouchers {
            xml.within("TALLYMESSAGE", &message, |xml| write_voucher(xml, voucher))?;
        }
    }
    Ok(())
}

fn write_ledger(xml: &mut Xml, ledger: &TallyLedger) -> std::io::Result<()> {
    xml.within("LEDGER", &[("NAME", &ledger.name), ("ACTION", "Create")], |xml| {
        xml.within("NAME.LIST", &[], |xml| xml.text("NAME", &ledger.name))?;
        xml.text("PARENT", &ledger.group)?;
        xml.text("ISBILLWISEON", "No")?;
        xml.text("AFFECTSSTOCK", "No")
    })
}

fn write_voucher(xml: &mut Xml, voucher: &TallyVoucher) -> std::io::Result<()> {
    let kind = voucher.kind.name();
    let attributes = [
        ("REMOTEID", voucher.id.as_str()),
        ("VCHTYPE", kind),
        ("ACTION", "Create"),
        ("OBJVIEW", "Accounting Voucher View"),
    ];
    let date = compact(voucher.date);
    xml.within("VOUCHER", &attributes, |xml| {
        xml.text("DATE", &date)?;
        xml.text("EFFECTIVEDATE", &date)?;
        xml.text("GUID", &voucher.id)?;
        xml.text("VOUCHERTYPENAME", kind)?;
        xml.text("REFERENCE", &voucher.reference)?;
        if let Some(party) = &voucher.party {
            xml.text("PARTYLEDGERNAME", party)?;
        }
        xml.text("PERSISTEDVIEW", "Accounting Voucher View")?;
        xml.text("NARRATION", &voucher.narration)?;
        voucher.entries.iter().try_for_each(|entry| write_entry(xml, voucher, entry))
    })
}

fn write_entry(xml: &mut Xml, voucher: &TallyVoucher, entry: &TallyEntry) -> std::io::Result<()> {
    let yes_no = |yes: bool| if yes { "Yes" } else { "No" };
    let amount = decimal(entry.amount, EXPONENT);
    xml.within("ALLLEDGERENTRIES.LIST", &[], |xml| {
        xml.text("LEDGERNAME", &entry.ledger)?;
        xml.text("ISDEEMEDPOSITIVE", yes_no(entry.amount < 0))?;
        xml.text("ISPARTYLEDGER", yes_no(voucher.party.as_ref() == Some(&entry.ledger)))?;
        xml.text("AMOUNT", &amount)?;
        let Some(bank) = entry.bank.as_ref().filter(|bank| **bank != TallyBank::default()) else {
            return Ok(());
        };
        xml.within("BANKALLOCATIONS.LIST", &[], |xml| write_bank(xml, voucher, bank, &amount))
    })
}

fn write_bank(xml: &mut Xml, voucher: &TallyVoucher, bank: &TallyBank, amount: &str) -> std::io::Result<()> {
    let date = compact(voucher.date);
    xml.text("DATE", &date)?;
    xml.text("INSTRUMENTDATE", &date)?;
    if let Some(day) = bank.date {
        xml.text("BANKERSDATE", &compact(day))?;
    }
    xml.text("NAME", &voucher.id)?;
    xml.text("TRANSACTIONTYPE", "e-Fund Transfer")?;
    if let Some(party) = &voucher.party {
        xml.text("PAYMENTFAVOURING", party)?;
    }
    if let Some(utr) = &bank.utr {
        xml.text("INSTRUMENTNUMBER", utr)?;
        xml.text("UNIQUEREFERENCENUMBER", utr)?;
    }
    xml.text("AMOUNT", amount)
}

/// A day as Tally wants it: `20260331`.
fn compact(day: Date) -> String {
    format!("{:04}{:02}{:02}", day.year(), day.month(), day.day())
}

/// Writes elements; every text is cleaned and escaped on its way.
struct Xml(Writer<Vec<u8>>);

impl Xml {
    fn within(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        content: impl FnOnce(&mut Self) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        let mut start = BytesStart::new(name);
        for (key, value) in attributes {
            start.push_attribute((*key, clean(value).as_str()));
        }
        self.0.write_event(Event::Start(start))?;
        content(self)?;
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    fn text(&mut self, name: &str, text: &str) -> std::io::Result<()> {
        self.0.write_event(Event::Start(BytesStart::new(name)))?;
        self.0.write_event(Event::Text(BytesText::new(&clean(text))))?;
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }
}

/// One line of what XML 1.0 may hold: no control characters, single blanks. Tally's names have no other.
fn clean(text: &str) -> String {
    let blank = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.split(blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn refused(reason: &str) -> DocumentError {
    DocumentError::Write { sheet: "Tally XML".to_owned(), reason: reason.to_owned() }
}

fn check(book: &TallyBook) -> Result<(), DocumentError> {
    let mut names = BTreeSet::new();
    for ledger in &book.ledgers {
        if clean(&ledger.name).is_empty() || clean(&ledger.group).is_empty() {
            return Err(refused("a ledger has no name or no group"));
        }
        if !names.insert(clean(&ledger.name)) {
            return Err(refused(&format!("the ledger `{}` stands there twice", clean(&ledger.name))));
        }
    }
    let mut ids = BTreeSet::new();
    for voucher in &book.vouchers {
        let id = clean(&voucher.id);
        check_voucher(voucher, &names).map_err(|why| refused(&format!("voucher `{id}` {why}")))?;
        if !ids.insert(id) {
            return Err(refused(&format!("two vouchers have the id `{}`", voucher.id)));
        }
    }
    Ok(())
}

fn check_voucher(voucher: &TallyVoucher, names: &BTreeSet<String>) -> Result<(), String> {
    if clean(&voucher.id).is_empty() {
        return Err("has no id".to_owned());
    }
    if voucher.entries.len() < 2 {
        return Err("has fewer than two entries".to_owned());
    }
    // Wider than the amounts, so that no sum of them can wrap round to zero.
    let sum: i128 = voucher.entries.iter().map(|entry| i128::from(entry.amount)).sum();
    if sum != 0 {
        return Err(format!("does not balance: its entries sum to {sum} paise"));
    }
    let used = voucher.entries.iter().map(|entry| &entry.ledger).chain(&voucher.party);
    match used.map(|name| clean(name)).find(|name| !names.contains(name)) {
        Some(name) => Err(format!("names the ledger `{name}`, which is not among the ledgers")),
        None => Ok(()),
    }
}

#[cfg(test)]
#[path = "tally_tests.rs"]
mod tests;
