//! Reader of the settlement flat file V2, the only settlement format Amazon still makes.
//!
//! Columns are found by header name (23 or 24 of them). Tab-separated without quoting: a `"` is a character.
//! Blocks of whole lines are read by as many threads as there are cores, each with its own sums; nothing is
//! kept per line.

use std::{
    io::Read,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use crate::{Refusal, money::Currency};

use super::{
    Format, Report,
    blocks::{BlockError, Blocks},
    columns::{Columns, Fields, MOST_COLUMNS},
    instant::{self, Posted, SlashOrder},
    line::{Line, Sink, Units},
    merge::{self, Part},
    scan::{Head, Options, Place, Scan, Stop},
    tally::Tallier,
};

const AS_MADE: &str = "Download the report again and upload it as Amazon made it";

/// Reads a V2 file. `progress` is told the bytes read so far.
pub(crate) fn read<R: Read + Send>(
    reader: R,
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Report, Refusal> {
    let mut blocks = Blocks::new(reader);
    let opening = Opening::read(&mut blocks)?;
    let shared =
        Shared { blocks: Mutex::new(blocks), stop: AtomicBool::new(false), bytes: AtomicU64::new(0) };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let parts: Vec<Result<Part<'_>, BlockError>> = std::thread::scope(|scope| {
        let others: Vec<_> =
            (1..threads).map(|_| scope.spawn(|| work(&shared, &opening, options, progress))).collect();
        let mut parts = vec![work(&shared, &opening, options, progress)];
        parts.extend(others.into_iter().filter_map(|thread| thread.join().ok()));
        parts
    });
    let parts =
        parts.into_iter().collect::<Result<Vec<_>, _>>().map_err(|error| merge::refuse_block(&error))?;
    if parts.len() < threads {
        return Err(Refusal::whole(
            "Reading stopped unexpectedly",
            "Try again, and report the file if it happens again",
        ));
    }
    merge::report(parts, Format::V2, opening.currency, shared.bytes.load(Ordering::Relaxed))
}

/// Reads a V2 file again in one thread, handing every line to `sink` in order. Ids are those of `report`.
pub(crate) fn replay<R: Read, S: Sink>(
    reader: R,
    report: &Report,
    options: &Options,
    sink: S,
) -> Result<S, Refusal> {
    let mut blocks = Blocks::new(reader);
    let opening = Opening::read(&mut blocks)?;
    let scan = merge::seeded(Scan::new(options, opening.currency, sink), report);
    let mut rows = Rows::new(scan, &opening);
    let mut block = opening.first.clone();
    let (mut number, mut before) = (0, 0);
    loop {
        rows.first_line = before;
        let lines = rows.block(number, &block, if number == 0 { opening.skip } else { 0 });
        before += u64::from(lines.map_err(|stop| merge::located(*stop, before))?);
        match blocks.next(&mut block).map_err(|error| merge::refuse_block(&error))? {
            Some(next) => number = next,
            None => return Ok(rows.scan.sink),
        }
    }
}

struct Shared<R> {
    blocks: Mutex<Blocks<R>>,
    stop: AtomicBool,
    bytes: AtomicU64,
}

/// One thread's work: takes blocks until there are none, or until someone finds a reason to refuse the file.
fn work<'t, R: Read>(
    shared: &Shared<R>,
    opening: &Opening,
    options: &'t Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Part<'t>, BlockError> {
    let mut rows = Rows::new(Scan::new(options, opening.currency, Tallier::new()), opening);
    let mut lines = Vec::new();
    let mut block = Vec::new();
    let mut stopped = None;
    while stopped.is_none() && !shared.stop.load(Ordering::Relaxed) {
        let Some(number) = take(shared, opening, &mut block)? else {
            break;
        };
        match rows.block(number, &block, if number == 0 { opening.skip } else { 0 }) {
            Ok(count) => lines.push((number, count)),
            Err(stop) => {
                shared.stop.store(true, Ordering::Relaxed);
                lines.push((number, stop.place.line + 1));
                stopped = Some(*stop);
            }
        }
        progress(shared.bytes.load(Ordering::Relaxed));
    }
    let undated = rows.undated;
    Ok(Part { scan: rows.scan, lines, stopped, undated })
}

/// The next block. The opening has read the first one; whoever asks first gets it.
fn take<R: Read>(
    shared: &Shared<R>,
    opening: &Opening,
    block: &mut Vec<u8>,
) -> Result<Option<u32>, BlockError> {
    let mut blocks = shared.blocks.lock().unwrap_or_else(PoisonError::into_inner);
    if shared.bytes.load(Ordering::Relaxed) == 0 {
        block.clear();
        block.extend_from_slice(&opening.first);
        shared.bytes.store(blocks.bytes(), Ordering::Relaxed);
        return Ok(Some(0));
    }
    let number = blocks.next(block)?;
    shared.bytes.store(blocks.bytes(), Ordering::Relaxed);
    Ok(number)
}

/// The header and what the first data row fixes for the whole file.
struct Opening {
    first: Vec<u8>,
    /// Lines at the head of the first block that are no data.
    skip: u32,
    columns: Columns,
    currency: Currency,
    end: Option<i64>,
}

impl Opening {
    fn read<R: Read>(blocks: &mut Blocks<R>) -> Result<Self, Refusal> {
        let mut first = Vec::new();
        let found = blocks.next(&mut first).map_err(|error| merge::refuse_block(&error))?;
        if found.is_none() {
            return Err(Refusal::whole("The file is empty", AS_MADE));
        }
        if first.starts_with(b"\xEF\xBB\xBF") {
            first.drain(..3);
        }
        let blank =
            first.split(|&byte| byte == b'\n').take_while(|line| line.trim_ascii().is_empty()).count();
        let mut lines = first.split(|&byte| byte == b'\n').skip(blank);
        let columns = Columns::parse(lines.next().unwrap_or_default())?;
        let row = lines.find(|line| !line.trim_ascii().is_empty());
        let Some(row) = row else {
            return Err(Refusal::whole("The file has a header and no rows", AS_MADE));
        };
        let cell = |at: usize| row.split(|&byte| byte == b'\t').nth(at).unwrap_or_default().trim_ascii();
        let skip = u32::try_from(blank + 1).unwrap_or(u32::MAX);
        let code = String::from_utf8_lossy(cell(columns.currency)).into_owned();
        let currency = Currency::parse(&code)
            .map_err(|error| Refusal::at(u64::from(skip) + 1, "currency", error.to_string(), AS_MADE))?;
        let end = instant::parse(cell(columns.end), SlashOrder::of(currency)).map(|posted| posted.micros);
        Ok(Self { first, skip, columns, currency, end })
    }
}

/// Turns rows into lines. Neighbouring rows mostly share SKU, marketplace and time: the last of each is kept.
struct Rows<'t, 'o, S> {
    scan: Scan<'t, S>,
    columns: &'o Columns,
    slashes: SlashOrder,
    fallback: Option<i64>,
    first_line: u64,
    undated: u64,
    key: Vec<u8>,
    settlement: Last<u32>,
    sku: Last<u32>,
    marketplace: Last<u32>,
    posted: Last<(i64, i32)>,
    counts_units: Vec<bool>,
}

/// The last text seen and what it meant.
struct Last<T> {
    text: Vec<u8>,
    value: Option<T>,
}

impl<T: Copy> Last<T> {
    fn new() -> Self {
        Self { text: Vec::new(), value: None }
    }

    fn get(&self, text: &[u8]) -> Option<T> {
        if self.text == text { self.value } else { None }
    }

    fn set(&mut self, text: &[u8], value: T) -> T {
        self.text.clear();
        self.text.extend_from_slice(text);
        self.value = Some(value);
        value
    }
}

impl<'t, 'o, S: Sink> Rows<'t, 'o, S> {
    fn new(scan: Scan<'t, S>, opening: &'o Opening) -> Self {
        Self {
            slashes: SlashOrder::of(scan.currency),
            scan,
            columns: &opening.columns,
            fallback: opening.end,
            first_line: 0,
            undated: 0,
            key: Vec::new(),
            settlement: Last::new(),
            sku: Last::new(),
            marketplace: Last::new(),
            posted: Last::new(),
            counts_units: Vec::new(),
        }
    }

    /// Reads the rows of a block and returns how many lines it has.
    fn block(&mut self, number: u32, bytes: &[u8], skip: u32) -> Result<u32, Box<Stop>> {
        self.scan.place = Place { block: number, line: 0 };
        if let Some(at) = memchr::memchr(0, bytes) {
            self.scan.place.line =
                u32::try_from(memchr::memchr_iter(b'\n', &bytes[..at]).count()).unwrap_or(u32::MAX);
            return Err(self.scan.stop(
                "",
                "the file holds NUL bytes; it is damaged or saved as UTF-16",
                "Download the report again; in a spreadsheet save it as UTF-8",
            ));
        }
        let mut ends = [0_usize; MOST_COLUMNS];
        let (mut start, mut count) = (0, 0);
        for at in memchr::memchr2_iter(b'\t', b'\n', bytes) {
            if count < MOST_COLUMNS {
                ends[count] = at;
                count += 1;
            }
            if bytes[at] == b'\n' {
                if self.scan.place.line >= skip {
                    self.row(&Fields::new(bytes, start, &ends[..count]))?;
                }
                self.scan.place.line += 1;
                (start, count) = (at + 1, 0);
            }
        }
        if start < bytes.len() {
            if count < MOST_COLUMNS {
                ends[count] = bytes.len();
                count += 1;
            }
            if self.scan.place.line >= skip {
                self.row(&Fields::new(bytes, start, &ends[..count]))?;
            }
            self.scan.place.line += 1;
        }
        Ok(self.scan.place.line)
    }

    fn row(&mut self, row: &Fields<'_>) -> Result<(), Box<Stop>> {
        let columns = self.columns;
        let transaction = row.get(columns.transaction_type);
        let total = row.get(columns.total);
        if !total.is_empty() {
            self.head(row, total)?;
            if transaction.is_empty() {
                return Ok(());
            }
        }
        if row.count() <= columns.amount {
            return if row.is_blank() { Ok(()) } else { Err(self.short(row)) };
        }
        let settlement = self.settlement(row)?;
        let label = self.label(transaction, row.get(columns.amount_type), row.get(columns.description));
        let amount = self.scan.amount(row.get(columns.amount), "amount")?;
        let sku = self.sku(row.get(columns.sku));
        let marketplace = self.marketplace(row.get(columns.marketplace));
        let (posted, day) = self.posted(row)?;
        let quantity = self.quantity(row.get(columns.quantity))?;
        let line = Line {
            number: self.first_line + u64::from(self.scan.place.line) + 1,
            column: 0,
            settlement,
            label,
            sku,
            marketplace,
            order: row.get(columns.order),
            posted,
            day,
            quantity,
            amount,
        };
        self.scan.post(&line)?;
        if quantity != 0 && self.counts_units.get(label as usize).is_some_and(|&counts| counts) {
            self.scan.units(Units { settlement, marketplace, sku, day, count: quantity })?;
        }
        Ok(())
    }

    #[cold]
    fn head(&mut self, row: &Fields<'_>, total: &[u8]) -> Result<(), Box<Stop>> {
        let columns = self.columns;
        let settlement = self.settlement(row)?;
        let currency = String::from_utf8_lossy(row.get(columns.currency)).into_owned();
        if Currency::parse(&currency).ok() != Some(self.scan.currency) {
            let message =
                format!("currency `{currency}` after {}; a file has one currency", self.scan.currency);
            return Err(self.scan.stop("currency", message, AS_MADE));
        }
        let total = self.scan.amount(total, "total-amount")?;
        let instant = |at: usize, name: &str| match row.get(at) {
            [] => Ok(None),
            text => match instant::parse(text, self.slashes) {
                Some(posted) => Ok(Some(posted.micros)),
                None => Err(self.scan.stop(
                    name,
                    format!("`{}` is no date", String::from_utf8_lossy(text)),
                    AS_MADE,
                )),
            },
        };
        let head = Head {
            start: instant(columns.start, "settlement-start-date")?,
            end: instant(columns.end, "settlement-end-date")?,
            deposit: instant(columns.deposit, "deposit-date")?,
            total: Some(total),
        };
        self.fallback = head.end.or(self.fallback);
        self.scan.heads.entry(settlement).or_insert(head);
        Ok(())
    }

    #[cold]
    fn short(&self, row: &Fields<'_>) -> Box<Stop> {
        let message = format!(
            "the row has {} columns, the header {}: the file is cut off or was changed",
            row.count(),
            self.columns.count
        );
        self.scan.stop("", message, AS_MADE)
    }

    fn settlement(&mut self, row: &Fields<'_>) -> Result<u32, Box<Stop>> {
        let text = row.get(self.columns.settlement);
        if let Some(id) = self.settlement.get(text) {
            return Ok(id);
        }
        if text.is_empty() {
            return Err(self.scan.stop("settlement-id", "the settlement id is empty", AS_MADE));
        }
        let id = self.scan.names.settlements.id(text);
        Ok(self.settlement.set(text, id))
    }

    fn sku(&mut self, text: &[u8]) -> u32 {
        match self.sku.get(text) {
            Some(id) => id,
            None => self.sku.set(text, self.scan.names.skus.id(text)),
        }
    }

    fn marketplace(&mut self, text: &[u8]) -> u32 {
        match self.marketplace.get(text) {
            Some(id) => id,
            None => self.marketplace.set(text, self.scan.names.marketplaces.id(text)),
        }
    }

    fn label(&mut self, transaction: &[u8], amount_type: &[u8], description: &[u8]) -> u32 {
        self.key.clear();
        for part in [transaction, b"\t", amount_type, b"\t", description] {
            self.key.extend_from_slice(part);
        }
        let id = self.scan.names.labels.id(&self.key);
        while self.counts_units.len() < self.scan.names.labels.len() {
            let at = u32::try_from(self.counts_units.len()).unwrap_or(u32::MAX);
            let counts = self.scan.names.labels.get(at).eq_ignore_ascii_case(b"Order\tItemPrice\tPrincipal");
            self.counts_units.push(counts);
        }
        id
    }

    /// The posting instant and day. Rows without any date stand on the settlement's last day.
    fn posted(&mut self, row: &Fields<'_>) -> Result<(i64, i32), Box<Stop>> {
        let precise = row.get(self.columns.posted_time);
        let text = if precise.is_empty() { row.get(self.columns.posted_date) } else { precise };
        if let Some(found) = self.posted.get(text) {
            return Ok(found);
        }
        let posted = match (text, self.fallback) {
            ([], Some(end)) => {
                self.undated += 1;
                return Ok((end, self.scan.cutter.day(end)));
            }
            _ => instant::parse(text, self.slashes),
        };
        let Some(Posted { micros, day }) = posted else {
            let message = format!("`{}` is no date", String::from_utf8_lossy(text));
            return Err(self.scan.stop("posted-date-time", message, AS_MADE));
        };
        let day = day.unwrap_or_else(|| self.scan.cutter.day(micros));
        Ok(self.posted.set(text, (micros, day)))
    }

    fn quantity(&self, text: &[u8]) -> Result<i64, Box<Stop>> {
        match text {
            [] => Ok(0),
            [digit @ b'0'..=b'9'] => Ok(i64::from(digit - b'0')),
            _ => merge::quantity(text).ok_or_else(|| {
                let message = format!("`{}` is no quantity", String::from_utf8_lossy(text));
                self.scan.stop("quantity-purchased", message, AS_MADE)
            }),
        }
    }
}
