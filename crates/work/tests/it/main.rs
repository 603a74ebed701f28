//! Jobs and mail: one binary for all these tests, so that it is linked once.

mod digest;
mod import;
mod keys;
mod letters;
mod mail;
mod post;
mod repost;
mod review;
mod shop;
mod sweep;
mod tax_setting;
