//! What is made of a frozen release and changes neither of its roots: a signature beside its sums, and an archive.
use crate::cli::page::Page;
use crate::cli::verify::signed::{SIGNATURE, comment};
use crate::digest::Digest;
use crate::formats::archive::Packer;
use crate::model::days;
use crate::project::{Failure, Project};
use crate::report::terminal::{bytes, dataset};
use crate::sign::SecretKey;
use crate::stage::OutFile;
use crate::world::{What, World};
use std::io;
use std::path::Path;

/// The variable that the password of a key is taken from.
const PASSWORD: &str = "TAMIS_KEY_PASSWORD";

fn world(e: io::Error) -> Failure {
    Failure::World(e.to_string())
}

/// A secret key of minisign. It is opened before anything is built: a wrong password costs no build.
pub fn key(project: &World, path: &Path) -> Result<SecretKey, Failure> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let read = World::new(folder).read(&name, 1 << 16).map_err(|e| Failure::World(format!("--sign: {e}")))?;
    let text = String::from_utf8(read).map_err(|_| Failure::Usage(format!("--sign {}: is no text", path.display())))?;
    let password = project.variable(PASSWORD).map(|own| String::from_utf8_lossy(&own).into_owned());
    SecretKey::open(&text, password).map_err(|say| Failure::Usage(format!("--sign {}: {say}", path.display())))
}

/// Signs the list of SHA-256 sums of a frozen release.
pub fn sign(project: &World, folder: &str, key: &SecretKey) -> Result<String, Failure> {
    let release = project.at(project.root().join(folder));
    let page = Page::read(&release)?;
    let list = release.read("SHA256SUMS", 1 << 30).map_err(world)?;
    let files = Digest::of(&release.read("B3SUMS", 1 << 30).map_err(world)?).hex();
    let own = comment(&page.dataset, &page.release, &page.version, &page.content_root, &files);
    let text = key.sign(&list, &own, "signature of SHA256SUMS").map_err(Failure::Bug)?;
    project.replace(&format!("{folder}/{SIGNATURE}"), text.as_bytes()).map_err(world)?;
    let id = key.public().map_err(Failure::Bug)?.id();
    Ok(format!("signed by the key {id}   {folder}/{SIGNATURE}   check it: tamis verify {folder} --key PUB\n"))
}

/// The signature of a folder whose list of sums is the same again: writing the folder would remove it.
pub fn kept(project: &World, folder: &str, files: &[OutFile]) -> Option<Vec<u8>> {
    let list = project.read(&format!("{folder}/SHA256SUMS"), 1 << 30).ok()?;
    let own = files.iter().find(|file| file.path == "SHA256SUMS")?.sums.as_ref()?;
    (Digest::of(&list) == own.blake3).then(|| project.read(&format!("{folder}/{SIGNATURE}"), 1 << 16).ok()).flatten()
}

pub fn put_back(project: &World, folder: &str, kept: Option<Vec<u8>>) -> Result<(), Failure> {
    let Some(text) = kept else { return Ok(()) };
    project.replace(&format!("{folder}/{SIGNATURE}"), &text).map_err(world)
}

/// Packs a frozen release, with its signature if it has one. The time of its files is SOURCE_DATE_EPOCH, else the day of
/// `[dataset] date`, else 0.
pub fn archive(project: &Project, folder: &str) -> Result<String, Failure> {
    let own = &project.world;
    let path = format!("{folder}.tar.zst");
    let name = folder.rsplit('/').next().unwrap_or(folder);
    let time = time(project)?;
    let release = own.at(own.root().join(folder));
    let mut files = Vec::new();
    for found in release.list("").map_err(world)? {
        match found.what {
            What::File(stat) => files.push((found.path, stat.size)),
            What::Odd(_, say) => return Err(Failure::World(format!("{folder}/{}: {say}", found.path))),
        }
    }
    own.replace_with(&path, true, |to| {
        let mut packer = Packer::new(to, time)?;
        for (file, size) in &files {
            packer.add(&format!("{name}/{file}"), *size, release.open(file)?.reader()?)?;
        }
        packer.finish().map(drop)
    })
    .map_err(world)?;
    let size = own.open(&path).map_err(world)?.stat().size;
    Ok(format!("archived   {path}   {}   check it: tamis verify {path}\n", bytes(size)))
}

fn time(project: &Project) -> Result<u64, Failure> {
    if let Some(epoch) = project.world.variable("SOURCE_DATE_EPOCH") {
        let text = String::from_utf8_lossy(&epoch).into_owned();
        // what a header of tar holds in its plain form
        let seconds = text.trim().parse::<u64>().ok().filter(|n| *n < 1 << 33);
        return seconds
            .ok_or_else(|| Failure::Usage(format!("SOURCE_DATE_EPOCH is `{text}`, which is no number of seconds")));
    }
    let day = dataset(project).date.as_ref().and_then(|date| days::number(date));
    Ok(day.and_then(|n| u64::try_from(i64::from(n) * 86_400).ok()).unwrap_or(0))
}
