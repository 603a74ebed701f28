//! The books behind the journal: every settlement in full, by month, with what the bank says.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::shop;

use ecom_ledger::{
    Currency,
    day::{DayCutter, of_date},
    expense::Expense,
    journal::{Bank, Book, Rules, Settled},
    settlement::{self, Options},
};
use ecom_store::{PersonId, SettlementKey, StoreError};
use ecom_testkit::on_both;
use shop::{Shop, file, plan};

const ALWAYS: (i32, i32) = (i32::MIN, i32::MAX);

on_both!(a_book_is_what_the_files_say, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let mut cutter = DayCutter::for_currency(Currency::INR);
    let mut expected = Vec::new();
    for turn in [0, 1] {
        shop.settle(&format!("100{turn}.txt"), &plan(turn, 400)).await;
        let bytes = file(&plan(turn, 400));
        let report = settlement::read(bytes.as_slice(), &Options::new().unwrap(), &|_| ()).unwrap();
        expected.push(Settled::of(&report.settlements[0], &mut cutter).unwrap());
    }
    assert_eq!(expected.iter().map(|settled| settled.months.len()).collect::<Vec<_>>(), [2, 1]);
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let book = books.book(Currency::INR, None, ALWAYS).await.unwrap();
    assert_eq!(book.settlements, expected);
    let journal = book.journal(&Rules::default()).unwrap();
    assert!(
        journal
            .vouchers
            .iter()
            .all(|voucher| voucher.entries.iter().map(|entry| entry.amount).sum::<i64>() == 0)
    );
    assert_eq!(books.book(Currency::INR, Some(shop.account), ALWAYS).await.unwrap().settlements, expected);
    let dollars = Currency::parse("USD").unwrap();
    assert_eq!(books.book(dollars, None, ALWAYS).await.unwrap(), Book::new(dollars));
});

on_both!(a_settlement_belongs_to_the_days_of_its_lines_its_deposit_and_its_bank_date, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let (key, _) = shop.settle("1001.txt", &plan(0, 300)).await;
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let whole = books.book(Currency::INR, None, ALWAYS).await.unwrap().settlements.remove(0);
    let last = of_date(whole.months.last().unwrap().last_day);
    let deposit = of_date(whole.deposit.unwrap());
    assert!(deposit > last);
    for from in [last, last + 1, deposit] {
        let found = books.book(Currency::INR, None, (from, from + 400)).await.unwrap().settlements;
        assert_eq!(found, std::slice::from_ref(&whole), "in full, whatever the days");
    }
    assert!(
        books.book(Currency::INR, None, (deposit + 1, deposit + 400)).await.unwrap().settlements.is_empty()
    );
    let first = of_date(whole.months[0].last_day) - 60;
    assert!(books.book(Currency::INR, None, (0, first)).await.unwrap().settlements.is_empty());
    let late = ecom_ledger::day::to_date(deposit + 5);
    let bank = Bank { utr: None, date: Some(late) };
    books.set_bank(key, &bank, PersonId(1), 5).await.unwrap();
    let found = books.book(Currency::INR, None, (deposit + 1, deposit + 400)).await.unwrap().settlements;
    assert_eq!(found[0].bank, bank);
});

on_both!(what_the_bank_says_is_kept_for_every_version_of_a_settlement, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let stranger = Shop::new(&world, "saree-works").await;
    let (old, _) = shop.settle("report 1001.txt", &plan(0, 200)).await;
    let bank = Bank { utr: Some("HDFCN52026100112345678".into()), date: Some("2026-10-06".parse().unwrap()) };
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    assert_eq!(books.bank(old).await.unwrap(), Bank::default());
    let padded = Bank { utr: bank.utr.as_ref().map(|utr| format!(" {utr} ")), ..bank.clone() };
    books.set_bank(old, &padded, PersonId(1), 5).await.unwrap();
    for wrong in ["12 34", "a;b", &"9".repeat(41), "यूटीआर"] {
        let refused =
            books.set_bank(old, &Bank { utr: Some(wrong.into()), date: None }, PersonId(1), 5).await;
        assert!(matches!(refused, Err(StoreError::Conflict(_))), "{wrong}");
    }
    tx.commit().await.unwrap();
    let (new, _) = shop.settle("report 1007.txt", &plan(0, 300)).await;
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    assert_eq!(books.bank(new).await.unwrap(), bank);
    let book = books.book(Currency::INR, None, ALWAYS).await.unwrap();
    assert_eq!(
        (book.settlements.len(), &book.settlements[0].bank),
        (1, &bank),
        "one version alone is in the books"
    );
    books.set_bank(new, &Bank::default(), PersonId(1), 6).await.unwrap();
    assert_eq!(books.bank(old).await.unwrap(), Bank::default());
    books.set_bank(new, &bank, PersonId(1), 7).await.unwrap();
    let mut books = tx.scoped(stranger.tenant).await.unwrap();
    assert_eq!(books.bank(new).await.unwrap(), Bank::default());
    assert!(matches!(books.set_bank(new, &bank, PersonId(1), 5).await, Err(StoreError::Missing(_))));
    assert!(matches!(
        books.set_bank(SettlementKey(99), &bank, PersonId(1), 5).await,
        Err(StoreError::Missing(_))
    ));
    assert!(books.book(Currency::INR, None, ALWAYS).await.unwrap().settlements.is_empty());
});

on_both!(costs_of_the_months_stand_beside_the_settlements, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    shop.settle("1001.txt", &plan(0, 300)).await;
    let rent = Expense::once("rent".parse().unwrap(), Currency::INR, 180_000, "2026-09-30".parse().unwrap())
        .unwrap();
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    books.add_expense(&rent, 5).await.unwrap();
    let book = books.book(Currency::INR, None, ALWAYS).await.unwrap();
    assert_eq!(book.costs.len(), 1, "a month without costs has no row");
    assert_eq!(
        (book.costs[0].month.to_string(), book.costs[0].indirect["rent"]),
        ("2026-09".into(), -180_000)
    );
    let of_account = books.book(Currency::INR, Some(shop.account), ALWAYS).await.unwrap();
    assert!(of_account.costs.is_empty(), "expenses are of the business as a whole");
});

on_both!(parts_of_a_settlement_from_date_range_files_are_one_in_the_books, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let whole = include_str!("../../../ledger/tests/fixtures/date_range_in.csv");
    let part = |days: &[&str]| {
        let wanted = |line: &&str| {
            line.starts_with("\"date/time\"") || days.iter().any(|day| line.starts_with(&format!("\"{day} ")))
        };
        whole.lines().filter(wanted).collect::<Vec<_>>().join("\n").into_bytes()
    };
    for (name, days) in [("a.csv", &["2 Aug", "3 Aug"][..]), ("b.csv", &["5 Aug", "6 Aug", "9 Aug"])] {
        let result = shop.import(name, part(days)).await;
        assert!(matches!(result.outcome, ecom_store::Outcome::Imported { .. }), "{result:?}");
    }
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let parts = books.settlements(&shop::always()).await.unwrap();
    assert_eq!(parts.iter().filter(|part| part.state == ecom_store::SettlementState::Active).count(), 2);
    let book = books.book(Currency::INR, None, ALWAYS).await.unwrap();
    assert_eq!((book.settlements.len(), book.settlements[0].months.len()), (1, 2));
    assert_eq!(book.settlements[0].total, Some(parts.iter().filter_map(|part| part.total).sum()));
    assert_eq!(book.registers().unwrap().payouts.len(), 1);
    let journal = book.journal(&Rules::default()).unwrap();
    let months = journal.vouchers.iter().filter(|voucher| voucher.id.contains("2026-08")).count();
    assert!(months > 0, "{:?}", journal.vouchers);
});
