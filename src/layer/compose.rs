//! Compose files with their overrides, `extends`, `include` and `.env`.
//!
//! In: the Compose files of a folder. Out: the project as `docker compose up` takes it, and one for each further file that
//! is laid over it (`-f compose.yaml -f compose.prod.yaml`). A file that stands for itself and refers to nothing is left as
//! it is written. Values keep the file and place where they are written, those of `.env` too.

mod interpolate;
mod model;
mod project;

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Document, Node};
use crate::problem::Problem;

use self::project::Project;
use super::merge::Allowance;
use super::{Built, Covered, Effective, Layering, Tree, filled_roots, folder_of};

/// See the module.
pub(super) static LAYERING: Layering =
    Layering { name: "compose", does: "Compose files with their overrides, `extends`, `include` and `.env`", build };

/// Files of one folder that are laid over its Compose file; a folder with more holds something else.
const MOST_VARIANTS: usize = 32;

fn build(tree: &Tree<'_>) -> Vec<Built> {
    let mut folders: BTreeMap<&str, Vec<File<'_>>> = BTreeMap::new();
    for (path, document) in tree.iter() {
        let Some(role) = role_of(path) else { continue };
        let Some(root) = only_project(document) else { continue };
        folders.entry(folder_of(path)).or_default().push(File { path, document, root, role });
    }
    let mut allowance = Allowance::default();
    folders.values().flat_map(|files| stacks(files)).filter_map(|stack| stack.built(tree, &mut allowance)).collect()
}

/// A Compose file.
#[derive(Debug, Clone, Copy)]
struct File<'a> {
    path: &'a str,
    document: &'a Document,
    root: &'a Node,
    role: Role<'a>,
}

/// What a file of its name is for. The numbers say which of several is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role<'a> {
    /// What `docker compose` reads without being told.
    Default(u8),
    /// What it lays over it without being told.
    Override(u8),
    /// Any other, by what its name adds: `prod`.
    Variant(&'a str),
}

/// <https://docs.docker.com/compose/intro/compose-application-model/#the-compose-file>
fn role_of(path: &str) -> Option<Role<'_>> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (stem, order) = match (name.strip_suffix(".yaml"), name.strip_suffix(".yml")) {
        (Some(stem), _) => (stem, 0),
        (None, Some(stem)) => (stem, 1),
        (None, None) => return None,
    };
    let (rest, order) = match (stem.strip_prefix("compose"), stem.strip_prefix("docker-compose")) {
        (Some(rest), _) => (rest, order),
        (None, Some(rest)) => (rest, order + 2),
        (None, None) => return None,
    };
    match rest {
        "" => Some(Role::Default(order)),
        ".override" => Some(Role::Override(order)),
        _ => rest.strip_prefix(['.', '-', '_']).filter(|word| !word.is_empty()).map(Role::Variant),
    }
}

/// The one document of a file, if it has services.
fn only_project(document: &Document) -> Option<&Node> {
    let mut roots = filled_roots(document);
    let (_, _, root) = roots.next()?;
    let alone = roots.next().is_none();
    (alone && root.get("services").is_some_and(|services| !services.entries().is_empty())).then_some(root)
}

/// Files that are read as one, the weakest first.
#[derive(Debug)]
struct Stack<'a> {
    layer: String,
    files: Vec<File<'a>>,
}

fn stacks<'a>(files: &[File<'a>]) -> Vec<Stack<'a>> {
    let least =
        |wanted: fn(&Role<'_>) -> bool| files.iter().filter(|f| wanted(&f.role)).min_by_key(|f| f.role).copied();
    let base = least(|role| matches!(role, Role::Default(_)));
    let over = least(|role| matches!(role, Role::Override(_)));
    let mut stacks = Vec::new();
    if let Some(base) = base {
        stacks.push(Stack { layer: String::new(), files: [base].into_iter().chain(over).collect() });
    }
    let variants = files.iter().filter(|f| matches!(f.role, Role::Variant(_)));
    for variant in variants.take(MOST_VARIANTS) {
        stacks.push(match base.filter(|base| lays_over(base.root, variant.root)) {
            Some(base) => Stack { layer: variant.path.to_owned(), files: vec![base, *variant] },
            None => Stack { layer: String::new(), files: vec![*variant] },
        });
    }
    stacks
}

/// Whether a file makes sense only over another: a service of it says not what runs, or needs one that only the other has.
fn lays_over(base: &Node, variant: &Node) -> bool {
    let services = |root: &'_ Node| -> BTreeSet<String> {
        let entries = root.get("services").map(Node::entries).unwrap_or_default();
        entries.iter().map(|entry| entry.key.text.to_string()).collect()
    };
    let (below, above) = (services(base), services(variant));
    let entries = variant.get("services").map(Node::entries).unwrap_or_default();
    entries.iter().any(|entry| {
        let runs = ["image", "build", "extends"].iter().any(|key| entry.value.get(key).is_some());
        let needs = |key: &str| {
            let node = entry.value.get(key);
            let names = node.map(model::names).unwrap_or_default();
            names.into_iter().any(|name| {
                let name = name.split(':').next().unwrap_or(name);
                below.contains(name) && !above.contains(name)
            })
        };
        (!runs && below.contains(entry.key.text.as_str())) || needs("depends_on") || needs("links")
    })
}

impl Stack<'_> {
    fn built(&self, tree: &Tree<'_>, allowance: &mut Allowance) -> Option<Built> {
        let top = self.files.last()?;
        // A file that only completes another goes by the other's name.
        let named = if self.layer.is_empty() { self.files.first()? } else { top };
        let variant = match top.role {
            Role::Variant(name) => Some(name),
            _ => None,
        };
        if allowance.is_spent() {
            let problems = vec![(named.document.source, Allowance::problem())];
            return Some(self.of(named, Vec::new(), Vec::new(), problems));
        }
        let mut project = Project::new(tree, folder_of(top.path), variant);
        let mut model: Option<Node> = None;
        for file in &self.files {
            let own = project.read(file.path, file.document.source, file.root);
            model = Some(match model {
                Some(below) => model::over(&below, &own),
                None => own,
            });
        }
        let node = model?;
        if self.files.len() == 1 && !project.differs {
            return None;
        }
        let mut problems = std::mem::take(&mut project.problems);
        if !allowance.covers(&node) {
            problems.push((named.document.source, Allowance::problem()));
            return Some(self.of(named, Vec::new(), Vec::new(), problems));
        }
        let source = named.document.source;
        let (path, format) = (named.path.to_owned(), named.document.format);
        let documents = vec![Effective { path, source, format, index: 0, node }];
        // The file below a named layer is a project of its own.
        let own = self.files.iter().skip(usize::from(!self.layer.is_empty()));
        let mut covers: Vec<Covered> = own.filter(|_| self.files.len() > 1).map(|f| covered(f.document)).collect();
        covers.extend(project.taken_in.iter().filter_map(|path| tree.get(path)).map(covered));
        Some(self.of(named, documents, covers, problems))
    }

    fn of(
        &self,
        named: &File<'_>,
        documents: Vec<Effective>,
        covers: Vec<Covered>,
        problems: Vec<(crate::source::SourceId, Problem)>,
    ) -> Built {
        Built { layer: self.layer.clone(), path: named.path.to_owned(), documents, covers, problems }
    }
}

fn covered(document: &Document) -> Covered {
    let root = filled_roots(document).next().map_or(0, |(_, position, _)| position);
    Covered { source: document.source, root }
}

#[cfg(test)]
mod tests {
    use crate::platform::tests::{effective, read_by_processes, resource, side};
    use crate::problem::ProblemKind;
    use crate::setting::{Environment, Settings, Shape, Standing, WorkloadShape};
    use crate::source::Sources;

    fn workload<'a>(settings: &'a Settings, id: &str) -> &'a WorkloadShape {
        match &effective(settings, id).shape {
            Shape::Workload(shape) => shape,
            other => panic!("no workload: {other:?}"),
        }
    }

    /// File and line of a setting that takes effect.
    fn place(sources: &Sources, settings: &Settings, id: &str, logical: &str) -> String {
        let setting = effective(settings, id).settings.iter().find(|s| s.logical == logical).expect("it is set");
        let source = sources.get(setting.at.source);
        format!("{}:{} {}", source.path, source.position(setting.at.span.start).line, sources.text(setting.at))
    }

    fn variables(settings: &Settings, id: &str) -> Vec<String> {
        read_by_processes(effective(settings, id))
    }

    const BASE: &str = "services:\n  web:\n    image: shop/web\n    environment: {A: 1, B: 2}\n    command: serve\n";

    #[test]
    fn an_override_is_laid_over_the_base() {
        let over =
            "services:\n  web:\n    environment: [B=3, C=4]\n    command: [serve, -v]\n    deploy: {replicas: 2}\n";
        let (sources, settings) = side(&[("d/compose.yaml", BASE), ("d/compose.override.yaml", over)]);
        assert_eq!(variables(&settings, "service web"), ["env web A = 1", "env web B = 3", "env web C = 4"]);
        assert_eq!(place(&sources, &settings, "service web", "A"), "d/compose.yaml:4 1");
        assert_eq!(place(&sources, &settings, "service web", "B"), "d/compose.override.yaml:3 3");
        assert_eq!(workload(&settings, "service web").containers[0].command.len(), 2);
        let written = settings.resources.iter().filter(|r| r.standing != Standing::Effective);
        assert!(written.into_iter().all(|r| r.standing == Standing::Covered));
    }

    #[test]
    fn a_further_file_is_a_layer_of_its_own() {
        let prod = "services:\n  web:\n    environment: {B: 9}\n";
        let (_, settings) = side(&[("docker-compose.yml", BASE), ("docker-compose.prod.yml", prod)]);
        let web = effective(&settings, "service web (docker-compose.prod.yml)");
        assert_eq!(web.environment, Environment::Production);
        assert_eq!(read_by_processes(web), ["env web A = 1", "env web B = 9"]);
        let standing = |path: &str| {
            settings.resources.iter().find(|r| r.path == path && r.id.layer.is_empty()).map(|r| r.standing)
        };
        assert_eq!(standing("docker-compose.yml"), Some(Standing::Written));
        assert_eq!(standing("docker-compose.prod.yml"), Some(Standing::Covered));
    }

    #[test]
    fn a_file_that_stands_for_itself_is_left_alone() {
        let prod = "services:\n  web: {image: shop/web, environment: {B: 9}}\n";
        let (_, settings) = side(&[("compose.yaml", BASE), ("compose.prod.yaml", prod)]);
        assert!(settings.resources.iter().all(|r| r.standing == Standing::Written));
    }

    #[test]
    fn compose_has_its_own_rules_for_what_is_merged() {
        let base = "services:\n  web:\n    image: a\n    ports: ['80:80']\n    env_file: a.env\n    volumes: ['./a.conf:/etc/x', 'v:/v']\n    \
                    environment: {A: 1}\n    labels: [x=1]\n";
        let over = "services:\n  web:\n    ports: ['81:81']\n    env_file: [b.env]\n    volumes: ['./b.conf:/etc/x']\n    \
                    environment: !reset null\n    labels: {y: 2}\n";
        let (_, settings) = side(&[("compose.yaml", base), ("compose.override.yaml", over)]);
        let web = effective(&settings, "service web");
        let paths: Vec<String> = web.settings.iter().map(|s| s.path.to_string()).collect();
        let expected =
            ["env_file[a.env]", "env_file[b.env]", "image", "labels.x", "labels.y", "ports[80:80]", "ports[81:81]"];
        assert_eq!(paths.iter().take(7).collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());
        let mounts: Vec<&str> =
            workload(&settings, "service web").containers[0].mounts.iter().map(|m| m.name.as_str()).collect();
        assert_eq!(mounts, ["b.conf"]);
    }

    #[test]
    fn a_service_extends_another_of_another_folder() {
        let main = "services:\n  web:\n    image: a\n    extends: {file: ../shared/app.yaml, service: app}\n";
        let shared = "services:\n  app:\n    extends: base\n    env_file: app.env\n  base:\n    environment: {A: 1}\n    volumes: ['./x.conf:/x']\n";
        let (sources, settings) = side(&[("d/compose.yaml", main), ("shared/app.yaml", shared)]);
        let web = &workload(&settings, "service web").containers[0];
        assert_eq!(web.env_from[0].name, "shared/app.env");
        assert_eq!(web.mounts[0].name, "shared/x.conf");
        assert_eq!(place(&sources, &settings, "service web", "A"), "shared/app.yaml:6 1");
    }

    #[test]
    fn what_extends_itself_is_named_and_read() {
        let text = "services:\n  a: {image: x, extends: b, environment: {A: 1}}\n  b: {image: y, extends: a}\n  c: {image: z, extends: gone}\n";
        let (_, settings) = side(&[("compose.yaml", text)]);
        assert_eq!(settings.problems.iter().filter(|(_, p)| p.kind == ProblemKind::Syntax).count(), 3);
        assert_eq!(variables(&settings, "service a"), ["env a A = 1"]);
    }

    #[test]
    fn included_files_are_part_of_the_project() {
        let main = "include: [db/compose.yaml, {path: [gone.yaml, compose.yaml]}]\nservices:\n  web: {image: a}\n";
        let db = "services:\n  db:\n    image: postgres:17\n    volumes: ['./conf:/etc/pg']\n";
        let (_, settings) = side(&[("compose.yaml", main), ("db/compose.yaml", db)]);
        assert_eq!(workload(&settings, "service db").containers[0].mounts[0].name, "db/conf");
        assert_eq!(settings.resources.iter().filter(|r| r.standing == Standing::Written).count(), 0);
    }

    #[test]
    fn variables_take_the_place_where_they_are_set() {
        let text = "services:\n  web:\n    image: a:${TAG}\n    environment:\n      - POOL=${WEB_POOL:-10}\n      - BARE\n      - UNSET=${NOWHERE}\n      - \
                    PRICE=$$5\n      - MIXED=x-${TAG-1}-${GONE:-é${TAG}}-${MUST:?say}-y\n";
        let (sources, settings) = side(&[("compose.yaml", text), (".env", "# c\nTAG=v2\nWEB_POOL=40\nBARE=1\n")]);
        let expected = [
            "env web BARE = 1",
            "env web MIXED = x-v2-év2-${MUST:?say}-y",
            "env web POOL = 40",
            "env web PRICE = $5",
            "env web UNSET = ${NOWHERE}",
        ];
        assert_eq!(variables(&settings, "service web"), expected);
        assert_eq!(place(&sources, &settings, "service web", "POOL"), ".env:3 40");
        assert_eq!(place(&sources, &settings, "service web", "BARE"), ".env:4 1");
        let web = effective(&settings, "service web");
        let mixed = web.settings.iter().find(|s| s.logical == "MIXED").expect("it is set");
        let text = |range| sources.get(mixed.at.source).slice(mixed.value.source_span(range));
        assert_eq!(text(0..2), "x-");
        assert_eq!(text(2..4), "${TAG-1}");
        assert_eq!(text(3..4), "${TAG-1}");
        assert_eq!(text(5..7), "é");
        assert_eq!(text(7..9), "${TAG}");
        assert_eq!(text(10..21), "${MUST:?say");
    }

    #[test]
    fn a_default_that_is_the_whole_value_stays_an_expression() {
        let (_, settings) = side(&[("compose.yaml", "services:\n  a: {image: x, environment: {P: '${P:-5}'}}\n")]);
        assert_eq!(read_by_processes(resource(&settings, "service a")), ["env a P = ${P:-5}"]);
    }

    #[test]
    fn a_file_for_an_environment_has_its_own_variables() {
        let prod = "services:\n  web: {environment: {A: '${A}'}}\n";
        let files = [("compose.yaml", BASE), ("compose.prod.yaml", prod), (".env", "A=1\n"), (".env.prod", "A=2\n")];
        let (sources, settings) = side(&files);
        assert_eq!(place(&sources, &settings, "service web (compose.prod.yaml)", "A"), ".env.prod:1 2");
    }

    #[test]
    fn hostile_expressions_are_survived() {
        for value in
            ["${".repeat(5_000), "$".repeat(9_999), "${A:-".repeat(3_000), "}".repeat(100), "${A:-${B:-${C".into()]
        {
            let text = format!("services:\n  a:\n    image: x\n    environment: {{A: '{value}'}}\n");
            let (_, settings) = side(&[("compose.yaml", &text), (".env", "A=1\n")]);
            assert!(!settings.resources.is_empty());
        }
    }
}
