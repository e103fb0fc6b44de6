//! The built contracts in the virtual machine that chains run.
