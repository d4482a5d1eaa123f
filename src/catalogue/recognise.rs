//! Which setting of which library a key is.
//!
//! In: a key with what stands around it. Out: at most one [`Match`]. A key in the library's own file or container wins; then
//! one that is enough by itself over one that needs context; then the one with more of its own siblings around it, then
//! the longer key, then the earlier library.

use std::collections::{BTreeMap, BTreeSet};

use super::schema::{Ambiguity, Entries, Evidence, Library, Needs, Setting};

/// Index of a library in [`super::Catalogue::libraries`].
pub type LibraryIndex = usize;

/// A key and what stands around it.
#[derive(Clone, Copy)]
pub struct Query<'a> {
    /// Key segments; for environment variables a single name.
    pub path: &'a [&'a str],
    /// Whether it is an environment variable.
    pub is_env: bool,
    /// Whether a key of this name stands beside it; case, `-` and `_` do not matter.
    pub siblings: &'a dyn Fn(&str) -> bool,
    /// Path or name of the file; may be empty.
    pub file: &'a str,
    /// Dialect of the connection string, for a parameter inside one.
    pub dialect: Option<&'a str>,
    /// Images of the containers that read it.
    pub images: &'a [&'a str],
}

/// What a key turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Match<'c> {
    /// The library.
    pub library: LibraryIndex,
    /// The setting.
    pub setting: &'c Setting,
    /// Number of leading path segments that name the group.
    pub prefix: usize,
    /// What tells two pools of one process apart: the prefix, normalised (`spring.datasource`); may be empty.
    pub group: String,
    /// How easily the key may mean something else.
    pub ambiguity: Ambiguity,
}

/// Words above a key that say it is not about a database, however near a database word is.
const FOREIGN: &[&str] = &[
    "http",
    "https",
    "ldap",
    "smtp",
    "mail",
    "grpc",
    "kafka",
    "redis",
    "cache",
    "thread",
    "threads",
    "worker",
    "workers",
    "executor",
    "scheduler",
    "task",
    "tasks",
    "queue",
    "buffer",
    "tomcat",
    "jetty",
    "undertow",
];

/// A longer key is no setting's name, and would be taken apart for nothing.
const LONGEST_KEY: usize = 1024;

/// How many segments above a key are looked at for words.
const NEAR: usize = 3;

/// Keys, names and parameters by their relaxed form.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    by_leaf: BTreeMap<String, Vec<KeyEntry>>,
    /// Environment names as written in the tables, in upper case; wildcards without their `*`.
    by_env: BTreeMap<String, Vec<Place>>,
    by_env_end: BTreeMap<String, Vec<EnvEnd>>,
    /// Environment forms derived from keys, without `_`.
    by_derived: BTreeMap<String, Vec<Place>>,
    by_param: BTreeMap<String, Vec<Place>>,
    implied_by_leaf: BTreeMap<String, Vec<(LibraryIndex, Vec<String>)>>,
    implied_by_derived: BTreeMap<String, Vec<(LibraryIndex, Vec<String>)>>,
    /// Last segments of all keys that set a server's limit.
    limit_leaves: BTreeSet<String>,
    /// Last segments of every key and name of servers and programs, for [`Index::may_know`].
    other_leaves: BTreeSet<String>,
}

#[derive(Debug, Clone)]
struct KeyEntry {
    segments: Vec<String>,
    short: bool,
    at: Place,
}

/// An environment name that ends so, and starts so; the start is empty for `*_NAME`.
#[derive(Debug, Clone)]
struct EnvEnd {
    start: String,
    at: Place,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    library: LibraryIndex,
    setting: usize,
}

/// How well a candidate fits; greater is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    /// The file or the image is the library's own.
    at_home: bool,
    enough: bool,
    hits: usize,
    segments: usize,
    /// The key is the library's, and not a word that any library may use.
    own: bool,
}

struct Candidate {
    fit: Fit,
    at: Place,
    prefix: usize,
    group: String,
}

impl Index {
    pub(super) fn new(entries: &Entries) -> Index {
        let mut index = Index::default();
        let places = entries.servers.iter().flat_map(|server| &server.places);
        index.limit_leaves = places.flat_map(|p| &p.keys).filter_map(|key| segments_of(key).pop()).collect();
        index.other_leaves = other_leaves(entries);
        for (library, entry) in entries.libraries.iter().enumerate() {
            for (setting, entry) in entry.settings.iter().enumerate() {
                index.add(Place { library, setting }, entry);
            }
            for key in entry.implied.iter().flat_map(|implied| &implied.keys) {
                let segments = segments_of(key);
                let Some(leaf) = segments.last().cloned() else { continue };
                index.implied_by_derived.entry(segments.concat()).or_default().push((library, segments.clone()));
                index.implied_by_leaf.entry(leaf).or_default().push((library, segments));
            }
        }
        index
    }

    fn add(&mut self, at: Place, setting: &Setting) {
        let strong = setting.keys.iter().map(|key| (key, false));
        for (key, short) in strong.chain(setting.short.iter().map(|key| (key, true))) {
            let segments = segments_of(key);
            let Some(leaf) = segments.last().cloned() else { continue };
            if !short {
                self.by_derived.entry(segments.concat()).or_default().push(at);
            }
            self.by_leaf.entry(leaf).or_default().push(KeyEntry { segments, short, at });
        }
        for name in &setting.env {
            let name = name.to_ascii_uppercase();
            match name.split_once("*_") {
                Some((start, end)) => {
                    let start = start.to_owned();
                    self.by_env_end.entry(end.to_owned()).or_default().push(EnvEnd { start, at });
                }
                None => self.by_env.entry(name).or_default().push(at),
            }
        }
        for param in &setting.params {
            self.by_param.entry(relax_param(param)).or_default().push(at);
        }
    }

    /// Whether a key ends as one that sets a server's limit does; most do not, and need no closer look.
    pub(super) fn is_limit(&self, key: &str) -> bool {
        if key.len() > LONGEST_KEY {
            return false;
        }
        self.limit_leaves.contains(&relax(key.rsplit('.').next().unwrap_or(key)))
    }

    /// Whether a key can be anybody's, whatever stands around it: a coarse test that misses nothing.
    pub(super) fn may_know(&self, key: &str) -> bool {
        if key.len() > LONGEST_KEY {
            return false;
        }
        let leaf = key.rsplit(['.', '/']).next().unwrap_or(key).trim_end_matches(']');
        let relaxed = relax(leaf);
        let by_leaf = self.by_leaf.contains_key(&relaxed) || self.implied_by_leaf.contains_key(&relaxed);
        if by_leaf || self.limit_leaves.contains(&relaxed) || self.other_leaves.contains(&relaxed) {
            return true;
        }
        let name = words_of(leaf).join("_").to_ascii_uppercase();
        let known = |start: usize| {
            let rest = name.get(start..).unwrap_or_default();
            let relaxed = relax(rest);
            self.by_env.contains_key(rest)
                || self.by_env_end.contains_key(rest)
                || self.by_derived.contains_key(&relaxed)
                || self.implied_by_derived.contains_key(&relaxed)
        };
        starts_of(&name).any(known)
    }

    pub(super) fn recognise<'c>(&self, libraries: &'c [Library], query: &Query<'_>) -> Option<Match<'c>> {
        if query.path.iter().map(|segment| segment.len()).sum::<usize>() > LONGEST_KEY {
            return None;
        }
        let best = match (query.dialect, query.path) {
            (Some(dialect), [.., name]) => self.parameter(libraries, name, dialect),
            // Compose and container platforms allow dots in environment names, and Spring reads them as keys.
            (None, [name]) if query.is_env && name.contains('.') => {
                self.key(libraries, &name.split('.').collect::<Vec<_>>(), query)
            }
            (None, [name]) if query.is_env => self.variable(libraries, name, query),
            // Stores of parameters name them by path: `/shop/prod/db/hikari/maximum-pool-size`.
            (None, path) if path.iter().any(|segment| segment.contains('/') && !segment.contains('[')) => {
                let steps = path.iter().flat_map(|segment| segment.split('/')).filter(|step| !step.is_empty());
                self.key(libraries, &steps.collect::<Vec<_>>(), query)
            }
            (None, path) => self.key(libraries, path, query),
            (Some(_), []) => None,
        }?;
        let library = libraries.get(best.at.library)?;
        let setting = library.settings.get(best.at.setting)?;
        let evidence = setting.evidence.unwrap_or(library.evidence);
        // What was never read again may inform; it must not gate.
        let ambiguity = if evidence == Evidence::Prior { Ambiguity::High } else { setting.ambiguity };
        Some(Match { library: best.at.library, setting, prefix: best.prefix, group: best.group, ambiguity })
    }

    fn parameter(&self, libraries: &[Library], name: &str, dialect: &str) -> Option<Candidate> {
        let places = self.by_param.get(&relax_param(name))?;
        let speaks = |at: &&Place| {
            setting_at(libraries, **at).is_some_and(|setting| setting.dialects.iter().any(|d| d == dialect))
        };
        let at = *places.iter().find(speaks)?;
        let fit = Fit { at_home: false, enough: true, hits: 0, segments: 1, own: true };
        Some(Candidate { fit, at, prefix: 0, group: String::new() })
    }

    fn key(&self, libraries: &[Library], path: &[&str], query: &Query<'_>) -> Option<Candidate> {
        self.dotted(libraries, path, query).or_else(|| self.spelled_out(libraries, path))
    }

    fn dotted(&self, libraries: &[Library], path: &[&str], query: &Query<'_>) -> Option<Candidate> {
        // Most keys are nobody's: the last segment alone tells, and nothing else is made for them.
        let entries = self.by_leaf.get(&relax(path.last()?))?;
        let relaxed: Vec<String> = path.iter().map(|segment| relax(segment)).collect();
        let mut best: Option<Candidate> = None;
        for entry in entries {
            let Some(setting) = setting_at(libraries, entry.at) else { continue };
            if !relaxed.ends_with(&entry.segments) || is_excepted(setting, &relaxed) {
                continue;
            }
            let prefix = relaxed.len() - entry.segments.len();
            let above = path.get(..prefix).unwrap_or_default();
            let near =
                if entry.short { context(needs_of(libraries, entry.at), above, query) } else { Some(Near::NONE) };
            let Some(Near { at_home, hits }) = near else { continue };
            let fit = Fit {
                at_home,
                enough: !entry.short,
                hits,
                segments: entry.segments.len(),
                own: !is_anybodys(libraries, entry.at),
            };
            if best.as_ref().is_none_or(|b| b.fit < fit) {
                let group = relaxed.get(..prefix).unwrap_or_default().join(".");
                best = Some(Candidate { fit, at: entry.at, prefix, group });
            }
        }
        best
    }

    /// A last segment that spells a whole environment name: `environment.DB_POOL_SIZE`, `db-max-open-conns`.
    fn spelled_out(&self, libraries: &[Library], path: &[&str]) -> Option<Candidate> {
        let (leaf, above) = path.split_last()?;
        let words = words_of(leaf);
        if words.len() < 2 {
            return None;
        }
        let mut found = self.named(libraries, &words.join("_").to_ascii_uppercase())?;
        let parents = above.iter().map(|segment| relax(segment));
        found.group = parents.chain(Some(found.group).filter(|g| !g.is_empty())).collect::<Vec<_>>().join(".");
        found.prefix = above.len();
        Some(found)
    }

    fn variable(&self, libraries: &[Library], name: &str, query: &Query<'_>) -> Option<Candidate> {
        let upper = name.to_ascii_uppercase();
        let named = self.named(libraries, &upper);
        // What is near tells more than a name that any library may read.
        let short = self.short_variable(libraries, &upper, query);
        let anybodys = named.as_ref().is_none_or(|c| is_anybodys(libraries, c.at));
        let tells = |s: &Candidate| named.is_none() || !is_anybodys(libraries, s.at) && (anybodys || s.fit.at_home);
        short.filter(tells).or(named)
    }

    /// An environment name that is enough by itself; in upper case. What a library reads wins over what any may read.
    fn named(&self, libraries: &[Library], upper: &str) -> Option<Candidate> {
        let found = |at: Place, group: String| {
            let fit = Fit { at_home: false, enough: true, hits: 0, segments: 1, own: true };
            Candidate { fit, at, prefix: 0, group }
        };
        let mut anybodys: Option<Candidate> = None;
        if let Some(at) = self.by_env.get(upper).and_then(|places| places.first()) {
            let candidate = found(*at, String::new());
            if !is_anybodys(libraries, candidate.at) {
                return Some(candidate);
            }
            anybodys = Some(candidate);
        }
        // The longest name wins, so the shortest prefix is tried first.
        for start in starts_of(upper) {
            let (prefix, rest) = upper.split_at(start);
            let ends = self.by_env_end.get(rest).map(Vec::as_slice).unwrap_or_default();
            let fits = |end: &&EnvEnd| prefix.len() > end.start.len() && prefix.starts_with(&end.start);
            let by_end = ends.iter().find(fits).map(|end| end.at);
            let derived = self.by_derived.get(&relax(rest)).and_then(|places| places.first()).copied();
            for at in by_end.into_iter().chain(derived) {
                let candidate = found(at, group_of_prefix(prefix));
                if !is_anybodys(libraries, at) {
                    return Some(candidate);
                }
                anybodys = anybodys.or(Some(candidate));
            }
        }
        anybodys
    }

    fn short_variable(&self, libraries: &[Library], upper: &str, query: &Query<'_>) -> Option<Candidate> {
        let mut best: Option<Candidate> = None;
        for entry in self.by_leaf.get(&relax(upper))?.iter().filter(|e| e.short && e.segments.len() == 1) {
            let Some(Near { at_home, hits }) = context(needs_of(libraries, entry.at), &[], query) else { continue };
            let fit = Fit { at_home, enough: false, hits, segments: 1, own: !is_anybodys(libraries, entry.at) };
            if best.as_ref().is_none_or(|b| b.fit < fit) {
                best = Some(Candidate { fit, at: entry.at, prefix: 0, group: String::new() });
            }
        }
        best
    }

    /// The library that serves a data source even where no pool setting is written, and the group of its pool.
    pub(super) fn implied(
        &self,
        libraries: &[Library],
        key: &str,
        is_env: bool,
        dialect: Option<&str>,
    ) -> Option<(LibraryIndex, String)> {
        if key.len() > LONGEST_KEY {
            return None;
        }
        let speaks =
            |l: &Library| l.implied.as_ref().is_some_and(|i| i.dialects.iter().any(|d| Some(d.as_str()) == dialect));
        if let Some(library) = libraries.iter().position(speaks) {
            return Some((library, key.to_owned()));
        }
        if is_env && !key.contains('.') {
            return starts_of(key).find_map(|start| {
                let (prefix, rest) = key.split_at(start);
                let (library, segments) = self.implied_by_derived.get(&relax(rest))?.first()?;
                Some((*library, join_group(&group_of_prefix(prefix), segments)))
            });
        }
        let path = segments_of(key);
        let entries = self.implied_by_leaf.get(path.last()?)?;
        let (library, segments) = entries.iter().find(|(_, segments)| path.ends_with(segments))?;
        let prefix = path.get(..path.len() - segments.len())?.join(".");
        Some((*library, join_group(&prefix, segments)))
    }
}

/// What servers and programs call their settings.
fn other_leaves(entries: &Entries) -> BTreeSet<String> {
    let servers = entries.servers.iter();
    let of_servers = servers.flat_map(|s| {
        let times = s.times.iter().map(|time| &time.key);
        s.env.iter().chain(s.reserved.keys()).chain(Some(&s.limit_key)).chain(times)
    });
    let programs = entries.programs.iter();
    let of_programs = programs.flat_map(|p| {
        let settings = p.settings.iter().flat_map(|s| s.env.iter().chain(&s.keys));
        p.env_args.iter().chain(settings)
    });
    of_servers.chain(of_programs).filter_map(|name| segments_of(name).pop()).collect()
}

/// A data source's group: the prefix and all segments of its key but the last.
fn join_group(prefix: &str, segments: &[String]) -> String {
    let parents = segments.split_last().map(|(_, parents)| parents).unwrap_or_default();
    let prefix = Some(prefix).filter(|p| !p.is_empty());
    prefix.into_iter().chain(parents.iter().map(String::as_str)).collect::<Vec<_>>().join(".")
}

fn setting_at(libraries: &[Library], at: Place) -> Option<&Setting> {
    libraries.get(at.library)?.settings.get(at.setting)
}

/// Whether the name is one that teams choose themselves, so that any library may read it.
fn is_anybodys(libraries: &[Library], at: Place) -> bool {
    libraries.get(at.library).is_some_and(|library| library.ecosystem == "any")
}

/// What must be near the short keys of a setting.
fn needs_of(libraries: &[Library], at: Place) -> Option<&Needs> {
    let library = libraries.get(at.library)?;
    library.settings.get(at.setting)?.needs.as_ref().or(library.needs.as_ref())
}

/// Case, `-`, `_` and blanks do not matter.
pub(super) fn relax(segment: &str) -> String {
    segment.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).map(|c| c.to_ascii_lowercase()).collect()
}

/// Case and blanks do not matter; `connection_limit` and `connectionLimit` belong to different libraries.
fn relax_param(name: &str) -> String {
    name.chars().filter(|c| *c != ' ').map(|c| c.to_ascii_lowercase()).collect()
}

pub(super) fn segments_of(key: &str) -> Vec<String> {
    key.split('.').map(relax).filter(|segment| !segment.is_empty()).collect()
}

fn is_excepted(setting: &Setting, relaxed: &[String]) -> bool {
    setting.except.iter().any(|key| segments_of(key) == relaxed)
}

/// Byte positions at which a word of an environment name starts.
fn starts_of(name: &str) -> impl Iterator<Item = usize> + '_ {
    let after_mark = |(at, _): (usize, &str)| at + 1;
    std::iter::once(0).chain(name.match_indices('_').map(after_mark)).filter(|&start| !name[start..].starts_with('_'))
}

/// `SPRING_DATASOURCE_` and `Spring__DataSource__` are `spring.datasource`.
fn group_of_prefix(prefix: &str) -> String {
    prefix.split('_').filter(|word| !word.is_empty()).map(str::to_ascii_lowercase).collect::<Vec<_>>().join(".")
}

/// What of a setting's needs was found near a key.
struct Near {
    /// Whether the file or the image is one of those named.
    at_home: bool,
    /// How many siblings, files and images.
    hits: usize,
}

impl Near {
    const NONE: Near = Near { at_home: false, hits: 0 };
}

/// What of the needs holds; `None` if nothing does.
fn context(needs: Option<&Needs>, above: &[&str], query: &Query<'_>) -> Option<Near> {
    let needs = needs?;
    let siblings = match is_of_other_clients(above) {
        true => 0,
        false => needs.siblings.iter().filter(|name| (query.siblings)(name)).count(),
    };
    let file = query.file.rsplit(['/', '\\', '!']).next().unwrap_or_default().to_ascii_lowercase();
    let files = usize::from(needs.files.iter().any(|glob| fast_glob::glob_match(glob, &file)));
    let is_image = |image: &str| needs.images.iter().any(|glob| fast_glob::glob_match(glob, image_name(image)));
    let images = usize::from(query.images.iter().any(|image| is_image(image)));
    let hits = siblings + files + images;
    (hits > 0 || is_under(&needs.under, above)).then_some(Near { at_home: files + images > 0, hits })
}

/// Whether the keys are those of a pool of other clients, which is configured in the same words.
fn is_of_other_clients(above: &[&str]) -> bool {
    let near = above.iter().rev().take(NEAR).map(|segment| words_of(segment));
    near.into_iter().any(|words| ["jedis", "lettuce", "ldap", "http"].iter().any(|client| has_word(&words, client)))
}

/// Whether one of the nearest segments has one of the words, with no foreign word at or below it.
fn is_under(wanted: &[String], above: &[&str]) -> bool {
    for segment in above.iter().rev().take(NEAR) {
        let words = words_of(segment);
        if words.iter().any(|word| FOREIGN.contains(&word.as_str())) {
            return false;
        }
        if wanted.iter().any(|need| has_word(&words, need)) {
            return true;
        }
    }
    false
}

/// `ordersDataSource` is `orders`, `data`, `source`; `orders-db` is `orders`, `db`.
fn words_of(segment: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut after_lower = false;
    let mut open = false;
    for c in segment.chars() {
        if !c.is_alphanumeric() {
            open = false;
            continue;
        }
        let starts = !open || (after_lower && c.is_uppercase());
        match words.last_mut() {
            Some(word) if !starts => word.push(c.to_ascii_lowercase()),
            _ => words.push(c.to_ascii_lowercase().to_string()),
        }
        after_lower = c.is_lowercase() || c.is_ascii_digit();
        open = true;
    }
    words
}

/// Whether neighbouring words make up `need`: `data`, `source` make `datasource`.
fn has_word(words: &[String], need: &str) -> bool {
    (0..words.len()).any(|start| {
        let mut rest = need;
        for word in words.iter().skip(start) {
            let Some(left) = rest.strip_prefix(word.as_str()) else { return false };
            if left.is_empty() {
                return true;
            }
            rest = left;
        }
        false
    })
}

/// An image without registry, folder, tag and digest: `ghcr.io/acme/pgbouncer:1.24` is `pgbouncer`.
pub(super) fn image_name(image: &str) -> &str {
    let path = image_path(image);
    path.rsplit('/').next().unwrap_or(path)
}

/// An image without tag and digest.
pub(super) fn image_path(image: &str) -> &str {
    let image = image.trim();
    let image = image.split('@').next().unwrap_or(image);
    let name_at = image.rfind('/').map_or(0, |at| at + 1);
    match image.get(name_at..).and_then(|name| name.find(':')) {
        Some(colon) => image.get(..name_at + colon).unwrap_or(image),
        None => image,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_at_marks_and_at_capitals() {
        assert_eq!(words_of("ordersDataSource-db2"), ["orders", "data", "source", "db2"]);
        assert!(has_word(&words_of("ordersDataSource"), "datasource"));
        assert!(!has_word(&words_of("mongodb"), "db"));
        assert!(!has_word(&words_of("datasources"), "datasource"));
    }

    #[test]
    fn a_foreign_word_nearer_to_the_key_wins() {
        let wanted = ["db".to_owned()];
        assert!(is_under(&wanted, &["app", "db", "options"]));
        assert!(!is_under(&wanted, &["db", "httpPool", "thread-pool"]));
        assert!(!is_under(&wanted, &["db", "a", "b", "c"]));
    }

    #[test]
    fn an_image_is_known_without_registry_and_tag() {
        assert_eq!(image_name("localhost:5000/acme/pgbouncer:1.24@sha256:ab"), "pgbouncer");
        assert_eq!(image_path("localhost:5000/acme/pg"), "localhost:5000/acme/pg");
        assert_eq!(image_name("postgres"), "postgres");
    }

    #[test]
    fn prefixes_of_environment_names_are_groups() {
        assert_eq!(group_of_prefix("SPRING_DATASOURCE_"), "spring.datasource");
        assert_eq!(group_of_prefix("App__Db__"), "app.db");
        assert_eq!(starts_of("A__B_C").collect::<Vec<_>>(), [0, 3, 5]);
    }
}
