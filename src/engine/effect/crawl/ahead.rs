//! Several servers are asked beside each other, each by one request at a time. What they answer stands in the log, from which
//! the walk takes it in its own order: it comes to the same, however many are asked at a time.
use super::super::get::Miss;
use super::log::Kind;
use super::visit::Visitor;
use crate::measure::urls::Url;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Servers that are asked beside each other, at most: most of them are waited for.
const LANES: usize = 64;

/// Asks for addresses that the walk will ask for, a server in a thread. Of a single server there is nothing to be gained.
pub fn ahead(visitor: &Visitor, all: &[(Kind, Url)], jobs: usize) -> Result<(), Miss> {
    let mut lanes: BTreeMap<&str, Vec<&(Kind, Url)>> = BTreeMap::new();
    all.iter().for_each(|one| lanes.entry(one.1.host()).or_default().push(one));
    let threads = if jobs > 1 { lanes.len().min(LANES) } else { 1 };
    if threads < 2 {
        return Ok(());
    }
    visitor.begin_ahead();
    // the longest first, so that it is not the last
    let mut lanes: Vec<Vec<&(Kind, Url)>> = lanes.into_values().collect();
    lanes.sort_by_key(Vec::len);
    let lanes = Mutex::new(lanes);
    let missed: Mutex<Option<Miss>> = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let Some(lane) = hold(&lanes).pop() else { return };
                    for (kind, url) in lane {
                        if hold(&missed).is_some() {
                            return;
                        }
                        if let Err(miss) = visitor.ahead(*kind, url) {
                            hold(&missed).get_or_insert(miss);
                        }
                    }
                }
            });
        }
    });
    missed.into_inner().unwrap_or_else(|e| e.into_inner()).map_or(Ok(()), Err)
}

fn hold<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(|e| e.into_inner())
}
