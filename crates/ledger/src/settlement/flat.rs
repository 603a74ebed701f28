//! What the two flat files share: blocks of whole lines read by as many threads as there are cores.
//!
//! Tab-separated without quoting: a `"` is a character. Each thread has its own sums; nothing is kept per line.
//! A [`Layout`] says which columns a format has and what one row holds.

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
    columns::{Common, Fields, Header},
    instant::{self, SlashOrder},
    line::Sink,
    merge::{self, Part},
    rows::Rows,
    scan::{Options, Scan, Stop},
    tally::Tallier,
};

pub(crate) const AS_MADE: &str = "Download the report again and upload it as Amazon made it";

/// More threads than this wait for each other rather than read.
const MOST_THREADS: usize = 8;

/// What differs between the flat files: their columns, and what a row holds.
pub(crate) trait Layout: Sized + Sync {
    const FORMAT: Format;
    /// Finds the columns by name.
    fn parse(header: &Header) -> Result<Self, Refusal>;
    /// The columns of every flat file.
    fn common(&self) -> &Common;
    /// Threads that may read at once. One where a row is understood by the row before it.
    fn threads() -> usize {
        std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS)
    }
    /// Reads a row that is no summary row.
    fn row<S: Sink>(rows: &mut Rows<'_, '_, S, Self>, row: &Fields<'_>) -> Result<(), Box<Stop>>;
}

/// Reads a flat file. `progress` is told the bytes read so far.
pub(crate) fn read<L: Layout, R: Read + Send>(
    reader: R,
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Report, Refusal> {
    let mut blocks = Blocks::new(reader);
    let opening = Opening::<L>::read(&mut blocks)?;
    let shared =
        Shared { blocks: Mutex::new(blocks), stop: AtomicBool::new(false), bytes: AtomicU64::new(0) };
    let threads = L::threads();
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
    merge::report(parts, L::FORMAT, opening.currency, shared.bytes.load(Ordering::Relaxed))
}

/// Reads a flat file again in one thread, handing every line to `sink` in order. Ids are those of `report`.
pub(crate) fn replay<L: Layout, R: Read, S: Sink>(
    reader: R,
    report: &Report,
    options: &Options,
    sink: S,
) -> Result<S, Refusal> {
    let mut blocks = Blocks::new(reader);
    let opening = Opening::<L>::read(&mut blocks)?;
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
fn work<'t, L: Layout, R: Read>(
    shared: &Shared<R>,
    opening: &Opening<L>,
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
fn take<L: Layout, R: Read>(
    shared: &Shared<R>,
    opening: &Opening<L>,
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
pub(crate) struct Opening<L> {
    first: Vec<u8>,
    /// Lines at the head of the first block that are no data.
    skip: u32,
    pub(crate) layout: L,
    currency: Currency,
    pub(crate) end: Option<i64>,
}

impl<L: Layout> Opening<L> {
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
        let header = Header::parse(lines.next().unwrap_or_default(), blank as u64 + 1);
        let layout = L::parse(&header)?;
        let row = lines.find(|line| !line.trim_ascii().is_empty());
        let Some(row) = row else {
            return Err(Refusal::whole("The file has a header and no rows", AS_MADE));
        };
        let cell = |at: usize| row.split(|&byte| byte == b'\t').nth(at).unwrap_or_default().trim_ascii();
        let skip = u32::try_from(blank + 1).unwrap_or(u32::MAX);
        let code = String::from_utf8_lossy(cell(layout.common().currency)).into_owned();
        let currency = Currency::parse(&code)
            .map_err(|error| Refusal::at(u64::from(skip) + 1, "currency", error.to_string(), AS_MADE))?;
        let end =
            instant::parse(cell(layout.common().end), SlashOrder::of(currency)).map(|posted| posted.micros);
        Ok(Self { first, skip, layout, currency, end })
    }
}
