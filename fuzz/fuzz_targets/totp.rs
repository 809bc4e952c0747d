#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| relatch::properties::totp::check(data));
