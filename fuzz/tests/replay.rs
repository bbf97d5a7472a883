//! Every input that the fuzzer has kept goes through its target again, each within its time.

use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, panic};
use zenwallet_fuzz::TARGETS;

/// Longest time of one input, in a build for tests on a loaded machine.
const TIME_MAX: Duration = Duration::from_secs(1);
/// Fewest inputs of a target: a folder that was not found holds none.
const FILES_MIN: usize = 10;
/// Most inputs of a target, and most bytes of all of them.
const FILES_MAX: usize = 100;
const BYTES_MAX: usize = 200 * 1024;

#[test]
fn what_the_fuzzer_has_kept_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut faults = Vec::new();
    for (name, target) in TARGETS {
        let (mut files, mut bytes) = (0, 0);
        for entry in fs::read_dir(folder.join(name)).expect("each target has a folder") {
            let path = entry.expect("readable").path();
            let data = fs::read(&path).expect("readable");
            (files, bytes) = (files + 1, bytes + data.len());
            let started = Instant::now();
            if panic::catch_unwind(|| target(&data)).is_err() {
                faults.push(format!("{} does not hold", path.display()));
            }
            let took = started.elapsed();
            if took > TIME_MAX {
                faults.push(format!("{} took {took:?}", path.display()));
            }
        }
        if !(FILES_MIN..=FILES_MAX).contains(&files) || bytes > BYTES_MAX {
            faults.push(format!("{name} has {files} inputs of {bytes} bytes"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_target_takes_nothing_and_anything() {
    let mut data = Vec::new();
    let mut state = 1_u32;
    for (_, target) in TARGETS {
        target(&[]);
        for _ in 0..200 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            data.clear();
            data.extend((0..state >> 24).map(|at| (state.rotate_left(at) ^ at) as u8));
            data.insert(0, (state >> 8) as u8 % 4);
            target(&data);
        }
    }
}
