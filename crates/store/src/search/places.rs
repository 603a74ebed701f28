//! Where the lines of a search stand: keys found in an index, then the lines themselves by key.
//!
//! SQLite has no statistics to go by, so each text leaves it one index to use: terms that must not lead to another
//! one carry a `+`, which both engines read as "this value".

use std::{collections::HashMap, fmt::Write as _};

use crate::{
    error::Result,
    ids::{LabelId, MarketplaceId, SkuId},
    line::{self, LINE_COLUMNS, LineCursor, LineView, Source},
    tx::{Scoped, fetch_all},
};

use super::{LineOrder, LineSearch, LineSort, MOST_SORTED, SearchCursor};

/// From so many lines of a label in a settlement on, a product leads to its lines faster than the label.
const FEW_OF_LABEL: i64 = 20_000;

/// A line among sorted ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Place {
    /// What it is sorted by.
    pub(super) by: i64,
    pub(super) settlement: i64,
    pub(super) line: i64,
    pub(super) column: i64,
    pub(super) part: i64,
}

/// A settlement that may have lines of the search.
pub(super) struct Sourced {
    source: Source,
    /// Whether some of its lines are outside of the days.
    cut: bool,
    /// Its lines of the label asked for.
    of_label: i64,
    /// Accounts with lines on the days and at the marketplace.
    accounts: Vec<i64>,
    /// Lines of these accounts, as printed.
    lines: i64,
}

type SourceRow = (i64, String, i64, String, String, i64, i64, i64, i64, i64);
type Key = (i64, i64, i64, i64);

impl Scoped<'_> {
    /// Settlements that have such lines by the rollups, in the order of their keys.
    pub(super) async fn search_sources(&mut self, search: &LineSearch) -> Result<Vec<Sourced>> {
        let filter = &search.filter;
        let mut wanted = filter.active();
        if !search.accounts.is_empty() {
            let _ = write!(wanted, " and d.account in ({})", codes(search));
        }
        if let Some(SkuId(sku)) = search.sku {
            let _ = write!(
                wanted,
                " and exists (select 1 from product_month p
                     where p.tenant_id = s.tenant_id and p.settlement = s.id and p.sku = {sku})"
            );
        }
        let label = search.label.map_or(-1, |LabelId(label)| label);
        if search.label.is_some() {
            wanted.push_str(" and b.lines is not null");
        }
        let text = format!(
            "select s.id, s.settlement_id, s.file, f.name, s.currency, s.first_day, s.last_day,
                    coalesce(b.lines, 0), d.account, cast(sum(d.lines) as bigint)
             from settlement s
             join file f on f.tenant_id = s.tenant_id and f.id = s.file
             join statement_day d on d.tenant_id = s.tenant_id and d.settlement = s.id
             left join label_sum b on b.tenant_id = s.tenant_id and b.settlement = s.id and b.label = $4
             where s.tenant_id = $1 and s.last_day >= $2 and s.first_day <= $3 and d.day between $2 and $3
               and ($5 = '' or exists (select 1 from order_run r
                   where r.tenant_id = s.tenant_id and r.order_id = $5 and r.settlement = s.id)) {wanted}
             group by s.id, s.settlement_id, s.file, f.name, s.currency, s.first_day, s.last_day, b.lines, d.account
             order by s.id, d.account"
        );
        let rows = fetch_all!(
            SourceRow,
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            self.tenant.0,
            i64::from(filter.from),
            i64::from(filter.to),
            label,
            search.order_id.as_deref().unwrap_or_default(),
        )?;
        Ok(sourced(search, rows))
    }

    /// The places of all lines, unless there are more than [`MOST_SORTED`].
    pub(super) async fn few_places(
        &mut self,
        search: &LineSearch,
        sources: &[Sourced],
        sort: LineSort,
    ) -> Result<Option<Vec<Place>>> {
        let loose = search.order_id.is_none() && search.sku.is_none() && search.label.is_none();
        let printed: i64 = sources.iter().map(|source| source.lines).sum();
        if loose && printed > i64::try_from(MOST_SORTED).unwrap_or(i64::MAX) {
            return Ok(None);
        }
        let mut places = Vec::new();
        for source in sources {
            let left = MOST_SORTED + 1 - places.len();
            let keys = self.few_keys(search, source, sort, left).await?;
            let settlement = source.source.0;
            places.extend(keys.into_iter().map(|(by, line, column, part)| Place {
                by,
                settlement,
                line,
                column,
                part,
            }));
            if places.len() > MOST_SORTED {
                return Ok(None);
            }
        }
        Ok(Some(places))
    }

    async fn few_keys(
        &mut self,
        search: &LineSearch,
        source: &Sourced,
        sort: LineSort,
        most: usize,
    ) -> Result<Vec<Key>> {
        let by = match sort {
            LineSort::Line => "cast(0 as bigint)",
            LineSort::Day => "l.day",
            LineSort::Amount => "a.amount",
        };
        // The amount stands in no index: it is looked up for the lines that are found, not for those passed over.
        let amount = match sort {
            LineSort::Amount => {
                "join line a on a.tenant_id = $1 and a.settlement = $2 and a.line = l.line and a.col = l.col
                     and a.part = l.part"
            }
            _ => "",
        };
        let (from, wanted) = match &search.order_id {
            Some(_) => (
                "order_run r join line l on l.tenant_id = r.tenant_id and l.settlement = r.settlement
                     and l.line between r.first_line and r.last_line",
                format!(
                    " and r.tenant_id = $1 and r.settlement = $2 and r.order_id = $6 and l.order_id = $6{}",
                    terms(search, source, "+", "+", "+")
                ),
            ),
            None => ("line l", indexed_terms(search, source)),
        };
        let text = format!(
            "select {by}, l.line, l.col, l.part from {from} {amount}
             where l.tenant_id = $1 and l.settlement = $2 and l.day between $3 and $4 {wanted} limit $5"
        );
        self.keys(&text, search, source, most).await
    }

    /// Up to `most` places after another, of too many lines to be sorted.
    pub(super) async fn many_places(
        &mut self,
        search: &LineSearch,
        sources: &[Sourced],
        after: Option<SearchCursor>,
        most: usize,
    ) -> Result<(Vec<Place>, LineOrder)> {
        let narrowed = search.label.is_some() || search.sku.is_some() || !search.accounts.is_empty();
        let by_account = search.order_id.is_none() && (narrowed || sources.iter().any(|source| source.cut));
        let order = if by_account { LineOrder::ByAccount } else { LineOrder::AsAsked };
        let first = after.map_or(i64::MIN, |after| after.place.0[0]);
        let mut places: Vec<Place> = Vec::new();
        for source in sources.iter().filter(|source| source.source.0 >= first) {
            let settlement = source.source.0;
            let after = after.map(|after| after.place).filter(|place| place.0[0] == settlement);
            for text in many_texts(search, source, by_account, after) {
                let keys = self.keys(&text, search, source, most - places.len()).await?;
                places.extend(keys.into_iter().map(|(by, line, column, part)| Place {
                    by,
                    settlement,
                    line,
                    column,
                    part,
                }));
                if places.len() >= most {
                    return Ok((places, order));
                }
            }
        }
        Ok((places, order))
    }

    /// Runs a text with `$1` tenant, `$2` settlement, `$3` and `$4` days, `$5` limit, and `$6` order if one is asked.
    async fn keys(
        &mut self,
        text: &str,
        search: &LineSearch,
        source: &Sourced,
        most: usize,
    ) -> Result<Vec<Key>> {
        let text = sqlx::AssertSqlSafe(text);
        let (from, to) = (i64::from(search.filter.from), i64::from(search.filter.to));
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        match search.order_id.as_deref() {
            Some(order) => {
                fetch_all!(Key, self.tx, text, self.tenant.0, source.source.0, from, to, most, order)
            }
            None => fetch_all!(Key, self.tx, text, self.tenant.0, source.source.0, from, to, most),
        }
    }

    /// The lines at some places, in their order.
    pub(super) async fn views(&mut self, sources: &[Sourced], places: &[Place]) -> Result<Vec<LineView>> {
        let mut found: HashMap<(i64, i64, i64, i64), LineView> = HashMap::with_capacity(places.len());
        for source in sources {
            let of_source = places.iter().filter(|place| place.settlement == source.source.0);
            let mut lines: Vec<i64> = of_source.map(|place| place.line).collect();
            if lines.is_empty() {
                continue;
            }
            lines.sort_unstable();
            lines.dedup();
            let list = lines.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
            let text =
                format!("{LINE_COLUMNS} where l.tenant_id = $1 and l.settlement = $2 and l.line in ({list})");
            let text = sqlx::AssertSqlSafe(text.as_str());
            for row in fetch_all!(line::Row, self.tx, text, self.tenant.0, source.source.0)? {
                let view = line::view(&source.source, row)?;
                let LineCursor([settlement, .., line, column, part]) = view.cursor;
                found.insert((settlement, line, column, part), view);
            }
        }
        let key = |place: &Place| (place.settlement, place.line, place.column, place.part);
        Ok(places.iter().filter_map(|place| found.remove(&key(place))).collect())
    }
}

fn sourced(search: &LineSearch, rows: Vec<SourceRow>) -> Vec<Sourced> {
    let mut sources: Vec<Sourced> = Vec::new();
    for (id, settlement_id, file, name, currency, first, last, of_label, account, lines) in rows {
        if sources.last().is_none_or(|last| last.source.0 != id) {
            let cut = first < i64::from(search.filter.from) || last > i64::from(search.filter.to);
            let source = (id, settlement_id, file, name, currency);
            sources.push(Sourced { source, cut, of_label, accounts: Vec::new(), lines: 0 });
        }
        if let Some(source) = sources.last_mut() {
            source.accounts.push(account);
            source.lines += lines;
        }
    }
    sources
}

fn codes(search: &LineSearch) -> String {
    search.accounts.iter().map(|account| account.code().to_string()).collect::<Vec<_>>().join(", ")
}

fn joined(accounts: &[i64]) -> String {
    accounts.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}

/// All terms of a search but days and order, each with its mark.
fn terms(search: &LineSearch, source: &Sourced, account: &str, sku: &str, label: &str) -> String {
    let mut text = String::new();
    if let Some(LabelId(id)) = search.label {
        let _ = write!(text, " and {label}l.label = {id}");
    }
    let _ = write!(text, " and {account}l.account in ({})", joined(&source.accounts));
    if let Some(SkuId(id)) = search.sku {
        let _ = write!(text, " and {sku}l.sku = {id}");
    }
    if let Some(MarketplaceId(id)) = search.filter.marketplace {
        let _ = write!(text, " and l.marketplace = {id}");
    }
    text
}

/// Whether the label leads to the lines, rather than account and product.
fn by_label(search: &LineSearch, source: &Sourced) -> bool {
    search.label.is_some() && (search.sku.is_none() || source.of_label <= FEW_OF_LABEL)
}

fn indexed_terms(search: &LineSearch, source: &Sourced) -> String {
    let whole = search.accounts.is_empty() && search.sku.is_none() && search.label.is_none() && !source.cut;
    match (whole, by_label(search, source)) {
        (true, _) => terms(search, source, "+", "", ""),
        (_, true) => terms(search, source, "", "+", ""),
        (_, false) => terms(search, source, "", "", "+"),
    }
}

/// The texts whose keys, one after the other, are a settlement's lines in the order of an index: one text for each
/// account, since PostgreSQL sorts all that several values of a leading column find.
fn many_texts(
    search: &LineSearch,
    source: &Sourced,
    by_account: bool,
    after: Option<LineCursor>,
) -> Vec<String> {
    let select = "select cast(0 as bigint), l.line, l.col, l.part from line l
         where l.tenant_id = $1 and l.settlement = $2 and l.day between $3 and $4";
    if !by_account {
        let order = if search.order_id.is_some() { " and l.order_id = $6" } else { "" };
        let after = after.map_or_else(String::new, |LineCursor([.., line, column, part])| {
            format!(" and (l.line, l.col, l.part) > ({line}, {column}, {part})")
        });
        let terms = terms(search, source, "+", "+", "+");
        return vec![format!("{select} {terms} {order} {after} order by l.line, l.col, l.part limit $5")];
    }
    let label = by_label(search, source);
    let key = if label { "l.day, l.line, l.col, l.part" } else { "l.sku, l.day, l.line, l.col, l.part" };
    let first = after.map_or(i64::MIN, |after| after.0[1]);
    let text = |account: i64| {
        let one = Sourced { source: source.source.clone(), accounts: vec![account], ..*source };
        let terms = indexed_terms(search, &one);
        let after = after.filter(|after| after.0[1] == account).map_or_else(String::new, |after| {
            let LineCursor([_, _, sku, day, line, column, part]) = after;
            let sku = if label { String::new() } else { format!("{sku}, ") };
            format!(" and ({key}) > ({sku}{day}, {line}, {column}, {part})")
        });
        format!("{select} {terms} {after} order by {key} limit $5")
    };
    source.accounts.iter().copied().filter(|account| *account >= first).map(text).collect()
}
