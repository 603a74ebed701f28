//! The files that were sent in, as a file: a row per settlement, or per file that holds none.

use ecom_documents::{Sheet, Value};
use ecom_store::{Filter, Scoped, UploadView};

use super::{
    MOST_DOWNLOADED,
    card::{Card, Outcoming, Part},
};
use crate::{
    app::App,
    download::{amount, amount_of, filled, sheet},
    fault::Page,
};

pub(super) const TABLE: &str = "Files";

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

pub(super) async fn table(app: &App, books: &mut Scoped<'_>) -> Page<Sheet> {
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
    Ok(sheet(TABLE, HEADER, rows))
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
