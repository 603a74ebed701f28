#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ecom_fuzz::prove(bytes));
