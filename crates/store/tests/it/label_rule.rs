//! Own rules of labels: what a rule makes of lines that are there is what a fresh import makes of them, and undoing
//! it leaves no trace.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::shop;

use std::{
    io::Read,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use ecom_ledger::{
    Account, Currency,
    cost::{Cost, CostSheet},
    settlement::{GstMode, Options},
    taxonomy::{Effect, Gst, Label, Moved, Taxonomy},
};
use ecom_simulator::{Extra, Plan};
use ecom_store::{
    Db, FileId, Incoming, LabelChoice, LabelDays, LabelEffect, LabelId, LabelRuleId, MarketplaceId, Opener,
    PersonId, Progress, RuleChange, StoreError, TaxChoice,
};
use ecom_testkit::{Role, on_both};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use shop::{
    Shop, catalogue, file, plan,
    trace::{assert_same, everything},
};

const BY: PersonId = PersonId(3);
const UNKNOWN: [&str; 3] = ["other-transaction", "other-transaction", "A Fee Nobody Knows"];

async fn label(db: &Db, shop: &Shop, parts: [&str; 3]) -> LabelId {
    let label = Label::new(parts[0], parts[1], parts[2]);
    let mut tx = db.read().await.unwrap();
    tx.scoped(shop.tenant).await.unwrap().label_id(&label).await.unwrap().unwrap()
}

async fn add(db: &Db, shop: &Shop, label: LabelId, choice: LabelChoice) -> LabelRuleId {
    let mut tx = db.write().await.unwrap();
    let id = tx.scoped(shop.tenant).await.unwrap().add_label_rule(label, choice, BY, 5).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn undo(db: &Db, shop: &Shop, id: LabelRuleId) {
    let mut tx = db.write().await.unwrap();
    tx.scoped(shop.tenant).await.unwrap().undo_label_rule(id, BY, 6).await.unwrap();
    tx.commit().await.unwrap();
}

/// Posts anew as a job does: one transaction for each settlement. Gives the number of lines moved.
async fn follow(shop: &Shop, label: LabelId, from: i32) -> u64 {
    let mut tx = shop.importer.db.read().await.unwrap();
    let keys = tx.scoped(shop.tenant).await.unwrap().label_settlements(label, from).await.unwrap();
    drop(tx);
    let mut moved = 0;
    for key in keys {
        let mut tx = shop.importer.db.write().await.unwrap();
        let mut books = tx.scoped(shop.tenant).await.unwrap();
        moved += books.repost(key, label, &shop.importer.options).await.unwrap();
        tx.commit().await.unwrap();
    }
    moved
}

fn account() -> impl Strategy<Value = Account> {
    prop::sample::select(vec![
        Account::FeeService,
        Account::FeeStorage,
        Account::Advertising,
        Account::OtherIncome,
        Account::Adjustment,
        Account::Unclassified,
        Account::GstInputIgst,
        Account::Loan,
    ])
}

fn choice() -> impl Strategy<Value = LabelChoice> {
    let from = prop_oneof![Just(i32::MIN), 20_710_i32..20_740];
    let any = (account(), account(), prop::sample::select(Gst::ALL.to_vec()), from);
    any.prop_map(|(credit, debit, gst, from)| LabelChoice { credit, debit, gst, from }).prop_filter(
        "GST inside",
        |choice| {
            let profit = |account: Account| account.class() == ecom_ledger::Class::Profit;
            choice.gst != Gst::Included || (profit(choice.credit) && profit(choice.debit))
        },
    )
}

/// Known and unknown labels, with amounts around the edges of rounding.
fn case() -> impl Strategy<Value = (i64, u64, Vec<i64>, [&'static str; 3], LabelChoice)> {
    let amount = prop_oneof![
        -400_i64..400,
        Just(0),
        -10_i64.pow(9)..10_i64.pow(9),
        Just(-9_999_999_999_999_999),
        Just(1_234_567_890_123_456),
    ];
    let labels = vec![
        UNKNOWN,
        ["Order", "ItemFees", "Commission"],
        ["ServiceFee", "Cost of Advertising", "TransactionTotalAmount"],
        ["Refund", "ItemPrice", "Principal"],
        ["Order", "ItemPrice", "Principal"],
    ];
    (0_i64..20, 150_u64..400, prop::collection::vec(amount, 1..12), prop::sample::select(labels), choice())
}

on_both!(
    a_rule_makes_of_old_lines_what_a_fresh_import_makes_and_undoing_it_leaves_no_trace,
    |world| async move {
        let mut runner = TestRunner::deterministic();
        for number in 0..12 {
            let case = case().new_tree(&mut runner).unwrap().current();
            let (turn, rows, amounts, parts, choice) = case.clone();
            let mut shop = Shop::new(&world, &format!("shop {number}")).await;
            if number % 4 == 3 {
                shop.importer.options.gst = Some([GstMode::Cost, GstMode::CreditAsPrinted][number / 4 % 2]);
            }
            let line = |amount| Extra { label: parts.map(str::to_owned), sku: "CUP".into(), amount };
            let extra = amounts.into_iter().map(line).collect();
            let plan = Plan { extra, ..plan(turn, rows) };
            let (key, _) = shop.settle("1001.txt", &plan).await;
            cost_some(&shop).await;
            let db = &shop.importer.db;
            let id = label(db, &shop, parts).await;
            let before = everything(&shop, key).await;

            let told = effect(&shop, RuleChange::Add(id, choice)).await;
            let profit = profit(&shop).await;
            let rule = add(db, &shop, id, choice).await;
            follow(&shop, id, choice.from).await;
            let changed = self::profit(&shop).await - profit;
            assert_eq!(told.profit().unwrap(), changed, "what was told is what came: {case:?}");
            let back = effect(&shop, RuleChange::Undo(rule)).await;
            assert_eq!(back.profit().unwrap(), -changed, "and what undoing would do: {case:?}");
            assert_eq!(back.moved().unwrap(), told.moved().unwrap(), "{case:?}");
            let ruled = everything(&shop, key).await;
            assert_eq!(
                follow(&shop, id, choice.from).await,
                0,
                "a second time nothing is left to do: {case:?}"
            );

            undo(db, &shop, rule).await;
            follow(&shop, id, choice.from).await;
            assert_same(&everything(&shop, key).await, &before, &format!("undone: {case:?}"));

            add(db, &shop, id, choice).await;
            let mut tx = db.write().await.unwrap();
            tx.scoped(shop.tenant).await.unwrap().withdraw(FileId(1)).await.unwrap();
            tx.commit().await.unwrap();
            let (fresh, _) = shop.settle("1001.txt", &plan).await;
            assert_same(&everything(&shop, fresh).await, &ruled, &format!("fresh: {case:?}"));
        }
    }
);

/// What a change of the rules would do, in rupees.
async fn effect(shop: &Shop, change: RuleChange) -> Effect {
    let mut tx = shop.importer.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    match books.label_effect(change, &shop.importer.options).await.unwrap() {
        LabelEffect::Exact(mut effects) => effects.remove(&Currency::INR).unwrap_or_default(),
        LabelEffect::Large(large) => panic!("{large:?}"),
    }
}

async fn profit(shop: &Shop) -> i64 {
    shop.statements(&shop::always()).await.remove(0).profit().unwrap()
}

/// Half the products have a cost, so that the columns of costs are put to the test too.
async fn cost_some(shop: &Shop) {
    let products = catalogue().products;
    let cost = |product: &ecom_simulator::Product| Cost {
        sku: product.sku.clone(),
        marketplace: None,
        currency: Currency::INR,
        from: 0,
        to: None,
        parts: [product.cost, 0, 0, 0, 0],
    };
    let sheet = CostSheet::new(products.iter().take(20).map(cost).collect()).unwrap();
    let mut tx = shop.importer.db.write().await.unwrap();
    tx.scoped(shop.tenant).await.unwrap().save_costs(&sheet).await.unwrap().unwrap();
    tx.commit().await.unwrap();
}

/// The first fortnight with two lines of an unknown label.
fn strange() -> Plan {
    let line = |amount| Extra { label: UNKNOWN.map(str::to_owned), sku: String::new(), amount };
    Plan { extra: vec![line(-11_800), line(-200)], ..plan(0, 200) }
}

fn fee() -> LabelChoice {
    LabelChoice {
        credit: Account::FeeService,
        debit: Account::FeeService,
        gst: Gst::Included,
        from: i32::MIN,
    }
}

on_both!(an_unknown_label_shows_examples_and_leaves_suspense_by_a_rule, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    shop.settle("1001.txt", &strange()).await;
    let id = label(&world.db, &shop, UNKNOWN).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let unknown = books.unclassified(&shop::always()).await.unwrap();
    assert_eq!(unknown[0].id, id.0);
    let examples = books.label_examples(id, 1).await.unwrap();
    assert_eq!((examples.len(), examples[0].amount), (1, -11_800));
    assert_eq!(books.label_examples(id, 9).await.unwrap().len(), 2);
    drop(tx);
    let before = shop.statements(&shop::always()).await.remove(0);
    add(&world.db, &shop, id, fee()).await;
    assert_eq!(follow(&shop, id, i32::MIN).await, 2);
    let after = shop.statements(&shop::always()).await.remove(0);
    let net = |account| after.turnover(account).net() - before.turnover(account).net();
    assert_eq!((net(Account::Unclassified), net(Account::FeeService)), (12_000, -10_169));
    assert_eq!(net(Account::GstInputUnsplit), -1_831, "1,800 and 31 paise of GST inside");
    assert_eq!(after.bridge().unwrap().total, before.bridge().unwrap().total);
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    assert!(books.unclassified(&shop::always()).await.unwrap().is_empty());
});

on_both!(rules_are_dated_kept_and_never_hidden_behind_each_other, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    shop.settle("1001.txt", &strange()).await;
    let id = label(&world.db, &shop, UNKNOWN).await;
    let first = add(&world.db, &shop, id, LabelChoice { from: 100, ..fee() }).await;
    let later = LabelChoice { from: 200, gst: Gst::None, ..fee() };
    let second = add(&world.db, &shop, id, later).await;
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    for from in [200, 150, i32::MIN] {
        let hidden = books.add_label_rule(id, LabelChoice { from, ..fee() }, BY, 7).await;
        assert!(matches!(hidden, Err(StoreError::Conflict(_))), "{from}");
    }
    let cogs =
        books.add_label_rule(id, LabelChoice { from: 300, debit: Account::Cogs, ..fee() }, BY, 7).await;
    assert!(matches!(cogs, Err(StoreError::Conflict(_))));
    let built_in = Arc::new(Taxonomy::built_in().unwrap());
    let named = Label::new(UNKNOWN[0], UNKNOWN[1], UNKNOWN[2]);
    let ours = books.taxonomy(&built_in).await.unwrap();
    let told = [99, 100, 200].map(|day| (ours.verdict(&named, day).debit, ours.verdict(&named, day).gst));
    assert_eq!(told[0], (Account::Unclassified, Gst::Unknown));
    assert_eq!(told[1..], [(Account::FeeService, Gst::Included), (Account::FeeService, Gst::None)]);
    books.undo_label_rule(second, BY, 9).await.unwrap();
    assert!(matches!(books.undo_label_rule(second, BY, 9).await, Err(StoreError::Missing(_))));
    let kept = books.label_rules().await.unwrap();
    let told: Vec<_> = kept.iter().map(|rule| (rule.id, rule.made_by, rule.undone)).collect();
    assert_eq!(told, [(second, BY, Some((9, BY))), (first, BY, None)]);
    assert_eq!(kept[1].rule.label, named);
    books.add_label_rule(id, later, BY, 10).await.unwrap();
});

on_both!(what_a_label_holds_is_told_by_sums_days_and_the_effect_of_a_rule, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    shop.settle("1001.txt", &strange()).await;
    shop.settle("1002.txt", &Plan { id: 99, ..Plan { extra: strange().extra, ..plan(2, 200) } }).await;
    let id = label(&world.db, &shop, UNKNOWN).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let sums = books.label_sums(Some(id)).await.unwrap();
    assert_eq!(sums.len(), 1);
    assert_eq!((sums[0].id, sums[0].currency, &*sums[0].label.description), (id, Currency::INR, UNKNOWN[2]));
    assert_eq!((sums[0].lines, sums[0].amount), (4, -24_000));
    assert_eq!((sums[0].unclassified, sums[0].unclassified_amount), (4, -24_000));
    assert!(books.label_sums(None).await.unwrap().len() > 5);
    let lines = books.label_examples(id, 9).await.unwrap();
    let days =
        (lines.iter().map(|line| line.day).min().unwrap(), lines.iter().map(|line| line.day).max().unwrap());
    assert!(days.0 < days.1);
    let exactly = Some(LabelDays { first: days.0, last: days.1, exact: true });
    assert_eq!(books.label_days(id, true).await.unwrap(), exactly);
    assert_eq!(books.label_days(id, false).await.unwrap(), exactly);
    drop(tx);
    let told = effect(&shop, RuleChange::Add(id, LabelChoice { from: days.1, ..fee() })).await;
    assert_eq!(told.moved().unwrap(), Moved { lines: 2, amount: -12_000 }, "only from its day on");
    assert_eq!((told.gst_inside, told.profit().unwrap()), (-1_831, -10_169));
    add(&world.db, &shop, id, fee()).await;
    follow(&shop, id, i32::MIN).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    assert_eq!(books.label_days(id, true).await.unwrap(), None);
    assert_eq!(books.label_days(id, false).await.unwrap(), exactly);
    assert_eq!(books.label_sums(Some(id)).await.unwrap()[0].unclassified, 0);
});

on_both!(what_a_rule_would_do_follows_the_tax_settings_of_its_days, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    shop.settle("1001.txt", &strange()).await;
    shop.settle("1002.txt", &Plan { id: 99, ..Plan { extra: strange().extra, ..plan(2, 200) } }).await;
    let id = label(&world.db, &shop, UNKNOWN).await;
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let last = books.label_days(id, false).await.unwrap().unwrap().last;
    for (from, credit) in [(i32::MIN, true), (last, false)] {
        let choice = TaxChoice { marketplace: MarketplaceId(0), from, credit };
        books.add_tax_setting(choice, BY, 5).await.unwrap();
    }
    tx.commit().await.unwrap();
    let told = effect(&shop, RuleChange::Add(id, fee())).await;
    assert_eq!(
        (told.gst_inside, told.profit().unwrap()),
        (-1_831, -10_169 - 12_000),
        "split on the first days only"
    );
    let before = profit(&shop).await;
    add(&world.db, &shop, id, fee()).await;
    follow(&shop, id, i32::MIN).await;
    assert_eq!(profit(&shop).await - before, told.profit().unwrap());
});

on_both!(each_change_of_a_rule_has_a_job_and_a_failed_one_can_be_asked_for_again, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    shop.settle("1001.txt", &strange()).await;
    let id = label(&world.db, &shop, UNKNOWN).await;
    let rule = add(&world.db, &shop, id, fee()).await;
    let mut tx = world.db.write().await.unwrap();
    let claim = tx.platform().claim(9).await.unwrap().unwrap();
    assert_eq!((&*claim.kind, &*claim.payload, claim.tenant), ("repost", "1", Some(shop.tenant)));
    let again = tx.scoped(shop.tenant).await.unwrap().follow_rule_again(rule, 9).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "it runs");
    tx.platform().fail(&claim, "no luck", false, 9).await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let (of, job) = books.rule_jobs().await.unwrap().remove(0);
    assert_eq!((of, job.state.as_str()), (rule, "failed"));
    books.follow_rule_again(rule, 10).await.unwrap();
    assert_eq!(books.rule_jobs().await.unwrap()[0].1.state, "queued", "the newest one tells");
    tx.commit().await.unwrap();
    undo(&world.db, &shop, rule).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    assert_eq!(books.rule_jobs().await.unwrap().len(), 1);
    let view = books.label_rule(rule).await.unwrap().unwrap();
    assert_eq!((view.undone, &*view.undoer), (Some((6, BY)), ""), "nobody has that number");
});

on_both!(a_rule_made_while_a_file_is_read_reaches_its_lines, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    shop.settle("1001.txt", &strange()).await;
    let id = label(&world.db, &shop, UNKNOWN).await;
    let mut later = strange();
    (later.id, later.start, later.end) = (99, later.start + 14 * 86_400, later.end + 14 * 86_400);
    let second = file(&later);
    let url = world.database().url(Role::App);
    let (tenant, calls) = (shop.tenant, AtomicUsize::new(0));
    // The second time the file is opened, to be archived, a person makes a rule.
    let open: Opener = Arc::new(move || {
        if calls.fetch_add(1, Ordering::Relaxed) == 1 {
            let url = url.clone();
            let made = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let db = Db::open(&url).await.unwrap();
                    let mut tx = db.write().await.unwrap();
                    tx.scoped(tenant).await.unwrap().add_label_rule(id, fee(), BY, 5).await.unwrap();
                    tx.commit().await.unwrap();
                    db.close().await;
                });
            });
            made.join().unwrap();
        }
        Ok(Box::new(std::io::Cursor::new(second.clone())) as Box<dyn Read + Send>)
    });
    let incoming = Incoming { open, ..shop.incoming("1002.txt", Vec::new()) };
    shop.importer.import(&shop.key, &incoming, &Progress::default()).await.unwrap();
    assert_eq!(
        follow(&shop, id, i32::MIN).await,
        2,
        "the older settlement is left to the job, the new one is done"
    );
    assert_eq!(shop.statements(&shop::always()).await.remove(0).turnover(Account::Unclassified).lines, 0);
});

on_both!(another_business_has_no_part_in_it, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let (key, _) = shop.settle("1001.txt", &strange()).await;
    let id = label(&world.db, &shop, UNKNOWN).await;
    let rule = add(&world.db, &shop, id, fee()).await;
    let stranger = Shop::new(&world, "saree-works").await;
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(stranger.tenant).await.unwrap();
    let options = Options::new().unwrap();
    assert!(matches!(books.add_label_rule(id, fee(), BY, 5).await, Err(StoreError::Missing("label"))));
    assert!(matches!(books.undo_label_rule(rule, BY, 5).await, Err(StoreError::Missing("rule"))));
    assert!(matches!(books.repost(key, id, &options).await, Err(StoreError::Missing("settlement"))));
    assert!(matches!(books.follow_rule_again(rule, 5).await, Err(StoreError::Missing("rule"))));
    for change in [RuleChange::Add(id, fee()), RuleChange::Undo(rule)] {
        let effect = books.label_effect(change, &options).await;
        assert!(matches!(effect, Err(StoreError::Missing("label" | "rule"))), "{effect:?}");
    }
    assert!(books.label_rules().await.unwrap().is_empty() && books.rule_jobs().await.unwrap().is_empty());
    assert_eq!(books.label_rule(rule).await.unwrap(), None);
    assert!(books.label_sums(None).await.unwrap().is_empty());
    assert_eq!(books.label_days(id, false).await.unwrap(), None);
    assert!(books.label_settlements(id, i32::MIN).await.unwrap().is_empty());
    assert!(books.label_examples(id, 9).await.unwrap().is_empty());
    assert_eq!(books.label(id).await.unwrap(), None);
    let built_in = Arc::new(Taxonomy::built_in().unwrap());
    assert!(Arc::ptr_eq(&books.taxonomy(&built_in).await.unwrap(), &built_in));
    drop(tx);
    // Its own file with the same label is read as before.
    stranger.settle("1001.txt", &strange()).await;
    assert_eq!(stranger.statements(&shop::always()).await[0].turnover(Account::Unclassified).lines, 2);
});
