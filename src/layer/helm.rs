//! Helm charts with their values.
//!
//! In: charts in the tree (`Chart.yaml`, `templates/`, subcharts), their values files, and what deploys them (Flux, Argo
//! CD, helmfile). Out: one layer for each way in which a chart is given values. Templates are followed as far as that needs
//! no cluster, and every value keeps the line of the values file it comes from. A template that cannot be followed stays
//! as it is written.

mod chart;
mod functions;
mod parse;
mod release;
mod render;
mod settle;
mod text;
mod values;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use self::chart::{Chart, Charts, Layer};
use self::render::{Bounds, Named, Renderer, Unit};
use self::text::Text;
use self::values::Value;
use super::{Built, Covered, Effective, Layering, Tree};
use crate::document::FormatId;
use crate::format;
use crate::problem::{Problem, ProblemKind};
use crate::source::{Location, SourceId, Span};

/// See the module.
pub(super) static LAYERING: Layering =
    Layering { name: "helm", does: "Helm charts with their subcharts and values files", build };

/// Steps of evaluation for one side, about a second of work. A thousand templates take a tenth of it.
const STEPS: usize = 4_000_000;

/// Bytes of rendered text for one side.
const BYTES: usize = 64 * 1024 * 1024;

fn build(tree: &Tree<'_>) -> Vec<Built> {
    build_within(tree, Bounds { steps: STEPS, bytes: BYTES })
}

fn build_within(tree: &Tree<'_>, bounds: Bounds) -> Vec<Built> {
    let charts = Charts::of(tree);
    if charts.is_empty() {
        return Vec::new();
    }
    let mut builder = Builder { tree, charts: &charts, units: BTreeMap::new(), bounds, is_over: false };
    let layers = chart::layers(tree, &charts);
    layers.iter().filter_map(|layer| builder.built(layer)).collect()
}

struct Builder<'a> {
    tree: &'a Tree<'a>,
    charts: &'a Charts<'a>,
    /// Templates by path; none where one does not parse.
    units: BTreeMap<&'a str, Option<Rc<Unit>>>,
    bounds: Bounds,
    is_over: bool,
}

/// What a layer has come to.
struct Made {
    documents: Vec<Effective>,
    covers: BTreeSet<Covered>,
    used: BTreeSet<(SourceId, Span)>,
}

impl<'a> Builder<'a> {
    fn built(&mut self, layer: &Layer) -> Option<Built> {
        let chart = self.charts.get(&layer.chart)?;
        let mut values = chart.values(self.tree);
        for over in &layer.values {
            values = values::lay(&values, over);
        }
        let parts = self.charts.deployed(self.tree, chart, &values);
        let has_templates = parts.iter().any(|(chart, _)| chart.templates(self.tree).next().is_some());
        if !has_templates && layer.values.is_empty() {
            return None;
        }
        let mut problems = Vec::new();
        let mut made = Made { documents: Vec::new(), covers: BTreeSet::new(), used: BTreeSet::new() };
        let named = self.named(&parts);
        for (part, values) in &parts {
            if !self.is_over && self.render(layer, part, values, &named, &mut made).is_none() {
                self.is_over = true;
                let message =
                    "the charts come to too much text with their values; from here on read as they are written";
                problems.push((chart.source, Problem::new(ProblemKind::TooLarge, message)));
            }
        }
        self.cover_values(layer, &parts, &mut made);
        self.leave(layer, chart, &values, &mut made);
        let covers = made.covers.into_iter().collect();
        Some(Built { layer: layer.name.clone(), path: layer.path.clone(), documents: made.documents, covers, problems })
    }

    /// The named templates of all charts that are deployed together.
    fn named(&mut self, parts: &[(&'a Chart<'a>, Value)]) -> Named {
        let mut named = Named::new();
        for (chart, _) in parts {
            let files: Vec<_> =
                chart.below(self.tree, "templates").map(|(path, document)| (path, document.source)).collect();
            for (path, source) in files {
                let Some(unit) = self.unit(path, source) else { continue };
                for (index, define) in unit.template.defines.iter().enumerate() {
                    // The parent's comes first and wins.
                    named.entry(define.name.clone()).or_insert_with(|| (Rc::clone(&unit), index));
                }
            }
        }
        named
    }

    fn unit(&mut self, path: &'a str, source: SourceId) -> Option<Rc<Unit>> {
        let text = self.tree.text(source);
        let read = || Unit::new(Text::written(text, source, 0)).map(Rc::new);
        self.units.entry(path).or_insert_with(read).clone()
    }

    /// Renders the templates of one chart; `None` where a bound was reached.
    fn render(
        &mut self,
        layer: &Layer,
        chart: &Chart<'a>,
        values: &Value,
        named: &Named,
        made: &mut Made,
    ) -> Option<()> {
        let tree = self.tree;
        let templates: Vec<_> = chart.templates(tree).collect();
        let file = |name: &str| {
            let path = super::resolve(&chart.folder, name)?;
            let document = tree.get(&path)?;
            Some(Text::written(tree.text(document.source), document.source, 0))
        };
        for (path, document) in templates {
            let Some(unit) = self.unit(path, document.source) else { continue };
            let data = layer.data(chart, values, path);
            let masks = BTreeMap::new();
            let mut renderer = Renderer { named, bounds: &mut self.bounds, file: &file, masks, depth: 0 };
            let text = renderer.render(&unit, &data);
            let masks = renderer.masks;
            if self.bounds.steps == 0 || self.bounds.bytes == 0 {
                return None;
            }
            // One that calls itself without an end stays as it is written.
            let Some(text) = text else { continue };
            let used = text.bits.iter().filter_map(|bit| bit.origin).filter(|origin| origin.inserted);
            let used: Vec<_> = used.map(|origin| (origin.at.source, origin.whole)).collect();
            let home = Location { source: document.source, span: Span::default() };
            let scalar = settle::without_lone_masks(text).into_scalar(home);
            let read = format::parse_composed(&scalar, document.source);
            if !settle::is_whole(&read) || (read.roots.is_empty() && !masks.is_empty()) {
                continue;
            }
            made.used.extend(used);
            made.covers.extend((0..document.roots.len()).map(|root| Covered { source: document.source, root }));
            made.documents.extend(read.roots.into_iter().enumerate().map(|(index, mut node)| {
                settle::finish(&mut node, &masks, layer.namespace.as_ref());
                // A root that is written in whole stands where it comes from.
                let source = node.source.unwrap_or(document.source);
                Effective { path: path.to_owned(), source, format: FormatId::Yaml, index, node }
            }));
        }
        Some(())
    }

    /// The values files and what deploys the chart hold nothing that runs beside the layer.
    fn cover_values(&self, layer: &Layer, parts: &[(&'a Chart<'a>, Value)], made: &mut Made) {
        made.covers.extend(layer.covers.iter().copied());
        let files = parts.iter().filter_map(|(chart, _)| chart.values_file(self.tree));
        made.covers.extend(files.map(|document| Covered { source: document.source, root: 0 }));
    }

    /// Values that no template was seen to read: for charts that are not in the tree, or read by nobody.
    fn leave(&self, layer: &Layer, chart: &Chart<'a>, values: &Value, made: &mut Made) {
        let used = |source: SourceId, span: Span| made.used.contains(&(source, span));
        let Some(node) = values::leftover(values, &used) else { return };
        let own = chart.values_file(self.tree).map(|document| (chart.inside("values.yaml"), document.source));
        let told = layer.source.map(|source| (layer.path.clone(), source));
        let (path, source) = own.or(told).unwrap_or_else(|| (layer.path.clone(), chart.source));
        made.documents.push(Effective { path, source, format: FormatId::Yaml, index: 0, node });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::tests::{effective as resource, side};
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
        let staged = resource(&settings, "Deployment api (api/env/stg.yaml)");
        assert_eq!(staged.environment, Environment::Staging);
        let lines = lines(&sources, api);
        for expected in [
            "env[POOL].value = 50 @ values-prod.yaml:2",
            "env[LOG].value = info @ values.yaml:8",
            "replicas = 9 @ values-prod.yaml:1",
        ] {
            assert!(lines.iter().any(|line| line.ends_with(expected)), "{expected}\n{}", lines.join("\n"));
        }
        let written = settings.resources.iter().filter(|r| r.standing == Standing::Written).map(|r| r.id.to_string());
        assert_eq!(written.collect::<Vec<_>>(), ["api/Chart.yaml"]);
    }

    #[test]
    fn a_parent_tells_its_subcharts() {
        let files = [
            (
                "shop/Chart.yaml",
                "name: shop\ndependencies:\n  - {name: api, alias: web}\n  - {name: off, condition: off.enabled}\n",
            ),
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
        assert!(
            argo.contains("spec.replicas = 8 @ api.yaml:9") && argo.contains("env[POOL].value = 77 @ api.yaml:10"),
            "{argo}"
        );
        let helmfile = text("Deployment api (x/one.yaml)");
        assert!(
            helmfile.contains("spec.replicas = 11 @ one.yaml:1")
                && helmfile.contains("env[POOL].value = 6 @ helmfile.yaml:2"),
            "{helmfile}"
        );
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
    fn a_template_without_an_end_is_left_alone() {
        let helpers = ("api/templates/_h.tpl", "{{ define \"a\" }}{{ include \"a\" . }}{{ include \"a\" . }}{{ end }}");
        let endless = ("api/templates/a.yaml", "a: {{ include \"a\" . }}\n");
        let deep = format!("{}b: {{{{ $x }}}}\n", "{{ $x := dict \"a\" $x }}".repeat(5_000));
        let piped = format!("c: {{{{ .Values{} }}}}\n", " | list".repeat(5_000));
        let others = [("api/templates/b.yaml", deep.as_str()), ("api/templates/c.yaml", piped.as_str()), DEPLOYMENT];
        let files: Vec<_> = [CHART, VALUES, HELPERS, helpers, endless].into_iter().chain(others).collect();
        let (_, settings) = side(&files);
        let covered = settings.resources.iter().filter(|r| r.standing == Standing::Covered).map(|r| r.id.to_string());
        let covered: Vec<_> = covered.collect();
        assert!(!covered.contains(&"api/templates/a.yaml".to_owned()), "{covered:?}");
        assert!(effective(&settings).contains(&"Deployment api (api/values.yaml)".to_owned()));
    }

    #[test]
    fn too_much_text_is_said_once() {
        let mut sources = Sources::default();
        let documents: Vec<_> = [CHART, VALUES, HELPERS, DEPLOYMENT]
            .iter()
            .map(|(path, text)| {
                let id = sources.push(crate::source::Source::new(path, crate::source::Side::New, text.as_bytes()));
                format::parse(sources.get(id), id)
            })
            .collect();
        let built = build_within(&Tree::new(&sources, &documents), Bounds { steps: 10, bytes: 10 });
        let problems: Vec<_> = built.iter().flat_map(|built| &built.problems).collect();
        assert!(matches!(problems.as_slice(), [(_, problem)] if problem.kind == ProblemKind::TooLarge));
        assert!(built.iter().flat_map(|built| &built.covers).all(|covered| covered.root == 0));
    }

    #[test]
    fn functions_give_what_helm_gives() {
        let values = "a: one\nn: 3\nlist: [x, y]\nmap: {k: v, l: w}\nempty: \"\"\ntext: |\n  p=1\n  q=2\ninner: '{{ .Values.a }}!'\n";
        let table = [
            ("{{ .Values.a | upper | quote }}", "ONE"),
            ("{{ .Values.none | default .Values.empty | default 5 }}", "5"),
            ("{{ default \"d\" .Values.a }}", "one"),
            ("{{ coalesce .Values.none .Values.empty .Values.a }}", "one"),
            ("{{ printf \"%s-%d\" .Values.a .Values.n }}", "one-3"),
            ("{{ mul .Values.n 4 | int }}", "12"),
            ("{{ required \"it must be set\" .Values.a | squote }}", "one"),
            ("{{ ternary \"yes\" \"no\" (eq .Values.a \"one\") }}", "yes"),
            ("{{ join \",\" .Values.list }}", "x,y"),
            ("{{ tpl .Values.inner . }}", "one!"),
            ("{{ index .Values.list 1 }}", "y"),
            ("{{ get .Values.map \"l\" }}", "w"),
            ("{{ .Values.a | b64enc | b64dec }}", "one"),
            ("{{ (dict \"x\" .Values.a).x }}", "one"),
            ("{{ $x := \"1\" }}{{ if .Values.n }}{{ $x = \"2\" }}{{ end }}{{ $x }}", "2"),
            ("{{ with .Values.map }}{{ .k }}{{ $.Values.a }}{{ end }}", "vone"),
            ("{{ range $i, $e := .Values.list }}{{ $i }}{{ $e }}{{ else }}none{{ end }}", "0x1y"),
            ("{{ if and .Values.a (gt .Values.n 2) (not .Values.empty) }}yes{{ else }}no{{ end }}", "yes"),
            ("{{ if or .Values.none .Values.empty }}yes{{ else if eq .Values.n 3 }}three{{ end }}", "three"),
            ("{{ .Values.a | replace \"o\" \"0\" | trimSuffix \"e\" }}", "0n"),
            ("{{ .Values.none | quote }}", "{{ .Values.none | quote }}"),
            ("{{ someFunction .Values.a }}", "{{ someFunction .Values.a }}"),
            (
                "\"{{ .Values.a }}-{{ lookup \"v1\" \"Secret\" \"\" \"s\" }}\"",
                "one-{{ lookup \"v1\" \"Secret\" \"\" \"s\" }}",
            ),
        ];
        for (template, expected) in table {
            let template = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  X: {template}\n");
            let (_, settings) = side(&[CHART, ("api/templates/c.yaml", &template), ("api/values.yaml", values)]);
            let made = resource(&settings, "ConfigMap c (api/values.yaml)");
            let value = made.settings.iter().find(|s| s.logical == "X").map(|s| s.value.text.as_str());
            assert_eq!(value, Some(expected), "{template}");
        }
    }

    #[test]
    fn lists_and_mappings_are_written_in_with_their_places() {
        let values = "env:\n  - name: POOL\n    value: \"7\"\n  - {name: HOST, value: db}\nfiles:\n  app.properties: |\n    p=1\n    q=2\n";
        let template = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: {{- toYaml .Values.none | nindent 4 }}}\nspec:\n  \
                        containers:\n    - name: c\n      env:\n        {{- with .Values.env }}\n        {{- toYaml . | nindent 8 \
                        }}\n        {{- end }}\n";
        let map =
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {{ toYaml .Values.files | nindent 2 }}\n";
        let files =
            [CHART, ("api/templates/p.yaml", template), ("api/templates/m.yaml", map), ("api/values.yaml", values)];
        let (sources, settings) = side(&files);
        let pod = lines(&sources, resource(&settings, "Pod p (api/values.yaml)")).join("\n");
        assert!(pod.contains("env[POOL].value = 7 @ values.yaml:3"), "{pod}");
        assert!(pod.contains("env[HOST].value = db @ values.yaml:4"), "{pod}");
        let map = lines(&sources, resource(&settings, "ConfigMap m (api/values.yaml)")).join("\n");
        assert!(map.contains("data.app.properties!q = 2 @ values.yaml:8"), "{map}");
    }

    #[test]
    fn values_for_charts_elsewhere_stay_in_sight() {
        let values = "pool: 5\npostgresql:\n  primary: {maxConnections: 300}\n";
        let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {POOL: {{ .Values.pool }}}\n";
        let prod = ("api/values-prod.yaml", "postgresql:\n  primary: {maxConnections: 900}\n");
        let (sources, settings) = side(&[CHART, ("api/templates/c.yaml", template), ("api/values.yaml", values), prod]);
        let left = lines(&sources, resource(&settings, "api/values.yaml (api/values-prod.yaml)"));
        assert_eq!(left, ["postgresql.primary.maxConnections = 900 @ values-prod.yaml:2"]);
    }

    fn fragments() -> impl proptest::strategy::Strategy<Value = String> {
        let pieces = [
            "a: ",
            "b:",
            "\n",
            "  ",
            "- ",
            "|\n  ",
            "\"",
            "'",
            "x",
            "é",
            ": ",
            "{{ .Values.a }}",
            "{{- .Values.t | nindent 2 }}",
            "{{ if .Values.a }}",
            "{{ else }}",
            "{{ end }}",
            "{{- range .Values.l }}",
            "{{ . }}",
            "{{ toYaml .Values.m }}",
            "{{ .Values.t | quote }}",
            "{{ unknown }}",
            "{{- unknown }}",
            "{{ tpl .Values.i . }}",
            "{{ .Values.t | indent 3 }}",
            "{{ .Values.s | trunc 3 }}",
            "{{ printf \"%s:%v\" .Values.a .Values.s }}",
            "{{/* c */}}",
            "---\n",
            "{{ .Values.s | upper }}",
        ];
        let pieces = proptest::sample::select(pieces.to_vec());
        proptest::strategy::Strategy::prop_map(proptest::collection::vec(pieces, 0..30), |pieces| pieces.concat())
    }

    /// Every place of a chart with this template lies in its file.
    fn places_fit(template: &str) {
        let values = "a: 1\ns: \"x\\u00e9y\\n\"\nt: |\n  é=1\n  b: 2\nl: [p, q]\nm: {k: v, n: [1, {o: p}]}\n\
                      i: '{{ .Values.s }}-{{ .Values.t }}'\n";
        let object =
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  f.yaml: |\n    {template}\n");
        let templates = [("api/templates/a.yaml", template), ("api/templates/b.yaml", object.as_str())];
        let files: Vec<_> = templates.into_iter().chain([CHART, ("api/values.yaml", values)]).collect();
        let (sources, settings) = side(&files);
        let is_inside = |source: SourceId, span: Span| sources.get(source).text.get(span.range()).is_some();
        for (_, _, setting) in settings.iter() {
            assert!(is_inside(setting.at.source, setting.at.span), "{} {:?}", setting.path, setting.at);
            assert!(is_inside(setting.at.source, setting.key_span), "{} {:?}", setting.path, setting.key_span);
            for (at, c) in setting.value.text.char_indices() {
                let place = setting.value.place(at..at + c.len_utf8(), setting.at.source);
                assert!(is_inside(place.source, place.span), "{} {place:?}", setting.path);
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn any_template_is_followed_and_places_fit(template in fragments()) {
            places_fit(&template);
        }
    }
}
