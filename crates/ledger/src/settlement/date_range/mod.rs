//! The date-range ("unified transaction") report of Seller Central, CSV or tab-separated, below a preamble.
//!
//! A row has a money column for each kind of money, and each that is not zero becomes a line. Their sum is the
//! row's total (check F6), or the file is refused. `Transfer` rows are the payout and `Deferred` rows a memo:
//! neither is a ledger line.

mod feed;
mod header;
mod words;

use std::io::Read;

use rustc_hash::FxHashMap;

use crate::Refusal;

use self::{feed::Feed, header::Opening, words::Status};
use super::{
    Format, Memo, Problem, Report,
    amount::Grouping,
    flat::AS_MADE,
    instant::{self, SlashOrder},
    line::{Line, Sink, Units},
    merge::{self, Part},
    names,
    scan::{Options, Place, Scan, Stop},
    tally::Tallier,
};

pub(super) use header::{MOST_PREAMBLE_LINES, delimiter, header_line};

/// Reads a date-range file. `head` holds its first bytes; `progress` is told the bytes read so far.
pub(super) fn read<R: Read>(
    reader: R,
    head: &[u8],
    options: &Options,
    progress: &dyn Fn(u64),
) -> Result<Report, Refusal> {
    let opening = Opening::of(head)?;
    let feed = Feed::new(reader, opening.skip)?;
    let scan = prepare(Scan::new(options, opening.currency, Tallier::new()), &opening);
    let mut rows = Rows::new(scan, &opening);
    let mut end = End::default();
    let stopped = rows.all(feed, progress, &mut end)?;
    if end.rows == 0 && stopped.is_none() {
        return Err(Refusal::whole("The file has a header and no rows", AS_MADE));
    }
    let (mut memos, mut problems) = (rows.memos, rows.unknown.problems());
    for (id, paid) in rows.transfers {
        let head = rows.scan.heads.entry(id).or_default();
        (head.total, head.deposit) = (Some(paid.amount), Some(paid.last));
    }
    let lines = vec![(0, u32::try_from(end.lines).unwrap_or(u32::MAX))];
    let part = Part { scan: rows.scan, lines, stopped, undated: 0 };
    let mut report = merge::report(vec![part], Format::DateRange, opening.currency, end.bytes)?;
    for (id, settlement) in (0..).zip(&mut report.settlements) {
        settlement.memo = memos.remove(&id).unwrap_or_default();
        problems.extend(unpaid(settlement, opening.currency));
    }
    report.problems.append(&mut problems);
    Ok(report)
}

/// What was paid out may differ from the rows by a reserve or a balance carried over, which such files leave out.
fn unpaid(settlement: &super::Settlement, currency: crate::Currency) -> Option<Problem> {
    let left = settlement.unpaid();
    let say = |minor: i64| crate::Minor(minor).decimal(currency);
    (left != 0).then(|| Problem {
        line: None,
        message: format!(
            "settlement {}: its rows sum to {}, the transfers to {}; the remainder of {} is held back, carried over \
             or outside the dates of this report",
            settlement.id,
            say(settlement.tally.sum),
            say(settlement.head.total.unwrap_or(0)),
            say(left)
        ),
    })
}

/// Reads a date-range file again, handing every line to `sink` in order. Ids are those of `report`.
pub(super) fn replay<R: Read, S: Sink>(
    reader: R,
    head: &[u8],
    report: &Report,
    options: &Options,
    sink: S,
) -> Result<S, Refusal> {
    let opening = Opening::of(head)?;
    let feed = Feed::new(reader, opening.skip)?;
    let scan = prepare(merge::seeded(Scan::new(options, opening.currency, sink), report), &opening);
    let mut rows = Rows::new(scan, &opening);
    match rows.all(feed, &|_| (), &mut End::default())? {
        Some(stop) => Err(merge::located(stop, 0)),
        None => Ok(rows.scan.sink),
    }
}

fn prepare<'t, S: Sink>(mut scan: Scan<'t, S>, opening: &Opening) -> Scan<'t, S> {
    if opening.currency == crate::Currency::INR {
        scan.grouping = Grouping::Lakh;
    }
    if opening.encoding == encoding_rs::UTF_8 { scan } else { scan.with_encoding(opening.encoding) }
}

/// A report has a few status words; with more than this of unknown ones it is no such report.
const MOST_UNKNOWN_WORDS: usize = 4;

/// Where a pass ended.
#[derive(Default)]
struct End {
    rows: u64,
    lines: u64,
    bytes: u64,
}

/// Transfers of a settlement.
#[derive(Clone, Copy, Default)]
struct Paid {
    amount: i64,
    last: i64,
}

/// Status words that nobody knows, and what was made of their rows.
#[derive(Default)]
struct UnknownStatus {
    words: FxHashMap<String, u64>,
}

impl UnknownStatus {
    fn problems(&mut self) -> Vec<Problem> {
        let mut words: Vec<_> = self.words.drain().collect();
        words.sort();
        let say = |(word, rows): (String, u64)| Problem {
            line: None,
            message: format!(
                "{rows} rows have the unknown status `{word}`: those with a release date count as released, the others as deferred"
            ),
        };
        words.into_iter().map(say).collect()
    }
}

struct Rows<'t, 'o, S> {
    scan: Scan<'t, S>,
    opening: &'o Opening,
    slashes: SlashOrder,
    transfers: FxHashMap<u32, Paid>,
    memos: FxHashMap<u32, Memo>,
    unknown: UnknownStatus,
    /// Amounts of the row at hand, one for each money column.
    amounts: Vec<i64>,
    key: Vec<u8>,
}

impl<'t, 'o, S: Sink> Rows<'t, 'o, S> {
    fn new(scan: Scan<'t, S>, opening: &'o Opening) -> Self {
        Self {
            slashes: SlashOrder::of(scan.currency),
            scan,
            opening,
            transfers: FxHashMap::default(),
            memos: FxHashMap::default(),
            unknown: UnknownStatus::default(),
            amounts: Vec::new(),
            key: Vec::new(),
        }
    }

    /// Reads all rows; the reason to stop, if one of them gives one.
    fn all<R: Read>(
        &mut self,
        feed: Feed<R>,
        progress: &dyn Fn(u64),
        end: &mut End,
    ) -> Result<Option<Stop>, Refusal> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.opening.delimiter)
            .quoting(self.opening.delimiter != b'\t')
            .from_reader(feed);
        let mut record = csv::ByteRecord::new();
        loop {
            let found = reader.read_byte_record(&mut record);
            let feed = reader.get_mut();
            feed.whole();
            (end.lines, end.bytes) = (feed.lines, feed.consumed());
            match found {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) => {
                    let other = || Refusal::whole(format!("The file could not be read: {error}"), AS_MADE);
                    return Err(feed.refused.take().unwrap_or_else(other));
                }
            }
            progress(end.bytes);
            // A record with line ends inside its quotes is named by its first line.
            let inside = memchr::memchr_iter(b'\n', record.as_slice()).count() as u64;
            let line = end.lines.saturating_sub(inside + 1);
            self.scan.place = Place { block: 0, line: u32::try_from(line).unwrap_or(u32::MAX) };
            if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
                continue;
            }
            end.rows += 1;
            if let Err(stop) = self.row(&record) {
                return Ok(Some(*stop));
            }
        }
    }

    fn row(&mut self, record: &csv::ByteRecord) -> Result<(), Box<Stop>> {
        let columns = &self.opening.columns;
        let extra = record.iter().skip(columns.count).any(|cell| !cell.trim_ascii().is_empty());
        if record.len() < columns.count || extra {
            let message = format!(
                "the row has {} columns, the header {}: the file is cut off or was changed",
                record.len(),
                columns.count
            );
            return Err(self.scan.stop("", message, AS_MADE));
        }
        let cell = |at: usize| record.get(at).unwrap_or_default().trim_ascii();
        let total = self.money(record)?;
        let id = cell(columns.settlement);
        let settlement = self.scan.names.settlements.id(id);
        let (posted, day) = self.posted(cell(columns.date))?;
        if self.deferred(cell(columns.status), cell(columns.release))? {
            return self.defer(settlement, total);
        }
        if id.is_empty() {
            return Err(self.scan.stop("settlement id", "the settlement id is empty", AS_MADE));
        }
        let printed = self.decode(cell(columns.kind));
        let kind = words::kind(&printed);
        if kind == Some("Transfer") {
            return self.transfer(settlement, total, posted);
        }
        let line = Line {
            number: u64::from(self.scan.place.line) + 1,
            column: 0,
            settlement,
            label: 0,
            sku: self.scan.names.skus.id(cell(columns.sku)),
            marketplace: self.scan.names.marketplaces.id(cell(columns.marketplace)),
            order: cell(columns.order),
            posted,
            day,
            quantity: self.quantity(cell(columns.quantity))?,
            amount: 0,
        };
        self.lines(line, record, kind.map_or_else(|| cell(columns.kind), str::as_bytes), &printed)?;
        let sold = kind == Some("Order") && columns.sales.is_some_and(|at| self.amounts[at] != 0);
        if sold && line.quantity != 0 {
            let Line { marketplace, sku, quantity: count, .. } = line;
            self.scan.units(Units { settlement, marketplace, sku, day, count })?;
        }
        Ok(())
    }

    /// A line for each money column that is not zero.
    fn lines(
        &mut self,
        mut line: Line<'_>,
        record: &csv::ByteRecord,
        kind: &[u8],
        printed: &str,
    ) -> Result<(), Box<Stop>> {
        let columns = &self.opening.columns;
        let raw = record.get(columns.description).unwrap_or_default().trim_ascii();
        let english = words::description(&self.decode(raw));
        let about_item = words::about_items(words::kind(printed).unwrap_or(printed));
        let about_item = about_item || (!line.order.is_empty() && line.sku != 0 && english.is_none());
        let text: &[u8] = if about_item { b"" } else { english.map_or(raw, str::as_bytes) };
        let amount = |at: Option<usize>| at.map_or(0, |at| self.amounts[at]);
        let taxed =
            text.eq_ignore_ascii_case(ADVERTISING) && amount(columns.fees) != 0 && amount(columns.other) != 0;
        for (at, money) in columns.money.iter().enumerate() {
            line.amount = self.amounts[at];
            if line.amount == 0 {
                continue;
            }
            line.column = u32::try_from(at + 1).unwrap_or(u32::MAX);
            // Advertising stands with its base under `other transaction fees` and its tax under `other`.
            let parts: [&[u8]; 3] = match taxed {
                true if Some(at) == columns.fees => [kind, ADVERTISING, b"Base amount"],
                true if Some(at) == columns.other => [kind, ADVERTISING, b"Tax on fee"],
                _ => [kind, &money.name, text],
            };
            self.key.clear();
            self.key.extend(parts.join(&b'\t'));
            line.label = self.scan.names.labels.id(&self.key);
            self.scan.post(&line)?;
        }
        Ok(())
    }

    /// Reads the money columns and the total, which must be their sum (F6).
    fn money(&mut self, record: &csv::ByteRecord) -> Result<i64, Box<Stop>> {
        let columns = &self.opening.columns;
        self.amounts.clear();
        let mut sum = 0_i64;
        for money in &columns.money {
            let amount = match record.get(money.at).unwrap_or_default().trim_ascii() {
                b"" => 0,
                text => self.scan.amount(text, &money.printed)?,
            };
            sum = sum
                .checked_add(amount)
                .ok_or_else(|| self.scan.stop(&money.printed, "the sum is too large", AS_MADE))?;
            self.amounts.push(amount);
        }
        let total = self.scan.amount(record.get(columns.total).unwrap_or_default().trim_ascii(), "total")?;
        if sum == total {
            return Ok(total);
        }
        let say = |minor: i64| crate::Minor(minor).decimal(self.scan.currency);
        let message = format!("the money columns sum to {}, the total says {}", say(sum), say(total));
        Err(self.scan.stop("total", message, AS_MADE))
    }

    fn posted(&mut self, text: &[u8]) -> Result<(i64, i32), Box<Stop>> {
        let decoded = self.decode(text);
        let Some(posted) = instant::parse(decoded.as_bytes(), self.slashes) else {
            return Err(self.scan.stop("date/time", format!("`{decoded}` is no date"), AS_MADE));
        };
        let day = posted.day.unwrap_or_else(|| self.scan.cutter.day(posted.micros));
        Ok((posted.micros, day))
    }

    fn quantity(&self, text: &[u8]) -> Result<i64, Box<Stop>> {
        if text.is_empty() {
            return Ok(0);
        }
        merge::quantity(text).ok_or_else(|| {
            let message = format!("`{}` is no quantity", String::from_utf8_lossy(text));
            self.scan.stop("quantity", message, AS_MADE)
        })
    }

    fn deferred(&mut self, status: &[u8], release: &[u8]) -> Result<bool, Box<Stop>> {
        let word = self.decode(status);
        match words::status(&word) {
            Status::Released => Ok(false),
            Status::Deferred => Ok(true),
            Status::Unknown if self.unknown.words.len() < MOST_UNKNOWN_WORDS => {
                *self.unknown.words.entry(word).or_default() += 1;
                Ok(release.is_empty())
            }
            Status::Unknown => {
                let message = format!("`{word}` is no status such as Released or Deferred");
                Err(self.scan.stop("transaction status", message, AS_MADE))
            }
        }
    }

    fn defer(&mut self, settlement: u32, total: i64) -> Result<(), Box<Stop>> {
        let memo = self.memos.entry(settlement).or_default();
        memo.deferred_rows += 1;
        match memo.deferred_amount.checked_add(total) {
            Some(sum) => memo.deferred_amount = sum,
            None => return Err(self.scan.stop("total", "the sum of deferred rows is too large", AS_MADE)),
        }
        Ok(())
    }

    /// Money that went to the bank, negative in the file: it adds to what was paid.
    fn transfer(&mut self, settlement: u32, total: i64, posted: i64) -> Result<(), Box<Stop>> {
        let paid = self.transfers.entry(settlement).or_default();
        paid.last = paid.last.max(posted);
        match paid.amount.checked_sub(total) {
            Some(sum) => paid.amount = sum,
            None => return Err(self.scan.stop("total", "the sum of transfers is too large", AS_MADE)),
        }
        Ok(())
    }

    /// Text by the encoding of the header; a header of ASCII leaves it open until a text says more.
    fn decode(&self, text: &[u8]) -> String {
        match std::str::from_utf8(text) {
            Ok(text) if self.opening.encoding == encoding_rs::UTF_8 => text.to_owned(),
            Err(_) if self.opening.encoding == encoding_rs::UTF_8 => {
                names::decode(names::fallback(Some(self.scan.currency)), text)
            }
            _ => names::decode(self.opening.encoding, text),
        }
    }
}

const ADVERTISING: &[u8] = b"Cost of Advertising";
