//! The tree of commands and flags. The doc comments are the help texts.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::Secret;

const EXIT_CODES: &str = "Exit codes:
  0  done, also when there was nothing to do
  1  failed for another reason, e.g. an unusable state file
  2  wrong usage
  3  finished, but some records were rejected or failed
  4  credentials or a permission missing, refused or lapsed
  5  a remote stayed unavailable; nothing is lost
  6  the configuration is invalid
  7  a person must decide
 10  with --dry-run --detailed-exitcode: there are changes
 11  another run holds the lock
130, 143  interrupted, terminated; what was complete is committed

Environment:
  Every flag has a variable, NETWIZ_ and its name: NETWIZ_DRY_RUN=1 is --dry-run, NETWIZ_PROFILE=acme
  is --profile acme. A flag wins over its variable. Secrets are never flags.";

/// Keep NetSuite and WizCommerce in step
#[derive(Debug, Parser)]
#[command(name = "netwiz", version, propagate_version = true, max_term_width = 100, after_long_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object per line
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Use this profile; `sandbox` needs no configuration
    #[arg(short, long, global = true, env = "NETWIZ_PROFILE", value_name = "NAME", help_heading = "Everywhere")]
    pub(crate) profile: Option<String>,
    /// Read the configuration from this file or folder
    #[arg(long, global = true, env = "NETWIZ_CONFIG", value_name = "PATH", help_heading = "Everywhere")]
    pub(crate) config: Option<PathBuf>,
    /// Keep the state in this file
    #[arg(long, global = true, env = "NETWIZ_STATE", value_name = "FILE", help_heading = "Everywhere")]
    pub(crate) state: Option<PathBuf>,
    /// Print one JSON document on stdout
    #[arg(long, global = true, env = "NETWIZ_JSON", value_parser = BoolishValueParser::new(), help_heading = "Everywhere")]
    pub(crate) json: bool,
    /// Print nothing on success
    #[arg(short, long, global = true, env = "NETWIZ_QUIET", value_parser = BoolishValueParser::new(), help_heading = "Everywhere")]
    pub(crate) quiet: bool,
    /// Log more: -v what happens, -vv every request
    #[arg(short, long, global = true, env = "NETWIZ_VERBOSE", action = clap::ArgAction::Count, help_heading = "Everywhere")]
    pub(crate) verbose: u8,
    /// When to use colours
    #[arg(
        long,
        global = true,
        env = "NETWIZ_COLOR",
        value_enum,
        default_value_t,
        value_name = "WHEN",
        help_heading = "Everywhere"
    )]
    pub(crate) color: Color,
    /// Show no progress
    #[arg(long, global = true, env = "NETWIZ_NO_PROGRESS", value_parser = BoolishValueParser::new(), help_heading = "Everywhere")]
    pub(crate) no_progress: bool,
    /// Never ask anything
    #[arg(long, global = true, env = "NETWIZ_NO_INPUT", value_parser = BoolishValueParser::new(), help_heading = "Everywhere")]
    pub(crate) no_input: bool,
    /// Answer every question with yes
    #[arg(short, long, global = true, env = "NETWIZ_YES", value_parser = BoolishValueParser::new(), help_heading = "Everywhere")]
    pub(crate) yes: bool,
    /// The form of log lines
    #[arg(
        long,
        global = true,
        env = "NETWIZ_LOG_FORMAT",
        value_enum,
        default_value_t,
        value_name = "FORM",
        help_heading = "Everywhere"
    )]
    pub(crate) log_format: LogFormat,
    /// Append the log to this file
    #[arg(long, global = true, env = "NETWIZ_LOG_FILE", value_name = "FILE", help_heading = "Everywhere")]
    pub(crate) log_file: Option<PathBuf>,
    /// Write a Prometheus text file after a run
    #[arg(long, global = true, env = "NETWIZ_METRICS_FILE", value_name = "FILE", help_heading = "Everywhere")]
    pub(crate) metrics_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Bring entities up to date, incrementally
    #[command(after_long_help = "Examples:
  netwiz sync all
  netwiz sync products inventory --dry-run
  netwiz sync inventory -q --if-locked skip     from cron")]
    Sync(SyncArguments),
    /// Bring records from NetSuite to WizCommerce
    #[command(after_long_help = "Examples:
  netwiz pull products --full
  netwiz pull product 2201 2202       these Internal IDs, now
  netwiz pull product --sku LAMP-ARC-BRS
  netwiz pull order --number SO1042 --linked     with its invoices, shipments and credit memos")]
    Pull(PullArguments),
    /// Bring records from WizCommerce to NetSuite
    #[command(after_long_help = "Examples:
  netwiz push orders
  netwiz push order 5f0c1f0e-0b1a-4a5e-9d0e-2f6d7c1a9b10      this id, now, with its customer
  netwiz push order --number W2001                            by the number people know")]
    Push(PushArguments),
    /// Check secrets, connections, clocks and permissions of both sides
    #[command(after_long_help = "Examples:
  netwiz verify-credentials
  netwiz verify-credentials netsuite --json")]
    VerifyCredentials(VerifyArguments),
    /// Show where every flow stands
    #[command(after_long_help = "Examples:
  netwiz status
  netwiz status --json

Exits with 3 when failures are open. Writes nothing.")]
    Status,
    /// List runs, or show one
    Runs(RunsArguments),
    /// List the records that did not arrive, and try them again
    Failures(FailuresArguments),
    /// Show and mend the Internal-ID map: which record there is which record here
    Map(MapArguments),
    /// Run a SuiteQL query and stream every row
    #[command(after_long_help = "Examples:
  netwiz query \"SELECT id, itemid FROM item\" --key id
  netwiz query \"SELECT id, name FROM location ORDER BY id\" --format csv

With --key, a unique numeric column of the result, the rows are read in parallel id ranges, past
NetSuite's limit of 100,000 rows, in the order of the key.")]
    Query(QueryArguments),
    /// Take WizCommerce's webhooks and push the records they name at once
    #[command(after_long_help = "Examples:
  netwiz listen
  netwiz listen --bind 127.0.0.1:9000 --log-format json --log-file netwiz.log

WizCommerce calls POST /webhooks, through a proxy that has the certificate; GET /health says how things
are. The secret shared with WizCommerce is NETWIZ_WIZCOMMERCE_WEBHOOK_SECRET. A webhook is stored before
it is answered. A sync of the same profile may run meanwhile; it then serves what webhooks ask for.")]
    Listen(ListenArguments),
    /// Print the SuiteScript that lets netwiz read saved searches
    #[command(after_long_help = "Example:
  netwiz restlet > netwiz_search.js

Upload the file, make a RESTlet of it with the ids customscript_netwiz_search and
customdeploy_netwiz_search, release the deployment and add the integration's role to its audience.
With --json, the name and the text of the script in one object.")]
    Restlet,
    /// Show or check the configuration
    Config(ConfigArguments),
    /// Run both remote systems, simulated, on this machine
    Sandbox(SandboxArguments),
    /// Print a completion script
    #[command(after_long_help = "Example:
  netwiz completions bash > ~/.local/share/bash-completion/completions/netwiz")]
    Completions(CompletionsArguments),
}

#[derive(Debug, Args)]
pub(crate) struct SyncArguments {
    /// Entities, singular or plural, or `all`
    #[arg(required = true, value_name = "ENTITY", value_parser = entity_names())]
    pub(crate) entities: Vec<String>,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

#[derive(Debug, Args)]
pub(crate) struct PullArguments {
    /// The entity, singular or plural
    #[arg(value_name = "ENTITY", value_parser = entity_names())]
    pub(crate) entity: String,
    /// Internal IDs; none: what changed
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// Name records by SKU
    #[arg(long, env = "NETWIZ_SKU", value_name = "SKU")]
    pub(crate) sku: Vec<String>,
    /// Name records by document number
    #[arg(long, env = "NETWIZ_NUMBER", value_name = "N")]
    pub(crate) number: Vec<String>,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

#[derive(Debug, Args)]
pub(crate) struct PushArguments {
    /// The entity, singular or plural
    #[arg(value_name = "ENTITY", value_parser = entity_names())]
    pub(crate) entity: String,
    /// WizCommerce ids; none: what changed
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// Name records by the number people know them by
    #[arg(long, env = "NETWIZ_NUMBER", value_name = "N")]
    pub(crate) number: Vec<String>,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// Read, map and compare, but write nothing anywhere
    #[arg(short = 'n', long, env = "NETWIZ_DRY_RUN", value_parser = BoolishValueParser::new())]
    pub(crate) dry_run: bool,
    /// Look at changes since 2026-03-01, or since 2d ago
    #[arg(long, env = "NETWIZ_SINCE", value_name = "TIME|DURATION")]
    pub(crate) since: Option<String>,
    /// Look at everything; the unchanged is still skipped
    #[arg(long, env = "NETWIZ_FULL", value_parser = BoolishValueParser::new())]
    pub(crate) full: bool,
    /// Stop after so many records; the cursor stays
    #[arg(long, env = "NETWIZ_LIMIT", value_name = "N")]
    pub(crate) limit: Option<u64>,
    /// Stop after more rejected records than this; the cursor stays
    #[arg(long, env = "NETWIZ_MAX_FAILURES", value_name = "N", hide_short_help = true)]
    pub(crate) max_failures: Option<u64>,
    /// Refuse to switch off more records than this
    #[arg(long, env = "NETWIZ_MAX_DEACTIVATE", value_name = "N|P%", default_value = "5%")]
    pub(crate) max_deactivate: String,
    /// Bring along what orders and documents are linked with
    #[arg(long, env = "NETWIZ_LINKED", value_parser = BoolishValueParser::new())]
    pub(crate) linked: bool,
    /// What to do while another run holds the lock: fail, skip, wait or wait=DURATION
    #[arg(long, env = "NETWIZ_IF_LOCKED", value_name = "WHAT")]
    pub(crate) if_locked: Option<String>,
    /// Write a JSON line per record to this file
    #[arg(long, env = "NETWIZ_REPORT", value_name = "FILE", hide_short_help = true)]
    pub(crate) report: Option<PathBuf>,
    /// With --dry-run: exit with 10 when there are changes
    #[arg(long, env = "NETWIZ_DETAILED_EXITCODE", value_parser = BoolishValueParser::new())]
    pub(crate) detailed_exitcode: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// Check one side only
    #[arg(value_enum)]
    pub(crate) side: Option<Side>,
}

/// One of the two remotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Side {
    /// NetSuite
    Netsuite,
    /// WizCommerce
    Wizcommerce,
}

#[derive(Debug, Args)]
pub(crate) struct RunsArguments {
    #[command(subcommand)]
    pub(crate) command: RunsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// List the latest runs
    List {
        /// How many
        #[arg(long, env = "NETWIZ_LIMIT", default_value_t = 20, value_name = "N")]
        limit: usize,
    },
    /// Show one run
    Show {
        /// The run's id, or its beginning
        #[arg(value_name = "RUN")]
        run: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct FailuresArguments {
    #[command(subcommand)]
    pub(crate) command: FailuresCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FailuresCommand {
    /// List the records that did not arrive
    List {
        /// Only those of one run
        #[arg(long, env = "NETWIZ_RUN", value_name = "RUN")]
        run: Option<String>,
    },
    /// Show one failure whole
    Show {
        /// Its number
        #[arg(value_name = "ID")]
        id: i64,
    },
    /// Try failures again now
    Retry {
        /// Their numbers
        #[arg(value_name = "ID", required_unless_present = "all")]
        ids: Vec<i64>,
        /// All of them
        #[arg(long, env = "NETWIZ_ALL", value_parser = BoolishValueParser::new())]
        all: bool,
    },
    /// Forget failures; the record is taken up again when it changes
    Dismiss {
        /// Their numbers
        #[arg(value_name = "ID", required = true)]
        ids: Vec<i64>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct MapArguments {
    #[command(subcommand)]
    pub(crate) command: MapCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MapCommand {
    /// Show how one record is linked
    #[command(after_long_help = "Examples:
  netwiz map show product LAMP-ARC-BRS      by SKU
  netwiz map show order SO1042              by the number of either side
  netwiz map show customer 617 --json       by Internal ID")]
    Show {
        /// The entity, singular or plural
        #[arg(value_name = "ENTITY", value_parser = entity_names())]
        entity: String,
        /// Internal ID, WizCommerce id, SKU, number, or external id
        #[arg(value_name = "KEY")]
        key: String,
    },
    /// Link two records by hand
    #[command(after_long_help = "Examples:
  netwiz map set customer 617 5f0c1f0e-0b1a-4a5e-9d0e-2f6d7c1a9b10
  netwiz map set order 10231 3b0e9a52-0f7c-4c1e-8f5e-8d5a52c7a001 --yes

The way out of `ambiguous_match` and `external_id_taken`. Both records must exist, and neither may be
linked with another one: remove such a link first with `netwiz map forget`. Nothing is written to
either side; stored failures of the record are tried again by the next run, which compares both.

Asks before it acts; --yes answers. Exits with 11 while another run is under way.")]
    Set {
        /// The entity, singular or plural
        #[arg(value_name = "ENTITY", value_parser = entity_names())]
        entity: String,
        /// The record in NetSuite, by Internal ID
        #[arg(value_name = "INTERNAL-ID")]
        netsuite_id: String,
        /// The record in WizCommerce, by id
        #[arg(value_name = "WIZCOMMERCE-ID")]
        wizcommerce_id: String,
    },
    /// Remove the link of one record, and what hangs on it
    #[command(after_long_help = "Examples:
  netwiz map forget customer 617
  netwiz map forget product LAMP-ARC-BRS --yes      with the link of its stock

Neither record is touched. The next run that looks at them finds both by reference and external id,
and links them again if they still refer to each other.

Asks before it acts; --yes answers. Exits with 11 while another run is under way.")]
    Forget {
        /// The entity, singular or plural
        #[arg(value_name = "ENTITY", value_parser = entity_names())]
        entity: String,
        /// Internal ID, WizCommerce id, SKU, number, or external id
        #[arg(value_name = "KEY")]
        key: String,
    },
    /// Make the links of a lost state file again, from both systems
    #[command(after_long_help = "Examples:
  netwiz map rebuild --dry-run
  netwiz map rebuild --yes
  netwiz map rebuild customers orders

Reads both sides and links the records that refer to each other: by the Internal ID that WizCommerce
keeps as reference, by the external id that NetSuite keeps, products by SKU. What is linked stays, a
contradiction is listed and left alone, and nothing is written to either side. The next sync compares
what was linked.

Asks before it acts; --yes answers. Exits with 3 when there are contradictions, and with 11 while
another run is under way.")]
    Rebuild(MapRebuildArguments),
    /// Write out every link
    #[command(after_long_help = "Examples:
  netwiz map export --format csv > map.csv
  netwiz map export customers orders | jq -r .netsuite_id

JSON lines when piped or with --json, a table on a terminal; in the order of entity and Internal ID.
With an entity come the links that belong to it: groups of products, contacts of customers.")]
    Export(MapExportArguments),
}

#[derive(Debug, Args)]
pub(crate) struct MapRebuildArguments {
    /// Entities, singular or plural; none: all
    #[arg(value_name = "ENTITY", value_parser = entity_names())]
    pub(crate) entities: Vec<String>,
    /// Show what would be linked, and link nothing
    #[arg(short = 'n', long, env = "NETWIZ_DRY_RUN", value_parser = BoolishValueParser::new())]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct MapExportArguments {
    /// Entities, singular or plural; none: all
    #[arg(value_name = "ENTITY", value_parser = entity_names())]
    pub(crate) entities: Vec<String>,
    /// The form of the links; a table on a terminal, else JSON lines
    #[arg(long, env = "NETWIZ_FORMAT", value_enum, value_name = "FORM")]
    pub(crate) format: Option<Format>,
}

#[derive(Debug, Args)]
pub(crate) struct QueryArguments {
    /// The query
    #[arg(value_name = "SUITEQL")]
    pub(crate) sql: String,
    /// A unique numeric column of the result: read in parallel by its ranges
    #[arg(long, env = "NETWIZ_KEY", value_name = "COLUMN")]
    pub(crate) key: Option<String>,
    /// The form of the rows; a table on a terminal, else JSON lines
    #[arg(long, env = "NETWIZ_FORMAT", value_enum, value_name = "FORM")]
    pub(crate) format: Option<Format>,
}

/// The form of query results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns
    Table,
    /// One JSON object per line
    Jsonl,
    /// Comma separated values with a header
    Csv,
}

#[derive(Debug, Args)]
pub(crate) struct ListenArguments {
    /// Listen on this address and port; port 0 picks a free one
    #[arg(long, env = "NETWIZ_BIND", value_name = "ADDR", default_value = "127.0.0.1:8787")]
    pub(crate) bind: SocketAddr,
}

#[derive(Debug, Args)]
pub(crate) struct ConfigArguments {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show every setting in use and where it comes from
    Show,
    /// Show where configuration, secrets and state are
    Path,
    /// Check the configuration of every profile
    Check,
}

#[derive(Debug, Args)]
pub(crate) struct SandboxArguments {
    #[command(subcommand)]
    pub(crate) command: SandboxCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SandboxCommand {
    /// Serve both systems until stopped, for other programs
    Serve(ServeArguments),
    /// Fill the sandbox of the profile `sandbox` anew
    Seed {
        /// How many sellable items
        #[arg(long, env = "NETWIZ_ITEMS", default_value_t = 240, value_name = "N")]
        items: usize,
        /// Add records that must be rejected, skipped or fixed, one per reason
        #[arg(long, env = "NETWIZ_PROBLEMS", value_parser = BoolishValueParser::new())]
        problems: bool,
    },
    /// Change records in the NetSuite of the profile `sandbox`, as its people would
    Edit {
        /// Entities to change one record of; none names every one that is edited in NetSuite
        #[arg(value_name = "ENTITY", value_parser = entity_names())]
        entities: Vec<String>,
    },
    /// Remove the sandbox's data and the state of the profile `sandbox`
    Reset,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// NetSuite's port; 0 picks a free one
    #[arg(long, env = "NETWIZ_NETSUITE_PORT", default_value_t = 0, value_name = "PORT")]
    pub(crate) netsuite_port: u16,
    /// WizCommerce's port; 0 picks a free one
    #[arg(long, env = "NETWIZ_WIZCOMMERCE_PORT", default_value_t = 0, value_name = "PORT")]
    pub(crate) wizcommerce_port: u16,
    /// How long NetSuite takes for a request
    #[arg(long, env = "NETWIZ_LATENCY_MS", default_value_t = 0, value_name = "MS")]
    pub(crate) latency_ms: u64,
    /// How long WizCommerce takes for a request
    #[arg(long, env = "NETWIZ_WIZCOMMERCE_LATENCY_MS", default_value_t = 0, value_name = "MS")]
    pub(crate) wizcommerce_latency_ms: u64,
    /// How many requests NetSuite takes at once
    #[arg(long, env = "NETWIZ_CONCURRENCY_LIMIT", value_name = "N")]
    pub(crate) concurrency_limit: Option<usize>,
    /// Seed so many items
    #[arg(long, env = "NETWIZ_ITEMS", default_value_t = 240, value_name = "N")]
    pub(crate) items: usize,
    /// Add records that must be rejected, skipped or fixed
    #[arg(long, env = "NETWIZ_PROBLEMS", value_parser = BoolishValueParser::new())]
    pub(crate) problems: bool,
    /// A script of misbehaviour, JSON
    #[arg(long, env = "NETWIZ_FAULTS", value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    /// Deliver WizCommerce's webhooks to this http address on this machine
    #[arg(long, env = "NETWIZ_WEBHOOK_URL", value_name = "URL", requires = "webhook_secret", value_parser = receiver)]
    pub(crate) webhook_url: Option<String>,
    /// What WizCommerce and the receiver of its webhooks share
    #[arg(long, env = "NETWIZ_WEBHOOK_SECRET", value_name = "SECRET", hide_env_values = true, value_parser = secret)]
    pub(crate) webhook_secret: Option<Secret>,
    /// How WizCommerce proves a webhook genuine
    #[arg(long, env = "NETWIZ_WEBHOOK_STYLE", value_enum, default_value_t, value_name = "STYLE")]
    pub(crate) webhook_style: WebhookStyle,
    /// Keep the data in this folder; without it, in memory
    #[arg(long, env = "NETWIZ_DATA", value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
}

/// The two documented ways to prove a webhook genuine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum WebhookStyle {
    /// The secret itself, in the header webhook-secret
    Header,
    /// HMAC-SHA256 of the body in base64, in the header X-Wizcommerce-Signature
    #[default]
    Signature,
}

fn receiver(url: &str) -> Result<String, String> {
    crate::sandbox::courier::check_receiver(url).map(|()| url.to_owned())
}

fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// Entity names for completion; whatever is typed is accepted here and judged by the entity's own parser, whose error
/// suggests the nearest one.
fn entity_names() -> impl clap::builder::TypedValueParser<Value = String> {
    use clap::builder::{PossibleValue, TypedValueParser};

    #[derive(Clone)]
    struct Names;

    impl TypedValueParser for Names {
        type Value = String;

        fn parse_ref(
            &self,
            command: &clap::Command,
            argument: Option<&clap::Arg>,
            value: &std::ffi::OsStr,
        ) -> Result<String, clap::Error> {
            clap::builder::StringValueParser::new().parse_ref(command, argument, value)
        }

        fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
            let names = crate::model::EntityKind::ALL.into_iter().map(|kind| PossibleValue::new(kind.name()));
            Some(Box::new(names.chain([PossibleValue::new("all")])))
        }
    }

    Names
}
