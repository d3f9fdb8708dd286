//! Signatures and archives of releases. The signature is of the list of SHA-256 sums, beside which it lies; its comment, which
//! is signed, too, has both roots.
use crate::digest::Digest;
use crate::formats::archive;
use crate::project::Failure;
use crate::sign::{PublicKey, Signature};
use crate::world::{Scratch, World};
use std::io::{self, ErrorKind};
use std::path::Path;

/// Beside the list that it signs.
pub const SIGNATURE: &str = "SHA256SUMS.minisig";
const SIGNED: &str = "SHA256SUMS";

/// What is known of who signed.
pub struct Signed {
    /// Behind what is said if all is well.
    pub say: String,
    pub wrong: Vec<String>,
}

/// What a signature says of the release besides its sums.
pub fn comment(dataset: &str, release: &str, version: &str, content: &str, files: &str) -> String {
    format!("{dataset} {release} {version} content {content} files {files}")
}

/// Checks the signature. Without a key it is only told that there is one.
pub fn check(world: &World, key: Option<&str>) -> Result<Signed, Failure> {
    let bad = |say: String| Ok(Signed { say: String::new(), wrong: vec![say] });
    let text = match world.read(SIGNATURE, 1 << 16) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(e) if e.kind() == ErrorKind::NotFound && key.is_none() => {
            return Ok(Signed { say: String::new(), wrong: Vec::new() });
        }
        Err(e) if e.kind() == ErrorKind::NotFound => {
            return bad(format!("missing: {SIGNATURE}: the release is not signed"));
        }
        Err(e) => return Err(Failure::World(format!("{SIGNATURE}: {e}"))),
    };
    let signature = match Signature::parse(&text) {
        Ok(signature) => signature,
        Err(say) => return bad(format!("{SIGNATURE} {say}")),
    };
    let Some(key) = key else {
        let say = format!(", signed by the key {} (not checked: name it by --key)", signature.key_id());
        return Ok(Signed { say, wrong: Vec::new() });
    };
    let key = public(key)?;
    let list = world.read(SIGNED, 1 << 30).map_err(|e| Failure::World(e.to_string()))?;
    if let Err(say) = key.verify(&signature, &mut list.as_slice()) {
        return bad(format!("{SIGNATURE} does not sign this release: {say}"));
    }
    let comment = signature.comment();
    if let Some(say) = unlike(world, &comment) {
        return bad(format!("{SIGNATURE}: {say}"));
    }
    Ok(Signed { say: format!(", signed by the key {}", key.id()), wrong: Vec::new() })
}

/// A comment that names other roots than those of the folder; comments of others say nothing of roots.
fn unlike(world: &World, comment: &str) -> Option<String> {
    let said = |word: &str| {
        comment.split_once(&format!(" {word} ")).and_then(|(_, rest)| rest.split(' ').next()).filter(|h| h.len() == 64)
    };
    let own = |path: &str| world.read(path, 1 << 30).ok();
    if let Some(root) = said("files")
        && own("B3SUMS").is_none_or(|list| Digest::of(&list).hex() != root)
    {
        return Some("its comment names another files root".into());
    }
    let content = || {
        let json: serde_json::Value = serde_json::from_slice(&own("release.json")?).ok()?;
        Some(json.get("content_root")?.as_str()?.to_string())
    };
    said("content")
        .filter(|root| content().as_deref() != Some(*root))
        .map(|_| "its comment names another content root".into())
}

/// A key by its file, or as the line of it.
fn public(key: &str) -> Result<PublicKey, Failure> {
    let path = Path::new(key);
    let text = match path.is_file() {
        true => {
            let (folder, name) = (path.parent().unwrap_or(Path::new("")), path.file_name().unwrap_or_default());
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            let bytes = World::new(folder).read(&name.to_string_lossy(), 1 << 16);
            String::from_utf8_lossy(&bytes.map_err(|e| Failure::World(e.to_string()))?).into_owned()
        }
        false => key.to_string(),
    };
    PublicKey::parse(&text).map_err(|say| Failure::Usage(format!("--key {key}: {say}")))
}

/// An archive of a release, unpacked into a folder that goes away behind the check.
pub fn unpacked(path: &Path, name: &str) -> Result<Scratch, Failure> {
    if !archive::is_archive(name) {
        return Err(Failure::Usage(format!(
            "{name} is no folder, and no archive by its name (.tar.zst, .tar.gz, .tar)"
        )));
    }
    let fail = |e: io::Error| match e.kind() {
        ErrorKind::InvalidData | ErrorKind::UnexpectedEof => Failure::Differs(format!("{name} does not unpack: {e}")),
        _ => Failure::World(format!("{name}: {e}")),
    };
    let scratch = Scratch::new().map_err(fail)?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let open = World::new(folder).open(&file).map_err(fail)?;
    let (len, input) = (open.stat().size, open.reader().map_err(fail)?);
    archive::unpack(name, len, Box::new(input), &mut |path, content| {
        if scratch.world.exists(path) {
            return Err(io::Error::new(ErrorKind::InvalidData, format!("{path} stands in it twice")));
        }
        scratch.world.replace_with(path, false, |to| io::copy(content, to).map(drop))
    })
    .map_err(fail)?;
    Ok(scratch)
}
