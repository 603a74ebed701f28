//! What the first page and the list of settlements ask for.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::shop;

use ecom_ledger::{
    Currency,
    cost::{Cost, CostSheet},
    day::Month,
    expense::{Expense, Repeat},
    stock::{Fate, StockEvent},
};
use ecom_store::{Duties, Filter, PersonId, SellerAccountId, SettlementState, StoreError};
use ecom_testkit::on_both;
use shop::{Shop, always, extra, plan};

/// A label that no rule knows.
const UNKNOWN: [&str; 3] = ["other-transaction", "other-transaction", "FBA Return Processing Adj"];

on_both!(statements_of_several_spans_are_those_of_each, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    for turn in 0..4 {
        shop.settle(&format!("10{turn}.txt"), &plan(turn, 400)).await;
    }
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let rent = Expense::once("rent".parse().unwrap(), Currency::INR, 100_000, "2026-09-01".parse().unwrap())
        .unwrap();
    books.add_expense(&rent.repeated(Repeat::Monthly, None).unwrap(), 1).await.unwrap();
    let (from, to) = books.span().await.unwrap().unwrap();
    let event = |day, fate| StockEvent {
        day,
        sold: None,
        sku: shop::catalogue().products[0].sku.clone(),
        marketplace: "Amazon.in".to_owned(),
        currency: Currency::INR,
        units: 2,
        fate,
    };
    let events = [event(from + 3, Fate::Sellable), event(from + 20, Fate::Lost), event(to + 2, Fate::Lost)];
    books.add_stock_events(&events, PersonId(1), 5).await.unwrap();
    let month = Month::of_day(from);
    let spans = [
        (from, to),
        (from + 3, from + 3),
        (month.first_day(), month.last_day()),
        (from - 400, to + 400),
        (to + 1, to + 9),
        (to, from),
        (from + 1, from + 40),
    ];
    let filters = [
        always(),
        Filter { seller_account: Some(shop.account), ..always() },
        Filter { seller_account: Some(SellerAccountId(9)), ..always() },
        Filter { currency: Currency::parse("USD").ok(), ..always() },
    ];
    for filter in filters {
        let all = books.statements_of(&filter, &spans).await.unwrap();
        for ((from, to), found) in spans.into_iter().zip(all) {
            let alone = books.statements(&Filter { from, to, ..filter }).await.unwrap();
            assert_eq!(found, alone, "{from} {to} {filter:?}");
        }
    }
    assert!(books.statements_of(&always(), &[(0, 1); 129]).await.is_err());
});

on_both!(tiles_are_kept_per_person_and_business, |world| async move {
    let (person, tenant) = world.business("kurta-house").await;
    let (other, stranger) = world.business("other-house").await;
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(tenant).await.unwrap();
    for (at, period) in ["last-30", "this-year", "last-30"].into_iter().enumerate() {
        books.add_tile(person, period, 2, i64::try_from(at).unwrap()).await.unwrap();
    }
    assert!(matches!(books.add_tile(person, "last-7", 2, 9).await, Err(StoreError::Conflict(_))));
    assert_eq!(books.tiles(person).await.unwrap(), ["last-30", "this-year"]);
    assert_eq!(books.tiles(other).await.unwrap(), [""; 0]);
    books.remove_tile(person, "last-30").await.unwrap();
    books.remove_tile(person, "last-30").await.unwrap();
    assert_eq!(books.tiles(person).await.unwrap(), ["this-year"]);
    let mut theirs = tx.scoped(stranger).await.unwrap();
    theirs.remove_tile(person, "this-year").await.unwrap();
    assert_eq!(theirs.tiles(person).await.unwrap(), [""; 0]);
    assert_eq!(tx.scoped(tenant).await.unwrap().tiles(person).await.unwrap().len(), 1);
});

on_both!(what_waits_for_somebody_is_counted_and_named, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let (_, stranger) = world.business("other-house").await;
    let month = Month::of_day(20_700);
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    assert_eq!(books.duties(month).await.unwrap(), Duties::default());
    assert_eq!(books.uncosted_products(month, 3).await.unwrap(), []);
    assert_eq!(books.uncosted_units(month).await.unwrap(), 0);
    assert_eq!(books.last_import().await.unwrap(), None);
    drop(tx);

    let odd = ecom_simulator::Plan { extra: vec![extra(UNKNOWN, -500)], ..plan(0, 300) };
    shop.settle("march.txt", &odd).await;
    shop.settle("march again.txt", &plan(0, 300)).await;
    let mut broken = String::from_utf8(shop::file(&plan(1, 200))).unwrap();
    broken = broken.trim_end().rsplit_once('\n').unwrap().0.to_owned() + "\n";
    shop.import("broken.txt", broken.into_bytes()).await;

    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let duties = books.duties(month).await.unwrap();
    assert_eq!((duties.settlements, duties.labels), (2, 1));
    let waiting = books.waiting_settlements(9).await.unwrap();
    let states: Vec<SettlementState> = waiting.iter().map(|found| found.state).collect();
    assert_eq!(states, [SettlementState::Quarantined, SettlementState::Undecided]);
    assert_eq!(books.waiting_settlements(1).await.unwrap().len(), 1);
    assert_eq!(books.last_import().await.unwrap(), Some(5));

    let largest = books.uncosted_products(month, 2).await.unwrap();
    assert!(largest.len() == 2 && largest[0].units >= largest[1].units, "{largest:?}");
    let all = books.uncosted_products(month, 999).await.unwrap();
    assert_eq!(i64::try_from(all.len()).unwrap(), duties.products);
    let (from, to) = books.span().await.unwrap().unwrap();
    let sold = books.statements(&Filter::days(from, to)).await.unwrap()[0].uncosted;
    let units: i64 = all.iter().map(|product| product.units).sum();
    assert_eq!((units, books.uncosted_units(month).await.unwrap(), sold > 0), (sold, sold, true));
    let cost = Cost {
        sku: largest[0].name.clone(),
        marketplace: None,
        currency: Currency::INR,
        from: 0,
        to: None,
        parts: [100, 0, 0, 0, 0],
    };
    books.save_costs(&CostSheet::new(vec![cost]).unwrap()).await.unwrap().unwrap();
    assert_eq!(books.duties(month).await.unwrap().products, duties.products - 1);
    assert_eq!(books.duties(Month::of_day(to + 40)).await.unwrap().products, 0);
    assert_eq!(tx.scoped(stranger).await.unwrap().duties(month).await.unwrap(), Duties::default());
});

on_both!(settlements_come_page_by_page_and_by_state, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    for turn in 0..3 {
        shop.settle(&format!("100{turn}.txt"), &plan(turn, 60)).await;
    }
    shop.settle("1009.txt", &plan(1, 70)).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let first = books.settlement_page(&always(), None, 1, 3).await.unwrap();
    assert_eq!((first.rows.len(), first.page, first.pages), (3, 1, 2));
    let mut states = first.states.clone();
    states.sort_by_key(|(_, count)| -count);
    assert_eq!(states, [(SettlementState::Active, 3), (SettlementState::Replaced, 1)]);
    let beyond = books.settlement_page(&always(), None, 99, 3).await.unwrap();
    assert_eq!((beyond.rows.len(), beyond.page), (1, 2));
    let replaced = books.settlement_page(&always(), Some(SettlementState::Replaced), 1, 3).await.unwrap();
    assert_eq!((replaced.rows.len(), replaced.rows[0].state), (1, SettlementState::Replaced));
    let none = books.settlement_page(&Filter::days(0, 9), None, 1, 3).await.unwrap();
    assert_eq!((none.rows.len(), none.pages, none.states.len()), (0, 1, 0));

    let carried = books.carried(first.rows[0].key).await.unwrap();
    assert_eq!((carried.previous_reserve, carried.current_reserve), (10_000, -15_000));
    let (_, stranger) = world.business("other-house").await;
    let mut theirs = tx.scoped(stranger).await.unwrap();
    assert!(matches!(theirs.carried(first.rows[0].key).await, Err(StoreError::Missing(_))));
    assert_eq!(theirs.settlement_page(&always(), None, 1, 3).await.unwrap().rows.len(), 0);
});
