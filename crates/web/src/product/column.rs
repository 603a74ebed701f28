//! The columns of products: what they are called, what they mean, and a product's figure in each, as a link to the
//! lines behind it.

use ecom_ledger::{Account, Group};
use ecom_store::{ALL_SKUS, ProductColumn, ProductRow, SkuId};

use crate::{
    figure::Figure,
    line::BEFORE_OWN,
    money,
    params::Link,
    scope::Scope,
    words::{self, FEES},
};

/// What rows without a SKU are called.
pub(crate) const NAMELESS: &str = "Without a product";

/// A figure of a product.
pub(crate) struct Cell {
    pub(crate) label: &'static str,
    pub(crate) figure: Figure,
    /// What one should know about it.
    pub(crate) note: String,
    /// A profit below 0.
    pub(crate) loss: bool,
}

/// The heading.
pub(crate) fn title(column: ProductColumn) -> &'static str {
    match column {
        ProductColumn::Sku => "Product",
        ProductColumn::Units => "Units sold",
        ProductColumn::Refunds => "Refunds",
        ProductColumn::RefundShare => "Refund share",
        ProductColumn::Uncosted => "Units without a cost",
        ProductColumn::Group(group) => group.title(),
        ProductColumn::Fees => "Amazon fees",
        ProductColumn::FeesPerUnit => "Fees per unit",
        ProductColumn::Estimated => "Estimated part",
        ProductColumn::Profit => "Profit",
        ProductColumn::Margin => "Margin",
        ProductColumn::Roi => "Return on cost",
        ProductColumn::BreakEven => "Break-even ads",
    }
}

/// How it is computed, in a sentence.
pub(crate) fn meaning(column: ProductColumn) -> &'static str {
    match column {
        ProductColumn::Sku => "The SKU as in Seller Central.",
        ProductColumn::Units => "Units of the rows Order, ItemPrice, Principal; each order item counts once.",
        ProductColumn::Refunds => "Refunded order items. Refund rows do not say how many units came back.",
        ProductColumn::RefundShare => "Refunds over units sold.",
        ProductColumn::Uncosted => {
            "Units sold on a day for which you gave no cost. Their cost is unknown, never 0."
        }
        ProductColumn::Group(group) => group_meaning(group),
        ProductColumn::Fees => "All fees of Amazon; advertising and deals stand apart.",
        ProductColumn::FeesPerUnit => "Amazon fees over units sold.",
        ProductColumn::Estimated => {
            "The part of the profit that rests on GST set apart by estimate, until a tax invoice replaces it."
        }
        ProductColumn::Profit => {
            "Net sales and other income less fees, ads, goods and losses; your own expenses are of no product."
        }
        ProductColumn::Margin => "Profit over net sales.",
        ProductColumn::Roi => "Profit over cost of goods.",
        ProductColumn::BreakEven => {
            "The share of net sales that advertising may cost before nothing is left: profit before advertising over net sales. Spend less of each rupee sold than this, and the product earns."
        }
    }
}

fn group_meaning(group: Group) -> &'static str {
    match group {
        Group::NetSales => {
            "Product sales, shipping and gift wrap without GST, less promotions, refunds and chargebacks."
        }
        Group::Cogs => "Units sold at the cost of their day, less the cost of units that came back.",
        Group::InventoryLoss => "The cost of units lost, damaged, disposed or sent as a replacement.",
        Group::Advertising => "Sponsored ads that Amazon charged to the product; most ads name none.",
        Group::Deals => "Deals, coupons and Vine.",
        Group::Balance => "Taxes, credits and balances that are in the total but in no profit.",
        _ => "The line of this name in the profit statement.",
    }
}

/// Whether more of it is a smaller number, so that the first click on its heading shows the smallest first.
pub(crate) fn is_cost(column: ProductColumn) -> bool {
    match column {
        ProductColumn::Fees | ProductColumn::FeesPerUnit => true,
        ProductColumn::Group(group) => {
            FEES.contains(&group)
                || [
                    Group::Advertising,
                    Group::Deals,
                    Group::Adjustments,
                    Group::Finance,
                    Group::Cogs,
                    Group::InventoryLoss,
                ]
                .contains(&group)
        }
        _ => false,
    }
}

/// What a row is called.
pub(crate) fn name(row: &ProductRow) -> &str {
    match row.sku {
        SkuId(0) => NAMELESS,
        ALL_SKUS => "All together",
        _ => &row.name,
    }
}

/// A product's page.
pub(crate) fn page_link(scope: &Scope, sku: SkuId) -> Link {
    scope.link(&format!("/products/{sku}"))
}

/// The lines of a product; `query` says which, such as `group=fees`.
pub(crate) fn lines(scope: &Scope, row: &ProductRow, query: &str) -> String {
    let link = scope.link("/lines").and(query);
    match row.sku {
        ALL_SKUS => link,
        SkuId(0) => link.with("product", "none"),
        _ => link.with("sku", &row.name),
    }
    .text()
}

/// Where costs are given; for lines without a product there are none.
fn costs(row: &ProductRow) -> String {
    match row.sku {
        SkuId(0) => String::new(),
        ALL_SKUS => Link::to("/costs").with("show", "missing").text(),
        _ => Link::to("/costs/product").with("sku", &row.name).text(),
    }
}

/// The lines behind a column.
pub(crate) fn explained(scope: &Scope, row: &ProductRow, column: ProductColumn) -> String {
    let of = |query: &str| lines(scope, row, query);
    let account = |account: Account| of(&format!("account={}", account.name()));
    match column {
        ProductColumn::Sku => of(""),
        ProductColumn::Units => account(Account::SalesProduct),
        ProductColumn::Refunds | ProductColumn::RefundShare => account(Account::Refund),
        ProductColumn::Uncosted => costs(row),
        ProductColumn::Group(Group::InventoryLoss) if row.sku != ALL_SKUS => {
            page_link(scope, row.sku).text() + "#stock"
        }
        ProductColumn::Group(group) => of(&format!("group={}", words::slug(group))),
        ProductColumn::Fees | ProductColumn::FeesPerUnit => of("group=fees"),
        ProductColumn::Estimated
        | ProductColumn::Profit
        | ProductColumn::Margin
        | ProductColumn::Roi
        | ProductColumn::BreakEven => match row.sku {
            ALL_SKUS => of(&format!("class={BEFORE_OWN}")),
            _ => of("class=profit"),
        },
    }
}

/// A product's figure in a column.
pub(crate) fn cell(scope: &Scope, row: &ProductRow, column: ProductColumn) -> Cell {
    let href = explained(scope, row, column);
    let unknown = || Figure::unknown("unknown").leading_to(costs(row));
    let figure = match (column, row.value(column)) {
        (ProductColumn::Sku, _) => Figure::linked(name(row), href),
        (ProductColumn::Units | ProductColumn::Refunds, Some(count)) => Figure::count(count).leading_to(href),
        (ProductColumn::Uncosted, Some(0)) => Figure::count(0),
        (ProductColumn::Uncosted, Some(count)) => {
            Figure::unknown(money::count(count)).worth(count).leading_to(href)
        }
        (ProductColumn::Group(Group::Cogs), Some(0)) if row.uncosted > 0 => unknown(),
        (ProductColumn::Group(Group::InventoryLoss), Some(0)) if row.unvalued > 0 => unknown(),
        (ProductColumn::Profit, Some(amount)) => {
            Figure::amount(row.currency, amount, href).estimated(row.estimated != 0)
        }
        (column, Some(share)) if is_share(column) => Figure::share(share).leading_to(href),
        (_, Some(amount)) => Figure::amount(row.currency, amount, href),
        (ProductColumn::Margin | ProductColumn::Roi | ProductColumn::BreakEven, None)
            if !row.cost_known() =>
        {
            unknown()
        }
        (ProductColumn::RefundShare | ProductColumn::FeesPerUnit, None) => Figure::plain("no units"),
        (ProductColumn::Roi, None) => Figure::plain("no cost"),
        (_, None) => Figure::plain("no sales"),
    };
    Cell {
        label: title(column),
        note: note(row, column),
        loss: column == ProductColumn::Profit && row.profit < 0,
        figure,
    }
}

/// Whether its values are basis points.
pub(crate) fn is_share(column: ProductColumn) -> bool {
    matches!(
        column,
        ProductColumn::RefundShare | ProductColumn::Margin | ProductColumn::Roi | ProductColumn::BreakEven
    )
}

/// Whether its values are counts.
pub(crate) fn is_count(column: ProductColumn) -> bool {
    matches!(column, ProductColumn::Units | ProductColumn::Refunds | ProductColumn::Uncosted)
}

/// For how many units sold the cost is known.
pub(crate) fn goods(row: &ProductRow) -> String {
    let units = |count| money::counted(count, "unit", "units");
    match (row.uncosted, row.units) {
        (0, 0) => "nothing sold".to_owned(),
        (0, sold) => format!("of {}", units(sold)),
        (unknown, sold) if unknown == sold => format!("unknown for all {}", units(sold)),
        (unknown, sold) => format!("unknown for {} of {}", money::count(unknown), units(sold)),
    }
}

fn note(row: &ProductRow, column: ProductColumn) -> String {
    match column {
        ProductColumn::Profit if !row.cost_known() => "before unknown costs".to_owned(),
        ProductColumn::Group(Group::Cogs) if row.uncosted > 0 && row.group(Group::Cogs) != 0 => {
            format!("{} unknown", money::counted(row.uncosted, "unit", "units"))
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_column_has_a_heading_of_its_own_and_a_meaning() {
        let titles: BTreeSet<&str> = ProductColumn::all().map(title).collect();
        assert_eq!(titles.len(), ProductColumn::all().count());
        assert!(ProductColumn::all().all(|column| meaning(column).ends_with('.')));
    }
}
