//! netwiz keeps NetSuite and WizCommerce in step from the command line.
//!
//! ```text
//!             one batch, one direction, no turning back
//! NetSuite rows -> records -> [resolve] -> map -> plan -> intend -> apply -> commit
//!    netsuite                   state     entities  sync   state  wizcommerce  state
//!                             one read      pure    pure  one write          one write
//! ```
//!
//! | step | does |
//! | --- | --- |
//! | find | names the heads to look at: by stamp, by block checksum, by id, or all of them in ranges |
//! | read | reads a batch of heads whole, with their detail rows |
//! | resolve | reads the links of the batch and of what it refers to; looks records without a link up on the target |
//! | map | turns rows into what the record should be, or a rejection with its reason; no I/O |
//! | plan | compares that with the link: create, adopt, update, unchanged; a dry run stops here |
//! | intend | notes the creates about to be sent, on the disk |
//! | apply | sends, a few side by side, one outcome per record |
//! | commit | links, fingerprints, rejections, closed intents in one transaction; the cursor last, when all is done |
//!
//! Reading is at-least-once, applying is repeatable, so every change takes effect once. A crash before *commit* replays the
//! batch. A create whose answer was lost leaves an open intent, and an open intent is looked up before anything is created.
//!
//! The modules, from the outside in:
//!
//! - [`cli`]: arguments, output, progress; the only part that knows a terminal exists.
//! - [`profile`]: puts a profile's clients and flows together from its settings.
//! - [`sync`]: the engine, the straight line above.
//! - [`entities`]: one file per entity: where its records come from and how they map.
//! - [`state`]: the state file: links, intents, cursors, checksums, rejections, runs, the lease.
//! - [`netsuite`] and [`wizcommerce`]: the two clients, which never see each other.
//! - [`webhooks`]: what WizCommerce tells by itself: is it genuine, and what does it ask for.
//! - [`http`]: transport, retry, the gate of requests in flight.
//! - [`config`]: settings, each with its origin, and secrets that cannot be shown.
//! - [`model`] and [`error`]: shared values; what an error means is one table.
//! - [`sandbox`]: both remote systems, simulated from their contracts; shares no code with the clients.

pub mod cli;
pub mod config;
pub mod entities;
pub mod error;
pub mod http;
pub mod model;
pub mod netsuite;
pub mod profile;
pub mod sandbox;
pub mod state;
pub mod sync;
pub mod webhooks;
pub mod wizcommerce;
