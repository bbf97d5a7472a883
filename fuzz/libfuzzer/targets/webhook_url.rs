#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zenwallet_fuzz::webhook_url::run(data));
