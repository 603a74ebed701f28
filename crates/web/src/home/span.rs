//! The periods of the first page: days that move with today, what stands before them, and the year before.

use ecom_gst::{FinancialYear, Quarter};
use jiff::{ToSpan, civil::Date};

use crate::period::{Period, shown};

/// First and last day.
pub(crate) type Days = (Date, Date);

/// A period of a tile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Span {
    Today,
    Yesterday,
    MonthToDate,
    LastMonth,
    MonthBeforeLast,
    /// So many days up to yesterday.
    Last(i32),
    ThisWeek,
    LastWeek,
    ThisQuarter,
    LastQuarter,
    ThisYear,
    LastYear,
    /// First and last day as typed.
    Own(Date, Date),
}

/// On everybody's page.
pub(crate) const ALWAYS: [Span; 4] = [Span::Today, Span::Yesterday, Span::MonthToDate, Span::LastMonth];

/// On everybody's page too while there is no line of this month: else one month would stand alone for two weeks.
pub(crate) const EARLY: Span = Span::MonthBeforeLast;

/// Those that can be added, besides days of one's own.
pub(crate) const OFFERED: [Span; 10] = [
    Span::Last(7),
    Span::Last(14),
    Span::Last(30),
    Span::Last(90),
    Span::ThisWeek,
    Span::LastWeek,
    Span::ThisQuarter,
    Span::LastQuarter,
    Span::ThisYear,
    Span::LastYear,
];

impl Span {
    /// As it is kept, and sent by forms.
    pub(crate) fn key(self) -> String {
        let name = match self {
            Self::Last(days) => return format!("last-{days}"),
            Self::Own(from, to) => return format!("{from}..{to}"),
            Self::Today => "today",
            Self::Yesterday => "yesterday",
            Self::MonthToDate => "month-to-date",
            Self::LastMonth => "last-month",
            Self::MonthBeforeLast => "month-before-last",
            Self::ThisWeek => "this-week",
            Self::LastWeek => "last-week",
            Self::ThisQuarter => "this-quarter",
            Self::LastQuarter => "last-quarter",
            Self::ThisYear => "this-year",
            Self::LastYear => "last-year",
        };
        name.to_owned()
    }

    /// A period that can be added, by its key.
    pub(crate) fn from_key(key: &str) -> Option<Self> {
        let own = || {
            let (from, to) = key.split_once("..")?;
            let (from, to) = (Period::day(from)?, Period::day(to)?);
            (from <= to).then_some(Self::Own(from, to))
        };
        OFFERED.into_iter().find(|span| span.key() == key).or_else(own)
    }

    /// As a heading says it.
    pub(crate) fn title(self) -> String {
        let name = match self {
            Self::Last(days) => return format!("Last {days} days"),
            Self::Own(..) => "Own days",
            Self::Today => "Today",
            Self::Yesterday => "Yesterday",
            Self::MonthToDate => "Month to date",
            Self::LastMonth => "Last month",
            Self::MonthBeforeLast => "Month before last",
            Self::ThisWeek => "This week",
            Self::LastWeek => "Last week",
            Self::ThisQuarter => "This quarter",
            Self::LastQuarter => "Last quarter",
            Self::ThisYear => "This financial year",
            Self::LastYear => "Last financial year",
        };
        name.to_owned()
    }

    /// Its days, seen on `today`. Weeks begin on Monday, years on 1 April.
    pub(crate) fn days(self, today: Date) -> Days {
        let ago = |days: i32| back(today, days);
        let monday = ago(i32::from(today.weekday().to_monday_zero_offset()));
        match self {
            Self::Today => (today, today),
            Self::Yesterday => (ago(1), ago(1)),
            Self::MonthToDate => (today.first_of_month(), today),
            Self::LastMonth => month_before(today),
            Self::MonthBeforeLast => month_before(month_before(today).0),
            Self::Last(days) => (ago(days), ago(1)),
            Self::ThisWeek => (monday, today),
            Self::LastWeek => (back(monday, 7), back(monday, 1)),
            Self::ThisQuarter => (quarter(today).0, today),
            Self::LastQuarter => quarter(back(quarter(today).0, 1)),
            Self::ThisYear => (FinancialYear::of(today).first_day(), today),
            Self::LastYear => {
                let last = back(FinancialYear::of(today).first_day(), 1);
                (FinancialYear::of(last).first_day(), last)
            }
            Self::Own(from, to) => (from, to),
        }
    }

    /// What stands before some of its days: the same days of the month, quarter or year before, else as many days.
    pub(crate) fn before(self, (from, to): Days) -> Days {
        match self {
            Self::MonthToDate | Self::LastMonth | Self::MonthBeforeLast => months_back((from, to), 1),
            Self::ThisQuarter | Self::LastQuarter => months_back((from, to), 3),
            Self::ThisYear | Self::LastYear => months_back((from, to), 12),
            Self::ThisWeek | Self::LastWeek => (back(from, 7), back(to, 7)),
            Self::Today | Self::Yesterday | Self::Last(_) | Self::Own(..) => {
                let length = (to - from).get_days() + 1;
                (back(from, length), back(from, 1))
            }
        }
    }
}

/// The same days a year before.
pub(crate) fn year_before(days: Days) -> Days {
    months_back(days, 12)
}

/// `1–23 Nov`, `28 Oct – 3 Nov`; with the year where it is not that of `today`.
pub(crate) fn told((from, to): Days, today: Date) -> String {
    let year = if to.year() == today.year() && from.year() == to.year() { "" } else { " %Y" };
    let full = |date: Date| date.strftime(&format!("%-d %b{year}")).to_string();
    if from == to {
        return full(to);
    }
    let whole = from.day() == 1 && to == from.last_of_month();
    if whole {
        return from.strftime(&format!("%b{year}")).to_string();
    }
    if (from.year(), from.month()) == (to.year(), to.month()) {
        return format!("{}–{}", from.day(), full(to));
    }
    if from.year() == to.year() {
        return format!("{} – {}", from.strftime("%-d %b"), full(to));
    }
    format!("{} – {}", shown(from), shown(to))
}

fn back(date: Date, days: i32) -> Date {
    date.saturating_sub(days.days())
}

/// The whole month before that of a day.
fn month_before(day: Date) -> Days {
    let last = back(day.first_of_month(), 1);
    (last.first_of_month(), last)
}

/// Months before; what ends with a month ends with one there too.
fn months_back((from, to): Days, months: i32) -> Days {
    let moved = |date: Date| date.saturating_sub(months.months());
    let whole = from.day() == 1 && to == to.last_of_month();
    (moved(from), if whole { moved(to).last_of_month() } else { moved(to) })
}

fn quarter(day: Date) -> Days {
    let days = FinancialYear::of(day).quarter(Quarter::of(day));
    (*days.start(), *days.end())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const TODAY: Date = date(2026, 11, 25);

    fn told_of(span: Span) -> [String; 3] {
        let days = span.days(TODAY);
        [days, span.before(days), year_before(days)].map(|days| told(days, TODAY))
    }

    #[test]
    fn periods_follow_today_and_are_compared_with_their_like() {
        assert_eq!(told_of(Span::Today), ["25 Nov", "24 Nov", "25 Nov 2025"]);
        assert_eq!(told_of(Span::MonthToDate), ["1–25 Nov", "1–25 Oct", "1–25 Nov 2025"]);
        assert_eq!(told_of(Span::LastMonth), ["Oct", "Sep", "Oct 2025"]);
        assert_eq!(told_of(Span::ThisWeek), ["23–25 Nov", "16–18 Nov", "23–25 Nov 2025"]);
        assert_eq!(told_of(Span::Last(30))[..2], ["26 Oct – 24 Nov", "26 Sep – 25 Oct"]);
        assert_eq!(told_of(Span::ThisQuarter), ["1 Oct – 25 Nov", "1 Jul – 25 Aug", "1 Oct – 25 Nov 2025"]);
        assert_eq!(told_of(Span::LastYear)[0], "1 Apr 2025 – 31 Mar 2026");
    }

    #[test]
    fn whole_months_stay_whole_however_long_they_are() {
        let february = (date(2028, 2, 1), date(2028, 2, 29));
        assert_eq!(year_before(february), (date(2027, 2, 1), date(2027, 2, 28)));
        assert_eq!(Span::LastMonth.before(february), (date(2028, 1, 1), date(2028, 1, 31)));
        assert_eq!(
            Span::MonthToDate.before((date(2026, 3, 1), date(2026, 3, 30))),
            (date(2026, 2, 1), date(2026, 2, 28))
        );
    }

    #[test]
    fn what_can_be_added_is_found_by_its_key_and_nothing_else() {
        let own = Span::Own(date(2026, 9, 1), date(2026, 9, 15));
        for span in OFFERED.into_iter().chain([own]) {
            assert_eq!(Span::from_key(&span.key()), Some(span));
        }
        for key in
            ["", "today", "last-0", "last-99999", "2026-09-15..2026-09-01", "2026-02-30..2026-03-01", ".."]
        {
            assert_eq!(Span::from_key(key), None, "{key}");
        }
    }

    proptest! {
        #[test]
        fn days_are_in_order_whatever_day_it_is(offset in 0_i32..20_000) {
            let today = date(1995, 1, 1).saturating_add(offset.days());
            for span in ALWAYS.into_iter().chain([EARLY]).chain(OFFERED) {
                let days = span.days(today);
                for (from, to) in [days, span.before(days), year_before(days)] {
                    prop_assert!(from <= to && to <= today, "{span:?} {from} {to}");
                }
                prop_assert!(span.before(days).1 < days.0);
            }
        }
    }
}
