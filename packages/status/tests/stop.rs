//! Being told to stop, by a real signal; a test of its own, as signals are the whole program's.

use std::process::Command;

#[tokio::test]
async fn a_termination_signal_is_waited_for_and_does_not_end_the_program() {
    let stopped = wicker_status::stopped().unwrap();
    let own = std::process::id().to_string();
    let sent = Command::new("kill").args(["-TERM", &own]).status().unwrap();
    assert!(sent.success());
    stopped.await;
}
