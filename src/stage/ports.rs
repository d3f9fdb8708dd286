//! What a step reads and writes: columns with what they mean. The graph is made of ports alone: in registry order, each
//! step reads the last writer of each column of its table.
use crate::table::DataType;

/// What a step reads and writes.
#[derive(Clone, Debug, Default)]
pub struct Ports {
    pub table: String,
    /// Columns read by `map`, `join` or `run`; `id` is given to a kernel only if it is named here.
    pub reads: Vec<String>,
    /// Columns read by `apply`.
    pub apply_reads: Vec<String>,
    pub writes: Vec<(String, Column)>,
    /// The step may drop, merge or hold rows.
    pub drops: bool,
    /// Rows may be born in the step's own table.
    pub bears: bool,
    /// `map` looks at no dead rows ([`super::Rows::counts`]): which rows live is then an input of it.
    pub living_only: bool,
    /// Rows born go to another table instead of behind their parents.
    pub into: Option<String>,
    /// A record that is dropped may bear a row all the same: it tells later steps that something was there which could not
    /// be read.
    pub traces: bool,
    pub right: Option<Right>,
    /// Facts of earlier steps, `STEP.NAME`, that `gather` or `run` reads; their values are inputs of these kernels.
    pub facts: Vec<String>,
}

/// The other side of a join: the engine brings to each partition exactly the right rows whose `key` is among `on`.
#[derive(Clone, Debug)]
pub struct Right {
    pub table: String,
    /// A text column of the right table.
    pub key: String,
    /// A text column, or a list of texts, of the left table.
    pub on: String,
    pub reads: Vec<String>,
    /// The rule and the key that tell of right rows which match nothing; `None` where nobody need know.
    pub unmatched: Option<(String, String)>,
}

/// A column that a step writes: its type, what it means, and whether it is for other steps alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub ty: DataType,
    pub role: Role,
    /// The column serves other steps; `columns = "all"` of a release leaves it out.
    pub inner: bool,
    /// What the column holds cannot be personal data, whatever it was made from: a class out of a declared list, a
    /// number, a place in a text.
    pub harmless: bool,
    /// Where the column stands among those of its table, in the order in which steps first write them: fields in the order
    /// in which they are declared or stand in the files. Given by who puts the steps together.
    pub place: usize,
}

impl Column {
    /// A column whose type says all there is to know.
    pub fn new(ty: DataType) -> Column {
        Column { ty, role: Role::Plain, inner: false, harmless: false, place: 0 }
    }

    pub fn role(self, role: Role) -> Column {
        Column { role, ..self }
    }

    pub fn inner(self) -> Column {
        Column { inner: true, ..self }
    }

    pub fn harmless(self) -> Column {
        Column { harmless: true, ..self }
    }

    /// Whether cells name bytes that lie elsewhere.
    pub fn names_bytes(&self) -> bool {
        fn digests(ty: &DataType) -> bool {
            match ty {
                DataType::FixedSizeBinary(_) => true,
                DataType::List(item) => digests(item.data_type()),
                DataType::Struct(fields) => fields.iter().any(|f| digests(f.data_type())),
                _ => false,
            }
        }
        digests(&self.ty)
    }

    /// Whether all words of the type stand in texts, so that a step that changes texts reaches them.
    pub fn holds_texts(&self) -> bool {
        fn others(ty: &DataType) -> bool {
            match ty {
                DataType::Binary | DataType::Int64 | DataType::UInt64 => true,
                DataType::List(item) => others(item.data_type()),
                DataType::Struct(fields) => fields.iter().any(|f| others(f.data_type())),
                _ => false,
            }
        }
        self.may_name_somebody() && !others(&self.ty)
    }

    /// Whether values of the type may be personal data: texts, and whole numbers of 64 bits, which a telephone number fits
    /// in. Numbers that tamis itself counts are shorter; truth values, dates, numbers with a point and digests name nobody.
    pub fn may_name_somebody(&self) -> bool {
        fn words(ty: &DataType) -> bool {
            match ty {
                DataType::Utf8 | DataType::Binary | DataType::Int64 | DataType::UInt64 => true,
                DataType::List(item) => words(item.data_type()),
                DataType::Struct(fields) => fields.iter().any(|f| words(f.data_type())),
                _ => false,
            }
        }
        !self.harmless && words(&self.ty)
    }
}

impl From<DataType> for Column {
    fn from(ty: DataType) -> Column {
        Column::new(ty)
    }
}

/// Names that no field may have: columns of samples that tamis itself makes.
pub const RESERVED: &[&str] = &[
    "id",
    "source",
    "split",
    "tokens",
    "image",
    "width",
    "height",
    "orientation",
    "frame",
    "tile_of",
    "objects",
    "objects_lost",
    "objects_of",
    "beside",
    "beside_path",
    "stated_size",
    "header_size",
];

/// What a column means to other steps. Nothing is guessed from a type or from a name.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Role {
    #[default]
    Plain,
    /// The text that tokens and spans of a sample belong to.
    Text,
    /// Tokens of the text: where each begins and ends.
    Tokens,
    /// An image by digest.
    Image,
    /// A sound by digest.
    Audio,
    /// All answers that annotators gave in a task.
    Votes { task: String },
    /// The label of a task: the name of its kind, and the classes that may stand in it.
    Label { task: String, kind: String, classes: Vec<String> },
    /// How a text came from what was collected.
    Edits { of: String },
    /// What a model says of the answers to a task.
    Predictions { task: String },
}

/// Columns to write, from names and types.
pub fn writes<N: Into<String>, C: Into<Column>>(of: impl IntoIterator<Item = (N, C)>) -> Vec<(String, Column)> {
    of.into_iter().map(|(name, column)| (name.into(), column.into())).collect()
}
