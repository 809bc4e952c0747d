#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| relatch::properties::foreign_text::check(data));
