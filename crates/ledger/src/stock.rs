//! What happened to units after the sale or in the warehouse, as far as a report or the user shows it.
//!
//! Cost is given back only for units shown to have come back; unsellable, lost, damaged, disposed and replaced
//! units are `expense:inventory_loss`. A unit is lost once: whoever gives events sees to that.

use crate::{Error, cost::CostSheet, money::Currency};

/// What became of units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// Came back from a buyer and can be sold again: its cost is given back.
    Sellable,
    /// Came back from a buyer and cannot be sold: its cost moves to inventory loss.
    Unsellable,
    /// Lost in a warehouse or on the way.
    Lost,
    /// A unit counted as lost before was found.
    Found,
    /// Damaged in a warehouse.
    Damaged,
    /// Destroyed or given away.
    Disposed,
    /// Sent to a buyer without payment, as a replacement.
    Replacement,
}

impl Fate {
    /// All fates.
    pub const ALL: [Self; 7] = [
        Self::Sellable,
        Self::Unsellable,
        Self::Lost,
        Self::Found,
        Self::Damaged,
        Self::Disposed,
        Self::Replacement,
    ];

    /// As stored and as in forms: `sellable`, `unsellable`, `lost`, `found`, `damaged`, `disposed`, `replacement`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sellable => "sellable",
            Self::Unsellable => "unsellable",
            Self::Lost => "lost",
            Self::Found => "found",
            Self::Damaged => "damaged",
            Self::Disposed => "disposed",
            Self::Replacement => "replacement",
        }
    }

    /// The fate with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fate| fate.name() == name)
    }
}

/// Units of a product with the same fate on the same day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StockEvent {
    /// Day on which it happened and stands in the statement.
    pub day: i32,
    /// Day of the original sale, whose cost is given back; without it the cost of `day` counts.
    pub sold: Option<i32>,
    /// Stock-keeping unit.
    pub sku: String,
    /// Marketplace; empty if none is known.
    pub marketplace: String,
    /// Currency of the cost.
    pub currency: Currency,
    /// How many (> 0).
    pub units: i64,
    /// What became of them.
    pub fate: Fate,
}

/// What stock events are worth.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct StockValue {
    /// Units that came back, sellable or not.
    pub returned: i64,
    /// Cost of goods given back (≥ 0).
    pub cogs: i64,
    /// Inventory loss (≤ 0, but > 0 for units found).
    pub loss: i64,
    /// Units whose cost is unknown.
    pub unvalued: i64,
}

impl StockEvent {
    /// What the event is worth by the costs known.
    pub fn value(&self, costs: &CostSheet) -> Result<StockValue, Error> {
        let day = self.sold.unwrap_or(self.day);
        self.worth(costs.unit(&self.sku, &self.marketplace, self.currency, day)?)
    }

    /// What the event is worth if one unit costs so much; none: the cost is unknown.
    pub fn worth(&self, unit: Option<i64>) -> Result<StockValue, Error> {
        if self.units <= 0 {
            return Err(Error::Value(format!(
                "{} units of `{}`: give a count above 0",
                self.units, self.sku
            )));
        }
        let came_back = matches!(self.fate, Fate::Sellable | Fate::Unsellable);
        let returned = if came_back { self.units } else { 0 };
        let Some(unit) = unit else {
            return Ok(StockValue { returned, unvalued: self.units, ..StockValue::default() });
        };
        let cost = unit.checked_mul(self.units).ok_or(Error::Overflow)?;
        let loss = match self.fate {
            Fate::Sellable => 0,
            Fate::Found => cost,
            _ => -cost,
        };
        Ok(StockValue { returned, cogs: if came_back { cost } else { 0 }, loss, unvalued: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::day;

    fn value(fate: Fate, sold: Option<&str>) -> StockValue {
        let rows = [["sku", "from", "goods"], ["CUP", "2026-01-01", "100"], ["CUP", "2026-06-01", "120"]];
        let rows: Vec<_> = (1..).zip(rows.map(|row| row.map(str::to_owned).to_vec())).collect();
        let on = |date: &str| day::of_date(date.parse().unwrap());
        let event = StockEvent {
            day: on("2026-06-10"),
            sold: sold.map(on),
            sku: "CUP".into(),
            marketplace: "Amazon.in".into(),
            currency: Currency::INR,
            units: 2,
            fate,
        };
        event.value(&CostSheet::read(&rows).unwrap()).unwrap()
    }

    #[test]
    fn a_sellable_unit_gives_back_the_cost_of_the_day_it_was_sold() {
        let back = value(Fate::Sellable, Some("2026-05-20"));
        assert_eq!((back.cogs, back.loss, back.returned), (20_000, 0, 2));
        assert_eq!(value(Fate::Sellable, None).cogs, 24_000);
    }

    #[test]
    fn an_unsellable_unit_moves_its_cost_and_a_lost_one_adds_it() {
        let back = value(Fate::Unsellable, Some("2026-05-20"));
        assert_eq!((back.cogs, back.loss, back.returned), (20_000, -20_000, 2));
        for fate in [Fate::Lost, Fate::Damaged, Fate::Disposed, Fate::Replacement] {
            let lost = value(fate, None);
            assert_eq!((lost.cogs, lost.loss, lost.returned), (0, -24_000, 0));
        }
        assert_eq!(value(Fate::Found, None).loss, 24_000);
    }

    #[test]
    fn an_unknown_cost_stays_unknown() {
        let unknown = value(Fate::Lost, Some("2025-12-31"));
        assert_eq!(unknown, StockValue { unvalued: 2, ..StockValue::default() });
    }
}
