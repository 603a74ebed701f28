//! Brings the parts of a file that several threads read together into one report.

use crate::{Refusal, money::Currency};

use super::{
    Format, Memo, Problem, Report, Settlement, Sink, Tally,
    blocks::{BlockError, MOST_FILE_BYTES},
    names::{Interner, RawNames},
    scan::{Head, Place, Scan, Stop},
    tally::{Renumber, Tallier},
};

/// What one thread has read.
pub(crate) struct Part<'t> {
    pub(crate) scan: Scan<'t, Tallier>,
    /// Blocks it read and how many lines each has.
    pub(crate) lines: Vec<(u32, u32)>,
    pub(crate) stopped: Option<Stop>,
    /// Lines without a posting date.
    pub(crate) undated: u64,
}

/// One report from all parts, or the first reason to refuse the file.
pub(crate) fn report(
    parts: Vec<Part<'_>>,
    format: Format,
    currency: Currency,
    bytes: u64,
) -> Result<Report, Refusal> {
    let lines = LineNumbers::of(&parts);
    refuse_stopped(&parts, &lines)?;
    refuse_mixed_decimals(&parts, &lines)?;
    let undated: u64 = parts.iter().map(|part| part.undated).sum();
    let mut names = RawNames::default();
    let mut settlements: Vec<(Head, Tally)> = Vec::new();
    for part in parts {
        add(part.scan, &mut names, &mut settlements)?;
    }
    let encoding = names.encoding(Some(currency));
    let ids: Vec<String> = names.settlements.iter().map(|id| super::names::decode(encoding, id)).collect();
    let settlements: Vec<Settlement> = ids
        .into_iter()
        .zip(settlements)
        .map(|(id, (head, tally))| Settlement { id, format, head, tally, memo: Memo::default() })
        .collect();
    let mut problems = Vec::new();
    if undated > 0 {
        let message =
            format!("{undated} lines have no posting date; they stand on the settlement's last day");
        problems.push(Problem { line: None, message });
    }
    Ok(Report {
        format,
        currency,
        encoding: encoding.name(),
        settlements,
        names: names.decode(encoding),
        file_lines: lines.total(),
        bytes,
        problems,
        raw: names,
    })
}

fn add(
    scan: Scan<'_, Tallier>,
    names: &mut RawNames,
    settlements: &mut Vec<(Head, Tally)>,
) -> Result<(), Refusal> {
    let renumber =
        |from: &Interner, to: &mut Interner| from.iter().map(|text| to.id(text)).collect::<Vec<_>>();
    let to_settlement = renumber(&scan.names.settlements, &mut names.settlements);
    let labels = renumber(&scan.names.labels, &mut names.labels);
    let skus = renumber(&scan.names.skus, &mut names.skus);
    let marketplaces = renumber(&scan.names.marketplaces, &mut names.marketplaces);
    settlements.resize_with(names.settlements.len(), Default::default);
    let to = Renumber { labels: &labels, skus: &skus, marketplaces: &marketplaces };
    for (from, tally) in scan.sink.finish().into_iter().enumerate() {
        if let Some(&at) = to_settlement.get(from) {
            settlements[at as usize].1.merge(tally, &to).map_err(|error| overflow(&error))?;
        }
    }
    for (from, head) in scan.heads {
        settlements[to_settlement[from as usize] as usize].0 = head;
    }
    Ok(())
}

fn overflow(error: &crate::Error) -> Refusal {
    Refusal::whole(error.to_string(), "Check the amounts of this file")
}

/// A scan whose ids are those of a report, for reading the same file again.
pub(crate) fn seeded<'t, S: Sink>(mut scan: Scan<'t, S>, report: &Report) -> Scan<'t, S> {
    let copy = |from: &Interner, to: &mut Interner| from.iter().for_each(|text| _ = to.id(text));
    copy(&report.raw.settlements, &mut scan.names.settlements);
    copy(&report.raw.labels, &mut scan.names.labels);
    copy(&report.raw.skus, &mut scan.names.skus);
    copy(&report.raw.marketplaces, &mut scan.names.marketplaces);
    let encoding = encoding_rs::Encoding::for_label(report.encoding.as_bytes()).unwrap_or(encoding_rs::UTF_8);
    scan.with_encoding(encoding)
}

/// First line of each block.
struct LineNumbers(Vec<u64>);

impl LineNumbers {
    fn of(parts: &[Part<'_>]) -> Self {
        let mut counts: Vec<(u32, u32)> = parts.iter().flat_map(|part| part.lines.iter().copied()).collect();
        counts.sort_unstable();
        let mut starts = vec![0];
        for (_, count) in counts {
            starts.push(starts.last().copied().unwrap_or(0) + u64::from(count));
        }
        Self(starts)
    }

    /// Line of the file, from 1.
    fn at(&self, place: Place) -> u64 {
        self.0.get(place.block as usize).copied().unwrap_or(0) + u64::from(place.line) + 1
    }

    fn total(&self) -> u64 {
        self.0.last().copied().unwrap_or(0)
    }
}

/// The refusal of a stop in a block that `before` lines precede.
pub(crate) fn located(stop: Stop, before: u64) -> Refusal {
    Refusal { line: Some(before + u64::from(stop.place.line) + 1), ..stop.refusal }
}

fn refuse_stopped(parts: &[Part<'_>], lines: &LineNumbers) -> Result<(), Refusal> {
    let first = parts.iter().filter_map(|part| part.stopped.as_ref()).min_by_key(|stop| stop.place);
    first.map_or(Ok(()), |stop| Err(Refusal { line: Some(lines.at(stop.place)), ..stop.refusal.clone() }))
}

fn refuse_mixed_decimals(parts: &[Part<'_>], lines: &LineNumbers) -> Result<(), Refusal> {
    let point = parts.iter().filter_map(|part| part.scan.point).min();
    let comma = parts.iter().filter_map(|part| part.scan.comma).min();
    let (Some(point), Some(comma)) = (point, comma) else {
        return Ok(());
    };
    let (point, comma) = (lines.at(point), lines.at(comma));
    let (first, first_form, later, later_form) =
        if point < comma { (point, "point", comma, "comma") } else { (comma, "comma", point, "point") };
    let message = format!(
        "mixed decimals: the amount on line {first} has a decimal {first_form}, the one on line {later} a decimal {later_form}"
    );
    Err(Refusal::at(later, "amount", message, "Download the report again; do not save it in a spreadsheet"))
}

/// A refusal because of a NUL byte on this line.
pub(crate) fn refuse_nul(line: u64) -> Refusal {
    Refusal::at(
        line,
        "",
        "the file holds NUL bytes; it is damaged or saved as UTF-16",
        "Download the report again; in a spreadsheet save it as UTF-8",
    )
}

/// A refusal because the stream could not be read.
pub(crate) fn refuse_block(error: &BlockError) -> Refusal {
    match error {
        BlockError::Io(error) => {
            Refusal::whole(format!("The file could not be read: {error}"), "Check the file and try again")
        }
        BlockError::LongLine => {
            Refusal::whole("A line is longer than 1 MiB", "This is no settlement report; choose another file")
        }
        BlockError::TooLarge => Refusal::whole(
            format!("The file is larger than {} GiB when unpacked", MOST_FILE_BYTES >> 30),
            "Split the period into several reports",
        ),
    }
}

/// A whole number of units, such as `12` or `12.00`.
pub(crate) fn quantity(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let whole = text.strip_suffix(".00").or_else(|| text.strip_suffix(".0")).unwrap_or(text);
    whole.parse().ok().filter(|count: &i64| (-1_000_000..=1_000_000).contains(count))
}
