//! What a sheet would do to the costs that stand: added, changed, the same, and what is wrong with the other rows.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use ecom_ledger::{
    cost::{Cost, CostSheet, Draft},
    day,
};
use ecom_store::Scoped;

use super::Rows;
use crate::{
    cost::product::{same_place, sentence},
    fault::{Fault, Page},
    figure::{Figure, Tile},
    frame::{Frame, Here},
    money,
    notice::Tone,
    period::shown,
    scope::Choices,
    seat::{Manager, Seat},
};

/// Rows of each table that are shown; all are counted.
const MOST_SHOWN: usize = 300;
/// SKUs named as examples.
const MOST_NAMED: usize = 5;

/// A sheet beside the costs that stand.
pub(super) struct Preview {
    pub(super) draft: Draft,
    changes: Vec<Change>,
    /// SKUs that neither a file nor a cost names.
    strangers: Vec<String>,
}

/// What a row does.
struct Change {
    row: u32,
    cost: Cost,
    /// The cost that stands in its place.
    was: Option<Cost>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Added,
    Changed,
    Same,
}

impl Change {
    fn kind(&self) -> Kind {
        match &self.was {
            None => Kind::Added,
            Some(was) if (was.parts, was.to) == (self.cost.parts, self.cost.to) => Kind::Same,
            Some(_) => Kind::Changed,
        }
    }
}

#[derive(Template)]
#[template(path = "cost/preview.html")]
pub(super) struct PreviewPage {
    frame: Frame,
    id: String,
    file: String,
    tiles: Vec<Tile>,
    bad: Vec<BadRow>,
    more_bad: Option<String>,
    changes: Vec<ChangeRow>,
    more: Option<String>,
    strangers: Option<String>,
    seen: String,
    save: Option<String>,
    stale: bool,
}

struct BadRow {
    row: String,
    column: String,
    message: String,
}

struct ChangeRow {
    row: String,
    sku: String,
    days: String,
    place: String,
    was: String,
    is: String,
    state: (&'static str, &'static str),
}

impl Preview {
    pub(super) async fn of(books: &mut Scoped<'_>, rows: &Rows) -> Page<Self> {
        let standing = books.costs().await?;
        let places = Choices::of(books).await?.marketplaces;
        let places: Vec<String> = places.into_iter().map(|(_, name)| name).collect();
        let sold = books.sold_products().await?;
        let draft = Draft::read(rows).map_err(|problems| {
            Fault::Conflict(problems.into_iter().next().map(|one| sentence(&one.message)).unwrap_or_default())
        })?;
        let draft = draft.at_marketplaces(&places).beside(&standing);
        let mut known: BTreeSet<&str> = sold.iter().map(|product| product.sku.as_str()).collect();
        known.extend(standing.all().map(|cost| cost.sku.as_str()));
        Ok(Self::new(draft, &standing, &known))
    }

    fn new(draft: Draft, standing: &CostSheet, known: &BTreeSet<&str>) -> Self {
        let mut by_start: BTreeMap<(&str, i32), Vec<&Cost>> = BTreeMap::new();
        for cost in standing.all() {
            by_start.entry((&cost.sku, cost.from)).or_default().push(cost);
        }
        let change = |(row, cost): &(u32, Cost)| {
            let standing = by_start.get(&(cost.sku.as_str(), cost.from)).into_iter().flatten();
            let was = standing.copied().find(|was| same_place(was, cost)).cloned();
            Change { row: *row, cost: cost.clone(), was }
        };
        let strangers: BTreeSet<&str> = draft.costs.iter().map(|(_, cost)| cost.sku.as_str()).collect();
        Self {
            changes: draft.costs.iter().map(change).collect(),
            strangers: strangers.difference(known).map(|sku| (*sku).to_owned()).collect(),
            draft,
        }
    }

    fn count(&self, kind: Kind) -> usize {
        self.changes.iter().filter(|change| change.kind() == kind).count()
    }

    /// What the person has looked at: if it is no longer so, they look again.
    pub(super) fn seen(&self) -> String {
        let counts = [Kind::Added, Kind::Changed, Kind::Same].map(|kind| self.count(kind).to_string());
        format!("{}.{}", counts.join("."), self.draft.problems.len())
    }

    pub(super) fn page(&self, seat: &Seat<Manager>, id: &str, file: &str, stale: bool) -> Page<PreviewPage> {
        let shown = self.changes.iter().filter(|change| change.kind() != Kind::Same).take(MOST_SHOWN);
        let changing = self.count(Kind::Added) + self.count(Kind::Changed);
        let bad = self.draft.problems.len();
        Ok(PreviewPage {
            frame: seat.frame("Look at the sheet", Here::Costs),
            id: id.to_owned(),
            file: file.to_owned(),
            tiles: self.tiles(),
            bad: self.bad(),
            more_bad: more(bad),
            changes: shown.map(change_row).collect::<Page<_>>()?,
            more: more(changing),
            strangers: self.strangers(),
            seen: self.seen(),
            save: (changing > 0).then(|| {
                let costs = counted(changing, "cost", "costs");
                match bad {
                    0 => format!("Save {costs}"),
                    _ => format!("Save {costs}, leave out {}", counted(bad, "bad row", "bad rows")),
                }
            }),
            stale,
        })
    }

    fn tiles(&self) -> Vec<Tile> {
        let tile = |label, number: usize, note: &str| Tile {
            label,
            figure: Figure::plain(money::count(wide(number))),
            note: note.to_owned(),
            first: false,
        };
        vec![
            tile("New", self.count(Kind::Added), "costs that do not stand yet"),
            tile("Changed", self.count(Kind::Changed), "same product and first day"),
            tile("The same", self.count(Kind::Same), "stand already"),
            tile("Bad rows", self.draft.problems.len(), "are never imported"),
        ]
    }

    fn bad(&self) -> Vec<BadRow> {
        let row = |problem: &ecom_ledger::cost::CostProblem| BadRow {
            row: money::count(i64::from(problem.row)),
            column: problem.column.clone().unwrap_or_default(),
            message: sentence(&problem.message),
        };
        self.draft.problems.iter().take(MOST_SHOWN).map(row).collect()
    }

    fn strangers(&self) -> Option<String> {
        let named = self.strangers.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(", ");
        let more = if self.strangers.len() > MOST_NAMED { " and more" } else { "" };
        let skus = counted(self.strangers.len(), "SKU is", "SKUs are");
        (!self.strangers.is_empty()).then(|| {
            format!("{skus} in no imported file: {named}{more}. Right for products you will sell later; else look for a slip.")
        })
    }
}

fn change_row(change: &Change) -> Page<ChangeRow> {
    let cost = &change.cost;
    let unit = |cost: &Cost| -> Page<String> { Ok(money::exact(cost.currency, cost.unit()?)) };
    let on = |number: i32| shown(day::to_date(number));
    Ok(ChangeRow {
        row: money::count(i64::from(change.row)),
        sku: cost.sku.clone(),
        days: match cost.to {
            Some(to) => format!("{} – {}", on(cost.from), on(to)),
            None => format!("from {}", on(cost.from)),
        },
        place: cost.marketplace.clone().unwrap_or_else(|| "All".to_owned()),
        was: change.was.as_ref().map(unit).transpose()?.unwrap_or_default(),
        is: unit(cost)?,
        state: match change.kind() {
            Kind::Changed => ("changed", Tone::Attention.class()),
            _ => ("new", Tone::Good.class()),
        },
    })
}

fn wide(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn counted(number: usize, one: &str, many: &str) -> String {
    money::counted(wide(number), one, many)
}

fn more(all: usize) -> Option<String> {
    (all > MOST_SHOWN).then(|| format!("The first {MOST_SHOWN} of {} are shown.", money::count(wide(all))))
}
