//! A product's costs over time: lanes by marketplace, with the days that no cost covers.

use std::collections::BTreeMap;

use ecom_documents::Value;
use ecom_ledger::{
    Currency,
    cost::Cost,
    day::{self, Month},
};

use super::{download, product::cost_link};
use crate::{
    chart::{Lane, Series, Stretch, TimelineChart, around},
    fault::Page,
    money,
    period::{Period, shown},
};

/// The costs of a product in one currency.
pub(crate) struct History {
    pub(crate) currency: String,
    pub(crate) chart: TimelineChart,
    pub(crate) rows: Vec<HistoryRow>,
    /// Units sold without a cost, and since when.
    pub(crate) missing: Option<String>,
    /// Some days have a cost of a marketplace before the general one.
    pub(crate) overlaps: bool,
}

/// A cost, or days without one.
pub(crate) struct HistoryRow {
    pub(crate) place: String,
    pub(crate) days: String,
    /// None: no cost on these days.
    pub(crate) unit: Option<String>,
    pub(crate) parts: String,
    pub(crate) change: String,
    pub(crate) remove: String,
    /// As they are downloaded.
    pub(crate) cells: [Value; 10],
}

/// Units of a month: sold, and sold without a known cost.
pub(crate) type MonthUnits = (Month, i64, i64);

/// Days with a cost, or without.
struct Span<'c> {
    from: i32,
    /// None: without an end.
    to: Option<i32>,
    cost: Option<&'c Cost>,
}

impl History {
    pub(crate) fn of(currency: Currency, costs: &[&Cost], units: &[MonthUnits], today: i32) -> Page<Self> {
        let mut lanes: BTreeMap<String, Vec<&Cost>> = BTreeMap::new();
        for cost in costs {
            lanes.entry(cost.marketplace.clone().unwrap_or_default()).or_default().push(cost);
        }
        let spanned: Vec<(String, Vec<Span<'_>>)> =
            lanes.into_iter().map(|(place, costs)| (place, spans(&costs))).collect();
        let mut rows = Vec::new();
        for (place, spans) in &spanned {
            for span in spans {
                rows.push(row(currency, place, span)?);
            }
        }
        let over = covered(&spanned);
        Ok(Self {
            currency: currency.to_string(),
            chart: chart(currency, &spanned, &over, units, today)?,
            rows,
            missing: missing(units),
            overlaps: !over.is_empty(),
        })
    }
}

/// Costs in the order of their days, and the gaps between them. A cost without an end lasts until the next.
fn spans<'c>(costs: &[&'c Cost]) -> Vec<Span<'c>> {
    let mut spans = Vec::new();
    for (index, cost) in costs.iter().enumerate() {
        let next = costs.get(index + 1).map(|next| next.from);
        let to = cost.to.or(next.map(|from| from - 1));
        spans.push(Span { from: cost.from, to, cost: Some(cost) });
        let until = next.map(|from| from - 1);
        if let Some(to) = cost.to.filter(|to| until.is_none_or(|until| *to < until)) {
            spans.push(Span { from: to + 1, to: until, cost: None });
        }
    }
    spans
}

/// Days of the general lane on which a marketplace has a cost of its own.
fn covered(lanes: &[(String, Vec<Span<'_>>)]) -> Vec<(i32, i32, String)> {
    let general = lanes.iter().filter(|(place, _)| place.is_empty()).flat_map(|(_, spans)| spans);
    let mut over = Vec::new();
    for span in general.filter(|span| span.cost.is_some()) {
        for (place, own) in lanes.iter().filter(|(place, _)| !place.is_empty()) {
            for own in own.iter().filter(|own| own.cost.is_some()) {
                let from = own.from.max(span.from);
                let to = own.to.unwrap_or(i32::MAX - 1).min(span.to.unwrap_or(i32::MAX - 1));
                if from <= to {
                    over.push((from, to, place.clone()));
                }
            }
        }
    }
    over
}

fn name(place: &str) -> &str {
    if place.is_empty() { "All marketplaces" } else { place }
}

fn days(span: &Span<'_>) -> String {
    let on = |number: i32| shown(day::to_date(number));
    match span.to {
        Some(to) => format!("{} – {}", on(span.from), on(to)),
        None => format!("from {}", on(span.from)),
    }
}

fn row(currency: Currency, place: &str, span: &Span<'_>) -> Page<HistoryRow> {
    let mut row = HistoryRow {
        place: name(place).to_owned(),
        days: days(span),
        unit: None,
        parts: String::new(),
        change: String::new(),
        remove: String::new(),
        cells: download::cells(currency, place, (span.from, span.to), span.cost)?,
    };
    if let Some(cost) = span.cost {
        row.unit = Some(money::exact(currency, cost.unit()?));
        row.parts = parts(cost);
        row.change = cost_link("/costs/product", cost).with("edit", "1").text() + "#cost";
        row.remove = cost_link("/costs/removal", cost).text();
    }
    Ok(row)
}

/// `goods ₹80.00, freight ₹5.50`, where there is more than the goods.
fn parts(cost: &Cost) -> String {
    if cost.parts[1..].iter().all(|part| *part == 0) {
        return String::new();
    }
    let named = Cost::PARTS.iter().zip(cost.parts).filter(|(_, part)| *part != 0);
    let texts: Vec<String> =
        named.map(|(name, part)| format!("{name} {}", money::exact(cost.currency, part))).collect();
    texts.join(", ")
}

fn missing(units: &[MonthUnits]) -> Option<String> {
    let uncosted = units.iter().map(|(_, _, uncosted)| *uncosted).fold(0, i64::saturating_add);
    let since = units.iter().find(|(_, _, uncosted)| *uncosted > 0)?.0;
    let sold = money::counted(uncosted, "unit was", "units were");
    Some(format!("{sold} sold without a known cost, the first in {}.", Period::Month(since).title()))
}

fn chart(
    currency: Currency,
    lanes: &[(String, Vec<Span<'_>>)],
    over: &[(i32, i32, String)],
    units: &[MonthUnits],
    today: i32,
) -> Page<TimelineChart> {
    let costs =
        lanes.iter().flat_map(|(_, spans)| spans).flat_map(|span| [Some(span.from), span.to]).flatten();
    let sold = units.iter().map(|(month, ..)| month.first_day());
    let (first, last) = around(costs.chain(sold), today);
    let mut drawn = Vec::new();
    for (place, spans) in lanes {
        let mut stretches =
            spans.iter().map(|span| stretch(currency, span, last)).collect::<Page<Vec<Stretch>>>()?;
        if place.is_empty() {
            stretches.extend(over.iter().map(|one| overridden(one, last)));
        }
        drawn.push(Lane { name: name(place).to_owned(), stretches });
    }
    if !units.is_empty() {
        let stretches = units.iter().map(month_stretch).collect();
        drawn.push(Lane { name: "Units sold".to_owned(), stretches });
    }
    Ok(TimelineChart::new("Costs over time", drawn, first, last))
}

fn stretch(currency: Currency, span: &Span<'_>, last: i32) -> Page<Stretch> {
    let (from, to) = (span.from, span.to.unwrap_or(last.max(span.from)));
    let (series, short) = match span.cost {
        Some(cost) => (Some(Series::Profit), money::exact(currency, cost.unit()?)),
        None => (None, "no cost".to_owned()),
    };
    let words = format!("{}: {short}", days(span));
    Ok(Stretch { series, from, to, short, words })
}

fn overridden((from, to, place): &(i32, i32, String), last: i32) -> Stretch {
    let span = Span { from: *from, to: (*to < last).then_some(*to), cost: None };
    let words = format!("{}: at {place} its own cost counts instead", days(&span));
    Stretch { series: Some(Series::Ads), from: *from, to: (*to).min(last), short: String::new(), words }
}

fn month_stretch((month, units, uncosted): &MonthUnits) -> Stretch {
    let sold = money::counted(*units, "unit", "units");
    let without = match uncosted {
        0 => String::new(),
        some if some == units => ", without a cost".to_owned(),
        some => format!(", {} of them without a cost", money::count(*some)),
    };
    Stretch {
        series: Some(if *uncosted > 0 { Series::Attention } else { Series::Balance }),
        from: month.first_day(),
        // A day between months, so that they are told apart.
        to: month.last_day() - 1,
        short: String::new(),
        words: format!("{}: {sold}{without}", Period::Month(*month).title()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(place: Option<&str>, from: i32, to: Option<i32>) -> Cost {
        let (sku, marketplace) = ("A".to_owned(), place.map(str::to_owned));
        Cost { sku, marketplace, currency: Currency::INR, from, to, parts: [100, 0, 0, 0, 5] }
    }

    #[test]
    fn gaps_and_overlaps_are_found() {
        let all = [cost(None, 0, None), cost(None, 10, Some(19)), cost(None, 30, Some(39))];
        let spans = spans(&all.iter().collect::<Vec<_>>());
        let told: Vec<(i32, Option<i32>, bool)> =
            spans.iter().map(|span| (span.from, span.to, span.cost.is_some())).collect();
        let expected = [
            (0, Some(9), true),
            (10, Some(19), true),
            (20, Some(29), false),
            (30, Some(39), true),
            (40, None, false),
        ];
        assert_eq!(told, expected);
        let own = cost(Some("Amazon.com"), 15, None);
        let lanes = vec![(String::new(), spans), ("Amazon.com".to_owned(), super::spans(&[&own]))];
        let over: Vec<(i32, i32)> = covered(&lanes).into_iter().map(|(from, to, _)| (from, to)).collect();
        assert_eq!(over, [(15, 19), (30, 39)]);
    }

    #[test]
    fn parts_are_told_where_there_are_several() {
        assert_eq!(parts(&cost(None, 0, None)), "goods ₹1.00, other ₹0.05");
        assert_eq!(parts(&Cost { parts: [100, 0, 0, 0, 0], ..cost(None, 0, None) }), "");
    }
}
