//! What a block is to the connection budget: a workload of Kubernetes or Nomad.
//!
//! Functions and services of clouds tell it themselves; a service of ECS scales the task definition that it refers to.
//! Other scalers refer to each other by expressions, which nobody evaluates here.

use crate::document::{Entry, Node};
use crate::platform::flatten::Flat;
use crate::platform::{list, pieces};
use crate::setting::{AutoscalerShape, ContainerShape, KeyPath, Rollout, Segment, Shape, WorkloadShape};

/// The shape of a block of a module.
pub(super) fn shape(labels: &[&str], body: &Node, base: &KeyPath, flat: &Flat) -> Shape {
    let [of, _] = labels else { return Shape::Plain };
    if let Some(shape) = of_cloud(of, labels, body, base, flat) {
        return shape;
    }
    let kind = of.strip_suffix("_v1").unwrap_or(of);
    let Some(kind) = kind.strip_prefix("kubernetes_") else { return Shape::Plain };
    if !matches!(kind, "deployment" | "stateful_set" | "daemonset" | "daemon_set" | "job") {
        return Shape::Plain;
    }
    let Some(template) = body.path(&["spec", "template"]) else { return Shape::Plain };
    let at = below(base, &["spec", "template", "spec"]);
    let containers = |key: &'static str, init: bool| {
        let items = template.path(&["spec", key]).map(Node::items).unwrap_or_default();
        let at = at.child(Segment::Key(key));
        let steps = list::steps(key, items);
        items.iter().zip(steps).map(move |(item, step)| (item, at.child(step.segment()), init))
    };
    let all = containers("container", false).chain(containers("init_container", true));
    let in_place = body.path(&["spec", "strategy", "type"]).and_then(Node::as_text) == Some("Recreate");
    let surge = flat.at(base, &["spec", "strategy", "rolling_update", "max_surge"]);
    Shape::Workload(Box::new(WorkloadShape {
        replicas: flat.at(base, &["spec", "replicas"]),
        rollout: if kind == "deployment" && !in_place {
            Rollout::Rolling { max_surge: surge }
        } else {
            Rollout::InPlace
        },
        containers: all.map(|(item, at, init)| container(item, "env", &at, flat, init)).collect(),
        job: kind == "job",
        parallelism: flat.at(base, &["spec", "parallelism"]),
        grace_seconds: flat.at(&at, &["termination_grace_period_seconds"]),
        ..WorkloadShape::default()
    }))
}

/// Functions, services and tasks of clouds.
///
/// - <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lambda_function>
/// - <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/ecs_service>
/// - <https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/cloud_run_v2_service>
fn of_cloud(of: &str, labels: &[&str], body: &Node, base: &KeyPath, flat: &Flat) -> Option<Shape> {
    let name = labels.last().copied().unwrap_or_default();
    let workload = |replicas: Option<u32>, rollout: Rollout, containers: Vec<ContainerShape>| {
        let shape = WorkloadShape { replicas, rollout, containers, ..WorkloadShape::default() };
        Shape::Workload(Box::new(shape))
    };
    let whole = || vec![pieces::container(name, body, base, &[], &[], flat)];
    Some(match of {
        "aws_lambda_function" => {
            // -1 stands for no reservation.
            let reserved = flat.at(base, &["reserved_concurrent_executions"]);
            let set =
                reserved.filter(|at| flat.settings.get(*at as usize).is_some_and(|s| s.value.text.trim() != "-1"));
            workload(set, Rollout::Elastic, whole())
        }
        "google_cloud_run_v2_service" => {
            let most = flat.at(base, &["template", "scaling", "max_instance_count"]);
            workload(most, Rollout::Elastic, whole())
        }
        "aws_ecs_task_definition" => {
            let items = body.get("container_definitions").map(Node::items).unwrap_or_default();
            let at = base.child(Segment::Key("container_definitions"));
            let steps = list::steps("container_definitions", items);
            let container = |(item, step): (&Node, list::Step)| {
                let own = item.get("name").and_then(Node::as_text).unwrap_or(name);
                let command: &[&[&str]] = &[&["entryPoint"], &["command"]];
                pieces::container(own, item, &at.child(step.segment()), &["image"], command, flat)
            };
            let containers: Vec<ContainerShape> = items.iter().zip(steps).map(container).collect();
            if containers.is_empty() {
                return None;
            }
            workload(None, Rollout::Doubled, containers)
        }
        "aws_ecs_service" => {
            let count = flat.at(base, &["desired_count"])?;
            Shape::Autoscaler(AutoscalerShape {
                target_kind: "resource".to_owned(),
                target_name: task_of(body.get("task_definition").and_then(Node::as_text)?)?,
                min: Some(count),
                max: Some(count),
                default_max: None,
            })
        }
        _ => return None,
    })
}

/// The block of the task definition that a service runs: `${aws_ecs_task_definition.orders.arn}`.
fn task_of(reference: &str) -> Option<String> {
    let inner = reference.strip_prefix("${")?.strip_suffix('}')?;
    let mut steps = inner.split('.');
    let of = steps.next().filter(|of| *of == "aws_ecs_task_definition")?;
    let name = steps.next()?.split('[').next()?;
    Some(format!("{of}.{name}"))
}

fn container(item: &Node, env: &str, at: &KeyPath, flat: &Flat, init: bool) -> ContainerShape {
    let name = item.get("name").and_then(Node::as_text).unwrap_or_default().to_owned();
    let command = words("command", item, at, flat).into_iter().chain(words("args", item, at, flat)).collect();
    let env_unit = flat.env_unit(&at.child(Segment::Key(env)));
    ContainerShape { name, image: flat.at(at, &["image"]), command, env_unit, init, ..ContainerShape::default() }
}

/// The words of a command: one text or a list.
fn words(key: &str, node: &Node, base: &KeyPath, flat: &Flat) -> Vec<u32> {
    let base = base.child(Segment::Key(key));
    let items = node.get(key).map(Node::items).unwrap_or_default();
    let steps = list::steps(key, items);
    flat.find(&base).into_iter().chain(steps.iter().filter_map(|step| flat.find(&base.child(step.segment())))).collect()
}

/// A task group: its tasks run together, `count` times.
pub(super) fn nomad_group(group: &Node, base: &KeyPath, flat: &Flat) -> Shape {
    let tasks = group.get("task").map(Node::entries).unwrap_or_default();
    let task = |task: &Entry| {
        let at = below(base, &["task", &task.key.text]);
        let config = at.child(Segment::Key("config"));
        let node = task.value.get("config").unwrap_or(&task.value);
        let command = words("command", node, &config, flat).into_iter().chain(words("args", node, &config, flat));
        ContainerShape {
            name: task.key.text.to_string(),
            image: flat.at(&config, &["image"]),
            command: command.collect(),
            env_unit: flat.env_unit(&at.child(Segment::Key("env"))),
            ..ContainerShape::default()
        }
    };
    if tasks.is_empty() {
        return Shape::Plain;
    }
    // An update stops an allocation before it starts the next.
    Shape::Workload(Box::new(WorkloadShape {
        replicas: flat.at(base, &["count"]),
        rollout: Rollout::InPlace,
        containers: tasks.iter().map(task).collect(),
        ..WorkloadShape::default()
    }))
}

fn below(base: &KeyPath, keys: &[&str]) -> KeyPath {
    keys.iter().fold(base.clone(), |path, key| path.child(Segment::Key(key)))
}
