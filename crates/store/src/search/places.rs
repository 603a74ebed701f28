//! Where the lines of a search stand: keys found in an index, then the lines themselves by key.

use std::{collections::HashMap, fmt::Write as _};

use ecom_ledger::Account;

use crate::{
    error::Result,
    ids::{LabelId, SkuId},
    line::{self, LINE_COLUMNS, LineCursor, LineView, Source},
    tx::{Scoped, Tx, fetch_all},
};

use super::{
    LineOrder, LineSearch, LineSort, MOST_SORTED, SearchCursor,
    texts::{self, Texts},
};

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
    pub(super) cut: bool,
    /// Its lines of the label asked for.
    of_label: i64,
    /// Whether the label leads to the lines.
    pub(super) by_label: bool,
    /// Accounts that may have such lines.
    pub(super) accounts: Vec<i64>,
    /// Accounts with lines on the days and at the marketplace, with the number of lines as printed.
    moved: Vec<(i64, i64)>,
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
        let mut sources = sourced(search, rows);
        if search.label.is_some() && search.order_id.is_none() {
            for source in &mut sources {
                self.weigh(search, source).await?;
            }
            sources.retain(|source| !source.accounts.is_empty());
        }
        Ok(sources)
    }

    /// Finds out whether the label leads to fewer lines than product, or accounts and days, by indexes alone.
    async fn weigh(&mut self, search: &LineSearch, source: &mut Sourced) -> Result<()> {
        let most = usize::try_from(source.of_label).unwrap_or(0) + 1;
        if search.sku.is_some() {
            let text = self.texts(search).of_product(source);
            let counted = self.keys(&text, search, source, most).await?;
            source.by_label = counted.first().is_some_and(|(count, ..)| *count > source.of_label);
        } else if source.cut {
            let text = self.texts(search).label_accounts();
            let taken = self.keys(&text, search, source, Account::SLOTS).await?;
            let has_label = |account: i64| taken.iter().any(|(one, ..)| *one == account);
            let near: Vec<(i64, i64)> =
                source.moved.iter().copied().filter(|(account, _)| has_label(*account)).collect();
            let lines: i64 = near.iter().map(|(_, lines)| lines).sum();
            source.by_label = lines >= source.of_label;
            source.accounts = near.into_iter().map(|(account, _)| account).collect();
        } else {
            source.by_label = true;
        }
        Ok(())
    }

    /// The places of all lines, unless there are more than [`MOST_SORTED`].
    pub(super) async fn few_places(
        &mut self,
        search: &LineSearch,
        sources: &[Sourced],
        sort: LineSort,
    ) -> Result<Option<Vec<Place>>> {
        if known_lines(search, sources).is_some_and(|lines| lines > MOST_SORTED) {
            return Ok(None);
        }
        // Where an index tells alone how many there are, amounts are looked up only if they are few.
        let told = sort == LineSort::Amount && sources.iter().all(|source| texts::in_index(search, source));
        if told && self.places(search, sources, LineSort::Line).await?.is_none() {
            return Ok(None);
        }
        self.places(search, sources, sort).await
    }

    async fn places(
        &mut self,
        search: &LineSearch,
        sources: &[Sourced],
        sort: LineSort,
    ) -> Result<Option<Vec<Place>>> {
        let mut places = Vec::new();
        for source in sources {
            let left = MOST_SORTED + 1 - places.len();
            let keys = self.keys(&self.texts(search).few(source, sort), search, source, left).await?;
            places.extend(keys.into_iter().map(|key| place(source, key)));
            if places.len() > MOST_SORTED {
                return Ok(None);
            }
        }
        Ok(Some(places))
    }

    /// Up to `most` places after another, of too many lines to be sorted.
    pub(super) async fn many_places(
        &mut self,
        search: &LineSearch,
        sources: &[Sourced],
        after: Option<SearchCursor>,
        most: usize,
    ) -> Result<(Vec<Place>, LineOrder)> {
        let by_account = texts::by_account(search, sources);
        let order = if by_account { LineOrder::ByAccount } else { LineOrder::AsAsked };
        let first = after.map_or(i64::MIN, |after| after.place.0[0]);
        let mut places: Vec<Place> = Vec::new();
        for source in sources.iter().filter(|source| source.source.0 >= first) {
            let after = after.map(|after| after.place).filter(|place| place.0[0] == source.source.0);
            for text in self.texts(search).many(source, by_account, after) {
                let keys = self.keys(&text, search, source, most - places.len()).await?;
                places.extend(keys.into_iter().map(|key| place(source, key)));
                if places.len() >= most {
                    return Ok((places, order));
                }
            }
        }
        Ok((places, order))
    }

    fn texts<'s>(&self, search: &'s LineSearch) -> Texts<'s> {
        Texts { search, by_key: matches!(self.tx, Tx::Sqlite(_)) }
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
            let (accounts, moved) = (Vec::new(), Vec::new());
            sources.push(Sourced { source, cut, of_label, by_label: false, accounts, moved });
        }
        if let Some(source) = sources.last_mut() {
            source.accounts.push(account);
            source.moved.push((account, lines));
        }
    }
    sources
}

fn codes(search: &LineSearch) -> String {
    search.accounts.iter().map(|account| account.code().to_string()).collect::<Vec<_>>().join(", ")
}

fn place(source: &Sourced, (by, line, column, part): Key) -> Place {
    Place { by, settlement: source.source.0, line, column, part }
}

/// A number of lines that the rollups vouch for, if they can tell.
fn known_lines(search: &LineSearch, sources: &[Sourced]) -> Option<usize> {
    let sum = |of: fn(&Sourced) -> i64| usize::try_from(sources.iter().map(of).sum::<i64>()).ok();
    let whole = search.accounts.is_empty()
        && search.filter.marketplace.is_none()
        && !sources.iter().any(|source| source.cut);
    match search.label {
        _ if search.order_id.is_some() || search.sku.is_some() => None,
        None => sum(|source| source.moved.iter().map(|(_, lines)| lines).sum()),
        Some(_) if whole => sum(|source| source.of_label),
        Some(_) => None,
    }
}
