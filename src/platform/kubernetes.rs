//! Kubernetes objects: who runs what, how often, and with which configuration.
//!
//! In: a document with `apiVersion` and `kind`, or a `List` of them. Out: one resource an object. Objects without a
//! role of their own are flattened; custom ones are read as configuration, because operators carry pools and limits.

mod pods;

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
    let object = Object::new(root, node);
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
    Service,
    /// Known to Kubernetes, of no interest here.
    Builtin,
    Custom,
}

impl<'a> Object<'a> {
    fn new(root: &'a Root<'a>, node: &'a Node) -> Object<'a> {
        let own = |keys: &[&str]| text(node, keys).unwrap_or_default().to_owned();
        let name = text(node, &["metadata", "name"]).or_else(|| text(node, &["metadata", "generateName"]));
        let id = ResourceId {
            kind: own(&["kind"]),
            namespace: own(&["metadata", "namespace"]),
            // An object without a name (a template) is known by its file.
            name: name.unwrap_or(root.path).to_owned(),
            layer: String::new(),
        };
        Object { node, role: role(node, &id.kind), id, source: root.source }
    }

    /// Adds the settings; returns the unit of the plain keys of a ConfigMap or Secret.
    fn flatten(&self, flat: &mut Flatten) -> Option<u32> {
        let here = Here::default();
        let structure = Scope { env: EnvBlocks::Containers, ..Scope::STRUCTURE };
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
            let is_identity = matches!(entry.key.text.as_str(), "apiVersion" | "kind" | "metadata" | "status");
            match (env_unit, custom) {
                (Some(unit), _) if matches!(entry.key.text.as_str(), "data" | "stringData") => {
                    self.config_data(entry, &below, unit, flat);
                }
                (_, Some(scope)) if !is_identity => flat.walk(&entry.value, &below, scope),
                _ => flat.walk(&entry.value, &below, structure),
            }
        }
        env_unit
    }

    /// The keys of a ConfigMap or Secret: variables to whom they are, files to whom they are mounted.
    fn config_data(&self, data: &Entry, here: &Here<'_>, unit: u32, flat: &mut Flatten) {
        let encoded = self.id.kind == "Secret" && data.key.text == "data";
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
            Role::Config => Shape::Config(ConfigShape { env_unit, file_units: flat.file_units.clone() }),
            Role::Autoscaler => Shape::Autoscaler(AutoscalerShape {
                min: flat.at(&root, &["spec", "minReplicas"]),
                max: flat.at(&root, &["spec", "maxReplicas"]),
                ..self.target("")
            }),
            // KEDA's documented default: https://keda.sh/docs/latest/reference/scaledobject-spec/
            Role::Scaled => Shape::Autoscaler(AutoscalerShape {
                min: flat.at(&root, &["spec", "minReplicaCount"]),
                max: flat.at(&root, &["spec", "maxReplicaCount"]),
                default_max: Some(100),
                ..self.target("Deployment")
            }),
            Role::Service => Shape::Service(ServiceShape {
                selector: labels(self.node.path(&["spec", "selector"])),
                external_name: text(self.node, &["spec", "externalName"]).map(str::to_owned),
            }),
            Role::Builtin | Role::Custom => Shape::Plain,
        }
    }

    fn target(&self, default_kind: &str) -> AutoscalerShape {
        let own = |key| text(self.node, &["spec", "scaleTargetRef", key]);
        AutoscalerShape {
            target_kind: own("kind").unwrap_or(default_kind).to_owned(),
            target_name: own("name").unwrap_or_default().to_owned(),
            ..AutoscalerShape::default()
        }
    }

    /// By namespace, else by a label that names it.
    fn environment(&self) -> Environment {
        let label = ["environment", "env", "app.kubernetes.io/environment"]
            .iter()
            .find_map(|key| text(self.node, &["metadata", "labels", key]));
        Environment::guess(&self.id.namespace).or_else(|| label.and_then(Environment::guess)).unwrap_or_default()
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
        _ => {}
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
        .filter_map(|entry| Some((entry.key.text.clone(), entry.value.as_text()?.to_owned())))
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
    printable.then_some(Scalar { text, kind: ScalarKind::Str, quoted: true, span: scalar.span, map: OffsetMap::None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::tests::{paths, read_by_processes, resource, side};
    use crate::setting::{ConfigRef, Rollout, WorkloadShape};

    const API: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  replicas: 4
  strategy:
    rollingUpdate: {maxSurge: 1}
  template:
    metadata:
      labels: {app: api, tier: web}
    spec:
      terminationGracePeriodSeconds: 20
      initContainers:
        - {name: migrate, image: 'shop/migrate:1'}
      containers:
        - name: web
          image: shop/api:2
          args: [--workers, '4']
          env:
            - {name: DB_HOST, value: old}
            - {name: DB_HOST, value: db}
            - name: DB_PASSWORD
              valueFrom: {secretKeyRef: {name: db, key: password}}
          envFrom:
            - configMapRef: {name: common}
            - {prefix: X_, secretRef: {name: extra}}
          volumeMounts: [{name: conf, mountPath: /etc/app}]
      volumes:
        - name: conf
          projected: {sources: [{configMap: {name: app}}, {secret: {name: tls}}]}
        - name: other
          configMap: {name: shared}
";

    fn workload<'a>(settings: &'a crate::setting::Settings, id: &str) -> (&'a Resource, &'a WorkloadShape) {
        let resource = resource(settings, id);
        match &resource.shape {
            Shape::Workload(shape) => (resource, shape),
            other => panic!("no workload: {other:?}"),
        }
    }

    fn config(resource: &Resource) -> &ConfigShape {
        match &resource.shape {
            Shape::Config(shape) => shape,
            other => panic!("no configuration: {other:?}"),
        }
    }

    #[test]
    fn a_deployment_tells_its_numbers() {
        let (_, settings) = side(&[("a.yaml", API)]);
        let (api, shape) = workload(&settings, "Deployment shop/api");
        let text = |at: Option<u32>| api.settings[at.expect("written") as usize].value.text.clone();
        assert_eq!((text(shape.replicas), text(shape.grace_seconds)), ("4".into(), "20".into()));
        assert!(matches!(&shape.rollout, Rollout::Rolling { max_surge } if text(*max_surge) == "1"));
        assert_eq!(shape.labels, [("app".into(), "api".into()), ("tier".into(), "web".into())]);
        let names: Vec<(&str, bool)> = shape.containers.iter().map(|c| (c.name.as_str(), c.init)).collect();
        assert_eq!(names, [("migrate", true), ("web", false)]);
        let web = &shape.containers[1];
        assert_eq!(text(web.image), "shop/api:2");
        assert_eq!(web.command.iter().map(|&at| text(Some(at))).collect::<Vec<_>>(), ["--workers", "4"]);
    }

    #[test]
    fn variables_go_by_name_and_the_last_of_two_counts() {
        let (sources, settings) = side(&[("a.yaml", API)]);
        let (api, shape) = workload(&settings, "Deployment shop/api");
        assert_eq!(read_by_processes(api), ["env web DB_HOST = db"]);
        let host = api.settings.iter().find(|s| s.unit.is_some()).expect("it is set");
        assert_eq!(host.path.to_string(), "spec.template.spec.containers[web].env[DB_HOST].value");
        assert_eq!(host.unit, shape.containers[1].env_unit);
        assert_eq!(sources.text(host.at), "db");
    }

    #[test]
    fn references_name_their_objects() {
        let (_, settings) = side(&[("a.yaml", API)]);
        let web = &workload(&settings, "Deployment shop/api").1.containers[1];
        let reference = &web.env_refs[0];
        assert_eq!((reference.name.as_str(), reference.key.as_str()), ("DB_PASSWORD", "password"));
        let shown =
            |refs: &[ConfigRef]| refs.iter().map(|r| format!("{}/{}{}", r.kind, r.prefix, r.name)).collect::<Vec<_>>();
        assert_eq!(shown(&web.env_from), ["ConfigMap/common", "Secret/X_extra"]);
        assert_eq!(shown(&web.mounts), ["ConfigMap/app", "Secret/tls", "ConfigMap/shared"]);
        assert_eq!(shown(&workload(&settings, "Deployment shop/api").1.containers[0].mounts), ["ConfigMap/shared"]);
    }

    #[test]
    fn a_config_map_holds_variables_and_files() {
        let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata:\n  POOL: '5'\n  \
                    application.properties: |\n    spring.datasource.url=x\n    pool=7\n";
        let (sources, settings) = side(&[("a.yaml", text)]);
        let app = resource(&settings, "ConfigMap app");
        let expected = [
            "file application.properties pool = 7",
            "file application.properties spring.datasource.url = x",
            "env app POOL = 5",
        ];
        assert_eq!(read_by_processes(app), expected);
        let shape = config(app);
        assert_eq!(
            shape.file_units.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["application.properties"]
        );
        assert!(shape.env_unit.is_some());
        let url = app.settings.iter().find(|s| s.logical == "spring.datasource.url").expect("it is set");
        assert_eq!(url.path.to_string(), "data.application.properties!spring.datasource.url");
        assert_eq!(sources.text(url.at), "x");
    }

    #[test]
    fn a_secret_is_read_behind_its_encoding() {
        let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\ndata: {HOST: ZGI=, BIN: //79, PORT: NQ==}\n\
                    stringData: {PORT: '6'}\n";
        let (sources, settings) = side(&[("a.yaml", text)]);
        let secret = resource(&settings, "Secret db");
        let expected = ["env db BIN = //79", "env db HOST = db", "env db PORT = 6"];
        assert_eq!(read_by_processes(secret), expected);
        let host = secret.settings.iter().find(|s| s.logical == "HOST").expect("it is set");
        assert_eq!(sources.text(host.at), "ZGI=");
    }

    #[test]
    fn autoscalers_point_at_their_workload() {
        let text = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\n\
                    spec: {scaleTargetRef: {kind: Deployment, name: api}, minReplicas: 2, maxReplicas: 9}\n---\n\
                    apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: b}\n\
                    spec: {scaleTargetRef: {name: worker}}\n";
        let (_, settings) = side(&[("a.yaml", text)]);
        let shape = |id| match &resource(&settings, id).shape {
            Shape::Autoscaler(shape) => shape,
            other => panic!("no autoscaler: {other:?}"),
        };
        let hpa = shape("HorizontalPodAutoscaler a");
        assert_eq!((hpa.target_kind.as_str(), hpa.target_name.as_str(), hpa.default_max), ("Deployment", "api", None));
        let max = hpa.max.expect("written") as usize;
        assert_eq!(resource(&settings, "HorizontalPodAutoscaler a").settings[max].value.text, "9");
        let keda = shape("ScaledObject b");
        assert_eq!((keda.target_kind.as_str(), keda.target_name.as_str()), ("Deployment", "worker"));
        assert_eq!((keda.max, keda.default_max), (None, Some(100)));
    }

    #[test]
    fn the_way_of_replacing_pods_is_known() {
        let rollout = |kind: &str, spec: &str| {
            let text = format!("apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: a}}\nspec: {spec}\n");
            let (_, settings) = side(&[("a.yaml", &text)]);
            workload(&settings, &format!("{kind} a")).1.rollout.clone()
        };
        assert_eq!(rollout("Deployment", "{replicas: 1}"), Rollout::Rolling { max_surge: None });
        assert_eq!(rollout("Deployment", "{strategy: {type: Recreate}}"), Rollout::InPlace);
        assert_eq!(rollout("StatefulSet", "{replicas: 1}"), Rollout::InPlace);
        assert_eq!(rollout("DaemonSet", "{template: {}}"), Rollout::InPlace);
    }

    #[test]
    fn jobs_run_in_parallel() {
        let text = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec:\n  jobTemplate:\n    spec:\n      \
                    parallelism: 3\n      template: {spec: {containers: [{name: c, env: [{name: A, value: b}]}]}}\n";
        let (_, settings) = side(&[("a.yaml", text)]);
        let (job, shape) = workload(&settings, "CronJob a");
        assert!(shape.job);
        assert_eq!(job.settings[shape.parallelism.expect("written") as usize].value.text, "3");
        assert_eq!(read_by_processes(job), ["env c A = b"]);
    }

    #[test]
    fn items_of_a_list_are_objects_of_their_own() {
        let text = "apiVersion: v1\nkind: List\nitems:\n  - {apiVersion: v1, kind: Service, metadata: {name: db}, \
                    spec: {selector: {app: db}, externalName: db.example.internal}}\n";
        let (_, settings) = side(&[("a.yaml", text)]);
        let service = resource(&settings, "Service db");
        let Shape::Service(shape) = &service.shape else { panic!("no service") };
        assert_eq!(shape.selector, [("app".to_owned(), "db".to_owned())]);
        assert_eq!(shape.external_name.as_deref(), Some("db.example.internal"));
        assert!(paths(service).contains(&"spec.selector.app".to_owned()));
    }

    #[test]
    fn custom_objects_are_read_as_configuration() {
        let text = "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: pg}\n\
                    spec: {postgresql: {parameters: {max_connections: '200'}}}\n";
        let (_, settings) = side(&[("a.yaml", text)]);
        let expected = ["file Cluster spec.postgresql.parameters.max_connections = 200"];
        assert_eq!(read_by_processes(resource(&settings, "Cluster pg")), expected);
    }

    #[test]
    fn whatever_runs_containers_is_a_workload() {
        let text = "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: fn}\n\
                    spec: {template: {spec: {containers: [{image: a, env: [{name: A, value: b}]}]}}}\n";
        let (_, settings) = side(&[("a.yaml", text)]);
        let (function, shape) = workload(&settings, "Service fn");
        assert_eq!(shape.rollout, Rollout::Rolling { max_surge: None });
        assert_eq!(read_by_processes(function).len(), 1);
        assert!(shape.containers[0].env_unit.is_some());
    }
}
