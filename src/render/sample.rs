//! A report with something of everything, for the golden files of all renderers, and reports that attack a renderer.

use crate::budget::{Load, Verdict};
use crate::diff::ChangeKind;
use crate::finding::{Confidence, Severity};
use crate::quantity::Interval;
use crate::report::{
    CheckItem, Coverage, Place, Report, ReportedBudget, ReportedChange, ReportedFinding, ReportedProposal,
    ReportedTerm, Suppression,
};
use crate::secret::{MASK, Redactor, Shown};
use crate::setting::Environment;
use crate::source::{Side, Source};

/// Text as a review would have made it.
pub(super) fn shown(text: &str) -> Shown {
    Redactor::new().text(text)
}

fn place(file: &str, side: Side, line: u32, columns: (u32, u32)) -> Place {
    Place { file: shown(file), side, line, column: columns.0, end_line: line, end_column: columns.1 }
}

fn exact(usable: u64, steady: u64, peak: u64, rollout: u64) -> Load {
    let n = Interval::exact;
    Load {
        usable: n(usable),
        steady: Interval::between(steady / 2, steady),
        peak: n(peak),
        rollout: n(rollout),
        strict: n(peak * 2),
        failover: n(peak),
    }
}

/// The report of the golden files.
pub(super) fn report() -> Report {
    Report {
        audit: false,
        score: 72,
        level: Some(Severity::Critical),
        summary: shown("orders-db can be asked for 585 connections at peak scale and allows 197"),
        routine: false,
        findings: vec![over_budget(), typo(), timeout_removed(), accepted()],
        changes: changes(),
        budget: vec![orders(), unknown_server()],
        mistakes: vec![],
        shared: None,
        checklist: vec![
            CheckItem {
                id: "pool-fits".to_owned(),
                text: shown("The owner of orders-db has agreed to 585 connections, or the pool is lowered to 13"),
                because: vec!["5e1f00000000000a".to_owned()],
                required: true,
            },
            CheckItem {
                id: "host-meant".to_owned(),
                text: shown("ordres-db.prod.svc is the name of a running server"),
                because: vec!["5e1f00000000000b".to_owned()],
                required: false,
            },
        ],
        coverage: Coverage {
            files: 14,
            parsed: 12,
            unchanged: 9,
            skipped: vec![
                (shown("charts/api/templates/deployment.yaml"), shown("a template; read around, not rendered")),
                (shown("prod/link.yaml"), shown("symbolic link, not followed")),
            ],
            notes: vec![(
                shown("prod/api.yaml"),
                shown("line 40: the key is given twice; most readers take the later one"),
            )],
            masked: 2,
            suppressed: 1,
            truncated: 0,
            templated: 1,
        },
        files: vec![diff()],
    }
}

fn over_budget() -> ReportedFinding {
    ReportedFinding {
        id: "5e1f00000000000a".to_owned(),
        cause: None,
        rule: "pool-exceeds-server-limit",
        severity: Severity::Critical,
        confidence: Confidence::High,
        points: 45,
        points_because: "critical 50 × high confidence 1 × production 1, less 10 % for the second-worst".to_owned(),
        environment: Environment::Production,
        title: shown("12 replicas × 40 can open 480 of the 197 connections that orders-db allows"),
        message: shown(
            "Deployment shop/api can scale to 12 replicas with a pool of 40 each: 480 connections, where orders-db has \
             197 for applications (200 less 3 reserved). Before the change it was 120",
        ),
        subject: Some(shown("Deployment shop/api")),
        setting: Some(shown("spring.datasource.hikari.maximum-pool-size")),
        old: Some(shown("10")),
        new: Some(shown("40")),
        place: place("prod/api.yaml", Side::New, 14, (7, 28)),
        excerpt: shown("      maximum-pool-size: 40"),
        evidence: vec![
            (place("prod/hpa.yaml", Side::New, 9, (3, 18)), shown("maxReplicas: 12")),
            (place("prod/postgres.yaml", Side::New, 21, (9, 29)), shown("max_connections=200")),
        ],
        symptoms: vec![
            shown("FATAL: sorry, too many clients already"),
            shown("HikariPool-1 - Connection is not available, request timed out after 30000ms"),
        ],
        fix: shown("lower maximum-pool-size to 13, or put a pooler between shop/api and orders-db"),
        replacement: Some(shown("13")),
        rollback: shown("set maximum-pool-size back to 10; pods restart with the rollout"),
        suppressed: None,
    }
}

fn typo() -> ReportedFinding {
    ReportedFinding {
        id: "5e1f00000000000b".to_owned(),
        cause: None,
        rule: "host-typo",
        severity: Severity::High,
        confidence: Confidence::Medium,
        points: 21,
        points_because: "high 30 × medium confidence 0.7 × production 1".to_owned(),
        environment: Environment::Production,
        title: shown("host ordres-db is one swap of letters away from orders-db"),
        message: shown("letters 'e' and 'r' swapped; no other file names ordres-db.prod.svc"),
        subject: Some(shown("Deployment shop/worker")),
        setting: Some(shown("DATABASE_URL host")),
        old: Some(shown("orders-db.prod.svc")),
        new: Some(shown("ordres-db.prod.svc")),
        place: place("prod/worker.env", Side::New, 3, (33, 51)),
        excerpt: shown(&format!("DATABASE_URL=postgres://worker:{MASK}@ordres-db.prod.svc:5432/orders")),
        evidence: vec![],
        symptoms: vec![shown("could not translate host name \"ordres-db.prod.svc\" to address")],
        fix: shown("write orders-db.prod.svc"),
        replacement: Some(shown("orders-db.prod.svc")),
        rollback: shown("set the host back to orders-db.prod.svc; the process reads it at start"),
        suppressed: None,
    }
}

fn timeout_removed() -> ReportedFinding {
    ReportedFinding {
        id: "5e1f00000000000c".to_owned(),
        cause: None,
        rule: "timeout-removed",
        severity: Severity::Medium,
        confidence: Confidence::Medium,
        points: 6,
        points_because: "medium 12 × medium confidence 0.7 × staging 0.7".to_owned(),
        environment: Environment::Staging,
        title: shown("statement_timeout is gone; the server's default is no limit"),
        message: shown("without it one slow statement holds its connection for as long as it runs"),
        subject: None,
        setting: Some(shown("database.statement_timeout")),
        old: Some(shown("30s")),
        new: None,
        place: place("staging/app.toml", Side::Old, 8, (1, 28)),
        excerpt: shown("statement_timeout = \"30s\""),
        evidence: vec![],
        symptoms: vec![],
        fix: shown("keep statement_timeout, or set it on the role"),
        replacement: None,
        rollback: shown("put statement_timeout = 30s back; new sessions follow it at once"),
        suppressed: None,
    }
}

fn accepted() -> ReportedFinding {
    ReportedFinding {
        id: "5e1f00000000000d".to_owned(),
        cause: None,
        rule: "host-changed",
        severity: Severity::High,
        confidence: Confidence::High,
        points: 0,
        points_because: "suppressed".to_owned(),
        environment: Environment::Production,
        title: shown("billing moves from pg-old to pg-new"),
        message: shown("the database host changed"),
        subject: Some(shown("Deployment shop/billing")),
        setting: Some(shown("DB_HOST")),
        old: Some(shown("pg-old")),
        new: Some(shown("pg-new")),
        place: place("prod/billing.env", Side::New, 1, (9, 15)),
        excerpt: shown("DB_HOST=pg-new"),
        evidence: vec![],
        symptoms: vec![],
        fix: shown("confirm that pg-new holds the data"),
        replacement: None,
        rollback: shown("set DB_HOST back to pg-old"),
        suppressed: Some(Suppression {
            by: "config",
            reason: shown("planned move of billing"),
            until: Some(shown("2027-01-31")),
        }),
    }
}

fn changes() -> Vec<ReportedChange> {
    let change = |kind, file: &str, path: &str, old: Option<&str>, new: Option<&str>, lines| ReportedChange {
        kind,
        file: shown(file),
        path: shown(path),
        old_file: None,
        old_path: None,
        old: old.map(shown),
        new: new.map(shown),
        old_line: Option::<u32>::clone(&lines),
        new_line: if new.is_some() { lines } else { None },
        role: None,
        subject: Some(shown("Deployment shop/api")),
    };
    vec![
        ReportedChange {
            role: Some(shown("pool_max")),
            ..change(
                ChangeKind::Modified,
                "prod/api.yaml",
                "spring.datasource.hikari.maximum-pool-size",
                Some("10"),
                Some("40"),
                Some(14),
            )
        },
        ReportedChange {
            role: Some(shown("password")),
            ..change(ChangeKind::Modified, "prod/worker.env", "DATABASE_URL", Some(MASK), Some(MASK), Some(3))
        },
        change(ChangeKind::Removed, "staging/app.toml", "database.statement_timeout", Some("30s"), None, Some(8)),
    ]
}

fn term(side: Side, workload: &str, factors: (u64, u64, u64), evidence: Vec<Place>) -> ReportedTerm {
    let (replicas, processes, pool) = factors;
    ReportedTerm {
        side,
        workload: shown(workload),
        pool_name: shown("HikariCP spring.datasource"),
        replicas: Interval::exact(replicas),
        processes: Interval::exact(processes),
        pool: Interval::exact(pool),
        product: Interval::exact(replicas * processes * pool),
        rollout_replicas: Interval::exact(replicas + replicas.div_ceil(4)),
        rollout_product: Interval::exact((replicas + replicas.div_ceil(4)) * processes * pool),
        via: None,
        origin: "literal",
        evidence,
        link: "its host is a service in the tree",
    }
}

fn orders() -> ReportedBudget {
    let factors = |side| vec![place("prod/api.yaml", side, 14, (7, 28)), place("prod/hpa.yaml", side, 9, (3, 18))];
    let mut worker = term(Side::New, "Deployment shop/worker", (3, 1, 35), vec![]);
    worker.origin = "default";
    worker.via = Some(shown("pgbouncer shop/pooler"));
    let mut worker_before = worker.clone();
    worker_before.side = Side::Old;
    ReportedBudget {
        server: shown("orders-db"),
        engine: "postgresql",
        verdict: Verdict::OverPeak,
        before: Some(exact(197, 145, 225, 255)),
        after: Some(exact(197, 345, 585, 705)),
        terms: vec![
            term(Side::Old, "Deployment shop/api", (12, 1, 10), factors(Side::Old)),
            worker_before,
            term(Side::New, "Deployment shop/api", (12, 1, 40), factors(Side::New)),
            worker,
        ],
        unknowns: vec![],
        proposal: Some(ReportedProposal {
            setting: shown("spring.datasource.hikari.maximum-pool-size"),
            value: 13,
            is_limit: false,
        }),
        could_be: vec![shown("Deployment shop/reports (its host is a variable)")],
        limit_at: Some(place("prod/postgres.yaml", Side::New, 21, (9, 29))),
        limit_because: None,
    }
}

fn unknown_server() -> ReportedBudget {
    let unknown = Interval::at_least(0);
    let load = Load {
        usable: unknown,
        steady: Interval::exact(20),
        peak: Interval::at_least(20),
        rollout: Interval::at_least(20),
        strict: Interval::at_least(20),
        failover: Interval::at_least(20),
    };
    let mut only = term(Side::New, "Deployment shop/search", (1, 2, 10), vec![]);
    only.replicas = Interval::at_least(1);
    only.product = Interval::at_least(20);
    only.origin = "unknown";
    ReportedBudget {
        server: shown("search.example.internal"),
        engine: "mysql",
        verdict: Verdict::CannotTell,
        before: None,
        after: Some(load),
        terms: vec![only],
        unknowns: vec![shown("the limit of search.example.internal: tell it as max-connections in a [[server]] table")],
        proposal: None,
        could_be: vec![],
        limit_at: None,
        limit_because: None,
    }
}

fn diff() -> crate::report::FileDiff {
    let old = "spring:\n  datasource:\n    hikari:\n      minimum-idle: 5\n      maximum-pool-size: 10\n      password: hunter22\n";
    let new = old.replace("size: 10", "size: 40").replace("hunter22", "hunter23");
    let old = Source::new("prod/api.yaml", Side::Old, old.as_bytes());
    let new = Source::new("prod/api.yaml", Side::New, new.as_bytes());
    crate::textdiff::file_diff(Some(&old), Some(&new), &Redactor::new(), (&[], &[]), crate::textdiff::Extent::Changes)
}

/// Nothing found, and not everything read.
pub(super) fn quiet() -> Report {
    let mut report = report();
    report.score = 0;
    report.level = None;
    report.summary = shown("nothing risky found in 3 changes");
    report.findings.clear();
    report.budget.clear();
    report.checklist.clear();
    report.coverage.suppressed = 0;
    report
}

/// Every text in it tries to be something else: a mention, a link, a table cell, a tag, a command.
pub(super) fn hostile() -> Report {
    const ATTACK: &str = "@org/team #12 <img src=x onerror=alert(1)> [a](https://evil.example) | ``` ::error:: %0A \
                          ![i](http://evil.example/i.png) www.evil.example $x$ **b** \u{202e}\n# head\n- [ ] task";
    let mut report = report();
    let text = shown(ATTACK);
    report.summary = text.clone();
    for finding in &mut report.findings {
        finding.title = text.clone();
        finding.message = text.clone();
        finding.subject = Some(text.clone());
        finding.setting = Some(text.clone());
        finding.old = Some(text.clone());
        finding.new = Some(text.clone());
        finding.place.file = text.clone();
        finding.excerpt = text.clone();
        finding.evidence = vec![(finding.place.clone(), text.clone())];
        finding.symptoms = vec![text.clone()];
        finding.fix = text.clone();
        finding.replacement = Some(text.clone());
        finding.rollback = text.clone();
    }
    for budget in &mut report.budget {
        budget.server = text.clone();
        budget.unknowns = vec![text.clone()];
        for term in &mut budget.terms {
            term.workload = text.clone();
            term.pool_name = text.clone();
        }
    }
    for item in &mut report.checklist {
        item.text = text.clone();
    }
    report.coverage.notes = vec![(text.clone(), text.clone())];
    report.coverage.skipped = vec![(text.clone(), text)];
    report
}

/// A large review: `n` findings.
pub(super) fn large(n: usize) -> Report {
    let mut report = report();
    let pattern = report.findings.clone();
    report.findings = (0..n)
        .map(|i| {
            let mut finding = pattern[if i * 3 < n { 0 } else { 2 }].clone();
            finding.id = format!("{i:016x}");
            finding.place.line = u32::try_from(i).unwrap_or(u32::MAX);
            finding
        })
        .collect();
    report
}

/// Compares with a golden file; `UPDATE_EXPECT=1` writes it instead.
#[expect(clippy::disallowed_methods, reason = "a test reads and writes its golden file")]
pub(super) fn check_golden(name: &str, actual: &str) {
    let path = format!("{}/src/render/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, actual).expect("the golden folder is writable when it is to be updated");
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    for (number, (want, got)) in expected.lines().zip(actual.lines()).enumerate() {
        assert_eq!(got, want, "{name}:{}; UPDATE_EXPECT=1 rewrites it", number + 1);
    }
    assert_eq!(actual, expected, "{name} has more or fewer lines; UPDATE_EXPECT=1 rewrites it");
}
