//! `tamis verify`
use super::Context;
use super::project::Failure;

#[derive(clap::Args)]
pub struct Args {}

pub fn run(_: &Context, _: &Args) -> Result<i32, Failure> {
    Err(Failure::Usage("not yet".into()))
}
