//! The declaration of `[augment.NAME]`, and every mistake in it that can be found before a sample is read.
use super::lists::{self, list, synonyms, templates};
use crate::diag::{Diagnostic, suggest};
use crate::manifest::values::At;
use crate::manifest::{Decimal, Declared};
use crate::measure::augment::{Mix, Noise, ONE, Op, Ways, turns};
use crate::model::boxes::Box2;
use crate::model::edits::edits_of;
use crate::model::images::Image;
use crate::model::tokens::Token;
use crate::stage::*;
use crate::table::{Cell, list as list_of};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// More samples for models to learn of: children of the samples of the split `train`, whose labels move along with what changes.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// The split whose samples have children: `train`, and no other.
    pub of: Option<At<String>>,
    /// The task whose classes count, `ner` for `[label.ner]`. The labels of all other tasks move along, too. Default: the only task of
    /// the kind `ner`, else the only one of classes.
    pub task: Option<At<String>>,
    /// How many children each sample has. Default 1.
    #[schemars(range(min = 1, max = 100))]
    pub copies: Option<u32>,
    /// More, or fewer, children for samples that have a class: `{ QT = 4 }`. Of several classes the most counts.
    #[serde(default)]
    pub by_class: BTreeMap<String, At<u32>>,
    /// Only samples that have one of these classes have children. Default: all that have a label.
    #[schemars(length(min = 1))]
    pub classes: Option<Vec<At<String>>>,
    /// The greatest share that children may be of all samples to learn of, above 0 and below 1; of more children those that are drawn
    /// first are kept. Default 0.75.
    pub max_share: Option<At<Decimal>>,
    /// What all is drawn from.
    #[serde(default)]
    pub seed: u64,
    /// What is done to texts, in the order of these keys.
    pub text: Option<At<Text>>,
    /// What is done to pictures, in the order of these keys. Shapes of every task move along.
    pub image: Option<At<Pictures>>,
}

/// What is done to a picture. JPEG is written as JPEG of quality 95, everything else as PNG.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Pictures {
    /// It may be mirrored: `horizontal` exchanges left and right, `vertical` top and bottom.
    #[serde(default)]
    pub flip: Vec<At<Flip>>,
    /// It may be turned by 90, 180 or 270 degrees.
    #[serde(default)]
    pub quarter_turns: bool,
    /// A part whose sides are at least this share of its sides is enlarged to its size.
    pub crop: Option<At<Decimal>>,
    /// By which share of the scale values are raised or lowered at most, all alike.
    pub brightness: Option<At<Decimal>>,
    /// By which share distances from the middle of the scale grow or shrink at most.
    pub contrast: Option<At<Decimal>>,
    /// By which share of the scale each value is raised or lowered at most, each by itself.
    pub noise: Option<At<Decimal>>,
    /// It may be blurred: each value is the mean of a square with up to so many pixels to each side.
    #[schemars(range(min = 1, max = 100))]
    pub blur: Option<u32>,
    /// A patch is grey, whose sides are at most this share of its sides.
    pub cutout: Option<At<Decimal>>,
    /// The chance that it is one quarter, and parts of three other pictures are the others. For boxes alone.
    pub mosaic: Option<At<Decimal>>,
    /// The chance that another picture shines through, as much as itself. For boxes alone.
    pub mixup: Option<At<Decimal>>,
    /// Objects of other pictures are pasted in. For boxes alone.
    pub copy_paste: Option<At<CopyPaste>>,
    /// The least share of a shape that must be left of it in the part, or beside what lies over it, else it is taken out. Default 0.25.
    pub visible_min: Option<At<Decimal>>,
}

/// Objects of other pictures that are pasted in, as they stand there, wherever there is room.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct CopyPaste {
    /// How many a picture.
    #[schemars(range(min = 1, max = 100))]
    pub per_image: u32,
    /// Their classes. Default: all of the task.
    #[schemars(length(min = 1))]
    pub classes: Option<Vec<At<String>>>,
}

/// Which sides are exchanged.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Flip {
    Horizontal,
    Vertical,
}

/// What is done to a text. A share is the chance of each place, above 0 and at most 1.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// The same text again, and nothing else: the control that other ways are measured against. To learn twice of a sample helps by
    /// itself.
    #[serde(default)]
    pub plain: bool,
    /// A file with a sentence a line and places for mentions, `{PS}은 {LC}에 갔다`: one place is filled with a mention of the parent, the others with
    /// mentions of the split. `{{` and `}}` are braces. Labels of other tasks are not kept.
    pub templates: Option<At<String>>,
    /// Spans become other mentions of their class; a Korean particle behind one takes the form that fits (은 or 는).
    pub replace_mentions: Option<ReplaceMentions>,
    /// Words become others with the same tag (`O`, `B-PS`), drawn as often as the split has them: for texts with blanks between words.
    pub replace_tokens: Option<At<Decimal>>,
    /// Words outside of spans become others of a list.
    pub synonyms: Option<Synonyms>,
    /// Words of a segment (a span, or what lies between two) change places.
    pub shuffle_segments: Option<At<Decimal>>,
    /// Words outside of spans are left out.
    pub delete_words: Option<At<Decimal>>,
    /// Korean particles behind spans become others of like use (은/는 and 이/가, 과/와 and 하고).
    pub swap_particles: Option<At<Decimal>>,
    /// Characters are mistyped: a neighbouring key, or a final consonant left out.
    pub typos: Option<At<Decimal>>,
    /// Blanks between words are left out.
    pub join_words: Option<At<Decimal>>,
    /// Words of Hangul get a blank within.
    pub split_words: Option<At<Decimal>>,
}

/// Other mentions of the same class.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct ReplaceMentions {
    /// The chance of each mention. Default 0.6.
    pub share: Option<At<Decimal>>,
    /// Only mentions of these classes. Default: all.
    #[schemars(length(min = 1))]
    pub classes: Option<Vec<At<String>>>,
    /// Files with a mention a line, by class, beside those of the split: `{ PS = "lists/persons.txt" }`. `#` begins a remark.
    #[serde(default)]
    pub lists: BTreeMap<String, At<String>>,
}

/// Words and what may stand for them.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Synonyms {
    /// A file with a word and others for it on each line, parted by tabs. `#` begins a remark.
    pub file: At<String>,
    /// The chance of each word that is in the list. Default 0.3.
    pub share: Option<At<Decimal>>,
}

pub const NER: &str = "ner";
pub const CLASS: &str = "classification";
/// Kinds of tasks whose labels are shapes on pictures.
const SHAPES: [&str; 5] = ["object_detection", "oriented_detection", "instance_segmentation", "masks", "keypoints"];
/// The split that models learn of.
pub const LEARNED_OF: &str = "train";

/// A declaration with its task, columns and lists settled.
#[derive(Clone)]
pub struct Augment {
    pub name: String,
    pub path: String,
    pub declared: Declaration,
    /// The column of the label that counts, and its classes.
    pub label: String,
    pub classes: Vec<String>,
    /// The text, the columns of labels that lie on it, and where the label that counts is among them.
    pub text: String,
    pub spans: Vec<String>,
    pub main: Option<usize>,
    /// The tokens that came with the samples.
    pub tokens: Option<String>,
    pub ops: Vec<Op>,
    /// Mentions of lists, by class.
    pub lists: BTreeMap<String, Vec<String>>,
    /// What is done to pictures, in place of texts.
    pub ways: Option<Ways>,
    /// How pictures are put together.
    pub mix: Option<Mix>,
    /// The least share that must be left of a shape, in millionths.
    pub visible_min: u64,
    /// A language model writes the children (`[synthesize.NAME]`).
    pub endpoint_made: bool,
}

impl Augment {
    pub fn max_share(&self) -> u64 {
        self.declared.max_share.as_ref().and_then(|s| millionths(s)).unwrap_or(750_000)
    }

    /// The column of what is drawn.
    pub fn drawn(&self) -> String {
        format!("drawn.{}", self.name)
    }

    /// A table that makes nothing has no effect, and nobody would see it.
    pub fn gate(&self, check: &Check) -> Gate {
        Gate::at_least(self.path.clone(), format!("{}.born", self.path), 1u64.into(), check.span.clone())
            .say(format!("[{}] makes no sample", self.path))
            .look(format!("tamis show {}/draw", self.path))
    }

    /// The column of the edits of the text.
    pub fn edits(&self) -> String {
        edits_of(&self.text)
    }
}

/// A decimal that is not below 0, in millionths.
pub fn millionths(of: &Decimal) -> Option<u64> {
    u64::try_from(of.numerator_over(6)?).ok()
}

/// Where a key of this table stands in the manifest, or the table.
pub fn place(check: &Check, key: &str) -> Range<usize> {
    check.manifest.span_of(&format!("{}.{key}", check.path)).unwrap_or_else(|| check.span.clone())
}

/// Reads and checks the table. Every entry of the path calls this; equal diagnostics are told once.
pub fn checked(check: &mut Check) -> Option<Augment> {
    let declared: Declaration = check.read()?;
    check_split(check, declared.of.as_ref());
    check_use(check);
    let before = check.problems.len();
    let (label, classes) = task(check, &declared)?;
    check_classes(check, &declared, &label, &classes);
    check_share(check, declared.max_share.as_ref(), true);
    let text = match (declared.text.clone(), declared.image.clone()) {
        (Some(text), None) => text,
        (None, Some(image)) => {
            let of = of_pictures(check, &image, declared, (label, classes));
            return of.filter(|_| check.problems.len() == before);
        }
        (Some(_), Some(image)) => {
            let problem = Diagnostic::error("T0611", image.span(), "texts and pictures are not changed together");
            check.bad(problem.label("stands with other operations").help("an [augment.NAME] of its own for each"));
            return None;
        }
        (None, None) => {
            let problem = Diagnostic::error("T0611", check.span.clone(), format!("[{}] makes nothing", check.path));
            check.bad(problem.label("needs `text` or `image`, with what is done"));
            return None;
        }
    };
    let mut spans: Vec<String> = labels(check, NER).into_iter().map(|l| l.0).collect();
    spans.sort();
    let main = spans.iter().position(|s| *s == label);
    let found = lists::Found::default();
    let (ops, found) = ops(check, &text, (&label, &classes, main.is_some()), found);
    let Some(on) = check.text_of_spans() else {
        let problem = Diagnostic::error("T0321", text.span(), "there is no text to change");
        check.bad(problem.label("needs a text field in [schema]"));
        return None;
    };
    let tokens = check.column("samples", "tokens") == Some(&list_of(Token::ty()));
    if check.problems.len() > before {
        return None;
    }
    Some(Augment {
        name: check.instance.clone(),
        path: check.path.clone(),
        declared,
        label,
        classes,
        text: on,
        spans,
        main,
        tokens: tokens.then(|| "tokens".to_string()),
        ops,
        lists: found.mentions,
        ways: None,
        mix: None,
        visible_min: 0,
        endpoint_made: false,
    })
}

/// A declaration about pictures.
fn of_pictures(
    check: &mut Check,
    image: &At<Pictures>,
    declared: Declaration,
    (label, classes): (String, Vec<String>),
) -> Option<Augment> {
    let mix = mix(check, image);
    let ways = Some(ways(check, image, mix.is_some()));
    let visible_min = match &image.visible_min {
        Some(share) => check_share(check, Some(share), false)?,
        None => 250_000,
    };
    let (name, path) = (check.instance.clone(), check.path.clone());
    let (text, spans, main, tokens, ops, lists) = Default::default();
    let endpoint_made = false;
    Some(Augment {
        name,
        path,
        declared,
        label,
        classes,
        text,
        spans,
        main,
        tokens,
        ops,
        lists,
        ways,
        mix,
        visible_min,
        endpoint_made,
    })
}

/// Children are of the split that models learn of, so there is one.
pub fn check_split(check: &mut Check, of: Option<&At<String>>) {
    if let Some(of) = of.filter(|of| of.get() != LEARNED_OF) {
        let problem = Diagnostic::error("T0610", of.span(), format!("samples of `{}` have no children", of.get()));
        let label = format!("only those of the split `{LEARNED_OF}` have");
        check.bad(problem.label(label).help("what scores are measured on stays as it was collected"));
    } else if check.column("samples", "split").is_none() {
        let problem = Diagnostic::error("T0610", check.span.clone(), "nothing says which samples are to be learned of");
        check
            .bad(problem.label("needs [split]").help("children of samples that scores are measured on would be leaks"));
    }
}

/// Children that nobody takes are of no use.
pub fn check_use(check: &mut Check) {
    let takes = |table: &Declared| {
        let of = table.get_ref().as_table().and_then(|table| table.get("augment")?.get_ref().as_array());
        of.is_some_and(|of| of.iter().any(|name| name.get_ref().as_str() == Some(check.instance.as_str())))
    };
    let all = ["train", "release"].map(|of| check.manifest.instances(&[of])).into_iter().flatten();
    if !all.into_iter().any(|(_, _, table)| takes(table)) {
        let message = format!("no model learns of the children of [{}], and no release takes them", check.path);
        let problem = Diagnostic::warning("T0619", check.span.clone(), message).label("has no effect");
        let help = format!("`augment = [\"{}\"]` in a [train.NAME] or a [release.NAME]", check.instance);
        check.bad(problem.help(help));
    }
}

/// The labels of a kind, as (column, classes).
pub fn labels(check: &Check, of: &str) -> Vec<(String, Vec<String>)> {
    let label = |(name, column): (&str, &Column)| match &column.role {
        Role::Label { kind, classes, .. } if kind == of => Some((name.to_string(), classes.clone())),
        _ => None,
    };
    check.columns_of("samples").filter_map(label).collect()
}

/// The label whose classes count, and these.
fn task(check: &mut Check, d: &Declaration) -> Option<(String, Vec<String>)> {
    let all = match d.image {
        None => [labels(check, NER), labels(check, CLASS)],
        Some(_) => [SHAPES.iter().flat_map(|kind| labels(check, kind)).collect(), labels(check, CLASS)],
    };
    if let Some(task) = &d.task {
        let name = format!("label.{}", task.get());
        let found = all.iter().flatten().find(|l| l.0 == name).cloned();
        if found.is_none() {
            let known = all.iter().flatten().filter_map(|l| l.0.strip_prefix("label."));
            let message = format!("there is no [{name}] of the kind `{}` or `{CLASS}`", first(d));
            let help = suggest(task, known);
            check.bad(Diagnostic::error("T0612", task.span(), message).label(help));
        }
        return found;
    }
    let of: Vec<_> = all.into_iter().find(|of| !of.is_empty()).unwrap_or_default();
    match of.as_slice() {
        [one] => Some(one.clone()),
        [] => {
            let problem = Diagnostic::error("T0612", check.span.clone(), "there is no label that could move along");
            check.bad(problem.label(format!("needs a [label.TASK] of the kind `{}` or `{CLASS}`", first(d))));
            None
        }
        [first, ..] => {
            let task = first.0.trim_start_matches("label.");
            let problem = Diagnostic::error("T0612", check.span.clone(), "it is not said whose classes count");
            check.bad(problem.label("there are several tasks").help(format!("task = \"{task}\"")));
            None
        }
    }
}

/// The first kind of task that can count.
fn first(d: &Declaration) -> &'static str {
    if d.image.is_some() { "object_detection" } else { NER }
}

/// What is done to pictures.
fn ways(check: &mut Check, image: &At<Pictures>, mixes: bool) -> Ways {
    if check.column("samples", "image") != Some(&Image::ty()) || check.column("samples", "width").is_none() {
        let problem = Diagnostic::error("T0611", image.span(), "there is no picture of a known size to change");
        check.bad(problem.label("needs images and [preprocess], which measures them"));
    }
    let has = |flip: Flip| image.flip.iter().any(|f| *f.get() == flip);
    let mut share = |of: &Option<At<Decimal>>| check_share(check, of.as_ref(), false).unwrap_or(0);
    let ways = Ways {
        turns: turns(has(Flip::Horizontal), has(Flip::Vertical), image.quarter_turns),
        zoom: share(&image.crop),
        brightness: share(&image.brightness),
        contrast: share(&image.contrast),
        noise: share(&image.noise),
        blur: image.blur.unwrap_or(0),
        cutout: share(&image.cutout),
    };
    if ways == Ways::default() && !mixes {
        let problem = Diagnostic::error("T0611", image.span(), format!("[{}] makes nothing", check.path));
        check.bad(problem.label("no operation is named").help("image = { flip = [\"horizontal\"] }"));
    }
    let points = labels(check, "keypoints").into_iter().next();
    if let (Some((label, _)), Some(flip)) = (points, image.flip.first()) {
        let message = format!("a mirrored picture exchanges left and right points of {label}");
        let problem = Diagnostic::error("T0620", flip.span(), message);
        check.bad(problem.label("which ones they are is not known here").help("quarter turns exchange nothing"));
    }
    ways
}

/// How pictures are put together, if they are. Boxes alone can say what stands on a picture that is several.
fn mix(check: &mut Check, image: &At<Pictures>) -> Option<Mix> {
    let paste =
        image.copy_paste.as_ref().map(|c| (c.per_image, c.classes.iter().flatten().map(|c| c.get().clone()).collect()));
    let keys = [("mosaic", image.mosaic.as_ref()), ("mixup", image.mixup.as_ref())];
    let first = keys.iter().find(|k| k.1.is_some()).map(|k| k.0).or(paste.as_ref().map(|_| "copy_paste"))?;
    let [mosaic, mixup] = keys.map(|(_, share)| check_share(check, share, false).unwrap_or(0));
    let (paste, classes) = paste.unwrap_or_default();
    let boxes = list_of(Box2::ty());
    let other =
        |(name, c): (&str, &Column)| (matches!(c.role, Role::Label { .. }) && c.ty != boxes).then(|| name.to_string());
    let other = check.columns_of("samples").find_map(other);
    if let Some(other) = other {
        let message = format!("{other} could not say what stands on a picture that is put together of several");
        let problem = Diagnostic::error("T0778", place(check, &format!("image.{first}")), message);
        check.bad(problem.label("for boxes alone").help("flips, parts, colours, blur and cutout fit every label"));
    }
    Some(Mix { paste, classes, mosaic, mixup })
}

/// Notes classes that the task does not have.
fn check_classes(check: &mut Check, d: &Declaration, label: &str, classes: &[String]) {
    let named = d.classes.iter().flatten().map(|c| (c.get().clone(), c.span()));
    let by = d.by_class.keys().map(|c| (c.clone(), place(check, &format!("by_class.{c}")))).collect::<Vec<_>>();
    let mentions = d.text.as_ref().and_then(|t| t.get().replace_mentions.as_ref());
    let of_mentions = mentions.and_then(|m| m.classes.as_ref()).into_iter().flatten();
    let listed = mentions.iter().flat_map(|m| m.lists.iter().map(|(class, at)| (class.clone(), at.span())));
    let listed: Vec<_> = listed.collect();
    let pasted = d.image.as_ref().and_then(|i| i.get().copy_paste.as_ref()).and_then(|c| c.classes.as_ref());
    let of_mentions = of_mentions.chain(pasted.into_iter().flatten());
    let all = named.chain(by).chain(of_mentions.map(|c| (c.get().clone(), c.span()))).chain(listed).collect::<Vec<_>>();
    for (class, span) in all.into_iter().filter(|c| !classes.contains(&c.0)) {
        let message = format!("`{class}` is no class of {label}");
        let help = suggest(&class, classes.iter().map(String::as_str));
        check.bad(Diagnostic::error("T0217", span, message).label("not declared").help(help));
    }
}

/// A share in millionths; what is none is noted.
pub fn check_share(check: &mut Check, share: Option<&At<Decimal>>, below: bool) -> Option<u64> {
    let share = share?;
    let found = millionths(share).filter(|n| *n > 0 && (*n < ONE || *n == ONE && !below));
    if found.is_none() {
        let problem = Diagnostic::error("T0613", share.span(), "this is no share");
        check.bad(problem.label(match below {
            true => "above 0 and below 1, with at most six digits behind the point",
            false => "above 0, at most 1, with at most six digits behind the point",
        }));
    }
    found
}

/// The operations in the order of the keys, and the lists that they read.
fn ops(
    check: &mut Check,
    text: &At<Text>,
    (label, classes, spans): (&str, &[String], bool),
    mut found: lists::Found,
) -> (Vec<Op>, lists::Found) {
    let (t, before) = (text.get(), check.problems.len());
    let mut out: Vec<Op> = Vec::new();
    let of_spans = [
        ("templates", t.templates.as_ref().map(At::span)),
        ("replace_mentions", t.replace_mentions.as_ref().map(|_| place(check, "text.replace_mentions"))),
    ];
    for (key, span) in of_spans.into_iter().filter(|_| !spans) {
        let Some(span) = span else { continue };
        let problem = Diagnostic::error("T0612", span, format!("`{key}` needs mentions, and {label} has none"));
        check.bad(problem.label(format!("for a task of the kind `{NER}`")));
    }
    if let Some(file) = &t.templates {
        out.extend(templates(check, file, classes).map(Op::Templates));
    }
    if let Some(m) = &t.replace_mentions {
        let share = m.share.as_ref().map_or(Some(600_000), |s| check_share(check, Some(s), false));
        let only = m.classes.iter().flatten().map(|c| c.get().clone()).collect();
        out.extend(share.map(|share| Op::ReplaceMentions { share, classes: only }));
        for (class, file) in &m.lists {
            found.mentions.extend(list(check, file).map(|words| (class.clone(), words)));
        }
    }
    out.extend(check_share(check, t.replace_tokens.as_ref(), false).map(|share| Op::ReplaceTokens { share }));
    if let Some(s) = &t.synonyms {
        let share = s.share.as_ref().map_or(Some(300_000), |s| check_share(check, Some(s), false));
        let words = synonyms(check, &s.file);
        out.extend(share.zip(words).map(|(share, words)| Op::Synonyms { share, words }));
    }
    out.extend(check_share(check, t.shuffle_segments.as_ref(), false).map(|share| Op::ShuffleSegments { share }));
    out.extend(check_share(check, t.delete_words.as_ref(), false).map(|share| Op::DeleteWords { share }));
    out.extend(check_share(check, t.swap_particles.as_ref(), false).map(|share| Op::SwapParticles { share }));
    let mut of = |share: &Option<At<Decimal>>| check_share(check, share.as_ref(), false).unwrap_or(0);
    let noise = Noise { typos: of(&t.typos), join_words: of(&t.join_words), split_words: of(&t.split_words) };
    out.extend((noise != Noise::default()).then_some(Op::Noise(noise)));
    if t.plain && !out.is_empty() {
        let problem = Diagnostic::error("T0611", place(check, "text.plain"), "`plain` copies are not changed");
        check.bad(problem.label("stands with other operations").help("a control is an [augment.NAME] of its own"));
    }
    out.extend(t.plain.then_some(Op::Plain));
    if out.is_empty() && check.problems.len() == before {
        let problem = Diagnostic::error("T0611", text.span(), format!("[{}] makes nothing", check.path));
        check.bad(problem.label("no operation is named").help("text = { replace_mentions = {} }"));
    }
    (out, found)
}
