//! Wicker.
