//! What a list of products is asked for, as it stands in the address: text, kind, order, columns, page.

use ecom_ledger::Group;
use ecom_store::{ProductColumn, ProductFilter, ProductKind};

use super::column::{is_cost, title};
use crate::{
    fault::{Fault, Page},
    params::{Link, Params},
    scope::Scope,
};

/// Longest text to search for, in characters.
const MOST_SEARCH: usize = 100;
/// Columns shown unless others are chosen.
const USUAL: [ProductColumn; 8] = [
    ProductColumn::Units,
    ProductColumn::Group(Group::NetSales),
    ProductColumn::Fees,
    ProductColumn::Group(Group::Advertising),
    ProductColumn::Group(Group::Cogs),
    ProductColumn::Profit,
    ProductColumn::Margin,
    ProductColumn::BreakEven,
];
/// Kinds, as they stand in the address and as they are called.
pub(crate) const KINDS: [(ProductKind, &str, &str); 3] = [
    (ProductKind::Loss, "loss", "Loss-making"),
    (ProductKind::Uncosted, "unknown", "Cost unknown"),
    (ProductKind::Unsold, "unsold", "Nothing sold"),
];

/// What a list is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Wanted {
    pub(crate) text: String,
    pub(crate) kind: Option<ProductKind>,
    pub(crate) sort: ProductColumn,
    pub(crate) descending: bool,
    pub(crate) columns: Vec<ProductColumn>,
    pub(crate) page: i64,
}

impl Default for Wanted {
    /// All products, the largest net sales first.
    fn default() -> Self {
        Self {
            text: String::new(),
            kind: None,
            sort: ProductColumn::Group(Group::NetSales),
            descending: true,
            columns: USUAL.to_vec(),
            page: 1,
        }
    }
}

impl Wanted {
    pub(crate) fn read(params: &Params) -> Page<Self> {
        let usual = Self::default();
        let plain = |text: &str| {
            let text = text.trim();
            let fits = text.chars().count() <= MOST_SEARCH && !text.chars().any(char::is_control);
            fits.then(|| text.to_owned())
        };
        let kind = |text: &str| KINDS.into_iter().find(|(_, name, _)| *name == text).map(|(kind, ..)| kind);
        let (sort, descending) = params
            .read("sort", "the name of a column, such as units or -units", order)?
            .unwrap_or((usual.sort, usual.descending));
        Ok(Self {
            text: params.read("q", "a text of at most 100 characters", plain)?.unwrap_or_default(),
            kind: params.read("show", "one of loss, unknown, unsold", kind)?,
            sort,
            descending,
            columns: columns(params)?.unwrap_or(usual.columns),
            page: params.read("page", "the number of a page", |text| text.parse().ok())?.unwrap_or(1),
        })
    }

    /// As the store is asked.
    pub(crate) fn filter(&self, ground: &ProductFilter, size: i64) -> ProductFilter {
        ProductFilter {
            text: self.text.clone(),
            kind: self.kind,
            sort: self.sort,
            descending: self.descending,
            page: self.page,
            size,
            ..ground.clone()
        }
    }

    /// As it stands in an address; what is usual is left out.
    pub(crate) fn pairs(&self) -> Vec<(&'static str, String)> {
        let usual = Self::default();
        let mut pairs = Vec::new();
        if !self.text.is_empty() {
            pairs.push(("q", self.text.clone()));
        }
        if let Some((_, name, _)) = KINDS.into_iter().find(|(kind, ..)| Some(*kind) == self.kind) {
            pairs.push(("show", name.to_owned()));
        }
        if (self.sort, self.descending) != (usual.sort, usual.descending) {
            pairs.push(("sort", self.order()));
        }
        if self.columns != usual.columns {
            pairs.extend(self.columns.iter().map(|column| ("col", column.name().to_owned())));
        }
        if self.page > 1 {
            pairs.push(("page", self.page.to_string()));
        }
        pairs
    }

    /// The order, as it stands in an address.
    pub(crate) fn order(&self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.sort.name())
    }

    /// Whether it leaves products out.
    pub(crate) fn is_narrow(&self) -> bool {
        !self.text.is_empty() || self.kind.is_some()
    }

    /// The order in words.
    pub(crate) fn told(&self) -> String {
        let words = match (self.sort, self.descending) {
            (ProductColumn::Sku, true) => "Z first",
            (ProductColumn::Sku, false) => "A first",
            (_, true) => "highest first",
            (_, false) => "lowest first",
        };
        format!("{}, {words}", title(self.sort))
    }

    /// The address of a list.
    pub(crate) fn link(&self, scope: &Scope, path: &str) -> Link {
        self.pairs().iter().fold(scope.link(path), |link, (name, value)| link.with(name, value))
    }

    pub(crate) fn on_page(&self, page: i64) -> Self {
        Self { page, ..self.clone() }
    }

    pub(crate) fn of_kind(&self, kind: Option<ProductKind>) -> Self {
        Self { kind, page: 1, ..self.clone() }
    }

    /// Sorted by a column; the one it is sorted by turns round.
    pub(crate) fn sorted_by(&self, column: ProductColumn) -> Self {
        let descending = if column == self.sort {
            !self.descending
        } else {
            column != ProductColumn::Sku && !is_cost(column)
        };
        Self { sort: column, descending, page: 1, ..self.clone() }
    }

    /// The address of products in one order, for links from elsewhere.
    pub(crate) fn in_order(sort: ProductColumn, descending: bool) -> Self {
        Self { sort, descending, ..Self::default() }
    }
}

fn order(text: &str) -> Option<(ProductColumn, bool)> {
    let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
    Some((ProductColumn::from_name(name)?, descending))
}

/// The chosen columns in the order of the table; none if none is.
fn columns(params: &Params) -> Page<Option<Vec<ProductColumn>>> {
    let mut chosen = Vec::new();
    for name in params.all("col") {
        let column = ProductColumn::from_name(name).ok_or_else(|| {
            Fault::invalid("col", "There is no column of this name. One is called net_sales.")
        })?;
        chosen.push(column);
    }
    let kept: Vec<_> = ProductColumn::all()
        .filter(|column| *column != ProductColumn::Sku && chosen.contains(column))
        .collect();
    Ok((!kept.is_empty()).then_some(kept))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::period::Period;

    fn read(query: &[(&str, &str)]) -> Page<Wanted> {
        let values = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Wanted::read(&Params::new(values))
    }

    #[test]
    fn every_list_in_an_address_leads_back_to_itself() {
        let scope = Scope {
            period: Period::All,
            seller_account: None,
            marketplace: None,
            currency: None,
            settlement: None,
            printed: false,
        };
        assert_eq!(Wanted::default().link(&scope, "/products").text(), "/products");
        let query =
            [("q", "kurta & co"), ("show", "loss"), ("sort", "fees"), ("col", "profit"), ("page", "3")];
        let wanted = read(&query).unwrap();
        let pairs = wanted.pairs();
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!((pairs.as_slice(), read(&pairs).unwrap()), (&query[..], wanted));
        for column in ProductColumn::all() {
            let sorted = Wanted::default().sorted_by(column);
            assert_eq!(read(&[("sort", &sorted.order())]).unwrap(), sorted);
        }
    }

    #[test]
    fn the_first_click_shows_what_matters_and_the_second_turns_it_round() {
        let order = |wanted: &Wanted| wanted.order();
        let fees = Wanted::default().sorted_by(ProductColumn::Fees);
        assert_eq!(
            (order(&fees), order(&fees.sorted_by(ProductColumn::Fees))),
            ("fees".into(), "-fees".into())
        );
        assert_eq!(order(&fees.sorted_by(ProductColumn::Units)), "-units");
        assert_eq!(order(&fees.sorted_by(ProductColumn::Sku)), "sku");
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for query in [
            ("q", "a\u{0}b"),
            ("show", "all"),
            ("sort", "--units"),
            ("sort", "name; drop table sku"),
            ("col", "colour"),
            ("page", "x"),
        ] {
            let Err(Fault::Invalid(fields)) = read(&[query]) else { panic!("{query:?}") };
            assert_eq!(fields[0].0, query.0);
        }
        assert_eq!(read(&[("col", "sku")]).unwrap(), Wanted::default(), "the product itself is always there");
    }
}
