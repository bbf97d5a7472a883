//! Pictures.

use std::process::Command;
use zenwallet_testing::TempDir;

/// Width and height of a PNG that decodes whole.
pub(crate) fn decode_png(bytes: &[u8]) -> (u32, u32) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    (frame.width, frame.height)
}

/// What a scanner reads in a picture file of this extension; `None` where no scanner is installed.
pub(crate) fn scan(bytes: &[u8], extension: &str) -> Option<String> {
    let directory = TempDir::in_memory("scan").unwrap();
    let path = directory.path().join(format!("code.{extension}"));
    std::fs::write(&path, bytes).unwrap();
    let scanned =
        Command::new("zbarimg").args(["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"]).arg(&path).output();
    let output = scanned.ok()?;
    assert!(output.status.success(), "zbarimg: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap().trim_end().to_owned())
}
