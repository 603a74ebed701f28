//! The SQL of a search in one settlement: which index leads to the lines, and what is looked up beside it.
//!
//! SQLite has no statistics to choose an index by. So each text asks for columns of the index that it means to use,
//! marks other terms with a `+` ("this value" to both engines), and looks the rest up by key, line by line, in a
//! subquery. PostgreSQL reads whole rows anyway, and without statistics, in the minute after a large import, such a
//! lookup could become a scan for each line: there the rest is asked of the row itself.

use crate::{
    ids::{LabelId, MarketplaceId, SkuId},
    line::LineCursor,
};

use super::{LineSearch, LineSort, places::Sourced};

/// What leads to the lines.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The key: all lines of the settlement.
    Key,
    /// The runs of an order.
    Order,
    /// Account, product, day.
    Account,
    /// Label, account.
    Label,
}

/// Makes the texts of a search.
#[derive(Clone, Copy)]
pub(super) struct Texts<'s> {
    pub(super) search: &'s LineSearch,
    /// Whether columns beside the index are looked up by key: on SQLite.
    pub(super) by_key: bool,
}

fn way(search: &LineSearch, source: &Sourced) -> Way {
    let narrowed =
        search.label.is_some() || search.sku.is_some() || !search.accounts.is_empty() || source.cut;
    match search.label {
        _ if search.order_id.is_some() => Way::Order,
        Some(_) if source.by_label => Way::Label,
        _ if narrowed => Way::Account,
        _ => Way::Key,
    }
}

/// From and where: `$1` tenant, `$2` settlement, `$3` and `$4` days, `$6` order. Days are asked for unless the whole
/// settlement lies within them and its label leads to the lines, whose index holds no day.
fn found(texts: Texts<'_>, way: Way, cut: bool, accounts: &[i64]) -> String {
    let search = texts.search;
    let label = search.label.map(|LabelId(id)| ("label", format!("= {id}")));
    let account = (!accounts.is_empty()).then(|| ("account", format!("in ({})", list(accounts))));
    let sku = search.sku.map(|SkuId(id)| ("sku", format!("= {id}")));
    let place = search.filter.marketplace.map(|MarketplaceId(id)| ("marketplace", format!("= {id}")));
    let (near, far) = match way {
        Way::Account => ([account, sku], [label, place, None, None]),
        Way::Label => ([label, account], [sku, place, None, None]),
        Way::Key | Way::Order => ([None, None], [label, account, sku, place]),
    };
    let aside = |column: &str| match way {
        Way::Key | Way::Order => format!("+l.{column}"),
        Way::Account | Way::Label => texts.beside(column),
    };
    let near = near.into_iter().flatten().map(|(column, is)| format!(" and l.{column} {is}"));
    let far = far.into_iter().flatten().map(|(column, is)| format!(" and {} {is}", aside(column)));
    let terms: String = near.chain(far).collect();
    let (before, order) = match way {
        Way::Order => (
            "order_run r cross join ",
            " and r.tenant_id = $1 and r.settlement = $2 and r.order_id = $6
                 and l.line between r.first_line and r.last_line and l.order_id = $6",
        ),
        _ => ("", ""),
    };
    let days = match way {
        Way::Label if !cut => String::new(),
        Way::Label => format!(" and {} between $3 and $4", texts.beside("day")),
        _ => " and l.day between $3 and $4".to_owned(),
    };
    format!("from {before}line l where l.tenant_id = $1 and l.settlement = $2{days}{order}{terms}")
}

/// Whether an index alone tells which lines are meant.
pub(super) fn in_index(search: &LineSearch, source: &Sourced) -> bool {
    let place = search.filter.marketplace.is_some();
    match way(search, source) {
        Way::Account => search.label.is_none() && !place,
        Way::Label => search.sku.is_none() && !source.cut && !place,
        Way::Key | Way::Order => false,
    }
}

/// Whether the pages of too many lines go account by account.
pub(super) fn by_account(search: &LineSearch, sources: &[Sourced]) -> bool {
    sources.iter().any(|source| matches!(way(search, source), Way::Account | Way::Label))
}

/// The accounts to ask for: those that have lines, or where all lines are read those that were asked for.
fn accounts<'s>(search: &LineSearch, source: &'s Sourced, way: Way) -> &'s [i64] {
    let all = matches!(way, Way::Key | Way::Order) && search.accounts.is_empty();
    if all { &[] } else { &source.accounts }
}

fn list(accounts: &[i64]) -> String {
    accounts.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}

impl Texts<'_> {
    /// A column of the line `l` that its index does not hold, for the rows that the index leaves.
    fn beside(self, column: &str) -> String {
        if !self.by_key {
            return format!("+l.{column}");
        }
        format!(
            "(select a.{column} from line a where a.tenant_id = $1 and a.settlement = $2 and a.line = l.line
                  and a.col = l.col and a.part = l.part)"
        )
    }

    /// The places of a settlement's lines, in no order, up to `$5`.
    pub(super) fn few(self, source: &Sourced, sort: LineSort) -> String {
        let way = way(self.search, source);
        let by = match sort {
            LineSort::Line => "cast(0 as bigint)".to_owned(),
            LineSort::Day if way == Way::Label => self.beside("day"),
            LineSort::Day => "l.day".to_owned(),
            LineSort::Amount => self.beside("amount"),
        };
        let found = found(self, way, source.cut, accounts(self.search, source, way));
        format!("select {by}, l.line, l.col, l.part {found} limit $5")
    }

    /// The accounts that a label is posted to in a settlement.
    pub(super) fn label_accounts(self) -> String {
        let none = "cast(0 as bigint)";
        let LabelId(label) = self.search.label.unwrap_or(LabelId(0));
        format!(
            "select distinct l.account, {none}, {none}, {none} from line l
             where l.tenant_id = $1 and l.settlement = $2 and l.label = {label} limit $5"
        )
    }

    /// How many lines of its accounts a product has in a settlement, counted up to `$5`.
    pub(super) fn of_product(self, source: &Sourced) -> String {
        let product = LineSearch { label: None, ..self.search.clone() };
        let found = found(
            Texts { search: &product, by_key: self.by_key },
            Way::Account,
            source.cut,
            &source.accounts,
        );
        let none = "cast(0 as bigint)";
        format!("select count(*), {none}, {none}, {none} from (select 1 {found} limit $5) n")
    }

    /// The texts whose places, one after the other, are a settlement's lines in the order of an index: one text for each
    /// account, since PostgreSQL sorts all that several values of a leading column find.
    pub(super) fn many(self, source: &Sourced, by_account: bool, after: Option<LineCursor>) -> Vec<String> {
        let search = self.search;
        let select = "select cast(0 as bigint), l.line, l.col, l.part";
        if !by_account {
            let order = if search.order_id.is_some() { " and l.order_id = $6" } else { "" };
            let after = after.map_or_else(String::new, |LineCursor([.., line, column, part])| {
                format!(" and (l.line, l.col, l.part) > ({line}, {column}, {part})")
            });
            let found = found(self, Way::Key, source.cut, accounts(search, source, Way::Key));
            return vec![format!("{select} {found}{order}{after} order by l.line, l.col, l.part limit $5")];
        }
        let way = match way(search, source) {
            Way::Label => Way::Label,
            _ => Way::Account,
        };
        let columns = match way {
            Way::Label => "l.line, l.col, l.part",
            _ => "l.sku, l.day, l.line, l.col, l.part",
        };
        let first = after.map_or(i64::MIN, |after| after.0[1]);
        let text = |account: i64| {
            let after = after.filter(|after| after.0[1] == account).map_or_else(String::new, |after| {
                let LineCursor([_, _, sku, day, line, column, part]) = after;
                let before = if way == Way::Label { String::new() } else { format!("{sku}, {day}, ") };
                format!(" and ({columns}) > ({before}{line}, {column}, {part})")
            });
            format!(
                "{select} {}{after} order by {columns} limit $5",
                found(self, way, source.cut, &[account])
            )
        };
        source.accounts.iter().copied().filter(|account| *account >= first).map(text).collect()
    }
}
