use proptest::prelude::*;

use crate::platform::tests::{paths, read_by_processes, resource, side};
use crate::setting::{Shape, WorkloadShape};

const APP: &str = "module \"api\" {
  source = \"./app\"
  app_settings = {
    DB_HOST = module.db.host_name
    DB_PORT = \"5432\"
  }
}
";

#[test]
fn each_block_is_a_thing_in_its_folder() {
    let text = format!(
        "{APP}resource \"aws_db_instance\" \"main\" {{\n  port = 5432\n}}\nlocals {{\n  a = 1\n  b = {{ c = 2 }}\n}}\n"
    );
    let (sources, settings) = side(&[("infra/main.tf", &text)]);
    let all: Vec<String> = settings.resources.iter().map(|r| r.id.to_string()).collect();
    assert_eq!(all, ["local infra/a", "local infra/b", "module infra/api", "resource infra/aws_db_instance.main"]);
    let api = resource(&settings, "module infra/api");
    assert_eq!(paths(api), ["module.api.app_settings.DB_HOST", "module.api.app_settings.DB_PORT", "module.api.source"]);
    assert_eq!(read_by_processes(api)[0], "env api DB_HOST = ${module.db.host_name}");
    assert_eq!(sources.text(api.settings[0].at), "module.db.host_name");
    assert_eq!(paths(resource(&settings, "local infra/b")), ["locals.b.c"]);
}

#[test]
fn the_json_form_reads_the_same() {
    let json = "{\"module\": {\"api\": {\"source\": \"./app\", \"app_settings\": {\"DB_HOST\": \"${module.db.host_name}\", \
                \"DB_PORT\": \"5432\"}}}}";
    let (_, hcl) = side(&[("a.tf", APP)]);
    let (_, json) = side(&[("a.tf.json", json)]);
    assert_eq!(paths(&hcl.resources[0]), paths(&json.resources[0]));
    assert_eq!(read_by_processes(&hcl.resources[0])[..2], read_by_processes(&json.resources[0])[..2]);
    assert_eq!(hcl.resources[0].id, json.resources[0].id);
}

#[test]
fn values_of_variables_go_by_the_variables_names() {
    let (_, settings) = side(&[("prod.tfvars", "db_host = \"a\"\ndb = { port = 1 }\n")]);
    let file = resource(&settings, "prod.tfvars");
    assert_eq!(read_by_processes(file), ["file prod.tfvars db.port = 1", "file prod.tfvars db_host = a"]);
    let (_, settings) =
        side(&[("v.tf", "variable \"db_host\" {\n  type = string\n  default = \"a\"\n}\nvariable \"x\" {}\n")]);
    let variable = resource(&settings, "variable db_host");
    assert_eq!(paths(variable), ["variable.db_host.default", "variable.db_host.type"]);
    assert_eq!(variable.settings[1].value.text, "string");
    assert_eq!(read_by_processes(variable), ["file v.tf db_host = a"]);
    assert_eq!(paths(resource(&settings, "variable x")), ["variable.x"]);
}

#[test]
fn parameters_of_a_server_go_by_their_names() {
    let text = "resource \"aws_db_parameter_group\" \"pg\" {\n  family = \"postgres16\"\n  parameter {\n    name = \"max_connections\"\n    \
                value = \"300\"\n    apply_method = \"pending-reboot\"\n  }\n}\n";
    let (_, settings) = side(&[("a.tf", text)]);
    let group = &settings.resources[0];
    let expected = [
        "resource.aws_db_parameter_group.pg.family",
        "resource.aws_db_parameter_group.pg.parameter[max_connections].apply_method",
        "resource.aws_db_parameter_group.pg.parameter[max_connections].value",
    ];
    assert_eq!(paths(group), expected);
    assert_eq!(group.settings[2].logical, "postgresql.parameters.max_connections");
    let flags = "resource \"google_sql_database_instance\" \"a\" {\n  database_version = \"MYSQL_8_0\"\n  settings {\n    \
                 database_flags {\n      name = \"max_connections\"\n      value = \"9\"\n    }\n  }\n}\n";
    let (_, settings) = side(&[("a.tf", flags)]);
    assert!(settings.resources[0].settings.iter().any(|s| s.logical == "mysqld.max_connections"));
    let one = "resource \"azurerm_postgresql_flexible_server_configuration\" \"a\" {\n  name = \"max_connections\"\n  value = \"9\"\n}\n";
    let (_, settings) = side(&[("a.tf", one)]);
    assert!(settings.resources[0].settings.iter().any(|s| s.logical == "postgresql.parameters.max_connections"));
}

#[test]
fn variables_of_containers_are_found_in_every_form() {
    let definitions = "[{ name = \"api\", environment = [{ name = \"DB_HOST\", value = \"a\" }] }]";
    let ecs = format!(
        "resource \"aws_ecs_task_definition\" \"t\" {{\n  container_definitions = jsonencode({definitions})\n}}\n"
    );
    let json = "resource \"aws_ecs_task_definition\" \"t\" {\n  container_definitions = <<EOF\n[\n  {\"name\": \"api\", \"environment\": \
                [{\"name\": \"DB_HOST\", \"value\": \"a\"}]}\n]\nEOF\n}\n";
    let lambda = "resource \"aws_lambda_function\" \"api\" {\n  environment {\n    variables = {\n      DB_HOST = \"a\"\n    }\n  }\n}\n";
    let run = "resource \"google_cloud_run_service\" \"api\" {\n  template {\n    spec {\n      containers {\n        env {\n          \
               name = \"DB_HOST\"\n          value = \"a\"\n        }\n      }\n    }\n  }\n}\n";
    let merged = "locals {\n  api = {\n    environment_variables = merge(local.x, { DB_HOST = \"a\" })\n  }\n}\n";
    let choice = "module \"api\" {\n  environment = var.x ? [{ name = \"DB_HOST\", value = \"a\" }] : []\n}\n";
    for text in [ecs.as_str(), json, lambda, run, merged, choice] {
        let (_, settings) = side(&[("a.tf", text)]);
        let read = read_by_processes(&settings.resources[0]);
        assert!(read.contains(&"env api DB_HOST = a".to_owned()), "{text}: {read:?}");
    }
}

#[test]
fn charts_get_their_values_from_texts_and_sets() {
    let text = "resource \"helm_release\" \"api\" {\n  values = [<<EOF\ndb:\n  host: a\nEOF\n  ]\n  set {\n    name = \"db.port\"\n    \
                value = 5432\n  }\n}\n";
    let (_, settings) = side(&[("a.tf", text)]);
    let read = read_by_processes(&settings.resources[0]);
    assert_eq!(read, ["file values db.host = a", "file a.tf db.port = 5432"]);
}

#[test]
fn a_block_of_its_own_name_is_told_from_its_siblings() {
    let one = "resource \"aws_x\" \"a\" {\n  setting {\n    name = \"p\"\n    value = 1\n  }\n}\n";
    let two = one.replace("  setting", "  setting {\n    name = \"q\"\n    value = 2\n  }\n  setting");
    let (_, one) = side(&[("a.tf", one)]);
    let (_, two) = side(&[("a.tf", &two)]);
    assert!(paths(&two.resources[0]).contains(&paths(&one.resources[0])[0]));
}

fn workload(text: &str) -> (Vec<String>, WorkloadShape, Option<String>) {
    let (_, settings) = side(&[("a.nomad", text)]);
    let found = settings.resources.iter().find_map(|r| match &r.shape {
        Shape::Workload(shape) => Some((r, shape.as_ref().clone())),
        _ => None,
    });
    let (resource, shape) = found.expect("a workload");
    let replicas = shape.replicas.map(|at| resource.settings[at as usize].value.text.to_string());
    (read_by_processes(resource), shape, replicas)
}

#[test]
fn a_group_of_a_nomad_job_is_a_workload() {
    let text = "job \"shop\" {\n  datacenters = [\"a\"]\n  group \"web\" {\n    count = 3\n    task \"api\" {\n      config {\n        \
                image = \"shop:1\"\n        args = [\"-w\", \"4\"]\n      }\n      env {\n        DB_HOST = \"a\"\n      }\n    }\n  }\n}\n";
    let (read, shape, replicas) = workload(text);
    assert!(read.contains(&"env web DB_HOST = a".to_owned()), "{read:?}");
    assert_eq!(replicas.as_deref(), Some("3"));
    let [api] = shape.containers.as_slice() else { panic!("one container") };
    assert!(api.env_unit.is_some() && api.image.is_some() && api.command.len() == 2);
}

#[test]
fn a_deployment_of_kubernetes_is_a_workload() {
    let text = "resource \"kubernetes_deployment\" \"web\" {\n  spec {\n    replicas = 4\n    template {\n      spec {\n        container {\n          \
                name = \"api\"\n          image = \"shop:1\"\n          env {\n            name = \"DB_HOST\"\n            value = \"a\"\n          }\n        \
                }\n      }\n    }\n  }\n}\n";
    let (read, shape, replicas) = workload(text);
    assert!(read.contains(&"env api DB_HOST = a".to_owned()), "{read:?}");
    assert_eq!(replicas.as_deref(), Some("4"));
    assert!(shape.containers[0].env_unit.is_some() && shape.containers[0].image.is_some());
}

proptest! {
    #[test]
    fn any_blocks_give_settings_with_places(pieces in prop::collection::vec(prop::sample::select(PIECES.as_slice()), 0..30)) {
        let (sources, settings) = side(&[("a.tf", &pieces.concat()), ("b.nomad", &pieces.concat())]);
        for (_, resource, setting) in settings.iter() {
            let text = &sources.get(resource.source).text;
            prop_assert!(text.get(setting.at.span.range()).is_some() && text.get(setting.key_span.range()).is_some());
            for (at, c) in setting.value.text.char_indices() {
                let span = setting.value.source_span(at..at + c.len_utf8());
                prop_assert!(text.get(span.range()).is_some(), "{c:?} at {span:?} of {:?} in {text:?}", setting.value);
            }
        }
    }
}

/// Pieces of modules and jobs.
const PIECES: [&str; 27] = [
    "resource \"aws_db_parameter_group\" \"a\" {\n",
    "resource \"kubernetes_deployment\" \"b\" {\n",
    "module \"c\" {\n",
    "variable \"d\" {\n",
    "locals {\n",
    "job \"e\" {\n",
    "group \"f\" {\n",
    "task \"g\" {\n",
    "parameter {\n",
    "setting {\n",
    "container {\n",
    "env {\n",
    "}\n",
    "name = \"h\"\n",
    "name = é.k\n",
    "value = 1\n",
    "DB_HOST = é\n",
    "default = {\n",
    "family = \"postgres\"\n",
    "value = var.x ? { A = b } : c\n",
    "values = [<<E\na: 1\nE\n]\n",
    "env = [{ name = \"A\", value = \"b\" }]\n",
    "data = <<E\nA=1\nB=2\nE\n",
    "spec {\n",
    "template {\n",
    "x = (\n  a\n  . b)\n",
    "alias = \"i\"\n",
];
