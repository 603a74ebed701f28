//! A timeline: lanes of stretches of days, such as costs that hold, one lane below the other.

use askama::Template;
use ecom_ledger::day::{self, Month};

use super::{Series, scale};

/// Height of a lane: its name, the words of its stretches, the bars.
const LANE: i64 = 54;
const BAR: i64 = 14;
/// Room for the dates.
const FOOT: i64 = 26;
/// Words stand above a stretch that is at least this wide, in hundredths of a per cent.
const LEAST_FOR_WORDS: i64 = 1_000;
/// Dates at the foot.
const MOST_TICKS: i32 = 8;

/// Some days, both ends included.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    /// Nothing: a gap.
    pub(crate) series: Option<Series>,
    pub(crate) from: i32,
    pub(crate) to: i32,
    /// Stands above it where there is room.
    pub(crate) short: String,
    /// All of it in words, for hover and screen readers.
    pub(crate) words: String,
}

/// Stretches that stand beside each other.
#[derive(Clone, Debug)]
pub(crate) struct Lane {
    pub(crate) name: String,
    pub(crate) stretches: Vec<Stretch>,
}

struct Drawn {
    class: &'static str,
    x: String,
    width: String,
    short: String,
    words: String,
}

struct DrawnLane {
    name: String,
    name_y: i64,
    short_y: i64,
    y: i64,
    stretches: Vec<Drawn>,
}

/// The chart.
#[derive(Template)]
#[template(path = "chart/timeline.html")]
pub(crate) struct TimelineChart {
    title: String,
    lanes: Vec<DrawnLane>,
    ticks: Vec<(String, String)>,
    height: i64,
    bar: i64,
    foot: i64,
}

impl askama::filters::HtmlSafe for TimelineChart {}

impl TimelineChart {
    /// Draws the days from `first` to `last`; what lies outside is cut off.
    pub(crate) fn new(title: impl Into<String>, lanes: Vec<Lane>, first: i32, last: i32) -> Self {
        let span = Span { first, days: i64::from(last.max(first)) - i64::from(first) + 1 };
        let bottom = LANE * i64::try_from(lanes.len()).unwrap_or(0);
        let drawn = lanes.into_iter().zip(0..).map(|(lane, index)| DrawnLane {
            name: lane.name,
            name_y: index * LANE + 12,
            short_y: index * LANE + 28,
            y: index * LANE + 33,
            stretches: lane.stretches.into_iter().filter_map(|stretch| span.drawn(stretch)).collect(),
        });
        Self {
            title: title.into(),
            lanes: drawn.collect(),
            ticks: span.ticks(),
            height: bottom + FOOT,
            bar: BAR,
            foot: bottom + FOOT - 6,
        }
    }
}

struct Span {
    first: i32,
    days: i64,
}

impl Span {
    /// Where a day begins, in hundredths of a per cent; cut at both ends.
    fn at(&self, day: i64) -> i64 {
        (day - i64::from(self.first)).clamp(0, self.days) * 10_000 / self.days
    }

    fn drawn(&self, stretch: Stretch) -> Option<Drawn> {
        let (from, to) = (self.at(i64::from(stretch.from)), self.at(i64::from(stretch.to) + 1));
        // A day on a long timeline is still seen.
        let width =
            (to - from).max(if to > 0 && from < 10_000 && stretch.to >= stretch.from { 30 } else { 0 });
        (width > 0).then(|| Drawn {
            class: stretch.series.map_or("s-gap", Series::class),
            x: scale::percent(from),
            width: scale::percent(width.min(10_000 - from)),
            short: if width >= LEAST_FOR_WORDS { stretch.short } else { String::new() },
            words: stretch.words,
        })
    }

    /// First days of months, evenly apart.
    fn ticks(&self) -> Vec<(String, String)> {
        let last = i32::try_from(i64::from(self.first) + self.days - 1).unwrap_or(i32::MAX);
        let (from, to) = (Month::of_day(self.first).0, Month::of_day(last).0);
        let step = [1, 2, 3, 6, 12, 24, 60, 120, 1200]
            .into_iter()
            .find(|step| (to - from) / step < MOST_TICKS)
            .unwrap_or(12_000);
        let months = (from..=to).filter(|month| month % step == 0).map(Month);
        let inside = months.filter(|month| month.first_day() >= self.first);
        inside
            .map(|month| (month.first_day(), month.first_date().strftime("%b %Y").to_string()))
            // Words that would be cut off at the right are left out.
            .filter(|(day, _)| self.at(i64::from(*day)) < 9_200)
            .map(|(day, words)| (scale::percent(self.at(i64::from(day))), words))
            .collect()
    }
}

/// The days that a chart shows: those wanted, but no more than some years around today.
pub(crate) fn around(wanted: impl IntoIterator<Item = i32>, today: i32) -> (i32, i32) {
    const BEFORE: i32 = 3_653;
    const AFTER: i32 = 731;
    let near = wanted.into_iter().map(|day| day.clamp(today - BEFORE, today + AFTER));
    let (first, last) = near.fold((today, today), |(first, last), day| (first.min(day), last.max(day)));
    // Whole months, so that a lone day is no wall.
    (Month::of_day(first).first_day(), day::of_date(day::to_date(last).last_of_month()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(text: &str) -> i32 {
        day::of_date(text.parse().unwrap())
    }

    fn stretch(from: &str, to: &str) -> Stretch {
        Stretch { series: None, from: on(from), to: on(to), short: "₹1".into(), words: "w".into() }
    }

    #[test]
    fn stretches_are_cut_at_the_ends_and_the_smallest_is_seen() {
        let stretches = vec![
            stretch("2020-01-01", "2026-01-10"),
            stretch("2026-01-20", "2026-01-20"),
            stretch("2027-01-01", "2027-02-01"),
        ];
        let lane = Lane { name: "n".into(), stretches };
        let chart = TimelineChart::new("t", vec![lane], on("2026-01-01"), on("2026-04-10"));
        let drawn: Vec<(&str, &str)> =
            chart.lanes[0].stretches.iter().map(|one| (one.x.as_str(), one.width.as_str())).collect();
        assert_eq!(drawn, [("0.00%", "10.00%"), ("19.00%", "1.00%")]);
        assert_eq!(chart.ticks[0], ("0.00%".to_owned(), "Jan 2026".to_owned()));
    }

    #[test]
    fn what_is_shown_stays_near_today() {
        let (first, last) = around([i32::MIN, on("2026-05-05"), i32::MAX], on("2026-11-25"));
        assert!(first > on("2016-01-01") && last < on("2029-01-01"));
        let chart = TimelineChart::new("t", Vec::new(), first, last);
        assert!((2..=9).contains(&chart.ticks.len()), "{:?}", chart.ticks);
    }
}
