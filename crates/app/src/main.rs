//! The binary `ecom`.
fn main() {}
