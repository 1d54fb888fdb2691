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
        stderr.starts_with("error: no/such/model.safetensors: cannot read"),
        "{stderr}"
    );
    assert_eq!(gen_program(&["sample"]).0, Some(2));
    assert_eq!(gen_program(&["sample", "m", "x", "-n", "0"]).0, Some(2));
}
