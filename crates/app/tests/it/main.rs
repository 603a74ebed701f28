//! The program from outside: one binary for all its tests, so that it is linked once.

mod acme;
mod admin;
mod backup;
mod import;
mod keys;
mod mail;
mod profit;
mod support;
mod tls;
