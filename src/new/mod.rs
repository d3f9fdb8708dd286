//! From nothing, or from a folder of data, to a project.
//!
//! A folder is looked at file by file: [`kinds`] has a recogniser for each format, [`found`] puts files that belong
//! together into sources, [`chat`] knows conversations, [`tags`] texts that come as tagged tokens, [`tools`] what labelling
//! tools write, [`apart`] leaves out what only speaks of other samples, [`columns`], [`labels`], [`answered`], [`votes`] and `said` say
//! what columns and files mean, [`licence`] what files state, [`plan`] puts it together, and [`draft`] with [`releases`] writes it down as a
//! manifest that builds as it stands (decision 0033). Values come from the readers that a build would use; of each file only its
//! beginning is read. [`template`] has the projects that come with tamis.
mod alike;
pub mod answered;
pub mod apart;
mod asked;
pub mod chat;
mod claims;
pub mod columns;
mod configs;
pub mod days;
pub mod draft;
mod drawn;
pub mod folder;
pub mod found;
pub mod given;
pub mod globs;
mod guess;
pub mod hub;
pub mod kinds;
pub mod labels;
mod leftovers;
pub mod licence;
mod lists;
mod marks;
pub mod names;
mod odd;
pub mod page;
mod pictures;
pub mod plan;
mod questions;
pub mod releases;
mod said;
mod sample;
mod sheets;
mod splits;
mod sums;
pub mod tags;
pub mod template;
pub mod tools;
mod twice;
pub mod votes;
mod why;
mod wide;
mod yaml_names;
