//! The harness of the end-to-end tests: built programs, run as a user runs them.
//!
//! [`Program`] runs one program and gives a [`Finished`] to ask about, or a [`Running`] to stop half-way.
//! [`Chain`] is a temporary folder with a drawn dump and the stages that follow it. [`Snapshot`] is
//! everything a folder holds, to compare with later. [`Machine`] is a PATH of made-up commands, [`Disk`] a disk that can be
//! filled up. [`run_folder`] reads what a training left, [`place`] knows where the repository and the built
//! programs lie.
//!
//! A harness may panic: that is how a test fails.

pub mod chain;
pub mod disk;
pub mod finished;
pub mod machine;
pub mod place;
pub mod program;
pub mod run_folder;
pub mod running;
pub mod snapshot;

pub use chain::Chain;
pub use disk::Disk;
pub use finished::Finished;
pub use machine::Machine;
pub use program::Program;
pub use running::Running;
pub use snapshot::Snapshot;
