//! References that lead elsewhere than before: names in expressions, and objects with their keys.
//!
//! In: the explained changes. Out: each change in which a setting of a connection asks for another thing, with the names
//! that went and came, and what speaks for or against it. It judges nothing by itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::connection::{self, PartRole};
use crate::facts::references::{Atom, atoms};
use crate::meaning::{ChangeSide, Explained};
use crate::rule::Context;
use crate::rule::names;
use crate::setting::{Environment, KeyPath, Resource, Segment};
use crate::source::Location;

/// A setting of a connection that asks for another thing than before.
#[derive(Debug, Clone)]
pub(crate) struct Moved<'a> {
    /// The change.
    pub(crate) change: &'a Explained,
    /// Before.
    pub(crate) old: &'a ChangeSide,
    /// After.
    pub(crate) new: &'a ChangeSide,
    /// Which part of the connection comes from it: `host`, `password`, `url`.
    pub(crate) role: &'static str,
    /// Names that it does not ask for any more.
    pub(crate) gone: Vec<String>,
    /// Names that it asks for now.
    pub(crate) come: Vec<String>,
    /// Whether it names an object or a key of one, and no expression.
    pub(crate) is_object: bool,
}

/// All of them, in the order of the changes. An object that changed with its key is one move.
pub(crate) fn moved<'a>(ctx: &Context<'a>) -> Vec<Moved<'a>> {
    if ctx.audit {
        return Vec::new();
    }
    let mut all: Vec<Moved<'a>> = ctx.changes.iter().filter_map(|change| moved_one(ctx, change)).collect();
    all.extend(renamed_sections(ctx));
    let place = |m: &Moved<'_>| {
        let path = &ctx.new.settings.get(m.new.setting).path;
        (m.new.setting.resource, path.parent(), path.last().to_owned())
    };
    let named: BTreeSet<_> =
        all.iter().filter(|m| m.is_object).map(place).filter(|(.., last)| last == "name").collect();
    let follows = |m: &Moved<'_>| {
        let (resource, parent, last) = place(m);
        m.is_object && last == "key" && named.contains(&(resource, parent, "name".to_owned()))
    };
    let follows: Vec<bool> = all.iter().map(follows).collect();
    all.into_iter().zip(follows).filter(|(_, follows)| !follows).map(|(m, _)| m).collect()
}

/// What the files say that a name stands for, by name: locals of Terraform, properties, variables of `.env` files.
#[derive(Debug)]
pub(crate) struct Values<'a> {
    old: BTreeMap<&'a str, &'a str>,
    new: BTreeMap<&'a str, &'a str>,
}

impl<'a> Values<'a> {
    /// Looks up the names of these moves on both sides.
    pub(crate) fn of(ctx: &Context<'a>, all: &'a [Moved<'a>]) -> Values<'a> {
        let wanted: BTreeSet<&str> =
            all.iter().flat_map(|m| m.gone.iter().chain(&m.come)).map(String::as_str).collect();
        let look = |settings: &'a crate::setting::Settings| {
            let mut found: BTreeMap<&'a str, Vec<&'a str>> = BTreeMap::new();
            for (_, resource, setting) in settings.iter() {
                let file = resource.path.rsplit('/').next().unwrap_or("");
                let named = match resource.id.kind.as_str() {
                    "local" => Some(format!("local.{}", resource.id.name)),
                    "file" if file.starts_with("values") => Some(format!(".Values.{}", setting.path)),
                    _ => None,
                };
                if let Some(name) = wanted.get(named.as_deref().unwrap_or(&setting.logical)) {
                    found.entry(name).or_default().push(setting.value.text.as_str());
                }
            }
            // A name that stands for several values in as many files tells nothing.
            found.retain(|_, values| values.windows(2).all(|w| w.first() == w.last()));
            found.into_iter().filter_map(|(name, values)| Some((name, *values.first()?))).collect()
        };
        Values { old: look(ctx.old.settings), new: look(ctx.new.settings) }
    }

    /// Whether the new name stands for what the old one stood for, or is made of it.
    pub(crate) fn are_same(&self, moved: &Moved<'_>) -> bool {
        let ([was], [is]) = (moved.gone.as_slice(), moved.come.as_slice()) else { return false };
        let Some(is) = self.new.get(is.as_str()) else { return false };
        self.old.get(was.as_str()) == Some(is) || names_of(is).contains(was)
    }
}

fn moved_one<'a>(ctx: &Context<'a>, change: &'a Explained) -> Option<Moved<'a>> {
    let (old, new) = (change.old.as_ref()?, change.new.as_ref()?);
    if old.text == new.text || old.text.len() > 4096 || new.text.len() > 4096 {
        return None;
    }
    let setting = ctx.new.settings.get(new.setting);
    if let Some(role) = role_of_object(&setting.path) {
        let (was, is) = (old.text.trim(), new.text.trim());
        let named = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
        let (gone, come) = (vec![was.to_owned()], vec![is.to_owned()]);
        return (named(was) && named(is) && !is_hash_apart(was, is)).then_some(Moved {
            change,
            old,
            new,
            role,
            gone,
            come,
            is_object: true,
        });
    }
    let role = role_of(change)?;
    let (before, after) = (names_of(&old.text), names_of(&new.text));
    if before.is_empty() || after.is_empty() {
        return None;
    }
    let gone: Vec<String> = before.iter().filter(|n| !after.contains(*n)).cloned().collect();
    let come: Vec<String> = after.iter().filter(|n| !before.contains(*n)).cloned().collect();
    (!gone.is_empty()).then_some(Moved { change, old, new, role, gone, come, is_object: false })
}

/// Settings of a section that has another name now, whose values ask for other names too: to whoever sets the variables it
/// is the same setting with another variable.
fn renamed_sections<'a>(ctx: &Context<'a>) -> Vec<Moved<'a>> {
    let key = |side: &'a ChangeSide, settings: &'a crate::setting::Settings| {
        let path = &settings.get(side.setting).path;
        let segments: Vec<Segment<'a>> = path.segments().collect();
        let inner = 1..segments.len().saturating_sub(1);
        let holder = settings.resource_of(side.setting);
        // The path without one of its steps, once for each.
        inner.map(move |at| {
            let mut rest = segments.clone();
            rest.remove(at);
            (&holder.id, at, rest)
        })
    };
    let mut come: BTreeMap<_, Vec<&'a Explained>> = BTreeMap::new();
    let mut gone: Vec<(&'a Explained, &'a ChangeSide)> = Vec::new();
    for change in ctx.changes.iter().filter(|c| atoms_may_be_in(c)) {
        match (&change.old, &change.new) {
            (None, Some(new)) => key(new, ctx.new.settings).for_each(|k| come.entry(k).or_default().push(change)),
            (Some(old), None) => gone.push((change, old)),
            _ => {}
        }
    }
    let pair = |(was, old): (&'a Explained, &'a ChangeSide)| {
        let change = key(old, ctx.old.settings).find_map(|k| match come.get(&k).map(Vec::as_slice) {
            Some([only]) => Some(*only),
            _ => None,
        })?;
        let new = change.new.as_ref().filter(|_| was.role == change.role)?;
        let role = role_of(was).or_else(|| is_of_a_connection(was).then_some("setting"))?;
        let (before, after) = (names_of(&old.text), names_of(&new.text));
        let left =
            |a: &[String], b: &[String]| -> Vec<String> { a.iter().filter(|n| !b.contains(n)).cloned().collect() };
        let (lost, found) = (left(&before, &after), left(&after, &before));
        (!lost.is_empty() && !found.is_empty()).then_some(Moved {
            change,
            old,
            new,
            role,
            gone: lost,
            come: found,
            is_object: false,
        })
    };
    gone.into_iter().filter_map(pair).collect()
}

fn atoms_may_be_in(change: &Explained) -> bool {
    let side = change.new.as_ref().or(change.old.as_ref());
    side.is_some_and(|side| side.text.len() <= 4096 && side.text.contains(['$', '{', '%', '(']))
}

/// Whether a change is of a pool or a driver.
fn is_of_a_connection(change: &Explained) -> bool {
    change.role.is_some() || connection::is_driver_key(&change.logical)
}

/// The names that the expressions of a text ask for, each once.
pub(crate) fn names_of(text: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let all = atoms(text).into_iter().flat_map(|atom: Atom| atom.names);
    all.filter(|name| seen.insert(name.clone())).collect()
}

/// Two names that differ by a checksum at the end, as generators append it.
fn is_hash_apart(a: &str, b: &str) -> bool {
    let stem = |text: &str| {
        let (stem, hash) = text.rsplit_once('-').map(|(s, h)| (s.to_owned(), h.to_owned()))?;
        let random = hash.len() >= 8 && hash.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        (random && hash.chars().any(|c| c.is_ascii_digit())).then_some(stem)
    };
    stem(a).is_some() && stem(a) == stem(b)
}

/// The part of a connection that an expression gives.
fn role_of(change: &Explained) -> Option<&'static str> {
    let role = |name: &str| ["host", "port", "url", "database", "user", "password"].into_iter().find(|r| *r == name);
    if let Some(told) = change.role.as_deref() {
        return role(told.split('[').next().unwrap_or(told));
    }
    // Keys of Hiera name the reader first, and the reader may be a monitor.
    let last = change.logical.rsplit(['.', ':']).next().unwrap_or(&change.logical);
    part(&change.logical).or_else(|| part(last))
}

/// Which part of an address a key holds, in the words of the facts.
pub(crate) fn part(key: &str) -> Option<&'static str> {
    Some(match connection::part_role_for_key(key)?.role {
        PartRole::Host => "host",
        PartRole::Port => "port",
        PartRole::Database => "database",
        PartRole::User => "user",
        PartRole::Password => "password",
        PartRole::Url => "url",
        PartRole::TlsMode => return None,
    })
}

/// Keys that hold the name of an object or of a key in one.
const OBJECT_KEYS: [&str; 10] = [
    "existingSecret",
    "existingSecretName",
    "secretName",
    "existingSecretPasswordKey",
    "existingSecretUserPasswordKey",
    "existingSecretKey",
    "userPasswordKey",
    "passwordKey",
    "secretKey",
    "passwordSecret",
];

/// The part of a connection that comes from the object or key that a setting names.
pub(crate) fn role_of_object(path: &KeyPath) -> Option<&'static str> {
    let segments: Vec<Segment<'_>> = path.segments().collect();
    let last = path.last();
    let holder = path.parent();
    let is_reference = match (holder.last(), last) {
        ("secretKeyRef" | "configMapKeyRef", "name" | "key") => true,
        ("remoteRef", "key" | "property") => true,
        (_, "valuesKey" | "targetPath") => segments.contains(&Segment::Key("valuesFrom")),
        (_, last) => OBJECT_KEYS.contains(&last),
    };
    if !is_reference {
        return None;
    }
    // The nearest step that is a key of a connection: the variable, the entry of the secret, the chart's section.
    let steps = segments.iter().rev().skip(1).filter_map(|s| match s {
        Segment::Key(key) | Segment::Item(key) | Segment::Embedded(key) => Some(*key),
        Segment::Index(_) => None,
    });
    let steps: Vec<&str> = steps.collect();
    let told = steps.iter().find_map(|step| part(step).or_else(|| is_of_connection(step).then_some("password")));
    let by_name = || matches!(last, "valuesKey" | "targetPath").then_some("url");
    told.or_else(by_name)
}

/// Whether a name has a word that databases go by.
pub(crate) fn is_of_connection(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "db",
        "database",
        "databases",
        "datasource",
        "postgres",
        "postgresql",
        "pg",
        "pguser",
        "mysql",
        "mariadb",
        "mongo",
        "mongodb",
        "redis",
        "valkey",
        "rabbitmq",
        "amqp",
        "jdbc",
        "dsn",
        "sql",
        "mssql",
        "oracle",
        "clickhouse",
        "rds",
    ];
    names::has_word(name, WORDS)
}

/// Words of names that tell nothing of whom they belong to.
const COMMON: &[&str] = &[
    "db",
    "database",
    "host",
    "hostname",
    "port",
    "url",
    "uri",
    "user",
    "username",
    "password",
    "pass",
    "name",
    "secret",
    "secrets",
    "key",
    "config",
    "connection",
    "string",
    "values",
    "var",
    "local",
    "module",
    "data",
    "env",
    "redis",
    "postgres",
    "postgresql",
    "pguser",
    "mysql",
    "mongo",
    "mongodb",
    "app",
    "apps",
    "service",
    "defaults",
    "default",
    "the",
    "of",
    "and",
    "is",
    "to",
    "credentials",
    "cluster",
    "server",
    "global",
    "common",
    "main",
    "k8s",
    "kubernetes",
    "helm",
    "prod",
    "dev",
    "staging",
    "test",
    "yaml",
    "yml",
    "json",
    "tf",
    "src",
    "deploy",
    "deployment",
    "deployments",
    "api",
    "id",
    "value",
];

/// An address whose server is an expression: `$(DB_URL)/orders?useSSL=false`, `{{ .Values.db.host }}:5432/orders`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Composed<'t> {
    /// The expression, as it is written.
    server: &'t str,
    port: Option<&'t str>,
    database: Option<&'t str>,
}

/// Reads an address that starts with an expression and goes on with literal parts.
fn composed(text: &str) -> Option<Composed<'_>> {
    let value = option_of(text).map_or(text, |(_, value)| value).trim();
    let first = atoms(value).into_iter().next().filter(|atom| atom.range.start == 0)?;
    let (server, rest) = (value.get(first.range.clone())?, value.get(first.range.end..)?);
    let rest = rest.split('?').next().unwrap_or(rest);
    let (port, path) = match rest.strip_prefix(':') {
        Some(rest) => {
            let end = rest.find('/').unwrap_or(rest.len());
            (rest.get(..end), rest.get(end..).unwrap_or(""))
        }
        None => (None, rest),
    };
    let port = port.filter(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let database = path.strip_prefix('/').filter(|name| !name.is_empty() && name.chars().all(plain));
    (port.is_some() || database.is_some()).then_some(Composed { server, port, database })
}

/// Name and value of an option: `--spring.datasource.url=$(DB_URL)`, `-Djdbc.url=$(DB_URL)`.
pub(crate) fn option_of(text: &str) -> Option<(&str, &str)> {
    let word = text.strip_prefix("--").or_else(|| text.strip_prefix("-D"))?;
    let (name, value) = word.split_once('=')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    (!name.is_empty() && name.chars().all(plain)).then_some((name, value))
}

/// A literal part that changed in an address whose server is the same expression as before.
pub(crate) struct ComposedChange<'a> {
    /// The change of the whole.
    pub(crate) change: &'a Explained,
    /// The part before.
    pub(crate) old: &'a str,
    /// The part after.
    pub(crate) new: &'a str,
    /// The bytes of the new part.
    pub(crate) at: Location,
    /// The key of the address.
    pub(crate) key: &'a str,
}

/// All changes of the `database` or the `port` in such addresses.
pub(crate) fn composed_changes<'a>(ctx: &Context<'a>, role: &str) -> Vec<ComposedChange<'a>> {
    let of = |c: &Composed<'a>| match role {
        "database" => c.database,
        "port" => c.port,
        _ => None,
    };
    let one = |change: &'a Explained| {
        let (old, new) = (change.old.as_ref()?, change.new.as_ref()?);
        let is_address = role_of(change) == Some("url") && !old.secret && !new.secret && new.text.len() < 4096;
        let (was, is) = (composed(&old.text).filter(|_| is_address)?, composed(&new.text)?);
        let (before, after) = (of(&was)?, of(&is)?);
        if was.server != is.server || before == after {
            return None;
        }
        let value = &ctx.new.settings.get(new.setting).value;
        let start = (after.as_ptr() as usize).checked_sub(new.text.as_ptr() as usize)?;
        let is_whole = value.text.as_str() == new.text;
        let at = if is_whole { value.place(start..start + after.len(), new.at.source) } else { new.at };
        let key = option_of(&new.text).map_or(change.logical.as_str(), |(name, _)| name);
        Some(ComposedChange { change, old: before, new: after, at, key })
    };
    ctx.changes.iter().filter_map(one).collect()
}

/// What the holder of a reference says about the move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// The new name has a word of the holder that the old one had not.
    New,
    /// The old name had a word of the holder that the new one has not.
    Old,
    /// Nothing.
    Unclear,
}

impl<'a> Moved<'a> {
    /// The resource that holds it now.
    pub(crate) fn holder(&self, ctx: &Context<'a>) -> &'a Resource {
        ctx.new.settings.resource_of(self.new.setting)
    }

    /// Whether the names fit the one who holds them: its key, its name, its file.
    pub(crate) fn fit(&self, ctx: &Context<'_>) -> Fit {
        let holder = self.holder(ctx);
        let near: Vec<&str> = holder.path.rsplit('/').take(3).collect();
        let own = format!("{} {} {} {}", holder.id.name, self.change.logical, holder_steps(ctx, self), near.join(" "));
        let own: BTreeSet<String> = names::words(&own).into_iter().collect();
        let distinct = |of: &[String], other: &[String]| -> Vec<String> {
            let theirs: BTreeSet<String> = other.iter().flat_map(|n| names::words(n)).collect();
            let words = of.iter().flat_map(|n| names::words(n));
            words.filter(|w| w.len() > 1 && !theirs.contains(w) && !COMMON.contains(&w.as_str())).collect()
        };
        let fits = |words: Vec<String>| words.iter().any(|w| own.contains(w));
        match (fits(distinct(&self.gone, &self.come)), fits(distinct(&self.come, &self.gone))) {
            (false, true) => Fit::New,
            (true, false) => Fit::Old,
            _ => Fit::Unclear,
        }
    }

    /// Whether what the old names stood for got the new names in this change.
    pub(crate) fn is_renamed_with_target(&self, ctx: &Context<'_>) -> bool {
        let (old, new) = (&ctx.old.facts.references, &ctx.new.facts.references);
        let went = self.gone.iter().all(|name| old.declares(name) && !new.declares(name));
        let came = self.come.iter().all(|name| new.declares(name) && !old.declares(name));
        went && came && !self.come.is_empty()
    }

    /// Whether both names mean the same thing in another store or in another issue: `vault…orders_db` and
    /// `random_password.orders_db`, `orders-db-2025` and `orders-db-2026`.
    pub(crate) fn is_reissued(&self) -> bool {
        const STORES: &[&str] = &[
            "vault",
            "generic",
            "random",
            "result",
            "output",
            "outputs",
            "secretsmanager",
            "ssm",
            "parameter",
            "aws",
            "azurerm",
            "google",
            "kv",
            "version",
            "v",
            "string",
            "store",
            "this",
            "out",
        ];
        let told = |names: &[String]| -> BTreeSet<String> {
            let words = names.iter().flat_map(|n| names::words(n));
            words.filter(|w| !STORES.contains(&w.as_str()) && !COMMON.contains(&w.as_str())).collect()
        };
        // The words that name the part tell it apart from others of the same owner.
        let kinds = |names: &[String]| names.iter().find_map(|n| part(n.rsplit('.').next().unwrap_or(n)));
        let (was, is) = (told(&self.gone), told(&self.come));
        !was.is_empty() && was == is && !self.come.is_empty() && kinds(&self.gone) == kinds(&self.come)
    }

    /// The environment that only the new name tells, where it is not the holder's own.
    pub(crate) fn crossed(&self) -> Option<Environment> {
        let told = |names: &[String]| {
            names.iter().find_map(|n| Environment::guess(&n.replace(['_', '.'], "-").to_lowercase()))
        };
        let home = self.change.environment;
        let is = told(&self.come)?;
        (home != Environment::Unknown && is != home && told(&self.gone) != Some(is)).then_some(is)
    }

    /// The engine that only the new name tells.
    pub(crate) fn engine(&self) -> Option<&'static str> {
        const ENGINES: [&str; 11] = [
            "clickhouse",
            "postgres",
            "postgresql",
            "mysql",
            "mariadb",
            "mongodb",
            "redis",
            "oracle",
            "mssql",
            "cassandra",
            "snowflake",
        ];
        let has = |names: &[String], engine: &str| names.iter().any(|n| names::words(n).iter().any(|w| w == engine));
        let was_told = ENGINES.iter().any(|e| has(&self.gone, e));
        // `DB_USER` → `POSTGRES_USER` names the same server more clearly; beside `DB` the word tells two apart.
        let kept = |name: &String| {
            let words = names::words(name);
            self.gone.iter().any(|g| names::words(g).iter().filter(|w| *w != "string").all(|w| words.contains(w)))
        };
        let engine = ENGINES.into_iter().find(|e| has(&self.come, e))?;
        (!was_told && self.come.iter().any(kept)).then_some(engine)
    }

    /// How the names were rewritten, so that a rename of many is seen as one.
    fn rewrite(&self) -> Option<(String, String)> {
        let (was, is) = (self.gone.first()?, self.come.first()?);
        if self.gone.len() != self.come.len() {
            return Some((self.gone.join(" "), self.come.join(" ")));
        }
        let head = was.bytes().zip(is.bytes()).take_while(|(a, b)| a == b).count();
        let room = was.len().min(is.len()) - head;
        let tail = was.bytes().rev().zip(is.bytes().rev()).take(room).take_while(|(a, b)| a == b).count();
        let middle = |text: &str| text.get(head..text.len() - tail).unwrap_or(text).to_owned();
        Some((middle(was), middle(is)))
    }
}

/// The named steps that lead to the setting.
fn holder_steps(ctx: &Context<'_>, moved: &Moved<'_>) -> String {
    let path = &ctx.new.settings.get(moved.new.setting).path;
    let steps = path.segments().filter_map(|s| match s {
        Segment::Key(key) | Segment::Item(key) | Segment::Embedded(key) => Some(key),
        Segment::Index(_) => None,
    });
    // The last step is the reference itself, and an item may go by it.
    let steps: Vec<&str> = steps.collect();
    steps.split_last().map(|(_, above)| above.join(" ")).unwrap_or_default()
}

/// The moves that are one rename: done alike in several places, and nobody asks for an old name any more. By number.
pub(crate) fn renamed_everywhere(ctx: &Context<'_>, all: &[Moved<'_>]) -> BTreeSet<usize> {
    let mut alike: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (at, moved) in all.iter().enumerate() {
        if let Some(rewrite) = moved.rewrite().filter(|_| !moved.come.is_empty()) {
            alike.entry(rewrite).or_default().push(at);
        }
    }
    alike.retain(|_, group| group.len() > 1);
    if alike.is_empty() {
        return BTreeSet::new();
    }
    let asked = still_asked(ctx, all);
    let is_left = |at: &usize| all.get(*at).is_some_and(|m| m.gone.iter().any(|n| asked.contains(n)));
    alike.into_values().filter(|group| !group.iter().any(is_left)).flatten().collect()
}

/// Of the names that went somewhere, those that are still asked for.
fn still_asked(ctx: &Context<'_>, all: &[Moved<'_>]) -> BTreeSet<String> {
    let gone: BTreeSet<&str> = all.iter().flat_map(|m| &m.gone).map(String::as_str).collect();
    let objects = ctx.new.facts.references.uses.iter().flat_map(|r| [Some(&r.name), r.key.as_ref()]).flatten();
    let expressions = ctx.new.settings.iter().flat_map(|(_, _, setting)| names_of(&setting.value.text));
    let asked = objects.cloned().chain(expressions);
    asked.filter(|name| gone.contains(name.as_str())).collect()
}
