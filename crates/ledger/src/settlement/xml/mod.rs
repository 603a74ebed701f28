//! The settlement XML, withdrawn in November 2026 and still in sellers' archives.
//!
//! Elements are read as a stream, one transaction at a time. Where a transaction holds both an amount and its
//! parts, the parts are the lines if they sum to it: nothing is counted twice. Labels are those of V2.

mod group;
mod lines;
mod transcode;

use std::io::Read;

use quick_xml::{
    Reader,
    events::{BytesRef, BytesStart, Event},
};

use crate::{Currency, Refusal};

use self::{group::Group, lines::Lines, transcode::Transcode};
use super::{
    Format, Report,
    flat::AS_MADE,
    instant::{self, SlashOrder},
    line::{Line, Sink, Units},
    merge::{self, Part},
    scan::{Head, Options, Place, Scan, Stop},
    tally::Tallier,
};

/// Deeper nesting than any settlement report has.
const MOST_DEPTH: usize = 32;
/// More amounts than a transaction has.
const MOST_AMOUNTS: usize = 100_000;

/// Reads a settlement XML. `head` holds its first bytes; `progress` is told the bytes read so far.
pub(super) fn read<R: Read>(
    reader: R,
    head: &[u8],
    options: &Options,
    progress: &dyn Fn(u64),
) -> Result<Report, Refusal> {
    let mut walk = Walk::new(reader, head, progress);
    let opening = walk.opening()?;
    let mut rows = Rows::new(Scan::new(options, opening.currency, Tallier::new()), &opening);
    let stopped = rows.settle(&opening).and_then(|()| walk.all(&mut rows));
    let stopped = stopped.err().map(|stop| *stop);
    let source = walk.reader.get_ref();
    let count = source.ends + u64::from(!source.ended);
    let part = Part {
        scan: rows.scan,
        lines: vec![(0, u32::try_from(count).unwrap_or(u32::MAX))],
        stopped,
        undated: rows.undated,
    };
    merge::report(vec![part], Format::Xml, opening.currency, source.bytes)
}

/// Reads a settlement XML again, handing every line to `sink` in order. Ids are those of `report`.
pub(super) fn replay<R: Read, S: Sink>(
    reader: R,
    head: &[u8],
    report: &Report,
    options: &Options,
    sink: S,
) -> Result<S, Refusal> {
    let mut walk = Walk::new(reader, head, &|_| ());
    let opening = walk.opening()?;
    let scan = merge::seeded(Scan::new(options, opening.currency, sink), report);
    let mut rows = Rows::new(scan, &opening);
    let walked = rows.settle(&opening).and_then(|()| walk.all(&mut rows));
    walked.map_err(|stop| merge::located(*stop, 0))?;
    Ok(rows.scan.sink)
}

/// What `SettlementData` says, with the line of each text.
struct Opening {
    line: u64,
    id: String,
    currency: Currency,
    total: String,
    start: String,
    end: String,
    deposit: String,
}

/// A step through the document.
enum Step {
    Open { name: String, currency: Option<String>, line: u64 },
    Close { text: String },
    End,
}

/// The document as a stream of elements.
struct Walk<'p, R: Read> {
    reader: Reader<Lines<Transcode<R>>>,
    buffer: Vec<u8>,
    path: Vec<String>,
    text: String,
    progress: &'p dyn Fn(u64),
}

impl<'p, R: Read> Walk<'p, R> {
    fn new(reader: R, head: &[u8], progress: &'p dyn Fn(u64)) -> Self {
        let text = Transcode::new(reader, transcode::declared(head));
        let mut reader = Reader::from_reader(Lines::new(text));
        reader.config_mut().expand_empty_elements = true;
        Self { reader, buffer: Vec::new(), path: Vec::new(), text: String::new(), progress }
    }

    /// The next start or end of an element. At an end, `path` still holds the element.
    fn step(&mut self) -> Result<Step, Refusal> {
        loop {
            self.buffer.clear();
            let event = self.reader.read_event_into(&mut self.buffer);
            let event = match event {
                Ok(event) => event,
                Err(error) => return Err(refuse(&mut self.reader, &error)),
            };
            let source = self.reader.get_mut();
            source.whole();
            let line = source.ends + 1;
            match event {
                Event::Start(start) => {
                    if self.path.len() >= MOST_DEPTH {
                        let message = "elements are nested deeper than in any settlement report";
                        return Err(Refusal::at(line, "", message, AS_MADE));
                    }
                    self.text.clear();
                    let name = start.local_name().as_ref().to_owned();
                    let currency = currency_of(&start);
                    self.path.push(name.clone());
                    return Ok(Step::Open { name, currency, line });
                }
                Event::End(_) => return Ok(Step::Close { text: self.text.trim().to_owned() }),
                Event::Text(text) => self.text.push_str(&text),
                Event::CData(text) => self.text.push_str(&text),
                Event::GeneralRef(name) => self.text.push_str(&resolved(&name)),
                Event::Eof if self.path.is_empty() => return Ok(Step::End),
                Event::Eof => {
                    let open = self.path.last().cloned().unwrap_or_default();
                    let message = format!("the file ends within `{open}`: it is cut off");
                    return Err(Refusal::at(line, "", message, AS_MADE));
                }
                _ => {}
            }
        }
    }

    fn line(&self) -> u64 {
        self.reader.get_ref().ends + 1
    }

    /// Reads up to the end of `SettlementData`.
    fn opening(&mut self) -> Result<Opening, Refusal> {
        let mut opening = [const { String::new() }; 5];
        let mut currency = String::new();
        let (mut line, mut inside) = (1, false);
        loop {
            match self.step()? {
                Step::Open { name, currency: code, line: at } => {
                    inside |= name == "SettlementData";
                    line = if name == "SettlementData" { at } else { line };
                    if name == "TotalAmount" && inside {
                        currency = code.unwrap_or_default();
                    }
                }
                Step::Close { text } => {
                    let name = self.path.pop().unwrap_or_default();
                    if name == "SettlementData" {
                        break;
                    }
                    let names = ["AmazonSettlementID", "TotalAmount", "StartDate", "EndDate", "DepositDate"];
                    if let Some(at) = names.iter().position(|known| inside && *known == name) {
                        opening[at] = text;
                    }
                }
                Step::End => return Err(missing(line, "SettlementData")),
            }
        }
        let [id, total, start, end, deposit] = opening;
        for (name, text) in [("AmazonSettlementID", &id), ("TotalAmount", &total)] {
            if text.is_empty() {
                return Err(missing(line, name));
            }
        }
        let currency = Currency::parse(&currency)
            .map_err(|error| Refusal::at(line, "TotalAmount", error.to_string(), AS_MADE))?;
        Ok(Opening { line, id, currency, total, start, end, deposit })
    }

    /// Reads all transactions that follow.
    fn all<S: Sink>(&mut self, rows: &mut Rows<'_, S>) -> Result<(), Box<Stop>> {
        let mut group: Option<Group> = None;
        let depth = self.path.len();
        let (mut line, mut column) = (0, 0);
        loop {
            let at = self.line();
            match self.step().map_err(|refusal| stop_at(at, refusal))? {
                Step::Open { name, currency, line: here } => match &mut group {
                    None if self.path.len() == depth + 1 => {
                        if name == "SettlementData" {
                            let message = "a second settlement begins; a report has one settlement";
                            return Err(stop_at(here, Refusal::at(here, "", message, AS_MADE)));
                        }
                        group = Some(Group::new(&name));
                    }
                    None => {}
                    Some(open) => {
                        if currency.is_some() {
                            column = if here == line { column + 1 } else { 1 };
                            line = here;
                        }
                        open.open(&name, currency, here, column);
                        if open.money.len() > MOST_AMOUNTS {
                            let message = format!("a transaction has more than {MOST_AMOUNTS} amounts");
                            return Err(stop_at(here, Refusal::at(here, &name, message, AS_MADE)));
                        }
                    }
                },
                Step::Close { text } => {
                    self.path.pop();
                    if let Some(open) = &mut group {
                        open.close(&text);
                    }
                    if self.path.len() <= depth
                        && let Some(done) = group.take()
                    {
                        rows.group(&done)?;
                        (self.progress)(self.reader.get_ref().bytes);
                    }
                }
                Step::End => return Ok(()),
            }
        }
    }
}

fn currency_of(start: &BytesStart<'_>) -> Option<String> {
    let attribute = start.try_get_attribute("currency").ok()??;
    Some(attribute.value.trim().to_owned())
}

/// The character behind `&amp;` and the like; other entities are not declared in such a report.
fn resolved(name: &BytesRef<'_>) -> String {
    match name.resolve_char_ref() {
        Ok(Some(character)) => character.to_string(),
        _ => quick_xml::escape::resolve_predefined_entity(name).unwrap_or_default().to_owned(),
    }
}

fn refuse<R: Read>(reader: &mut Reader<Lines<R>>, error: &quick_xml::Error) -> Refusal {
    let line = reader.get_ref().ends + 1;
    let other = || Refusal::at(line, "", format!("the file is no well-formed XML: {error}"), AS_MADE);
    reader.get_mut().refused.take().unwrap_or_else(other)
}

fn missing(line: u64, name: &str) -> Refusal {
    Refusal::at(line, name, format!("the report has no `{name}`"), AS_MADE)
}

fn stop_at(line: u64, refusal: Refusal) -> Box<Stop> {
    let line = refusal.line.unwrap_or(line).saturating_sub(1);
    Box::new(Stop { place: Place { block: 0, line: u32::try_from(line).unwrap_or(u32::MAX) }, refusal })
}

/// Turns transactions into lines.
struct Rows<'t, S> {
    scan: Scan<'t, S>,
    slashes: SlashOrder,
    settlement: u32,
    fallback: Option<i64>,
    undated: u64,
}

impl<'t, S: Sink> Rows<'t, S> {
    fn new(scan: Scan<'t, S>, opening: &Opening) -> Self {
        let slashes = SlashOrder::of(scan.currency);
        let fallback = instant::parse(opening.end.as_bytes(), slashes).map(|posted| posted.micros);
        Self { slashes, scan, settlement: 0, fallback, undated: 0 }
    }

    /// Notes the settlement and what its head says.
    fn settle(&mut self, opening: &Opening) -> Result<(), Box<Stop>> {
        self.at(opening.line);
        self.settlement = self.scan.names.settlements.id(opening.id.as_bytes());
        let head = Head {
            start: self.instant(&opening.start, "StartDate")?,
            end: self.instant(&opening.end, "EndDate")?,
            deposit: self.instant(&opening.deposit, "DepositDate")?,
            total: Some(self.scan.amount(opening.total.as_bytes(), "TotalAmount")?),
        };
        self.scan.heads.insert(self.settlement, head);
        Ok(())
    }

    fn at(&mut self, line: u64) {
        let line = u32::try_from(line.saturating_sub(1)).unwrap_or(u32::MAX);
        self.scan.place = Place { block: 0, line };
    }

    fn instant(&self, text: &str, name: &str) -> Result<Option<i64>, Box<Stop>> {
        if text.is_empty() {
            return Ok(None);
        }
        match instant::parse(text.as_bytes(), self.slashes) {
            Some(posted) => Ok(Some(posted.micros)),
            None => Err(self.scan.stop(name, format!("`{text}` is no date"), AS_MADE)),
        }
    }

    fn group(&mut self, group: &Group) -> Result<(), Box<Stop>> {
        let mut amounts = Vec::with_capacity(group.money.len());
        for money in &group.money {
            self.at(money.line);
            if Currency::parse(&money.currency).ok() != Some(self.scan.currency) {
                let message = format!(
                    "currency `{}` after {}; a file has one currency",
                    money.currency, self.scan.currency
                );
                return Err(self.scan.stop(&money.element, message, AS_MADE));
            }
            amounts.push(self.scan.amount(money.text.as_bytes(), &money.element)?);
        }
        let lines = group.lines(&amounts);
        let mut counted = vec![false; group.items.len()];
        for ((money, amount), _) in group.money.iter().zip(amounts).zip(lines).filter(|(_, line)| *line) {
            self.at(money.line);
            let line = self.line(group, money, amount)?;
            self.scan.post(&line)?;
            let sold =
                group.is_order() && money.part == "ItemPrice" && money.kind.eq_ignore_ascii_case("Principal");
            if sold && line.quantity != 0 && !std::mem::replace(&mut counted[money.item], true) {
                let Line { settlement, marketplace, sku, day, quantity: count, .. } = line;
                self.scan.units(Units { settlement, marketplace, sku, day, count })?;
            }
        }
        Ok(())
    }

    fn line<'a>(
        &mut self,
        group: &'a Group,
        money: &group::Money,
        amount: i64,
    ) -> Result<Line<'a>, Box<Stop>> {
        let item = &group.items[money.item];
        let (posted, day) = self.posted(group, money)?;
        let quantity = match item.quantity.as_str() {
            "" => 0,
            text => merge::quantity(text.as_bytes())
                .ok_or_else(|| self.scan.stop("Quantity", format!("`{text}` is no quantity"), AS_MADE))?,
        };
        Ok(Line {
            number: money.line,
            column: money.column,
            settlement: self.settlement,
            label: self.scan.names.labels.id(group.label(money).join("\t").as_bytes()),
            sku: self.scan.names.skus.id(item.sku.as_bytes()),
            marketplace: self.scan.names.marketplaces.id(group.marketplace.as_bytes()),
            order: group.order.as_bytes(),
            posted,
            day,
            quantity,
            amount,
        })
    }

    fn posted(&mut self, group: &Group, money: &group::Money) -> Result<(i64, i32), Box<Stop>> {
        let own = &group.posted[money.fulfilment];
        let text = if own.is_empty() { &group.posted[0] } else { own };
        if text.is_empty()
            && let Some(end) = self.fallback
        {
            self.undated += 1;
            return Ok((end, self.scan.cutter.day(end)));
        }
        let Some(posted) = instant::parse(text.as_bytes(), self.slashes) else {
            return Err(self.scan.stop("PostedDate", format!("`{text}` is no date"), AS_MADE));
        };
        Ok((posted.micros, posted.day.unwrap_or_else(|| self.scan.cutter.day(posted.micros))))
    }
}
