//! Amazon ECS as files of its own: task definitions, and services that run a number of them.
//!
//! In: JSON or YAML with `containerDefinitions`, a bare list of container definitions, or a service definition. Out: a
//! workload a task, and an autoscaler with one number for a service. Tasks inside a CloudFormation stack are read there.

use crate::document::Node;
use crate::setting::{AutoscalerShape, ContainerShape, KeyPath, ResourceId, Rollout, Segment, Shape, WorkloadShape};

use super::flatten::Flat;
use super::{Platform, Reading, Root};
use super::{list, pieces};

pub(super) static PLATFORM: Platform = Platform {
    name: "ecs",
    recognises: "ECS task definitions (containerDefinitions, or a bare list of them) and service definitions",
    claims: |root| is_task(body(root)) || is_service(body(root)) || is_container_list(root.node),
    read,
};

/// Keys of variables in container definitions, in both spellings.
pub(super) const ENV: &[&str] = &["environment", "Environment"];

fn text<'a>(node: &'a Node, keys: &[&str]) -> Option<&'a str> {
    node.path(keys).and_then(Node::as_text)
}

/// What `describe-task-definition` prints has one more level around it.
fn body<'a>(root: &Root<'a>) -> &'a Node {
    let wrapped = ["taskDefinition", "service"].iter().find_map(|key| root.node.get(key));
    wrapped.filter(|node| is_task(node) || is_service(node)).unwrap_or(root.node)
}

fn is_task(node: &Node) -> bool {
    node.get("containerDefinitions").is_some_and(|list| list.items().iter().any(|item| item.get("name").is_some()))
}

fn is_service(node: &Node) -> bool {
    text(node, &["taskDefinition"]).is_some()
        && ["desiredCount", "deploymentConfiguration", "launchType"].iter().any(|key| node.get(key).is_some())
}

fn is_container_list(node: &Node) -> bool {
    let own = ["essential", "portMappings", "logConfiguration", "environment", "secrets", "memoryReservation"];
    let is_definition = |item: &Node| {
        item.get("name").is_some() && item.get("image").is_some() && own.iter().any(|key| item.get(key).is_some())
    };
    !node.items().is_empty() && node.items().iter().all(is_definition)
}

fn read(root: &Root<'_>) -> Reading {
    let node = body(root);
    let mut reading = Reading::default();
    let flat = pieces::flatten(root, node, pieces::structure(ENV), "");
    let name = text(node, &["family"]).or_else(|| text(node, &["serviceName"])).unwrap_or(root.path);
    let (kind, shape) = if is_service(node) {
        ("service", service(node, &flat))
    } else {
        let keys: &[&str] = if is_task(node) { &["containerDefinitions"] } else { &[] };
        ("task", Shape::Workload(Box::new(task(node, keys, name, &flat))))
    };
    pieces::push(root, ResourceId::new(kind, "", name), None, flat, shape, &mut reading);
    if !std::ptr::eq(node, root.node) {
        pieces::push_rest(root, &[node], pieces::structure(ENV), None, &mut reading);
    }
    reading
}

/// A task with its containers in the list under `keys`. ECS starts as many new tasks as there are before it stops the old.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html>
pub(super) fn task(node: &Node, keys: &[&str], name: &str, flat: &Flat) -> WorkloadShape {
    let at = keys.iter().fold(KeyPath::default(), |path, key| path.child(Segment::Key(key)));
    let items = node.path(keys).map(Node::items).unwrap_or_default();
    let steps = list::steps(keys.last().unwrap_or(&""), items);
    let container = |(item, step): (&Node, list::Step)| -> ContainerShape {
        let own = text(item, &["name"]).or_else(|| text(item, &["Name"])).unwrap_or(name);
        let base = at.child(step.segment());
        let command: &[&[&str]] = &[&["entryPoint"], &["EntryPoint"], &["command"], &["Command"]];
        pieces::container(own, item, &base, &["image", "Image"], command, flat)
    };
    WorkloadShape {
        rollout: Rollout::Doubled,
        host_names: vec![name.to_owned()],
        containers: items.iter().zip(steps).map(container).collect(),
        ..WorkloadShape::default()
    }
}

/// `desiredCount` is the number of copies of the task that the service names.
fn service(node: &Node, flat: &Flat) -> Shape {
    let count = flat.at(&KeyPath::default(), &["desiredCount"]);
    let family = text(node, &["taskDefinition"]).map(family_of);
    match (count, family) {
        (Some(_), Some(family)) => Shape::Autoscaler(AutoscalerShape {
            target_kind: "task".to_owned(),
            target_name: family.to_owned(),
            min: count,
            max: count,
            default_max: None,
        }),
        _ => Shape::Plain,
    }
}

/// `orders` of `orders:12` and of an ARN that ends in `task-definition/orders:12`.
fn family_of(reference: &str) -> &str {
    let name = reference.rsplit('/').next().unwrap_or(reference);
    name.split(':').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use crate::platform::tests::{paths, read_by_processes, resource, side};
    use crate::setting::{Rollout, Shape};

    const TASK: &str = r#"{"family": "orders", "containerDefinitions": [
  {"name": "app", "image": "shop/orders:1", "command": ["run", "--pool=5"],
   "environment": [{"name": "DB_HOST", "value": "db"}],
   "secrets": [{"name": "DB_PASSWORD", "valueFrom": "arn:aws:ssm:eu-west-1:1:parameter/pw"}]},
  {"name": "proxy", "image": "envoy"}]}"#;

    #[test]
    fn a_task_runs_containers() {
        let (sources, settings) = side(&[("task.json", TASK)]);
        let task = resource(&settings, "task orders");
        let Shape::Workload(shape) = &task.shape else { panic!("no workload") };
        assert_eq!(shape.rollout, Rollout::Doubled);
        assert_eq!(shape.containers.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["app", "proxy"]);
        assert_eq!((shape.containers[0].env_unit, shape.containers[0].command.len()), (Some(0), 2));
        assert_eq!(read_by_processes(task), ["env app DB_HOST = db"]);
        assert!(paths(task).contains(&"containerDefinitions[app].secrets[DB_PASSWORD].valueFrom".to_owned()));
        let host = task.settings.iter().find(|s| s.logical == "DB_HOST").expect("it is set");
        assert_eq!(sources.text(host.at), "\"db\"");
    }

    #[test]
    fn a_service_tells_how_many_tasks() {
        let text = r#"{"serviceName": "orders", "taskDefinition": "arn:aws:ecs:eu:1:task-definition/orders:3", "desiredCount": 4}"#;
        let (_, settings) = side(&[("service.json", text)]);
        let service = resource(&settings, "service orders");
        let Shape::Autoscaler(shape) = &service.shape else { panic!("no number") };
        assert_eq!((shape.target_kind.as_str(), shape.target_name.as_str()), ("task", "orders"));
        assert_eq!(service.settings[shape.max.expect("written") as usize].value.text, "4");
    }

    #[test]
    fn a_bare_list_of_containers_is_a_task() {
        let text =
            r#"[{"name": "app", "image": "a", "essential": true, "environment": [{"name": "A", "value": "b"}]}]"#;
        let (_, settings) = side(&[("ecs/containers.json", text)]);
        assert_eq!(read_by_processes(resource(&settings, "task ecs/containers.json")), ["env app A = b"]);
    }
}
