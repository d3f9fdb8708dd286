//! Files that stand for data which lies elsewhere: tools that keep large files out of git leave them behind. Read as data
//! they would be a few strange records, so they are told, with the command that fetches the data.

/// The rule of what is told.
pub const RULE: &str = "file.pointer";

/// So many bytes tell a pointer.
pub const LOOKED: u64 = 64;

/// What to say of a file that begins like this, if it is a pointer.
pub fn told(bytes: &[u8]) -> Option<&'static str> {
    const LFS: &[&[u8]] = &[b"version https://git-lfs.github.com/spec/", b"version https://hawser.github.com/spec/"];
    if LFS.iter().any(|start| bytes.starts_with(start)) {
        return Some("a pointer of Git LFS stands in for the data: `git lfs pull` fetches it");
    }
    const DVC: &[&[u8]] = &[b"outs:\n- ", b"outs:\r\n- ", b"md5: "];
    if DVC.iter().any(|start| bytes.starts_with(start)) {
        return Some(
            "a pointer of DVC stands in for the data: `dvc pull` fetches it, and the data lies beside this file",
        );
    }
    let annex = b"/annex/objects/";
    bytes.starts_with(annex).then_some("a pointer of git-annex stands in for the data: `git annex get` fetches it")
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn pointers_are_told_by_how_they_begin() {
        let lfs = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n";
        assert!(told(lfs).is_some_and(|say| say.contains("git lfs pull")));
        assert!(told(b"outs:\n- md5: a304afb9\n  path: data.csv\n").is_some_and(|say| say.contains("dvc pull")));
        assert!(told(b"/annex/objects/SHA256E-s1--ab.csv\n").is_some());
        assert!(told(b"version,text\n1,a\n").is_none() && told(b"").is_none());
    }
}
