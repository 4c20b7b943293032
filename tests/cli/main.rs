//! Runs of the real binary: for everything that can go wrong one clear message, the right exit code, and nothing lost.

#![allow(clippy::unwrap_used, reason = "what does not work here fails the test")]

#[path = "../program/mod.rs"]
mod program;

mod configuration;
mod help;
mod interruption;
mod listen;
mod map;
mod output;
mod push;
mod queue;
mod remotes;
mod state;
mod usage;
mod walk;
