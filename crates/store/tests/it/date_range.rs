//! Date-range files in the books: what they paid, and whether they agree with the settlement's own file.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::shop;

use ecom_ledger::{
    Account, Currency, Minor,
    books::{Books, Source},
    chain::Carried,
    day::{DayCutter, Month},
    roll::AtAmazon,
    settlement,
};
use ecom_store::{Cover, FileId, Outcome, SettlementKey, SettlementState};
use ecom_testkit::on_both;
use shop::{Shop, plan};

const INDIA: &str = include_str!("../../../ledger/tests/fixtures/date_range_in.csv");

/// The rows of the example of some days.
fn rows_of(days: &[&str]) -> Vec<u8> {
    let wanted = |line: &&str| {
        line.starts_with("\"date/time\"") || days.iter().any(|day| line.starts_with(&format!("\"{day} ")))
    };
    INDIA.lines().filter(wanted).collect::<Vec<_>>().join("\n").into_bytes()
}

/// One row of a settlement on a day.
fn row_of(settlement: &str, day: &str, amount: i64) -> Vec<u8> {
    let header = INDIA.lines().find(|line| line.starts_with("\"date/time\"")).unwrap();
    let columns = header.split(',').count();
    let mut cells = vec!["0".to_owned(); columns];
    let amount = Minor(amount).decimal(Currency::INR);
    for (name, value) in [
        ("date/time", format!("{day} 5:00:00 am UTC").as_str()),
        ("settlement id", settlement),
        ("type", "Order"),
        ("order id", "403-0000001-0000009"),
        ("sku", "CUP"),
        ("description", "A cup"),
        ("quantity", "1"),
        ("marketplace", "amazon.in"),
        ("account type", ""),
        ("fulfillment", ""),
        ("order city", ""),
        ("order state", ""),
        ("order postal", ""),
        ("product sales", &amount),
        ("total", &amount),
        ("transaction status", "Released"),
        ("transaction release date", ""),
    ] {
        let wanted = format!("\"{name}\"");
        let at = header.split(',').position(|cell| cell.to_lowercase() == wanted);
        if let Some(at) = at {
            value.clone_into(&mut cells[at]);
        }
    }
    let cells: Vec<String> = cells.iter().map(|cell| format!("\"{cell}\"")).collect();
    format!("{header}\n{}\n", cells.join(",")).into_bytes()
}

async fn import(shop: &Shop, name: &str, bytes: Vec<u8>) -> SettlementKey {
    let result = shop.import(name, bytes).await;
    let Outcome::Imported { settlements, .. } = &result.outcome else { panic!("{result:?}") };
    settlements[0].key()
}

on_both!(what_date_range_files_paid_rolls_forward_as_in_the_ledger, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let files = [("a.csv", rows_of(&["2 Aug", "3 Aug"])), ("b.csv", rows_of(&["5 Aug", "6 Aug", "9 Aug"]))];
    let mut reports = Vec::new();
    for (name, bytes) in &files {
        import(&shop, name, bytes.clone()).await;
        reports.push(settlement::read(bytes.as_slice(), &shop.importer.options, &|_| ()).unwrap());
    }
    let sources = files.iter().zip(&reports).map(|((name, _), report)| Source { name, report });
    let ledger = Books::new(sources.collect());
    let (chains, posted) = (ledger.chains().unwrap(), ledger.posted(Currency::INR).unwrap());
    let at_amazon = AtAmazon { chains: &chains[&Currency::INR], posted: &posted };

    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    assert_eq!(books.chains(shop.account).await.unwrap(), chains);
    let (first, last) = books.span().await.unwrap().unwrap();
    for (from, to) in [(first, last), (first, first + 1), (first - 9, first + 3), (last - 1, last + 40)] {
        let told = at_amazon.roll(from, to, &mut DayCutter::for_currency(Currency::INR)).unwrap();
        assert_eq!(
            books.balances(None, from, to).await.unwrap().rolls().unwrap()[&Currency::INR],
            told,
            "{from} to {to}"
        );
        assert_eq!(
            books.balances(Some(shop.account), from, to).await.unwrap().rolls().unwrap()[&Currency::INR],
            told
        );
    }
    let whole = books.balances(None, first, last + 40).await.unwrap().rolls().unwrap()[&Currency::INR];
    assert!(whole.paid_out == 10_000_000 && whole.closing > 0 && whole.reserve_held == 0, "{whole:?}");
    let month = Month::of_day(first);
    let coverage = books.coverage(None).await.unwrap();
    let cover = coverage.of(Currency::INR, month.first_day(), month.last_day());
    assert_eq!(cover, Cover::Open, "no chain covers what date-range files hold");

    let stranger = Shop::new(&world, "saree-works").await;
    drop(tx);
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(stranger.tenant).await.unwrap();
    assert!(books.chains(shop.account).await.unwrap().is_empty());
    assert!(books.balances(None, first, last).await.unwrap().rolls().unwrap().is_empty());
});

on_both!(date_range_files_are_compared_with_the_settlement_of_the_same_id, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let (flat, _) = shop.settle("1001.txt", &plan(1, 200)).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let view = books.settlement(flat).await.unwrap().unwrap();
    assert_eq!(books.crosscheck(flat).await.unwrap(), None, "nothing to compare with");
    let Carried { previous_reserve, current_reserve, payable } = books.carried(flat).await.unwrap();
    let due = view.total.unwrap() - previous_reserve - current_reserve - payable;
    assert!(previous_reserve != 0 && current_reserve != 0);
    drop(tx);

    let first = import(&shop, "a.csv", row_of(&view.settlement_id, "6 Oct 2026", due - 500)).await;
    let told = crosscheck(&shop, flat).await;
    assert_eq!((told.full, told.files, told.reported, told.remainder), (flat, 1, due - 500, -500));
    assert_eq!(crosscheck(&shop, first).await, told, "from either side");
    assert_eq!(shop.state(first).await, SettlementState::Replaced);

    import(&shop, "b.csv", row_of(&view.settlement_id, "7 Oct 2026", 500)).await;
    let both = crosscheck(&shop, flat).await;
    assert_eq!((both.files, both.remainder), (2, 0), "the reports of two days together hold all of it");
    // A second report of the same day is no part beside the first.
    let again = import(&shop, "c.csv", row_of(&view.settlement_id, "7 Oct 2026", 501)).await;
    assert_eq!(crosscheck(&shop, flat).await, both);
    assert_eq!(crosscheck(&shop, again).await.reported, 501);

    let stranger = Shop::new(&world, "saree-works").await;
    let mut tx = world.db.write().await.unwrap();
    assert_eq!(tx.scoped(stranger.tenant).await.unwrap().crosscheck(flat).await.unwrap(), None);
    tx.scoped(shop.tenant).await.unwrap().withdraw(FileId(1)).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    assert_eq!(books.crosscheck(first).await.unwrap(), None, "its own file is gone");
    assert_eq!(books.crosscheck(flat).await.unwrap(), None);
    let statements = books.statements(&shop::always()).await.unwrap();
    assert_eq!(statements[0].turnover(Account::SalesProduct).net(), due, "now they feed it themselves");
});

async fn crosscheck(shop: &Shop, key: SettlementKey) -> ecom_store::Crosscheck {
    let mut tx = shop.importer.db.read().await.unwrap();
    tx.scoped(shop.tenant).await.unwrap().crosscheck(key).await.unwrap().unwrap()
}
