//! Tables of pages as files: the same rows in the same scope, one table as CSV or all tables of a page as XLSX.
//!
//! A page that is asked for with `format=…` answers with its tables instead of its looks, so that a download holds
//! what is seen. Long tables go out as CSV piece by piece, whatever their length; a workbook has a named limit.

mod stream;

use askama::Template;
use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use ecom_documents::{Sheet, Value, write_csv, write_xlsx};
use ecom_ledger::{Currency, day};

use crate::{
    app::App,
    fault::{Fault, Page},
    figure::{Row, Weight},
    moment, money,
    params::{Link, Params},
    period::Period,
    seat::{Role, Seat},
};
pub(crate) use stream::Rows;

/// Rows of one table in a workbook. Spreadsheet programs get slow beyond, and end soon after (2^20).
const MOST_XLSX_ROWS: usize = 50_000;
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// What is said while as many downloads run as may.
const CROWD: &str = "As many large downloads run as this server can carry.";
const CSV: &str = "text/csv; charset=utf-8";

/// What an address asks for instead of the page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Download {
    /// `format=csv`, and `table=…` where the page has several.
    Csv(Option<String>),
    /// `format=xlsx`
    Xlsx,
}

/// The name of a file without its ending: whose, what and when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct FileName {
    what: String,
    whose: String,
    when: String,
}

impl FileName {
    /// A file about a period: `kurta-house_profit_2026-09`.
    pub(crate) fn of<R: Role>(seat: &Seat<R>, what: &str, period: Period) -> Self {
        Self { whose: slug(seat.business()), what: slug(what), when: period.stem() }
    }

    /// A file about how things stand on a day: `kurta-house_costs_as-of-2026-11-25`.
    pub(crate) fn today<R: Role>(app: &App, seat: &Seat<R>, what: &str) -> Self {
        Self { whose: slug(seat.business()), what: slug(what), when: format!("as-of-{}", app.today()) }
    }

    /// A file about the platform on a day: `platform_record_as-of-2026-11-25`.
    pub(crate) fn of_platform(app: &App, what: &str) -> Self {
        Self { whose: "platform".to_owned(), what: slug(what), when: format!("as-of-{}", app.today()) }
    }

    /// With its ending; letters, digits and hyphens only, so that any system takes it.
    pub(crate) fn text(&self, table: Option<&str>, ending: &str) -> String {
        let whose = if self.whose.is_empty() { String::new() } else { format!("{}_", self.whose) };
        let table = table.filter(|table| **table != self.what).map(|table| format!("-{table}"));
        format!("{whose}{}{}_{}.{ending}", self.what, table.unwrap_or_default(), self.when)
    }
}

impl Download {
    /// What an address asks for, if it asks for a file.
    pub(crate) fn read(params: &Params) -> Page<Option<Self>> {
        let known = |text: &str| matches!(text, "csv" | "xlsx").then(|| text == "csv");
        let csv = params.read("format", "csv or xlsx", known)?;
        Ok(csv.map(|csv| if csv { Self::Csv(params.one("table").map(str::to_owned)) } else { Self::Xlsx }))
    }

    /// The tables of a page as a file. Of an unknown table it is told which there are.
    pub(crate) async fn send(self, name: &FileName, sheets: Vec<Sheet>) -> Page {
        let Self::Csv(table) = self else { return workbook(name, sheets).await };
        let several = sheets.len() > 1;
        let known = sheets.iter().map(|sheet| slug(&sheet.name)).collect::<Vec<_>>().join(", ");
        let mut sheets = sheets.into_iter();
        let found = match &table {
            None => sheets.next(),
            Some(table) => sheets.find(|sheet| slug(&sheet.name) == *table),
        };
        let Some(sheet) = found else {
            return Err(Fault::invalid("table", format!("There is none of this name. There is: {known}.")));
        };
        let bytes = write_csv(&sheet).map_err(Fault::broken)?;
        let table = slug(&sheet.name);
        Ok(attached(&name.text(several.then_some(table.as_str()), "csv"), CSV, bytes))
    }

    /// A table of any length. CSV goes out while it is read; a workbook is refused beyond its limit.
    pub(crate) async fn send_rows(self, app: &App, name: &FileName, head: Sheet, rows: impl Rows) -> Page {
        let turn = app.streams().try_acquire_owned().map_err(|_| Fault::Crowded(CROWD))?;
        match self {
            Self::Csv(_) => {
                let body = stream::body(turn, head, rows)?;
                Ok(attached(&name.text(None, "csv"), CSV, body))
            }
            Self::Xlsx => {
                // A large workbook takes some hundred MB while it is made: one after the other.
                let _alone = app.workbooks().acquire_owned().await.map_err(Fault::broken)?;
                let sheet = stream::gather(head, rows, MOST_XLSX_ROWS).await?;
                workbook(name, vec![sheet]).await
            }
        }
    }
}

async fn workbook(name: &FileName, sheets: Vec<Sheet>) -> Page {
    if let Some(long) = sheets.iter().find(|sheet| sheet.rows.len() > MOST_XLSX_ROWS) {
        return Err(too_long_for_workbook(&long.name));
    }
    // Packing holds up no other page.
    let written = tokio::task::spawn_blocking(move || write_xlsx(&sheets)).await.map_err(Fault::broken)?;
    Ok(attached(&name.text(None, "xlsx"), XLSX, written.map_err(Fault::broken)?))
}

fn too_long_for_workbook(table: &str) -> Fault {
    let most = i64::try_from(MOST_XLSX_ROWS).unwrap_or(i64::MAX);
    let words = "Go back and take CSV, which has all of them, or choose fewer days.";
    too_long(table, most, "a workbook", words)
}

/// A table has more rows than some kind of file may; `words` say what to do.
pub(crate) fn too_long(table: &str, most: i64, file: &str, words: &str) -> Fault {
    let most = money::count(most);
    Fault::TooLarge(format!("“{table}” has more than {most} rows, too many for {file}. {words}"))
}

/// A file that the browser saves.
pub(crate) fn attached(name: &str, kind: &'static str, body: impl Into<axum::body::Body>) -> Response {
    let attached = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, attached)], body.into())
        .into_response()
}

/// The menu by which a page hands out its tables.
#[derive(Template)]
#[template(path = "download/menu.html")]
pub(crate) struct Downloads {
    workbook: String,
    tables: Vec<(String, String)>,
}

impl askama::filters::HtmlSafe for Downloads {}

impl Downloads {
    /// `page` is its address in the scope that is shown, `tables` the names of its sheets.
    pub(crate) fn of(page: &Link, tables: &[&str]) -> Self {
        let csv = page.clone().with("format", "csv");
        let link = |table: &&str| match tables.len() {
            1 => ((*table).to_owned(), csv.clone().text()),
            _ => ((*table).to_owned(), csv.clone().with("table", &slug(table)).text()),
        };
        Self {
            workbook: page.clone().with("format", "xlsx").text(),
            tables: tables.iter().map(link).collect(),
        }
    }
}

/// A table with so many columns.
pub(crate) fn sheet<const N: usize>(
    name: &str,
    header: [&str; N],
    rows: impl IntoIterator<Item = [Value; N]>,
) -> Sheet {
    Sheet {
        name: name.to_owned(),
        header: header.map(str::to_owned).to_vec(),
        rows: rows.into_iter().map(Vec::from).collect(),
    }
}

/// Rows of figures as a table, of one or several currencies. What is a part of the row above stands in a column of
/// its own, so that a sum over the others counts nothing twice.
pub(crate) fn figures<'r>(name: &str, parts: impl IntoIterator<Item = (Currency, &'r [Row])>) -> Sheet {
    let mut rows = Vec::new();
    for (currency, part) in parts {
        let mut line = "";
        for row in part {
            let detail = if row.weight == Weight::Part { row.label.as_str() } else { "" };
            if detail.is_empty() {
                line = &row.label;
            }
            rows.push([
                line.into(),
                filled(detail),
                row.figure.value(),
                currency.code().into(),
                row.share.value(),
                filled(&row.note),
            ]);
        }
    }
    sheet(name, ["Line", "Part", "Amount", "Currency", "Share of net sales", "Note"], rows)
}

/// An amount.
pub(crate) fn amount(currency: Currency, minor: i64) -> Value {
    Value::Money { minor, exponent: u8::try_from(currency.exponent()).unwrap_or(0) }
}

/// A text, or nothing if it is empty.
pub(crate) fn filled(text: &str) -> Value {
    if text.is_empty() { Value::Empty } else { text.into() }
}

/// A day.
pub(crate) fn date(number: i32) -> Value {
    Value::Date(day::to_date(number))
}

/// The day of an instant in the seller's zone.
pub(crate) fn day_of(currency: Currency, micros: Option<i64>) -> Value {
    let day = |micros| day::DayCutter::for_currency(currency).day(micros);
    micros.map_or(Value::Empty, |micros| date(day(micros)))
}

/// The day of an instant in India, and its time.
pub(crate) fn instant(micros: i64) -> [Value; 2] {
    let at = moment::at(micros);
    [at.date().into(), at.strftime("%H:%M:%S").to_string().into()]
}

/// An amount that may not be there.
pub(crate) fn amount_of(currency: Currency, minor: Option<i64>) -> Value {
    minor.map_or(Value::Empty, |minor| amount(currency, minor))
}

/// Small letters and digits joined by hyphens.
pub(crate) fn slug(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::Figure;

    fn params(query: &[(&str, &str)]) -> Params {
        Params::new(query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_file_is_asked_for_by_its_format() {
        assert_eq!(Download::read(&params(&[("table", "x")])).unwrap(), None);
        let csv = Download::read(&params(&[("format", "csv"), ("table", "turnover")])).unwrap();
        assert_eq!(csv, Some(Download::Csv(Some("turnover".to_owned()))));
        assert_eq!(Download::read(&params(&[("format", "xlsx")])).unwrap(), Some(Download::Xlsx));
        assert!(Download::read(&params(&[("format", "pdf")])).is_err());
    }

    #[test]
    fn names_of_files_say_whose_what_and_when_in_plain_letters() {
        let name = |whose: &str, what: &str| FileName {
            whose: slug(whose),
            what: slug(what),
            when: "2026-09".to_owned(),
        };
        let profit = name("Kurta House \"& Sons\"; Jaipur", "profit");
        assert_eq!(profit.text(None, "xlsx"), "kurta-house-sons-jaipur_profit_2026-09.xlsx");
        assert_eq!(
            profit.text(Some("turnover"), "csv"),
            "kurta-house-sons-jaipur_profit-turnover_2026-09.csv"
        );
        assert_eq!(name("कुर्ता", "profit").text(Some("profit"), "csv"), "profit_2026-09.csv");
    }

    #[test]
    fn parts_of_a_row_stand_apart_from_it() {
        let figure = |minor| Figure::unlinked(Currency::INR, minor);
        let rows = [
            Row::new(Weight::Plain, "Fees", figure(-300)).share(Figure::share(-1_250)),
            Row::new(Weight::Part, "Closing", figure(-100)),
            Row::new(Weight::Total, "Profit", Figure::unknown("unknown")).note("why"),
        ];
        let sheet = figures("Profit", [(Currency::INR, &rows[..])]);
        let bytes = write_csv(&sheet).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(
            text.ends_with("Fees,,-3.00,INR,-0.1250,\nFees,Closing,-1.00,INR,,\nProfit,,unknown,INR,,why\n"),
            "{text}"
        );
    }

    #[tokio::test]
    async fn a_table_longer_than_a_workbook_says_what_to_do() {
        let sheet = Sheet {
            name: "Lines".into(),
            header: vec!["a".into()],
            rows: vec![Vec::new(); MOST_XLSX_ROWS + 1],
        };
        let name = FileName { whose: String::new(), what: "lines".into(), when: "2026".into() };
        let fault = Download::Xlsx.send(&name, vec![sheet]).await.unwrap_err();
        let Fault::TooLarge(words) = fault else { panic!("{fault:?}") };
        assert!(words.contains("more than 50,000 rows") && words.contains("CSV"), "{words}");
    }
}
