//! Stacked columns: what is gained stands on zero, what is lost hangs below it.

use askama::Template;

use super::{Series, scale};

const HEIGHT: i64 = 200;
const TOP: i64 = 10;
const PLOT: i64 = 160;
/// A few columns do not spread over the whole width.
const LEAST_COLUMNS: usize = 6;
/// Room for the amounts at the left, in hundredths of a per cent.
const LEFT: i64 = 600;

/// One part of a column.
#[derive(Clone, Debug)]
pub(crate) struct Stack {
    pub(crate) series: Series,
    pub(crate) amount: i64,
}

/// A column: a month, say.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) label: String,
    /// All of it in words, for hover and screen readers.
    pub(crate) words: String,
    pub(crate) href: String,
    pub(crate) here: bool,
    pub(crate) parts: Vec<Stack>,
}

struct Drawn {
    column: Column,
    x: String,
    width: String,
    middle: String,
    rects: Vec<(&'static str, i64, i64)>,
}

/// The chart.
#[derive(Template)]
#[template(path = "chart/stack.html")]
pub(crate) struct StackChart {
    title: String,
    columns: Vec<Drawn>,
    ticks: Vec<(i64, String)>,
    zero: i64,
    height: i64,
    label_y: i64,
    left: String,
}

impl askama::filters::HtmlSafe for StackChart {}

impl StackChart {
    /// `short` writes the amounts at the left.
    pub(crate) fn new(title: impl Into<String>, columns: Vec<Column>, short: impl Fn(i64) -> String) -> Self {
        let reach = |column: &Column| {
            let sum = |sign: fn(i64) -> bool| {
                let amounts = column.parts.iter().map(|part| part.amount).filter(|amount| sign(*amount));
                amounts.fold(0_i64, i64::saturating_add)
            };
            [sum(|amount| amount < 0), sum(|amount| amount > 0)]
        };
        let scale = scale::Scale::of(columns.iter().flat_map(reach), TOP, PLOT);
        let count = columns.len().max(LEAST_COLUMNS);
        let drawn = columns.into_iter().enumerate().map(|(index, column)| {
            let (x, width, middle) = scale::column(index, count, LEFT, 70);
            let rects = rects(&column, &scale);
            Drawn { column, x, width, middle, rects }
        });
        let ticks = scale.ticks().into_iter().map(|tick| (scale.y(tick), short(tick)));
        Self {
            title: title.into(),
            columns: drawn.collect(),
            ticks: ticks.collect(),
            zero: scale.y(0),
            height: HEIGHT,
            label_y: HEIGHT - 10,
            left: scale::percent(LEFT),
        }
    }
}

fn rects(column: &Column, scale: &scale::Scale) -> Vec<(&'static str, i64, i64)> {
    let (mut up, mut down) = (0_i64, 0_i64);
    let parts = column.parts.iter().filter(|part| part.amount != 0);
    parts
        .map(|part| {
            let level = if part.amount < 0 { &mut down } else { &mut up };
            let start = *level;
            *level = start.saturating_add(part.amount);
            let (y, height) = scale.bar(start, *level);
            (part.series.class(), y, height)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_stand_on_zero_and_losses_hang_below() {
        let part = |series, amount| Stack { series, amount };
        let column = Column {
            label: "Sep".into(),
            words: String::new(),
            href: "/".into(),
            here: false,
            parts: vec![
                part(Series::Goods, 60),
                part(Series::Fees, 40),
                part(Series::Loss, -60),
                part(Series::Ads, 0),
            ],
        };
        let chart = StackChart::new("t", vec![column], |amount| amount.to_string());
        let rects = &chart.columns[0].rects;
        assert_eq!(chart.zero, TOP + 100);
        assert_eq!(*rects, [("s-goods", TOP + 40, 60), ("s-fees", TOP, 40), ("s-loss", TOP + 100, 60)]);
    }
}
