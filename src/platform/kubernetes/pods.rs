//! The pods of a workload: how many, replaced how, with which containers, and where their configuration comes from.
//!
//! Works on any object that describes pods in Kubernetes' own words, so that Argo Rollouts and Knative Services are
//! workloads without being named.

use std::collections::BTreeMap;

use crate::document::Node;
use crate::setting::{ConfigRef, ContainerShape, EnvRef, KeyPath, Rollout, Segment, WorkloadShape};
use crate::source::{Location, SourceId};

use super::super::flatten::Flat;
use super::super::list;
use super::{labels, text};

/// Where the pods of a workload are described.
#[derive(Clone, Copy)]
pub(super) struct PodTemplate<'a> {
    /// Keys that lead to the pod's `spec`.
    spec: &'static [&'static str],
    /// Keys that lead to the pod's `metadata`.
    metadata: &'static [&'static str],
    /// The pod's `spec`, if written.
    node: Option<&'a Node>,
}

/// The pods that `node`, an object of `kind`, describes; none if it describes none.
pub(super) fn pod_template<'a>(node: &'a Node, kind: &str) -> Option<PodTemplate<'a>> {
    const CRON: PodTemplate<'static> = PodTemplate {
        spec: &["spec", "jobTemplate", "spec", "template", "spec"],
        metadata: &["spec", "jobTemplate", "spec", "template", "metadata"],
        node: None,
    };
    const SCALED: PodTemplate<'static> = PodTemplate {
        spec: &["spec", "jobTargetRef", "template", "spec"],
        metadata: &["spec", "jobTargetRef", "template", "metadata"],
        node: None,
    };
    const TEMPLATE: PodTemplate<'static> =
        PodTemplate { spec: &["spec", "template", "spec"], metadata: &["spec", "template", "metadata"], node: None };
    const POD: PodTemplate<'static> = PodTemplate { spec: &["spec"], metadata: &["metadata"], node: None };
    let (place, known) = match kind {
        "Pod" => (POD, true),
        "CronJob" => (CRON, true),
        "ScaledJob" => (SCALED, true),
        "Deployment"
        | "StatefulSet"
        | "DaemonSet"
        | "ReplicaSet"
        | "ReplicationController"
        | "Job"
        | "DeploymentConfig"
        | "Rollout" => (TEMPLATE, true),
        _ => (TEMPLATE, false),
    };
    let spec = node.path(place.spec);
    // A patch of a known kind may not name a container; any other kind runs pods if it lists containers.
    let runs = known || spec.and_then(|spec| spec.get("containers")).is_some_and(|list| !list.items().is_empty());
    runs.then_some(PodTemplate { node: spec, ..place })
}

/// An object of `kind` as a workload.
pub(super) fn workload(source: SourceId, node: &Node, kind: &str, pods: PodTemplate<'_>, flat: &Flat) -> WorkloadShape {
    let root = KeyPath::default();
    let spec = pods.spec.iter().fold(root.clone(), |path, key| path.child(Segment::Key(key)));
    let job_spec: &[&str] = match kind {
        "CronJob" => &["spec", "jobTemplate", "spec", "parallelism"],
        // So many jobs may run at a time.
        "ScaledJob" => &["spec", "maxReplicaCount"],
        _ => &["spec", "parallelism"],
    };
    let job = matches!(kind, "Job" | "CronJob" | "ScaledJob");
    WorkloadShape {
        replicas: flat.at(&root, &["spec", "replicas"]).or_else(|| greatest_scale(flat)),
        rollout: rollout(node, kind, flat),
        labels: labels(node.path(pods.metadata).and_then(|metadata| metadata.get("labels"))),
        host_names: Vec::new(),
        grace_seconds: flat.at(&spec, &["terminationGracePeriodSeconds"]),
        containers: pods
            .node
            .map(|pod| containers(source_along(source, node, pods.spec), pod, &spec, flat))
            .unwrap_or_default(),
        job,
        parallelism: flat.at(&root, job_spec).filter(|_| job),
    }
}

/// The bound on the copies of a Knative revision; 0 says that there is none.
/// <https://knative.dev/docs/serving/autoscaling/scale-bounds/>
fn greatest_scale(flat: &Flat) -> Option<u32> {
    let at = |key| flat.at(&KeyPath::default(), &["spec", "template", "metadata", "annotations", key]);
    let found = at("autoscaling.knative.dev/max-scale").or_else(|| at("autoscaling.knative.dev/maxScale"))?;
    flat.settings.get(found as usize).filter(|setting| setting.value.text.trim() != "0").map(|_| found)
}

/// The file of the node that `keys` lead to.
fn source_along(source: SourceId, node: &Node, keys: &[&str]) -> SourceId {
    let mut here = (source, Some(node));
    for key in keys {
        let next = here.1.and_then(|node| node.get(key));
        here = (source_of(next, here.0), next);
    }
    here.0
}

fn rollout(node: &Node, kind: &str, flat: &Flat) -> Rollout {
    let root = KeyPath::default();
    let at = |keys: &[&str]| flat.at(&root, keys);
    match kind {
        "Deployment" | "DeploymentConfig" | "Rollout" => {
            let replaced = text(node, &["spec", "strategy", "type"]).is_some_and(|t| t == "Recreate");
            if replaced {
                return Rollout::InPlace;
            }
            if kind == "Rollout" && keeps_old_in_full(node) {
                return Rollout::Doubled;
            }
            let surge = at(&["spec", "strategy", "rollingUpdate", "maxSurge"])
                .or_else(|| at(&["spec", "strategy", "rollingParams", "maxSurge"]))
                .or_else(|| at(&["spec", "strategy", "canary", "maxSurge"]));
            Rollout::Rolling { max_surge: surge }
        }
        // A DaemonSet starts new pods beside old ones only where it says so.
        "DaemonSet" => match at(&["spec", "updateStrategy", "rollingUpdate", "maxSurge"]) {
            Some(surge) => Rollout::Rolling { max_surge: Some(surge) },
            None => Rollout::InPlace,
        },
        // A Knative revision comes up in full before the one before it is let go.
        "Service" | "Configuration" => Rollout::Elastic,
        "ScaledJob" => Rollout::Elastic,
        _ => Rollout::InPlace,
    }
}

/// Whether Argo Rollouts keeps all old pods until the new ones are as many.
/// <https://argo-rollouts.readthedocs.io/en/stable/features/specification/>
fn keeps_old_in_full(node: &Node) -> bool {
    let shrinks = text(node, &["spec", "strategy", "canary", "dynamicStableScale"]) == Some("true");
    let routed = node.path(&["spec", "strategy", "canary", "trafficRouting"]).is_some() && !shrinks;
    node.path(&["spec", "strategy", "blueGreen"]).is_some() || routed
}

fn containers(source: SourceId, pod: &Node, spec: &KeyPath, flat: &Flat) -> Vec<ContainerShape> {
    let volumes = volumes(pod);
    let mut containers = Vec::new();
    let mut mounting: Vec<Vec<&str>> = Vec::new();
    for key in ["initContainers", "containers"] {
        let Some(list) = pod.get(key) else { continue };
        let source = source_of(Some(list), source);
        let base = spec.child(Segment::Key(key));
        for (node, step) in list.items().iter().zip(list::steps(key, list.items())) {
            let path = base.child(step.segment());
            // A sidecar is an init container that keeps running.
            let sidecar = text(node, &["restartPolicy"]).is_some_and(|policy| policy == "Always");
            containers.push(container(
                source_of(Some(node), source),
                node,
                &path,
                key == "initContainers" && !sidecar,
                flat,
            ));
            let mounts = node.get("volumeMounts").map(Node::items).unwrap_or_default();
            mounting.push(mounts.iter().filter_map(|mount| text(mount, &["name"])).collect());
        }
    }
    for (volume, config) in volumes {
        // A volume that nobody mounts here is mounted by a part of the manifest that is not here.
        let is_mounted = mounting.iter().any(|names| names.contains(&volume));
        for (container, names) in containers.iter_mut().zip(&mounting) {
            if !is_mounted || names.contains(&volume) {
                container.mounts.push(config.clone());
            }
        }
    }
    containers
}

/// The file that a node stands in, below one of `source`.
fn source_of(node: Option<&Node>, source: SourceId) -> SourceId {
    node.and_then(|node| node.source).unwrap_or(source)
}

pub(super) fn container(source: SourceId, node: &Node, path: &KeyPath, init: bool, flat: &Flat) -> ContainerShape {
    let mut command = Vec::new();
    for key in ["command", "args"] {
        let base = path.child(Segment::Key(key));
        let steps = list::steps(key, node.get(key).map(Node::items).unwrap_or_default());
        command.extend(steps.iter().filter_map(|step| flat.find(&base.child(step.segment()))));
    }
    let from = node.get("envFrom").map(Node::items).unwrap_or_default();
    ContainerShape {
        name: text(node, &["name"]).unwrap_or_default().to_owned(),
        image: flat.at(path, &["image"]),
        command,
        env_unit: flat.env_unit(&path.child(Segment::Key("env"))),
        env_refs: env_refs(source, node),
        env_from: from.iter().filter_map(env_from).collect(),
        mounts: Vec::new(),
        init,
    }
}

/// Variables that come from one key of another object; of two variables of one name the last counts.
fn env_refs(source: SourceId, container: &Node) -> Vec<EnvRef> {
    let list = container.get("env");
    let source = source_of(list, source);
    let variables = list.map(Node::items).unwrap_or_default();
    let named = variables.iter().filter_map(|variable| Some((text(variable, &["name"])?, variable)));
    let last: BTreeMap<&str, &Node> = named.collect();
    let reference = |(name, variable): (&str, &Node)| {
        let from = variable.get("valueFrom")?;
        env_ref(source_of(Some(from), source_of(Some(variable), source)), name, from)
    };
    last.into_iter().filter_map(reference).collect()
}

fn env_ref(source: SourceId, name: &str, from: &Node) -> Option<EnvRef> {
    let (kind, reference) = config_of(from, "configMapKeyRef", "secretKeyRef")?;
    let object = text(reference, &["name"])?.to_owned();
    Some(EnvRef {
        name: name.to_owned(),
        from: ConfigRef { kind: kind.to_owned(), name: object, prefix: String::new() },
        key: text(reference, &["key"])?.to_owned(),
        at: Location { source: source_of(Some(reference), source), span: reference.span },
    })
}

/// The ConfigMap or Secret under one of two keys, with its kind.
fn config_of<'a>(node: &'a Node, config_map: &str, secret: &str) -> Option<(&'static str, &'a Node)> {
    let map = node.get(config_map).map(|reference| ("ConfigMap", reference));
    map.or_else(|| node.get(secret).map(|reference| ("Secret", reference)))
}

fn env_from(item: &Node) -> Option<ConfigRef> {
    let (kind, reference) = config_of(item, "configMapRef", "secretRef")?;
    Some(ConfigRef {
        kind: kind.to_owned(),
        name: text(reference, &["name"])?.to_owned(),
        prefix: text(item, &["prefix"]).unwrap_or_default().to_owned(),
    })
}

/// The ConfigMaps and Secrets behind a pod's volumes, with the volume's name.
fn volumes(pod: &Node) -> Vec<(&str, ConfigRef)> {
    let mut found = Vec::new();
    for volume in pod.get("volumes").map(Node::items).unwrap_or_default() {
        let Some(name) = text(volume, &["name"]) else { continue };
        let projected = volume.path(&["projected", "sources"]).map(Node::items).unwrap_or_default();
        for source in std::iter::once(volume).chain(projected) {
            let Some((kind, reference)) = config_of(source, "configMap", "secret") else { continue };
            let object = text(reference, &["name"]).or_else(|| text(reference, &["secretName"]));
            let Some(object) = object else { continue };
            found.push((name, ConfigRef { kind: kind.to_owned(), name: object.to_owned(), prefix: String::new() }));
        }
    }
    found
}
