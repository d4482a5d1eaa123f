//! How long a review takes: reading a YAML file stage by stage, a pair of 5,000-line YAML files, a tree of 1,000 files,
//! all rules, connection strings, the connection budget of a fleet.
//!
//! `cargo bench` prints the figures; compare runs on one machine only.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use plimsoll::budget::{Options, budget};
use plimsoll::catalogue::Catalogue;
use plimsoll::config::{Config, RuleSeverity};
use plimsoll::connection;
use plimsoll::facts::{Declared, Facts, assemble};
use plimsoll::format;
use plimsoll::platform::{self, EnvironmentRules, ListKeys};
use plimsoll::review::{Content, Input, Request, review};
use plimsoll::source::{Side, Source, SourceId, Sources};

/// Manifests of one service, about 100 lines, with the things that repositories hold: a deployment, an autoscaler, a
/// service and a ConfigMap with a properties file.
fn service(n: usize, pool: usize, tag: usize) -> String {
    let mut text = String::new();
    let ns = n % 23;
    let db = n % 17;
    let _ = write!(
        text,
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: svc-{n}\n  namespace: area-{ns}\n  labels: {{app: svc-{n}}}\nspec:\n  replicas: 3\n  strategy:\n    rollingUpdate:\n      maxSurge: 25%\n      maxUnavailable: 0\n  template:\n    metadata:\n      labels:\n        app: svc-{n}\n    spec:\n      terminationGracePeriodSeconds: 45\n      containers:\n"
    );
    let _ = write!(
        text,
        "      - name: svc-{n}\n        image: registry.example.org/area/svc-{n}:1.{tag}\n        env:\n        - name: REGION\n          value: eu-1\n        - name: JAVA_TOOL_OPTIONS\n          value: -XX:MaxRAMPercentage=75\n        envFrom:\n        - configMapRef:\n            name: svc-{n}\n        resources:\n          limits:\n            memory: 1Gi\n        readinessProbe:\n          httpGet:\n            path: /health\n            port: 8080\n"
    );
    for extra in 0..8 {
        let _ = write!(
            text,
            "      - name: side-{extra}\n        image: registry.example.org/side:{extra}\n        args: [\"--port={extra}\"]\n        resources:\n          limits:\n            memory: 64Mi\n"
        );
    }
    let _ = write!(
        text,
        "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: svc-{n}\n  namespace: area-{ns}\nspec:\n  scaleTargetRef:\n    kind: Deployment\n    name: svc-{n}\n  minReplicas: 3\n  maxReplicas: 9\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: svc-{n}\n  namespace: area-{ns}\ndata:\n  LOG_LEVEL: info\n  application.properties: |\n    spring.datasource.url=jdbc:postgresql://db-{db}.area-{ns}.svc:5432/s{n}?sslmode=verify-full\n    spring.datasource.hikari.maximum-pool-size={pool}\n    spring.datasource.hikari.connection-timeout=5000\n"
    );
    text
}

fn pair(lines: usize) -> (Vec<Input>, Vec<Input>) {
    let (mut old, mut new, mut n) = (String::new(), String::new(), 0);
    while old.lines().count() < lines {
        let changed = n % 5 == 0;
        old.push_str(&service(n, 10, 0));
        new.push_str(&service(n, if changed { 40 } else { 10 }, usize::from(changed)));
        old.push_str("---\n");
        new.push_str("---\n");
        n += 1;
    }
    (input("all.yaml", old), input("all.yaml", new))
}

fn input(path: &str, text: String) -> Vec<Input> {
    vec![Input { path: path.to_owned(), content: Content::Bytes(text.into_bytes()) }]
}

fn tree(files: usize, changed: usize) -> (Vec<Input>, Vec<Input>) {
    let side = |new: bool| {
        let one = |n: usize| {
            let moved = new && n < changed;
            input(&format!("area-{}/svc-{n}.yaml", n % 23), service(n, if moved { 40 } else { 10 }, usize::from(moved)))
        };
        (0..files).flat_map(one).collect::<Vec<_>>()
    };
    (side(false), side(true))
}

fn run(c: &mut Criterion, name: &str, sides: &(Vec<Input>, Vec<Input>)) {
    let request = || Request { old: sides.0.clone(), new: sides.1.clone(), ..Request::default() };
    c.bench_function(name, |b| b.iter_batched(request, review, BatchSize::LargeInput));
}

/// All rules over the tree: the difference between the two is what they take beyond facts and budget, under 15 ms.
fn rules(c: &mut Criterion) {
    let sides = tree(1_000, 50);
    let off: BTreeMap<String, RuleSeverity> =
        plimsoll::rules::names().into_iter().map(|name| (name.to_owned(), RuleSeverity::Off)).collect();
    let mut group = c.benchmark_group("rules, tree of 1,000 files");
    for (name, rules) in [("all off", off), ("all on", BTreeMap::new())] {
        let request = || Request {
            old: sides.0.clone(),
            new: sides.1.clone(),
            config: Config { rules: rules.clone(), ..Config::default() },
            ..Request::default()
        };
        group.bench_function(name, |b| b.iter_batched(request, review, BatchSize::LargeInput));
    }
    group.finish();
}

/// Taking connection strings apart: under 2 µs for one as repositories hold them.
fn strings(c: &mut Criterion) {
    let mut group = c.benchmark_group("connection string");
    for (name, text) in [
        ("uri", "postgresql://app:not-a-real-secret@db1.example.com:5432/orders?sslmode=verify-full&connect_timeout=5"),
        (
            "keywords",
            "host=db1.example.com port=5432 dbname=orders user=app password=not-a-real-secret sslmode=require",
        ),
        ("jdbc", "jdbc:postgresql://db1.example.com:5432/orders?user=app&password=not-a-real-secret&sslmode=require"),
        ("none", "registry.example.org/area/service@sha256:0123456789abcdef, port=8080"),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| connection::parse(std::hint::black_box(text), Some("spring.datasource.url")));
        });
    }
    group.finish();
}

/// Reading one YAML file, stage by stage: the parser's bare events, the tree, the tree with its settings.
fn stages(c: &mut Criterion) {
    let (_, new) = pair(20_000);
    let Some(Input { path, content: Content::Bytes(bytes) }) = new.into_iter().next() else { return };
    let sources = Sources::of(vec![Source::new(&path, Side::New, &bytes)]);
    let id = SourceId(0);
    let text = sources.get(id).text.as_str();
    let mut group = c.benchmark_group("yaml, 20,000 lines");
    group.bench_function("bare parser", |b| {
        b.iter(|| {
            let options = granit_parser::options! {
                emit_unresolved_aliases: true,
                max_buffered_comment_events: text.len(),
            };
            granit_parser::Parser::new_from_str_with_options(text, options).filter_map(Result::ok).count()
        });
    });
    group.bench_function("tree", |b| b.iter_with_large_drop(|| format::parse(sources.get(id), id)));
    let (rules, lists) = (EnvironmentRules::default(), ListKeys::default());
    group.bench_function("tree and settings", |b| {
        b.iter_with_large_drop(|| {
            let document = format::parse(sources.get(id), id);
            let reading = platform::read(&path, &document, &rules, &lists);
            (document, reading)
        });
    });
    group.finish();
}

/// A tree of 1,000 files: 200 workloads on 20 servers, half of them through 10 poolers, and configuration that has
/// nothing to do with either.
fn fleet(pool: usize) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for n in 0..20 {
        let text = format!(
            "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {{name: db-{n}, namespace: shop}}\nspec:\n  instances: 3\n  postgresql:\n    parameters: {{max_connections: \"500\"}}\n"
        );
        files.push((format!("db/{n}.yaml"), text));
    }
    for n in 0..10 {
        let text = format!(
            "apiVersion: postgresql.cnpg.io/v1\nkind: Pooler\nmetadata: {{name: pooler-{n}, namespace: shop}}\nspec:\n  cluster: {{name: db-{n}}}\n  instances: 2\n  type: rw\n  pgbouncer:\n    poolMode: transaction\n    parameters: {{default_pool_size: \"20\", max_client_conn: \"2000\"}}\n"
        );
        files.push((format!("pooler/{n}.yaml"), text));
    }
    for n in 0..200 {
        let host = if n % 20 < 10 { format!("pooler-{}", n % 20) } else { format!("db-{}-rw", n % 20) };
        let text = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app-{n}, namespace: shop}}\nspec:\n  replicas: 4\n  template:\n    metadata: {{labels: {{app: app-{n}}}}}\n    spec:\n      containers:\n      - name: app\n        image: shop/app:1\n        env:\n        - {{name: DATABASE_URL, value: \"postgresql://app_{n}@{host}:5432/app_{n}\"}}\n        - {{name: DB_POOL_SIZE, value: \"{pool}\"}}\n"
        );
        files.push((format!("app/{n}.yaml"), text));
    }
    files.extend((0..770).map(|n| {
        let text = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c-{n}, namespace: shop}}\ndata: {{LOG_LEVEL: info}}\n"
        );
        (format!("config/{n}.yaml"), text)
    }));
    files
}

fn facts_of(files: &[(String, String)]) -> Facts {
    let catalogue = Catalogue::builtin().expect("a test checks it");
    let sources = Sources::of(files.iter().map(|(p, t)| Source::new(p, Side::New, t.as_bytes())).collect());
    let documents: Vec<_> = sources.iter().map(|(id, source)| format::parse(source, id)).collect();
    let settings = platform::settings(&sources, &documents, &EnvironmentRules::default());
    assemble(&sources, &settings, &catalogue, &Declared::default())
}

/// The budget alone, from facts that are read: at most 10 ms for the fleet, and twice as much for twice the links.
fn budgets(c: &mut Criterion) {
    let mut group = c.benchmark_group("budget");
    let (old, new) = (fleet(10), fleet(20));
    let half = |files: &[(String, String)]| {
        files.iter().filter(|(path, _)| !path.starts_with("app/1")).cloned().collect::<Vec<_>>()
    };
    for (name, old, new) in [("half the workloads", half(&old), half(&new)), ("1,000 files, 200 workloads", old, new)] {
        let (old, new) = (facts_of(&old), facts_of(&new));
        let rolling: BTreeSet<String> = new.workloads.iter().map(|w| w.id.to_string()).collect();
        let options = Options { target: 0.8, strict_rollout: false, rolling: &rolling };
        group.bench_function(name, |b| b.iter_with_large_drop(|| budget(&old, &new, &options)));
    }
    group.finish();
}

fn benches(c: &mut Criterion) {
    budgets(c);
    stages(c);
    run(c, "yaml pair, 5,000 lines", &pair(5_000));
    run(c, "tree of 1,000 files, 50 changed", &tree(1_000, 50));
    rules(c);
    strings(c);
}

criterion_group! {
    name = group;
    config = Criterion::default().sample_size(10);
    targets = benches
}
criterion_main!(group);
