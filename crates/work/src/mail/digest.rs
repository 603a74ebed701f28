//! The week's figures of a business, as its members get them by mail: the same rollups as on the pages.
//!
//! Weeks run from Monday to Sunday. Settlements come days later, so it is the newest week with lines that is told, and
//! up to when Amazon has settled.

use ecom_ledger::{
    Group, Minor,
    day::{self, Month},
    statement::Statement,
};
use ecom_store::{Consenting, Cover, Duties, Filter, MOST_COUNTED, Result, Scoped};
use jiff::{ToSpan, civil::Date};
use serde::{Deserialize, Serialize};

use super::{
    Mail,
    figure::{amount, count, percent},
    letter::SETTINGS,
    sheet::{Part, Sheet},
    words::name,
};

/// An older week is no news.
const MOST_WEEKS_BACK: i32 = 4;
/// Months of products whose missing cost needs attention, as on the first page.
const MONTHS: i32 = 12;

/// The week's figures, as they were when the mail was written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    /// Whose mail it is.
    pub name: String,
    /// The business.
    pub business: String,
    /// The days of the week, in words.
    pub days: String,
    /// First and last day as in addresses; none without figures.
    pub span: Option<(String, String)>,
    /// One per currency.
    pub sheets: Vec<DigestSheet>,
    /// Up to when Amazon has settled, where more may come.
    pub open: Option<String>,
    /// What waits for somebody.
    pub tasks: Vec<Task>,
}

/// The figures of one currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigestSheet {
    /// What the figure is: net profit, or profit before unknown costs.
    pub title: String,
    /// The profit.
    pub profit: String,
    /// How it stands against the week before.
    pub change: String,
    /// What it is made of.
    pub rows: Vec<(String, String)>,
}

/// Something that waits for somebody.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// What it is.
    pub what: String,
    /// What to do.
    pub action: String,
    /// Where.
    pub page: String,
}

/// Monday and Sunday of the last whole week before a day.
fn week_of(today: Date) -> (Date, Date) {
    let monday = back(today, i32::from(today.weekday().to_monday_zero_offset()));
    (back(monday, 7), back(monday, 1))
}

fn back(day: Date, days: i32) -> Date {
    day.checked_sub(days.days()).unwrap_or(Date::MIN)
}

impl Digest {
    /// What a reader gets it for: once a week.
    pub fn cause(reader: &Consenting, today: Date) -> String {
        let (monday, _) = week_of(today);
        format!("digest:{}:{}:{monday}", reader.tenant, reader.person)
    }

    /// The figures of a business for one of its members.
    pub async fn of(books: &mut Scoped<'_>, reader: &Consenting, today: Date) -> Result<Self> {
        let duties = books.duties(Month(Month::of(today).0 - (MONTHS - 1))).await?;
        let mut digest = Self {
            name: reader.name.clone(),
            business: reader.business.clone(),
            days: told(week_of(today)),
            span: None,
            sheets: Vec::new(),
            open: None,
            tasks: tasks(&duties),
        };
        let lines = books.span().await?;
        let Some(week) = lines.and_then(|(_, last)| newest_week(today, day::to_date(last))) else {
            return Ok(digest);
        };
        let before = (back(week.0, 7), back(week.1, 7));
        let spans = [week, before].map(|(from, to)| (day::of_date(from), day::of_date(to)));
        let all = Filter::days(i32::MIN, i32::MAX);
        let found = books.statements_of(&all, &spans).await?;
        let (own, before_it) = match found.as_slice() {
            [own, before] => (own.as_slice(), before.as_slice()),
            _ => (&[][..], &[][..]),
        };
        for statement in own {
            let then = before_it.iter().find(|then| then.currency == statement.currency);
            digest.sheets.push(DigestSheet::of(statement, then, &told(before))?);
        }
        (digest.days, digest.span) = (told(week), Some((week.0.to_string(), week.1.to_string())));
        let coverage = books.coverage(None).await?;
        let [(from, to), _] = spans;
        let covers = own.iter().map(|statement| coverage.of(statement.currency, from, to));
        digest.open = open(covers.min().unwrap_or(Cover::Whole));
        Ok(digest)
    }

    pub(crate) fn subject(&self) -> String {
        let business = name(&self.business);
        match self.sheets.as_slice() {
            [one] => format!("{business}, {}: {} {}", self.days, one.title.to_lowercase(), one.profit),
            _ => format!("{business}, {}", self.days),
        }
    }

    pub(crate) fn sheet(&self, mail: &Mail, subject: String) -> Sheet {
        let mut parts = Vec::new();
        if self.sheets.is_empty() {
            parts.push(Part::Text(
                "There are no settlement lines of the last weeks yet. Import the newest settlement files, and next \
                 Monday's mail has figures."
                    .to_owned(),
            ));
        }
        for one in &self.sheets {
            parts.push(Part::Figure(one.title.clone(), one.profit.clone(), one.change.clone()));
            parts.push(Part::Rows(one.rows.clone()));
        }
        parts.extend(self.open.clone().map(Part::Soft));
        let link = |page: &str| mail.url(page);
        if self.tasks.is_empty() {
            parts.push(Part::Soft("Nothing needs your attention.".to_owned()));
        } else {
            let tasks =
                self.tasks.iter().map(|task| (task.what.clone(), task.action.clone(), link(&task.page)));
            parts.push(Part::Tasks("Needs your attention".to_owned(), tasks.collect()));
        }
        let page = self
            .span
            .as_ref()
            .map_or_else(|| "/".to_owned(), |(from, to)| format!("/statement?from={from}&to={to}"));
        parts.push(Part::Button("Open the books".to_owned(), Some(link(&page))));
        Sheet {
            subject,
            preview: self.preview(),
            title: format!("{}, {}", name(&self.business), self.days),
            parts,
            why: "You get it every Monday because you asked for it.".to_owned(),
            withdraw: Some(("Stop it or change what you get".to_owned(), link(SETTINGS))),
        }
    }

    fn preview(&self) -> String {
        let figures: Vec<&str> = self.sheets.iter().map(|sheet| sheet.change.as_str()).collect();
        let tasks = match self.tasks.len() {
            0 => "nothing needs your attention".to_owned(),
            1 => "one thing needs your attention".to_owned(),
            more => format!("{more} things need your attention"),
        };
        figures.into_iter().map(ToOwned::to_owned).chain([tasks]).collect::<Vec<_>>().join("; ")
    }
}

/// The last whole week, or the newest one before it that has lines.
fn newest_week(today: Date, last_line: Date) -> Option<(Date, Date)> {
    let (monday, sunday) = week_of(today);
    let weeks = (0..=MOST_WEEKS_BACK).map(|weeks| (back(monday, 7 * weeks), back(sunday, 7 * weeks)));
    weeks.into_iter().find(|(from, _)| *from <= last_line)
}

/// Up to when Amazon has settled the week, where more may come.
fn open(cover: Cover) -> Option<String> {
    let state = match cover {
        Cover::Whole => return None,
        Cover::UpTo(last) => {
            let last = day::to_date(last);
            format!("Amazon has settled up to {}.", told((last, last)))
        }
        Cover::Gap => "A settlement of this week is missing.".to_owned(),
        Cover::Open => "Amazon has not settled this week to its end.".to_owned(),
    };
    Some(format!("{state} What comes later changes these figures."))
}

impl DigestSheet {
    fn of(own: &Statement, before: Option<&Statement>, then: &str) -> Result<Self> {
        let currency = own.currency;
        let sum = |groups: &[Group]| -> Result<String> {
            let amounts = groups
                .iter()
                .map(|group| own.group(*group).map(Minor))
                .collect::<std::result::Result<Vec<_>, _>>()?;
            Ok(amount(currency, Minor::sum(amounts)?.0))
        };
        let margin = match own.margin_bp()? {
            Some(margin) => percent(margin),
            None if own.cost_known() => "no sales".to_owned(),
            None => "unknown".to_owned(),
        };
        let rows = [
            ("Net sales", sum(&[Group::NetSales])?),
            ("Units", count(own.units)),
            ("Refunds", count(own.refunds.unwrap_or(0))),
            ("Fees", sum(&Group::FEES)?),
            ("Advertising", sum(&[Group::Advertising, Group::Deals])?),
            ("Margin", margin),
        ];
        Ok(Self {
            title: if own.cost_known() { "Net profit" } else { "Profit before unknown costs" }.to_owned(),
            profit: amount(currency, own.profit()?),
            change: change(own, before, then)?,
            rows: rows.map(|(title, value)| (title.to_owned(), value)).into(),
        })
    }
}

/// Profits are compared where all costs of both weeks are known, else net sales.
fn change(own: &Statement, before: Option<&Statement>, then: &str) -> Result<String> {
    let Some(before) = before else { return Ok(format!("no figures of {then} to compare with")) };
    let costed = own.cost_known() && before.cost_known();
    let (what, now, past) = if costed {
        ("", own.profit()?, before.profit()?)
    } else {
        ("net sales ", own.group(Group::NetSales)?, before.group(Group::NetSales)?)
    };
    let difference = Minor(now).minus(Minor(past))?.0;
    let size = amount(own.currency, difference.saturating_abs());
    Ok(match difference {
        0 => format!("{what}as in {then}"),
        1.. => format!("▲ {what}{size} more than {then}"),
        _ => format!("▼ {what}{size} less than {then}"),
    })
}

fn tasks(duties: &Duties) -> Vec<Task> {
    let task = |number: i64, one: &str, many: &str, action: &str, page: &str| {
        let told = if number >= MOST_COUNTED { format!("{}+", MOST_COUNTED - 1) } else { count(number) };
        (number > 0).then(|| Task {
            what: format!("{told} {}", if number == 1 { one } else { many }),
            action: action.to_owned(),
            page: page.to_owned(),
        })
    };
    [
        task(
            duties.settlements,
            "settlement waits for you",
            "settlements wait for you",
            "Decide",
            "/settlements?state=undecided",
        ),
        task(
            duties.labels,
            "label is not understood",
            "labels are not understood",
            "See the lines",
            "/lines?account=suspense:unclassified",
        ),
        task(duties.products, "product has no cost", "products have no cost", "Add cost", "/costs"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// `16–22 Nov 2026`, `28 Sep – 4 Oct 2026`, `29 Dec 2025 – 4 Jan 2026`.
fn told((from, to): (Date, Date)) -> String {
    let form = |day: Date, form: &str| day.strftime(form).to_string();
    let end = form(to, "%-d %b %Y");
    if from == to {
        end
    } else if from.first_of_month() == to.first_of_month() {
        format!("{}–{end}", from.day())
    } else if from.year() == to.year() {
        format!("{} – {end}", form(from, "%-d %b"))
    } else {
        format!("{} – {end}", form(from, "%-d %b %Y"))
    }
}

#[cfg(test)]
mod tests {
    use ecom_ledger::{Account, Currency, stock::StockValue};
    use jiff::civil::date;

    use super::*;

    fn statement(sales: i64, fees: i64, uncosted: i64) -> Statement {
        let mut statement = Statement::new(Currency::INR);
        statement.add_amount(Account::SalesProduct, sales).unwrap();
        statement.add_amount(Account::FeeReferral, fees).unwrap();
        statement.add_units(10, 0, uncosted).unwrap();
        statement
    }

    #[test]
    fn a_week_is_the_last_whole_one_whatever_day_it_is() {
        for day in [date(2026, 11, 23), date(2026, 11, 25), date(2026, 11, 29)] {
            assert_eq!(week_of(day), (date(2026, 11, 16), date(2026, 11, 22)), "{day}");
        }
        assert_eq!(told(week_of(date(2026, 11, 25))), "16–22 Nov 2026");
        assert_eq!(told((date(2026, 9, 28), date(2026, 10, 4))), "28 Sep – 4 Oct 2026");
        assert_eq!(told((date(2025, 12, 29), date(2026, 1, 4))), "29 Dec 2025 – 4 Jan 2026");
    }

    #[test]
    fn without_lines_of_last_week_an_earlier_one_is_told_but_no_old_one() {
        let today = date(2026, 11, 25);
        assert_eq!(newest_week(today, date(2026, 11, 24)).map(|week| week.0), Some(date(2026, 11, 16)));
        assert_eq!(newest_week(today, date(2026, 11, 9)).map(|week| week.0), Some(date(2026, 11, 9)));
        assert_eq!(newest_week(today, date(2026, 10, 19)).map(|week| week.0), Some(date(2026, 10, 19)));
        assert_eq!(newest_week(today, date(2026, 10, 18)), None);
    }

    #[test]
    fn weeks_are_compared_by_profit_or_where_costs_are_unknown_by_sales() {
        let (good, better) = (statement(100_000, -20_000, 0), statement(200_000, -20_000, 0));
        let told = |own, before| change(own, before, "9–15 Nov 2026").unwrap();
        assert_eq!(told(&better, Some(&good)), "▲ ₹1,000 more than 9–15 Nov 2026");
        assert_eq!(told(&good, Some(&better)), "▼ ₹1,000 less than 9–15 Nov 2026");
        assert_eq!(told(&good, Some(&good)), "as in 9–15 Nov 2026");
        assert_eq!(told(&good, None), "no figures of 9–15 Nov 2026 to compare with");
        let unknown = statement(150_000, 0, 1);
        assert_eq!(told(&unknown, Some(&good)), "▲ net sales ₹500 more than 9–15 Nov 2026");
    }

    #[test]
    fn a_profit_with_unknown_costs_says_so_and_has_no_margin() {
        let sheet = DigestSheet::of(&statement(150_000, -1, 1), None, "x").unwrap();
        assert_eq!(sheet.title, "Profit before unknown costs");
        assert_eq!(sheet.rows.last().unwrap().1, "unknown");
        let mut lost = statement(150_000, -1, 0);
        lost.add_stock(&StockValue { unvalued: 1, ..StockValue::default() }).unwrap();
        let sheet = DigestSheet::of(&lost, None, "x").unwrap();
        assert_eq!(
            (sheet.title.as_str(), sheet.rows.last().unwrap().1.as_str()),
            ("Profit before unknown costs", "unknown")
        );
        let sheet = DigestSheet::of(&statement(0, -100, 0), None, "x").unwrap();
        assert_eq!((sheet.profit.as_str(), sheet.rows.last().unwrap().1.as_str()), ("−₹1", "no sales"));
    }

    #[test]
    fn what_waits_is_told_with_the_page_that_mends_it() {
        assert!(tasks(&Duties::default()).is_empty());
        let found = tasks(&Duties { settlements: 1, labels: 2, products: MOST_COUNTED });
        let told: Vec<&str> = found.iter().map(|task| task.what.as_str()).collect();
        assert_eq!(
            told,
            ["1 settlement waits for you", "2 labels are not understood", "99+ products have no cost"]
        );
    }

    #[test]
    fn a_week_that_is_not_settled_says_up_to_when_or_what_is_missing() {
        assert_eq!(open(Cover::Whole), None);
        let up_to = Cover::UpTo(day::of_date(date(2026, 11, 18)));
        assert!(open(up_to).unwrap().contains("up to 18 Nov 2026"));
        assert!(open(Cover::Open).unwrap().contains("not settled this week"));
        assert!(open(Cover::Gap).unwrap().contains("A settlement of this week is missing"));
    }
}
