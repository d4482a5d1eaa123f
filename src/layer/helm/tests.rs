//! Charts with their values.

use crate::platform::tests::{resource, side};
use crate::setting::{Environment, Resource, Settings, Standing};
use crate::source::Sources;

const CHART: (&str, &str) = ("api/Chart.yaml", "apiVersion: v2\nname: api\nversion: 1.0.0\n");

const HELPERS: (&str, &str) = (
    "api/templates/_helpers.tpl",
    "{{- define \"api.fullname\" -}}\n{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride }}{{- else }}\n\
     {{- printf \"%s\" .Chart.Name | trunc 63 | trimSuffix \"-\" }}\n{{- end }}{{- end }}\n\
     {{- define \"api.labels\" -}}\napp: {{ include \"api.fullname\" . }}\nteam: shop\n{{- end }}\n",
);

const DEPLOYMENT: (&str, &str) = (
    "api/templates/deployment.yaml",
    "{{- if .Values.enabled }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include \"api.fullname\" . }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include \"api.labels\" . | nindent 4 }}
    {{- include \"lib.more\" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      containers:
        - name: web
          image: \"{{ .Values.image.name }}:{{ .Values.image.tag | default .Chart.Version }}\"
          env:
            {{- range $k, $v := .Values.env }}
            - name: {{ $k }}
              value: {{ $v | quote }}
            {{- end }}
            - name: DB_URL
              value: postgres://{{ .Values.db.host }}:{{ .Values.db.port }}/shop
            - name: UNTOLD
              value: {{ .Values.untold }}
          {{- with .Values.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
{{- end }}
",
);

const VALUES: (&str, &str) = (
    "api/values.yaml",
    "enabled: true\nreplicas: 2\nimage:\n  name: shop/api\n  tag: \"\"\nenv:\n  POOL: 5\n  LOG: info\ndb:\n  host: db-1\n  \
     port: 5432\nresources:\n  limits: {cpu: 100m}\nother: 1\n",
);

/// What takes effect, with the place of each value: `path = value @ file:text`.
fn lines(sources: &Sources, resource: &Resource) -> Vec<String> {
    let line = |s: &crate::setting::Setting| {
        let file = sources.get(s.at.source);
        let name = file.path.rsplit('/').next().unwrap_or("");
        let line = file.position(s.at.span.start).line;
        format!("{} = {} @ {name}:{line}", s.path, s.value.text)
    };
    resource.settings.iter().map(line).collect()
}

fn effective(settings: &Settings) -> Vec<String> {
    let made = settings.resources.iter().filter(|r| r.standing == Standing::Effective);
    made.map(|r| r.id.to_string()).collect()
}

#[test]
fn values_take_effect_where_templates_write_them_in() {
    let (sources, settings) = side(&[CHART, HELPERS, DEPLOYMENT, VALUES]);
    assert_eq!(effective(&settings), ["Deployment api (api/values.yaml)", "api/values.yaml"]);
    let lines = lines(&sources, resource(&settings, "Deployment api (api/values.yaml)"));
    for expected in [
        "metadata.labels.team = shop @ _helpers.tpl:7",
        "spec.replicas = 2 @ values.yaml:2",
        "spec.template.spec.containers[web].env[POOL].value = 5 @ values.yaml:7",
        "spec.template.spec.containers[web].env[LOG].value = info @ values.yaml:8",
        "spec.template.spec.containers[web].env[DB_URL].value = postgres://db-1:5432/shop @ deployment.yaml:23",
        "spec.template.spec.containers[web].env[UNTOLD].value = {{ .Values.untold }} @ deployment.yaml:25",
        "spec.template.spec.containers[web].image = shop/api:1.0.0 @ deployment.yaml:16",
        "spec.template.spec.containers[web].resources.limits.cpu = 100m @ values.yaml:13",
    ] {
        assert!(lines.iter().any(|line| line == expected), "{expected}\n{}", lines.join("\n"));
    }
    assert!(!lines.iter().any(|line| line.starts_with("metadata.namespace")));
    let left: Vec<String> = resource(&settings, "Deployment api (api/values.yaml)").settings.iter().map(|s| s.logical.clone()).collect();
    assert!(!left.is_empty());
}

#[test]
fn parts_of_a_composed_address_keep_their_own_places() {
    let (sources, settings) = side(&[CHART, HELPERS, DEPLOYMENT, VALUES]);
    let api = resource(&settings, "Deployment api (api/values.yaml)");
    let url = api.settings.iter().find(|s| s.logical == "DB_URL").expect("it is set");
    let place = |part: &str| {
        let at = url.value.text.find(part).expect("it is in the text");
        let at = url.value.place(at..at + part.len(), url.at.source);
        format!("{} {}", sources.get(at.source).path, sources.text(at))
    };
    assert_eq!(place("db-1"), "api/values.yaml db-1");
    assert_eq!(place("5432"), "api/values.yaml 5432");
    assert_eq!(place("/shop"), "api/templates/deployment.yaml /shop");
}

#[test]
fn each_values_file_of_an_environment_is_a_layer() {
    let prod = ("api/values-prod.yaml", "replicas: 9\nenv: {POOL: 50}\n");
    let stage = ("api/env/stg.yaml", "replicas: 3\n");
    let (sources, settings) = side(&[CHART, HELPERS, DEPLOYMENT, VALUES, prod, stage]);
    let names = effective(&settings);
    assert!(names.contains(&"Deployment api (api/env/stg.yaml)".to_owned()), "{names:?}");
    assert!(!names.contains(&"Deployment api (api/values.yaml)".to_owned()), "{names:?}");
    let api = resource(&settings, "Deployment api (api/values-prod.yaml)");
    assert_eq!(api.environment, Environment::Production);
    let lines = lines(&sources, api);
    for expected in ["env[POOL].value = 50 @ values-prod.yaml:2", "env[LOG].value = info @ values.yaml:8", "replicas = 9 @ values-prod.yaml:1"] {
        assert!(lines.iter().any(|line| line.ends_with(expected)), "{expected}\n{}", lines.join("\n"));
    }
    let written = settings.resources.iter().filter(|r| r.standing == Standing::Written).map(|r| r.id.to_string());
    assert_eq!(written.collect::<Vec<_>>(), ["api/Chart.yaml"]);
}

#[test]
fn a_parent_tells_its_subcharts() {
    let files = [
        ("shop/Chart.yaml", "name: shop\ndependencies:\n  - {name: api, alias: web}\n  - {name: off, condition: off.enabled}\n"),
        ("shop/values.yaml", "web: {pool: 9}\nglobal: {host: db-2}\noff: {enabled: false}\n"),
        ("shop/charts/api/Chart.yaml", "name: api\n"),
        ("shop/charts/api/values.yaml", "pool: 1\nkept: 2\nglobal: {host: none}\n"),
        (
            "shop/charts/api/templates/c.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  POOL: {{ .Values.pool | quote }}\n  KEPT: \
             \"{{ .Values.kept }}\"\n  HOST: {{ .Values.global.host }}\n",
        ),
        ("shop/charts/off/Chart.yaml", "name: off\n"),
        ("shop/charts/off/templates/d.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: d}\n"),
    ];
    let (sources, settings) = side(&files);
    let lines = lines(&sources, resource(&settings, "ConfigMap c (shop/values.yaml)"));
    assert!(lines.contains(&"data.POOL = 9 @ values.yaml:1".to_owned()), "{lines:?}");
    assert!(lines.contains(&"data.KEPT = 2 @ values.yaml:2".to_owned()), "{lines:?}");
    assert!(lines.contains(&"data.HOST = db-2 @ values.yaml:2".to_owned()), "{lines:?}");
    assert!(!effective(&settings).iter().any(|name| name.contains("ConfigMap d")));
}

#[test]
fn a_file_inside_a_template_keeps_the_places_of_its_values() {
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  application.yaml: |\n    pool:\n      max: \
                    {{ .Values.max }}\n      min: 1\n    url: \"jdbc:postgresql://{{ .Values.host }}/shop\"\n  extra.properties: \
                    |\n    {{- .Values.extra | nindent 4 }}\n";
    let values = "max: 40\nhost: db-1\nextra: |\n  a=1\n  b=2\n";
    let (sources, settings) = side(&[CHART, ("api/templates/c.yaml", template), ("api/values.yaml", values)]);
    let lines = lines(&sources, resource(&settings, "ConfigMap c (api/values.yaml)"));
    for expected in [
        "data.application.yaml!pool.max = 40 @ values.yaml:1",
        "data.application.yaml!pool.min = 1 @ c.yaml:8",
        "data.application.yaml!url = jdbc:postgresql://db-1/shop @ values.yaml:2",
        "data.extra.properties!b = 2 @ values.yaml:5",
    ] {
        assert!(lines.iter().any(|line| line == expected), "{expected}\n{}", lines.join("\n"));
    }
}

#[test]
fn what_deploys_a_chart_gives_it_values() {
    let files = [
        CHART,
        HELPERS,
        DEPLOYMENT,
        VALUES,
        (
            "clusters/prod/api.yaml",
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: front, namespace: shop-prod}\nspec:\n  \
             chart: {spec: {chart: ./api}}\n  values:\n    replicas: 7\n",
        ),
        (
            "argo/api.yaml",
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: back}\nspec:\n  source:\n    path: api\n    \
             helm:\n      values: |\n        replicas: 8\n      parameters: [{name: env.POOL, value: '77'}]\n",
        ),
        ("helmfile.yaml", "releases:\n  - {name: file, chart: ./api, values: [x/one.yaml, {env: {POOL: 6}}]}\n"),
        ("x/one.yaml", "replicas: 11\n"),
    ];
    let (sources, settings) = side(&files);
    let text = |id: &str| lines(&sources, resource(&settings, id)).join("\n");
    let flux = text("Deployment shop-prod/api (clusters/prod/api.yaml)");
    assert!(flux.contains("spec.replicas = 7 @ api.yaml:7"), "{flux}");
    let argo = text("Deployment api (argo/api.yaml)");
    assert!(argo.contains("spec.replicas = 8 @ api.yaml:9") && argo.contains("env[POOL].value = 77 @ api.yaml:10"), "{argo}");
    let helmfile = text("Deployment api (x/one.yaml)");
    assert!(helmfile.contains("spec.replicas = 11 @ one.yaml:1") && helmfile.contains("env[POOL].value = 6 @ helmfile.yaml:2"), "{helmfile}");
}

#[test]
fn a_template_that_cannot_be_followed_stays_as_it_is_written() {
    let broken = ("api/templates/b.yaml", "a: 1\n{{ if }}\nb: {{ .Values.x \n");
    let library = ("api/templates/l.yaml", "{{ include \"lib.deployment\" . }}\n");
    let (_, settings) = side(&[CHART, VALUES, broken, library]);
    let covered = settings.resources.iter().filter(|r| r.standing == Standing::Covered).map(|r| r.id.to_string());
    assert_eq!(covered.collect::<Vec<_>>(), ["api/values.yaml"]);
}

#[test]
fn a_template_without_an_end_is_stopped() {
    let helpers = ("api/templates/_h.tpl", "{{ define \"a\" }}{{ include \"a\" . }}{{ include \"a\" . }}{{ end }}");
    let template = ("api/templates/a.yaml", "a: {{ include \"a\" . }}\nb: {{ repeat 100000 \"{{\" }}\n");
    let (_, settings) = side(&[CHART, VALUES, helpers, template]);
    assert!(settings.problems.iter().any(|(_, problem)| problem.message.contains("too much text")));
}
