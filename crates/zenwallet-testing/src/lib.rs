//! What tests of several crates share. Never in the product.

pub mod post_office;
pub mod postgres;
pub mod receiver;
mod temp_dir;

pub use temp_dir::TempDir;
