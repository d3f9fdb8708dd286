//! robots.txt (RFC 9309): which addresses of a server a robot may ask for. The longest rule that fits decides, of two that
//! are as long the one that allows. `Crawl-delay` and `Sitemap`, which the standard leaves to robots, are read too. And what
//! `X-Robots-Tag` and `meta` elements say to a robot.

/// What this robot is called in robots.txt, in headers and in pages.
pub const ROBOT: &str = "tamis";

/// Bytes of a file that are read; the standard asks for 500 KiB at least.
pub const SIZE_MAX: usize = 512_000;

/// What a robots.txt says to one robot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Robots {
    rules: Vec<Rule>,
    /// Seconds between two requests, as the server asks for them.
    pub delay: Option<f64>,
    /// Addresses of site maps.
    pub sitemaps: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
struct Rule {
    allows: bool,
    /// In the form that `form` gives, with `*` and a `$` at its end.
    pattern: String,
}

/// The rules of one group, and for whom they stand.
#[derive(Default)]
struct Group {
    agents: Vec<String>,
    rules: Vec<Rule>,
    delay: Option<f64>,
}

impl Robots {
    /// All is allowed: there is no file.
    pub fn open() -> Robots {
        Robots::default()
    }

    /// Nothing is allowed: the file cannot be had, and may forbid anything.
    pub fn closed() -> Robots {
        Robots { rules: vec![Rule { allows: false, pattern: "/".into() }], ..Robots::default() }
    }

    /// What a file says to the robot of a name: the groups that name it, all together, else those of `*`.
    pub fn parse(bytes: &[u8], agent: &str) -> Robots {
        let bytes = bytes.get(..SIZE_MAX).unwrap_or(bytes);
        let text = String::from_utf8_lossy(bytes);
        let (groups, sitemaps) = groups(text.trim_start_matches('\u{feff}'));
        let named = |name: &str| groups.iter().filter(|g| g.agents.iter().any(|a| a == name)).collect::<Vec<_>>();
        let own = named(&agent.to_ascii_lowercase());
        let own = if own.is_empty() { named("*") } else { own };
        let rules = own.iter().flat_map(|g| g.rules.iter().cloned()).collect();
        Robots { rules, delay: own.iter().find_map(|g| g.delay), sitemaps }
    }

    /// Whether a path, with its query, may be asked for.
    pub fn allows(&self, target: &str) -> bool {
        let target = form(target);
        if target == "/robots.txt" {
            return true;
        }
        let fits = self.rules.iter().filter(|r| matches(&r.pattern, &target));
        fits.max_by_key(|r| (r.pattern.len(), r.allows)).is_none_or(|r| r.allows)
    }
}

/// Words for robots that have a value behind a colon, and so name no robot.
const VALUED: [&str; 4] = ["unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"];

/// The words of `X-Robots-Tag` that are meant for all robots or for this one, in small letters, in order. A name with a colon
/// says for whom the words are that stand behind it, up to the next name or the end of the header.
pub fn words_of<'t>(tags: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    let mut out = Vec::new();
    for tag in tags {
        let mut meant = true;
        for part in tag.split(',') {
            let mut words = part;
            if let Some((name, rest)) = part.split_once(':') {
                let name = name.trim().to_ascii_lowercase();
                let is_name = |c: char| c.is_ascii_alphanumeric() || "-_./*".contains(c);
                if VALUED.contains(&name.as_str()) || name.is_empty() || !name.chars().all(is_name) {
                    continue; // a value, or the hours of a day
                }
                meant = name == "*" || product(&name) == ROBOT;
                words = rest;
            }
            if meant {
                let words = words.split(|c: char| c.is_whitespace() || c == ';').filter(|word| !word.is_empty());
                out.extend(words.map(str::to_ascii_lowercase));
            }
        }
    }
    out
}

/// Whether a pattern, as robots.txt has them, fits the beginning of a path with its query.
pub fn fits(pattern: &str, target: &str) -> bool {
    matches(&form(pattern), &form(target))
}

/// The groups of a file and its site maps. A group begins with a line `User-agent` behind a rule, or with the first one.
fn groups(text: &str) -> (Vec<Group>, Vec<String>) {
    let (mut groups, mut sitemaps, mut naming): (Vec<Group>, Vec<String>, bool) = (Vec::new(), Vec::new(), false);
    for line in text.split(['\n', '\r']) {
        let line = line.split_once('#').map_or(line, |(before, _)| before);
        let Some((key, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        match key.trim().to_ascii_lowercase().as_str() {
            "user-agent" => {
                if !naming {
                    groups.push(Group::default());
                }
                naming = true;
                if let Some(group) = groups.last_mut() {
                    group.agents.push(product(value));
                }
            }
            "sitemap" => sitemaps.push(value.to_string()),
            // a line that is no rule ends no list of agents, as the standard has it
            "crawl-delay" => {
                let seconds = value.parse::<f64>().ok().filter(|s| s.is_finite() && *s >= 0.0);
                if let Some(group) = groups.last_mut() {
                    group.delay = group.delay.or(seconds);
                }
            }
            key @ ("allow" | "disallow") => {
                naming = false;
                // an empty rule fits nothing; one before all agents stands for nobody
                if let Some(group) = groups.last_mut().filter(|_| !value.is_empty()) {
                    group.rules.push(Rule { allows: key == "allow", pattern: form(value) });
                }
            }
            _ => {}
        }
    }
    (groups, sitemaps)
}

/// The product token of an agent: its letters, `-` and `_` from the beginning on; `*` stands for all.
fn product(value: &str) -> String {
    if value.starts_with('*') {
        return "*".into();
    }
    let token: String = value.chars().take_while(|c| c.is_ascii_alphabetic() || "-_".contains(*c)).collect();
    token.to_ascii_lowercase()
}

/// A path in the one form in which paths are compared: what is not ASCII is encoded, what is encoded and need not be is
/// decoded, and hex digits are large.
fn form(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let bytes = path.as_bytes();
    let mut at = 0;
    while let Some(b) = bytes.get(at).copied() {
        let hex = |i: usize| bytes.get(i).and_then(|b| char::from(*b).to_digit(16));
        match (b, hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                let value = u8::try_from(high * 16 + low).unwrap_or_default();
                if value.is_ascii_alphanumeric() || b"-._~".contains(&value) {
                    out.push(char::from(value));
                } else {
                    out.push_str(&format!("%{value:02X}"));
                }
                at += 3;
            }
            _ if b.is_ascii_graphic() => {
                out.push(char::from(b));
                at += 1;
            }
            _ => {
                out.push_str(&format!("%{b:02X}"));
                at += 1;
            }
        }
    }
    out
}

/// Whether a pattern fits the beginning of a target; the time is that of their lengths multiplied, at most.
fn matches(pattern: &str, target: &str) -> bool {
    let (pattern, whole) = pattern.strip_suffix('$').map_or((pattern, false), |p| (p, true));
    let mut parts = pattern.split('*');
    let Some(mut rest) = target.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return !whole || rest.is_empty() };
    for part in between {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    if whole { rest.ends_with(last) } else { rest.contains(last) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Case {
        name: String,
        robots: String,
        agent: String,
        path: String,
        allowed: bool,
    }

    #[test]
    fn cases_of_the_standard() {
        let cases: Vec<Case> = serde_json::from_str(include_str!("../../tests/data/robots.json")).unwrap();
        assert_eq!(cases.len(), 24);
        for case in cases {
            let robots = Robots::parse(case.robots.as_bytes(), &case.agent);
            assert_eq!(robots.allows(&case.path), case.allowed, "{}", case.name);
        }
    }

    /// RFC 9309, 5.1 and 5.2, and the table of 2.2.2.
    #[test]
    fn examples_of_the_standard() {
        let file = "User-Agent: *\nDisallow: *.gif$\nDisallow: /example/\nAllow: /publications/\n\n\
                    User-Agent: foobot\nDisallow:/\nAllow:/example/page.html\nAllow:/example/allowed.gif\n\n\
                    User-Agent: barbot\nUser-Agent: bazbot\nDisallow: /example/page.html\n\nUser-Agent: quxbot\n";
        let may = |agent: &str, path: &str| Robots::parse(file.as_bytes(), agent).allows(path);
        assert!(!may("other", "/a.gif") && !may("other", "/example/x") && may("other", "/publications/x"));
        assert!(may("foobot", "/example/page.html") && may("foobot", "/example/allowed.gif") && !may("foobot", "/x"));
        assert!(
            !may("barbot", "/example/page.html") && !may("BazBot", "/example/page.html") && may("barbot", "/x.gif")
        );
        assert!(may("quxbot", "/example/page.html"), "a group without rules allows all");
        let longest = "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n";
        let robots = Robots::parse(longest.as_bytes(), "foobot");
        assert!(!robots.allows("/example/page/disallowed.gif") && robots.allows("/example/page/other.gif"));
        let encoded = Robots::parse("User-agent: *\nDisallow: /foo/bar/%62%61%7A\n".as_bytes(), "x");
        assert!(!encoded.allows("/foo/bar/baz"));
        assert!(
            !Robots::closed().allows("/x") && Robots::closed().allows("/robots.txt") && Robots::open().allows("/x")
        );
    }

    #[test]
    fn words_are_heard_by_whom_they_are_meant_for() {
        for (tags, is) in [
            (&["noai, noimageai"][..], "noai noimageai"),
            (&["NoAI"], "noai"),
            (&["noai noimageai"], "noai noimageai"),
            (&["noai; noimageai"], "noai noimageai"),
            (&["otherbot: noai"], ""),
            (&["otherbot: noindex, noai"], ""),
            (&["otherbot: noindex, tamis: noai"], "noai"),
            (&["otherbot: noindex", "noai"], "noai"),
            (&["tamis: noai, nofollow"], "noai nofollow"),
            (&["Tamis/0.1: noai"], "noai"),
            (&["*: noai"], "noai"),
            (&["max-snippet: 20, noai"], "noai"),
            (&["max-image-preview:large, noai, max-video-preview:-1"], "noai"),
            (&["unavailable_after: Friday, 25 Jun 2010 15:00:00 PST, noindex"], "noindex"),
            (&["unavailable_after: 2026-01-01T10:00:00Z, noai"], "noai"),
            (&["all"], "all"),
            (&["", ",,", ":"], ""),
        ] {
            assert_eq!(words_of(tags.iter().copied()).join(" "), is, "{tags:?}");
        }
    }

    #[test]
    fn delays_and_site_maps_are_read() {
        let file = "Sitemap: https://example.org/map.xml\nUser-agent: *\nCrawl-delay: 2.5\nDisallow: /x\n\
                    User-agent: tamis\nCrawl-delay: nan\nCrawl-delay: 4\nDisallow:\n";
        let of = |agent: &str| Robots::parse(file.as_bytes(), agent);
        assert_eq!((of("other").delay, of("tamis").delay), (Some(2.5), Some(4.0)));
        assert_eq!(of("tamis").sitemaps, ["https://example.org/map.xml"]);
        assert!(of("tamis").allows("/x") && !of("other").allows("/x"));
        let hostile = format!("User-agent: *\nDisallow: /{}x\n", "*a".repeat(2000));
        assert!(Robots::parse(hostile.as_bytes(), "tamis").allows(&format!("/{}", "a".repeat(4000))));
    }
}
