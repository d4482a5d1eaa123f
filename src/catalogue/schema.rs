//! How knowledge is written down: the tables of the built-in catalogue and of a user's `plimsoll.toml`.
//!
//! The structs refuse unknown keys, so that a slip in a table is told and not swallowed. What serde cannot say (bounds
//! in order, keys that are never too short) stands in `check`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::role::Role;

/// The tables of one catalogue file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entries {
    /// Pool libraries, frameworks, applications and poolers.
    #[serde(default, rename = "library", skip_serializing_if = "Vec::is_empty")]
    pub libraries: Vec<Library>,
    /// Kinds of servers with their limits.
    #[serde(default, rename = "server-limit", skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<ServerKind>,
    /// Programs that run several processes or threads.
    #[serde(default, rename = "program", skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<Program>,
    /// Limits that managed services set by the size of an instance.
    #[serde(default, rename = "managed", skip_serializing_if = "Vec::is_empty")]
    pub managed: Vec<Managed>,
}

/// Something that holds connections and is configured by known keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Library {
    /// Kebab-case, unique. A user's entry of the same id replaces the built-in one.
    pub id: String,
    /// As people call it.
    pub name: String,
    /// `jvm`, `python`, `node`, `ruby`, `go`, `dotnet`, `php`, `rust`, `any`: libraries of one ecosystem exclude each other.
    #[serde(default = "any")]
    pub ecosystem: String,
    /// What it is.
    #[serde(default)]
    pub kind: Kind,
    /// What one pool is multiplied by: `process`, `datasource`, …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub multiplicity: Vec<String>,
    /// Engines it talks to, if it is bound to some: `postgresql`, `sqlserver`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub engines: Vec<String>,
    /// Where the facts come from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// When they were checked: `2026-11`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub checked: String,
    /// How well they are known.
    #[serde(default)]
    pub evidence: Evidence,
    /// Keys of a data source that this library serves even where no pool setting is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub implied: Option<Implied>,
    /// What must be near the short keys of all settings that have no `needs` of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<Needs>,
    /// Its settings.
    #[serde(default, rename = "setting")]
    pub settings: Vec<Setting>,
    /// Texts with what they must give; executed by a test.
    #[serde(default, rename = "example", skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Example>,
}

fn any() -> String {
    "any".to_owned()
}

/// What a library is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A pool.
    #[default]
    Pool,
    /// A framework that configures a pool.
    Framework,
    /// An application server.
    AppServer,
    /// An application with a pool inside.
    App,
    /// A process between clients and servers: its settings are no pool of a client.
    Pooler,
}

/// How well a fact is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// Read in the source code, or told by the user.
    #[default]
    Source,
    /// Read in the official documentation.
    Docs,
    /// Told by somebody else.
    ThirdParty,
    /// Known in general and not read again: may inform, never gates.
    Prior,
}

/// How easily a name may mean something else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ambiguity {
    /// The name is the library's own, or its context tells.
    #[default]
    Low,
    /// Nearly always what it seems.
    Medium,
    /// Often something else: may inform, never gates.
    High,
}

/// One setting of a library.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Dotted keys that are enough by themselves, each matched as a suffix of the full path. Case, `-` and `_` do not
    /// matter within a segment. Their environment form (`A_B_C`, also with a prefix) is derived.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// Keys that are too short to be enough: they are matched as `keys` are, but only where `needs` holds. As an
    /// environment name they are matched whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub short: Vec<String>,
    /// Environment names, whole; what `*` stands for in `*_NAME` or `APP_*_NAME` tells two pools apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<String>,
    /// Parameters inside a connection string.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<String>,
    /// The dialects whose connection strings `params` belong to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dialects: Vec<String>,
    /// What must be near a key of `short`; any of it suffices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<Needs>,
    /// Full keys that look like this setting and are not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
    /// What it does.
    pub role: Role,
    /// Unit of bare numbers, of `min` and of `max`.
    pub unit: Unit,
    /// What holds where it is not written, as a value of this setting; absent: not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// What to know about the default.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub default_note: String,
    /// Values that are not what they look like. `<0` stands for all negative numbers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub special: BTreeMap<String, Special>,
    /// Least value that the library takes as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    /// Greatest value that the library takes as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// What happens to a smaller value: "is reset to 30 s".
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub below_min: String,
    /// What happens to a greater value.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub above_max: String,
    /// The value that holds instead of a smaller one, as a value of this setting; absent: it is refused, or not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below_becomes: Option<String>,
    /// What the library itself says about a smaller value, in its log or its exception.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub below_says: String,
    /// How easily the name may mean something else.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ambiguity: Ambiguity,
    /// What a reader should know.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// How well it is known, where that differs from the library.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What must be near a short key; any of it suffices.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// Keys beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub siblings: Vec<String>,
    /// Words in one of the three nearest segments above it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub under: Vec<String>,
    /// File names as globs: `database.yml`, `*.ini`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// Image names without registry and tag, as globs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
}

/// Unit of a bare number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Milliseconds.
    #[serde(rename = "ms")]
    Millis,
    /// Seconds.
    #[serde(rename = "s")]
    Seconds,
    /// Minutes.
    #[serde(rename = "min")]
    Minutes,
    /// Hours.
    #[serde(rename = "h")]
    Hours,
    /// A text with its own unit (`30s`, `PT30S`); a bare number has none and is not guessed.
    #[serde(rename = "duration")]
    Duration,
    /// A number of things.
    #[serde(rename = "count")]
    Count,
    /// Yes or no.
    #[serde(rename = "bool")]
    Bool,
    /// A text.
    #[serde(rename = "text")]
    Text,
    /// Percent.
    #[serde(rename = "percent")]
    Percent,
}

/// A value that is not what it looks like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Special {
    /// What it is.
    pub means: Means,
    /// What a reader should know; for `other` what it means.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What a special value means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Means {
    /// No upper bound.
    Unlimited,
    /// No end.
    Forever,
    /// Off.
    Disabled,
    /// As if it were not written.
    Default,
    /// The library does not start with it.
    Refused,
    /// As many as the pool's maximum.
    SameAsMax,
    /// Something else; the note says what.
    Other,
}

/// Data sources that a library serves even where no pool setting is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Implied {
    /// Dotted keys of the data source's address, matched as a setting's keys are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// Dialects of connection strings that only this library reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dialects: Vec<String>,
}

/// A text and what it must give.
///
/// `text` has one `key = value` a line, with dots between the segments of a key. A file name that is `.env` or ends in
/// `.env` makes environment names of the keys. With `dialect` the lines are parameters of a connection string.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Name of the file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// Dialect of the connection string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<String>,
    /// Image of the container that reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The text.
    pub text: String,
    /// Each role that must be found, with its value in words; empty where the text must stay silent.
    #[serde(default)]
    pub expect: BTreeMap<Role, String>,
}

/// A kind of server with its limit on connections.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerKind {
    /// The engine's id: `postgresql`, `mysql`; unique.
    pub id: String,
    /// As people call it.
    pub name: String,
    /// The key of the limit.
    pub limit_key: String,
    /// Connections it accepts where nothing is written; absent: no documented limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<u64>,
    /// Least limit that it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    /// Greatest limit that it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// Slots inside the limit that applications never get: key and default.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reserved: BTreeMap<String, u64>,
    /// Whether a change of the limit takes effect only after a restart.
    #[serde(default)]
    pub restart: bool,
    /// Images by which a container is recognised: the last component, or several with `/`, as globs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    /// Forms on the command line: `--max_connections=`, `-c max_connections=`, `-N`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// Environment names that its images read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<String>,
    /// Places in files that set the limit.
    #[serde(default, rename = "place", skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
    /// Times after which it ends a client's connection or statement by itself.
    #[serde(default, rename = "time", skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<ServerTime>,
    /// What clients are told when no slot is left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
    /// What a reader should know.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Where the facts come from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// When they were checked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub checked: String,
    /// How well they are known.
    #[serde(default)]
    pub evidence: Evidence,
}

/// A time after which a server ends a connection or a statement by itself. Zero means that it never does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerTime {
    /// Its key; it stands where the limit on connections stands.
    pub key: String,
    /// What it ends.
    pub ends: Ends,
    /// Unit of a bare number.
    pub unit: Unit,
    /// What the client is told.
    pub says: String,
}

/// What is ended when a time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ends {
    /// A connection that nobody used for so long.
    Idle,
    /// A statement that runs so long.
    Statement,
    /// The request of a caller that has waited so long.
    Request,
}

/// A place in a file that sets a server's limit. All that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Dotted keys, matched as suffixes.
    pub keys: Vec<String>,
    /// File names as globs; empty: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// Words of which one must stand in the path of the file, the name of the object or the key; empty: none needed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
    /// Keys of which one must stand beside it; empty: none needed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<String>,
}

/// How a managed service sets the limit of its servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Managed {
    /// Kebab-case, unique.
    pub id: String,
    /// As people call it.
    pub name: String,
    /// Slots inside the limit that applications never get.
    #[serde(default)]
    pub reserved: u64,
    /// What `rows` or `steps` go by, where that is not the name of the size.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// Connections by the name of the size: `db.t4g.medium`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rows: BTreeMap<String, u64>,
    /// Least size and connections from there on, the smallest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<(u64, u64)>,
    /// Connections by the memory of the instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<PerMemory>,
    /// What a reader should know.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Where the facts come from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// The date of the table.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub checked: String,
    /// How well they are known.
    #[serde(default)]
    pub evidence: Evidence,
}

/// One connection for so much memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerMemory {
    /// Bytes for each connection.
    pub bytes_each: u64,
    /// The limit of the limit.
    pub at_most: u64,
}

/// A program that runs several processes or threads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Kebab-case, unique.
    pub id: String,
    /// As people call it.
    pub name: String,
    /// Words of a command, of which one must be there; with `images` empty as well, any program fits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
    /// Words that must be there too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// Images by which it is recognised where the command does not tell, as globs on `name:tag`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    /// Flags that name a configuration file, in which the value may stand unseen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub config_flags: Vec<String>,
    /// Globs of words that are such a file themselves: `*.config.js`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub config_words: Vec<String>,
    /// Environment names whose value is read as further arguments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env_args: Vec<String>,
    /// What it multiplies.
    #[serde(default, rename = "setting")]
    pub settings: Vec<ProgramSetting>,
    /// Where the facts come from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// When they were checked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub checked: String,
    /// How well they are known.
    #[serde(default)]
    pub evidence: Evidence,
    /// Commands with what they must give; executed by a test.
    #[serde(default, rename = "example", skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<ProgramExample>,
}

/// One count of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramSetting {
    /// `processes`, `threads`, `concurrency` or `request_timeout` (in seconds).
    pub role: Role,
    /// Flags that take the count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// Environment names, the first that is set counts; a flag wins over them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<String>,
    /// Keys of its configuration file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// Words of the command with which the count is something else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unless: Vec<String>,
    /// The count where nothing is written; absent: it depends on the machine or is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<u64>,
    /// What zero means: one process (`one`), or a count that depends on the machine (`machine`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zero: Option<Zero>,
    /// What a reader should know.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What a count of zero means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Zero {
    /// One process that does the work itself.
    One,
    /// As many as the machine has processors.
    Machine,
}

/// A command and what it must give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramExample {
    /// The command, split at blanks.
    pub command: String,
    /// Image of the container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// Each role with its count; `unknown` where it cannot be told.
    pub expect: BTreeMap<Role, String>,
}
