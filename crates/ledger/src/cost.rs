//! What products cost: per SKU, from a day on, optionally for one marketplace, in components without GST.
//!
//! Spans of one SKU and marketplace never overlap; gaps are reported. A missing cost is unknown, never zero.

use std::collections::BTreeMap;

use crate::{Error, day, money::Currency, settlement::amount_of_text};

mod draft;

pub use draft::Draft;

/// Largest number of rows of a cost sheet.
pub const MOST_ROWS: usize = 200_000;
/// Longest SKU of a cost sheet, in characters; Amazon's own limit is 40.
pub const MOST_SKU_CHARS: usize = 100;
/// Largest part of the cost of one unit in minor units: 100 crore rupees. Times a million units it still fits.
pub const MOST_PART: i64 = 100_000_000_000;

/// One row of a cost sheet. Money in minor units.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cost {
    /// Stock-keeping unit.
    pub sku: String,
    /// Marketplace, such as `Amazon.in`; none: all.
    pub marketplace: Option<String>,
    /// Currency of the parts.
    pub currency: Currency,
    /// First day.
    pub from: i32,
    /// Last day, if it ends.
    pub to: Option<i32>,
    /// Goods, freight, duty, packing, other.
    pub parts: [i64; 5],
}

impl Cost {
    /// Names of the parts, as columns of a sheet.
    pub const PARTS: [&'static str; 5] = ["goods", "freight", "duty", "packing", "other"];

    /// The cost of one unit.
    pub fn unit(&self) -> Result<i64, Error> {
        self.parts.iter().try_fold(0_i64, |sum, part| sum.checked_add(*part)).ok_or(Error::Overflow)
    }
}

/// What is wrong with a row of a sheet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CostProblem {
    /// Row of the sheet, from 1.
    pub row: u32,
    /// Column name, if one is at fault.
    pub column: Option<String>,
    /// What is wrong and what to do.
    pub message: String,
}

/// Costs of many products, ready to be asked.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct CostSheet {
    /// By (SKU, marketplace or empty, currency), in the order of their first day.
    spans: BTreeMap<(String, String, Currency), Vec<Cost>>,
}

/// A stretch of days without a cost between two costs of a product.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gap {
    /// Stock-keeping unit.
    pub sku: String,
    /// First day without a cost.
    pub from: i32,
    /// Last day without a cost.
    pub to: i32,
}

impl CostSheet {
    /// Reads numbered rows of cells, the header first. All problems are told, not only the first.
    ///
    /// ```
    /// use ecom_ledger::cost::CostSheet;
    /// let rows = [["sku", "from", "goods"], ["MUG-RED", "2026-04-01", "85.50"]];
    /// let rows: Vec<_> = (1..).zip(rows.map(|row| row.map(str::to_owned).to_vec())).collect();
    /// assert_eq!(CostSheet::read(&rows).unwrap().all().count(), 1);
    /// ```
    pub fn read(rows: &[(u32, Vec<String>)]) -> Result<Self, Vec<CostProblem>> {
        let draft = Draft::read(rows)?.beside(&Self::default());
        if draft.problems.is_empty() { Ok(draft.sheet()) } else { Err(draft.problems) }
    }

    /// Puts costs together; overlaps are refused.
    pub fn new(costs: Vec<Cost>) -> Result<Self, Vec<CostProblem>> {
        let mut problems = Vec::new();
        let placed = Self::place((1..).zip(costs).collect(), &mut problems);
        if problems.is_empty() { Ok(placed.into()) } else { Err(problems) }
    }

    /// Puts costs in their order and takes out those that overlap one before them.
    fn place(costs: Vec<(u32, Cost)>, problems: &mut Vec<CostProblem>) -> Placed {
        let mut placed = Placed::new();
        for (row, cost) in costs {
            placed.entry(key(&cost)).or_default().push((row, cost));
        }
        for spans in placed.values_mut() {
            spans.sort_by_key(|(row, cost)| (cost.from, *row));
            *spans = apart(std::mem::take(spans), problems);
        }
        placed
    }

    /// All costs.
    pub fn all(&self) -> impl Iterator<Item = &Cost> {
        self.spans.values().flatten()
    }

    /// The costs of a product at a marketplace, to be asked for many days.
    pub fn spans(&self, sku: &str, marketplace: &str, currency: Currency) -> CostSpans<'_> {
        if self.spans.is_empty() {
            return CostSpans::default();
        }
        let of =
            |place: String| self.spans.get(&(sku.to_owned(), place, currency)).map_or(&[][..], Vec::as_slice);
        let place = fold(marketplace);
        CostSpans { special: if place.is_empty() { &[] } else { of(place) }, general: of(String::new()) }
    }

    /// The cost of one unit on a day: that of the marketplace before the general one; none if unknown.
    pub fn unit(
        &self,
        sku: &str,
        marketplace: &str,
        currency: Currency,
        day: i32,
    ) -> Result<Option<i64>, Error> {
        self.spans(sku, marketplace, currency).unit(day)
    }

    /// Days between two costs of a product that neither covers.
    pub fn gaps(&self) -> Vec<Gap> {
        let pairs = self.spans.values().flat_map(|spans| spans.windows(2));
        pairs
            .filter_map(|pair| {
                let to = pair[0].to.filter(|to| to + 1 < pair[1].from)?;
                Some(Gap { sku: pair[0].sku.clone(), from: to + 1, to: pair[1].from - 1 })
            })
            .collect()
    }
}

/// By (SKU, marketplace or empty, currency), each cost with the row of its sheet; 0 for one that stands already.
type Placed = BTreeMap<(String, String, Currency), Vec<(u32, Cost)>>;

impl From<Placed> for CostSheet {
    fn from(placed: Placed) -> Self {
        let bare = |costs: Vec<(u32, Cost)>| costs.into_iter().map(|(_, cost)| cost).collect();
        Self { spans: placed.into_iter().map(|(key, costs)| (key, bare(costs))).collect() }
    }
}

/// The costs of one product: those of its marketplace before those of all.
#[derive(Clone, Copy, Default, Debug)]
pub struct CostSpans<'a> {
    special: &'a [Cost],
    general: &'a [Cost],
}

impl CostSpans<'_> {
    /// The cost of one unit on a day; none if unknown.
    pub fn unit(&self, day: i32) -> Result<Option<i64>, Error> {
        for spans in [self.special, self.general] {
            let at = spans.partition_point(|cost| cost.from <= day);
            let last = at.checked_sub(1).and_then(|at| spans.get(at));
            if let Some(cost) = last.filter(|cost| cost.to.is_none_or(|to| day <= to)) {
                return cost.unit().map(Some);
            }
        }
        Ok(None)
    }

    /// Cost of goods sold (≤ 0) of some units, and how many of them have no known cost.
    pub fn cogs(&self, day: i32, units: i64) -> Result<(i64, i64), Error> {
        match self.unit(day)? {
            Some(unit) => {
                let cost = unit.checked_mul(units).and_then(i64::checked_neg);
                Ok((cost.ok_or(Error::Overflow)?, 0))
            }
            None => Ok((0, units)),
        }
    }
}

fn key(cost: &Cost) -> (String, String, Currency) {
    (cost.sku.clone(), fold(cost.marketplace.as_deref().unwrap_or_default()), cost.currency)
}

/// Takes out what overlaps: of two costs the later one, but never one that stands already (row 0). A new cost with
/// the first day of a standing one takes its place; should it have to go, the standing one is back.
fn apart(spans: Vec<(u32, Cost)>, problems: &mut Vec<CostProblem>) -> Vec<(u32, Cost)> {
    let mut kept: Vec<(u32, Cost, Option<Cost>)> = Vec::new();
    for (row, cost) in spans {
        if let Some(last) = kept.last_mut().filter(|last| last.0 == 0 && row > 0 && last.1.from == cost.from)
        {
            let standing = std::mem::replace(&mut last.1, cost);
            (last.0, last.2) = (row, Some(standing));
            continue;
        }
        let overlaps = |kept: &Vec<(u32, Cost, Option<Cost>)>| {
            kept.last().and_then(|(above, first, _)| overlap((*above, first), (row, &cost)))
        };
        let mut good = true;
        while let Some(problem) = overlaps(&kept) {
            problems.push(problem);
            if row > 0 {
                good = false;
                break;
            }
            let standing = kept.pop().and_then(|(_, _, standing)| standing);
            kept.extend(standing.map(|standing| (0, standing, None)));
        }
        if good {
            kept.push((row, cost, None));
        }
    }
    kept.into_iter().map(|(row, cost, _)| (row, cost)).collect()
}

fn fold(marketplace: &str) -> String {
    marketplace.trim().to_lowercase()
}

/// What is wrong with two costs that follow each other; told at the row of the one that is no standing cost.
fn overlap((above, first): (u32, &Cost), (row, second): (u32, &Cost)) -> Option<CostProblem> {
    let date = |day: i32| day::to_date(day).to_string();
    let message = if first.from == second.from {
        format!("`{}` has two costs from {}; keep one of them", second.sku, date(second.from))
    } else if first.to.is_some_and(|to| to >= second.from) {
        format!(
            "the cost of `{}` from {} overlaps the one before it, which lasts until {}; end that one earlier",
            second.sku,
            date(second.from),
            date(first.to.unwrap_or(second.from)),
        )
    } else {
        return None;
    };
    let (row, column) = if row == 0 { (above, "to") } else { (row, "from") };
    Some(CostProblem { row, column: Some(column.to_owned()), message })
}

/// Where the columns of a sheet stand.
struct Header {
    sku: usize,
    from: usize,
    to: Option<usize>,
    marketplace: Option<usize>,
    currency: Option<usize>,
    parts: [Option<usize>; 5],
    /// Whether some date of the sheet shows that its days stand before its months.
    day_first: bool,
}

impl Header {
    fn read(rows: &[(u32, Vec<String>)]) -> Result<Self, Vec<CostProblem>> {
        let problem = |message: String| vec![CostProblem { row: 1, column: None, message }];
        if rows.len() > MOST_ROWS {
            return Err(problem(format!("the sheet has more than {MOST_ROWS} rows; split it")));
        }
        let names: Vec<String> = rows
            .first()
            .map(|(_, row)| row.iter().map(|cell| column_name(cell)).collect())
            .unwrap_or_default();
        let find = |wanted: &[&str]| names.iter().position(|name| wanted.contains(&name.as_str()));
        let known =
            ["sku", "from", "effectivefrom", "date", "to", "until", "marketplace", "currency", "cost", ""];
        let stranger = names
            .iter()
            .find(|name| !known.contains(&name.as_str()) && !Cost::PARTS.contains(&name.as_str()));
        if let Some(name) = stranger {
            return Err(problem(format!(
                "column `{name}` is not known; use sku, from, to, marketplace, currency, goods, freight, duty, packing, other"
            )));
        }
        let mut parts = Cost::PARTS.map(|part| find(&[part]));
        parts[0] = parts[0].or_else(|| find(&["cost"]));
        match (find(&["sku"]), find(&["from", "effectivefrom", "date"]), parts[0]) {
            (Some(sku), Some(from), Some(_)) => Ok(Self {
                sku,
                from,
                to: find(&["to", "until"]),
                marketplace: find(&["marketplace"]),
                currency: find(&["currency"]),
                parts,
                day_first: false,
            }),
            _ => Err(problem("the first row must name at least the columns sku, from, goods".to_owned())),
        }
    }

    fn shows_day_first(&self, row: &[String]) -> bool {
        [Some(self.from), self.to]
            .iter()
            .flatten()
            .any(|&at| row.get(at).is_some_and(|cell| day::shows_day_first(cell)))
    }

    fn cost(&self, row: &[String]) -> Result<Cost, (&'static str, String)> {
        let cell = |at: Option<usize>| at.and_then(|at| row.get(at)).map_or("", |cell| cell.trim());
        let sku = cell(Some(self.sku));
        if sku.is_empty() {
            return Err(("sku", "the SKU is empty".to_owned()));
        }
        if sku.chars().any(char::is_control) {
            return Err(("sku", "the SKU holds control characters; type it anew".to_owned()));
        }
        if sku.chars().count() > MOST_SKU_CHARS {
            return Err(("sku", format!("the SKU has more than {MOST_SKU_CHARS} characters")));
        }
        let currency = match cell(self.currency) {
            "" => Currency::INR,
            code => Currency::parse(code).map_err(|error| ("currency", error.to_string()))?,
        };
        let date = |text: &str| day::of_text(text, self.day_first).map_err(|error| error.to_string());
        let from = date(cell(Some(self.from))).map_err(|message| ("from", message))?;
        let to = match cell(self.to) {
            "" => None,
            text => Some(date(text).map_err(|message| ("to", message))?),
        };
        if to.is_some_and(|to| to < from) {
            return Err(("to", "the last day is before the first".to_owned()));
        }
        let mut parts = [0; 5];
        for ((part, at), name) in parts.iter_mut().zip(self.parts).zip(Cost::PARTS) {
            *part = money(cell(at), currency, name == "goods").map_err(|message| (name, message))?;
        }
        let marketplace = Some(cell(self.marketplace)).filter(|name| !name.is_empty()).map(str::to_owned);
        Ok(Cost { sku: sku.to_owned(), marketplace, currency, from, to, parts })
    }
}

fn column_name(cell: &str) -> String {
    cell.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn money(text: &str, currency: Currency, needed: bool) -> Result<i64, String> {
    if text.is_empty() {
        return if needed { Err("the cost is empty; a cost of nothing is 0".to_owned()) } else { Ok(0) };
    }
    match amount_of_text(text, currency) {
        Some(amount) if amount < 0 => Err(format!("`{text}` is negative; costs are written without a sign")),
        Some(amount) if amount > MOST_PART => Err(format!("`{text}` is more than one unit can cost")),
        Some(amount) => Ok(amount),
        None => Err(format!("`{text}` is no amount; write it as 1234.50")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn rows(text: &str) -> Vec<(u32, Vec<String>)> {
        (1..).zip(text.lines().map(|line| line.split(',').map(str::to_owned).collect())).collect()
    }

    fn on(date: &str) -> i32 {
        day::of_date(date.parse().unwrap())
    }

    #[test]
    fn the_cost_of_a_day_is_the_one_that_holds_on_it() {
        let sheet = CostSheet::read(&rows(
            "SKU,Effective from,goods,freight,marketplace\nA,2026-01-01,10,0.50,\nA,2026-06-01,12,,\nA,2026-03-01,99,,Amazon.com\n",
        ))
        .unwrap();
        let unit = |place: &str, date| sheet.unit("A", place, Currency::INR, on(date)).unwrap();
        assert_eq!(unit("Amazon.in", "2025-12-31"), None);
        assert_eq!(unit("Amazon.in", "2026-05-31"), Some(1050));
        assert_eq!(unit("Amazon.in", "2026-06-01"), Some(1200));
        assert_eq!(unit("amazon.com", "2026-06-01"), Some(9900));
        assert_eq!(sheet.unit("B", "", Currency::INR, on("2026-06-01")).unwrap(), None);
    }

    #[test]
    fn every_bad_row_is_told_with_its_column() {
        let problems = CostSheet::read(&rows(
            "sku,from,goods\nA,2026-01-01,ten\n,2026-01-01,1\nB,2026-02-30,1\nC,2026-01-01,-5\nD,2026-01-01,\nE,2026-01-01,1\nE,2026-01-01,2",
        ))
        .unwrap_err();
        let told: Vec<(u32, &str)> =
            problems.iter().map(|problem| (problem.row, problem.column.as_deref().unwrap())).collect();
        assert_eq!(told, [(2, "goods"), (3, "sku"), (4, "from"), (5, "goods"), (6, "goods"), (8, "from")]);
    }

    #[test]
    fn overlaps_are_refused_and_gaps_reported() {
        let problems =
            CostSheet::read(&rows("sku,from,to,goods\nA,2026-01-01,2026-03-31,1\nA,2026-03-01,,2"))
                .unwrap_err();
        assert!(problems[0].message.contains("overlaps"), "{problems:?}");
        let sheet =
            CostSheet::read(&rows("sku,from,to,goods\nA,2026-01-01,2026-01-31,1\nA,2026-03-01,,2")).unwrap();
        assert_eq!(sheet.gaps(), [Gap { sku: "A".into(), from: on("2026-02-01"), to: on("2026-02-28") }]);
        assert_eq!(sheet.unit("A", "", Currency::INR, on("2026-02-10")).unwrap(), None);
    }

    #[test]
    fn a_draft_keeps_the_good_rows_and_tells_the_bad_ones() {
        let standing =
            CostSheet::read(&rows("sku,from,to,goods\nA,2026-01-01,2026-03-31,1\nB,2026-05-01,,1"));
        let standing = standing.unwrap();
        let draft = Draft::read(&rows(
            "sku,from,to,goods,marketplace\nA,2026-03-01,,2\nA,2026-01-01,2026-02-28,3\nB,2026-01-01,2026-06-30,4\nB,2026-02-01,,5\nC,2026-01-01,,x\nC,2026-01-01,,6,Amazn.in\nC,2026-02-01,,7,amazon.IN",
        ));
        let draft = draft.unwrap().at_marketplaces(&["Amazon.in".to_owned()]).beside(&standing);
        let good: Vec<(u32, i64)> = draft.costs.iter().map(|(row, cost)| (*row, cost.parts[0])).collect();
        // Row 3 ends the cost that stands, so that row 2 fits behind it.
        assert_eq!(good, [(2, 200), (3, 300), (8, 700)]);
        let told: Vec<(u32, &str)> =
            draft.problems.iter().map(|bad| (bad.row, bad.column.as_deref().unwrap())).collect();
        assert_eq!(told, [(4, "to"), (5, "from"), (6, "goods"), (7, "marketplace")]);
        let kept =
            standing.all().filter(|cost| cost.sku == "B").chain(draft.costs.iter().map(|(_, cost)| cost));
        assert!(CostSheet::new(kept.cloned().collect()).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn what_a_draft_keeps_fits_beside_what_stands(
            standing in proptest::collection::vec((0_i32..40, 0_i32..20), 0..8),
            new in proptest::collection::vec((0_i32..40, 0_i32..20), 1..12),
        ) {
            let cost = |(from, days): &(i32, i32)| Cost {
                sku: "A".into(), marketplace: None, currency: Currency::INR, from: *from,
                to: (*days > 0).then_some(from + days), parts: [0; 5],
            };
            let first = (1..).zip(standing.iter().map(cost)).collect();
            let standing = Draft { costs: first, problems: Vec::new() }.beside(&CostSheet::default()).sheet();
            let count = new.len();
            let draft = Draft { costs: (2..).zip(new.iter().map(cost)).collect(), problems: Vec::new() };
            let draft = draft.beside(&standing);
            let rows: BTreeSet<u32> = draft.costs.iter().map(|(row, _)| *row)
                .chain(draft.problems.iter().map(|problem| problem.row)).collect();
            proptest::prop_assert_eq!(rows.len(), count, "every row is either good or bad");
            proptest::prop_assert_eq!(draft.costs.len() + draft.problems.len(), count);
            let replaced = |old: &&Cost| draft.costs.iter().all(|(_, new)| new.from != old.from);
            let all = standing.all().filter(replaced).chain(draft.costs.iter().map(|(_, cost)| cost));
            proptest::prop_assert!(CostSheet::new(all.cloned().collect()).is_ok());
        }
    }

    #[test]
    fn costs_beyond_all_reason_are_refused() {
        let says = |text: &str| CostSheet::read(&rows(text)).unwrap_err()[0].message.clone();
        assert!(says("sku,from,goods\nA,2026-01-01,1000000000.01").contains("more than one unit can cost"));
        assert!(
            says(&format!("sku,from,goods\n{},2026-01-01,1", "A".repeat(101))).contains("100 characters")
        );
    }

    #[test]
    fn indian_dates_are_read_once_one_of_them_shows_their_order() {
        let sheet = CostSheet::read(&rows("sku,from,goods\nA,01/04/2026,1\nB,15/04/2026,2")).unwrap();
        assert_eq!(sheet.all().map(|cost| cost.from).min(), Some(on("2026-04-01")));
        let problems = CostSheet::read(&rows("sku,from,goods\nA,01/04/2026,1")).unwrap_err();
        assert!(problems[0].message.contains("may be 2026-04-01 or 2026-01-04"), "{problems:?}");
    }

    #[test]
    fn a_sheet_without_the_needed_columns_says_which() {
        assert!(
            CostSheet::read(&rows("sku,price\nA,1")).unwrap_err()[0].message.contains("`price` is not known")
        );
        assert!(CostSheet::read(&rows("sku,from\nA,1")).unwrap_err()[0].message.contains("sku, from, goods"));
        assert!(CostSheet::read(&[]).is_err());
    }
}
