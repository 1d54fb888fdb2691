//! The built program, without a model: what it says of itself and of a wrong call.
#![allow(clippy::unwrap_used, missing_docs)]

use std::process::Command;

fn gen_program(args: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_gen"))
        .args(args)
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn a_missing_model_is_named_and_a_wrong_call_is_exit_code_2() {
    let (code, stderr) = gen_program(&["sample", "no/such/model.safetensors", "red dress"]);
    assert_eq!(code, Some(1));
    assert!(
        stderr.starts_with("error: no/such/model.safetensors: cannot read") && stderr.contains("\nhint: "),
        "{stderr}"
    );
    assert_eq!(gen_program(&["sample"]).0, Some(2));
    assert_eq!(gen_program(&["sample", "m", "x", "-n", "0"]).0, Some(2));
}

#[test]
fn what_is_wrong_with_captions_and_out_is_told_before_a_model_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let (file, captions) = (path("file"), path("captions.jsonl"));
    std::fs::write(&file, b"x").unwrap();
    let line = "{\"id\": 7, \"caption\": \"red\", \"seed\": 5}\n";
    std::fs::write(&captions, line).unwrap();
    let absent = path("absent.jsonl");
    let cases: [(&[&str], i32, &str); 5] = [
        (
            &["sample", "m", "--captions", &absent],
            1,
            "absent.jsonl: cannot read: expected a text file, found nothing",
        ),
        (
            &["sample", "m", "--captions", dir.path().to_str().unwrap()],
            1,
            "expected a text file, found a folder",
        ),
        (
            &["sample", "m", "red", "--out", &file],
            1,
            "file: expected a folder, found a file",
        ),
        (
            &["grid", "m", "red", "--out", "sheet.jpg"],
            2,
            "--out: expected a name that ends in .png, found sheet.jpg",
        ),
        (
            &["sample", "m", "--captions", &captions, "-n", "2"],
            2,
            "captions.jsonl:1 names the seed of its picture, found 2",
        ),
    ];
    for (args, code, says) in cases {
        let (found, stderr) = gen_program(args);
        assert_eq!(found, Some(code), "{stderr}");
        assert!(
            stderr.contains(says) && stderr.contains("\nhint: "),
            "{says}: {stderr}"
        );
    }
}
