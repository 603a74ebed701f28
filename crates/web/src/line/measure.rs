//! Figures that are no sum of lines: counted from them, or one sum over another. Each says how, and leads to its parts.

use ecom_ledger::{Account, Class, Group, statement::Statement};

use super::sentence::Sentence;
use crate::{fault::Page, figure::Figure, money, params::Link, scope::Scope, words};

/// Such a figure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Measure {
    /// Net profit over net sales.
    Margin,
    /// Net profit over cost of goods.
    Roi,
    /// Units sold.
    Units,
    /// Refunded order items.
    Refunds,
}

impl Measure {
    /// In the order of the statement.
    pub(crate) const ALL: [Self; 4] = [Self::Margin, Self::Roi, Self::Units, Self::Refunds];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Margin => "Margin on net sales",
            Self::Roi => "Return on cost of goods",
            Self::Units => "Units sold",
            Self::Refunds => "Refunds",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Margin => "margin",
            Self::Roi => "roi",
            Self::Units => "units",
            Self::Refunds => "refunds",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// As it stands in an address.
    pub(super) fn query(self) -> String {
        format!("measure={}", self.name())
    }

    /// Where it is explained.
    fn link(self, scope: &Scope) -> String {
        scope.link("/lines").with("measure", self.name()).text()
    }

    /// As pages show it, leading to how it is computed.
    pub(crate) fn figure(self, scope: &Scope, statement: &Statement) -> Page<Figure> {
        let figure = self.plain(statement)?;
        Ok(if figure.is_empty() { figure } else { figure.leading_to(self.link(scope)) })
    }

    fn plain(self, statement: &Statement) -> Page<Figure> {
        let share = |found: Option<i64>, none: &str| match found {
            Some(share) => Figure::share(share),
            None if statement.cost_known() => Figure::plain(none),
            None => Figure::unknown("unknown"),
        };
        Ok(match self {
            Self::Margin => share(statement.margin_bp()?, "no sales"),
            Self::Roi => share(statement.roi_bp()?, "no cost of goods"),
            Self::Units => Figure::count(statement.units),
            Self::Refunds => statement.refunds.map_or_else(Figure::nothing, Figure::count),
        })
    }

    /// The accounts of the lines behind it.
    pub(super) fn accounts(self) -> Vec<Account> {
        match self {
            Self::Margin | Self::Roi => {
                Account::ALL.iter().copied().filter(|account| account.class() == Class::Profit).collect()
            }
            Self::Units => vec![Account::SalesProduct],
            Self::Refunds => vec![Account::Refund],
        }
    }

    /// How it is computed; `link` leads to lines.
    pub(super) fn sentence(self, statement: &Statement, link: &Link) -> Page<Sentence> {
        let (text, over) = match self {
            Self::Margin => (self.over(statement), Some(Group::NetSales)),
            Self::Roi => (self.over(statement), Some(Group::Cogs)),
            Self::Units => (
                "Units of the rows Order, ItemPrice, Principal: each order item counts once, since its other rows repeat the quantity.".to_owned(),
                None,
            ),
            Self::Refunds => (
                "Refunded order items, one for each row Refund, ItemPrice, Principal. These rows do not say how many units came back, nor in which condition.".to_owned(),
                None,
            ),
        };
        let parts = match over {
            Some(group) => vec![
                (words::profit(statement), statement.profit()?, link.clone().with("class", "profit")),
                (group.title(), statement.group(group)?, link.clone().with("group", &words::slug(group))),
            ],
            None => Vec::new(),
        };
        let told = |(name, amount, link): (&str, i64, Link)| {
            (format!("{name}: {}", money::exact(statement.currency, amount)), link.text())
        };
        let amount = self.plain(statement)?.text().to_owned();
        Ok(Sentence { amount, texts: vec![text], parts: parts.into_iter().map(told).collect() })
    }

    fn over(self, statement: &Statement) -> String {
        let whole = if self == Self::Roi { "cost of goods" } else { "net sales" };
        if statement.cost_known() {
            return format!("Net profit over {whole}; told where that is more than nothing.");
        }
        let units = money::counted(statement.units_without_cost(), "unit", "units");
        format!("The cost of {units} is unknown, and so is net profit over {whole}.")
    }
}

#[cfg(test)]
mod tests {
    use ecom_ledger::Currency;

    use super::*;

    #[test]
    fn a_share_leads_to_both_of_its_parts() {
        let mut statement = Statement::new(Currency::INR);
        statement.add_amount(Account::SalesProduct, 100_000).unwrap();
        statement.add_units(2, -40_000, 0).unwrap();
        let told = |measure: Measure, statement: &Statement| {
            measure.sentence(statement, &Link::to("/lines").with("month", "2026-09")).unwrap()
        };
        let margin = told(Measure::Margin, &statement);
        assert_eq!(margin.amount, "60.0\u{2009}%");
        let parts = [
            ("Net profit: ₹600.00", "/lines?month=2026-09&class=profit"),
            ("Net sales: ₹1,000.00", "/lines?month=2026-09&group=net-sales"),
        ];
        assert_eq!(margin.parts, parts.map(|(words, href)| (words.to_owned(), href.to_owned())));
        assert_eq!(told(Measure::Roi, &statement).amount, "150.0\u{2009}%");
        assert_eq!(told(Measure::Units, &statement).amount, "2");
        statement.add_units(1, 0, 1).unwrap();
        let unknown = told(Measure::Roi, &statement);
        assert!(unknown.amount == "unknown" && unknown.texts[0].starts_with("The cost of 1 unit is unknown"));
        assert!(unknown.parts[0].0.starts_with("Profit before unknown costs"));
    }

    #[test]
    fn each_is_found_by_its_name() {
        for measure in Measure::ALL {
            assert_eq!(Measure::from_name(measure.name()), Some(measure));
        }
        assert_eq!(Measure::from_name("profit"), None);
    }
}
