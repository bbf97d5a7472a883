#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zenwallet_fuzz::create::run(data));
