//! What each diagnostic code means, with an example that is wrong and one that is right (`tamis explain`). The pages are
//! data, a file for each area of codes; `tests/explain.rs` checks every example.

/// All pages. A page begins with `# CODE TITLE`; its examples are fenced as `toml wrong` and `toml right`.
pub const PAGES: &[&str] = &[
    include_str!("explain/T00.md"),
    include_str!("explain/T01.md"),
    include_str!("explain/T02.md"),
    include_str!("explain/T03.md"),
    include_str!("explain/T04.md"),
    include_str!("explain/T05.md"),
    include_str!("explain/T06.md"),
    include_str!("explain/T07.md"),
    include_str!("explain/T08.md"),
    include_str!("explain/T09.md"),
];

/// What a code means.
pub struct Page {
    pub code: &'static str,
    pub title: &'static str,
    pub body: &'static str,
}

/// Every page, in the order of the codes.
pub fn pages() -> impl Iterator<Item = Page> {
    PAGES.iter().flat_map(|file| {
        let starts: Vec<usize> = std::iter::once(0).chain(file.match_indices("\n# ").map(|(at, _)| at + 1)).collect();
        let ends: Vec<usize> = starts.iter().skip(1).copied().chain([file.len()]).collect();
        starts.into_iter().zip(ends).filter_map(|(from, to)| {
            let (head, body) = file.get(from..to)?.split_once('\n')?;
            let (code, title) = head.strip_prefix("# ")?.split_once(' ')?;
            Some(Page { code, title, body: body.trim() })
        })
    })
}

impl Page {
    /// The example of a kind, `wrong` or `right`.
    pub fn example(&self, kind: &str) -> Option<&'static str> {
        let (_, rest) = self.body.split_once(&format!("```toml {kind}\n"))?;
        Some(rest.split_once("```")?.0)
    }

    /// The page for a terminal: examples are indented, under what they are.
    pub fn text(&self) -> String {
        let mut out = format!("{}: {}\n\n", self.code, self.title);
        let mut within = false;
        for line in self.body.lines() {
            match line.strip_prefix("```") {
                Some("toml wrong") => out.push_str("\nwrong:\n\n"),
                Some("toml right") => out.push_str("\nright:\n\n"),
                Some(_) => {}
                None if within => out.push_str(format!("    {line}").trim_end()),
                None => out.push_str(line),
            }
            if line.starts_with("```") {
                within = !within;
            } else {
                out.push('\n');
            }
        }
        out
    }
}
