//! Which paths are asked for, by the globs of a crawl. A glob meets the path of an address, or the path with its query.
use crate::engine::scan::find::Wanted;
use crate::measure::urls::{Url, decoded as plain};
use crate::stage::Crawl;
use std::collections::BTreeSet;
use std::sync::Mutex;

pub struct Paths {
    wanted: Wanted,
    exclude: Vec<String>,
    /// The globs of `exclude` that left something out, by number.
    used: Mutex<BTreeSet<usize>>,
}

impl Paths {
    pub fn of(crawl: &Crawl) -> Paths {
        let all = ["**".to_string()];
        let include = if crawl.include.is_empty() { &all[..] } else { &crawl.include[..] };
        Paths { wanted: Wanted::of(include, &crawl.exclude), exclude: crawl.exclude.clone(), used: Mutex::default() }
    }

    /// Whether a page is asked for, and kept.
    pub fn has(&self, url: &Url) -> bool {
        !self.leaves_out(url) && names(url).iter().any(|name| self.wanted.has(name))
    }

    /// Whether `exclude` names an address.
    pub fn leaves_out(&self, url: &Url) -> bool {
        let by: BTreeSet<usize> = names(url).iter().flat_map(|name| self.wanted.excluded_by(name)).collect();
        let out = !by.is_empty();
        self.used.lock().unwrap_or_else(|e| e.into_inner()).extend(by);
        out
    }

    /// The globs of `exclude` that left out nothing.
    pub fn idle(&self) -> Vec<&str> {
        let used = self.used.lock().unwrap_or_else(|e| e.into_inner());
        let all = self.exclude.iter().enumerate().filter(|(n, _)| !used.contains(n));
        all.map(|(_, glob)| glob.as_str()).collect()
    }
}

/// What of an address globs are compared with.
fn names(url: &Url) -> Vec<String> {
    let target = url.target();
    let path = plain(url.path());
    let path = path.trim_start_matches('/');
    // the page of a folder has an empty name, which no glob matches
    let index = if path.is_empty() || path.ends_with('/') { "index" } else { "" };
    let query = target.split_once('?').map(|(_, query)| format!("{path}?{}", plain(query)));
    std::iter::once(format!("{path}{index}")).chain(query).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_meet_paths_and_queries() {
        let url = |text: &str| Url::parse(&format!("https://a.org{text}")).unwrap();
        let of = |include: &[&str], exclude: &[&str]| {
            let texts = |all: &[&str]| all.iter().map(|t| t.to_string()).collect();
            Paths::of(&Crawl { include: texts(include), exclude: texts(exclude), ..Crawl::default() })
        };
        let paths = of(&["g/**"], &["**/*?sort=*", "nothing"]);
        assert!(paths.has(&url("/g/a")) && paths.has(&url("/g/a?page=2")) && !paths.has(&url("/h")));
        assert!(!paths.has(&url("/g/a?sort=up")) && paths.leaves_out(&url("/h?sort=up")));
        assert_eq!(paths.idle(), ["nothing"]);
        assert!(of(&["한글/**"], &[]).has(&url("/%ED%95%9C%EA%B8%80/x")));
        assert!(of(&[], &[]).has(&url("/")) && !of(&[], &["a"]).has(&url("/a?x=1")));
    }
}
