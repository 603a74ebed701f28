//! The files that are sent in: new ones, the same bytes again, several in a zip, later versions, and some that are
//! withdrawn afterwards. A round's files follow from its number, so that they can be made again without keeping them.

use std::io::{Cursor, Write};

use ecom_simulator::{Catalogue, Extra, Plan, write_v2};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// A month that all of a file's days may lie in, and that is long over.
pub(crate) const MONTH: &str = "2025-03";
/// Amazon's words for a label that no taxonomy knows.
pub(crate) const UNKNOWN: &str = "Kill Proof Adj";
/// 1 January 2025.
const BEGIN: i64 = 1_735_689_600;
const DAYS_14: i64 = 14 * 86_400;
/// Settlements before the calendar begins anew.
const PERIODS: u64 = 20;
/// Settlement files of one round.
const PER_ROUND: u64 = 4;

/// A file as somebody sends it.
#[derive(Clone)]
pub(crate) struct Offer {
    pub(crate) name: String,
    content: Content,
}

#[derive(Clone)]
enum Content {
    One(Plan),
    Zip(Vec<(String, Plan)>),
}

impl Offer {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match &self.content {
            Content::One(plan) => written(plan),
            Content::Zip(members) => zipped(members),
        }
    }

    /// How many results it is to have.
    pub(crate) fn members(&self) -> usize {
        match &self.content {
            Content::One(_) => 1,
            Content::Zip(members) => members.len(),
        }
    }
}

/// The file everything begins with; no round has it.
pub(crate) fn first() -> Offer {
    plain(2)
}

/// The forms of a round, each with its files. Rounds count from 1.
pub(crate) fn of_round(round: u64) -> [Vec<Offer>; 2] {
    let at = round * PER_ROUND;
    let before = |rounds: u64| round.saturating_sub(rounds) * PER_ROUND;
    let news = if round % 3 == 1 { vec![plain(at), plain(at + 1)] } else { vec![plain(at)] };
    let other = match round % 4 {
        0 => Offer { name: name(at, 1), content: Content::One(plan(before(1))) },
        1 => {
            let members = [at + 2, at + 3].map(|serial| (name(serial, 0), plan(serial)));
            Offer { name: format!("reports-{round}.zip"), content: Content::Zip(members.into()) }
        }
        2 => later(before(2)),
        _ => plain(at + 2),
    };
    [news, vec![other]]
}

/// The file of a round that is withdrawn later: nothing else is of its settlement.
pub(crate) fn withdrawn_of(round: u64) -> Option<String> {
    (round % 4 == 3).then(|| name(round * PER_ROUND + 2, 0))
}

fn plain(serial: u64) -> Offer {
    Offer { name: name(serial, 0), content: Content::One(plan(serial)) }
}

/// The same settlement with one line more, under a newer report id.
fn later(serial: u64) -> Offer {
    let mut plan = plan(serial);
    plan.rows += 1;
    let label = ["SAFE-T Reimbursement", "Other Transactions", "SAFE-T Reimbursement"].map(str::to_owned);
    plan.extra.push(Extra { label, sku: String::new(), amount: 14_838 });
    Offer { name: name(serial, 5), content: Content::One(plan) }
}

/// Amazon's name: its report id, of which newer ones are higher.
fn name(serial: u64, later: u64) -> String {
    format!("{}.txt", 50_100_000_000 + serial * 10 + later)
}

fn plan(serial: u64) -> Plan {
    let period = i64::try_from(serial % PERIODS).unwrap();
    let start = BEGIN + period * DAYS_14;
    let label = ["other-transaction", "other-transaction", UNKNOWN].map(str::to_owned);
    let amount = -100 - i64::try_from(serial).unwrap();
    Plan {
        seed: serial,
        id: 26_100_000_000 + serial,
        start,
        end: start + DAYS_14,
        rows: 1_200 + serial * 7_919 % 2_400,
        previous_reserve: 0,
        current_reserve: 0,
        extra: vec![Extra { label, sku: String::new(), amount }],
    }
}

fn written(plan: &Plan) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_v2(plan, &Catalogue::new(7, 40), &mut bytes).unwrap();
    bytes
}

fn zipped(members: &[(String, Plan)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, plan) in members {
        zip.start_file(name, options).unwrap();
        zip.write_all(&written(plan)).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
