#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| relatch::properties::seven_g_status::check(data));
