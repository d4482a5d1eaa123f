//! Pipelines: what a build sets for its jobs and for the services it tests against.
//!
//! In: files of GitHub Actions, GitLab, CircleCI, Travis, Drone, Woodpecker, Bitbucket, Azure Pipelines, Cloud Build,
//! CodeBuild. Out: one resource a job and one for the rest of the file. Nothing here runs for long, so there are no
//! workloads; a database in a pipeline is one for development, unless the job names another environment.

use crate::document::{Entry, Node};
use crate::setting::{Environment, ResourceId, Shape};

use super::flatten::last_of_each;
use super::{Platform, Reading, Root};
use super::{list, pieces};

pub(super) static PLATFORM: Platform = Platform {
    name: "ci",
    recognises: "pipelines of GitHub Actions, GitLab, CircleCI, Travis, Drone, Woodpecker, Bitbucket, Azure, Cloud Build, CodeBuild",
    claims: |root| pipeline_of(root).is_some(),
    read,
};

/// A kind of pipeline.
struct Pipeline {
    claims: fn(&Root<'_>) -> bool,
    /// Keys that hold variables.
    env: &'static [&'static str],
    /// The jobs of a file.
    jobs: fn(&Node) -> Vec<(String, &Node)>,
}

/// All kinds; the first that claims a file reads it.
static PIPELINES: &[Pipeline] = &[
    Pipeline {
        claims: |root| {
            let workflow = in_folder(root, ".github/workflows") || in_folder(root, ".gitea/workflows");
            workflow && root.node.get("jobs").is_some()
        },
        env: &["env"],
        jobs: jobs_of_mapping,
    },
    Pipeline {
        claims: |root| root.file_name().ends_with(".gitlab-ci.yml") || in_folder(root, ".gitlab/ci"),
        env: &["variables"],
        jobs: jobs_of_gitlab,
    },
    Pipeline { claims: |root| in_folder(root, ".circleci"), env: &["environment"], jobs: jobs_of_mapping },
    Pipeline {
        claims: |root| root.file_name() == ".travis.yml",
        env: &["env", "global", "matrix", "jobs"],
        jobs: |_| Vec::new(),
    },
    Pipeline {
        claims: |root| {
            matches!(root.file_name(), ".drone.yml" | ".woodpecker.yml" | ".woodpecker.yaml")
                || in_folder(root, ".woodpecker")
        },
        env: &["environment", "variables"],
        jobs: |_| Vec::new(),
    },
    Pipeline {
        claims: |root| root.file_name() == "bitbucket-pipelines.yml",
        env: &["variables", "environment"],
        jobs: |_| Vec::new(),
    },
    Pipeline {
        claims: |root| {
            let named = root.file_name().starts_with("azure-pipelines") || in_folder(root, ".azure-pipelines");
            let parts = ["jobs", "stages", "steps", "variables"].iter().any(|key| root.node.get(key).is_some());
            named && parts
        },
        env: &["variables", "env"],
        jobs: jobs_of_azure,
    },
    Pipeline {
        claims: |root| root.file_name().starts_with("cloudbuild") && root.node.get("steps").is_some(),
        env: &["substitutions", "env"],
        jobs: |_| Vec::new(),
    },
    Pipeline {
        claims: |root| root.file_name().starts_with("buildspec") && root.node.get("phases").is_some(),
        env: &["variables"],
        jobs: |_| Vec::new(),
    },
];

fn pipeline_of(root: &Root<'_>) -> Option<&'static Pipeline> {
    PIPELINES.iter().find(|pipeline| (pipeline.claims)(root))
}

/// Whether the file lies in `folder`, at the root of the side or of a project in it.
fn in_folder(root: &Root<'_>, folder: &str) -> bool {
    let own = format!("/{}/", root.folder());
    own.contains(&format!("/{folder}/"))
}

fn text<'a>(node: &'a Node, keys: &[&str]) -> Option<&'a str> {
    node.path(keys).and_then(Node::as_text)
}

fn read(root: &Root<'_>) -> Reading {
    let mut reading = Reading::default();
    let Some(pipeline) = pipeline_of(root) else { return reading };
    let scope = pieces::structure(pipeline.env);
    let mut taken = Vec::new();
    for (name, node) in (pipeline.jobs)(root.node) {
        taken.push(node);
        let environment = deployed_to(node).or_else(|| real(&name)).or_else(|| real(root.file_name()));
        let flat = pieces::flatten(root, node, scope, &name);
        let id = ResourceId::new("job", "", &name);
        let environment = environment.unwrap_or(Environment::Development);
        pieces::push(root, id, Some(environment), flat, Shape::Plain, &mut reading);
    }
    let environment = real(root.file_name()).unwrap_or(Environment::Development);
    pieces::push_rest(root, &taken, scope, Some(environment), &mut reading);
    reading
}

/// The environment that a job says it deploys to: `environment: production`, `environment: {name: staging}`.
fn deployed_to(job: &Node) -> Option<Environment> {
    let told = text(job, &["environment"]).or_else(|| text(job, &["environment", "name"]));
    told.and_then(Environment::guess)
}

/// An environment in a name that people or rehearsals use; `test` in the name of a job says nothing new.
fn real(name: &str) -> Option<Environment> {
    Environment::guess(name).filter(|e| matches!(e, Environment::Production | Environment::Staging))
}

fn jobs_of_mapping(root: &Node) -> Vec<(String, &Node)> {
    let jobs = root.get("jobs").map(Node::entries).unwrap_or_default();
    named(last_of_each(jobs))
}

/// GitLab's jobs stand at the top, beside words of its own.
fn jobs_of_gitlab(root: &Node) -> Vec<(String, &Node)> {
    const OWN: [&str; 11] = [
        "variables",
        "default",
        "workflow",
        "include",
        "stages",
        "image",
        "services",
        "cache",
        "before_script",
        "after_script",
        "spec",
    ];
    let is_job = |entry: &&Entry| !OWN.contains(&entry.key.text.as_str());
    named(last_of_each(root.entries()).into_iter().filter(is_job).collect())
}

/// `jobs: [{job: test}]` and `jobs: [{deployment: web}]`, at the top or in stages.
fn jobs_of_azure(root: &Node) -> Vec<(String, &Node)> {
    let stages = root.get("stages").map(Node::items).unwrap_or_default();
    let lists = std::iter::once(root).chain(stages).filter_map(|holder| holder.get("jobs"));
    let of_list = |list: &'_ Node| list.items().len();
    let mut found = Vec::new();
    for jobs in lists.filter(|list| of_list(list) > 0) {
        for (item, step) in jobs.items().iter().zip(list::steps("jobs", jobs.items())) {
            let place = match step {
                list::Step::Item(name) => name,
                list::Step::Index(index) => (index + 1).to_string(),
            };
            let own = ["job", "deployment"].iter().find_map(|key| text(item, &[key]));
            found.push((own.map_or(place, str::to_owned), item));
        }
    }
    found.retain(|(_, node)| !node.entries().is_empty());
    found
}

fn named(entries: Vec<&Entry>) -> Vec<(String, &Node)> {
    let jobs = entries.into_iter().filter(|entry| !entry.value.entries().is_empty());
    jobs.map(|entry| (entry.key.text.to_string(), &entry.value)).collect()
}

#[cfg(test)]
mod tests {
    use crate::platform::tests::{paths, read_by_processes, resource, side};
    use crate::setting::{Environment, Shape};

    #[test]
    fn jobs_of_a_workflow_are_for_development() {
        let text = "on: push\nenv: {DB_PORT: 5432}\njobs:\n  test:\n    services:\n      postgres:\n        image: postgres:17\n        \
                    env: {POSTGRES_DB: shop}\n    steps:\n      - name: run\n        env:\n          DB_HOST: postgres\n          \
                    DB_PASSWORD: ${{ secrets.DB }}\n  deploy:\n    environment: {name: production}\n    env: {DB_HOST: db.example.net}\n";
        let (_, settings) = side(&[(".github/workflows/ci.yml", text)]);
        let test = resource(&settings, "job test");
        let expected = [
            "env postgres POSTGRES_DB = shop",
            "env run DB_HOST = postgres",
            "env run DB_PASSWORD = ${{ secrets.DB }}",
        ];
        assert_eq!(read_by_processes(test), expected);
        assert!(paths(test).contains(&"services.postgres.image".to_owned()));
        assert!(matches!(test.shape, Shape::Plain));
        assert_eq!(test.environment, Environment::Development);
        assert_eq!(resource(&settings, "job deploy").environment, Environment::Production);
        let rest = resource(&settings, ".github/workflows/ci.yml");
        assert_eq!(
            (read_by_processes(rest), rest.environment),
            (vec!["env  DB_PORT = 5432".into()], Environment::Development)
        );
    }

    #[test]
    fn variables_of_other_pipelines_are_read() {
        let table = [
            (
                ".gitlab-ci.yml",
                "variables:\n  A: {value: b, description: c}\ntest: {script: x, variables: {D: e}}\n",
                "job test",
                "env test D = e",
            ),
            (
                ".gitlab-ci.yml",
                "variables:\n  A: {value: b, description: c}\ntest: {script: x}\n",
                ".gitlab-ci.yml",
                "env  A = b",
            ),
            (
                ".circleci/config.yml",
                "jobs:\n  t:\n    docker:\n      - {image: postgres, environment: {A: b}}\n",
                "job t",
                "env 0 A = b",
            ),
            (".travis.yml", "env:\n  global:\n    - A=b\n", ".travis.yml", "env env A = b"),
            (
                ".drone.yml",
                "kind: pipeline\nsteps:\n  - name: t\n    environment: {A: b, P: {from_secret: p}}\n",
                ".drone.yml",
                "env t A = b",
            ),
            (
                "azure-pipelines.yml",
                "variables:\n  - {name: A, value: b}\n  - group: g\nsteps: []\n",
                "azure-pipelines.yml",
                "env  A = b",
            ),
            (
                "buildspec.yml",
                "env: {variables: {A: b}}\nphases: {build: {commands: [x]}}\n",
                "buildspec.yml",
                "env env A = b",
            ),
        ];
        for (path, text, id, expected) in table {
            let (_, settings) = side(&[(path, text)]);
            let found = resource(&settings, id);
            assert_eq!(read_by_processes(found), [expected], "{path}");
            assert_eq!(found.environment, Environment::Development, "{path}");
        }
    }
}
