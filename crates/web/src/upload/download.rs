//! Files as a file: all that were imported, and what was sent in here; a row per settlement.

use ecom_documents::{Sheet, Value};
use ecom_store::{FileSettlement, FileView, Filter, Scoped, SellerAccount, UploadView};

use super::{
    MOST_DOWNLOADED, archive,
    card::{Card, Outcoming, Part},
};
use crate::{
    app::App,
    download::{amount, amount_of, date, day_of, filled, sheet},
    fault::Page,
    moment, words,
};

/// In the order of what they say, not of the page: all files first.
pub(super) const TABLES: [&str; 2] = ["All files", "Sent in"];

const HEADER: [&str; 13] = [
    "Sent",
    "Upload",
    "Bytes",
    "Account at Amazon",
    "State",
    "File",
    "Result",
    "Remarks",
    "Settlement",
    "State of the settlement",
    "Total in the file",
    "Sum of the lines",
    "Currency",
];

pub(super) async fn tables(app: &App, books: &mut Scoped<'_>) -> Page<Vec<Sheet>> {
    let accounts = books.seller_accounts().await?;
    let files = books.file_page(1, MOST_DOWNLOADED).await?.rows;
    Ok(vec![all(&files, &accounts), sent(app, books).await?])
}

fn all(files: &[FileView], accounts: &[SellerAccount]) -> Sheet {
    let header = [
        "File",
        "Kind of file",
        "Bytes",
        "Imported",
        "Account at Amazon",
        "State",
        "Settlement",
        "State of the settlement",
        "From",
        "To",
        "Lines",
        "Currency",
    ];
    let rows = files.iter().flat_map(|file| {
        let none = file.settlements.is_empty().then_some(None);
        let parts = file.settlements.iter().map(Some).chain(none);
        parts.map(move |part| file_row(file, accounts, part))
    });
    sheet(TABLES[0], header, rows)
}

fn file_row(file: &FileView, accounts: &[SellerAccount], part: Option<&FileSettlement>) -> [Value; 12] {
    let account = accounts.iter().find(|account| account.id == file.seller_account);
    let (from, to) = part.map_or((Value::Empty, Value::Empty), days);
    [
        file.name.as_str().into(),
        words::format(file.format).into(),
        file.bytes.into(),
        moment::at(file.imported_at).date().into(),
        account.map(|account| account.name.as_str()).into(),
        archive::state(file).0.into(),
        part.map(|part| part.settlement_id.as_str()).into(),
        part.map(|part| crate::settlement::state(part.state).0).into(),
        from,
        to,
        part.map(|part| part.lines).into(),
        part.map(|part| part.currency.to_string()).into(),
    ]
}

/// Its period, or the days of its lines.
fn days(part: &FileSettlement) -> (Value, Value) {
    match (part.period, part.days) {
        (Some((start, end)), _) => (day_of(part.currency, Some(start)), day_of(part.currency, Some(end))),
        (None, Some((from, to))) => (date(from), date(to)),
        (None, None) => (Value::Empty, Value::Empty),
    }
}

async fn sent(app: &App, books: &mut Scoped<'_>) -> Page<Sheet> {
    let accounts = books.seller_accounts().await?;
    let uploads = books.uploads(MOST_DOWNLOADED).await?;
    let settlements = books.settlements(&Filter::days(i32::MIN, i32::MAX)).await?;
    let mut rows = Vec::new();
    for upload in &uploads {
        let card = Card::new(app, upload, &accounts, &settlements, false);
        if card.results.is_empty() {
            rows.push(row(upload, &card, None, None));
        }
        for result in &card.results {
            if result.settlements.is_empty() {
                rows.push(row(upload, &card, Some(result), None));
            }
            rows.extend(result.settlements.iter().map(|part| row(upload, &card, Some(result), Some(part))));
        }
    }
    Ok(sheet(TABLES[1], HEADER, rows))
}

fn row(upload: &UploadView, card: &Card, result: Option<&Outcoming>, part: Option<&Part>) -> [Value; 13] {
    let remarks = result.map(|result| {
        let notes = result.notes.iter().map(String::as_str);
        std::iter::once(result.words.as_str()).chain(notes).collect::<Vec<_>>().join(" ").trim().to_owned()
    });
    let known = part.and_then(|part| Some((part, part.currency?)));
    [
        card.day.into(),
        upload.name.as_str().into(),
        upload.bytes.into(),
        filled(&card.account),
        card.state.0.into(),
        result.map(|result| result.name.as_str()).into(),
        result.map(|result| result.state).into(),
        filled(&remarks.unwrap_or_default()),
        part.map(|part| part.id.as_str()).into(),
        part.map(|part| part.state).into(),
        known.map_or(Value::Empty, |(part, currency)| amount_of(currency, part.total)),
        known.map_or(Value::Empty, |(part, currency)| amount(currency, part.sum)),
        known.map(|(_, currency)| currency.to_string()).into(),
    ]
}
