//! The real router, asked as browsers ask: one binary for all these tests, so that it is linked once.
//!
//! What needs a process of its own stands beside this folder.

mod access;
mod address;
mod asvs;
mod books;
mod costs;
mod devices;
mod downloads;
mod forged;
mod home;
mod isolation;
mod labels;
mod letters;
mod limits;
mod mail;
mod pages;
mod products;
mod session;
mod staff;
mod statement;
mod support;
mod tax_setting;
mod upload;
