//! How the client of buckets asks: blocking, by the same program as `tamis update`, so that no second one is in the tree. The
//! user named the address; it is encrypted, or of this machine, or the user says that it need not be.
use object_store::client::{
    ClientConfigKey, ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpResponseBody, HttpService,
};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use ureq::http::{Method, Request, Uri};

/// Seconds that a connection and the head of an answer may take, and a pause within one.
const SECONDS: u64 = 30;
/// Bytes of an answer: what is asked for is bounded before.
const ANSWER_MAX: u64 = 1 << 30;

#[derive(Debug)]
pub(super) struct Wire;

impl HttpConnector for Wire {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let plain = options.get_config_value(&ClientConfigKey::AllowHttp).as_deref() == Some("true");
        let seconds = Some(Duration::from_secs(SECONDS));
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_resolve(seconds)
            .timeout_connect(seconds)
            .timeout_recv_response(seconds)
            .timeout_per_read(seconds)
            .timeout_per_write(seconds)
            .build();
        Ok(HttpClient::new(Asker { agent: config.new_agent(), plain }))
    }
}

#[derive(Debug)]
struct Asker {
    agent: ureq::Agent,
    /// Whether an address may be asked without encryption.
    plain: bool,
}

impl HttpService for Asker {
    fn call<'s, 'f>(
        &'s self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'f>>
    where
        's: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = http_body_util::BodyExt::collect(body).await?.to_bytes();
            self.ask(Request::from_parts(parts, body.to_vec()))
        })
    }
}

impl Asker {
    fn ask(&self, request: Request<Vec<u8>>) -> Result<HttpResponse, HttpError> {
        if !self.plain && !is_guarded(request.uri()) {
            let why = "the address is not encrypted; AWS_ALLOW_HTTP=true lets it be asked nevertheless";
            return Err(HttpError::new(HttpErrorKind::Unknown, std::io::Error::other(why)));
        }
        let sends = matches!(*request.method(), Method::PUT | Method::POST);
        let answer = if sends { self.agent.run(request) } else { self.agent.run(request.map(drop)) };
        let (parts, body) = answer.map_err(|e| HttpError::new(kind(&e), e))?.into_parts();
        let bytes = body.into_with_config().limit(ANSWER_MAX).read_to_vec();
        let bytes = bytes.map_err(|e| HttpError::new(HttpErrorKind::Request, e))?;
        Ok(HttpResponse::from_parts(parts, HttpResponseBody::from(bytes)))
    }
}

/// Whether nobody else can listen: the connection is encrypted, or stays on this machine.
fn is_guarded(uri: &Uri) -> bool {
    let own = |host: &str| {
        let bare = host.trim_matches(['[', ']']);
        bare.eq_ignore_ascii_case("localhost") || bare.parse::<std::net::IpAddr>().is_ok_and(|a| a.is_loopback())
    };
    uri.scheme_str() == Some("https") || uri.host().is_some_and(own)
}

/// What kind of failure it is: those of connections are tried again. A write may be, too: names are digests of contents, so that
/// who writes twice, not knowing that it came the first time, writes the same.
fn kind(e: &ureq::Error) -> HttpErrorKind {
    match e {
        ureq::Error::Timeout(_) => HttpErrorKind::Timeout,
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => HttpErrorKind::Connect,
        ureq::Error::Io(e) if e.kind() == std::io::ErrorKind::ConnectionRefused => HttpErrorKind::Connect,
        ureq::Error::Io(_) => HttpErrorKind::Request,
        _ => HttpErrorKind::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_neither_encrypted_nor_of_this_machine_is_not_asked() {
        let guarded = |uri: &str| is_guarded(&uri.parse::<Uri>().unwrap());
        for uri in ["https://bucket.example/x", "http://localhost:9000/x", "http://127.0.0.9/", "http://[::1]:9/x"] {
            assert!(guarded(uri), "{uri}");
        }
        for uri in ["http://bucket.example/x", "http://10.0.0.1/", "http://localhost.example/", "http://[2001:db8::1]/"]
        {
            assert!(!guarded(uri), "{uri}");
        }
    }
}
