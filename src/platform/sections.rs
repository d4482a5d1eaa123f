//! Files with a section for each environment: Rails' `database.yml`, `mongoid.yml` and `cable.yml`, Sequelize's
//! `config/config.json`, `knexfile.json`, `dbconf.yml`.
//!
//! Each section is a resource of its own, because a process reads one of them; its keys keep the section in their paths. A
//! section that names no environment (`default`, `shared`) is what others take from, and runs nowhere by itself.

use crate::document::{Entry, FormatId, Node};
use crate::setting::{Environment, Resource, ResourceId, Shape, Standing, UnitKind};

use super::flatten::{Flatten, Here, Scope, last_of_each};
use super::{Platform, Reading, Root};

pub(super) static PLATFORM: Platform = Platform {
    name: "sections",
    recognises: "database.yml, mongoid.yml, config.json and others whose top keys are environments",
    claims,
    read,
};

/// Files whose top keys are environments wherever one is.
const NAMES: [&str; 9] =
    ["database", "mongoid", "cable", "sidekiq", "knexfile", "dbconf", "ormconfig", "redis", "sequelize"];

/// Sections that others take from.
const SHARED: [&str; 8] = ["default", "defaults", "shared", "common", "base", "all", "global", "login"];

fn claims(root: &Root<'_>) -> bool {
    if root.index > 0 || !matches!(root.format, FormatId::Yaml | FormatId::Json | FormatId::Toml) {
        return false;
    }
    let entries = root.node.entries();
    let environments = entries.iter().filter(|entry| is_section(entry) && is_environment(&entry.key.text)).count();
    let stem = root.file_name().split(['.', '-', '_']).next().unwrap_or_default();
    let shared = |entry: &Entry| SHARED.contains(&entry.key.text.as_str());
    let only = || entries.iter().all(|entry| is_section(entry) && (is_environment(&entry.key.text) || shared(entry)));
    (environments > 0 && NAMES.contains(&stem)) || (environments > 1 && only())
}

fn is_section(entry: &Entry) -> bool {
    !entry.value.entries().is_empty()
}

/// Whether a key is the name of an environment, or starts with one: `production`, `production_replica`.
fn is_environment(key: &str) -> bool {
    Environment::guess(key).is_some()
}

fn read(root: &Root<'_>) -> Reading {
    let mut reading = Reading::default();
    let (sections, rest): (Vec<&Entry>, Vec<&Entry>) =
        last_of_each(root.node.entries()).into_iter().partition(|entry| is_section(entry));
    for section in sections {
        let name = format!("{}#{}", root.path, section.key.text);
        let environment = Environment::guess(&section.key.text).unwrap_or_default();
        push(root, std::slice::from_ref(section), &name, environment, &mut reading);
    }
    if !rest.is_empty() {
        let rest: Vec<Entry> = rest.into_iter().cloned().collect();
        push(root, &rest, root.path, Environment::Unknown, &mut reading);
    }
    reading
}

fn push(root: &Root<'_>, entries: &[Entry], name: &str, environment: Environment, reading: &mut Reading) {
    let mut flat = Flatten::of(root);
    let unit = flat.unit(UnitKind::File, root.file_name());
    let node = Node { source: root.node.source, ..Node::mapping(root.node.span, entries.to_vec()) };
    flat.walk(&node, &Here::default(), Scope::file(unit));
    let flat = flat.finish();
    reading.problems.extend(flat.problems);
    reading.resources.push(Resource {
        id: ResourceId::new("file", "", name),
        source: root.source,
        path: root.path.to_owned(),
        environment,
        settings: flat.settings,
        units: flat.units,
        shape: Shape::Plain,
        standing: Standing::Written,
    });
}

#[cfg(test)]
mod tests {
    use crate::platform::tests::{read_by_processes, resource, side};
    use crate::setting::Environment;

    const DATABASE: &str = "default: &default\n  adapter: postgresql\n  pool: 5\n\
                            development:\n  <<: *default\n  database: shop_dev\n\
                            production:\n  primary:\n    <<: *default\n    pool: 20\n  replica:\n    <<: *default\n";

    #[test]
    fn each_environment_of_database_yml_is_a_resource() {
        let (sources, settings) = side(&[("config/database.yml", DATABASE)]);
        let environment = |name: &str| resource(&settings, &format!("config/database.yml#{name}")).environment;
        assert_eq!(environment("production"), Environment::Production);
        assert_eq!(environment("development"), Environment::Development);
        assert_eq!(environment("default"), Environment::Unknown);
        let production = resource(&settings, "config/database.yml#production");
        let expected = [
            "file database.yml production.primary.adapter = postgresql",
            "file database.yml production.primary.pool = 20",
            "file database.yml production.replica.adapter = postgresql",
            "file database.yml production.replica.pool = 5",
        ];
        assert_eq!(read_by_processes(production), expected);
        // What is inherited stands where it is written.
        let inherited = production.settings.last().expect("the replica's pool");
        assert_eq!(sources.get(inherited.at.source).position(inherited.at.span.start).line, 3);
    }

    #[test]
    fn other_files_need_environments_and_nothing_else() {
        let json = r#"{"development": {"pool": {"max": 5}}, "production": {"pool": {"max": 20}}}"#;
        let (_, settings) = side(&[("config/config.json", json)]);
        assert_eq!(resource(&settings, "config/config.json#production").environment, Environment::Production);
        let (_, settings) = side(&[("values.yaml", "production: {a: 1}\nimage: {tag: 1}\nstaging: {a: 2}\n")]);
        assert_eq!(resource(&settings, "values.yaml").settings.len(), 3);
        let (_, settings) = side(&[("database.yml", "host: db\npool: 5\n")]);
        assert_eq!(resource(&settings, "database.yml").settings.len(), 2);
    }

    #[test]
    fn what_is_no_section_keeps_the_name_of_the_file() {
        let (_, settings) = side(&[("database.yml", "timeout: 5\nproduction: {pool: 5}\n")]);
        assert_eq!(read_by_processes(resource(&settings, "database.yml")), ["file database.yml timeout = 5"]);
    }
}
