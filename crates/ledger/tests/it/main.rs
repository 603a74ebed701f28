//! Readers, statement, books: one binary for all these tests, so that it is linked once.

mod books;
mod cases;
mod common;
mod date_range;
mod journal;
mod refusals;
mod taxonomy;
mod unpack;
mod v1;
mod v2;
mod xml;
