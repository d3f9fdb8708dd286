//! The labelling tools. A new one is its file and its line here.
use super::tool::Tool;
use super::{csv, cvat, doccano, label_studio, mturk, prolific};

pub const TOOLS: &[Tool] = &[csv::TOOL, cvat::TOOL, doccano::TOOL, label_studio::TOOL, mturk::TOOL, prolific::TOOL];

/// The names that `--tool` takes.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq)]
pub enum Name {
    Csv,
    Cvat,
    Doccano,
    LabelStudio,
    Mturk,
    Prolific,
}

impl Name {
    pub fn tool(self) -> &'static Tool {
        TOOLS.get(self as usize).unwrap_or(&csv::TOOL)
    }
}
