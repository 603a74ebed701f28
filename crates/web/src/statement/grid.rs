//! The statement as a table: one column for all days, or one per month, quarter or year with their total. Its lines
//! open to the accounts they are made of.

use askama::Template;
use ecom_documents::Value;
use ecom_ledger::{Currency, day::Month, statement::Statement};

use super::{bridge, profit};
use crate::{
    download,
    fault::Page,
    figure::{Figure, Row},
    notice::Tone,
    period::Period,
    scope::Scope,
};

/// Debits and credits, as both page and file call them.
const TURNOVER: [&str; 2] = ["Debited", "Credited"];

/// The table.
#[derive(Template)]
#[template(path = "statement/grid.html")]
pub(crate) struct Grid {
    heads: Vec<Head>,
    sections: Vec<Section>,
    /// Whether shares of net sales stand beside the only column.
    shares: bool,
    /// Whether what was debited and credited stands beside the only column.
    turnover: bool,
    /// What amounts are in, where they do not say so themselves.
    unit: Option<String>,
}

impl askama::filters::HtmlSafe for Grid {}

/// The head of a column.
struct Head {
    label: String,
    href: Option<String>,
    marks: Vec<Mark>,
}

/// A word on a column: `provisional`, `closed`.
struct Mark {
    class: &'static str,
    word: &'static str,
    href: Option<String>,
}

/// Lines that belong together: the first opens to the others.
struct Section {
    /// Stands above it.
    title: Option<&'static str>,
    line: Line,
    parts: Vec<Line>,
    /// Whether its notes explain, and do not ask for attention.
    calm: bool,
}

struct Line {
    class: &'static str,
    label: String,
    note: String,
    cells: Vec<Cell>,
    share: Figure,
    turnover: [Figure; 2],
}

struct Cell {
    figure: Figure,
    note: String,
}

/// What is known of columns and months.
#[derive(Default)]
pub(crate) struct Marks {
    /// Columns of which a settlement is missing or still to come.
    pub(crate) provisional: Vec<(Period, Currency)>,
    pub(crate) closed: Vec<(Month, Currency)>,
}

impl Marks {
    fn of(&self, period: Period, currency: Currency) -> Vec<Mark> {
        let (from, to) = period.days();
        let months: Vec<Month> = (Month::of_day(from).0..=Month::of_day(to).0).map(Month).collect();
        let whole = months.first().is_some_and(|first| first.first_day() == from)
            && months.last().is_some_and(|last| last.last_day() == to);
        let closed = months.iter().filter(|month| self.closed.contains(&(**month, currency))).count();
        let mut marks = Vec::new();
        if self.provisional.contains(&(period, currency)) {
            marks.push(Mark { class: Tone::Attention.class(), word: "provisional", href: None });
        }
        if whole && closed > 0 {
            let word = if closed == months.len() { "closed" } else { "partly closed" };
            let href = match months.as_slice() {
                [month] => format!("/close/{month}/{currency}"),
                _ => "/close".to_owned(),
            };
            marks.push(Mark { class: Tone::Good.class(), word, href: Some(href) });
        }
        marks
    }
}

impl Grid {
    /// One column, with shares of net sales, and with debits and credits if they are asked for.
    pub(crate) fn single(scope: &Scope, statement: &Statement, turnover: bool) -> Page<Self> {
        let rows = profit::sections(scope, statement, statement)?;
        let sections = rows.into_iter().map(|section| {
            let line = |row: Row| Line::of(vec![row], None);
            let parts = section.parts.into_iter().map(line).collect();
            Section { title: None, line: line(section.row), parts, calm: false }
        });
        let head = Head { label: "Amount".to_owned(), href: None, marks: Vec::new() };
        Ok(Self { heads: vec![head], sections: sections.collect(), shares: true, turnover, unit: None })
    }

    /// Its rows in a file, as those of any table of figures.
    pub(crate) fn single_rows(&self, currency: Currency) -> Vec<Vec<Value>> {
        self.rows(|name, part, line| {
            let amount = line.cells.first().map_or(Value::Empty, |cell| cell.figure.value());
            let (code, share) = (currency.code().into(), line.share.value());
            let mut row = vec![name.into(), part.into(), amount, code, share, download::filled(&line.note)];
            if self.turnover {
                row.splice(3..3, line.turnover.each_ref().map(Figure::value));
            }
            row
        })
    }

    /// The titles of the only column in a file.
    pub(crate) fn single_titles(&self) -> Vec<String> {
        let mut titles = vec!["Line", "Part", "Amount", "Currency", "Share of net sales", "Note"];
        if self.turnover {
            titles.splice(3..3, TURNOVER);
        }
        titles.into_iter().map(str::to_owned).collect()
    }

    /// The titles of its columns in a file.
    pub(crate) fn titles(&self) -> Vec<String> {
        let heads = self.heads.iter().map(|head| {
            let marks = head.marks.iter().map(|mark| format!(" ({})", mark.word));
            head.label.clone() + &marks.collect::<String>()
        });
        let named = ["Line", "Part"].map(str::to_owned).into_iter();
        named.chain(heads).chain(["Currency", "Note"].map(str::to_owned)).collect()
    }

    /// Its rows in a file, a cell per column.
    pub(crate) fn column_rows(&self, currency: Currency) -> Vec<Vec<Value>> {
        self.rows(|name, part, line| {
            let cells = line.cells.iter().map(|cell| cell.figure.value());
            let ends = [currency.code().into(), download::filled(&line.note)];
            [name.into(), part.into()].into_iter().chain(cells).chain(ends).collect()
        })
    }

    fn rows(&self, row: impl Fn(&str, &str, &Line) -> Vec<Value>) -> Vec<Vec<Value>> {
        let mut rows = Vec::new();
        for section in &self.sections {
            rows.push(row(&section.line.label, "", &section.line));
            rows.extend(section.parts.iter().map(|part| row(&section.line.label, &part.label, part)));
        }
        rows
    }

    /// A column per span and one for their total, with the bridge below.
    pub(crate) fn columns(
        scope: &Scope,
        columns: &[(Period, Statement)],
        whole: &Statement,
        marks: &Marks,
    ) -> Page<Self> {
        let currency = whole.currency;
        let mut heads: Vec<Head> = columns
            .iter()
            .map(|(period, _)| Head {
                label: label(*period),
                href: Some(scope.in_period(*period).link("/statement").text()),
                marks: marks.of(*period, currency),
            })
            .collect();
        heads.push(Head { label: "Total".to_owned(), href: None, marks: Vec::new() });
        let all: Vec<(Scope, &Statement)> = columns
            .iter()
            .map(|(period, statement)| (scope.in_period(*period), statement))
            .chain([(*scope, whole)])
            .collect();
        let mut profits = Vec::new();
        let mut bridges = Vec::new();
        for (scope, statement) in all {
            profits.push(profit::sections(&scope, statement, whole)?.into_iter());
            bridges.push(bridge::rows(&scope, statement)?.into_iter());
        }
        let mut sections = Vec::new();
        while let Some(row) = next(&mut profits) {
            let (rows, parts): (Vec<Row>, Vec<_>) =
                row.into_iter().map(|section| (section.row, section.parts.into_iter())).unzip();
            sections.push(Section {
                title: None,
                line: Line::of(rows, Some(currency)),
                parts: lines(parts, currency),
                calm: false,
            });
        }
        for (at, line) in lines(bridges, currency).into_iter().enumerate() {
            let title = (at == 0).then_some("From profit to the total");
            sections.push(Section { title, line, parts: Vec::new(), calm: true });
        }
        let unit = if currency == Currency::INR { "₹".to_owned() } else { currency.to_string() };
        Ok(Self { heads, sections, shares: false, turnover: false, unit: Some(unit) })
    }
}

/// The next of every column; none once a column has none left.
fn next<T>(columns: &mut [impl Iterator<Item = T>]) -> Option<Vec<T>> {
    columns.iter_mut().map(Iterator::next).collect()
}

fn lines(mut columns: Vec<impl Iterator<Item = Row>>, currency: Currency) -> Vec<Line> {
    std::iter::from_fn(|| next(&mut columns)).map(|rows| Line::of(rows, Some(currency))).collect()
}

impl Line {
    /// The same row of every column, the total last. With a currency amounts stand without it.
    fn of(rows: Vec<Row>, currency: Option<Currency>) -> Self {
        let last = rows.last();
        let note = last.map(|row| row.note.clone()).unwrap_or_default();
        let (class, label, share, turnover) = match last {
            Some(row) => (row.weight.class(), row.label.clone(), row.share.clone(), row.turnover.clone()),
            None => ("", String::new(), Figure::nothing(), [Figure::nothing(), Figure::nothing()]),
        };
        let total = rows.len().saturating_sub(1);
        let cell = |(at, row): (usize, Row)| Cell {
            // The total's own note stands beside the name.
            note: if at == total { String::new() } else { row.brief },
            figure: match currency {
                Some(currency) => row.figure.bare(currency),
                None => row.figure,
            },
        };
        let cells = rows.into_iter().enumerate().map(cell).collect();
        Self { class, label, note, cells, share, turnover }
    }
}

/// A span in the head of a column.
fn label(period: Period) -> String {
    match period {
        Period::Month(month) => month.first_date().strftime("%b %Y").to_string(),
        Period::Quarter(year, quarter) => format!("{quarter} {year}"),
        Period::Year(year) => year.to_string(),
        Period::Days(from, to) if from.first_of_month() == to.first_of_month() => {
            format!("{}–{}", from.day(), to.strftime("%-d %b %Y"))
        }
        Period::Days(from, to) => format!("{} – {}", from.strftime("%-d %b"), to.strftime("%-d %b %Y")),
        Period::All => period.title(),
    }
}

#[cfg(test)]
mod tests {
    use ecom_ledger::Account;

    use super::*;

    fn statement(sales: i64, rent: i64) -> Statement {
        let mut statement = Statement::new(Currency::INR);
        statement.add_amount(Account::SalesProduct, sales).unwrap();
        statement.add_amount(Account::Refund, -50).unwrap();
        if rent != 0 {
            statement.add_indirect("rent", rent).unwrap();
        }
        statement
    }

    #[test]
    fn every_column_has_the_rows_of_the_total() {
        let months = [Month(24_000), Month(24_001)].map(Period::Month);
        let columns = [(months[0], statement(1_000, 0)), (months[1], statement(2_000, -300))];
        let mut whole = columns[0].1.clone();
        whole.merge(&columns[1].1).unwrap();
        let marks = Marks {
            provisional: vec![(months[1], Currency::INR)],
            closed: vec![(Month(24_000), Currency::INR)],
        };
        let grid = Grid::columns(&Scope::default(), &columns, &whole, &marks).unwrap();
        let marked: Vec<Vec<&str>> =
            grid.heads.iter().map(|head| head.marks.iter().map(|mark| mark.word).collect()).collect();
        assert_eq!(marked, [vec!["closed"], vec!["provisional"], vec![]]);
        for section in &grid.sections {
            assert!([&section.line].into_iter().chain(&section.parts).all(|line| line.cells.len() == 3));
        }
        let rent = grid.sections.iter().flat_map(|section| &section.parts).find(|line| line.label == "Rent");
        let shown: Vec<String> = rent.unwrap().cells.iter().map(|cell| cell.figure.to_string()).collect();
        assert!(
            shown[0].contains("0.00") && shown[1].contains("−3.00") && !shown[1].contains('₹'),
            "{shown:?}"
        );
        let html = grid.render().unwrap();
        assert!(html.contains("<summary>Net sales</summary>") && html.contains("From profit to the total"));
    }
}
