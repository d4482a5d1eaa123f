use crate::platform::tests::{paths, read_by_processes, resource, side};
use crate::setting::{Environment, Resource, Rollout, Settings, Shape, WorkloadShape};

fn workload<'a>(settings: &'a Settings, id: &str) -> (&'a Resource, &'a WorkloadShape) {
    let resource = resource(settings, id);
    match &resource.shape {
        Shape::Workload(shape) => (resource, shape),
        other => panic!("no workload: {other:?}"),
    }
}

/// Copies and variables of a workload.
fn told(settings: &Settings, id: &str) -> (Option<String>, Vec<String>) {
    let (resource, shape) = workload(settings, id);
    let copies = shape.replicas.map(|at| resource.settings[at as usize].value.text.to_string());
    (copies, read_by_processes(resource))
}

/// A file, its text, the workload in it, its copies and its variables.
type Told<'a> = (&'a str, &'a str, &'a str, Option<&'a str>, &'a [&'a str]);

#[test]
fn every_platform_tells_copies_and_variables() {
    let table: &[Told<'_>] = &[
        (
            "fly.toml",
            "app = \"orders\"\n[env]\nDB_HOST = \"db\"\n[processes]\nweb = \"run web\"\n",
            "app orders",
            None,
            &["env orders DB_HOST = db"],
        ),
        (
            "render.yaml",
            "services:\n  - {type: web, name: api, numInstances: 3, envVars: [{key: DB_POOL, value: 5}, {key: URL, fromDatabase: {name: d, property: connectionString}}]}\n",
            "service api",
            Some("3"),
            &["env api DB_POOL = 5"],
        ),
        (
            "app.json",
            "{\"env\": {\"DB_POOL\": {\"value\": \"5\"}}, \"formation\": {\"web\": {\"quantity\": 2, \"size\": \"s\"}}}",
            "process web",
            Some("2"),
            &[],
        ),
        (
            ".do/app.yaml",
            "name: shop\nservices:\n- name: api\n  instance_count: 4\n  envs:\n  - {key: DB_HOST, value: db, scope: RUN_TIME}\n",
            "service api",
            Some("4"),
            &["env api DB_HOST = db"],
        ),
        (
            "railway.json",
            "{\"deploy\": {\"numReplicas\": 2, \"startCommand\": \"run\"}}",
            "service railway.json",
            Some("2"),
            &[],
        ),
        (
            "app.yaml",
            "runtime: go122\nservice: api\nenv_variables: {DB_HOST: db}\nautomatic_scaling: {max_instances: 6}\n",
            "service api",
            Some("6"),
            &["env api DB_HOST = db"],
        ),
        (
            "serverless.yml",
            "service: s\nprovider: {name: aws, environment: {DB_HOST: db}}\nfunctions:\n  api: {handler: a.b, reservedConcurrency: 7, environment: {DB_POOL: 1}}\n",
            "function api",
            Some("7"),
            &["env api DB_POOL = 1"],
        ),
        (
            "manifest.yml",
            "applications:\n- name: api\n  instances: 2\n  env: {DB_HOST: db}\n",
            "application api",
            Some("2"),
            &["env api DB_HOST = db"],
        ),
        (
            "containerapp.yaml",
            "name: api\nproperties:\n  template:\n    containers:\n    - {name: web, image: a, env: [{name: DB_HOST, value: db}, {name: DB_PASS, secretRef: pw}]}\n    scale: {maxReplicas: 9}\n",
            "container app api",
            Some("9"),
            &["env web DB_HOST = db"],
        ),
    ];
    for (path, text, id, copies, variables) in table {
        let (_, settings) = side(&[(path, text)]);
        let expected: Vec<String> = variables.iter().map(|v| (*v).to_owned()).collect();
        assert_eq!(told(&settings, id), (copies.map(str::to_owned), expected), "{path}");
    }
}

#[test]
fn variables_of_the_file_count_for_every_function() {
    let text = "service: s\nprovider: {name: aws, stage: prod, environment: {DB_HOST: db}}\nfunctions:\n  api: {handler: a.b}\n";
    let (_, settings) = side(&[("serverless.yml", text)]);
    let (api, shape) = workload(&settings, "function api");
    assert_eq!(shape.containers[0].env_from[0].name, "serverless.yml");
    assert_eq!((api.environment, shape.rollout.clone()), (Environment::Production, Rollout::Elastic));
    let rest = resource(&settings, "serverless.yml");
    assert_eq!(read_by_processes(rest), ["env provider DB_HOST = db"]);
    assert!(!paths(rest).iter().any(|path| path.starts_with("functions")));
}

#[test]
fn a_group_of_variables_is_an_object() {
    let text = "services:\n  - {type: web, name: api, envVars: [{fromGroup: common}]}\nenvVarGroups:\n  - {name: common, envVars: [{key: DB_HOST, value: db}]}\n";
    let (_, settings) = side(&[("render.yaml", text)]);
    let (_, shape) = workload(&settings, "service api");
    assert_eq!(shape.containers[0].env_from.last().map(|r| r.name.as_str()), Some("common"));
    let group = resource(&settings, "envVarGroup common");
    assert_eq!(read_by_processes(group), ["env common DB_HOST = db"]);
    assert!(matches!(&group.shape, Shape::Config(shape) if shape.env_unit == Some(0)));
}

#[test]
fn processes_of_an_application_share_its_variables() {
    let text = "app = \"a\"\n[env]\nDB_HOST = \"db\"\n[processes]\nweb = \"run web\"\nworker = \"run worker\"\n";
    let (_, settings) = side(&[("fly.prod.toml", text)]);
    let (_, shape) = workload(&settings, "app a");
    let seen: Vec<_> = shape.containers.iter().map(|c| (c.name.as_str(), c.env_unit, c.command.len())).collect();
    assert_eq!(seen, [("web", Some(0), 1), ("worker", Some(0), 1)]);
}

#[test]
fn other_files_of_these_names_are_left_alone() {
    let (_, settings) = side(&[("app.json", "{\"expo\": {\"name\": \"x\"}}"), ("app.yaml", "db:\n  host: db\n")]);
    let ids: Vec<String> = settings.resources.iter().map(|r| r.id.to_string()).collect();
    assert_eq!(ids, ["app.json", "app.yaml"]);
}
