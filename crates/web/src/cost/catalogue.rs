//! Every product that was sold or has a cost, with its present cost and what was sold without one.

use std::collections::BTreeMap;

use ecom_ledger::{
    Currency,
    cost::{Cost, CostSheet},
    day::Month,
};
use ecom_store::{Scoped, SoldProduct};

use crate::fault::Page;

/// A product in one currency.
pub(crate) struct Product {
    pub(crate) sku: String,
    pub(crate) currency: Currency,
    pub(crate) units: i64,
    /// Units sold without a known cost.
    pub(crate) uncosted: i64,
    /// First month with such units.
    pub(crate) since: Option<Month>,
    /// The cost that holds today: the general one, or else that of some marketplace.
    pub(crate) present: Option<Cost>,
}

impl Product {
    /// Whether it was sold without a known cost.
    pub(crate) fn is_missing(&self) -> bool {
        self.uncosted > 0
    }
}

/// All products, those sold without a cost first, the most units before the others.
pub(crate) struct Catalogue {
    pub(crate) products: Vec<Product>,
}

impl Catalogue {
    /// As it is on a day.
    pub(crate) async fn of(books: &mut Scoped<'_>, today: i32) -> Page<Self> {
        let sold = books.sold_products().await?;
        let costs = books.costs().await?;
        Ok(Self::new(sold, &costs, today))
    }

    fn new(sold: Vec<SoldProduct>, costs: &CostSheet, today: i32) -> Self {
        let mut products: BTreeMap<(String, Currency), Product> = BTreeMap::new();
        for one in sold {
            let key = (one.sku.clone(), one.currency);
            let SoldProduct { sku, currency, units, uncosted, since } = one;
            products.insert(key, Product { sku, currency, units, uncosted, since, present: None });
        }
        for cost in costs.all() {
            let key = (cost.sku.clone(), cost.currency);
            let product = products.entry(key).or_insert_with(|| Product {
                sku: cost.sku.clone(),
                currency: cost.currency,
                units: 0,
                uncosted: 0,
                since: None,
                present: None,
            });
            product.offer(cost, today);
        }
        let mut products: Vec<Product> = products.into_values().collect();
        products.sort_by_key(|product| std::cmp::Reverse(product.uncosted));
        Self { products }
    }

    /// Products sold without a cost.
    pub(crate) fn missing(&self) -> usize {
        self.products.iter().filter(|product| product.is_missing()).count()
    }
}

impl Product {
    /// Costs come by marketplace, the general ones first, and in the order of their days.
    fn offer(&mut self, cost: &Cost, today: i32) {
        let held = self.present.as_ref();
        let same = held.is_none_or(|held| held.marketplace == cost.marketplace);
        if cost.from > today || !same {
            return;
        }
        // The latest that has begun counts; once it has ended, none does.
        self.present = cost.to.is_none_or(|to| to >= today).then(|| cost.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(sku: &str, marketplace: Option<&str>, from: i32, to: Option<i32>, goods: i64) -> Cost {
        let (sku, marketplace) = (sku.to_owned(), marketplace.map(str::to_owned));
        Cost { sku, marketplace, currency: Currency::INR, from, to, parts: [goods, 0, 0, 0, 0] }
    }

    fn sold(sku: &str, uncosted: i64) -> SoldProduct {
        SoldProduct { sku: sku.into(), currency: Currency::INR, units: 9, uncosted, since: None }
    }

    #[test]
    fn what_matters_comes_first_and_the_cost_of_today_is_shown() {
        let costs = CostSheet::new(vec![
            cost("A", None, 1, None, 10),
            cost("A", None, 50, None, 20),
            cost("A", None, 200, None, 30),
            cost("A", Some("Amazon.in"), 60, None, 25),
            cost("B", None, 1, Some(99), 10),
            cost("C", Some("Amazon.in"), 1, None, 7),
        ]);
        let all = vec![sold("A", 0), sold("B", 2), sold("D", 5)];
        let catalogue = Catalogue::new(all, &costs.unwrap(), 100);
        let told: Vec<(&str, Option<i64>)> = catalogue
            .products
            .iter()
            .map(|product| (product.sku.as_str(), product.present.as_ref().map(|cost| cost.parts[0])))
            .collect();
        assert_eq!(told, [("D", None), ("B", None), ("A", Some(20)), ("C", Some(7))]);
        assert_eq!(catalogue.missing(), 2);
    }
}
