//! Projects that come with tamis: a few records made for it, which build at once, with a guideline and a plan to fill in.
//! Everything is text of this crate; the records are under CC0-1.0.

/// A file of a template: its path in the project, and its bytes.
pub type Shipped = (&'static str, &'static [u8]);

/// A kind of project.
pub struct Template {
    pub name: &'static str,
    /// What it is, for the list of templates.
    pub say: &'static str,
    /// Its files in each language, and those that no language has of its own.
    of: &'static [(&'static str, &'static [Shipped])],
    more: &'static [Shipped],
}

/// The languages that templates are written in; the first is the default.
pub const LANGUAGES: &[&str] = &["en", "ko"];

macro_rules! files {
    ($name:literal, $lang:literal, [$($file:literal),*]) => {
        ($lang, &[$(($file, include_bytes!(concat!("../../templates/", $name, "/", $lang, "/", $file)))),*])
    };
}

macro_rules! template {
    ($name:literal, $say:literal, $files:tt, $more:expr) => {
        Template {
            name: $name,
            say: $say,
            of: &[files!($name, "en", $files), files!($name, "ko", $files)],
            more: $more,
        }
    };
}

pub const TEMPLATES: &[Template] = &[
    template!(
        "ner",
        "names in sentences",
        ["dataset.toml", "docs/guideline.md", "docs/plan.md", "raw/records.jsonl"],
        &[]
    ),
    template!(
        "classification",
        "one class for each text",
        ["dataset.toml", "docs/guideline.md", "docs/plan.md", "raw/records.jsonl"],
        &[]
    ),
    template!(
        "similarity",
        "pairs of sentences, rated by several people",
        ["dataset.toml", "docs/guideline.md", "docs/plan.md", "raw/pairs.jsonl", "raw/votes.csv"],
        &[]
    ),
    template!("detection", "boxes on images", ["dataset.toml", "docs/guideline.md", "docs/plan.md"], PICTURES),
    template!(
        "chat",
        "conversations, and pairs of answers",
        ["dataset.toml", "docs/guideline.md", "docs/plan.md", "raw/talks.jsonl", "raw/pairs.jsonl"],
        &[]
    ),
    template!(
        "tabular",
        "a table of values",
        ["dataset.toml", "docs/guideline.md", "docs/plan.md", "raw/records.csv"],
        &[]
    ),
    template!(
        "transcription",
        "sounds, and what is said in them",
        ["dataset.toml", "docs/guideline.md", "docs/plan.md"],
        SOUNDS
    ),
];

const PICTURES: &[Shipped] = &[
    ("raw/images/p1.png", include_bytes!("../../templates/detection/images/p1.png")),
    ("raw/images/p2.png", include_bytes!("../../templates/detection/images/p2.png")),
    ("raw/images/p3.png", include_bytes!("../../templates/detection/images/p3.png")),
    ("raw/images/p4.png", include_bytes!("../../templates/detection/images/p4.png")),
    ("raw/boxes/p1.xml", include_bytes!("../../templates/detection/boxes/p1.xml")),
    ("raw/boxes/p2.xml", include_bytes!("../../templates/detection/boxes/p2.xml")),
    ("raw/boxes/p3.xml", include_bytes!("../../templates/detection/boxes/p3.xml")),
    ("raw/boxes/p4.xml", include_bytes!("../../templates/detection/boxes/p4.xml")),
];

const SOUNDS: &[Shipped] = &[
    ("raw/sounds/s1.wav", include_bytes!("../../templates/transcription/sounds/s1.wav")),
    ("raw/grids/s1.TextGrid", include_bytes!("../../templates/transcription/grids/s1.TextGrid")),
    ("raw/sounds/s2.wav", include_bytes!("../../templates/transcription/sounds/s2.wav")),
    ("raw/grids/s2.TextGrid", include_bytes!("../../templates/transcription/grids/s2.TextGrid")),
    ("raw/sounds/s3.wav", include_bytes!("../../templates/transcription/sounds/s3.wav")),
    ("raw/grids/s3.TextGrid", include_bytes!("../../templates/transcription/grids/s3.TextGrid")),
    ("raw/sounds/s4.wav", include_bytes!("../../templates/transcription/sounds/s4.wav")),
    ("raw/grids/s4.TextGrid", include_bytes!("../../templates/transcription/grids/s4.TextGrid")),
];

/// The files that help a script of a language to be a step of a project.
pub const STEPS: &[(&str, &str)] = &[("python", include_str!("../../templates/steps/tamis_step.py"))];

/// What git leaves out of a project: what a build makes anew.
pub const GITIGNORE: &str = include_str!("../../templates/gitignore");

/// How git merges what several people write.
pub const GITATTRIBUTES: &str = include_str!("../../templates/gitattributes");

/// The template of a name.
pub fn named(name: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|t| t.name == name)
}

impl Template {
    /// All files of a project in a language, but for the schema, which is made. `name` is what the data set is called.
    pub fn files(&self, language: &str, name: &str) -> Vec<(String, Vec<u8>)> {
        let of = self.of.iter().find(|(lang, _)| *lang == language).or(self.of.first());
        let all = of.map(|(_, files)| *files).unwrap_or_default().iter().chain(self.more);
        let filled = |(path, bytes): &Shipped| {
            let text = std::str::from_utf8(bytes).ok().filter(|_| *path == crate::project::MANIFEST);
            let bytes = text
                .map_or(bytes.to_vec(), |t| t.replace("name = \"NAME\"", &format!("name = \"{name}\"")).into_bytes());
            (path.to_string(), bytes)
        };
        let ignore = (".gitignore".to_string(), GITIGNORE.as_bytes().to_vec());
        let attributes = (".gitattributes".to_string(), GITATTRIBUTES.as_bytes().to_vec());
        all.map(filled).chain([ignore, attributes]).collect()
    }
}
