//! A released folder as it is compared: its page, and the rows of its files one after another.
use super::card::Card;
use crate::cli::page::{Page, failed, written};
use crate::digest::{Digest, Hasher};
use crate::formats::back::{Back, Part, Released, Values};
use crate::formats::writer::{Writer, split_of};
use crate::project::Failure;
use crate::report::difference::Side;
use crate::table::ArrayRef;
use crate::world::{What, World};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{BufReader, Read};
use std::path::Path;

pub struct Folder {
    world: World,
    pub page: Page,
    pub side: Side,
    pub card: Card,
    /// The files of data, in the order of their paths.
    files: Vec<String>,
    /// The columns of release.json with what they hold; none where it does not say so.
    pub columns: Vec<Released>,
    /// What is read: its name, how it is written, and how values come back where the format holds all of them.
    pub format: &'static str,
    writer: &'static Writer,
    values: Option<&'static Values>,
}

/// Some rows of a split.
pub enum Rows<'r> {
    /// An array for each column.
    Values(&'r [ArrayRef]),
    /// The id of a sample, of which nothing else is known.
    Id(&'r str),
}

/// Whether to read on.
#[derive(PartialEq)]
pub enum Go {
    On,
    Stop,
}

impl Folder {
    pub fn open(path: &Path, name: &str) -> Result<Folder, Failure> {
        let world = World::new(path);
        let page = Page::read(&world).map_err(|f| match f {
            Failure::Differs(say) => Failure::World(format!("{name}: {say}")),
            other => other,
        })?;
        let mut side = Side {
            name: name.to_string(),
            dataset: page.dataset.clone(),
            release: page.release.clone(),
            version: page.version.clone(),
            license: page.license.clone(),
            formats: page.formats.clone(),
            content_root: page.content_root.clone(),
            samples: page.splits.values().fold(0, |n: u64, s| n.saturating_add(s.rows)),
            ..Side::default()
        };
        let mut files = Vec::new();
        let (mut count, mut size) = (0, 0u64);
        for found in world.list("").map_err(|e| failed(name, &e))? {
            let What::File(stat) = found.what else { continue }; // `verify` tells of anything else
            count += 1;
            size = size.saturating_add(stat.size);
            files.push(found.path);
        }
        (side.files, side.bytes) = (Some(count), Some(size));
        let sums = world.read("B3SUMS", 1 << 30).map_err(|e| failed(&format!("{name}/B3SUMS"), &e))?;
        side.files_root = Digest::of(&sums).hex();
        let of = |column: &String| {
            let holds = page.types.as_ref()?.get(column)?.clone();
            Some(Released { name: column.clone(), holds })
        };
        let columns: Option<Vec<Released>> = page.columns.iter().map(of).collect();
        let columns = columns.unwrap_or_default();
        let own = || written().filter(|(f, _)| page.has_format(f.name));
        let with_values = own().filter(|(_, w)| w.values.is_some() && !columns.is_empty());
        let Some((format, writer)) = with_values.chain(own().filter(|(_, w)| w.samples.is_some())).next() else {
            return Err(Failure::Usage(format!("{name} has no format that this tamis reads samples from")));
        };
        let values = writer.values.as_ref().filter(|_| !columns.is_empty());
        // a folder whose card somebody took away has none
        let card = world.read("README.md", 64 << 20).unwrap_or_default();
        let card = Card::read(&String::from_utf8_lossy(&card));
        Ok(Folder { world, page, side, card, files, columns, format: format.name, writer, values })
    }

    /// What of the files that are compared is not what the release's own list says: the samples may not be those that were
    /// released.
    pub fn damage(&self) -> Result<Vec<String>, Failure> {
        let name = |path: &str| format!("{}/{path}", self.side.name);
        let list = self.world.read("B3SUMS", 1 << 30).map_err(|e| failed(&name("B3SUMS"), &e))?;
        let list = String::from_utf8_lossy(&list);
        let said: BTreeMap<&str, &str> = list.lines().filter_map(|l| l.split_once("  ").map(|(s, p)| (p, s))).collect();
        let read = |path: &&String| split_of(self.writer.files, path).is_some() || *path == "release.json";
        let mut out = Vec::new();
        for path in self.files.iter().filter(read) {
            let Some((digest, _)) = self.sum(path) else {
                out.push(format!("{} cannot be read", name(path)));
                continue;
            };
            match said.get(path.as_str()) {
                Some(sum) if *sum == digest.hex() => {}
                Some(_) => out.push(format!("{} is not what B3SUMS says", name(path))),
                None => out.push(format!("{} does not stand in B3SUMS", name(path))),
            }
        }
        let gone = said.keys().filter(|path| read(&&path.to_string()) && !self.files.iter().any(|own| own == *path));
        out.extend(gone.map(|path| format!("{} stands in B3SUMS and is not there", name(path))));
        Ok(out)
    }

    /// Whether the values of samples can be read.
    pub fn has_values(&self) -> bool {
        self.values.is_some()
    }

    /// Where a column stands.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == name)
    }

    /// Whether a sample can be known by its id.
    pub fn has_ids(&self) -> bool {
        self.values.is_none() || self.column("id").is_some()
    }

    /// Hands over all rows, split by split. Says that the folder is damaged where it holds other rows than it says.
    pub fn each(&self, tell: &mut dyn FnMut(&str, Rows) -> Result<Go, String>) -> Result<(), Failure> {
        for (split, said) in &self.page.splits {
            let (mut rows, stopped) = (0, Cell::new(false));
            for path in self.files.iter().filter(|path| split_of(self.writer.files, path) == Some(split)) {
                let done = self.file(path, &mut |of| {
                    rows += match &of {
                        Rows::Values(arrays) => arrays.first().map_or(0, |a| a.len() as u64),
                        Rows::Id(_) => 1,
                    };
                    if tell(split, of)? == Go::Stop {
                        stopped.set(true);
                        return Err("stopped".into()); // which ends the reading, and is no error
                    }
                    Ok(())
                });
                match done {
                    Err(Failure::World(_)) if stopped.get() => return Ok(()),
                    other => other?,
                }
            }
            if rows != said.rows {
                let name = &self.side.name;
                let say =
                    format!("{name}: {rows} samples of `{split}` in {}, release.json says {}", self.format, said.rows);
                return Err(Failure::World(format!("{say}; see tamis verify")));
            }
        }
        Ok(())
    }

    fn file(&self, path: &str, tell: &mut dyn FnMut(Rows) -> Result<(), String>) -> Result<(), Failure> {
        let name = format!("{}/{path}", self.side.name);
        let file = self.world.open(path).and_then(|open| open.reader()).map_err(|e| failed(&name, &e))?;
        let mut input = BufReader::with_capacity(1 << 20, file);
        let done = match self.values {
            Some(values) => {
                let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                let picture = |name: &str| self.sum(&format!("{folder}/{name}"));
                let back = Back { columns: &self.columns, picture: &picture };
                (values.read)(&mut input, &back, &mut |part| match part {
                    Part::Rows(arrays) => tell(Rows::Values(&arrays)),
                    Part::End => Ok(()),
                })
            }
            None => self.ids(&mut input, tell),
        };
        done.map_err(|say| Failure::World(format!("{name}: {say}")))
    }

    /// The ids of a format that does not hold all columns.
    fn ids(
        &self,
        input: &mut dyn std::io::BufRead,
        tell: &mut dyn FnMut(Rows) -> Result<(), String>,
    ) -> Result<(), String> {
        let Some(samples) = self.writer.samples else { return Err("holds no samples".into()) };
        let mut told = Ok(());
        samples(input, &mut |id| {
            if told.is_ok() {
                told = id.ok_or("holds a sample without an id".to_string()).and_then(|id| tell(Rows::Id(id)));
            }
        })?;
        told
    }

    /// Digest and length of a picture that lies beside its list.
    fn sum(&self, path: &str) -> Option<(Digest, u64)> {
        let mut input = self.world.open(path).and_then(|open| open.reader()).ok()?;
        let (mut hasher, mut block, mut len) = (Hasher::plain(), vec![0; 1 << 16], 0);
        loop {
            match input.read(&mut block) {
                Ok(0) => return Some((hasher.finish(), len)),
                Ok(n) => {
                    hasher.update(block.get(..n)?);
                    len += n as u64;
                }
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
    }
}
