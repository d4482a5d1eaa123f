//! Defaults and profiles of Spring, .NET and Node, and `.env` files with those of an environment.
//!
//! In: files of one folder that share a name. Out: for each profile what takes effect in it, under the name of the file
//! that makes the profile. The defaults stay written by themselves: they run too, and what is inherited keeps its place.

use std::collections::BTreeMap;

use crate::document::{Document, FormatId, Node};

use super::merge::Allowance;
use super::overlay::{Keys, Overlay};
use super::{Built, Covered, Effective, Layering, Tree, filled_roots, folder_of, spring};

/// See the module.
pub(super) static LAYERING: Layering =
    Layering { name: "profiles", does: "defaults and profiles of Spring, Quarkus, .NET and Node, `.env` files", build };

/// Profiles of one folder that are put together; a folder with more is no set of profiles.
const MOST_PROFILES: usize = 64;

fn build(tree: &Tree<'_>) -> Vec<Built> {
    let mut families: BTreeMap<(&str, Family), Vec<Part<'_>>> = BTreeMap::new();
    for (path, document) in tree.iter() {
        let Some((family, variant)) = family_of(path) else { continue };
        families.entry((folder_of(path), family)).or_default().push(Part { path, document, variant });
    }
    let mut built = Vec::new();
    let mut allowance = Allowance::default();
    for ((folder, family), parts) in &families {
        match family {
            Family::Spring(_) => {
                // What stands in `config/` is laid over what stands beside that folder.
                let outer = (folder.rsplit('/').next() == Some("config"))
                    .then(|| families.get(&(folder_of(folder), *family)))
                    .flatten();
                spring_profiles(outer.map_or(&[], Vec::as_slice), parts, &mut allowance, &mut built);
            }
            Family::DotNet => variants(parts, Keys::Colons, &mut allowance, &mut built),
            Family::Node | Family::Dotenv => variants(parts, Keys::Exact, &mut allowance, &mut built),
        }
    }
    built
}

/// Files that are read together, by their reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    /// `application` or `bootstrap`.
    Spring(&'static str),
    /// `appsettings.json`.
    DotNet,
    /// A `config` folder with a `default` file.
    Node,
    /// `.env`.
    Dotenv,
}

/// A file of a family.
#[derive(Debug, Clone, Copy)]
struct Part<'a> {
    path: &'a str,
    document: &'a Document,
    /// The profile that its name tells.
    variant: Option<&'a str>,
}

/// The family of a file, and its profile by its name.
fn family_of(path: &str) -> Option<(Family, Option<&str>)> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if let Some((stem, profile)) = spring::stem_and_profile(name) {
        let stem = if stem == "bootstrap" { "bootstrap" } else { "application" };
        return Some((Family::Spring(stem), profile));
    }
    if let Some(rest) = name.strip_prefix("appsettings.") {
        let variant = if rest == "json" { None } else { Some(rest.strip_suffix(".json")?) };
        return Some((Family::DotNet, variant));
    }
    if let Some(rest) = name.strip_prefix(".env") {
        const SAMPLES: [&str; 7] = ["example", "sample", "template", "dist", "defaults", "tpl", "j2"];
        let variant = if rest.is_empty() { None } else { Some(rest.strip_prefix('.')?) };
        let is_sample = variant.is_some_and(|v| v.split('.').any(|word| SAMPLES.contains(&word)));
        return (!is_sample).then_some((Family::Dotenv, variant));
    }
    let (stem, extension) = name.rsplit_once('.')?;
    let is_data = matches!(extension, "json" | "json5" | "yaml" | "yml" | "toml");
    let in_config = folder_of(path).rsplit('/').next() == Some("config");
    // `custom-environment-variables` maps keys to names of variables and holds no values.
    if !is_data || !in_config || stem == "custom-environment-variables" {
        return None;
    }
    Some((Family::Node, (stem != "default").then_some(stem)))
}

/// One file a profile, over the one without.
fn variants(parts: &[Part<'_>], keys: Keys, allowance: &mut Allowance, built: &mut Vec<Built>) {
    let Some(base) = parts.iter().find(|part| part.variant.is_none()) else { return };
    let Some(below) = only_mapping(base.document) else { return };
    for part in parts.iter().filter(|part| part.variant.is_some()).take(MOST_PROFILES) {
        let Some(above) = only_mapping(part.document).filter(|node| shares_a_key(below, node, keys)) else { continue };
        let doc = Doc { path: part.path, document: part.document, index: 0, root: 0, node: above, label: None };
        if allowance.is_spent() {
            built.push(doc.too_large());
            continue;
        }
        let mut overlay = Overlay::new(keys);
        overlay.lay(below, base.document.source, |_| false);
        // `.env.production.local` is laid over `.env.production`.
        let middle = part.variant.and_then(|v| v.strip_suffix(".local"));
        if let Some(middle) = parts.iter().find(|other| middle.is_some() && other.variant == middle)
            && let Some(node) = only_mapping(middle.document)
        {
            overlay.lay(node, middle.document.source, |_| false);
        }
        overlay.lay(above, part.document.source, |_| false);
        built.push(doc.built(overlay.into_node(above), Vec::new(), allowance));
    }
}

/// Whether two files speak of the same things at all: a folder may hold files beside its profiles.
fn shares_a_key(below: &Node, above: &Node, keys: Keys) -> bool {
    let folded = |text: &str| if keys == Keys::Exact { text.to_owned() } else { text.to_lowercase() };
    let first = |text: &str| folded(text.split(':').next().unwrap_or(text));
    let known: std::collections::BTreeSet<String> = below.entries().iter().map(|e| first(&e.key.text)).collect();
    above.entries().iter().any(|e| known.contains(&first(&e.key.text)))
}

fn only_mapping(document: &Document) -> Option<&Node> {
    let mut roots = filled_roots(document);
    let (_, _, node) = roots.next()?;
    (roots.next().is_none() && !node.entries().is_empty()).then_some(node)
}

/// One document of a Spring file.
#[derive(Debug, Clone)]
struct Doc<'a> {
    path: &'a str,
    document: &'a Document,
    index: usize,
    root: usize,
    node: &'a Node,
    /// The profiles for which it holds, by its content or its file's name; none for the defaults.
    label: Option<String>,
}

impl Doc<'_> {
    /// The one that there is no room to put together with others.
    fn too_large(&self) -> Built {
        let problems = vec![(self.document.source, Allowance::problem())];
        let path = self.path.to_owned();
        Built { layer: String::new(), path, documents: Vec::new(), covers: Vec::new(), problems }
    }

    fn built(&self, node: Node, covers: Vec<Covered>, allowance: &mut Allowance) -> Built {
        if !allowance.covers(&node) {
            return self.too_large();
        }
        let source = self.document.source;
        let format = self.document.format;
        let path = self.path.to_owned();
        Built {
            layer: String::new(),
            path: path.clone(),
            documents: vec![Effective { path, source, format, index: self.index, node }],
            covers,
            problems: Vec::new(),
        }
    }

    fn covered(&self) -> Covered {
        Covered { source: self.document.source, root: self.root }
    }

    fn holds_for(&self, profiles: &str) -> bool {
        let Some(label) = &self.label else { return false };
        let told: Vec<&str> = tokens(label).collect();
        label == profiles || tokens(profiles).all(|profile| told.contains(&profile))
    }
}

fn tokens(label: &str) -> impl Iterator<Item = &str> {
    label.split([',', '|']).map(str::trim)
}

/// What takes effect in each profile. Properties win over YAML, the file of a profile over a document for it.
fn spring_profiles(outer: &[Part<'_>], parts: &[Part<'_>], allowance: &mut Allowance, built: &mut Vec<Built>) {
    let mut docs: Vec<Doc<'_>> = Vec::new();
    for parts in [outer, parts] {
        let mut sorted: Vec<&Part<'_>> = parts.iter().collect();
        sorted.sort_by_key(|part| (part.variant.is_some(), part.document.format == FormatId::Properties));
        let own = sorted.into_iter().filter(|part| part.variant.is_none() || !std::ptr::eq(parts, outer));
        docs.extend(own.flat_map(|part| documents(part)));
    }
    let is_own = |doc: &Doc<'_>| parts.iter().any(|part| part.path == doc.path);
    let mut labels: Vec<&str> = docs.iter().filter(|d| is_own(d)).filter_map(|d| d.label.as_deref()).collect();
    labels.sort_unstable();
    labels.dedup();
    for profile in labels.iter().take(MOST_PROFILES) {
        built.extend(spring_profile(&docs, profile, allowance));
    }
    for doc in docs.iter().filter(|d| is_own(d)) {
        prefixed_profiles(doc, allowance, built);
    }
}

fn documents<'a>(part: &Part<'a>) -> Vec<Doc<'a>> {
    let doc = |(index, root, node): (usize, usize, &'a Node)| {
        let label = spring::profile(node).or_else(|| part.variant.map(str::to_owned));
        Doc { path: part.path, document: part.document, index, root, node, label }
    };
    filled_roots(part.document).filter(|(_, _, node)| !node.entries().is_empty()).map(doc).collect()
}

fn spring_profile(docs: &[Doc<'_>], profile: &str, allowance: &mut Allowance) -> Option<Built> {
    let (holding, base): (Vec<&Doc<'_>>, Vec<&Doc<'_>>) = {
        let all = docs.iter().filter(|doc| doc.label.is_none() || doc.holds_for(profile));
        all.partition(|doc| doc.label.is_some())
    };
    let top = holding.iter().rev().find(|doc| doc.label.as_deref() == Some(profile))?;
    if base.is_empty() && holding.len() == 1 {
        return None;
    }
    if allowance.is_spent() {
        return Some(top.too_large());
    }
    let mut overlay = Overlay::new(Keys::Dotted);
    for doc in base.iter().chain(&holding) {
        let source = doc.document.source;
        // Whose profile it is says the document that gives the name.
        let leave_out: fn(&[&str]) -> bool = if std::ptr::eq(*doc, *top) { |_| false } else { spring::is_activation };
        match spring::prefixed(doc.node) {
            Some((rest, sections)) => {
                overlay.lay(&rest, source, leave_out);
                for (name, node) in sections {
                    if spring::prefixed_profile(&name.text) == profile {
                        overlay.lay(&node, source, leave_out);
                    }
                }
            }
            None => overlay.lay(doc.node, source, leave_out),
        }
    }
    let covers = holding.iter().filter(|doc| doc.label.as_deref() == Some(profile)).map(|doc| doc.covered()).collect();
    Some(top.built(overlay.into_node(top.node), covers, allowance))
}

/// What takes effect in the profiles that a document of defaults knows by a prefix: `%prod.`.
fn prefixed_profiles(doc: &Doc<'_>, allowance: &mut Allowance, built: &mut Vec<Built>) {
    let Some((rest, sections)) = spring::prefixed(doc.node).filter(|_| doc.label.is_none()) else { return };
    for (name, node) in sections.into_iter().take(MOST_PROFILES) {
        if allowance.is_spent() {
            return built.push(doc.too_large());
        }
        let mut overlay = Overlay::new(Keys::Dotted);
        overlay.lay(&rest, doc.document.source, |_| false);
        overlay.lay(&node, doc.document.source, |_| false);
        let entry = crate::document::Entry { key: name, value: overlay.into_node(&node) };
        built.push(doc.built(Node::mapping(doc.node.span, vec![entry]), Vec::new(), allowance));
    }
}

#[cfg(test)]
mod tests {
    use crate::platform::tests::{effective, paths, read_by_processes, side};
    use crate::setting::{Environment, Settings, Standing};

    /// The values that take effect, without the name of their unit.
    fn values(settings: &Settings, id: &str) -> Vec<String> {
        let lines = read_by_processes(effective(settings, id));
        lines.into_iter().map(|line| line.splitn(3, ' ').nth(2).unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn a_profile_is_laid_over_the_defaults() {
        let base = "spring:\n  datasource:\n    url: jdbc:x\n    hikari: {maximumPoolSize: 5, minimum-idle: 1}\n";
        let prod = "spring.datasource.hikari.maximum-pool-size=20\n";
        let (sources, settings) = side(&[("r/application.yml", base), ("r/application-prod.properties", prod)]);
        let expected = [
            "spring.datasource.hikari.maximum-pool-size = 20",
            "spring.datasource.hikari.minimum-idle = 1",
            "spring.datasource.url = jdbc:x",
        ];
        assert_eq!(values(&settings, "r/application-prod.properties"), expected);
        let made = effective(&settings, "r/application-prod.properties");
        assert_eq!(made.environment, Environment::Production);
        let files: Vec<&str> = made.settings.iter().map(|s| sources.get(s.at.source).path.as_str()).collect();
        assert_eq!(files, ["r/application-prod.properties", "r/application.yml", "r/application.yml"]);
        let base = settings.resources.iter().find(|r| r.path == "r/application.yml").map(|r| r.standing);
        assert_eq!(base, Some(Standing::Written));
    }

    #[test]
    fn documents_for_a_profile_come_before_its_file() {
        let text = "a: 1\nb: 1\nc: 1\n---\nspring.config.activate.on-profile: [prod, eu]\nb: 2\nc: 2\n---\n\
                    spring:\n  profiles: prod\nc: 3\nd: 3\n";
        let (_, settings) = side(&[("application.yml", text), ("application-prod.yml", "d: 4\n")]);
        assert_eq!(values(&settings, "application-prod.yml"), ["a = 1", "b = 2", "c = 3", "d = 4"]);
        let both = values(&settings, "application.yml#prod,eu");
        assert_eq!(both.iter().take(3).collect::<Vec<_>>(), ["a = 1", "b = 2", "c = 2"]);
    }

    #[test]
    fn a_config_folder_is_laid_over_what_stands_beside_it() {
        let files = [("application.yml", "a: 1\nb: 1\n"), ("config/application-prod.yml", "b: 2\n")];
        let (_, settings) = side(&files);
        assert_eq!(values(&settings, "config/application-prod.yml"), ["a = 1", "b = 2"]);
    }

    #[test]
    fn a_prefix_makes_a_profile_of_quarkus() {
        let text = "a.b=1\na.c=1\n%prod.a.b=2\n%dev.a.b=3\n";
        let (_, settings) = side(&[("application.properties", text)]);
        assert_eq!(values(&settings, "application.properties#prod"), ["a.b = 2", "a.c = 1"]);
        let made = effective(&settings, "application.properties#prod");
        assert_eq!(made.environment, Environment::Production);
        assert_eq!(paths(made), ["%prod.a.b", "%prod.a.c"]);
        assert_eq!(effective(&settings, "application.properties#dev").environment, Environment::Development);
    }

    #[test]
    fn net_and_node_and_env_files_have_their_defaults() {
        let files = [
            ("appsettings.json", r#"{"Db": {"Host": "a", "Pool": 1}}"#),
            ("appsettings.Production.json", r#"{"db:pool": 2}"#),
            ("config/default.yaml", "db: {host: a, pool: 1}\n"),
            ("config/production.json", r#"{"db": {"pool": 2}}"#),
            ("config/routes.yaml", "paths: []\n"),
            (".env", "HOST=a\nPOOL=1\n"),
            (".env.production", "POOL=2\n"),
            (".env.example", "POOL=3\n"),
        ];
        let (_, settings) = side(&files);
        assert_eq!(values(&settings, "appsettings.Production.json"), ["Db.Host = a", "Db.pool = 2"]);
        assert_eq!(values(&settings, "config/production.json"), ["db.host = a", "db.pool = 2"]);
        assert_eq!(values(&settings, ".env.production"), ["HOST = a", "POOL = 2"]);
        assert_eq!(settings.resources.iter().filter(|r| r.standing == Standing::Effective).count(), 3);
    }

    #[test]
    fn hostile_keys_are_survived() {
        let deep = format!("{}=1\n{}=2\n", "a.".repeat(40_000), "a.".repeat(90));
        let (_, settings) =
            side(&[("application.properties", &deep), ("application-x.properties", "%.=1\n%=2\n..=3\n")]);
        assert!(!settings.resources.is_empty());
    }
}
