//! What is sold with and without a cost; taking one cost away; ending an expense.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::shop;

use ecom_ledger::{
    Currency,
    cost::{Cost, CostSheet},
    day::Month,
    expense::{Expense, Repeat},
};
use ecom_store::{ExpenseId, StoreError};
use ecom_testkit::on_both;
use jiff::civil::date;
use shop::{Shop, always, plan};

fn cost(sku: &str, marketplace: Option<&str>, from: i32, goods: i64) -> Cost {
    let marketplace = marketplace.map(str::to_owned);
    let parts = [goods, 0, 0, 0, 0];
    Cost { sku: sku.to_owned(), marketplace, currency: Currency::INR, from, to: None, parts }
}

on_both!(products_sold_tell_how_much_of_them_has_no_cost, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    shop.settle("1001.txt", &plan(0, 900)).await;
    let whole = shop.statements(&always()).await.remove(0);
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let sold = books.sold_products().await.unwrap();
    let sum = |of: fn(&ecom_store::SoldProduct) -> i64| sold.iter().map(of).sum::<i64>();
    assert!(sold.len() > 5 && whole.units > 0);
    assert_eq!((sum(|one| one.units), sum(|one| one.uncosted)), (whole.units, whole.units));
    let one = sold[0].clone();
    let units = books.product_units(&one.sku).await.unwrap();
    assert_eq!(units.iter().map(|(_, _, units, _)| units).sum::<i64>(), one.units);
    assert_eq!(one.since, units.iter().map(|(_, month, ..)| *month).min());
    let second: Month = "2026-10".parse().unwrap();
    let sheet = CostSheet::new(vec![cost(&one.sku, None, second.first_day(), 500)]).unwrap();
    books.save_costs(&sheet).await.unwrap().unwrap();
    let after = books.sold_products().await.unwrap()[0].clone();
    let before = units.iter().filter(|(_, month, ..)| *month < second).map(|(_, _, units, _)| units);
    assert_eq!(after.uncosted, before.sum::<i64>());
    tx.commit().await.unwrap();
    let other = Shop::new(&world, "other-house").await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(other.tenant).await.unwrap();
    assert!(books.sold_products().await.unwrap().is_empty());
    assert!(books.product_units(&one.sku).await.unwrap().is_empty());
});

on_both!(one_cost_is_taken_away_and_its_neighbours_stay, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    shop.settle("1001.txt", &plan(0, 300)).await;
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let place = books.marketplaces().await.unwrap().into_iter().find(|(_, name)| !name.is_empty()).unwrap().1;
    let all = vec![cost("A", None, 10, 5), cost("A", Some(&place), 10, 6), cost("A", None, 20, 7)];
    books.save_costs(&CostSheet::new(all.clone()).unwrap()).await.unwrap().unwrap();
    for (sku, at, currency, from) in [
        ("B", None, Currency::INR, 10),
        ("A", Some("Amazon.nowhere"), Currency::INR, 10),
        ("A", None, Currency::parse("USD").unwrap(), 10),
        ("A", None, Currency::INR, 11),
    ] {
        let gone = books.delete_cost(sku, at, currency, from).await;
        assert!(matches!(gone, Err(StoreError::Missing("cost"))), "{sku} {at:?} {from}");
    }
    books.delete_cost("A", Some(&place), Currency::INR, 10).await.unwrap();
    let held: Vec<Cost> = books.costs().await.unwrap().all().cloned().collect();
    assert_eq!(held, [all[0].clone(), all[2].clone()]);
    tx.commit().await.unwrap();
    let other = Shop::new(&world, "other-house").await;
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(other.tenant).await.unwrap();
    assert!(books.delete_cost("A", None, Currency::INR, 10).await.is_err());
});

on_both!(an_expense_ends_on_a_day, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let rent = Expense::once("rent".parse().unwrap(), Currency::INR, 100, date(2026, 4, 1)).unwrap();
    let rent = rent.repeated(Repeat::Monthly, None).unwrap();
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let id = books.add_expense(&rent, 5).await.unwrap();
    books.end_expense(id, date(2026, 6, 15)).await.unwrap();
    assert_eq!(books.expenses().await.unwrap()[0].1.last(), Some(date(2026, 6, 15)));
    let (from, to) =
        (ecom_ledger::day::of_date(date(2026, 1, 1)), ecom_ledger::day::of_date(date(2027, 1, 1)));
    assert_eq!(books.charges(from, to).await.unwrap().len(), 3);
    assert!(books.end_expense(ExpenseId(99), date(2026, 6, 15)).await.is_err());
    tx.commit().await.unwrap();
    let other = Shop::new(&world, "other-house").await;
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(other.tenant).await.unwrap();
    assert!(books.end_expense(id, date(2026, 6, 15)).await.is_err());
});
