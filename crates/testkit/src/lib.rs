//! A small world for tests: fresh databases on the chosen engine, a clock that is moved by hand.
//!
//! [`on_both!`] makes one body two tests, `name::sqlite` and `name::postgres`. PostgreSQL is where
//! `ECOM_TEST_POSTGRES` says (the URL of a superuser; `./check` starts one); without it that half says that it is
//! skipped. Use it from `tests/` folders: a crate's own unit tests see another copy of the crate's types.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::missing_panics_doc)]

mod clock;
mod postgres;
mod world;

pub use clock::TestClock;
pub use world::{Database, Engine, Role, World, run};

/// Makes a test of each engine from one body: `on_both!(a_sentence, |world| async move { … });`.
#[macro_export]
macro_rules! on_both {
    ($name:ident, $body:expr $(,)?) => {
        fn $name(engine: $crate::Engine) {
            $crate::run(engine, env!("CARGO_PKG_NAME"), $body);
        }

        mod $name {
            #[test]
            fn sqlite() {
                super::$name($crate::Engine::Sqlite);
            }

            #[test]
            fn postgres() {
                super::$name($crate::Engine::Postgres);
            }
        }
    };
}

/// Makes a test of PostgreSQL alone, for what SQLite does not have.
#[macro_export]
macro_rules! on_postgres {
    ($name:ident, $body:expr $(,)?) => {
        #[test]
        fn $name() {
            $crate::run($crate::Engine::Postgres, env!("CARGO_PKG_NAME"), $body);
        }
    };
}

/// Makes a test of SQLite alone, for what PostgreSQL does not have.
#[macro_export]
macro_rules! on_sqlite {
    ($name:ident, $body:expr $(,)?) => {
        #[test]
        fn $name() {
            $crate::run($crate::Engine::Sqlite, env!("CARGO_PKG_NAME"), $body);
        }
    };
}

/// Says that a test is skipped, past the capture of output, in the words that `./check` counts.
pub fn skip(reason: &str) {
    use std::io::Write;
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    // One write, so that tests that run at the same time do not cut each other's lines.
    std::io::stderr().write_all(format!("test skipped: {name}: {reason}\n").as_bytes()).unwrap();
}
