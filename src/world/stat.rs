//! What tells whether a file is as it was, without opening it.
use std::fs;
use std::os::unix::fs::MetadataExt;

/// A file whose times are this close to the moment of a look may change again within the clock's tick, unseen.
pub const RACY: i64 = 2_000_000_000;

/// What the file system says of a file without opening it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Stat {
    pub size: u64,
    /// Nanoseconds since 1970.
    pub mtime: i64,
    pub ctime: i64,
    pub inode: u64,
    pub device: u64,
}

impl Stat {
    pub(super) fn of(m: &fs::Metadata) -> Stat {
        Stat {
            size: m.size(),
            mtime: nanoseconds(m.mtime(), m.mtime_nsec()),
            ctime: nanoseconds(m.ctime(), m.ctime_nsec()),
            inode: m.ino(),
            device: m.dev(),
        }
    }

    pub(super) fn of_raw(m: &rustix::fs::Stat) -> Stat {
        Stat {
            size: m.st_size as u64,
            mtime: nanoseconds(m.st_mtime, m.st_mtime_nsec as i64),
            ctime: nanoseconds(m.st_ctime, m.st_ctime_nsec as i64),
            inode: m.st_ino,
            device: m.st_dev,
        }
    }

    /// Whether the file may have changed, or change again, within the clock's tick: seen at `now`, it is too young.
    pub fn racy(&self, now: i64) -> bool {
        self.mtime.max(self.ctime).saturating_add(RACY) > now
    }

    /// As bytes for a table.
    pub fn bytes(&self) -> [u8; 40] {
        let mut out = [0; 40];
        let fields = [self.size, self.mtime as u64, self.ctime as u64, self.inode, self.device];
        for (slot, field) in out.as_chunks_mut::<8>().0.iter_mut().zip(fields) {
            *slot = field.to_le_bytes();
        }
        out
    }

    pub fn of_bytes(bytes: &[u8; 40]) -> Stat {
        let mut fields = bytes.as_chunks::<8>().0.iter().map(|b| u64::from_le_bytes(*b));
        let mut next = || fields.next().unwrap_or(0);
        Stat { size: next(), mtime: next() as i64, ctime: next() as i64, inode: next(), device: next() }
    }
}

fn nanoseconds(seconds: i64, rest: i64) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(rest)
}
