//! Any file that no other platform claims: Helm values, application settings, `.env` files, server configuration.
//!
//! Each document is one resource named by its path, read as the file it is. Variables that it carries for somebody
//! else, as Helm values do, are environment blocks of their own.

use crate::document::FormatId;
use crate::setting::{Environment, Resource, ResourceId, Shape, Standing, UnitKind};

use super::flatten::{Flatten, Here, Scope};
use super::{Platform, Reading, Root};

pub(super) static PLATFORM: Platform = Platform {
    name: "plain",
    recognises: "any YAML, JSON, TOML, properties, dotenv or server configuration file",
    claims: |_| true,
    read,
};

fn read(root: &Root<'_>) -> Reading {
    let mut flat = Flatten::of(root);
    let here = Here::default();
    match root.format {
        FormatId::Dotenv => {
            let unit = flat.unit(UnitKind::Env, root.file_name());
            flat.variables(root.node, &here, unit);
        }
        // What a proxy lets through is no limit of a database, whatever stands behind it.
        FormatId::Nginx | FormatId::Haproxy => flat.walk(root.node, &here, Scope::STRUCTURE),
        format => {
            let unit = flat.unit(UnitKind::File, root.file_name());
            // `a.b = 1` and `a { b = 1 }` are the same to HOCON.
            let split_keys = format == FormatId::Hocon;
            flat.walk(root.node, &here, Scope { split_keys, ..Scope::file(unit) });
        }
    }
    let name = match root.index {
        0 => root.path.to_owned(),
        index => format!("{}#{}", root.path, index + 1),
    };
    let id = ResourceId::new("file", "", &name);
    let flat = flat.finish();
    let resource = Resource {
        id,
        source: root.source,
        path: root.path.to_owned(),
        environment: Environment::Unknown,
        settings: flat.settings,
        units: flat.units,
        shape: Shape::Plain,
        standing: Standing::Written,
    };
    Reading { resources: vec![resource], problems: flat.problems }
}

#[cfg(test)]
mod tests {
    use crate::platform::tests::{paths, read_by_processes, resource, side};

    #[test]
    fn keys_are_joined_by_dots() {
        let (sources, settings) = side(&[("conf/app.yaml", "db:\n  pool: {max: 10}\n  hosts: []\n")]);
        let file = resource(&settings, "conf/app.yaml");
        assert_eq!(read_by_processes(file), ["file app.yaml db.hosts = []", "file app.yaml db.pool.max = 10"]);
        let max = &file.settings[1];
        assert_eq!(sources.text(max.at), "10");
        assert_eq!(sources.get(max.at.source).slice(max.key_span), "max");
    }

    #[test]
    fn further_documents_are_numbered() {
        let (_, settings) = side(&[("a.yaml", "a: 1\n---\nb: 2\n")]);
        assert_eq!(read_by_processes(resource(&settings, "a.yaml#2")), ["file a.yaml b = 2"]);
    }

    #[test]
    fn helm_values_carry_variables_for_others() {
        let values = "web:\n  replicas: 2\n  env: {DB_HOST: db, DB_POOL: 5}\njobs:\n  - name: sync\n    extraEnv:\n      \
                      - name: DB_URL\n        value: pg\n      - name: KEY\n        valueFrom: {secretKeyRef: {name: s}}\n\
                      env: {region: eu}\n";
        let (_, settings) = side(&[("values.yaml", values)]);
        let file = resource(&settings, "values.yaml");
        let expected = [
            "file values.yaml env.region = eu",
            "env sync DB_URL = pg",
            "file values.yaml jobs[sync].name = sync",
            "env web DB_HOST = db",
            "env web DB_POOL = 5",
            "file values.yaml web.replicas = 2",
        ];
        assert_eq!(read_by_processes(file), expected);
        assert!(paths(file).contains(&"jobs[sync].extraEnv[KEY].valueFrom.secretKeyRef.name".to_owned()));
    }

    #[test]
    fn dotenv_lines_are_variables() {
        let (_, settings) = side(&[(".env.production", "DB_HOST=db\nDB_POOL=5\n")]);
        let file = resource(&settings, ".env.production");
        assert_eq!(read_by_processes(file), ["env .env.production DB_HOST = db", "env .env.production DB_POOL = 5"]);
    }

    #[test]
    fn a_file_inside_a_value_is_read() {
        let text = "files:\n  app.properties: |\n    pool.max=5\n    pool.min=1\n";
        let (sources, settings) = side(&[("values.yaml", text)]);
        let file = resource(&settings, "values.yaml");
        assert_eq!(paths(file), ["files.app.properties!pool.max", "files.app.properties!pool.min"]);
        assert_eq!(read_by_processes(file)[0], "file app.properties pool.max = 5");
        assert_eq!(sources.text(file.settings[0].at), "5");
    }
}
