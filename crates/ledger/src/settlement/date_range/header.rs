//! The header of a date-range file: its columns in English, German and Japanese, found below the preamble.

use encoding_rs::Encoding;

use crate::{Refusal, money::Currency};

use super::super::detect;

/// The header stands within this many lines.
pub(crate) const MOST_PREAMBLE_LINES: usize = 100;
/// More money columns than any such file has.
const MOST_MONEY: usize = 64;

const LANGUAGE: &str =
    "Request the report again in English, German or Japanese and upload it as Amazon made it";

/// Names of text columns: ours, then each spelling that was seen, folded.
const TEXTS: [(&str, &[&str]); 11] = [
    ("date/time", &["date/time", "datum/uhrzeit", "日付/時間", "日付/時刻"]),
    ("settlement id", &["settlement id", "abrechnungsnummer", "決済番号"]),
    ("type", &["type", "typ", "トランザクションの種類"]),
    ("order id", &["order id", "bestellnummer", "注文番号"]),
    ("sku", &["sku"]),
    ("description", &["description", "beschreibung", "説明", "商品名"]),
    ("quantity", &["quantity", "menge", "数量"]),
    ("marketplace", &["marketplace", "amazon 出品サービス"]),
    ("total", &["total", "gesamt", "合計"]),
    ("transaction status", &["transaction status", "transaktionsstatus", "トランザクションのステータス"]),
    (
        "transaction release date",
        &["transaction release date", "freigabedatum der transaktion", "トランザクション開始日"],
    ),
];

/// Names of money columns: ours, which labels carry and the taxonomy knows, then the other spellings.
const MONEY: [(&str, &[&str]); 22] = [
    ("product sales", &["umsätze", "商品売上"]),
    ("product sales tax", &["produktumsatzsteuer", "商品の売上税"]),
    ("shipping credits", &["postage credits", "gutschrift für versandkosten", "配送料"]),
    ("shipping credits tax", &["postage credits tax", "steuer auf versandgutschrift", "配送料の税金"]),
    (
        "gift wrap credits",
        &[
            "giftwrap credits",
            "gutschrift für geschenkverpackung",
            "ギフト包装手数料",
            "ギフト包装クレジット",
        ],
    ),
    (
        "gift wrap credits tax",
        &["giftwrap credits tax", "steuer auf geschenkverpackungsgutschriften", "ギフト包装クレジットの税金"],
    ),
    ("regulatory fee", &[]),
    ("tax on regulatory fee", &[]),
    ("promotional rebates", &["rabatte aus werbeaktionen", "プロモーション割引額"]),
    ("promotional rebates tax", &["steuer auf aktionsrabatte", "プロモーション割引の税金"]),
    ("points cost", &["amazonポイントの費用", "cost of points granted"]),
    ("sales tax collected", &["total sales tax liable(gst before adjusting tcs)"]),
    ("tcs-cgst", &[]),
    ("tcs-sgst", &["tcs-utgst"]),
    ("tcs-igst", &[]),
    ("tds (section 194-o)", &[]),
    ("low value goods tax", &["low value goods"]),
    (
        "marketplace withheld tax",
        &[
            "marketplace facilitator tax",
            "einbehaltene steuer auf marketplace",
            "源泉徴収税を伴うマーケットプレイス",
            "源泉徴収税",
        ],
    ),
    ("selling fees", &["verkaufsgebühren", "手数料"]),
    ("fba fees", &["gebühren zu versand durch amazon", "fba 手数料", "fba手数料"]),
    ("other transaction fees", &["andere transaktionsgebühren", "トランザクションに関するその他の手数料"]),
    ("other", &["andere", "その他"]),
];

/// A column that holds money.
pub(crate) struct Money {
    pub(crate) at: usize,
    /// Our name; of a column that nobody knows, its own, in the file's encoding.
    pub(crate) name: Vec<u8>,
    /// As printed, for messages.
    pub(crate) printed: String,
}

/// Where the columns stand. An absent optional column points behind every row.
pub(crate) struct Columns {
    pub(crate) count: usize,
    pub(crate) date: usize,
    pub(crate) settlement: usize,
    pub(crate) kind: usize,
    pub(crate) order: usize,
    pub(crate) sku: usize,
    pub(crate) description: usize,
    pub(crate) quantity: usize,
    pub(crate) marketplace: usize,
    pub(crate) total: usize,
    pub(crate) status: usize,
    pub(crate) release: usize,
    /// All columns from the first that holds money to the one before the total.
    pub(crate) money: Vec<Money>,
    /// The places in `money` of `product sales`, `other transaction fees`, `other`.
    pub(crate) sales: Option<usize>,
    pub(crate) fees: Option<usize>,
    pub(crate) other: Option<usize>,
}

/// What the head of the file fixes for all of it.
pub(crate) struct Opening {
    /// Lines before the first row.
    pub(crate) skip: u64,
    pub(crate) delimiter: u8,
    pub(crate) encoding: &'static Encoding,
    pub(crate) currency: Currency,
    pub(crate) columns: Columns,
}

/// The first line that looks like a header, and its number from 0: one with at least three known columns,
/// a sum of money among them.
pub(crate) fn header_line(text: &str) -> Option<(usize, &str)> {
    let is_header = |line: &str| {
        let cells = cells(line);
        let known = |names: &mut dyn Iterator<Item = &'static str>| {
            names.filter(|name| cells.iter().any(|cell| cell == name)).count()
        };
        let texts = known(&mut TEXTS.iter().flat_map(|(_, names)| names.iter().copied()));
        let money = known(&mut MONEY.iter().flat_map(|(name, others)| others.iter().chain([name]).copied()));
        texts >= 2 && money >= 1
    };
    text.lines().enumerate().take(MOST_PREAMBLE_LINES).find(|(_, line)| is_header(line))
}

/// What separates the columns of a header.
pub(crate) fn delimiter(line: &str) -> u8 {
    [b'\t', b',', b';'].into_iter().find(|&mark| line.as_bytes().contains(&mark)).unwrap_or(b',')
}

fn cells(line: &str) -> Vec<String> {
    line.split(char::from(delimiter(line))).map(fold).collect()
}

fn fold(cell: &str) -> String {
    let cell = cell.trim().trim_start_matches('\u{feff}').trim_matches('"');
    cell.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

impl Opening {
    pub(crate) fn of(head: &[u8]) -> Result<Self, Refusal> {
        let (text, encoding) = detect::decode(head);
        let Some((at, line)) = header_line(&text) else {
            return Err(Refusal::whole("The header of the date-range report was not found", LANGUAGE));
        };
        let number = at as u64 + 1;
        let delimiter = delimiter(line);
        if delimiter == b';' {
            let message = "the columns are separated by semicolons: a spreadsheet saved this file";
            return Err(Refusal::at(number, "", message, "Upload the report as Amazon made it"));
        }
        let columns = Columns::of(line, delimiter, number, encoding)?;
        let preamble = text.lines().take(at);
        let rows = text.lines().skip(at + 1);
        let Some(currency) = currency(preamble, line, rows) else {
            let remedy = "Upload the report with all lines that Amazon put before the header";
            return Err(Refusal::at(number, "", "nothing before the header names the currency", remedy));
        };
        Ok(Self { skip: number, delimiter, encoding, currency, columns })
    }
}

impl Columns {
    fn of(line: &str, delimiter: u8, number: u64, encoding: &'static Encoding) -> Result<Self, Refusal> {
        let printed: Vec<&str> = line.split(char::from(delimiter)).collect();
        let folded: Vec<String> = printed.iter().map(|cell| fold(cell)).collect();
        let find = |name: &str| {
            let (_, spellings) = TEXTS.iter().find(|(ours, _)| *ours == name)?;
            folded.iter().position(|cell| spellings.contains(&cell.as_str()))
        };
        let missing =
            |name: &str| Refusal::at(number, name, format!("the header has no column `{name}`"), LANGUAGE);
        let need = |name: &str| find(name).ok_or_else(|| missing(name));
        let (date, settlement, kind) = (need("date/time")?, need("settlement id")?, need("type")?);
        let (description, total) = (need("description")?, need("total")?);
        let first = folded.iter().position(|cell| known_money(cell).is_some());
        let first = first.filter(|&first| first < total).ok_or_else(|| missing("product sales"))?;
        if total - first > MOST_MONEY {
            return Err(Refusal::at(
                number,
                "",
                "the header has more columns than any such report",
                LANGUAGE,
            ));
        }
        let money: Vec<Money> = (first..total)
            .map(|at| {
                let printed = printed[at].trim().trim_matches('"').to_owned();
                let raw = || encoding.encode(&printed).0.into_owned();
                let name = known_money(&folded[at]).map_or_else(raw, |name| name.as_bytes().to_vec());
                Money { at, name, printed }
            })
            .collect();
        let place = |name: &str| money.iter().position(|column| column.name == name.as_bytes());
        let (sales, fees, other) = (place("product sales"), place("other transaction fees"), place("other"));
        if sales.is_none() || other.is_none() {
            return Err(missing(if sales.is_none() { "product sales" } else { "other" }));
        }
        Ok(Self {
            count: printed.len(),
            date,
            settlement,
            kind,
            order: find("order id").unwrap_or(usize::MAX),
            sku: find("sku").unwrap_or(usize::MAX),
            description,
            quantity: find("quantity").unwrap_or(usize::MAX),
            marketplace: find("marketplace").unwrap_or(usize::MAX),
            total,
            status: find("transaction status").unwrap_or(usize::MAX),
            release: find("transaction release date").unwrap_or(usize::MAX),
            money,
            sales,
            fees,
            other,
        })
    }
}

fn known_money(cell: &str) -> Option<&'static str> {
    MONEY.iter().find(|(name, others)| *name == cell || others.contains(&cell)).map(|(name, _)| *name)
}

/// The currency named in the preamble (`All amounts in INR, unless specified`), else that of the marketplace in
/// the first rows, else that of the header's language.
fn currency<'a>(
    preamble: impl Iterator<Item = &'a str>,
    header: &str,
    rows: impl Iterator<Item = &'a str>,
) -> Option<Currency> {
    let named = |line: &str| {
        let words = line.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() == 3);
        words.into_iter().find_map(|word| CURRENCIES.iter().find(|(_, code)| *code == word))
    };
    if let Some((_, code)) = preamble.into_iter().find_map(named) {
        return Currency::parse(code).ok();
    }
    let marketplace = |line: &str| {
        let line = line.to_lowercase();
        let mut words = line.split(['\t', ',', '"']).map(str::trim);
        words.find_map(|word| {
            let place = word.strip_prefix("amazon.")?;
            CURRENCIES.iter().find(|(places, _)| places.contains(&place)).map(|(_, code)| *code)
        })
    };
    let language = || {
        let header = fold(header);
        let of = [("tcs-cgst", "INR"), ("合計", "JPY"), ("gesamt", "EUR")];
        of.into_iter().find(|(name, _)| header.contains(name)).map(|(_, code)| code)
    };
    rows.into_iter().find_map(marketplace).or_else(language).and_then(|code| Currency::parse(code).ok())
}

/// Where Amazon has marketplaces, and what they pay in.
const CURRENCIES: [(&[&str], &str); 18] = [
    (&["in"], "INR"),
    (&["com"], "USD"),
    (&["ca"], "CAD"),
    (&["com.mx"], "MXN"),
    (&["com.br"], "BRL"),
    (&["co.uk"], "GBP"),
    (&["de", "fr", "it", "es", "nl", "com.be", "ie"], "EUR"),
    (&["se"], "SEK"),
    (&["pl"], "PLN"),
    (&["com.tr"], "TRY"),
    (&["ae"], "AED"),
    (&["sa"], "SAR"),
    (&["eg"], "EGP"),
    (&["co.za"], "ZAR"),
    (&["co.jp", "jp"], "JPY"),
    (&["com.au"], "AUD"),
    (&["sg"], "SGD"),
    (&["ch"], "CHF"),
];
