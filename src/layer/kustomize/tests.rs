//! One overlay over one base, feature by feature. What is checked is what the platforms make of it.

use crate::platform::tests::side;
use crate::setting::{Resource, Settings, Standing};
use crate::source::Sources;

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 2
  template:
    metadata:
      labels: {app: api}
    spec:
      containers:
        - name: api
          image: registry:5000/shop/api:1
          args: [serve, --port=80]
          ports:
            - {containerPort: 80}
          envFrom:
            - configMapRef: {name: api-env}
          env:
            - {name: DB_POOL, value: '5'}
            - {name: DB_HOST, value: $(DB).internal}
            - name: DB_USER
              valueFrom: {secretKeyRef: {name: db, key: user}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: api-env}
data:
  A: '1'
  B: '2'
";

const BASE: &str = "resources: [api.yaml]\n";

/// An overlay in `prod` over a base with one Deployment and one ConfigMap.
fn overlaid(kustomization: &str, files: &[(&str, &str)]) -> (Sources, Settings) {
    let overlay = format!("resources: [../base]\n{kustomization}");
    let mut all = vec![
        ("base/api.yaml", DEPLOYMENT),
        ("base/kustomization.yaml", BASE),
        ("prod/kustomization.yaml", overlay.as_str()),
    ];
    all.extend_from_slice(files);
    side(&all)
}

/// The effective resources: `Deployment api (prod)`.
fn effective(settings: &Settings) -> Vec<String> {
    let all = settings.resources.iter().filter(|r| r.standing == Standing::Effective);
    all.map(|r| r.id.to_string()).collect()
}

fn find<'a>(settings: &'a Settings, kind: &str) -> &'a Resource {
    let mut all = settings.resources.iter().filter(|r| r.standing == Standing::Effective && r.id.kind == kind);
    all.next().unwrap_or_else(|| panic!("no {kind} among {:?}", effective(settings)))
}

/// `value @ file:line`, or `-`.
fn at(sources: &Sources, resource: &Resource, path: &str) -> String {
    let Some(setting) = resource.settings.iter().find(|s| s.path.to_string() == path) else { return "-".into() };
    let source = sources.get(setting.at.source);
    assert_eq!(source.position(setting.key_span.start).line, source.position(setting.at.span.start).line, "{path}");
    format!("{} @ {}:{}", setting.value.text, source.path, source.position(setting.at.span.start).line)
}

fn said(settings: &Settings) -> Vec<&str> {
    settings.problems.iter().map(|(_, problem)| problem.message.as_str()).collect()
}

/// Checks values of the Deployment; nothing may have gone wrong.
fn deployment(kustomization: &str, files: &[(&str, &str)], expected: &[(&str, &str)]) {
    let (sources, settings) = overlaid(kustomization, files);
    assert_eq!(said(&settings), Vec::<&str>::new(), "{kustomization}");
    let found = find(&settings, "Deployment");
    for (path, value) in expected {
        assert_eq!(at(&sources, found, path), *value, "{path}\n{kustomization}");
    }
}

const POOL: &str = "spec.template.spec.containers[api].env[DB_POOL].value";
const HOST: &str = "spec.template.spec.containers[api].env[DB_HOST].value";
const IMAGE: &str = "spec.template.spec.containers[api].image";

#[test]
fn what_nobody_touches_keeps_its_place() {
    deployment("", &[], &[("spec.replicas", "2 @ base/api.yaml:5"), (POOL, "5 @ base/api.yaml:19")]);
}

#[test]
fn the_written_ones_are_covered() {
    let (_, settings) = overlaid("", &[]);
    let standing = |id: &str| settings.resources.iter().find(|r| r.id.to_string() == id).map(|r| r.standing);
    assert_eq!(effective(&settings), ["ConfigMap api-env (prod)", "Deployment api (prod)"]);
    assert_eq!(standing("Deployment api"), Some(Standing::Covered));
    assert_eq!(standing("ConfigMap api-env"), Some(Standing::Covered));
    assert_eq!(standing("Kustomization prod/kustomization.yaml"), Some(Standing::Covered));
}

#[test]
fn patches_that_look_like_the_object() {
    let patch = "apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 9
  template:
    spec:
      containers:
        - name: api
          args: [work]
          env:
            - {name: DB_POOL, value: '50'}
            - {name: DB_HOST, $patch: delete}
            - {name: NEW, value: x}
        - {name: sidecar, image: proxy}
";
    let expected = [
        ("spec.replicas", "9 @ prod/more.yaml:5"),
        (POOL, "50 @ prod/more.yaml:12"),
        (HOST, "-"),
        ("spec.template.spec.containers[api].env[NEW].value", "x @ prod/more.yaml:14"),
        ("spec.template.spec.containers[api].args[0]", "work @ prod/more.yaml:10"),
        ("spec.template.spec.containers[api].args[1]", "-"),
        ("spec.template.spec.containers[sidecar].image", "proxy @ prod/more.yaml:15"),
        (IMAGE, "registry:5000/shop/api:1 @ base/api.yaml:12"),
    ];
    let files = [("prod/more.yaml", patch)];
    deployment("patchesStrategicMerge: [more.yaml]\n", &files, &expected);
    deployment("patches: [{path: more.yaml}]\n", &files, &expected);
    deployment("patches: [{path: more.yaml, target: {kind: Deployment, name: a.*}}]\n", &files, &expected);
    let inline = format!("patchesStrategicMerge:\n  - |-\n{}", indented(patch));
    deployment(&inline, &[], &[("spec.replicas", "9 @ prod/kustomization.yaml:8")]);
    let inline = format!("patches:\n  - patch: |-\n{}", indented(patch));
    deployment(&inline, &[], &[(POOL, "50 @ prod/kustomization.yaml:15")]);
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("      {line}\n")).collect()
}

#[test]
fn directives_of_a_patch() {
    let cases = [
        ("spec: {replicas: null}", "spec.replicas", "-"),
        ("spec: {template: {spec: {containers: [{name: api, $patch: delete}]}}}", IMAGE, "-"),
        ("spec: {template: {spec: {containers: [{$patch: replace}, {name: b, image: c}]}}}", IMAGE, "-"),
        ("spec: {$patch: replace, replicas: 7}", IMAGE, "-"),
        ("spec: {$retainKeys: [replicas]}", IMAGE, "-"),
        ("spec: {$setElementOrder/x: [a], replicas: 4}", "spec.replicas", "4 @ prod/p.yaml:4"),
        (
            "spec: {template: {spec: {containers: [{name: api, ports: [{containerPort: 80, name: web}]}]}}}",
            "spec.template.spec.containers[api].ports[80/TCP].containerPort",
            "80 @ prod/p.yaml:4",
        ),
    ];
    for (spec, path, expected) in cases {
        let patch = format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: api}}\n{spec}\n");
        deployment("patches: [{path: p.yaml}]\n", &[("prod/p.yaml", &patch)], &[(path, expected)]);
    }
    let gone = "$patch: delete\nkind: Deployment\nmetadata: {name: api}\n";
    let (_, settings) = overlaid("patches: [{path: p.yaml}]\n", &[("prod/p.yaml", gone)]);
    assert_eq!(effective(&settings), ["ConfigMap api-env (prod)"]);
}

#[test]
fn lists_of_custom_objects_are_replaced() {
    let custom =
        "apiVersion: example.org/v1\nkind: App\nmetadata: {name: a}\nspec: {env: [{name: A}, {name: B}], x: {y: 1}}\n";
    let patch = "apiVersion: example.org/v1\nkind: App\nmetadata: {name: a}\nspec: {env: [{name: C}], x: {z: 2}}\n";
    let files = [("prod/a.yaml", custom), ("prod/p.yaml", patch)];
    let kustomization = "resources: [a.yaml]\npatches: [{path: p.yaml}]\n";
    let mut all = vec![("prod/kustomization.yaml", kustomization)];
    all.extend(files);
    let (sources, settings) = side(&all);
    let app = find(&settings, "App");
    assert_eq!(at(&sources, app, "spec.env[C].name"), "C @ prod/p.yaml:4");
    assert_eq!(at(&sources, app, "spec.env[A].name"), "-");
    assert_eq!(at(&sources, app, "spec.x.y"), "1 @ prod/a.yaml:4");
    assert_eq!(at(&sources, app, "spec.x.z"), "2 @ prod/p.yaml:4");
}

#[test]
fn json_patches() {
    let text = "target: {kind: Deployment, name: api}\n    patch: |-\n";
    let cases = [
        ("- {op: replace, path: /spec/replicas, value: 8}", "spec.replicas", "8 @ prod/kustomization.yaml:5"),
        ("- {op: remove, path: /spec/replicas}", "spec.replicas", "-"),
        ("- {op: test, path: /spec/replicas, value: 2}", "spec.replicas", "2 @ base/api.yaml:5"),
        (
            "- {op: replace, path: /spec/template/spec/containers/0/env/0/value, value: '8'}",
            POOL,
            "8 @ prod/kustomization.yaml:5",
        ),
        (
            "- {op: add, path: /spec/template/spec/containers/0/env/-, value: {name: N, value: v}}",
            "spec.template.spec.containers[api].env[N].value",
            "v @ prod/kustomization.yaml:5",
        ),
        (
            "- {op: add, path: /metadata/annotations, value: {}}\n      - {op: add, path: /metadata/annotations/a~1b, value: c}",
            "metadata.annotations.a/b",
            "c @ prod/kustomization.yaml:6",
        ),
        (
            r#"[{"op": "replace", "path": "/spec/replicas", "value": 8}]"#,
            "spec.replicas",
            "8 @ prod/kustomization.yaml:5",
        ),
        ("- {op: copy, from: /spec/replicas, path: /spec/x}", "spec.x", "2 @ base/api.yaml:5"),
        ("- {op: move, from: /spec/replicas, path: /spec/x}", "spec.x", "2 @ base/api.yaml:5"),
    ];
    for (operations, path, expected) in cases {
        for field in ["patches", "patchesJson6902"] {
            let text = format!("{field}:\n  - {text}      {operations}\n");
            deployment(&text, &[], &[(path, expected)]);
        }
    }
    let file = "- {op: replace, path: /spec/replicas, value: 3}\n";
    let text = "patches: [{path: p.yaml, target: {kind: Deployment}}]\n";
    deployment(text, &[("prod/p.yaml", file)], &[("spec.replicas", "3 @ prod/p.yaml:1")]);
    let json = r#"[{"op": "replace", "path": "/spec/replicas", "value": 3}]"#;
    let text = "patches: [{path: p.json, target: {labelSelector: 'app!=x', kind: Deployment|Job}}]\n";
    deployment(text, &[("prod/p.json", json)], &[("spec.replicas", "3 @ prod/p.json:1")]);
}

#[test]
fn transformers() {
    let line = |n: u32| format!("@ prod/kustomization.yaml:{n}");
    let cases = [
        ("replicas: [{name: api, count: 6}]", "spec.replicas", format!("6 {}", line(2))),
        (
            "images: [{name: registry:5000/shop/api, newTag: '2'}]",
            IMAGE,
            format!("registry:5000/shop/api:2 {}", line(2)),
        ),
        ("images: [{name: registry:5000/shop/api, newName: x/y}]", IMAGE, format!("x/y:1 {}", line(2))),
        (
            "images:\n  - name: registry:5000/shop/api\n    newName: x\n    digest: sha256:ab",
            IMAGE,
            format!("x@sha256:ab {}", line(5)),
        ),
        ("images: [{name: shop/api, newTag: '2'}]", IMAGE, "registry:5000/shop/api:1 @ base/api.yaml:12".into()),
        ("commonLabels: {team: a}", "spec.template.metadata.labels.team", format!("a {}", line(2))),
        ("commonLabels: {team: a}", "spec.selector.matchLabels.team", format!("a {}", line(2))),
        ("labels: [{pairs: {team: a}}]", "metadata.labels.team", format!("a {}", line(2))),
        ("labels: [{pairs: {team: a}}]", "spec.template.metadata.labels.team", "-".into()),
        ("commonAnnotations: {team: a}", "spec.template.metadata.annotations.team", format!("a {}", line(2))),
        ("namespace: shop", "metadata.namespace", format!("shop {}", line(2))),
        ("namePrefix: x-", "metadata.name", format!("x-api {}", line(2))),
        ("nameSuffix: -x", "metadata.name", format!("api-x {}", line(2))),
        ("namePrefix: a-\nnameSuffix: -b", "metadata.name", format!("a-api-b {}", line(2))),
    ];
    for (text, path, expected) in cases {
        deployment(&format!("{text}\n"), &[], &[(path, &expected)]);
    }
}

#[test]
fn new_names_are_carried_into_references() {
    let more = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\n---\n\
                apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: api}\n\
                spec: {scaleTargetRef: {kind: Deployment, name: api}, maxReplicas: 9}\n";
    let text = "resources: [../base, more.yaml]\nnamePrefix: x-\n";
    let all = [
        ("base/api.yaml", DEPLOYMENT),
        ("base/kustomization.yaml", BASE),
        ("prod/more.yaml", more),
        ("prod/kustomization.yaml", text),
    ];
    let (sources, settings) = side(&all);
    let api = find(&settings, "Deployment");
    let env = "spec.template.spec.containers[api]";
    assert_eq!(
        at(&sources, api, &format!("{env}.envFrom[configMapRef/x-api-env].configMapRef.name")),
        "x-api-env @ base/api.yaml:17"
    );
    let user = format!("{env}.env[DB_USER].valueFrom.secretKeyRef.name");
    assert_eq!(at(&sources, api, &user), "x-db @ base/api.yaml:22");
    let scaler = find(&settings, "HorizontalPodAutoscaler");
    assert_eq!(at(&sources, scaler, "spec.scaleTargetRef.name"), "x-api @ prod/more.yaml:8");
}

#[test]
fn a_patch_may_use_the_name_of_before() {
    let base = "resources: [api.yaml]\nnamePrefix: x-\nnamespace: shop\n";
    let patch = |name: &str, namespace: &str| {
        format!("kind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{replicas: 7}}\n")
    };
    for (name, namespace) in [("api", "''"), ("x-api", "shop")] {
        let patch = patch(name, namespace);
        let all = [
            ("base/api.yaml", DEPLOYMENT),
            ("base/kustomization.yaml", base),
            ("prod/p.yaml", patch.as_str()),
            ("prod/kustomization.yaml", "resources: [../base]\npatches: [{path: p.yaml}]\n"),
        ];
        let (sources, settings) = side(&all);
        assert_eq!(said(&settings), Vec::<&str>::new());
        assert_eq!(at(&sources, find(&settings, "Deployment"), "spec.replicas"), "7 @ prod/p.yaml:3");
    }
}

#[test]
fn generators_make_and_change_objects() {
    let config = |text: &str, files: &[(&str, &str)], expected: &[(&str, &str)]| {
        let (sources, settings) = overlaid(text, files);
        assert_eq!(said(&settings), Vec::<&str>::new(), "{text}");
        let found = find(&settings, "ConfigMap");
        for (path, value) in expected {
            assert_eq!(at(&sources, found, path), *value, "{path}\n{text}");
        }
    };
    let merged =
        "configMapGenerator:\n  - name: api-env\n    behavior: merge\n    literals:\n      - B=3\n      - C=\"4\"\n";
    let here = [
        ("data.A", "1 @ base/api.yaml:28"),
        ("data.B", "3 @ prod/kustomization.yaml:6"),
        ("data.C", "4 @ prod/kustomization.yaml:7"),
    ];
    config(merged, &[], &here);
    config(&merged.replace("merge", "replace"), &[], &[("data.A", "-"), ("data.B", "3 @ prod/kustomization.yaml:6")]);
    let envs = "configMapGenerator: [{name: api-env, behavior: merge, envs: [a.env]}]\n";
    let file = [("prod/a.env", "# c\n  B=x=y\n\nD='z'\nE\n")];
    config(envs, &file, &[("data.B", "x=y @ prod/a.env:2"), ("data.D", "z @ prod/a.env:4"), ("data.E", "-")]);
}

#[test]
fn files_of_a_generator_are_read_where_they_stand() {
    let text = "configMapGenerator:\n  - name: app\n    files: [application.properties, other.yaml=x.yaml]\n";
    let files = [
        ("prod/kustomization.yaml", text),
        ("prod/application.properties", "a=1\nspring.datasource.url=jdbc:postgresql://db/x\n"),
        ("prod/x.yaml", "pool:\n  max: 5\n"),
    ];
    let (sources, settings) = side(&files);
    let app = find(&settings, "ConfigMap");
    let line = |logical: &str| {
        let setting = app.settings.iter().find(|s| s.logical == logical).expect(logical);
        let source = sources.get(setting.at.source);
        (sources.text(setting.at).to_owned(), source.path.as_str(), source.position(setting.at.span.start).line)
    };
    assert_eq!(line("spring.datasource.url"), ("jdbc:postgresql://db/x".into(), "prod/application.properties", 2));
    assert_eq!(line("pool.max"), ("5".into(), "prod/x.yaml", 2));
    assert!(settings.resources.iter().filter(|r| r.id.is_file()).all(|r| r.standing == Standing::Covered));
}

#[test]
fn secrets_are_generated_in_plain_text() {
    let text = "secretGenerator: [{name: db, literals: [user=abcd], envs: [s.env]}]\n";
    let (sources, settings) = overlaid(text, &[("prod/s.env", "password=not-a-real-secret\n")]);
    let secret = find(&settings, "Secret");
    assert_eq!(at(&sources, secret, "stringData.user"), "abcd @ prod/kustomization.yaml:2");
}

#[test]
fn components_change_what_takes_them_in() {
    let component = "kind: Component\nresources: [c.yaml]\nreplicas: [{name: api, count: 4}]\n";
    let files = [
        ("parts/ha/kustomization.yaml", component),
        ("parts/ha/c.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\n"),
    ];
    deployment("components: [../parts/ha]\n", &files, &[("spec.replicas", "4 @ parts/ha/kustomization.yaml:3")]);
    let (_, settings) = overlaid("components: [../parts/ha]\n", &files);
    assert_eq!(effective(&settings).len(), 3);
    let (_, settings) = overlaid("", &files);
    let alone = settings.resources.iter().find(|r| r.id.kind == "Secret").expect("it is written");
    assert_eq!(alone.standing, Standing::Written);
}

#[test]
fn replacements_and_variables() {
    let text = "replacements:
  - source: {kind: ConfigMap, name: api-env, fieldPath: data.A}
    targets:
      - select: {kind: Deployment}
        fieldPaths: ['spec.template.spec.containers.[name=api].env.[name=DB_POOL].value']
      - select: {kind: Deployment}
        fieldPaths: ['spec.template.spec.containers.*.image']
        options: {delimiter: ':', index: 2}
";
    let image = "registry:5000/shop/api:1 @ base/api.yaml:28";
    deployment(text, &[], &[(POOL, "1 @ base/api.yaml:28"), (IMAGE, image)]);
    let text = "vars: [{name: DB, objref: {kind: ConfigMap, name: api-env, apiVersion: v1}}]\n";
    deployment(text, &[], &[(HOST, "api-env.internal @ base/api.yaml:20")]);
}

#[test]
fn two_overlays_over_one_base() {
    let files = [
        ("base/api.yaml", DEPLOYMENT),
        ("base/kustomization.yaml", BASE),
        ("overlays/prod/kustomization.yaml", "resources: [../../base]\nreplicas: [{name: api, count: 9}]\n"),
        ("overlays/staging/kustomization.yml", "bases: [../../base/]\nnamespace: shop\n"),
    ];
    let (_, settings) = side(&files);
    let expected = [
        "ConfigMap api-env (overlays/prod)",
        "ConfigMap shop/api-env (overlays/staging)",
        "Deployment api (overlays/prod)",
        "Deployment shop/api (overlays/staging)",
    ];
    assert_eq!(effective(&settings), expected);
    let told: Vec<&str> =
        settings.resources.iter().filter(|r| !r.id.layer.is_empty()).map(|r| r.environment.as_str()).collect();
    assert_eq!(told, ["production", "staging", "production", "staging"]);
}

#[test]
fn files_that_are_only_listed_are_deployed_as_written() {
    let none = Vec::<String>::new();
    let list = [("a/kustomization.yaml", "resources: [api.yaml]\n"), ("a/api.yaml", DEPLOYMENT)];
    assert_eq!(effective(&side(&list).1), none);
    let same = "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop}\n";
    let list = [("a/kustomization.yaml", "namespace: shop\nresources: [s.yaml]\n"), ("a/s.yaml", same)];
    assert_eq!(effective(&side(&list).1), none);
    let literals = "configMapGenerator: [{name: a, literals: [A=b]}]\nresources: [s.yaml]\n";
    assert_eq!(effective(&side(&[("a/kustomization.yaml", literals), ("a/s.yaml", same)]).1), none);
    let shared = [
        ("a/kustomization.yaml", "resources: [../s.yaml]\n"),
        ("b/kustomization.yaml", "resources: [../s.yaml]\n"),
        ("s.yaml", same),
    ];
    assert_eq!(effective(&side(&shared).1), ["Service shop/a (a)", "Service shop/a (b)"]);
}

#[test]
fn what_cannot_be_put_in_effect_is_said() {
    let patch = "kind: Deployment\nmetadata: {name: other}\nspec: {replicas: 3}\n";
    let cases = [
        ("patches: [{path: p.yaml}]", "a patch whose target is not there; kustomize refuses that"),
        (
            "patches: [{path: p.yaml, target: {name: 'x{2}'}}]",
            "the target of this patch is written in a way that is not understood; the patch was left out",
        ),
        ("patches: [{path: none.yaml}]", "what is named here is not among the reviewed files; it was left out"),
        (
            "components: [https://example.org/x?ref=v1]",
            "what is named here stands outside of the reviewed tree; what it adds is not known",
        ),
        (
            "components: [../../../x]",
            "what is named here stands outside of the reviewed tree; what it adds is not known",
        ),
        ("components: [../files]", "what is named here is a folder without a kustomization; it was left out"),
        (
            "replicas: [{name: other, count: 3}]",
            "a number of replicas whose workload is not there; kustomize refuses that",
        ),
        (
            "patches: [{patch: '[{\"op\": \"remove\", \"path\": \"/spec/x\"}]', target: {kind: Deployment}}]",
            "a JSON patch with an operation that fits no place; kustomize refuses that",
        ),
        ("helmCharts: [{name: a}]", "`helmCharts` are not rendered; review the rendered manifests as well"),
        (
            "configMapGenerator: [{name: api-env}]",
            "a generator of an object that is there already; kustomize refuses that",
        ),
        (
            "configMapGenerator: [{name: none, behavior: merge}]",
            "a generator that changes an object which is not there; kustomize refuses that",
        ),
        (
            "vars: [{name: A, objref: {kind: X, name: y}}]",
            "a variable whose object is not there; kustomize refuses that",
        ),
    ];
    for (text, expected) in cases {
        let (_, settings) = overlaid(&format!("{text}\n"), &[("prod/p.yaml", patch), ("files/a.txt", "")]);
        assert_eq!(said(&settings), [expected], "{text}");
    }
    // The base may hold it.
    let text = "resources: [https://example.org/x]\npatches: [{path: p.yaml}]\n";
    let (_, settings) = side(&[("prod/kustomization.yaml", text), ("prod/p.yaml", patch)]);
    assert_eq!(said(&settings).len(), 1);
}

#[test]
fn a_patch_of_a_remote_object_is_all_that_is_known_of_it() {
    let text =
        "namespace: shop\nresources: [https://example.org/x?ref=v1]\npatches: [{path: p.yaml}, {path: q.yaml}]\n";
    let patch = |spec: &str| format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: api}}\nspec: {spec}\n");
    let (p, q) = (patch("{replicas: 3, paused: true}"), patch("{replicas: 4}"));
    let files = [("prod/kustomization.yaml", text), ("prod/p.yaml", p.as_str()), ("prod/q.yaml", q.as_str())];
    let (sources, settings) = side(&files);
    assert_eq!(effective(&settings), ["Deployment shop/api (prod)"]);
    let api = find(&settings, "Deployment");
    assert_eq!(at(&sources, api, "spec.replicas"), "4 @ prod/q.yaml:4");
    assert_eq!(at(&sources, api, "spec.paused"), "true @ prod/p.yaml:4");
    assert_eq!(said(&settings).len(), 1);
}

#[test]
fn kustomizations_that_take_in_each_other_end() {
    let files = [
        ("a/kustomization.yaml", "resources: [../b]\n"),
        ("b/kustomization.yaml", "resources: [../c]\n"),
        ("c/kustomization.yaml", "resources: [../b, ., ../../..]\n"),
    ];
    let (_, settings) = side(&files);
    assert!(said(&settings).iter().any(|said| said.contains("takes in itself")), "{:?}", said(&settings));
}

#[test]
fn a_tree_that_doubles_at_every_step_is_cut() {
    let files: Vec<(String, String)> = (0..40)
        .map(|n| {
            let below = format!("resources: [../{0}, ../{0}]\nnamePrefix: a\n", n + 1);
            let last = "resources: [api.yaml]\n".to_owned();
            (format!("{n}/kustomization.yaml"), if n == 39 { last } else { below })
        })
        .chain([("39/api.yaml".to_owned(), DEPLOYMENT.to_owned())])
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let (_, settings) = side(&files);
    assert!(said(&settings).iter().any(|said| said.contains("more than can be followed")));
}

#[test]
fn operations_that_copy_the_object_into_itself_end() {
    let one = "- {op: copy, from: /spec, path: /spec/x}\n";
    let (_, settings) =
        overlaid("patches: [{path: p.yaml, target: {kind: Deployment}}]\n", &[("prod/p.yaml", &one.repeat(3000))]);
    assert!(!said(&settings).is_empty());
}
