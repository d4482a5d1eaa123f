//! CloudFormation and SAM: a stack is a mapping of resources, each with a type.
//!
//! In: a mapping whose `Resources` have `Type`s with colons. Out: one resource each, and one for the rest of the file, whose
//! `Globals` count for every function. Intrinsic functions stay what they are: references, never literals.

use crate::document::{Entry, Node};
use crate::setting::{AutoscalerShape, Environment, KeyPath, ResourceId, Rollout, Shape, UnitKind, WorkloadShape};

use super::flatten::{Flat, Flatten, Here, Scope, last_of_each};
use super::{Platform, Reading, Root};
use super::{ecs, pieces};

pub(super) static PLATFORM: Platform = Platform {
    name: "cloudformation",
    recognises: "CloudFormation and SAM templates: functions, tasks, services, parameter groups",
    claims: |root| resources(root.node).iter().any(|entry| type_of(&entry.value).is_some_and(is_type)),
    read,
};

/// Keys that hold variables: of functions, of containers, of App Runner's services.
const ENV: &[&str] = &["Variables", "Environment", "RuntimeEnvironmentVariables", "EnvironmentVariables"];

fn resources(node: &Node) -> &[Entry] {
    node.get("Resources").map(Node::entries).unwrap_or_default()
}

fn text<'a>(node: &'a Node, keys: &[&str]) -> Option<&'a str> {
    node.path(keys).and_then(Node::as_text)
}

fn type_of(node: &Node) -> Option<&str> {
    text(node, &["Type"])
}

fn is_type(text: &str) -> bool {
    text.contains("::")
}

fn read(root: &Root<'_>) -> Reading {
    let mut reading = Reading::default();
    let mut taken = Vec::new();
    for entry in last_of_each(resources(root.node)) {
        let Some(kind) = type_of(&entry.value).filter(|kind| is_type(kind)) else { continue };
        taken.push(&entry.value);
        let name = &entry.key.text;
        let mut flat = match parameters(&entry.value, kind) {
            Some(engine) => parameter_group(root, &entry.value, engine),
            None => pieces::flatten(root, &entry.value, pieces::structure(ENV), name),
        };
        // Between a function and its variables stand only words of the template.
        let wrappers = ["Environment", "ImageConfiguration", "CodeConfigurationValues"];
        flat.units.iter_mut().filter(|u| wrappers.contains(&u.name.as_str())).for_each(|u| u.name = name.to_string());
        let shape = shape(root, kind, name, &entry.value, &flat);
        // The type's last word is what people call it: `Function Api`.
        let id = ResourceId::new(kind.rsplit("::").next().unwrap_or(kind), "", name);
        pieces::push(root, id, Environment::guess(name), flat, shape, &mut reading);
    }
    pieces::push_rest(root, &taken, pieces::structure(ENV), None, &mut reading);
    reading
}

fn shape(root: &Root<'_>, kind: &str, name: &str, node: &Node, flat: &Flat) -> Shape {
    let base = KeyPath::default();
    let workload = |shape: WorkloadShape| Shape::Workload(Box::new(shape));
    match kind {
        "AWS::Lambda::Function" | "AWS::Serverless::Function" => {
            let mut function = pieces::container(name, node, &base, &[], &[], flat);
            function.env_from = vec![pieces::shared_variables(root)];
            workload(WorkloadShape {
                replicas: flat.at(&base, &["Properties", "ReservedConcurrentExecutions"]),
                rollout: Rollout::Elastic,
                containers: vec![function],
                ..WorkloadShape::default()
            })
        }
        "AWS::ECS::TaskDefinition" => workload(ecs::task(node, &["Properties", "ContainerDefinitions"], name, flat)),
        "AWS::AppRunner::Service" => workload(WorkloadShape {
            rollout: Rollout::Elastic,
            containers: vec![pieces::container(name, node, &base, &[], &[], flat)],
            ..WorkloadShape::default()
        }),
        "AWS::ECS::Service" => service(node, flat),
        _ => Shape::Plain,
    }
}

/// `DesiredCount` is the number of copies of the task that the service refers to.
fn service(node: &Node, flat: &Flat) -> Shape {
    let count = flat.at(&KeyPath::default(), &["Properties", "DesiredCount"]);
    let task = node.path(&["Properties", "TaskDefinition"]);
    let name = task.and_then(|task| task.as_text().or_else(|| text(task, &["Ref"])));
    match (count, name) {
        (Some(_), Some(name)) => Shape::Autoscaler(AutoscalerShape {
            target_kind: "TaskDefinition".to_owned(),
            target_name: name.to_owned(),
            min: count,
            max: count,
            default_max: None,
        }),
        _ => Shape::Plain,
    }
}

/// The engine's own name for its parameters, where a resource sets them: by the group's family.
fn parameters(node: &Node, kind: &str) -> Option<&'static str> {
    if !matches!(kind, "AWS::RDS::DBParameterGroup" | "AWS::RDS::DBClusterParameterGroup") {
        return None;
    }
    let family = text(node, &["Properties", "Family"]).unwrap_or_default();
    match family {
        _ if family.contains("postgres") => Some("postgresql.parameters"),
        _ if family.contains("maria") => Some("mariadb"),
        _ if family.contains("mysql") => Some("mysqld"),
        _ => None,
    }
}

/// A group of a server's parameters: they are called as in the server's own file.
fn parameter_group(root: &Root<'_>, node: &Node, engine: &str) -> Flat {
    let mut flat = Flatten::of(root);
    let unit = flat.unit(UnitKind::File, "parameters");
    for entry in last_of_each(node.entries()) {
        let here = Here::default().entry(entry);
        if entry.key.text != "Properties" {
            flat.walk(&entry.value, &here, Scope::STRUCTURE);
            continue;
        }
        for property in last_of_each(entry.value.entries()) {
            let below = here.entry(property);
            match property.key.text.as_str() {
                "Parameters" => flat.walk(&property.value, &below.called(engine), Scope::file(unit)),
                _ => flat.walk(&property.value, &below, Scope::STRUCTURE),
            }
        }
        if entry.value.entries().is_empty() {
            flat.walk(&entry.value, &here, Scope::STRUCTURE);
        }
    }
    flat.finish()
}

#[cfg(test)]
mod tests {
    use crate::platform::tests::{paths, read_by_processes, resource, side};
    use crate::setting::Shape;

    const STACK: &str = "AWSTemplateFormatVersion: '2010-09-09'
Globals:
  Function: {Environment: {Variables: {DB_PORT: 5432}}}
Resources:
  Api:
    Type: AWS::Serverless::Function
    Properties:
      ReservedConcurrentExecutions: 20
      Environment:
        Variables:
          DB_NAME: shop
          DB_HOST: !GetAtt Db.Endpoint.Address
          DB_URL: !Sub postgres://${Db.Endpoint.Address}/shop
          DB_USER: {Ref: User}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      ContainerDefinitions:
        - {Name: app, Image: 'a:1', Environment: [{Name: DB_POOL, Value: '5'}]}
  Service:
    Type: AWS::ECS::Service
    Properties: {DesiredCount: 3, TaskDefinition: !Ref Task}
  Limits:
    Type: AWS::RDS::DBParameterGroup
    Properties: {Family: postgres16, Parameters: {max_connections: 200}}
";

    #[test]
    fn a_function_has_its_variables_and_those_of_all() {
        let (_, settings) = side(&[("stack.yaml", STACK)]);
        let api = resource(&settings, "Function Api");
        let expected = [
            "env Api DB_HOST = !GetAtt Db.Endpoint.Address",
            "env Api DB_NAME = shop",
            "env Api DB_URL = postgres://${Db.Endpoint.Address}/shop",
        ];
        let mut read = read_by_processes(api);
        read.sort();
        assert_eq!(read, expected);
        assert!(paths(api).contains(&"Properties.Environment.Variables.DB_USER.Ref".to_owned()));
        let Shape::Workload(shape) = &api.shape else { panic!("no workload") };
        assert_eq!(shape.containers[0].env_from[0].name, "stack.yaml");
        assert_eq!(api.settings[shape.replicas.expect("written") as usize].value.text, "20");
        assert_eq!(read_by_processes(resource(&settings, "stack.yaml")), ["env Environment DB_PORT = 5432"]);
    }

    #[test]
    fn tasks_and_services_belong_together() {
        let (_, settings) = side(&[("stack.yaml", STACK)]);
        assert_eq!(read_by_processes(resource(&settings, "TaskDefinition Task")), ["env app DB_POOL = 5"]);
        let Shape::Autoscaler(shape) = &resource(&settings, "Service Service").shape else { panic!("no number") };
        assert_eq!((shape.target_kind.as_str(), shape.target_name.as_str()), ("TaskDefinition", "Task"));
    }

    #[test]
    fn parameters_of_a_server_go_by_its_own_names() {
        let (_, settings) = side(&[("stack.yaml", STACK)]);
        let limits = resource(&settings, "DBParameterGroup Limits");
        assert_eq!(read_by_processes(limits), ["file parameters postgresql.parameters.max_connections = 200"]);
        assert!(paths(limits).contains(&"Properties.Parameters.max_connections".to_owned()));
    }
}
