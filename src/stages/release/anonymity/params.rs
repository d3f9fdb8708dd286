//! What the kernel that makes a release anonymous is told.
use super::declared::{Asked, DistanceName, Goal, Method, Recursive};
use super::ways::WayOf;
use crate::manifest::Decimal;
use crate::stage::is_default;
use serde::{Deserialize, Serialize};

/// What is measured of a sensitive column, and what is asked.
#[derive(Serialize, Deserialize, Default, Clone, Debug, PartialEq)]
pub struct Measured {
    #[serde(default, skip_serializing_if = "is_default")]
    pub name: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub distinct: Option<u64>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub entropy: Option<Decimal>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub recursive: Option<Recursive>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub t: Option<Decimal>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub ordered: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub order: Vec<String>,
    /// The digest of the file of its hierarchy.
    #[serde(default, skip_serializing_if = "is_default")]
    pub file: String,
}

impl Measured {
    pub fn of(name: &str, a: &Asked, file: Option<&String>) -> Measured {
        Measured {
            name: name.into(),
            distinct: a.distinct.as_ref().map(|l| *l.get()),
            entropy: a.entropy.as_ref().map(|l| *l.get()),
            recursive: a.recursive.as_ref().map(|r| r.get().clone()),
            t: a.t.as_ref().map(|t| *t.get()),
            ordered: a.distance.as_ref().is_some_and(|d| *d.get() == DistanceName::Ordered),
            order: a.order.as_ref().map(|o| o.get().clone()).unwrap_or_default(),
            file: file.cloned().unwrap_or_default(),
        }
    }
}

#[derive(Serialize, Deserialize, Default)]
pub struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    pub quasi: Vec<(String, WayOf)>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub sensitive: Vec<Measured>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub parts: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub unit: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub k: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    pub suppressed: Decimal,
    #[serde(default, skip_serializing_if = "is_default")]
    pub objective: Goal,
    #[serde(default, skip_serializing_if = "is_default")]
    pub method: Method,
    #[serde(default, skip_serializing_if = "is_default")]
    pub threshold: Option<Decimal>,
    /// The digest of the file of the population.
    #[serde(default, skip_serializing_if = "is_default")]
    pub population: Option<String>,
    /// The key of the manifest that is responsible.
    #[serde(default, skip_serializing_if = "is_default")]
    pub key: String,
}
