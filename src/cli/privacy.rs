//! `tamis privacy`: samples for people who check the detectors of personal data, and what they said of them.
pub mod import;
pub mod sample;

use super::Context;
use crate::project::Failure;
use clap::Subcommand;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Draw samples in which detectors found something, and samples in which they found nothing, for a person to check
    Sample(sample::Args),
    /// Bring a person's verdicts back into a file of the project, without values and texts
    Import(import::Args),
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    match &args.verb {
        Verb::Sample(a) => sample::run(c, a),
        Verb::Import(a) => import::run(c, a),
    }
}
