//! What is declared of a step of one's own.
use crate::formats::reader::DAY;
use crate::manifest::sections::{CategoryField, Empty};
use crate::manifest::values::{At, Seconds, Short, Size, TextOr};
use crate::stage::Column;
use crate::table::{DataType, list, utf8};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A step of one's own: a program that is given samples and gives columns, drops samples or makes new ones. Nothing of it
/// runs before `tamis trust`.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// The program and its arguments; no shell reads them. Those that are files of the project are among the step's files.
    #[schemars(length(min = 1))]
    pub run: Vec<At<String>>,
    /// The columns that it is given; the id always.
    #[serde(default)]
    pub reads: Vec<At<String>>,
    /// The columns that it gives, with their types: `score = "int"`, `tags = { list = { of = "text" } }`.
    #[serde(default)]
    pub writes: BTreeMap<String, At<TextOr<Gives>>>,
    /// Behind which part of the pipeline it stands. Steps at one place run in the order of their names. Before `privacy`
    /// it is given what nothing has masked, and what it writes of that is held back like it.
    #[serde(default)]
    pub after: After,
    /// Whether answers are remembered by partition, some thousands of samples, or by sample: then it is asked about one
    /// sample at a time, and never again about one that it has seen.
    #[serde(default)]
    pub grain: By,
    /// Further files of the project that it needs: modules, word lists, a lock file of its packages. It sees no others.
    #[serde(default)]
    pub files: Vec<At<String>>,
    /// Variables of the environment that it is given; what they hold is an input. It has no others but `PATH` and a few
    /// that are the same everywhere.
    #[serde(default)]
    pub env: Vec<At<String>>,
    /// What else the answers depend on, in words of your own: another text asks again. Needed where `run` names no file of
    /// the project.
    #[schemars(length(min = 1))]
    pub version: Option<String>,
    /// The longest time for one answer, of a partition or of a sample. Default `"60 s"`.
    pub time_max: Option<At<Seconds>>,
    /// The most memory (address space) that one process may ask for; there is a process for each thread. Default `"4 GiB"`. Only Linux
    /// holds it to that.
    pub memory_max: Option<At<Size>>,
    /// The reasons for which it may drop samples, words of a-z, 0-9, `-` and `_`.
    #[serde(default)]
    pub drops: Vec<At<String>>,
    /// Whether it may make samples of others; they are called `PARENT#NAME.KEY`.
    #[serde(default)]
    pub bears: bool,
}

/// Where a step stands.
#[derive(Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum After {
    /// Before `[schema]` looks at the fields.
    Collect,
    /// Before texts are brought to one form.
    Schema,
    /// Before personal data is looked for.
    Preprocess,
    /// Before `[clean]`.
    #[default]
    Privacy,
    /// Before labels are settled.
    Clean,
    /// Before the split.
    Label,
}

/// What is remembered by itself.
#[derive(Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum By {
    #[default]
    Partition,
    Sample,
}

/// The type of a column: exactly one.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default, PartialEq)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-one-of" = [["text", "int", "float", "bool", "date", "category", "list"]]))]
pub struct Gives {
    /// Text in Unicode.
    pub text: Option<Empty>,
    /// A whole number of 64 bits.
    pub int: Option<Empty>,
    /// A number with a point, 64 bits (IEEE 754).
    pub float: Option<Empty>,
    /// True or false.
    pub bool: Option<Empty>,
    /// A day of the Gregorian calendar, `2026-01-31`.
    pub date: Option<Empty>,
    /// One of a fixed set of texts. Such a column holds nothing personal.
    pub category: Option<CategoryField>,
    /// A list of values of one type.
    pub list: Option<ListOf>,
}

/// What a list holds.
#[derive(Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct ListOf {
    /// The type of its items.
    pub of: Of,
}

/// A type that needs no further words.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    Text,
    Int,
    Float,
    Bool,
}

/// The same for a column.
#[derive(Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Plain {
    Text,
    Int,
    Float,
    Bool,
    Date,
}

impl Short for Gives {
    type Text = Plain;

    fn from_text(text: Plain) -> Gives {
        let mut gives = Gives::default();
        *match text {
            Plain::Text => &mut gives.text,
            Plain::Int => &mut gives.int,
            Plain::Float => &mut gives.float,
            Plain::Bool => &mut gives.bool,
            Plain::Date => &mut gives.date,
        } = Some(Empty {});
        gives
    }
}

/// A type of a written column, as the recipe has it.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Text,
    Int,
    Float,
    Bool,
    Date,
    Category(Vec<String>),
    List(Of),
}

impl Gives {
    pub fn kind(&self) -> Kind {
        match self {
            Gives { int: Some(_), .. } => Kind::Int,
            Gives { float: Some(_), .. } => Kind::Float,
            Gives { bool: Some(_), .. } => Kind::Bool,
            Gives { date: Some(_), .. } => Kind::Date,
            Gives { category: Some(c), .. } => Kind::Category(c.values.clone()),
            Gives { list: Some(l), .. } => Kind::List(l.of),
            _ => Kind::Text,
        }
    }
}

impl Kind {
    pub fn ty(&self) -> DataType {
        match self {
            Kind::Text | Kind::Date | Kind::Category(_) => utf8(),
            Kind::Int => DataType::Int64,
            Kind::Float => DataType::Float64,
            Kind::Bool => DataType::Boolean,
            Kind::List(Of::Text) => list(utf8()),
            Kind::List(Of::Int) => list(DataType::Int64),
            Kind::List(Of::Float) => list(DataType::Float64),
            Kind::List(Of::Bool) => list(DataType::Boolean),
        }
    }

    /// The type as readers of JSON are told it.
    pub fn text(&self) -> &'static str {
        match self {
            Kind::Text | Kind::Category(_) => "utf8",
            Kind::Date => DAY,
            Kind::Int => "i64",
            Kind::Float => "f64",
            Kind::Bool => "bool",
            Kind::List(Of::Text) => "list<utf8>",
            Kind::List(Of::Int) => "list<i64>",
            Kind::List(Of::Float) => "list<f64>",
            Kind::List(Of::Bool) => "list<bool>",
        }
    }

    /// A new column of this type. One of a declared list of texts, or of days, cannot tell of a person.
    pub fn column(&self) -> Column {
        let column = Column::new(self.ty());
        if matches!(self, Kind::Category(_)) { column.harmless() } else { column }
    }
}
