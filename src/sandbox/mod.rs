//! The sandbox: NetSuite and WizCommerce, simulated, so that everything can be tried and tested without an account.
//!
//! Both simulators are strict readings of the two contracts and share no code with the clients; all they know of netwiz is
//! the transport they are plugged into ([`InProcess`]). [`World`] holds the two systems' data, [`Running`] serves them on
//! loopback from a thread of its own.

pub mod courier;
pub mod endpoint;
pub mod exchange;
pub mod faults;
pub mod netsuite;
pub mod seed;
pub mod wizcommerce;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use courier::Courier;
use endpoint::{Clock, Conditions, Endpoint};
use exchange::{Delivery, Remote};
use faults::Faults;

/// The data of both systems.
pub struct World {
    /// The ERP.
    pub netsuite: Arc<netsuite::NetSuite>,
    /// The commerce platform.
    pub wizcommerce: Arc<wizcommerce::WizCommerce>,
    clock: Clock,
}

/// How both systems are set up.
#[derive(Default)]
pub struct Setup {
    /// The NetSuite account.
    pub netsuite: netsuite::Settings,
    /// The WizCommerce tenant.
    pub wizcommerce: wizcommerce::Settings,
}

/// Gives the two database files of a sandbox that is kept in a folder.
pub fn files(folder: &Path) -> [PathBuf; 2] {
    [folder.join("sandbox-netsuite.db"), folder.join("sandbox-wizcommerce.db")]
}

impl World {
    /// Opens the data kept in a folder, or an empty world in memory.
    ///
    /// # Errors
    ///
    /// Says in words what is wrong with the files.
    pub fn open(folder: Option<&Path>, setup: Setup, clock: Clock) -> Result<Self, String> {
        let paths = folder.map(files);
        let [netsuite, wizcommerce] = match &paths {
            Some([netsuite, wizcommerce]) => [Some(netsuite.as_path()), Some(wizcommerce.as_path())],
            None => [None, None],
        };
        Ok(Self {
            netsuite: Arc::new(netsuite::NetSuite::open(netsuite, setup.netsuite)?),
            wizcommerce: Arc::new(wizcommerce::WizCommerce::open(wizcommerce, setup.wizcommerce)?),
            clock,
        })
    }

    /// Makes a world in memory that begins as this one is now: thousands of histories start from one that was filled once.
    ///
    /// # Errors
    ///
    /// Says in words what cannot be set up or copied.
    pub fn copy(&self, setup: Setup, clock: Clock) -> Result<Self, String> {
        Ok(Self {
            netsuite: Arc::new(self.netsuite.copy(setup.netsuite)?),
            wizcommerce: Arc::new(self.wizcommerce.copy(setup.wizcommerce)?),
            clock,
        })
    }

    /// Tells whether nothing was seeded yet.
    pub fn is_empty(&self) -> bool {
        let items = self
            .netsuite
            .with_database(|database| database.query_row("select count(*) from item", [], |row| row.get::<_, i64>(0)));
        items.unwrap_or(0) == 0
    }

    /// Fills an empty world with the seed: always the same for the same number of items.
    ///
    /// # Errors
    ///
    /// Says in words what could not be written, or that the world is not empty.
    pub fn seed(&self, items: usize, problems: bool) -> Result<(), String> {
        self.fill(&seed::Catalogue { items, orders: None, problems, now: (self.clock)() })
    }

    /// Fills an empty world with a seed of any shape.
    ///
    /// # Errors
    ///
    /// Says in words what could not be written, or that the world is not empty.
    pub fn fill(&self, catalogue: &seed::Catalogue) -> Result<(), String> {
        self.netsuite.with_database(|database| seed::netsuite(database, catalogue))?;
        let lists = seed::price_lists();
        let lists: Vec<(&str, &str, &str)> = lists.iter().map(|list| (list.reference_id, list.name, list.currency)).collect();
        self.wizcommerce.seed_price_lists(&lists, catalogue.now)?;
        let born = self.netsuite.with_database(|database| seed::wizcommerce(database, catalogue))?;
        self.wizcommerce.seed(&born, catalogue.now)
    }

    /// Changes a record of an entity in NetSuite, as its people would, and gives the ids that were touched.
    ///
    /// # Errors
    ///
    /// Names an entity that is not edited in NetSuite, or says what there is nothing left of to edit.
    pub fn news(&self, entity: &str) -> Result<Vec<String>, String> {
        let now = (self.clock)();
        self.netsuite.with_database(|database| seed::news::news(database, now, entity))
    }

    /// Gives what carries WizCommerce's webhooks; `None` when nobody subscribed to them.
    ///
    /// # Errors
    ///
    /// Says in words why they cannot go where they are to go.
    pub fn courier(&self) -> Result<Option<Courier>, String> {
        Courier::new(Arc::clone(&self.wizcommerce), Arc::clone(&self.clock))
    }

    /// Puts both systems behind the conditions of a network, each knowing the other so that scripted edits reach it.
    pub fn endpoints(&self, netsuite: Conditions, wizcommerce: Conditions, faults: Arc<Faults>) -> [Arc<Endpoint>; 2] {
        let remotes: [Arc<dyn Remote>; 2] =
            [Arc::clone(&self.netsuite) as Arc<dyn Remote>, Arc::clone(&self.wizcommerce) as Arc<dyn Remote>];
        [(0, netsuite), (1, wizcommerce)].map(|(at, conditions)| {
            let endpoint = Endpoint::new(Arc::clone(&remotes[at]), conditions, Arc::clone(&faults), Arc::clone(&self.clock));
            Arc::new(endpoint.with_others(remotes.iter().map(Arc::clone).collect()))
        })
    }
}

/// Puts everything one database holds in the place of what another holds.
fn copy_database(from: &rusqlite::Connection, into: &mut rusqlite::Connection) -> Result<(), String> {
    let copied =
        rusqlite::backup::Backup::new(from, into).and_then(|backup| backup.run_to_completion(10_000, Duration::ZERO, None));
    copied.map_err(|error| format!("the sandbox cannot be copied: {error}"))
}

/// Both simulators, serving on loopback until this is dropped.
pub struct Running {
    /// Scheme, host and port of NetSuite.
    pub netsuite_url: String,
    /// Scheme, host and port of WizCommerce.
    pub wizcommerce_url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Serves two endpoints on the given ports of the loopback address; 0 picks a free one.
    ///
    /// # Errors
    ///
    /// Names the port that cannot be had.
    pub fn start(endpoints: [Arc<Endpoint>; 2], ports: [u16; 2]) -> Result<Self, String> {
        Self::start_with(endpoints, ports, None)
    }

    /// Does the same and, beside it, carries webhooks.
    ///
    /// # Errors
    ///
    /// Names the port that cannot be had.
    pub fn start_with(endpoints: [Arc<Endpoint>; 2], ports: [u16; 2], courier: Option<Courier>) -> Result<Self, String> {
        let listen = |port: u16| {
            let listener = std::net::TcpListener::bind(("127.0.0.1", port))
                .map_err(|error| format!("port {port} cannot be had: {error}"))?;
            listener.set_nonblocking(true).map_err(|error| error.to_string())?;
            let address = listener.local_addr().map_err(|error| error.to_string())?;
            Ok::<_, String>((listener, format!("http://{address}")))
        };
        let (netsuite, netsuite_url) = listen(ports[0])?;
        let (wizcommerce, wizcommerce_url) = listen(ports[1])?;
        let (stop, stopped) = oneshot::channel::<()>();
        let [netsuite_endpoint, wizcommerce_endpoint] = endpoints;
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| format!("no runtime: {error}"))?;
        let thread = std::thread::spawn(move || {
            runtime.block_on(async move {
                let (Ok(netsuite), Ok(wizcommerce)) = (TcpListener::from_std(netsuite), TcpListener::from_std(wizcommerce))
                else {
                    return;
                };
                let both = async {
                    tokio::join!(
                        endpoint::serve(netsuite_endpoint, netsuite, std::future::pending::<()>()),
                        endpoint::serve(wizcommerce_endpoint, wizcommerce, std::future::pending::<()>()),
                        async {
                            if let Some(courier) = courier {
                                courier.run().await;
                            }
                        },
                    )
                };
                tokio::select! {
                    _ = stopped => {}
                    _ = both => {}
                }
            });
        });
        Ok(Self { netsuite_url, wizcommerce_url, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may have ended by itself.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A simulator called in process, as a transport of netwiz: no socket, so time can be paused.
pub struct InProcess {
    endpoint: Arc<Endpoint>,
}

impl InProcess {
    /// Plugs an endpoint in.
    pub fn new(endpoint: Arc<Endpoint>) -> Self {
        Self { endpoint }
    }

    async fn exchange(&self, request: crate::http::Request) -> Result<crate::http::Response, crate::http::Lost> {
        let (scheme, rest) = request.url.split_once("://").unwrap_or(("https", request.url.as_str()));
        let (host, target) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let mut headers = vec![("host".to_owned(), host.to_owned()), ("x-forwarded-proto".to_owned(), scheme.to_owned())];
        headers.extend(request.headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)));
        let request = exchange::Request {
            method: request.method.name().to_owned(),
            target: target.to_owned(),
            headers,
            body: request.body.unwrap_or_default(),
        };
        match self.endpoint.exchange(request).await {
            Delivery::Whole(reply) => {
                Ok(crate::http::Response { status: reply.status, headers: reply.headers, body: reply.body })
            }
            Delivery::Truncated(..) => Err(crate::http::Lost::Unknown("the answer ended early".into())),
            Delivery::Cut => Err(crate::http::Lost::Unknown("the connection was cut".into())),
        }
    }
}

impl crate::http::Transport for InProcess {
    fn send<'a>(
        &'a self,
        request: crate::http::Request,
    ) -> Pin<Box<dyn Future<Output = Result<crate::http::Response, crate::http::Lost>> + 'a>> {
        Box::pin(self.exchange(request))
    }
}

/// Conditions with a latency and a limit of requests in flight.
pub fn conditions(latency: Duration, concurrency_limit: Option<usize>) -> Conditions {
    Conditions { latency, concurrency_limit }
}

/// The system's clock.
pub fn system_clock() -> Clock {
    #[expect(clippy::disallowed_methods, reason = "the sandbox's servers live in real time")]
    Arc::new(Timestamp::now)
}
