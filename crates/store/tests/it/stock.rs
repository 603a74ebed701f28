//! Units that came back or were lost: entered by hand, valued by costs, and in the statement of their days.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::shop;

use ecom_ledger::{
    Account, Currency,
    cost::{Cost, CostSheet},
    day::Month,
    stock::{Fate, StockEvent},
};
use ecom_store::{Filter, PersonId, SkuId, StoreError};
use ecom_testkit::on_both;
use shop::{Shop, always, catalogue, plan};

fn day(date: &str) -> i32 {
    ecom_ledger::day::of_date(date.parse().unwrap())
}

fn event(fate: Fate, units: i64, sold: Option<&str>) -> StockEvent {
    StockEvent {
        day: day("2026-10-05"),
        sold: sold.map(day),
        sku: catalogue().products[0].sku.clone(),
        marketplace: String::new(),
        currency: Currency::INR,
        units,
        fate,
    }
}

fn costs(rows: &[(&str, i64)]) -> CostSheet {
    let cost = |(from, goods): &(&str, i64)| Cost {
        sku: catalogue().products[0].sku.clone(),
        marketplace: None,
        currency: Currency::INR,
        from: day(from),
        to: None,
        parts: [*goods, 0, 0, 0, 0],
    };
    CostSheet::new(rows.iter().map(cost).collect()).unwrap()
}

on_both!(events_are_valued_as_the_ledger_does_and_follow_every_change_of_costs, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    shop.settle("1001.txt", &plan(0, 300)).await;
    let events: Vec<StockEvent> = Fate::ALL
        .into_iter()
        .flat_map(|fate| [event(fate, 2, None), event(fate, 3, Some("2026-09-22"))])
        .collect();
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    books.add_stock_events(&events, PersonId(7), 5).await.unwrap();
    let sheets =
        [costs(&[]), costs(&[("2026-10-01", 700)]), costs(&[("2026-10-01", 700), ("2026-01-01", 500)])];
    for sheet in sheets {
        books.save_costs(&sheet).await.unwrap().unwrap();
        let kept = books.stock_events(i32::MIN, i32::MAX, 100).await.unwrap();
        assert_eq!(kept.len(), events.len());
        let sku = books.sku(&events[0].sku).await.unwrap().unwrap();
        assert_eq!(books.product_stock_events(sku, 100).await.unwrap(), kept);
        assert_eq!(books.product_stock_events(sku, 3).await.unwrap(), kept[..3]);
        for entry in kept {
            assert_eq!(entry.value, entry.event.value(&sheet).unwrap(), "{:?}", entry.event);
            assert_eq!((entry.entered_by, entry.entered_at), (PersonId(7), 5));
            assert!(events.contains(&entry.event));
        }
    }
    books.delete_cost(&catalogue().products[0].sku, None, Currency::INR, day("2026-01-01")).await.unwrap();
    let kept = books.stock_events(i32::MIN, i32::MAX, 100).await.unwrap();
    assert!(
        kept.iter().any(|entry| entry.value.unvalued > 0) && kept.iter().any(|entry| entry.value.cogs > 0)
    );
});

on_both!(the_statement_holds_them_by_day_month_and_span, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    shop.settle("1002.txt", &plan(1, 300)).await;
    let before = shop.statements(&always()).await.remove(0);
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    books.save_costs(&costs(&[("2026-10-04", 700)])).await.unwrap().unwrap();
    let costed = books.statements(&always()).await.unwrap().remove(0);
    let events = [
        event(Fate::Sellable, 2, None),
        event(Fate::Lost, 1, None),
        event(Fate::Unsellable, 1, None),
        event(Fate::Damaged, 1, Some("2026-09-01")),
    ];
    books.add_stock_events(&events, PersonId(1), 5).await.unwrap();
    tx.commit().await.unwrap();
    let after = shop.statements(&always()).await.remove(0);
    let change = |account| after.turnover(account).net() - costed.turnover(account).net();
    assert_eq!((change(Account::Cogs), change(Account::InventoryLoss)), (2100, -1400));
    assert_eq!(after.profit().unwrap(), costed.profit().unwrap() + 700);
    assert_eq!((after.returned, after.unvalued), (3, 1));
    assert_eq!(
        after.bridge().unwrap().total,
        before.bridge().unwrap().total,
        "no line of a settlement moved"
    );
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let days = books.statements_by_day(&always()).await.unwrap();
    let on_day = days.iter().find(|(at, _)| *at == day("2026-10-05")).unwrap();
    assert_eq!((on_day.1.returned, on_day.1.turnover(Account::InventoryLoss).net()), (3, -1400));
    let months = books.statements_by_month(&always()).await.unwrap();
    let october: Month = "2026-10".parse().unwrap();
    assert_eq!(months.iter().map(|(_, month)| month.returned).sum::<i64>(), 3);
    let in_month = &months.iter().find(|(month, _)| *month == october).unwrap().1;
    assert_eq!(in_month.turnover(Account::InventoryLoss).net(), -1400);
    // Of one account at Amazon or one settlement nothing is known about stock.
    let part = Filter { seller_account: Some(shop.account), ..always() };
    assert_eq!(books.statements(&part).await.unwrap().remove(0).returned, 0);
    let dollars = Filter { currency: Some(Currency::parse("USD").unwrap()), ..always() };
    assert!(books.statements(&dollars).await.unwrap().is_empty());
    let ids: Vec<_> =
        books.stock_events(0, i32::MAX, 100).await.unwrap().iter().map(|entry| entry.id).collect();
    for id in ids {
        books.delete_stock_event(id).await.unwrap();
        assert!(matches!(books.delete_stock_event(id).await, Err(StoreError::Missing(_))));
    }
    assert_eq!(books.statements(&always()).await.unwrap().remove(0), costed);
});

on_both!(what_cannot_be_is_refused_and_nothing_is_kept, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    shop.settle("1001.txt", &plan(0, 300)).await;
    let stranger = Shop::new(&world, "saree-works").await;
    let good = event(Fate::Lost, 1, None);
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let bad = [
        event(Fate::Lost, 0, None),
        event(Fate::Lost, -1, None),
        event(Fate::Lost, i64::MAX, None),
        event(Fate::Sellable, 1, Some("2026-10-06")),
        StockEvent { sku: "NO-SUCH-SKU".into(), ..good.clone() },
        StockEvent { marketplace: "Amazon.mars".into(), ..good.clone() },
    ];
    for event in bad {
        let refused = books.add_stock_events(&[good.clone(), event.clone()], PersonId(1), 5).await;
        assert!(matches!(refused, Err(StoreError::Conflict(_) | StoreError::Missing(_))), "{event:?}");
    }
    assert!(books.stock_events(0, i32::MAX, 10).await.unwrap().is_empty());
    books.add_stock_events(std::slice::from_ref(&good), PersonId(1), 5).await.unwrap();
    let id = books.stock_events(0, i32::MAX, 10).await.unwrap()[0].id;
    let sku = books.sku(&good.sku).await.unwrap().unwrap();
    assert_eq!(books.stock_event(id).await.unwrap().unwrap().event, good);
    assert_eq!(books.product_stock_events(sku, 10).await.unwrap().len(), 1);
    assert!(books.product_stock_events(SkuId(sku.0 + 1), 10).await.unwrap().is_empty());
    let mut books = tx.scoped(stranger.tenant).await.unwrap();
    assert!(books.stock_events(i32::MIN, i32::MAX, 10).await.unwrap().is_empty());
    assert!(books.product_stock_events(sku, 10).await.unwrap().is_empty());
    assert_eq!(books.stock_event(id).await.unwrap(), None);
    assert!(matches!(books.delete_stock_event(id).await, Err(StoreError::Missing(_))));
    let unknown = books.add_stock_events(&[good], PersonId(1), 5).await;
    assert!(matches!(unknown, Err(StoreError::Missing("product"))), "another business's product");
});
