//! A package: the file that a tool reads, and the pictures that lie beside it.
use super::tool::{Item, Job, Pictures, Tool};
use super::written::{beside, one};
use crate::engine::session::Session;
use crate::project::{Failure, Project};
use std::collections::BTreeSet;

/// What packages are made for.
pub struct Pack<'p> {
    pub project: &'p Project,
    pub tool: &'p Tool,
    pub job: &'p Job,
}

impl Pack<'_> {
    /// Writes the pictures that all packages have in common.
    pub fn share(&self, s: &Session, out: &str, items: &mut [Item]) -> Result<(), Failure> {
        match self.tool.pictures_of(self.job).filter(|p| !p.own) {
            Some(pictures) => self.draw(s, out, pictures, items),
            None => Ok(()),
        }
    }

    /// Writes a package, with its pictures where it has some of its own.
    pub fn write(&self, s: &Session, out: &str, mut items: Vec<Item>) -> Result<(), Failure> {
        if let Some(pictures) = self.tool.pictures_of(self.job).filter(|p| p.own) {
            self.draw(s, out, pictures, &mut items)?;
            self.clear(out, &items)?;
        }
        one(self.project, out, &(self.tool.write)(self.job, &items))
    }

    /// Writes the pictures of samples into a folder beside the file, each with the ending of its format. A sample whose picture has
    /// no known sides cannot be shown.
    fn draw(&self, s: &Session, out: &str, pictures: &Pictures, items: &mut [Item]) -> Result<(), Failure> {
        let world = &self.project.world;
        if world.place(out).is_none() {
            return Err(Failure::Usage(format!("{out} leaves the project")));
        }
        for (n, item) in items.iter_mut().enumerate() {
            let name = (pictures.named)(n, self.job, item);
            let Some(picture) = &mut item.picture else {
                let help = "add a table `[preprocess]`, which decodes pictures";
                return Err(Failure::Usage(format!("the size of the picture of {} is not known: {help}", item.id)));
            };
            picture.path = format!("{}/{name}.{}", beside(out), picture.image.format);
            let bytes = s.open(picture.image.blob)?;
            let written = world.replace(&picture.path, &bytes);
            written.map_err(|e| Failure::World(format!("{}: {e}", picture.path)))?;
        }
        Ok(())
    }

    /// Removes the pictures of a package that was here before: whoever is given the folder is given no others.
    fn clear(&self, out: &str, items: &[Item]) -> Result<(), Failure> {
        let (world, folder) = (&self.project.world, beside(out));
        let own: BTreeSet<&str> = items.iter().filter_map(|i| i.picture.as_ref().map(|p| p.path.as_str())).collect();
        let failed = |e: std::io::Error| Failure::World(format!("{folder}: {e}"));
        for name in world.names(folder).map_err(failed)? {
            let path = format!("{folder}/{name}");
            if !own.contains(path.as_str()) && self.tool.is_picture(&name) {
                world.remove(&path).map_err(failed)?;
            }
        }
        Ok(())
    }
}
