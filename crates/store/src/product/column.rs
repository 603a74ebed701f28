//! The columns of a table of products: their names, values and how they are sorted.

use ecom_ledger::Group;

use super::{ProductRow, sums::group_column};

/// A column by which products can be sorted, and which a trend can show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProductColumn {
    /// The SKU, as text.
    Sku,
    /// Units sold.
    Units,
    /// Refunds.
    Refunds,
    /// Refunds over units.
    RefundShare,
    /// Units of unknown cost.
    Uncosted,
    /// A line of the statement.
    Group(Group),
    /// All fees.
    Fees,
    /// Fees over units.
    FeesPerUnit,
    /// The estimated part of the profit.
    Estimated,
    /// Net profit.
    Profit,
    /// Profit over net sales.
    Margin,
    /// Profit over cost of goods.
    Roi,
    /// Profit before advertising over net sales.
    BreakEven,
}

impl ProductColumn {
    /// All columns, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        let groups = Group::ALL.into_iter().filter(|group| group_column(*group).is_some()).map(Self::Group);
        let first = [Self::Sku, Self::Units, Self::Refunds, Self::RefundShare, Self::Uncosted];
        let last = [
            Self::Fees,
            Self::FeesPerUnit,
            Self::Estimated,
            Self::Profit,
            Self::Margin,
            Self::Roi,
            Self::BreakEven,
        ];
        first.into_iter().chain(groups).chain(last)
    }

    /// A stable name for addresses and exports, such as `net_sales`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sku => "sku",
            Self::Units => "units",
            Self::Refunds => "refunds",
            Self::RefundShare => "refund_share",
            Self::Uncosted => "uncosted",
            Self::Group(group) => group_column(group).unwrap_or("indirect"),
            Self::Fees => "fees",
            Self::FeesPerUnit => "fees_per_unit",
            Self::Estimated => "estimated",
            Self::Profit => "profit",
            Self::Margin => "margin",
            Self::Roi => "roi",
            Self::BreakEven => "break_even",
        }
    }

    /// The column with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|column| column.name() == name)
    }

    /// What rows `q` are sorted by. Shares are compared as fractions; what pages show is worked out in integers.
    pub(super) fn order(self) -> String {
        let share = |part: &str, whole: &str, known: &str| {
            format!("case when {whole} > 0 and {known} then cast({part} as double precision) / ({whole}) end")
        };
        let known = "q.uncosted = 0 and q.unvalued = 0";
        match self {
            Self::Sku => "k.name".to_owned(),
            Self::Group(Group::Indirect) => "q.month".to_owned(),
            Self::RefundShare => share("q.refunds", "q.units", "true"),
            Self::FeesPerUnit => share("q.fees", "q.units", "true"),
            Self::Margin => share("q.profit", "q.net_sales", known),
            Self::Roi => share("q.profit", "-q.cogs", known),
            Self::BreakEven => share("(q.profit - q.advertising)", "q.net_sales", known),
            _ => format!("q.{}", self.name()),
        }
    }
}

impl ProductRow {
    /// The value of a column; none where it is unknown, and for the SKU.
    pub fn value(&self, column: ProductColumn) -> Option<i64> {
        match column {
            ProductColumn::Sku => None,
            ProductColumn::Units => Some(self.units),
            ProductColumn::Refunds => Some(self.refunds),
            ProductColumn::RefundShare => self.refund_share_bp,
            ProductColumn::Uncosted => Some(self.uncosted),
            ProductColumn::Group(group) => Some(self.group(group)),
            ProductColumn::Fees => Some(self.fees),
            ProductColumn::FeesPerUnit => self.fees_per_unit,
            ProductColumn::Estimated => Some(self.estimated),
            ProductColumn::Profit => Some(self.profit),
            ProductColumn::Margin => self.margin_bp,
            ProductColumn::Roi => self.roi_bp,
            ProductColumn::BreakEven => self.break_even_bp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_columns() {
        let all: Vec<_> = ProductColumn::all().collect();
        for column in &all {
            assert_eq!(ProductColumn::from_name(column.name()), Some(*column));
        }
        assert_eq!(all.len(), 31);
        assert_eq!(ProductColumn::from_name("name; drop table sku"), None);
    }
}
