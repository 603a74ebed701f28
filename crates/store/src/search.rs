//! Search of lines by order, product, label, account, settlement and day.
//!
//! What a filter leaves is found in an index alone, up to [`MOST_SORTED`] lines; these are sorted as asked. More than
//! that are not sorted: their pages follow the index they are read from, so that a page costs the same wherever it
//! stands and however many lines there are.

mod beginning;
mod places;
mod texts;

use std::{fmt, str::FromStr};

use ecom_ledger::Account;

use crate::{
    error::{Result, StoreError},
    figures::Filter,
    ids::{LabelId, SkuId},
    line::{LineCursor, LineView},
    tx::Scoped,
};

use places::Place;

/// Most lines that are counted and sorted.
pub const MOST_SORTED: usize = 10_000;
/// Most lines of a page.
const MOST_LINES: usize = 500;

/// Which lines to find. What is not given does not narrow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineSearch {
    /// Days, settlement, account at Amazon and so on. Without a settlement: all active ones.
    pub filter: Filter,
    /// Order id, letter by letter.
    pub order_id: Option<String>,
    /// Product; 0 is the lines without one.
    pub sku: Option<SkuId>,
    /// Label.
    pub label: Option<LabelId>,
    /// Any of these accounts; none: all. See [`accounts_named`].
    pub accounts: Vec<Account>,
}

impl LineSearch {
    /// All lines of a filter.
    pub fn of(filter: Filter) -> Self {
        Self { filter, order_id: None, sku: None, label: None, accounts: Vec::new() }
    }
}

/// What lines are sorted by; settlement and line number decide among equals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineSort {
    /// Settlement in the order of imports, then line of the file.
    Line,
    /// Posting day.
    Day,
    /// Amount.
    Amount,
}

/// How many lines a search leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineCount {
    /// So many.
    Exact(usize),
    /// More than [`MOST_SORTED`].
    More,
}

/// The order in which the lines of a page stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineOrder {
    /// As asked.
    AsAsked,
    /// Too many to sort: by settlement, then account, then product and day.
    ByAccount,
}

/// A page of lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinePage {
    /// The lines.
    pub lines: Vec<LineView>,
    /// Where the next page begins, if there is one.
    pub next: Option<SearchCursor>,
    /// How many lines there are in all.
    pub count: LineCount,
    /// How they are sorted.
    pub order: LineOrder,
}

/// The answer to a search.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Search {
    /// A page.
    Found(LinePage),
    /// More than [`MOST_SORTED`] lines: they can be sorted by line, the first of them first, and no other way.
    Narrow,
}

/// The last line of a page; as text eight numbers with dots between.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SearchCursor {
    pub(crate) place: LineCursor,
    amount: i64,
}

impl fmt::Display for SearchCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.amount, self.place)
    }
}

impl FromStr for SearchCursor {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        let (amount, place) = text.split_once('.').unwrap_or((text, ""));
        let place = place.parse()?;
        let amount = amount
            .parse()
            .map_err(|_| StoreError::Conflict("that place in the list does not exist".to_owned()))?;
        Ok(Self { place, amount })
    }
}

impl SearchCursor {
    fn of(line: &LineView) -> Self {
        Self { place: line.cursor, amount: line.amount }
    }

    /// The line's place among sorted ones.
    fn sorted(&self, sort: LineSort) -> Place {
        let LineCursor([settlement, _, _, day, line, column, part]) = self.place;
        let by = match sort {
            LineSort::Line => 0,
            LineSort::Day => day,
            LineSort::Amount => self.amount,
        };
        Place { by, settlement, line, column, part }
    }
}

/// The accounts that a text means: one by its whole name, or all below a name such as `expense:fee:`.
pub fn accounts_named(text: &str) -> Vec<Account> {
    let text = text.trim();
    let below = format!("{}:", text.trim_end_matches(':'));
    let all = Account::ALL.iter().copied();
    all.filter(|account| account.name() == text || account.name().starts_with(&below)).collect()
}

impl Scoped<'_> {
    /// Up to `most` lines after a place, sorted. See [`Search`] for what happens when too many are left.
    pub async fn search_lines(
        &mut self,
        search: &LineSearch,
        sort: LineSort,
        descending: bool,
        after: Option<SearchCursor>,
        most: usize,
    ) -> Result<Search> {
        let most = most.clamp(1, MOST_LINES);
        let sources = self.search_sources(search).await?;
        match self.few_places(search, &sources, sort).await? {
            Some(mut places) => {
                let count = LineCount::Exact(places.len());
                places.sort_unstable();
                if descending {
                    places.reverse();
                }
                if let Some(after) = after.map(|after| after.sorted(sort)) {
                    places.retain(|place| if descending { *place < after } else { *place > after });
                }
                let lines = self.views(&sources, &places[..places.len().min(most + 1)]).await?;
                Ok(Search::Found(page(lines, most, count, LineOrder::AsAsked)))
            }
            None if sort == LineSort::Line && !descending => {
                let (places, order) = self.many_places(search, &sources, after, most + 1).await?;
                let lines = self.views(&sources, &places).await?;
                Ok(Search::Found(page(lines, most, LineCount::More, order)))
            }
            None => Ok(Search::Narrow),
        }
    }
}

/// A page from up to one line more than it holds.
fn page(mut lines: Vec<LineView>, most: usize, count: LineCount, order: LineOrder) -> LinePage {
    let more = lines.len() > most;
    lines.truncate(most);
    let next = lines.last().filter(|_| more).map(SearchCursor::of);
    LinePage { lines, next, count, order }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_named_whole_or_by_what_stands_above_it() {
        assert_eq!(accounts_named("expense:fee:gst"), [Account::FeeGst]);
        assert_eq!(accounts_named(" asset:tcs: ").len(), 3);
        assert_eq!(accounts_named("asset:tcs").len(), 3);
        assert_eq!(accounts_named("asset:tds"), [Account::Tds], "tds_on_fees is no part of it");
        assert!(accounts_named("").is_empty() && accounts_named("expense:f").is_empty());
    }

    #[test]
    fn a_cursor_is_read_back_and_nothing_else_is() {
        let cursor: SearchCursor = "-5.1.2.3.4.5.6.0".parse().unwrap();
        assert_eq!(cursor.to_string(), "-5.1.2.3.4.5.6.0");
        for text in ["", ".", "5", "1.2.3.4.5.6.7", "a.1.2.3.4.5.6.0", "1.2.3.4.5.6.7.8.9"] {
            assert!(text.parse::<SearchCursor>().is_err(), "{text}");
        }
    }
}
