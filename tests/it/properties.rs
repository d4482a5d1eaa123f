//! What holds for every change: order and layout make none, one configuration means one thing in every format, and a
//! reported line is the line where it stands.

use std::sync::OnceLock;

use plimsoll::catalogue::Catalogue;
use plimsoll::diff::{ChangeKind, diff};
use plimsoll::facts::{Declared, Facts, assemble};
use plimsoll::format;
use plimsoll::platform::{EnvironmentRules, settings};
use plimsoll::report::ReportedChange;
use plimsoll::secret::MASK;
use plimsoll::setting::Settings;
use plimsoll::source::{Side, Source, Sources};
use proptest::prelude::*;

use crate::support::{Options, inputs, review_folders, root};

fn read(files: &[(String, String)]) -> (Sources, Settings) {
    let mut sources = Sources::default();
    let add = |(path, text): &(String, String)| {
        let id = sources.push(Source::new(path, Side::New, text.as_bytes()));
        format::parse(sources.get(id), id)
    };
    let documents: Vec<_> = files.iter().map(add).collect();
    let settings = settings(&sources, &documents, &EnvironmentRules::default());
    (sources, settings)
}

/// Configuration in which order means nothing: mappings, lists of named things (some of one name), lists of words.
#[derive(Debug, Clone)]
enum Tree {
    Leaf(String),
    Words(Vec<String>),
    Map(Vec<(String, Tree)>),
    Named(Vec<(String, Vec<(String, Tree)>)>),
}

fn tree() -> impl Strategy<Value = Tree> {
    let word = || prop::sample::select(vec!["alpha", "beta", "10", "true", "~", "db.example", "1.5"]);
    let key = || prop::sample::select(vec!["host", "pool", "size", "on", "items", "ports", "rules", "x-y"]);
    let leaf = prop_oneof![
        word().prop_map(|word| Tree::Leaf(word.to_owned())),
        prop::collection::vec(prop::sample::select(vec!["read", "write", "admin"]), 1..4)
            .prop_map(|words| Tree::Words(words.into_iter().map(str::to_owned).collect())),
    ];
    leaf.prop_recursive(3, 24, 4, move |inner| {
        let map = move |inner| {
            prop::collection::btree_map(key(), inner, 0..4)
                .prop_map(|map| map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<Vec<_>>())
        };
        let name = prop::sample::select(vec!["web", "api", "job"]);
        let items = prop::collection::vec((name, map(inner.clone())), 1..4);
        prop_oneof![
            map(inner).prop_map(Tree::Map),
            items.prop_map(|items| Tree::Named(items.into_iter().map(|(n, m)| (n.to_owned(), m)).collect())),
        ]
    })
}

/// Flow style; `turn` writes all that has no order the other way round.
fn written(tree: &Tree, turn: bool) -> String {
    let ordered = |mut parts: Vec<String>| {
        if turn {
            parts.reverse();
        }
        parts.join(", ")
    };
    let entries = |map: &[(String, Tree)]| -> Vec<String> {
        map.iter().map(|(key, value)| format!("{key}: {}", written(value, turn))).collect()
    };
    match tree {
        Tree::Leaf(text) => text.clone(),
        Tree::Words(words) => format!("[{}]", ordered(words.clone())),
        Tree::Map(map) => format!("{{{}}}", ordered(entries(map))),
        Tree::Named(items) => {
            let item = |(name, map): &(String, Vec<(String, Tree)>)| {
                let mut parts = vec![format!("name: {name}")];
                parts.extend(entries(map));
                format!("{{{}}}", ordered(parts))
            };
            format!("[{}]", ordered(items.iter().map(item).collect()))
        }
    }
}

fn files(trees: &[Tree], turn: bool) -> Vec<(String, String)> {
    let document = |(at, tree): (usize, &Tree)| match at % 3 {
        0 => format!("a{at}: {}\n", written(tree, turn)),
        1 => {
            let (api, spec) = ("apiVersion: x.io/v1\nkind: Widget", written(tree, turn));
            format!("{api}\nmetadata: {{name: w{at}}}\nspec: {spec}\n")
        }
        _ => format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{at}}}\ndata: {{A: '{at}'}}\nextra: {}\n",
            written(tree, turn)
        ),
    };
    let mut documents: Vec<String> = trees.iter().enumerate().map(document).collect();
    if turn {
        documents.reverse();
    }
    vec![("a.yaml".to_owned(), documents.join("---\n"))]
}

/// A pool and the address it leads to.
#[derive(Debug, Clone)]
struct Pool {
    host: &'static str,
    port: u16,
    database: &'static str,
    max: u32,
    idle: u32,
    timeout: u32,
}

fn pool() -> impl Strategy<Value = Pool> {
    let host = prop::sample::select(vec!["orders-db.example.internal", "10.1.2.3", "db"]);
    let database = prop::sample::select(vec!["orders", "shop_2"]);
    (host, 1024..60_000_u16, database, 1..400_u32, 0..20_u32, 250..60_000_u32)
        .prop_map(|(host, port, database, max, idle, timeout)| Pool { host, port, database, max, idle, timeout })
}

/// The same pool in every format.
fn formats(pool: &Pool) -> Vec<(&'static str, String)> {
    let Pool { host, port, database, max, idle, timeout } = pool;
    let url = format!("jdbc:postgresql://{host}:{port}/{database}");
    vec![
        (
            "application.properties",
            format!(
                "spring.datasource.url={url}\nspring.datasource.hikari.maximum-pool-size={max}\nspring.datasource.hikari.minimum-idle = {idle}\nspring.datasource.hikari.connection-timeout: {timeout}\n"
            ),
        ),
        (
            "application.yml",
            format!(
                "spring:\n  datasource:\n    url: {url}\n    hikari:\n      maximum-pool-size: {max}\n      minimum-idle: '{idle}'\n      connection-timeout: {timeout}\n"
            ),
        ),
        (
            "config.json",
            format!(
                "{{\"spring\": {{\"datasource\": {{\"url\": \"{url}\", \"hikari\": {{\"maximum-pool-size\": {max}, \"minimum-idle\": {idle}, \"connection-timeout\": {timeout}}}}}}}}}"
            ),
        ),
        (
            "config.toml",
            format!(
                "[spring.datasource]\nurl = \"{url}\"\n[spring.datasource.hikari]\nmaximum-pool-size = {max}\nminimum-idle = {idle}\nconnection-timeout = {timeout}\n"
            ),
        ),
        (
            ".env",
            format!(
                "SPRING_DATASOURCE_URL={url}\nSPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE={max}\nexport SPRING_DATASOURCE_HIKARI_MINIMUM_IDLE=\"{idle}\"\nSPRING_DATASOURCE_HIKARI_CONNECTION_TIMEOUT={timeout}\n"
            ),
        ),
        (
            "config.ini",
            format!(
                "[spring.datasource]\nurl = {url}\n[spring.datasource.hikari]\nmaximum-pool-size = {max}\nminimum-idle = {idle}\nconnection-timeout = {timeout}\n"
            ),
        ),
    ]
}

fn facts(path: &str, text: &str) -> Facts {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    let (sources, settings) = read(&[(path.to_owned(), text.to_owned())]);
    let catalogue = CATALOGUE.get_or_init(|| Catalogue::builtin().expect("the built-in catalogue is sound"));
    assemble(&sources, &settings, catalogue, &Declared::default())
}

/// What the facts say, without the places where it is written.
fn values(facts: &Facts) -> Vec<String> {
    let part = |p: &plimsoll::facts::EndpointPart| format!("{}={}", p.role, p.text.clone().unwrap_or_default());
    let endpoints = facts.endpoints.iter().map(|e| {
        let mut parts: Vec<String> = e.parts.iter().map(part).collect();
        parts.sort();
        format!("{} {}", e.engine.as_str(), parts.join(" "))
    });
    let pools = facts.pools.iter().map(|p| {
        let mut settings: Vec<String> = p.settings.iter().map(|s| format!("{}={}", s.role.as_str(), s.words)).collect();
        settings.sort();
        format!("{} {:?} {}", p.library, p.max.value, settings.join(" "))
    });
    endpoints.chain(pools).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn order_changes_nothing_where_it_means_nothing(trees in prop::collection::vec(tree(), 1..4)) {
        let (before, after) = (files(&trees, false), files(&trees, true));
        let (old, new) = (read(&before).1, read(&after).1);
        let found: Vec<String> = diff(&old, &new)
            .iter()
            .map(|c| format!("{} {:?} {:?}", c.kind.as_str(), c.old.map(|at| old.get(at).path.to_string()), c.new.map(|at| new.get(at).path.to_string())))
            .collect();
        prop_assert!(found.is_empty(), "{found:?}\n{before:?}\n{after:?}");
    }

    #[test]
    fn a_change_and_its_way_back_mirror_each_other(a in prop::collection::vec(tree(), 1..4), b in prop::collection::vec(tree(), 1..4)) {
        let (old, new) = (read(&files(&a, false)).1, read(&files(&b, false)).1);
        let turned = |kind| match kind {
            ChangeKind::Added => ChangeKind::Removed,
            ChangeKind::Removed => ChangeKind::Added,
            same => same,
        };
        let mut there: Vec<_> = diff(&old, &new).into_iter().map(|c| (c.kind, c.old, c.new)).collect();
        let mut back: Vec<_> = diff(&new, &old).into_iter().map(|c| (turned(c.kind), c.new, c.old)).collect();
        there.sort();
        back.sort();
        prop_assert_eq!(there, back);
    }

    #[test]
    fn nothing_that_changed_is_left_out(a in prop::collection::vec(tree(), 1..3), b in prop::collection::vec(tree(), 1..3)) {
        // A value that stands more often on one side is in that many changes; moves and renames may not swallow one.
        let (old, new) = (read(&files(&a, false)).1, read(&files(&b, false)).1);
        let changes = diff(&old, &new);
        for text in ["alpha", "beta", "10", "true", "db.example", "1.5", "read", "write", "admin"] {
            let count = |side: &Settings| side.iter().filter(|(_, _, s)| s.value.text == text).count();
            let (was, is) = (count(&old), count(&new));
            let lost = changes.iter().filter(|c| c.old.is_some_and(|at| old.get(at).value.text == text)).count();
            let won = changes.iter().filter(|c| c.new.is_some_and(|at| new.get(at).value.text == text)).count();
            prop_assert!(lost >= was.saturating_sub(is) && won >= is.saturating_sub(was), "{text}: {was} > {is}");
        }
    }

    #[test]
    fn one_configuration_means_the_same_in_every_format(pool in pool()) {
        let all: Vec<(&str, Vec<String>)> =
            formats(&pool).into_iter().map(|(path, text)| (path, values(&facts(path, &text)))).collect();
        let (first, expected) = &all[0];
        prop_assert_eq!(expected.len(), 2, "an address and a pool: {:?}", expected);
        for (path, found) in &all {
            prop_assert_eq!(found, expected, "{} and {}", path, first);
        }
    }
}

/// Whether a line holds the key or (a part of) the value that is reported for it.
fn shows(line: &str, change: &ReportedChange, path: &str, value: Option<&str>) -> bool {
    let plain = |text: &str| text.to_lowercase().replace(['_', '-', '"', '\'', '\\'], "");
    let line = plain(line);
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric() && !"_-".contains(c)).map(plain).filter(|w| !w.is_empty()).collect()
    };
    let keys = words(path);
    let by_key = keys.iter().rev().take(2).any(|key| line.contains(key));
    let value = value.unwrap_or_default();
    // A masked value is looked for by its key, an empty one stands nowhere.
    let by_value = value.contains(MASK) || words(value).iter().any(|word| line.contains(word)) || value.is_empty();
    let by_role = change.role.as_ref().is_some_and(|role| words(role.as_str()).iter().any(|word| line.contains(word)));
    by_key || by_value || by_role
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads its cases from the disk")]
fn a_reported_line_holds_what_is_reported() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    let mut folders: Vec<_> =
        std::fs::read_dir(root().join("tests/cases")).expect("the cases are there").flatten().collect();
    folders.sort_by_key(std::fs::DirEntry::path);
    for folder in folders {
        let (old, new) = (folder.path().join("before"), folder.path().join("after"));
        let report = review_folders(&old, &new, &Options::default());
        let texts = |folder: &std::path::Path| -> std::collections::BTreeMap<String, Vec<u8>> {
            let bytes = |input: plimsoll::review::Input| match input.content {
                plimsoll::review::Content::Bytes(bytes) => Some((input.path, bytes)),
                _ => None,
            };
            inputs(folder).into_iter().filter_map(bytes).collect()
        };
        let (before, after) = (texts(&old), texts(&new));
        for change in &report.changes {
            let sides = [
                (
                    &before,
                    change.old_file.as_ref().unwrap_or(&change.file),
                    change.old_line,
                    change.old_path.as_ref(),
                    &change.old,
                ),
                (&after, &change.file, change.new_line, None, &change.new),
            ];
            for (files, file, line, path, value) in sides {
                let (Some(line), Some(bytes)) = (line, files.get(file.as_str())) else { continue };
                let text = Source::new("a", Side::New, bytes);
                let path = path.unwrap_or(&change.path).as_str();
                checked += 1;
                if !shows(text.line(line), change, path, value.as_ref().map(|v| v.as_str())) {
                    let case = folder.file_name().to_string_lossy().into_owned();
                    wrong.push(format!("{case}: {}:{line} {path}: {}", file.as_str(), text.line(line)));
                }
            }
        }
    }
    assert!(checked > 200, "only {checked} lines were looked at");
    assert!(wrong.is_empty(), "{} of {checked} lines:\n{}", wrong.len(), wrong.join("\n"));
}

/// A service with a pool against a server of the same project.
fn service_with_pool(pool: u64, replicas: u64, workers: u64) -> Vec<(String, String)> {
    let text = format!(
        "services:\n  db:\n    image: postgres:16\n    command: postgres -c max_connections=300\n  web:\n    image: registry.example.org/shop/web:1.0\n    command: gunicorn shop:app --workers {workers}\n    deploy:\n      replicas: {replicas}\n    environment:\n      DATABASE_URL: postgresql://app@db:5432/shop\n      SQLALCHEMY_POOL_SIZE: \"{pool}\"\n"
    );
    vec![("compose.yaml".to_owned(), text)]
}

/// Connections that the clients of the only server may hold at peak and in a rollout.
fn demand(pool: u64, replicas: u64, workers: u64) -> Vec<(u64, Option<u64>)> {
    let catalogue = Catalogue::builtin().expect("the built-in catalogue is sound");
    let (sources, settings) = read(&service_with_pool(pool, replicas, workers));
    let facts = assemble(&sources, &settings, &catalogue, &Declared::default());
    let rolling = facts.workloads.iter().map(|w| w.id.to_string()).collect();
    let options = plimsoll::budget::Options { target: 0.8, strict_rollout: false, rolling: &rolling };
    let rows = plimsoll::budget::budget(&facts, &facts, &options);
    rows.iter().filter_map(|row| row.after).map(|load| (load.rollout.lo, load.rollout.hi)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_larger_pool_never_asks_for_fewer_connections(
        pool in 1..200_u64, more in 0..200_u64, replicas in 1..12_u64, workers in 1..8_u64
    ) {
        let (small, large) = (demand(pool, replicas, workers), demand(pool + more, replicas, workers));
        prop_assert_eq!(small.len(), 1);
        for ((lo, hi), (more_lo, more_hi)) in small.iter().zip(&large) {
            prop_assert!(more_lo >= lo && (more_hi.is_none() || more_hi >= hi), "{:?} {:?}", small, large);
        }
    }
}
