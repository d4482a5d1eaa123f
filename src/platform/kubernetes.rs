//! Kubernetes objects: who runs what, how often, and with which configuration.
//!
//! In: a document with `apiVersion` and `kind`, or a `List` of them. Out: one resource an object. Objects without a
//! role of their own are flattened; custom ones are read as configuration, because operators carry pools and limits.

mod operators;
mod pods;
mod templates;
mod workflows;

use base64::Engine as _;

use crate::document::{Entry, Node, OffsetMap, Scalar, ScalarKind};
use crate::setting::{
    AutoscalerShape, ConfigShape, Environment, KeyPath, Resource, ResourceId, ServiceShape, Shape, Standing, UnitKind,
};
use crate::source::SourceId;

use super::flatten::{EnvBlocks, Flat, Flatten, Here, Scope, last_of_each};
use super::{Platform, Reading, Root};
use pods::{PodTemplate, pod_template, workload};

pub(super) static PLATFORM: Platform = Platform {
    name: "kubernetes",
    recognises: "objects with apiVersion and kind: workloads, autoscalers, ConfigMaps, Secrets, Services, custom ones",
    claims: |root| is_object(root.node),
    read,
};

fn is_object(node: &Node) -> bool {
    text(node, &["apiVersion"]).is_some() && text(node, &["kind"]).is_some()
}

fn text<'a>(node: &'a Node, keys: &[&str]) -> Option<&'a str> {
    node.path(keys).and_then(Node::as_text)
}

fn read(root: &Root<'_>) -> Reading {
    let mut reading = Reading::default();
    read_object(root, root.node, 0, &mut reading);
    reading
}

fn read_object(root: &Root<'_>, node: &Node, depth: usize, out: &mut Reading) {
    let is_list = text(node, &["kind"]).is_some_and(|kind| kind.ends_with("List"));
    let items = node.get("items").map(Node::items).unwrap_or_default();
    if is_list && depth < 8 && !items.is_empty() && items.iter().all(is_object) {
        return items.iter().for_each(|item| read_object(root, item, depth + 1, out));
    }
    let objects = templates::objects(node).filter(|_| depth < 8).unwrap_or_default();
    objects.iter().for_each(|object| read_object(root, object, depth + 1, out));
    let object = Object::new(root, node, !objects.is_empty());
    let mut flat = Flatten::of(root);
    let env_unit = object.flatten(&mut flat);
    let flat = flat.finish();
    let shape = object.shape(&flat, env_unit);
    out.problems.extend(flat.problems);
    out.resources.push(Resource {
        environment: object.environment(),
        id: object.id,
        source: root.source,
        path: root.path.to_owned(),
        settings: flat.settings,
        units: flat.units,
        shape,
        standing: Standing::Written,
    });
}

/// One object with what is asked of it again and again.
struct Object<'a> {
    node: &'a Node,
    id: ResourceId,
    role: Role<'a>,
    source: SourceId,
}

/// What an object is to the connection budget.
enum Role<'a> {
    Workload(PodTemplate<'a>),
    Config,
    Autoscaler,
    Scaled,
    /// An Argo Rollout that runs the pods of another object.
    Borrower,
    /// An Argo workflow; the keys lead to its templates.
    Workflow(&'static [&'static str]),
    Service,
    /// An OpenShift template, whose objects are read by themselves.
    Template,
    /// Encrypted for the cluster: nothing in it is a value.
    Sealed,
    /// Known to Kubernetes, of no interest here.
    Builtin,
    Custom,
}

impl<'a> Object<'a> {
    fn new(root: &Root<'_>, node: &'a Node, is_template: bool) -> Object<'a> {
        let own = |keys: &[&str]| text(node, keys).unwrap_or_default().to_owned();
        let name = text(node, &["metadata", "name"]).or_else(|| text(node, &["metadata", "generateName"]));
        let id = ResourceId {
            kind: own(&["kind"]),
            namespace: own(&["metadata", "namespace"]),
            // An object without a name (a template) is known by its file.
            name: name.unwrap_or(root.path).to_owned(),
            layer: String::new(),
        };
        let role = if is_template { Role::Template } else { role(node, &id.kind) };
        Object { node, role, id, source: root.source }
    }

    /// Adds the settings; returns the unit of the plain keys of a ConfigMap or Secret.
    fn flatten(&self, flat: &mut Flatten) -> Option<u32> {
        let here = Here::default();
        let env =
            if matches!(self.role, Role::Workflow(_)) { EnvBlocks::Under(&["env"]) } else { EnvBlocks::Containers };
        let structure = Scope { env, ..Scope::STRUCTURE };
        if matches!(self.role, Role::Template) {
            templates::flatten(self.node, flat);
            return None;
        }
        let env_unit = match self.role {
            Role::Config => Some(flat.unit(UnitKind::Env, &self.id.name)),
            _ => None,
        };
        let custom = match self.role {
            Role::Custom => Some(Scope::file(flat.unit(UnitKind::File, &self.id.kind))),
            _ => None,
        };
        for entry in last_of_each(self.node.entries()) {
            let below = here.entry(entry);
            let is_identity = matches!(entry.key.text.as_str(), "apiVersion" | "kind" | "metadata" | "status" | "sops");
            match (env_unit, custom) {
                (Some(unit), _) if matches!(entry.key.text.as_str(), "data" | "stringData" | "binaryData") => {
                    self.config_data(entry, &below, unit, flat);
                }
                (_, Some(scope)) if !is_identity => operators::flatten(&self.id.kind, entry, &here, scope, flat),
                _ => flat.walk(&entry.value, &below, structure),
            }
        }
        env_unit
    }

    /// The keys of a ConfigMap or Secret: variables to whom they are, files to whom they are mounted.
    fn config_data(&self, data: &Entry, here: &Here<'_>, unit: u32, flat: &mut Flatten) {
        let encoded = data.key.text == "binaryData" || (self.id.kind == "Secret" && data.key.text == "data");
        if data.value.entries().is_empty() {
            return flat.walk(&data.value, here, Scope::STRUCTURE);
        }
        for entry in last_of_each(data.value.entries()) {
            let key = &entry.key.text;
            // The API server lets `stringData` win over `data`.
            let hidden = encoded && self.node.path(&["stringData", key]).is_some();
            let scope = Scope { unit: (!hidden).then_some(unit), files: 2, any_file: true, ..Scope::STRUCTURE };
            let below = here.entry(entry).called(key);
            match entry.value.as_scalar().filter(|_| encoded).and_then(decoded) {
                Some(plain) => flat.walk(&Node::scalar(plain), &below, scope),
                None => flat.walk(&entry.value, &below, scope),
            }
        }
    }

    fn shape(&self, flat: &Flat, env_unit: Option<u32>) -> Shape {
        let root = KeyPath::default();
        match &self.role {
            Role::Workload(pods) => {
                Shape::Workload(Box::new(workload(self.source, self.node, &self.id.kind, *pods, flat)))
            }
            Role::Workflow(keys) => Shape::Workload(Box::new(workflows::workload(self.source, self.node, keys, flat))),
            Role::Borrower => match flat.at(&root, &["spec", "replicas"]) {
                Some(count) => Shape::Autoscaler(AutoscalerShape {
                    min: Some(count),
                    max: Some(count),
                    ..self.target("workloadRef", "Deployment")
                }),
                None => Shape::Plain,
            },
            Role::Config => Shape::Config(ConfigShape { env_unit, file_units: flat.file_units.clone() }),
            Role::Autoscaler => Shape::Autoscaler(AutoscalerShape {
                min: flat.at(&root, &["spec", "minReplicas"]),
                max: flat.at(&root, &["spec", "maxReplicas"]),
                ..self.target("scaleTargetRef", "")
            }),
            // KEDA's documented default: https://keda.sh/docs/latest/reference/scaledobject-spec/
            Role::Scaled => Shape::Autoscaler(AutoscalerShape {
                min: flat.at(&root, &["spec", "minReplicaCount"]),
                max: flat.at(&root, &["spec", "maxReplicaCount"]),
                default_max: Some(100),
                ..self.target("scaleTargetRef", "Deployment")
            }),
            Role::Service => Shape::Service(ServiceShape {
                selector: labels(self.node.path(&["spec", "selector"])),
                external_name: text(self.node, &["spec", "externalName"]).map(str::to_owned),
            }),
            Role::Template | Role::Sealed | Role::Builtin | Role::Custom => Shape::Plain,
        }
    }

    /// What an object scales: the reference under `key` of its `spec`.
    fn target(&self, key: &str, default_kind: &str) -> AutoscalerShape {
        let own = |name| text(self.node, &["spec", key, name]);
        AutoscalerShape {
            target_kind: own("kind").unwrap_or(default_kind).to_owned(),
            target_name: own("name").unwrap_or_default().to_owned(),
            ..AutoscalerShape::default()
        }
    }

    /// By namespace, else by a label that names it.
    fn environment(&self) -> Environment {
        let label = |key: &&str| text(self.node, &["metadata", "labels", key]).and_then(Environment::guess);
        let told = ["environment", "env", "app.kubernetes.io/environment", "stage"].iter().find_map(label);
        Environment::guess(&self.id.namespace).or(told).unwrap_or_default()
    }
}

fn role<'a>(node: &'a Node, kind: &str) -> Role<'a> {
    let api = text(node, &["apiVersion"]).unwrap_or_default();
    let group = api.split_once('/').map_or("", |(group, _)| group);
    match (group, kind) {
        ("", "ConfigMap" | "Secret") => return Role::Config,
        ("", "Service") => return Role::Service,
        ("autoscaling", "HorizontalPodAutoscaler") => return Role::Autoscaler,
        ("keda.sh", "ScaledObject") => return Role::Scaled,
        ("bitnami.com", "SealedSecret") => return Role::Sealed,
        ("argoproj.io", "Rollout") if node.path(&["spec", "workloadRef", "name"]).is_some() => return Role::Borrower,
        _ => {}
    }
    if let Some(keys) = workflows::templates(kind).filter(|_| group == "argoproj.io") {
        return Role::Workflow(keys);
    }
    if let Some(pods) = pod_template(node, kind) {
        return Role::Workload(pods);
    }
    let builtin = !group.contains('.') || group.ends_with(".k8s.io");
    if builtin { Role::Builtin } else { Role::Custom }
}

/// String labels, sorted.
fn labels(node: Option<&Node>) -> Vec<(String, String)> {
    let entries = node.map(Node::entries).unwrap_or_default();
    let mut labels: Vec<(String, String)> = last_of_each(entries)
        .into_iter()
        .filter_map(|entry| Some((entry.key.text.to_string(), entry.value.as_text()?.to_owned())))
        .collect();
    labels.sort();
    labels
}

/// The text behind the base64 of a Secret, at the place of the encoded text.
fn decoded(scalar: &Scalar) -> Option<Scalar> {
    let packed: String = scalar.text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(packed).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let printable = text.chars().all(|c| !c.is_control() || c.is_whitespace());
    printable.then_some(Scalar {
        text: text.into(),
        kind: ScalarKind::Str,
        quoted: true,
        span: scalar.span,
        map: OffsetMap::None,
    })
}

#[cfg(test)]
mod tests;
