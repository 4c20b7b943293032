//! netwiz
pub mod cli;
pub mod config;
pub mod entities;
pub mod error;
pub mod http;
pub mod model;
pub mod netsuite;
pub mod profile;
pub mod sandbox;
pub mod state;
pub mod sync;
pub mod wizcommerce;
