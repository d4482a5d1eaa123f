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
    assert_eq!(shape.file_units.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["application.properties"]);
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
    assert_eq!(shape.rollout, Rollout::Elastic);
    assert_eq!(read_by_processes(function).len(), 1);
    assert!(shape.containers[0].env_unit.is_some());
}

#[test]
fn a_revision_is_bounded_by_its_annotation() {
    let scale = |bound: &str| {
        let text = format!(
            "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {{name: fn}}\nspec:\n  template:\n    metadata: \
             {{annotations: {{autoscaling.knative.dev/max-scale: '{bound}'}}}}\n    spec: {{containers: [{{image: a}}]}}\n"
        );
        let (_, settings) = side(&[("a.yaml", &text)]);
        let (function, shape) = workload(&settings, "Service fn");
        shape.replicas.map(|at| function.settings[at as usize].value.text.clone())
    };
    assert_eq!(scale("12").as_deref(), Some("12"));
    assert_eq!(scale("0"), None);
}

#[test]
fn a_rollout_that_borrows_pods_tells_their_number() {
    let text = "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: r}\n\
                spec: {replicas: 6, workloadRef: {kind: Deployment, name: api}, strategy: {blueGreen: {}}}\n";
    let (_, settings) = side(&[("a.yaml", text)]);
    let Shape::Autoscaler(shape) = &resource(&settings, "Rollout r").shape else { panic!("no number") };
    assert_eq!((shape.target_kind.as_str(), shape.target_name.as_str()), ("Deployment", "api"));
    assert!(shape.max.is_some() && shape.max == shape.min);
}

#[test]
fn blue_and_green_run_beside_each_other() {
    let rollout = |strategy: &str| {
        let text = format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {{name: r}}\nspec: {{strategy: {strategy}, template: {{}}}}\n"
        );
        let (_, settings) = side(&[("a.yaml", &text)]);
        workload(&settings, "Rollout r").1.rollout.clone()
    };
    assert_eq!(rollout("{blueGreen: {activeService: a}}"), Rollout::Doubled);
    assert_eq!(rollout("{canary: {trafficRouting: {nginx: {}}}}"), Rollout::Doubled);
    assert_eq!(rollout("{canary: {steps: []}}"), Rollout::Rolling { max_surge: None });
}

#[test]
fn jobs_of_a_queue_and_of_a_workflow_run_containers() {
    let text = "apiVersion: keda.sh/v1alpha1\nkind: ScaledJob\nmetadata: {name: q}\nspec:\n  maxReplicaCount: 30\n  \
                jobTargetRef: {template: {spec: {containers: [{name: c, env: [{name: A, value: b}]}]}}}\n---\n\
                apiVersion: argoproj.io/v1alpha1\nkind: CronWorkflow\nmetadata: {name: w}\nspec:\n  workflowSpec:\n    \
                templates: [{name: load, container: {image: x, env: [{name: C, value: d}]}}]\n";
    let (_, settings) = side(&[("a.yaml", text)]);
    let (job, shape) = workload(&settings, "ScaledJob q");
    assert_eq!(job.settings[shape.parallelism.expect("written") as usize].value.text, "30");
    assert_eq!((read_by_processes(job), shape.job), (vec!["env c A = b".to_owned()], true));
    let (flow, shape) = workload(&settings, "CronWorkflow w");
    assert_eq!(read_by_processes(flow), ["env container C = d"]);
    assert_eq!((shape.containers[0].name.as_str(), shape.containers[0].env_unit), ("load", Some(0)));
}

#[test]
fn a_template_fills_in_its_parameters() {
    let text = "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {name: t}\nobjects:\n- apiVersion: \
                apps.openshift.io/v1\n  kind: DeploymentConfig\n  metadata: {name: api}\n  spec: {replicas: '${{COPIES}}', \
                template: {spec: {containers: [{name: c, env: [{name: DB_HOST, value: '${HOST}'}, {name: U, value: \
                'x-${HOST}'}]}]}}}\nparameters:\n- {name: COPIES, value: '3'}\n- {name: HOST, value: db}\n";
    let (sources, settings) = side(&[("a.yaml", text)]);
    let (api, shape) = workload(&settings, "DeploymentConfig api");
    assert_eq!(api.settings[shape.replicas.expect("written") as usize].value.text, "3");
    assert_eq!(read_by_processes(api), ["env c DB_HOST = db", "env c U = x-${HOST}"]);
    let host = api.settings.iter().find(|s| s.logical == "DB_HOST").expect("it is set");
    assert_eq!(sources.get(host.at.source).position(host.at.span.start).line, 11);
    let template = resource(&settings, "Template t");
    assert!(paths(template).contains(&"parameters[HOST].value".to_owned()));
}

#[test]
fn what_is_encrypted_is_read_by_nobody() {
    let text = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: s}\n\
                spec: {encryptedData: {DB_HOST: AgBvx}}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: p}\n\
                stringData: {DB_HOST: 'ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]', PORT: '1'}\nsops: {mac: x}\n";
    let (_, settings) = side(&[("a.yaml", text)]);
    assert_eq!(read_by_processes(resource(&settings, "SealedSecret s")), Vec::<String>::new());
    assert_eq!(read_by_processes(resource(&settings, "Secret p")), ["env p PORT = 1"]);
}

#[test]
fn a_file_inside_base64_is_read() {
    let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n  application.properties: cG9vbC5tYXg9NQpwb29sLm1pbj0xCg==\n\
                ---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\nbinaryData: {A: ZGI=}\n";
    let (sources, settings) = side(&[("a.yaml", text)]);
    let secret = resource(&settings, "Secret s");
    let expected = ["file application.properties pool.max = 5", "file application.properties pool.min = 1"];
    assert_eq!(read_by_processes(secret), expected);
    assert_eq!(read_by_processes(resource(&settings, "ConfigMap c")), ["env c A = db"]);
    let pool = secret.settings.iter().find(|s| s.logical == "pool.max").expect("it is set");
    assert_eq!(sources.text(pool.at), "cG9vbC5tYXg9NQpwb29sLm1pbj0xCg==");
}

#[test]
fn operators_keep_a_servers_settings_in_their_own_places() {
    let table = [
        (
            "PostgresCluster",
            "{config: {parameters: {max_connections: 200}}}",
            "file PostgresCluster postgresql.parameters.max_connections = 200",
        ),
        (
            "Pooler",
            "{pgbouncer: {parameters: {default_pool_size: '9'}}}",
            "file Pooler pgbouncer.default_pool_size = 9",
        ),
        ("MysqlCluster", "{mysqlConf: {max_connections: 500}}", "file MysqlCluster mysqld.max_connections = 500"),
        (
            "InnoDBCluster",
            "{mycnf: \"[mysqld]\\nskip-name-resolve\\nmax_connections=500\\n\"}",
            "file my.cnf mysqld.max_connections = 500",
        ),
        (
            "PerconaXtraDBCluster",
            "{pxc: {configuration: \"[mysqld]\\nmax_connections=500\\n\"}}",
            "file my.cnf mysqld.max_connections = 500",
        ),
    ];
    for (kind, spec, expected) in table {
        let text = format!("apiVersion: example.com/v1\nkind: {kind}\nmetadata: {{name: a}}\nspec: {spec}\n");
        let (_, settings) = side(&[("a.yaml", &text)]);
        let read = read_by_processes(resource(&settings, &format!("{kind} a")));
        assert!(read.contains(&expected.to_owned()), "{kind}: {read:?}");
    }
}

#[test]
fn an_annotation_may_hold_a_document() {
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  template:\n    metadata:\n      annotations:\n        \
                pod.beta.kubernetes.io/init-containers: '[{\"name\": \"m\", \"image\": \"x\"}]'\n";
    let (_, settings) = side(&[("a.yaml", text)]);
    let expected = "spec.template.metadata.annotations.pod.beta.kubernetes.io/init-containers![m].image";
    assert!(
        paths(resource(&settings, "Deployment a")).contains(&expected.to_owned()),
        "{:?}",
        paths(&settings.resources[0])
    );
}
