//! The labelling tools. A new one is its file and its line here.
use super::tool::Tool;
use super::{csv, doccano, label_studio, mturk};

pub const TOOLS: &[Tool] = &[csv::TOOL, doccano::TOOL, label_studio::TOOL, mturk::TOOL];

/// The names that `--tool` takes.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq)]
pub enum Name {
    Csv,
    Doccano,
    LabelStudio,
    Mturk,
}

impl Name {
    pub fn tool(self) -> &'static Tool {
        TOOLS.get(self as usize).unwrap_or(&csv::TOOL)
    }
}
