//! The recipes as their readers run them: git hooks, diff programs, rendered trees and the script of GitLab's job.

#![cfg(unix)]
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests start programs and write files")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

const FILE: &str = "prod/api.yaml";

/// A repository of its own for each test, gone afterwards.
struct Repository(PathBuf);

impl Repository {
    fn new() -> Repository {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("plimsoll-recipes-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        let repository = Repository(path);
        repository.run("git init -q -b main .");
        repository
    }

    /// With one commit that asks for TLS.
    fn with_commit() -> Repository {
        let repository = Repository::new();
        repository.write("verify-full").run("git add -A && git commit -qm first");
        repository
    }

    fn write(&self, tls: &str) -> &Self {
        let text = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: api, namespace: shop}}\nspec:\n  template:\n    spec:\n      \
             containers:\n        - name: api\n          image: a:1\n          env:\n            - name: DATABASE_URL\n              \
             value: postgres://app@orders-db.prod:5432/orders?sslmode={tls}\n"
        );
        let path = self.0.join(FILE);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// Exit code and what was printed on both streams. `$RECIPES` is the folder of the recipes.
    fn run(&self, script: &str) -> (Option<i32>, String) {
        self.run_with(script, &[])
    }

    fn run_with(&self, script: &str, environment: &[(&str, &str)]) -> (Option<i32>, String) {
        let program = Path::new(env!("CARGO_BIN_EXE_plimsoll")).parent().unwrap();
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(&self.0).env_clear().env("PATH", path);
        command.env("HOME", &self.0).env("GIT_CONFIG_NOSYSTEM", "1").env("RECIPES", root().join("recipes"));
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "deckhand");
            command.env(format!("GIT_{who}_EMAIL"), "deckhand@example.com");
        }
        let output = command.envs(environment.iter().copied()).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&text).into_owned())
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_hook_reviews_what_is_staged_and_nothing_else() {
    let repository = Repository::with_commit();
    let hook = "$RECIPES/plimsoll-staged";
    assert_eq!(repository.run(hook).0, Some(0));
    assert_eq!(repository.write("disable").run(hook).0, Some(0), "what is not staged is not committed");
    let (code, text) = repository.run(&format!("git add -A && {hook}"));
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("tls-weakened"), "{text}");
    assert_eq!(repository.run(&format!("{hook} --fail-on never")).0, Some(0));
    assert_eq!(repository.run("git status --porcelain").1, "M  prod/api.yaml\n", "nothing was touched");
}

#[test]
fn the_hook_works_before_the_first_commit() {
    let repository = Repository::new();
    let (code, text) = repository.write("verify-full").run("git add -A && $RECIPES/plimsoll-staged");
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn pre_commit_finds_the_hook() {
    let hooks = std::fs::read_to_string(root().join(".pre-commit-hooks.yaml")).unwrap();
    let entry = hooks.lines().find_map(|line| line.trim().strip_prefix("entry: ")).unwrap();
    assert!(root().join(entry).is_file(), "{entry}");
}

#[test]
fn git_diff_and_difftool_show_the_review() {
    let repository = Repository::with_commit();
    repository.write("disable");
    let (code, text) = repository.run("GIT_EXTERNAL_DIFF=$RECIPES/plimsoll-git-diff git diff");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("HIGH  prod/api.yaml:12:"), "the path of the repository, and its environment: {text}");
    let tool = r#"git -c difftool.plimsoll.cmd='plimsoll review --fail-on never "$LOCAL" "$REMOTE"' difftool --dir-diff --no-symlinks --tool=plimsoll"#;
    let (code, text) = repository.run(tool);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("HIGH  prod/api.yaml:12:"), "{text}");
}

#[test]
fn kubectl_gets_the_exit_code_that_it_expects() {
    let repository = Repository::with_commit();
    // Two folders, a file an object, named without an ending: so does `kubectl diff`.
    let name = "apps.v1.Deployment.shop.api";
    repository.run(&format!("mkdir live merged && cp {FILE} live/{name}")).0.unwrap();
    repository.write("disable").run(&format!("cp {FILE} merged/{name}"));
    let (code, text) = repository.run("plimsoll review --fail-on=low live merged");
    assert_eq!(code, Some(1), "1 is a difference, more would be a failure: {text}");
    assert!(text.contains("tls-weakened"), "{text}");
    assert_eq!(repository.run("plimsoll review --fail-on=low live live").0, Some(0));
}

#[test]
fn rendered_trees_of_two_commits_are_compared() {
    let repository = Repository::with_commit();
    repository.write("disable").run("git commit -qam second");
    // Stands for kustomize or helm: it writes manifests into the folder that it is given.
    let (code, text) = repository.run(r#"$RECIPES/review-rendered HEAD~1 HEAD sh -c 'cp -r prod "$0"'"#);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("HIGH  prod/api.yaml:12:"), "{text}");
    assert_eq!(repository.run("git worktree list | wc -l").1.trim(), "1", "no work tree is left behind");
    assert_ne!(repository.run("$RECIPES/review-rendered HEAD~1 HEAD false").0, Some(0), "a renderer that fails");
}

#[test]
fn gitlabs_job_writes_what_it_promises() {
    let job = std::fs::read_to_string(root().join("recipes/gitlab/.gitlab-ci.yml")).unwrap();
    let repository = Repository::with_commit();
    repository.write("disable").run("git commit -qam second");
    let commit = |name: &str| repository.run(&format!("git rev-parse {name}")).1.trim().to_owned();
    let (base, head) = (commit("HEAD~1"), commit("HEAD"));
    let environment = [("CI_MERGE_REQUEST_DIFF_BASE_SHA", base.as_str()), ("CI_COMMIT_SHA", head.as_str())];
    let (code, text) = repository.run_with(&script(&job), &environment);
    assert_eq!(code, Some(1), "{text}");
    let read = |name: &str| std::fs::read_to_string(repository.0.join(name)).unwrap();
    let quality: serde_json::Value = serde_json::from_str(&read("gl-code-quality-report.json")).unwrap();
    assert_eq!(quality.as_array().map(Vec::len), Some(1), "{quality}");
    assert!(read("plimsoll.md").contains("tls-weakened"));
}

/// The commands under `script:`, of which `>-` folds the lines that follow.
fn script(job: &str) -> String {
    let lines = job.lines().skip_while(|line| *line != "  script:").skip(1);
    let block = lines.take_while(|line| line.starts_with("    ")).map(str::trim).filter(|line| !line.starts_with('#'));
    block.fold(String::from("set -e"), |text, line| match line.strip_prefix("- ") {
        Some(">-") => text + "\n",
        Some(command) => text + "\n" + command,
        None => text + " " + line,
    })
}
