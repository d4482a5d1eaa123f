//! What holds for every connection budget, and a brute-force rollout that its figures must bound.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use plimsoll::budget::{Load, Options, ServerBudget, Verdict, budget};
use plimsoll::catalogue::Catalogue;
use plimsoll::facts::{Declared, Facts, assemble};
use plimsoll::format;
use plimsoll::platform::{EnvironmentRules, settings};
use plimsoll::quantity::Interval;
use plimsoll::source::{Side, Source, Sources};
use proptest::prelude::*;

fn facts(files: &[(String, String)]) -> Facts {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    let catalogue = CATALOGUE.get_or_init(|| Catalogue::builtin().expect("it is checked by a test"));
    let mut sources = Sources::default();
    let add = |(path, text): &(String, String)| {
        let id = sources.push(Source::new(path, Side::New, text.as_bytes()));
        format::parse(sources.get(id), id)
    };
    let documents: Vec<_> = files.iter().map(add).collect();
    let settings = settings(&sources, &documents, &EnvironmentRules::default());
    assemble(&sources, &settings, catalogue, &Declared::default())
}

fn rows(old: &[(String, String)], new: &[(String, String)]) -> Vec<ServerBudget> {
    let (old, new) = (facts(old), facts(new));
    let rolling: BTreeSet<String> = old
        .workloads
        .iter()
        .chain(&new.workloads)
        .map(|w| w.id.to_string())
        .chain(new.poolers.iter().map(|p| p.name.clone()))
        .collect();
    budget(&old, &new, &Options { target: 0.8, strict_rollout: false, rolling: &rolling })
}

fn row(files: &[(String, String)]) -> ServerBudget {
    let found = rows(&[], files).into_iter().find(|r| r.server.contains("orders-db"));
    found.expect("its server has clients")
}

/// A small fleet: one server, a pooler in front of it if there is a size for one, and workloads.
#[derive(Debug, Clone)]
struct Fleet {
    limit: u64,
    pooler: Option<(u64, u64)>,
    workloads: Vec<Crew>,
}

/// One workload.
#[derive(Debug, Clone)]
struct Crew {
    replicas: u64,
    max_replicas: Option<u64>,
    surge: &'static str,
    workers: u64,
    pool: String,
    overflow: u64,
}

fn fleet() -> impl Strategy<Value = Fleet> {
    let crew = (0..9_u64, prop::option::of(1..12_u64), 1..4_u64, 1..20_u64, 0..9_u64, 0..4_usize).prop_map(
        |(replicas, max_replicas, workers, pool, overflow, surge)| Crew {
            replicas,
            max_replicas: max_replicas.map(|max| max.max(replicas)),
            surge: ["25%", "0", "2", "100%"][surge],
            workers,
            pool: pool.to_string(),
            overflow,
        },
    );
    let pooler = prop::option::of((1..4_u64, 1..40_u64));
    (20..400_u64, pooler, prop::collection::vec(crew, 1..4)).prop_map(|(limit, pooler, workloads)| Fleet {
        limit,
        pooler,
        workloads,
    })
}

impl Fleet {
    fn files(&self) -> Vec<(String, String)> {
        let server = format!(
            "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {{name: orders-db, namespace: shop}}\nspec:\n  \
             instances: 1\n  postgresql:\n    parameters: {{max_connections: \"{}\"}}\n",
            self.limit
        );
        let mut files = vec![("prod/orders-db.yaml".to_owned(), server)];
        if let Some((instances, size)) = self.pooler {
            let text = format!(
                "apiVersion: postgresql.cnpg.io/v1\nkind: Pooler\nmetadata: {{name: pooler, namespace: shop}}\nspec:\n  \
                 cluster: {{name: orders-db}}\n  type: rw\n  instances: {instances}\n  pgbouncer:\n    poolMode: transaction\n    \
                 parameters: {{default_pool_size: \"{size}\", max_client_conn: \"10000\"}}\n"
            );
            files.push(("prod/pooler.yaml".to_owned(), text));
        }
        let host = if self.pooler.is_some() { "pooler" } else { "orders-db-rw" };
        let workloads = self.workloads.iter().enumerate();
        files.extend(workloads.map(|(n, crew)| (format!("prod/app-{n}.yaml"), crew.text(n, host))));
        files
    }

    fn load(&self) -> Load {
        row(&self.files()).after.expect("the server is there")
    }
}

impl Crew {
    fn text(&self, n: usize, host: &str) -> String {
        let Crew { replicas, surge, workers, pool, overflow, .. } = self;
        let scaler = self.max_replicas.map_or(String::new(), |max| {
            format!(
                "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: app-{n}, namespace: shop}}\n\
                 spec:\n  scaleTargetRef: {{kind: Deployment, name: app-{n}}}\n  minReplicas: {replicas}\n  maxReplicas: {max}\n"
            )
        });
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app-{n}, namespace: shop}}\nspec:\n  replicas: {replicas}\n  \
             strategy: {{rollingUpdate: {{maxSurge: {surge}}}}}\n  template:\n    metadata: {{labels: {{app: app-{n}}}}}\n    spec:\n      \
             containers:\n      - name: app\n        image: shop/app:1\n        args: [gunicorn, \"app:app\", -w, \"{workers}\"]\n        env:\n        \
             - {{name: DATABASE_URL, value: \"postgresql://app@{host}:5432/orders\"}}\n        \
             - {{name: DB_POOL_SIZE, value: \"{pool}\"}}\n        - {{name: DB_MAX_OVERFLOW, value: \"{overflow}\"}}\n{scaler}"
        )
    }
}

/// Whether no end of any scenario fell.
fn is_no_less(before: &Load, after: &Load) -> bool {
    let grew = |a: Interval, b: Interval| a.lo <= b.lo && a.hi.unwrap_or(u64::MAX) <= b.hi.unwrap_or(u64::MAX);
    let pairs = |l: &Load| [l.steady, l.peak, l.rollout, l.strict, l.failover];
    pairs(before).into_iter().zip(pairs(after)).all(|(a, b)| grew(a, b))
}

/// How bad a verdict is.
fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Fits => 0,
        Verdict::OverStrict => 1,
        Verdict::Near => 2,
        Verdict::OverFailover | Verdict::OverRollout => 3,
        Verdict::OverPeak => 4,
        Verdict::OverCertain => 5,
        other => panic!("no server that is new and whose numbers are all known is {other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn more_of_anything_never_lowers_a_demand(fleet in fleet(), what in 0..6_usize, by in 1..5_u64) {
        let mut more = fleet.clone();
        let first = &mut more.workloads[0];
        match what {
            0 => {
                first.replicas += by;
                first.max_replicas = first.max_replicas.map(|max| max + by);
            }
            1 => first.max_replicas = first.max_replicas.map(|max| max + by),
            2 => first.workers += by,
            3 => first.pool = (first.pool.parse::<u64>().expect("it is a number") + by).to_string(),
            4 => first.overflow += by,
            _ => more.pooler = more.pooler.map(|(instances, size)| (instances, size + by)),
        }
        prop_assert!(is_no_less(&fleet.load(), &more.load()), "{:?} {:?}", fleet.load(), more.load());
    }

    #[test]
    fn a_smaller_limit_never_improves_a_verdict(fleet in fleet(), by in 1..50_u64) {
        let smaller = Fleet { limit: fleet.limit.saturating_sub(by).max(5), ..fleet.clone() };
        let (large, small) = (row(&fleet.files()).verdict, row(&smaller.files()).verdict);
        prop_assert!(rank(small) >= rank(large), "{large:?} {small:?}");
    }

    #[test]
    fn two_halves_of_a_workload_are_the_whole(fleet in fleet(), half in 1..6_u64) {
        let mut whole = fleet;
        whole.pooler = None;
        let mut crew = whole.workloads[0].clone();
        crew.max_replicas = None;
        let mut halves = whole.clone();
        (whole.workloads[0], halves.workloads[0]) = (crew.clone(), crew.clone());
        whole.workloads[0].replicas = half * 2;
        halves.workloads[0].replicas = half;
        halves.workloads.push(Crew { replicas: half, ..crew });
        prop_assert_eq!(whole.load().steady, halves.load().steady);
        prop_assert_eq!(whole.load().peak, halves.load().peak);
    }

    #[test]
    fn what_is_not_known_never_fits(fleet in fleet()) {
        let mut wider = fleet;
        wider.pooler = None;
        wider.workloads[0].replicas = wider.workloads[0].replicas.max(1);
        wider.workloads[0].pool = "${POOL}".to_owned();
        let found = row(&wider.files());
        prop_assert!(!matches!(found.verdict, Verdict::Fits | Verdict::Near), "{:?}", found.verdict);
        prop_assert!(!found.unknowns.is_empty());
    }

    #[test]
    fn the_order_of_files_means_nothing(fleet in fleet()) {
        let files = fleet.files();
        let turned: Vec<_> = files.iter().rev().cloned().collect();
        let figures = |r: ServerBudget| (r.verdict, r.after, r.unknowns, r.proposal.map(|p| p.value));
        prop_assert_eq!(figures(row(&files)), figures(row(&turned)));
    }
}

/// Pods of both versions: of the old one, of the new one before and after they are ready, and those that stop.
type State = (u64, u64, u64, u64);

/// All that Kubernetes' controller may do next, with pods that become ready and stop whenever they like.
///
/// It keeps at most `replicas + surge` pods that do not stop and at least `replicas − unavailable` ready ones.
fn next((old, starting, ready, stopping): State, replicas: u64, surge: u64, unavailable: u64) -> Vec<State> {
    let mut states = Vec::new();
    if old + starting + ready < replicas + surge && starting + ready < replicas {
        states.push((old, starting + 1, ready, stopping));
    }
    if starting > 0 {
        states.push((old, starting - 1, ready + 1, stopping));
    }
    if old > 0 && old + ready > replicas.saturating_sub(unavailable) {
        states.push((old - 1, starting, ready, stopping + 1));
    }
    if stopping > 0 {
        states.push((old, starting, ready, stopping - 1));
    }
    states
}

/// The most pods at once over all orders of events: without those that stop, and with them.
fn most_pods(replicas: u64, surge: u64, unavailable: u64) -> (u64, u64) {
    let mut seen = BTreeSet::from([(replicas, 0, 0, 0)]);
    let mut waiting: Vec<State> = seen.iter().copied().collect();
    let (mut running, mut open) = (0, 0);
    while let Some(state) = waiting.pop() {
        let (old, starting, ready, stopping) = state;
        running = running.max(old + starting + ready);
        open = open.max(old + starting + ready + stopping);
        waiting.extend(next(state, replicas, surge, unavailable).into_iter().filter(|s| seen.insert(*s)));
    }
    (running, open)
}

#[test]
fn a_rollout_step_by_step_opens_no_more_than_is_computed_and_all_of_it() {
    const POOL: u64 = 7;
    let crew = |surge| Crew { replicas: 0, max_replicas: None, surge, workers: 1, pool: POOL.to_string(), overflow: 0 };
    let fixed = 5;
    for replicas in 1..=6_u64 {
        for (surge, pods) in [
            ("25%", replicas.div_ceil(4)),
            ("0", 0),
            ("1", 1),
            ("3", 3),
            ("50%", replicas.div_ceil(2)),
            ("100%", replicas),
        ] {
            // Kubernetes takes no surge of 0 without a pod that may be missing.
            let unavailable = if pods == 0 { 1 } else { replicas / 4 };
            let (running, open) = most_pods(replicas, pods, unavailable);
            let fleet = Fleet { limit: 1000, pooler: None, workloads: vec![Crew { replicas, ..crew(surge) }] };
            let load = fleet.load();
            assert_eq!(load.rollout, Interval::exact(running * POOL + fixed), "{replicas} with {surge}");
            assert_eq!(load.strict, Interval::exact(open * POOL + fixed), "{replicas} with {surge}, strict");
        }
    }
}
