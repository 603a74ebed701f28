//! A waterfall: from a first amount, step by step, to a last one.

use askama::Template;

use super::{Series, scale};

const HEIGHT: i64 = 210;
const TOP: i64 = 22;
const PLOT: i64 = 150;

/// A step, or with `total` a bar from zero.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) label: String,
    pub(crate) amount: i64,
    /// The amount in short, and in full.
    pub(crate) short: String,
    pub(crate) full: String,
    pub(crate) series: Series,
    pub(crate) href: String,
    /// Whether it stands on zero.
    pub(crate) total: bool,
}

struct Bar {
    step: Step,
    x: String,
    width: String,
    middle: String,
    y: i64,
    height: i64,
    /// Where the amount is written.
    text_y: i64,
    /// From the end of this bar to the next: x, x of the next, y.
    link: Option<(String, String, i64)>,
}

/// The chart.
#[derive(Template)]
#[template(path = "chart/waterfall.html")]
pub(crate) struct WaterfallChart {
    title: String,
    bars: Vec<Bar>,
    zero: i64,
    height: i64,
    label_y: i64,
}

impl askama::filters::HtmlSafe for WaterfallChart {}

impl WaterfallChart {
    pub(crate) fn new(title: impl Into<String>, steps: Vec<Step>) -> Self {
        let mut spans = Vec::with_capacity(steps.len());
        let mut level = 0_i64;
        for step in &steps {
            let start = if step.total { 0 } else { level };
            level = start.saturating_add(step.amount);
            spans.push((start, level));
        }
        let scale = scale::Scale::of(spans.iter().flat_map(|(start, end)| [*start, *end]), TOP, PLOT);
        let count = steps.len();
        let bars = steps.into_iter().zip(&spans).enumerate().map(|(index, (step, (start, end)))| {
            let (x, width, middle) = scale::column(index, count, 0, 78);
            let (y, height) = scale.bar(*start, *end);
            let next = (index + 1 < count).then(|| scale::column(index + 1, count, 0, 78).0);
            let link = next.map(|next| (middle.clone(), next, scale.y(*end)));
            Bar { step, x, width, middle, y, height, text_y: y - 7, link }
        });
        Self {
            title: title.into(),
            bars: bars.collect(),
            zero: scale.y(0),
            height: HEIGHT,
            label_y: HEIGHT - 14,
        }
    }

    /// What is drawn, in order.
    #[cfg(test)]
    pub(crate) fn steps(&self) -> Vec<&Step> {
        self.bars.iter().map(|bar| &bar.step).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(amount: i64, total: bool) -> Step {
        let text = amount.to_string();
        Step {
            label: "x".into(),
            amount,
            short: text.clone(),
            full: text,
            series: Series::Fees,
            href: "/".into(),
            total,
        }
    }

    #[test]
    fn each_step_begins_where_the_one_before_ended() {
        let chart = WaterfallChart::new(
            "t",
            vec![step(100, true), step(-40, false), step(-70, false), step(-10, true)],
        );
        let spans: Vec<(i64, i64)> = chart.bars.iter().map(|bar| (bar.y, bar.y + bar.height)).collect();
        assert_eq!(spans[0].0, TOP);
        assert_eq!(spans[1].0, spans[0].0);
        assert_eq!(spans[2].0, spans[1].1);
        assert_eq!(spans[2].1, TOP + PLOT);
        assert_eq!(spans[3], (chart.zero, TOP + PLOT));
    }
}
