#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| relatch::properties::ca_certificates::check(data));
