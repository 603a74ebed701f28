//! Every function of the store on both engines: one binary for all these tests, so that it is linked once.
#![allow(clippy::unwrap_used, clippy::panic)]

/// Runs one call of the platform in a transaction of its own.
macro_rules! commit {
    ($world:expr, $call:ident ( $($argument:expr),* )) => {{
        let mut tx = $world.db.write().await.unwrap();
        let answer = tx.platform().$call($($argument),*).await;
        if answer.is_ok() {
            tx.commit().await.unwrap();
        }
        answer
    }};
}

/// Asks the platform something.
macro_rules! ask {
    ($world:expr, $call:ident ( $($argument:expr),* )) => {
        $world.db.read().await.unwrap().platform().$call($($argument),*).await.unwrap()
    };
}

mod access;
mod account;
mod audit;
mod book_rules;
mod consent;
mod cost;
mod coverage;
mod database;
mod date_range;
mod explain;
mod home;
mod import;
mod jobs;
mod journal;
mod keys;
mod label_rule;
mod message;
mod notice;
mod passkey;
mod people;
mod product;
mod schema;
mod sealed;
mod search;
mod settlement;
mod shop;
mod staff;
mod stock;
mod tax_setting;
mod tenants;
mod turns;
mod upload;
