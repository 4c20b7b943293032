//! What stands between a caller and a simulated remote: latency, the limit of requests in flight, faults, and a log.
//!
//! [`Endpoint::exchange`] is the whole path of one request and is called in process or by [`serve`], which adds nothing but
//! HTTP/1.1 on a socket. Time comes from the given clock and from tokio's timer, so a paused runtime replays a history.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Sleep;

use crate::sandbox::exchange::{Delivery, Remote, Reply, Request};
use crate::sandbox::faults::{self, Action, Faults};

/// Rows the log keeps; the oldest go first.
const LOG_ROWS: usize = 200_000;
/// NetSuite takes requests of up to 104 MB; anything above is a mistake.
const REQUEST_BYTES: usize = 104 * 1024 * 1024;
/// How long a truncated body waits before the cut, so that what was announced as arriving has left the process.
const CUT_AFTER: Duration = Duration::from_millis(20);
/// How long the server waits after a failed accept, e.g. when the process is out of file handles.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Where the moment of a request comes from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The conditions under which an endpoint answers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Conditions {
    /// Time between arrival and execution.
    pub latency: Duration,
    /// How many requests may be in flight; one more is refused at once. `None` for any number.
    pub concurrency_limit: Option<usize>,
}

/// One request as the log keeps it, in order of arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// Number of the request since the endpoint was made, from 1.
    pub sequence: u64,
    /// Moment of arrival.
    pub at: Timestamp,
    /// Upper-case method.
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// Status of the answer; `None` while it is under way and when the connection was cut before it.
    pub status: Option<u16>,
    /// Requests in flight at arrival, this one included.
    pub in_flight: usize,
    /// Name of the fault that met it.
    pub fault: Option<&'static str>,
}

/// A simulated remote behind the conditions of a network.
pub struct Endpoint {
    remote: Arc<dyn Remote>,
    others: Vec<Arc<dyn Remote>>,
    conditions: Conditions,
    faults: Arc<Faults>,
    clock: Clock,
    book: Arc<Mutex<Book>>,
}

#[derive(Default)]
struct Book {
    rows: VecDeque<LogRow>,
    last: u64,
    in_flight: usize,
    highest: usize,
    refused: u64,
}

/// A request in flight; leaves the count when dropped, also when its caller gave up.
struct Passage {
    book: Arc<Mutex<Book>>,
    sequence: u64,
}

impl Endpoint {
    /// Puts a remote behind conditions and a script of faults.
    pub fn new(remote: Arc<dyn Remote>, conditions: Conditions, faults: Arc<Faults>, clock: Clock) -> Self {
        Self { remote, others: Vec::new(), conditions, faults, clock, book: Arc::default() }
    }

    /// Makes further remotes known, so that a fault met here can edit their worlds.
    #[must_use]
    pub fn with_others(mut self, others: Vec<Arc<dyn Remote>>) -> Self {
        self.others = others;
        self
    }

    /// Takes one request all the way; calls may overlap.
    ///
    /// A caller that drops the future during the latency has sent a request that never arrived.
    pub async fn exchange(&self, request: Request) -> Delivery {
        let Some(passage) = self.admit(&request) else {
            return Delivery::Whole(self.dated(self.remote.too_many(&request)));
        };
        let fault = self.faults.next(self.remote.name(), &request);
        if let Some(action) = &fault {
            passage.note_fault(action.name());
        }
        if let Some(Action::HoldMsThenExecute(wait)) = fault {
            self.execute_later(request, Duration::from_millis(wait));
            return Delivery::Cut;
        }
        pause(self.conditions.latency).await;
        let delivery = self.deliver(&request, fault).await;
        passage.note_status(&delivery);
        delivery
    }

    /// Gives the log, oldest row first.
    pub fn log(&self) -> Vec<LogRow> {
        lock(&self.book).rows.iter().cloned().collect()
    }

    /// Empties the log and its counts; requests in flight and the numbering go on.
    pub fn clear_log(&self) {
        let mut book = lock(&self.book);
        book.rows.clear();
        book.refused = 0;
        book.highest = book.in_flight;
    }

    /// Gives how many requests were refused for being too many.
    pub fn refused(&self) -> u64 {
        lock(&self.book).refused
    }

    /// Gives the largest number of requests that were in flight at once, refused ones not counted.
    pub fn highest_in_flight(&self) -> usize {
        lock(&self.book).highest
    }

    fn admit(&self, request: &Request) -> Option<Passage> {
        tracing::debug!(remote = self.remote.name(), method = request.method, target = request.target, "request");
        let at = (self.clock)();
        let mut book = lock(&self.book);
        book.last += 1;
        let sequence = book.last;
        let refused = self.conditions.concurrency_limit.is_some_and(|limit| book.in_flight >= limit);
        let in_flight = book.in_flight + 1;
        let status = refused.then_some(429);
        let row = LogRow {
            sequence,
            at,
            method: request.method.clone(),
            target: request.target.clone(),
            status,
            in_flight,
            fault: None,
        };
        if book.rows.len() == LOG_ROWS {
            book.rows.pop_front();
        }
        book.rows.push_back(row);
        if refused {
            book.refused += 1;
            return None;
        }
        book.in_flight = in_flight;
        book.highest = book.highest.max(in_flight);
        Some(Passage { book: Arc::clone(&self.book), sequence })
    }

    async fn deliver(&self, request: &Request, fault: Option<Action>) -> Delivery {
        let reply = match fault {
            None => self.execute(request),
            Some(Action::DelayMs(wait)) => {
                pause(Duration::from_millis(wait)).await;
                self.execute(request)
            }
            Some(Action::Reply { status, headers, body }) => {
                Reply { status, headers: headers.into_iter().collect(), body: body.into_bytes() }
            }
            Some(Action::LoseReply) => {
                self.execute(request);
                return Delivery::Cut;
            }
            // A held request never gets here; were it to, the caller must not see an answer.
            Some(Action::Cut | Action::HoldMsThenExecute(_)) => return Delivery::Cut,
            Some(Action::Truncate { bytes }) => {
                let reply = self.dated(self.execute(request));
                let bytes = bytes.min(reply.body.len());
                return Delivery::Truncated(reply, bytes);
            }
            Some(Action::Html) => faults::maintenance_page(),
            Some(Action::Empty) => faults::empty_answer(),
            Some(Action::Duplicate) => {
                self.execute(request);
                self.execute(request)
            }
            Some(Action::Edit { script, remote }) => match self.edit(&script, remote.as_deref()) {
                Ok(()) => self.execute(request),
                // A script that fails must not look like a healthy run.
                Err(reason) => Reply::new(500, "text/plain", format!("the fault script's edit failed: {reason}")),
            },
            Some(Action::TooMany) => self.remote.too_many(request),
            Some(Action::Garbage) => faults::broken_off(self.execute(request)),
            Some(Action::DeepJson) => faults::deep_answer(),
            Some(Action::Huge) => faults::huge_answer(),
        };
        Delivery::Whole(self.dated(reply))
    }

    fn execute(&self, request: &Request) -> Reply {
        self.remote.handle(request, (self.clock)())
    }

    fn execute_later(&self, request: Request, wait: Duration) {
        let (remote, clock) = (Arc::clone(&self.remote), Arc::clone(&self.clock));
        tokio::spawn(async move {
            pause(wait).await;
            remote.handle(&request, clock());
        });
    }

    fn edit(&self, script: &str, remote: Option<&str>) -> Result<(), String> {
        let name = remote.unwrap_or(self.remote.name());
        let mut known = std::iter::once(&self.remote).chain(&self.others);
        let world = known.find(|world| world.name() == name).ok_or_else(|| format!("no remote {name} is known here"))?;
        world.edit(script, (self.clock)())
    }

    /// Adds the `Date` header that every server sends, unless the reply has one.
    fn dated(&self, reply: Reply) -> Reply {
        if reply.header("date").is_some() {
            return reply;
        }
        let now = (self.clock)().to_zoned(TimeZone::UTC);
        reply.with_header("date", now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
    }
}

impl Book {
    fn row(&mut self, sequence: u64) -> Option<&mut LogRow> {
        let first = self.rows.front()?.sequence;
        let index = usize::try_from(sequence.checked_sub(first)?).ok()?;
        self.rows.get_mut(index)
    }
}

impl Passage {
    fn note_fault(&self, name: &'static str) {
        if let Some(row) = lock(&self.book).row(self.sequence) {
            row.fault = Some(name);
        }
    }

    fn note_status(&self, delivery: &Delivery) {
        let status = match delivery {
            Delivery::Whole(reply) | Delivery::Truncated(reply, _) => Some(reply.status),
            Delivery::Cut => None,
        };
        if let Some(row) = lock(&self.book).row(self.sequence) {
            row.status = status;
        }
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        let mut book = lock(&self.book);
        book.in_flight = book.in_flight.saturating_sub(1);
    }
}

fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn pause(wait: Duration) {
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}

/// Serves an endpoint over HTTP/1.1 until `stop` completes; open connections are then cut.
pub async fn serve(endpoint: Arc<Endpoint>, listener: TcpListener, stop: impl Future) {
    let mut stop = pin!(stop);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stop => return,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => { connections.spawn(converse(Arc::clone(&endpoint), stream)); }
                Err(_) => pause(ACCEPT_PAUSE).await,
            }
        }
    }
}

async fn converse(endpoint: Arc<Endpoint>, stream: TcpStream) {
    // Small answers must not wait for the next packet; a socket that refuses the option still works.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(Arc::clone(&endpoint), request));
    // The simulators send the date of their own clock.
    let connection =
        http1::Builder::new().timer(TokioTimer::new()).auto_date_header(false).serve_connection(TokioIo::new(stream), service);
    // An error here is a caller that went away or a cut that was asked for.
    let _ = connection.await;
}

async fn answer(endpoint: Arc<Endpoint>, request: hyper::Request<Incoming>) -> Result<hyper::Response<Payload>, io::Error> {
    let (head, body) = request.into_parts();
    let target = head.uri.path_and_query().map_or_else(|| head.uri.path().to_owned(), |target| target.as_str().to_owned());
    let headers = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let body = match Limited::new(body, REQUEST_BYTES).collect().await {
        Ok(body) => body.to_bytes().to_vec(),
        Err(error) if error.is::<LengthLimitError>() => return response(Reply::new(413, "text/plain", "too large"), None),
        Err(_) => return Err(cut("the caller went away")),
    };
    match endpoint.exchange(Request { method: head.method.as_str().to_owned(), target, headers, body }).await {
        Delivery::Whole(reply) => response(reply, None),
        // An answer without a body has nothing to break off; the cut alone remains.
        Delivery::Truncated(reply, _) if reply.body.is_empty() => Err(cut("the answer is cut")),
        Delivery::Truncated(reply, bytes) => response(reply, Some(bytes)),
        Delivery::Cut => Err(cut("the connection is cut")),
    }
}

fn response(reply: Reply, cut_after: Option<usize>) -> Result<hyper::Response<Payload>, io::Error> {
    let mut builder = hyper::Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        builder = builder.header(name, value);
    }
    let announced = reply.body.len() as u64;
    let mut bytes = Bytes::from(reply.body);
    if let Some(kept) = cut_after {
        bytes.truncate(kept);
    }
    let payload = Payload { bytes: Some(bytes), announced, cut: cut_after.map(|_| Box::pin(tokio::time::sleep(CUT_AFTER))) };
    builder.body(payload).map_err(io::Error::other)
}

fn cut(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, reason)
}

/// A body that announces its whole length and may break before it.
struct Payload {
    bytes: Option<Bytes>,
    announced: u64,
    cut: Option<Pin<Box<Sleep>>>,
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(bytes) = self.bytes.take().filter(|bytes| !bytes.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        let Some(wait) = &mut self.cut else {
            return Poll::Ready(None);
        };
        // The server flushes what it holds only while the body has nothing to give.
        ready!(wait.as_mut().poll(context));
        Poll::Ready(Some(Err(cut("the answer is cut"))))
    }

    fn is_end_stream(&self) -> bool {
        self.cut.is_none() && self.bytes.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::oneshot;

    use super::*;

    /// A remote that counts: the body of an answer is how often it was executed.
    #[derive(Default)]
    struct Counter {
        executed: AtomicU64,
        edits: Mutex<Vec<String>>,
    }

    impl Remote for Counter {
        fn name(&self) -> &'static str {
            "wizcommerce"
        }

        fn handle(&self, request: &Request, _now: Timestamp) -> Reply {
            let count = self.executed.fetch_add(1, Ordering::SeqCst) + 1;
            Reply::new(200, "application/json", format!(r#"{{"count":{count},"bytes":{}}}"#, request.body.len()))
        }

        fn too_many(&self, _request: &Request) -> Reply {
            Reply::new(429, "application/json", "{}")
        }

        fn edit(&self, script: &str, _now: Timestamp) -> Result<(), String> {
            if script == "wrong" {
                return Err("no such record".to_owned());
            }
            self.edits.lock().unwrap().push(script.to_owned());
            Ok(())
        }
    }

    fn fixed_clock() -> Clock {
        Arc::new(|| "2026-03-04T05:06:07Z".parse().unwrap())
    }

    fn endpoint(conditions: Conditions, script: &str) -> (Arc<Counter>, Arc<Endpoint>) {
        let remote = Arc::new(Counter::default());
        let faults = Arc::new(Faults::from_json(&format!(r#"{{"faults":[{script}]}}"#)).unwrap());
        let shared: Arc<dyn Remote> = Arc::clone(&remote) as Arc<dyn Remote>;
        (remote, Arc::new(Endpoint::new(shared, conditions, faults, fixed_clock())))
    }

    fn one_fault(action: &str) -> (Arc<Counter>, Arc<Endpoint>) {
        endpoint(Conditions::default(), &format!(r#"{{"remote":"wizcommerce","do":{action}}}"#))
    }

    fn request() -> Request {
        Request { method: "POST".into(), target: "/v1/x?a=%20".into(), headers: vec![], body: b"abc".to_vec() }
    }

    fn whole(delivery: Delivery) -> Reply {
        match delivery {
            Delivery::Whole(reply) => reply,
            other => panic!("not whole: {other:?}"),
        }
    }

    fn executed(remote: &Counter) -> u64 {
        remote.executed.load(Ordering::SeqCst)
    }

    #[tokio::test]
    async fn refusing_faults_execute_nothing() {
        for (action, status, start) in [
            (r#"{"reply":{"status":503,"headers":{"retry-after":"3"},"body":"busy"}}"#, 503, "busy"),
            (r#""html""#, 200, "<!DOCTYPE html>"),
            (r#""empty""#, 200, ""),
            (r#""too_many""#, 429, "{}"),
            (r#""deep_json""#, 200, r#"{"data":[[["#),
            (r#""huge""#, 200, r#"{"data":"xx"#),
        ] {
            let (remote, endpoint) = one_fault(action);
            let reply = whole(endpoint.exchange(request()).await);
            assert_eq!(reply.status, status, "{action}");
            assert!(reply.body.starts_with(start.as_bytes()), "{action}");
            assert_eq!(reply.header("date"), Some("Wed, 04 Mar 2026 05:06:07 GMT"));
            assert_eq!(executed(&remote), 0, "{action}");
            assert_eq!(whole(endpoint.exchange(request()).await).body, br#"{"count":1,"bytes":3}"#);
        }
    }

    #[tokio::test]
    async fn cutting_faults_differ_in_what_was_executed() {
        for (action, times) in [(r#""cut""#, 0), (r#""lose_reply""#, 1)] {
            let (remote, endpoint) = one_fault(action);
            assert!(matches!(endpoint.exchange(request()).await, Delivery::Cut), "{action}");
            assert_eq!(executed(&remote), times, "{action}");
            assert_eq!(endpoint.log()[0].status, None);
        }
        let (remote, endpoint) = one_fault(r#"{"truncate":{"bytes":4}}"#);
        assert!(matches!(endpoint.exchange(request()).await, Delivery::Truncated(reply, 4) if reply.status == 200));
        assert_eq!(executed(&remote), 1);
    }

    #[tokio::test]
    async fn executing_faults_change_the_answer_or_the_world() {
        let (remote, endpoint) = one_fault(r#""duplicate""#);
        assert_eq!(whole(endpoint.exchange(request()).await).body, br#"{"count":2,"bytes":3}"#);
        assert_eq!(executed(&remote), 2);

        let (remote, endpoint) = one_fault(r#""garbage""#);
        let reply = whole(endpoint.exchange(request()).await);
        assert!(serde_json::from_slice::<serde_json::Value>(&reply.body).is_err());
        assert_eq!((reply.status, executed(&remote)), (200, 1));

        let (remote, endpoint) = one_fault(r#"{"edit":{"script":"change","remote":"wizcommerce"}}"#);
        assert_eq!(whole(endpoint.exchange(request()).await).status, 200);
        assert_eq!(*remote.edits.lock().unwrap(), ["change"]);

        for action in [r#"{"edit":{"script":"wrong"}}"#, r#"{"edit":{"script":"x","remote":"netsuite"}}"#] {
            let (remote, endpoint) = one_fault(action);
            assert_eq!(whole(endpoint.exchange(request()).await).status, 500, "{action}");
            assert_eq!(executed(&remote), 0);
        }
    }

    #[tokio::test]
    async fn an_edit_reaches_another_world() {
        struct Other(Arc<Counter>);
        impl Remote for Other {
            fn name(&self) -> &'static str {
                "netsuite"
            }
            fn handle(&self, request: &Request, now: Timestamp) -> Reply {
                self.0.handle(request, now)
            }
            fn too_many(&self, request: &Request) -> Reply {
                self.0.too_many(request)
            }
            fn edit(&self, script: &str, now: Timestamp) -> Result<(), String> {
                self.0.edit(script, now)
            }
        }
        let other = Arc::new(Counter::default());
        let faults = r#"{"faults":[{"remote":"wizcommerce","do":{"edit":{"script":"there","remote":"netsuite"}}}]}"#;
        let faults = Arc::new(Faults::from_json(faults).unwrap());
        let endpoint = Endpoint::new(Arc::new(Counter::default()), Conditions::default(), faults, fixed_clock())
            .with_others(vec![Arc::new(Other(Arc::clone(&other)))]);
        assert_eq!(whole(endpoint.exchange(request()).await).status, 200);
        assert_eq!(*other.edits.lock().unwrap(), ["there"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_held_request_is_executed_after_its_caller_is_gone() {
        let (remote, endpoint) = one_fault(r#"{"hold_ms_then_execute":5000}"#);
        let start = tokio::time::Instant::now();
        assert!(matches!(endpoint.exchange(request()).await, Delivery::Cut));
        assert_eq!((start.elapsed(), executed(&remote)), (Duration::ZERO, 0));
        tokio::time::sleep(Duration::from_millis(5001)).await;
        assert_eq!(executed(&remote), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn latency_and_delay_pass_on_a_paused_clock() {
        let conditions = Conditions { latency: Duration::from_secs(2), concurrency_limit: None };
        let (remote, endpoint) = endpoint(conditions, r#"{"remote":"wizcommerce","do":{"delay_ms":3000}}"#);
        let start = tokio::time::Instant::now();
        assert_eq!(whole(endpoint.exchange(request()).await).status, 200);
        assert_eq!(start.elapsed(), Duration::from_secs(5));
        assert_eq!(executed(&remote), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn one_request_too_many_is_refused_at_once() {
        let conditions = Conditions { latency: Duration::from_secs(1), concurrency_limit: Some(2) };
        let (remote, endpoint) = endpoint(conditions, "");
        let start = tokio::time::Instant::now();
        let timed = || async {
            let reply = whole(endpoint.exchange(request()).await);
            (reply.status, start.elapsed())
        };
        let (first, second, third, fourth) = tokio::join!(timed(), timed(), timed(), timed());
        let second_long = Duration::from_secs(1);
        assert_eq!((first, second), ((200, second_long), (200, second_long)));
        assert_eq!((third, fourth), ((429, Duration::ZERO), (429, Duration::ZERO)));
        assert_eq!((executed(&remote), endpoint.refused(), endpoint.highest_in_flight()), (2, 2, 2));
        let seen: Vec<(u64, Option<u16>, usize)> =
            endpoint.log().iter().map(|row| (row.sequence, row.status, row.in_flight)).collect();
        assert_eq!(seen, [(1, Some(200), 1), (2, Some(200), 2), (3, Some(429), 3), (4, Some(429), 3)]);
        endpoint.clear_log();
        assert_eq!((endpoint.log().len(), endpoint.refused(), endpoint.highest_in_flight()), (0, 0, 0));
        assert_eq!(whole(endpoint.exchange(request()).await).status, 200);
        assert_eq!(endpoint.log()[0].sequence, 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_gives_up_frees_its_place() {
        let conditions = Conditions { latency: Duration::from_secs(9), concurrency_limit: Some(1) };
        let (remote, endpoint) = endpoint(conditions, "");
        assert!(tokio::time::timeout(Duration::from_secs(1), endpoint.exchange(request())).await.is_err());
        assert_eq!(whole(endpoint.exchange(request()).await).status, 200);
        assert_eq!((executed(&remote), endpoint.refused()), (1, 0));
    }

    /// Starts a server and gives its address and the sender that stops it.
    async fn served(endpoint: Arc<Endpoint>) -> (std::net::SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(serve(endpoint, listener, stopped));
        (address, stop, server)
    }

    const RAW: &[u8] = b"POST /v1/x?a=%20b HTTP/1.1\r\nhost: h\r\nX-API-Key: k\r\ncontent-length: 3\r\n\r\nabc";

    async fn raw_answer(address: std::net::SocketAddr) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(RAW).await.unwrap();
        let mut answer = Vec::new();
        // A reset is as good a cut as an orderly end.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    }

    #[tokio::test]
    async fn serves_several_requests_on_one_connection_until_stopped() {
        let (remote, endpoint) = endpoint(Conditions::default(), "");
        let (address, stop, server) = served(Arc::clone(&endpoint)).await;
        let client = reqwest::Client::new();
        let large = vec![b'x'; 3_000_000];
        for (count, body) in [(1, b"abc".to_vec()), (2, Vec::new()), (3, large)] {
            let bytes = body.len();
            let answer = client.post(format!("http://{address}/v1/x?a=%20b")).body(body).send().await.unwrap();
            assert_eq!(answer.headers()["date"], "Wed, 04 Mar 2026 05:06:07 GMT");
            assert_eq!(answer.text().await.unwrap(), format!(r#"{{"count":{count},"bytes":{bytes}}}"#));
        }
        assert_eq!(endpoint.log()[0].target, "/v1/x?a=%20b");
        assert_eq!(executed(&remote), 3);
        stop.send(()).unwrap();
        server.await.unwrap();
        assert!(client.get(format!("http://{address}/")).send().await.is_err());
    }

    #[tokio::test]
    async fn a_cut_sends_no_byte() {
        let (remote, endpoint) = one_fault(r#""lose_reply""#);
        let (address, _stop, _server) = served(endpoint).await;
        assert_eq!(raw_answer(address).await, "");
        assert_eq!(executed(&remote), 1);
        let answer = reqwest::get(format!("http://{address}/")).await.unwrap();
        assert_eq!(answer.text().await.unwrap(), r#"{"count":2,"bytes":0}"#);
    }

    #[tokio::test]
    async fn a_truncated_answer_announces_more_than_it_brings() {
        for (bytes, tail) in [(9, "\r\n\r\n{\"count\":"), (0, "\r\n\r\n")] {
            let (_, endpoint) = one_fault(&format!(r#"{{"truncate":{{"bytes":{bytes}}}}}"#));
            let (address, _stop, _server) = served(endpoint).await;
            let answer = raw_answer(address).await;
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
            assert!(answer.contains("content-length: 21\r\n"), "{answer}");
            assert!(answer.ends_with(tail), "{answer}");
        }
    }
}
