//! What a class of rows holds: how many there are, and the values of its sensitive columns.
use super::table::Table;

/// What a class holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Own {
    pub rows: u64,
    /// Rows, or people where these are counted.
    pub size: u64,
    /// For each sensitive column its values and how often each stands there, in their order.
    pub values: Vec<Vec<(u32, u64)>>,
}

impl Own {
    /// What some tuples hold together.
    pub(super) fn of(table: &Table, tuples: &[u32]) -> Own {
        let rows = tuples.iter().map(|t| u64::from(table.rows(*t as usize))).sum();
        let values = (0..table.sensitive.len()).map(|column| Own::counted(table, tuples, column)).collect();
        Own { rows, size: Own::size(table, tuples, rows), values }
    }

    fn size(table: &Table, tuples: &[u32], rows: u64) -> u64 {
        if !table.counts_persons() {
            return rows;
        }
        let mut persons: Vec<u32> = tuples.iter().filter_map(|t| table.person(*t as usize)).collect();
        persons.sort_unstable();
        persons.dedup();
        persons.len() as u64
    }

    /// The values of a sensitive column. Where people are counted, each person counts once for each of their values.
    fn counted(table: &Table, tuples: &[u32], column: usize) -> Vec<(u32, u64)> {
        let Some(sensitive) = table.sensitive.get(column) else { return Vec::new() };
        let person = |t: u32| table.person(t as usize).unwrap_or(0);
        let mut all: Vec<(u32, u32, u32)> = Vec::new();
        for t in tuples {
            all.extend(sensitive.of(*t as usize).iter().map(|(value, n)| (*value, person(*t), *n)));
        }
        all.sort_unstable();
        if table.counts_persons() {
            all.dedup_by_key(|e| (e.0, e.1));
            all.iter_mut().for_each(|e| e.2 = 1);
        }
        let mut out: Vec<(u32, u64)> = Vec::new();
        for (value, _, n) in all {
            match out.last_mut().filter(|last| last.0 == value) {
                Some(last) => last.1 += u64::from(n),
                None => out.push((value, u64::from(n))),
            }
        }
        out
    }
}
