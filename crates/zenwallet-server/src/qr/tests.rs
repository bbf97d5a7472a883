use super::*;
use proptest::prelude::*;
use qrcodegen::{QrCode, QrCodeEcc};
use std::io::Cursor;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

const SHORT: &str = "http://a.io/pay/pay_";
const USUAL: &str = "https://pay.example.org/pay/pay_";
const LONG: &str = "https://payments.europe-west.internal.a-rather-long-company-name.example.com/checkout/v2/tenants/0f8b2c/\
                    environments/production/pages/pay/pay_";

/// Codes of addresses short, usual, long, and so long that a row outgrows a machine word.
static SAMPLES: LazyLock<Vec<(String, QrCodes)>> = LazyLock::new(|| {
    let wide = format!("https://{}.example/pay/pay_", "w".repeat(300));
    let prefixes = [SHORT.into(), USUAL.into(), format!("{USUAL}and-some-more/"), LONG.into(), wide];
    prefixes.map(|prefix: String| (prefix.clone(), QrCodes::new(&prefix).unwrap())).into()
});

fn text(prefix: &str, id: PaymentId) -> String {
    format!("{prefix}{}", &id.to_string()[4..])
}

fn reference(prefix: &str, id: PaymentId) -> QrCode {
    matrix::encode(text(prefix, id).as_bytes(), QrCodeEcc::Medium).unwrap()
}

/// The pixels of a PNG, dark ones true; both of its checksums are checked.
fn decoded(png: &[u8]) -> (usize, Vec<bool>) {
    let mut options = png::DecodeOptions::default();
    options.set_ignore_checksums(false);
    let mut reader = png::Decoder::new_with_options(Cursor::new(png), options).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    reader.finish().unwrap();
    assert_eq!(
        (info.width, info.color_type, info.bit_depth),
        (info.height, png::ColorType::Grayscale, png::BitDepth::One)
    );
    let side = info.width as usize;
    let dark =
        (0..side * side).map(|at| bytes[at / side * info.line_size + at % side / 8] >> (7 - at % side % 8) & 1 == 0);
    (side, dark.collect())
}

fn expected(code: &QrCode, scale: usize) -> (usize, Vec<bool>) {
    let side = (code.size() as usize + 8) * scale;
    let module = |pixel: usize| (pixel / scale) as i32 - 4;
    (side, (0..side * side).map(|at| code.get_module(module(at % side), module(at / side))).collect())
}

/// The modules that an SVG's path draws, with the quiet zone: `M x y.5 h run`, then `m gap 0 h run`.
fn drawn(svg: &str, scale: usize) -> (usize, Vec<bool>) {
    let attribute = |name: &str| svg.split(&format!(" {name}=\"")).nth(1).unwrap().split('"').next().unwrap();
    let side: usize = attribute("width").parse().unwrap();
    let side = side / scale;
    assert_eq!(attribute("viewBox"), format!("0 0 {side} {side}"));
    let mut dark = vec![false; side * side];
    let (mut x, mut y) = (0, 0);
    for step in attribute("d").split_inclusive('h').zip(attribute("d").split('h').skip(1)) {
        let start = step.0.trim_start_matches(|c: char| c.is_ascii_digit());
        let (left, top) = start[1..].trim_end_matches('h').split_once(' ').unwrap();
        let run: usize = step.1.split(['M', 'm']).next().unwrap().parse().unwrap();
        x = if start.starts_with('M') { left.parse().unwrap() } else { x + left.parse::<usize>().unwrap() };
        y = top.strip_suffix(".5").map_or(y, |top| top.parse().unwrap());
        dark[y * side + x..][..run].fill(true);
        x += run;
    }
    (side, dark)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn a_code_is_the_reference_encoding_and_its_png_shows_it(bytes: [[u8; 16]; 2]) {
        for (prefix, codes) in &*SAMPLES {
            for id in bytes.map(PaymentId::from_bytes) {
                let code = reference(prefix, id);
                let modules = codes.matrix.modules(id);
                prop_assert_eq!(modules.side() as i32, code.size());
                for (y, row) in modules.rows().enumerate() {
                    for x in 0..modules.side() {
                        prop_assert_eq!(matrix::is_dark(row, x), code.get_module(x as i32, y as i32));
                    }
                }
                let png = codes.png(id, 4);
                prop_assert_eq!(decoded(&png), expected(&code, 4));
                let mut url = String::from("kept ");
                codes.push_data_url(id, &mut url);
                let base64 = url.strip_prefix("kept data:image/png;base64,").unwrap();
                prop_assert_eq!(STANDARD.decode(base64).unwrap(), png);
                for scale in [1, 3, 8] {
                    prop_assert_eq!(decoded(&codes.png(id, scale)), expected(&code, scale as usize));
                }
                prop_assert_eq!(drawn(&codes.svg(id, 5), 5), expected(&code, 1));
            }
        }
    }
}

#[test]
fn the_png_of_every_version_shows_its_modules() {
    for bytes in (10..2_331).step_by(20) {
        let text: Vec<u8> = (0..bytes).map(|at| (at * at % 251) as u8).collect();
        let code = matrix::encode(&text, QrCodeEcc::Medium).unwrap();
        let png = PngTemplate::new(code.size() as usize).render(&matrix::Modules::of(&code));
        assert_eq!(decoded(&png), expected(&code, 4), "{bytes} bytes");
    }
}

#[test]
fn an_address_may_be_as_long_as_the_largest_code_holds() {
    // 2331 bytes fit at level M and 2953 at level L; the id takes 22 of them.
    let id = PaymentId::from_bytes([0xa5; 16]);
    let level_l = "l".repeat(2_931);
    let code = matrix::encode(text(&level_l, id).as_bytes(), QrCodeEcc::Low).unwrap();
    assert_eq!(decoded(&QrCodes::new(&level_l).unwrap().png(id, 4)), expected(&code, 4));
    assert_eq!(QrCodes::new(&"x".repeat(2_932)).unwrap_err(), QrError { url_bytes: 2_954 });
}

#[test]
fn a_scale_is_held_to_its_range_and_a_usual_code_stays_small() {
    let (_, codes) = &SAMPLES[1];
    let id = PaymentId::from_bytes([7; 16]);
    assert_eq!(decoded(&codes.png(id, 0)).0, 41);
    assert_eq!(decoded(&codes.png(id, u32::MAX)).0, 41 * 32);
    assert!(codes.svg(id, 0).contains("width=\"41\" height=\"41\" viewBox=\"0 0 41 41\""));
    assert_eq!(codes.png(id, 4).len(), 361);
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn a_scanner_reads_the_address() {
    if Command::new("zbarimg").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("skipped: zbarimg is not installed");
        return;
    }
    let file = std::env::temp_dir().join(format!("zenwallet-qr-{}.png", std::process::id()));
    for (prefix, codes) in &*SAMPLES {
        for (byte, scale) in [(0, 2), (0x01, 4), (0x3c, 4), (0xff, 8)] {
            let id = PaymentId::from_bytes([byte; 16]);
            std::fs::write(&file, codes.png(id, scale)).unwrap();
            let read = Command::new("zbarimg").args(["--raw", "-q"]).arg(&file).output().unwrap();
            assert_eq!(String::from_utf8(read.stdout).unwrap().trim_end(), text(prefix, id), "scale {scale}");
        }
    }
    std::fs::remove_file(&file).unwrap();
}
