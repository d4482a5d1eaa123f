//! The command line as a user meets it: exit codes, streams, files, git. The environment is scrubbed.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests start programs and write files")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A folder of its own for each test, gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("plimsoll-cli-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn write(&self, name: &str, text: &str) -> &Self {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, "", &[])
    }

    fn run_with(&self, arguments: &[&str], stdin: &str, environment: &[(&str, &str)]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command.args(arguments).current_dir(&self.0).env_clear().envs(environment.iter().copied());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A run that fails early closes its input; that is no fault of the test.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        Run::of(&child.wait_with_output().unwrap())
    }

    fn git(&self, arguments: &[&str]) -> &Self {
        let output = git(&self.0, arguments);
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        self
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Output {
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"];
    let mut command = Command::new("git");
    command.args(identity).args(arguments).current_dir(folder).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", folder);
    command.output().unwrap()
}

struct Run {
    code: i32,
    out: String,
    err: String,
}

impl Run {
    fn of(output: &Output) -> Run {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Run { code: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Not reviewed: exit 2, nothing on standard output, one message that holds each of `parts`.
    fn refused(&self, parts: &[&str]) {
        assert_eq!((self.code, self.out.as_str()), (2, ""), "{}", self.err);
        for part in parts {
            assert!(self.err.contains(part), "{part:?} is not in: {}", self.err);
        }
    }
}

/// A database with 100 connections and a service that may open `pool` connections in each of 6 replicas.
fn shop(pool: u32) -> String {
    format!(
        "services:
  api:
    image: example/api:1
    deploy:
      replicas: 6
    environment:
      SPRING_DATASOURCE_URL: jdbc:postgresql://db:5432/shop
      SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE: \"{pool}\"
  db:
    image: postgres:16
    command: postgres -c max_connections=100
"
    )
}

/// Folders `old` and `new` with a pool that grows beyond its server.
fn outgrown() -> Folder {
    let folder = Folder::new();
    folder.write("old/prod/compose.yaml", &shop(10)).write("new/prod/compose.yaml", &shop(50));
    folder
}

#[test]
fn no_change_is_exit_0_and_claims_no_safety() {
    let folder = Folder::new();
    folder.write("old/a.yaml", "a: 1\n").write("new/a.yaml", "a: 1\n");
    let run = folder.run(&["review", "old", "new"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(run.out.contains("1 file: 1 read, 1 unchanged, 0 skipped") && !run.out.contains("safe"), "{}", run.out);
}

#[test]
fn a_finding_at_the_threshold_is_exit_1_and_below_it_0() {
    let folder = outgrown();
    let run = folder.run(&["review", "old", "new"]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(run.out.contains("prod/compose.yaml:8"), "{}", run.out);
    assert_eq!(folder.run(&["review", "old", "new", "--fail-on", "never"]).code, 0);
    assert_eq!(folder.run(&["review", "new", "new"]).code, 0, "what was there before does not gate");
}

#[test]
fn the_policy_file_sets_the_threshold_and_the_flag_wins() {
    let folder = outgrown();
    folder.write("new/plimsoll.toml", "fail-on = \"never\"\n");
    assert_eq!(folder.run(&["review", "old", "new"]).code, 0);
    assert_eq!(folder.run(&["review", "old", "new", "--fail-on", "low"]).code, 1);
    folder.write("strict.toml", "fail-on = \"low\"\n");
    assert_eq!(folder.run(&["review", "old", "new", "--config", "strict.toml"]).code, 1);
}

#[test]
fn audit_looks_at_one_state() {
    let folder = outgrown();
    let run = folder.run(&["audit", "new", "--format", "json"]);
    assert!(run.out.contains("\"audit\": true") && run.out.contains("\"changes\": []"), "{}{}", run.out, run.err);
}

#[test]
fn an_audit_answers_what_would_be() {
    let folder = Folder::new();
    folder.write("a/prod/compose.yaml", &shop(10));
    let asked = |what: &str| folder.run(&["audit", "a", "--fail-on", "never", "--what-if", what]);
    let run = asked("replicas(service api)=20");
    assert!(run.out.contains("peak") && run.out.contains("65") && run.out.contains("205"), "{}{}", run.out, run.err);
    assert!(asked("limit(db)=300").out.contains("297"));
    assert!(asked("pool(api)=15").out.contains("95"), "the end of a name is enough");
    let run = folder.run(&["audit", "a", "--fail-on", "never", "--explain"]);
    assert!(run.out.contains("linked because") && run.out.contains("read at prod/compose.yaml:5"), "{}", run.out);
}

#[test]
fn a_question_about_nothing_in_the_files_names_the_nearest() {
    let folder = Folder::new();
    folder.write("a/compose.yaml", &shop(10));
    let asked = |what: &str| folder.run(&["audit", "a", "--what-if", what]);
    asked("replicas(service apl)=20").refused(&["did you mean", "service api"]);
    asked("limit(dbx)=20").refused(&["did you mean", "db"]);
    asked("class(db)=db.t3.large").refused(&["limit(db)"]);
    asked("replicas=20").refused(&["replicas(Deployment shop/api)=20"]);
    asked("replicas(service api)=many").refused(&["whole number"]);
}

#[test]
fn two_repositories_make_one_budget() {
    let folder = Folder::new();
    let remote = |service: &str, pool: u32| {
        format!(
            "services:\n  {service}:\n    image: example/{service}:1\n    deploy: {{replicas: 4}}\n    environment:\n      \
             SPRING_DATASOURCE_URL: jdbc:postgresql://db.example.org:5432/shop\n      \
             SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE: \"{pool}\"\n"
        )
    };
    let policy = "[[server]]\nid = \"shop\"\nmatch = { host = [\"db.example.org\"] }\nmax_connections = 100\n";
    folder.write("billing/compose.yaml", &remote("billing", 10)).write("orders/old/compose.yaml", &remote("orders", 5));
    folder.write("orders/new/compose.yaml", &remote("orders", 20)).write("orders/new/plimsoll.toml", policy);
    let told = folder.run(&["audit", "billing", "--export-facts", "billing.json"]);
    assert_eq!(told.code, 0, "{}", told.err);
    let review = ["review", "orders/old", "orders/new"];
    assert_eq!(folder.run(&review).code, 0, "alone it fits");
    let run = folder.run(&[&review[..], &["--facts", "billing.json"]].concat());
    assert_eq!(run.code, 1, "{}", run.out);
    assert!(run.out.contains("service billing of billing"), "{}", run.out);
    folder.write("wrong.json", "{}");
    folder.run(&[&review[..], &["--facts", "wrong.json"]].concat()).refused(&["wrong.json", "plimsoll.facts/1"]);
}

#[test]
fn two_files_are_one_file_before_and_after() {
    let folder = outgrown();
    let run = folder.run(&["review", "old/prod/compose.yaml", "new/prod/compose.yaml", "--format", "json"]);
    assert!(run.out.contains("\"file\": \"compose.yaml\"") && run.out.contains("\"files\": 1,"), "{}", run.out);
}

#[test]
fn a_dash_is_standard_input() {
    let folder = outgrown();
    let run = folder.run_with(&["review", "-", "new/prod/compose.yaml", "--format", "json"], &shop(10), &[]);
    assert!(run.out.contains("\"kind\": \"modified\""), "{}{}", run.out, run.err);
    folder.run_with(&["review", "-", "-"], "", &[]).refused(&["both standard input"]);
}

#[test]
fn an_empty_old_folder_means_that_all_is_new() {
    let folder = outgrown();
    std::fs::create_dir(folder.0.join("empty")).unwrap();
    let run = folder.run(&["review", "empty", "new", "--format", "json", "--fail-on", "never"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("\"kind\": \"added\""), "{}", run.out);
}

#[test]
fn bad_arguments_are_exit_2_with_a_remedy() {
    let folder = outgrown();
    folder.run(&["review"]).refused(&["nothing to review", "--git BASE...HEAD"]);
    folder.run(&["review", "old"]).refused(&["NEW"]);
    folder.run(&["review", "old", "nowhere"]).refused(&["cannot read nowhere", "no such file", "check the path"]);
    folder.run(&["review", "old", "new/prod/compose.yaml"]).refused(&["OLD is a folder", "two folders"]);
    folder.run(&["review", "old", "new", "--fail-on", "loud"]).refused(&["loud", "critical"]);
    folder.run(&["review", "old", "new", "--env", "prod"]).refused(&["--env", "prod/**=production"]);
    folder.run(&["review", "old", "new", "--env", "a=b"]).refused(&["production, staging, development"]);
    folder.run(&["review", "old", "new", "--output", "pdf=x"]).refused(&["sarif"]);
    folder.run(&["review", "old", "new", "--output", "json=no/such/x"]).refused(&["cannot write"]);
    folder.run(&["review", "old", "new", "--jobs", "0"]).refused(&["--jobs"]);
    folder.run(&["reviw", "old", "new"]).refused(&["review"]);
}

#[test]
fn a_bad_policy_is_exit_2_with_its_place() {
    let folder = outgrown();
    folder.write("new/plimsoll.toml", "[policy]\ntraget = 0.8\n");
    folder
        .run(&["review", "old", "new"])
        .refused(&["plimsoll.toml:2:1: unknown key \"traget\"", "did you mean \"target\"?"]);
    folder.write("mine.toml", "fail-on = \"s3cret\"\n");
    let run = folder.run(&["review", "old", "new", "--config", "mine.toml"]);
    run.refused(&["mine.toml:1:11"]);
    assert!(!run.err.contains("s3cret"));
    folder.run(&["review", "old", "new", "--config", "none.toml"]).refused(&["none.toml", "no such file"]);
}

#[test]
fn one_run_writes_many_reports() {
    let folder = outgrown();
    let run = folder.run(&[
        "review",
        "old",
        "new",
        "--format",
        "checklist",
        "--output",
        "json=r.json",
        "--output",
        "sarif=r.sarif",
        "--output",
        "html=r.html",
    ]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(folder.read("r.json").contains("\"schema\": \"plimsoll.review/1\""));
    assert!(folder.read("r.sarif").contains("\"version\": \"2.1.0\""));
    assert!(folder.read("r.html").starts_with("<!doctype html>"));
}

#[test]
fn colours_are_written_when_asked_for_and_never_into_a_pipe_unasked() {
    let folder = outgrown();
    let has_codes = |arguments: &[&str], environment: &[(&str, &str)]| {
        let all = [&["review", "old", "new"], arguments].concat();
        folder.run_with(&all, "", environment).out.contains('\u{1b}')
    };
    assert!(!has_codes(&[], &[]));
    assert!(!has_codes(&[], &[("NO_COLOR", "1"), ("TERM", "xterm")]));
    assert!(has_codes(&["--color", "always"], &[]));
    assert!(!has_codes(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!has_codes(&["--color", "always", "--format", "json"], &[]));
}

#[test]
fn two_runs_write_the_same_bytes() {
    let folder = outgrown();
    for format in ["text", "markdown", "json", "sarif", "github", "gitlab", "junit", "html", "checklist"] {
        let once = || folder.run(&["review", "old", "new", "--format", format]).out;
        assert_eq!(once(), once(), "{format}");
    }
}

#[test]
fn git_ranges_read_both_trees_and_know_the_merge_base() {
    let folder = Folder::new();
    folder.git(&["init", "-q", "-b", "main"]).write("prod/compose.yaml", &shop(10)).write("logo.png", "x");
    folder.git(&["add", "."]).git(&["commit", "-qm", "one"]).git(&["checkout", "-qb", "topic"]);
    folder.write("prod/compose.yaml", &shop(50)).git(&["commit", "-qam", "two"]);
    folder
        .git(&["checkout", "-q", "main"])
        .write("later.yaml", "a: 1\n")
        .git(&["add", "."])
        .git(&["commit", "-qm", "three"]);

    let run = folder.run(&["review", "--git", "main...topic", "--format", "json"]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(run.out.contains("\"files\": 1,") && run.out.contains("\"old\": \"10\""), "{}", run.out);
    let run = folder.run(&["review", "--git", "main..topic", "--format", "json"]);
    assert!(run.out.contains("later.yaml"), "the trees differ in what main got since: {}", run.out);
}

#[test]
fn git_troubles_are_told_with_a_remedy() {
    let folder = Folder::new();
    folder
        .git(&["init", "-q", "-b", "main"])
        .write("a.yaml", "a: 1\n")
        .git(&["add", "."])
        .git(&["commit", "-qm", "one"]);
    folder.run(&["review", "--git", "main"]).refused(&["no range", "main...HEAD"]);
    folder.run(&["review", "--git", "nope...HEAD"]).refused(&["no commit \"nope\""]);
    folder.run(&["review", "--git", "--help...HEAD"]).refused(&[]);
    folder.git(&["checkout", "-q", "--orphan", "other"]).git(&["commit", "-qm", "root"]);
    folder.run(&["review", "--git", "main...other"]).refused(&["no common ancestor", "fetch"]);
    let outside = Folder::new();
    outside.run(&["review", "--git", "a...b"]).refused(&["git"]);
}

#[test]
fn links_and_submodules_are_named_and_not_followed() {
    let folder = Folder::new();
    folder
        .git(&["init", "-q", "-b", "main"])
        .write("a.yaml", "a: 1\n")
        .git(&["add", "."])
        .git(&["commit", "-qm", "one"]);
    let id = String::from_utf8(git(&folder.0, &["rev-parse", "HEAD"]).stdout).unwrap();
    folder.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},charts/shared", id.trim())]);
    folder.git(&["commit", "-qm", "two"]);
    let run = folder.run(&["review", "--git", "HEAD~1..HEAD", "--format", "json"]);
    assert!(run.out.contains("charts/shared") && run.out.contains("submodule, not followed"), "{}{}", run.out, run.err);
}

#[cfg(unix)]
#[test]
fn what_became_of_links_submodules_and_pointers_is_told() {
    let folder = Folder::new();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12\n";
    let link = |to: &str| {
        let at = folder.0.join("link.yaml");
        let _ = std::fs::remove_file(&at);
        std::os::unix::fs::symlink(to, at).unwrap();
    };
    folder.git(&["init", "-q", "-b", "main"]).write("a.yaml", "a: 1\n").write("file.yaml", "b: 2\n");
    folder.write("big.json", &pointer.replace("{}", "11")).write("blob.conf", "x\0y");
    link("a.yaml");
    folder.git(&["add", "."]).git(&["commit", "-qm", "one"]);
    let first = String::from_utf8(git(&folder.0, &["rev-parse", "HEAD"]).stdout).unwrap();
    folder.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},charts/shared", first.trim())]);
    folder.git(&["commit", "-qm", "two"]);
    let second = String::from_utf8(git(&folder.0, &["rev-parse", "HEAD"]).stdout).unwrap();
    link("file.yaml");
    folder.write("big.json", &pointer.replace("{}", "22")).write("blob.conf", "x\0z");
    folder.git(&["add", "link.yaml", "big.json", "blob.conf"]);
    folder.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},charts/shared", second.trim())]);
    folder.git(&["commit", "-qm", "three"]);
    let run = folder.run(&["review", "--git", "HEAD~1..HEAD"]);
    let change = format!("its commit changed from {} to {}", &first[..7], &second[..7]);
    for part in [
        change.as_str(),
        "link.yaml: symbolic link, not followed; it leads elsewhere now",
        "a Git LFS pointer; the content is not in the repository",
        "binary content (NUL bytes); not read",
    ] {
        assert!(run.out.contains(part), "{part}:\n{}{}", run.out, run.err);
    }
    let run = folder.run(&["review", "--git", "HEAD~2..HEAD~1"]);
    assert!(run.out.contains("charts/shared: submodule, not followed; it is new"), "{}", run.out);
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_in_a_folder_is_named_and_not_followed() {
    let folder = Folder::new();
    folder.write("old/a.yaml", "a: 1\n").write("new/a.yaml", "a: 1\n").write("secret.yaml", "a: 1\n");
    std::os::unix::fs::symlink(folder.0.join("secret.yaml"), folder.0.join("new/link.yaml")).unwrap();
    let run = folder.run(&["review", "old", "new"]);
    assert!(run.out.contains("skipped link.yaml: symbolic link, not followed"), "{}", run.out);
}

#[test]
fn a_patch_alone_is_reviewed_and_its_limits_are_told() {
    let folder = outgrown();
    let patch = "--- a/prod/app.properties\n+++ b/prod/app.properties\n@@ -7 +7 @@\n\
                 -spring.datasource.hikari.maximum-pool-size=10\n+spring.datasource.hikari.maximum-pool-size=50\n";
    let run = folder.run_with(&["review", "--patch", "-", "--format", "json"], patch, &[]);
    assert!(
        run.out.contains("\"newLine\": 7") && run.out.contains("only the patch was given"),
        "{}{}",
        run.out,
        run.err
    );
    folder.run_with(&["review", "--patch", "-"], "hello\n", &[]).refused(&["no unified diff", "git diff"]);
}

#[test]
fn rules_are_listed_and_explained() {
    let folder = Folder::new();
    let list = folder.run(&["rules"]);
    assert_eq!(list.code, 0);
    let name = list.out.lines().find_map(|l| l.split_whitespace().next()).unwrap().to_owned();
    let explained = folder.run(&["explain", &name]);
    assert!(explained.code == 0 && explained.out.starts_with(&name) && explained.out.contains("What it finds"));
    let slip = name.replacen('-', "", 1);
    folder.run(&["explain", &slip]).refused(&["there is no rule", "did you mean", &name]);
}

#[test]
fn help_and_version_are_no_errors() {
    let folder = Folder::new();
    for arguments in [&["--help"][..], &["review", "--help"], &["--version"]] {
        let run = folder.run(arguments);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{arguments:?}");
    }
    let help = folder.run(&["review", "--help"]).out;
    for option in ["--git", "--patch", "--format", "--output", "--config", "--fail-on", "--env", "--color", "--jobs"] {
        assert!(help.contains(option), "{option}");
    }
}

#[test]
fn every_changed_file_is_read_or_named() {
    let folder = Folder::new();
    folder.write("old/a.yaml", "a: 1\n").write("new/a.yaml", "a: 1\n");
    folder.write("old/b.weird", "one\n").write("new/b.weird", "two\n");
    folder.write("old/run.sh", "export POOL=1\n").write("new/run.sh", "export POOL=2\n");
    folder.write("old/c.rs", "fn a() {}\n").write("new/c.rs", "fn b() {}\n").write("new/d.png", "x");
    folder.write("old/same.md", "same\n").write("new/same.md", "same\n");
    let run = folder.run(&["review", "old", "new"]);
    for part in [
        "skipped b.weird: ",
        "note (2 changed files): no configuration by their names, not read: .png, .rs",
        "note (1 other file): unchanged",
        "1 changed setting",
        "3 files: 2 read, 1 unchanged, 1 skipped",
    ] {
        assert!(run.out.contains(part), "{part:?} is not in: {}", run.out);
    }
}

#[test]
fn changes_that_were_not_read_are_no_good_news() {
    let folder = Folder::new();
    folder.write("old/c.rs", "fn a() {}\n").write("new/c.rs", "fn b() {}\n");
    let run = folder.run(&["review", "old", "new"]);
    assert!(run.out.contains("no configuration file was read"), "{}", run.out);
    assert!(!run.out.contains("no setting changed"), "{}", run.out);
}

#[test]
fn git_names_every_changed_file_too() {
    let folder = Folder::new();
    folder.git(&["init", "-q"]).write("a.yaml", "a: 1\n").write("b.weird", "one\n").write("c.rs", "1\n");
    folder.write("same.txt", "same\n").git(&["add", "."]).git(&["commit", "-qm", "one"]);
    folder.write("b.weird", "two\n").write("c.rs", "2\n").git(&["add", "."]).git(&["commit", "-qm", "two"]);
    let run = folder.run(&["review", "--git", "HEAD~1..HEAD"]);
    for part in ["skipped b.weird: ", "note (1 changed file): ", ": .rs", "note (1 other file): unchanged"] {
        assert!(run.out.contains(part), "{part:?} is not in: {}", run.out);
    }
}

#[test]
fn a_key_given_twice_is_a_note_and_the_file_is_read() {
    let folder = Folder::new();
    folder.write("a.yaml", "a: 1\na: 2\n");
    let run = folder.run(&["audit", "a.yaml"]);
    assert!(run.out.contains("1 file: 1 read, 0 unchanged, 0 skipped; 1 note"), "{}", run.out);
    assert!(run.out.contains("note a.yaml: line "), "{}", run.out);
}

const PRODUCTION: &str = "DATABASE_URL=postgresql://orders:not-a-real-secret@orders-db.prod.example.internal:5432/orders?sslmode=verify-full\n";

#[test]
fn a_drill_is_a_copy_with_one_change_and_an_answer_beside_it() {
    let folder = Folder::new();
    folder.write("deploy/prod/orders.env", PRODUCTION).write("deploy/prod/other.yaml", "replicas: 3\n");
    let run = folder.run(&["drill", "deploy", "--into", "exercise", "--class", "protection switched off"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("exercise-answer.md"), "{}", run.out);
    assert_eq!(folder.read("exercise/prod/orders.env"), PRODUCTION.replace("verify-full", "disable"));
    assert_eq!(folder.read("exercise/prod/other.yaml"), "replicas: 3\n");
    let answer = folder.read("exercise-answer.md");
    assert!(answer.starts_with("# The answer") && answer.contains("tls-weakened"), "{answer}");
    assert!(!answer.contains("not-a-real-secret"), "{answer}");
}

#[test]
fn the_same_seed_makes_the_same_drill() {
    let folder = Folder::new();
    folder.write("deploy/prod/orders.env", PRODUCTION);
    for copy in ["a", "b"] {
        assert_eq!(folder.run(&["drill", "deploy", "--into", copy, "--seed", "5"]).code, 0);
    }
    assert_eq!(folder.read("a/prod/orders.env"), folder.read("b/prod/orders.env"));
    assert_ne!(folder.read("a/prod/orders.env"), PRODUCTION);
}

#[test]
fn what_no_drill_can_be_made_of_is_refused() {
    let folder = Folder::new();
    folder.write("deploy/prod/orders.env", PRODUCTION).write("there/x", "").write("bare/a.yaml", "a: 1\n");
    folder.run(&["drill", "deploy", "--into", "there"]).refused(&["there exists already"]);
    folder.run(&["drill", "deploy", "--into", "n", "--class", "protection switched of"]).refused(&["did you mean"]);
    folder.run(&["drill", "bare", "--into", "n"]).refused(&["no place for such a mistake"]);
    assert!(folder.run(&["drill", "--list"]).out.contains("Harmless"));
}

#[test]
fn a_baseline_holds_what_an_audit_found_before() {
    let folder = Folder::new();
    folder.write("deploy/prod/app.env", "DATABASE_URL=postgresql://app@localhost:5432/app\n");
    let first = folder.run(&["audit", "deploy", "--write-baseline", "known.json", "--fail-on", "low"]);
    assert_eq!(first.code, 1, "{}{}", first.out, first.err);
    assert!(folder.read("known.json").contains("plimsoll.baseline/1"));
    let again = folder.run(&["audit", "deploy", "--baseline", "known.json", "--fail-on", "low"]);
    assert_eq!(again.code, 0, "{}", again.out);
    assert!(again.out.contains("baseline"), "{}", again.out);
    folder.write("deploy/prod/new.env", "DATABASE_URL=postgresql://app@localhost:5432/other\n");
    assert_eq!(folder.run(&["audit", "deploy", "--baseline", "known.json", "--fail-on", "low"]).code, 1);
    folder.write("wrong.json", "{}");
    folder.run(&["audit", "deploy", "--baseline", "wrong.json"]).refused(&["wrong.json is no baseline"]);
}

#[test]
fn a_policy_builds_on_a_shared_one_of_the_tree() {
    let folder = Folder::new();
    let url = |host: &str| format!("DATABASE_URL=postgresql://app@{host}:5432/app\n");
    for (side, host) in [("old", "db-1.example.internal"), ("new", "db-2.example.internal")] {
        folder.write(&format!("{side}/plimsoll.toml"), "extends = \"ops/base.toml\"\n");
        folder.write(&format!("{side}/ops/base.toml"), "fail-on = \"medium\"\n");
        folder.write(&format!("{side}/prod/app.env"), &url(host));
    }
    assert_eq!(folder.run(&["review", "old", "new"]).code, 1);
    folder.write("new/ops/base.toml", "fail-onn = \"medium\"\n");
    folder.run(&["review", "old", "new"]).refused(&["ops/base.toml:1:1", "did you mean \"fail-on\""]);
    folder.write("new/plimsoll.toml", "extends = \"ops/none.toml\"\n");
    folder.run(&["review", "old", "new"]).refused(&["ops/none.toml", "write its path from the root"]);
}
