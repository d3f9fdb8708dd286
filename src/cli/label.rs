//! `tamis label`: packages for labelling tools, and what comes back from them.
mod crowd;
pub mod csv;
mod cvat;
mod doccano;
pub mod export;
pub mod import;
mod label_studio;
mod markup;
mod merged;
mod mturk;
mod pack;
mod people;
pub mod plan;
mod prolific;
mod regions;
pub mod said;
mod shares;
mod studio_shapes;
pub mod taken;
pub mod tool;
mod tools;
mod written;

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
    /// Write samples of a task for a labelling tool, with the answers so far
    Export(export::Args),
    /// Tell what it costs to have samples labelled: answers, time, pay, and what agreement will be known of
    Plan(plan::Args),
    /// Bring what people answered or decided back into files of the project
    Import(import::Args),
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    match &args.verb {
        Verb::Export(a) => export::run(c, a),
        Verb::Plan(a) => plan::run(c, a),
        Verb::Import(a) => import::run(c, a),
    }
}
