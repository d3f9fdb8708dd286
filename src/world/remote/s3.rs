//! A remote in a bucket that speaks S3 (owner of `object_store`). Where it lies, and with which credentials it is asked, stands
//! in the environment as all programs for S3 read it (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, ...).
use super::Remote;
use super::wire::Wire;
use crate::measure::urls::Url;
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::path::Path;
use object_store::{BackoffConfig, Error, ObjectStore, ObjectStoreExt, PutMode, PutPayload, RetryConfig};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Tries after the first, and seconds until all of them are over.
const RETRIES: usize = 3;
const RETRY_SECONDS: u64 = 20;
/// Characters of what a server says that are told.
const SAID: usize = 200;

pub(super) struct Bucket {
    store: AmazonS3,
    prefix: String,
    name: String,
    /// The server has said that it knows no conditional writes.
    unconditional: AtomicBool,
}

impl Bucket {
    /// Nothing is asked yet.
    pub(super) fn open(place: &str) -> Result<Bucket, String> {
        let rest = place.strip_prefix("s3://").unwrap_or(place).trim_end_matches('/');
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let named = !bucket.is_empty() && bucket.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
        if !named || Path::parse(prefix).is_err() {
            return Err(
                "a bucket is written s3://BUCKET or s3://BUCKET/PREFIX; secrets stand in the environment".into()
            );
        }
        let backoff = BackoffConfig { init_backoff: Duration::from_millis(100), ..BackoffConfig::default() };
        let retry_timeout = Duration::from_secs(RETRY_SECONDS);
        let told = AmazonS3Builder::from_env();
        check_environment(bucket, &told)?;
        let store = told
            .with_bucket_name(bucket)
            .with_http_connector(Wire)
            .with_retry(RetryConfig { backoff, max_retries: RETRIES, retry_timeout })
            .build()
            .map_err(|e| format!("the remote s3://{bucket}: {}", said(&e)))?;
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        let unconditional = AtomicBool::new(false);
        Ok(Bucket { store, name: format!("s3://{bucket}/{prefix}"), prefix, unconditional })
    }

    fn place(&self, path: &str) -> io::Result<Path> {
        Path::parse(format!("{}{path}", self.prefix))
            .map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, e.to_string()))
    }

    /// Waits for an answer. Each caller is a thread of its own, and waits by itself.
    fn wait<T>(&self, asked: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.map_err(|e| Error::Generic { store: "S3", source: Box::new(e) })?;
        runtime.block_on(asked)
    }

    /// Writes where nothing is yet; false if something is.
    fn put_new(&self, place: &Path, bytes: &PutPayload) -> Result<bool, Error> {
        if !self.unconditional.load(Ordering::Relaxed) {
            match self.wait(self.store.put_opts(place, bytes.clone(), PutMode::Create.into())) {
                Ok(_) => return Ok(true),
                Err(Error::AlreadyExists { .. }) => return Ok(false),
                Err(e) if is_unknown(&e) => self.unconditional.store(true, Ordering::Relaxed),
                Err(e) => return Err(e),
            }
        }
        // names are digests of contents: who writes at the same time writes the same
        match self.wait(self.store.head(place)) {
            Ok(_) => Ok(false),
            Err(Error::NotFound { .. }) => self.wait(self.store.put(place, bytes.clone())).map(|_| true),
            Err(e) => Err(e),
        }
    }
}

/// What the environment says must make an address: the client of buckets takes that for granted.
fn check_environment(bucket: &str, told: &AmazonS3Builder) -> Result<(), String> {
    if let Some(endpoint) = told.get_config_value(&AmazonS3ConfigKey::Endpoint) {
        Url::parse(&endpoint).map_err(|say| {
            format!("the remote s3://{bucket}: `{endpoint}` of AWS_ENDPOINT_URL is no address of a server: {say}")
        })?;
    }
    let region = told.get_config_value(&AmazonS3ConfigKey::Region).unwrap_or_default();
    if !region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err(format!("the remote s3://{bucket}: `{region}` of AWS_REGION is no region, such as `eu-west-1`"));
    }
    Ok(())
}

impl Remote for Bucket {
    fn name(&self) -> &str {
        &self.name
    }

    fn list(&self, folder: &str) -> io::Result<Vec<(String, u64)>> {
        let place = self.place(folder)?;
        let found = self.wait(self.store.list_with_delimiter(Some(&place))).map_err(|e| failed(&e))?;
        Ok(found.objects.into_iter().filter_map(|o| Some((o.location.filename()?.to_string(), o.size))).collect())
    }

    fn read(&self, path: &str, from: u64, len: u64) -> io::Result<Vec<u8>> {
        if len == 0 {
            return Ok(Vec::new());
        }
        let place = self.place(path)?;
        let got = self.wait(self.store.get_range(&place, from..from.saturating_add(len)));
        match got {
            Ok(bytes) if bytes.len() as u64 == len => Ok(bytes.to_vec()),
            Ok(_) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(e) if is_short(&e) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(e) => Err(failed(&e)),
        }
    }

    fn put(&self, path: &str, bytes: Vec<u8>, over: bool) -> io::Result<bool> {
        let (place, len) = (self.place(path)?, bytes.len() as u64);
        let bytes = PutPayload::from(bytes);
        if !over && !self.put_new(&place, &bytes).map_err(|e| failed(&e))? {
            let there = self.wait(self.store.head(&place)).map_err(|e| failed(&e))?;
            if there.size == len {
                return Ok(false);
            }
        } else if !over {
            return Ok(true);
        }
        self.wait(self.store.put(&place, bytes)).map(|_| true).map_err(|e| failed(&e))
    }
}

/// Whether a server says that it does not know the condition of a write.
fn is_unknown(e: &Error) -> bool {
    matches!(e, Error::NotImplemented { .. } | Error::NotSupported { .. })
        || e.to_string().contains("501 Not Implemented")
}

/// Whether a file ends before what was asked for.
fn is_short(e: &Error) -> bool {
    e.to_string().contains("416 Range Not Satisfiable")
}

fn failed(e: &Error) -> io::Error {
    let kind = if matches!(e, Error::NotFound { .. }) { io::ErrorKind::NotFound } else { io::ErrorKind::Other };
    io::Error::new(kind, said(e))
}

/// What went wrong, on one line. Servers repeat what they were sent when a signature does not fit: that is not told.
fn said(e: &Error) -> String {
    let say = match e {
        Error::NotFound { .. } => "there is no such object".into(),
        Error::PermissionDenied { .. } => "the credentials do not allow it".into(),
        Error::Unauthenticated { .. } => "the credentials are missing or not accepted".into(),
        other => {
            // around it stand addresses and times
            let mut inner: &dyn std::error::Error = other;
            while let Some(source) = inner.source() {
                inner = source;
            }
            inner.to_string()
        }
    };
    let say = say.split("<AWSAccessKeyId").next().unwrap_or_default();
    say.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SAID).collect()
}
