//! Ansible's variables: group and host variables, defaults of roles, files in the vault.
//!
//! In: YAML below `group_vars`, `host_vars`, `roles/*/defaults` and `roles/*/vars`. Out: one configuration file a document.
//! A name such as `postgresql_max_connections` goes by the server's own words, and so does an item of a list of options.
//! Playbooks stay plain files.

use crate::document::{Entry, Node, Scalar};
use crate::setting::{Shape, UnitKind};

use super::flatten::{Flatten, Here, Scope, last_of_each};
use super::pieces;
use super::{Platform, Reading, Root};

pub(super) static PLATFORM: Platform = Platform {
    name: "ansible",
    recognises: "Ansible's group_vars, host_vars, and the defaults and vars of roles",
    claims,
    read,
};

/// Prefixes of variables, and what the server itself calls the group.
const SERVERS: [(&str, &str); 6] = [
    ("postgresql_", "postgresql_config"),
    ("postgres_", "postgresql_config"),
    ("mysql_", "mysqld"),
    ("mariadb_", "mysqld"),
    ("pgbouncer_", "pgbouncer"),
    ("redis_", "redis"),
];

fn claims(root: &Root<'_>) -> bool {
    let folders: Vec<&str> = root.folder().split('/').collect();
    let variables = folders.iter().any(|folder| matches!(*folder, "group_vars" | "host_vars"));
    let role = folders.last().is_some_and(|last| matches!(*last, "defaults" | "vars")) && folders.contains(&"roles");
    let file = matches!(root.file_name(), "group_vars.yml" | "group_vars.yaml");
    let is_vault = root.node.as_scalar().is_some_and(Scalar::is_encrypted);
    is_vault || ((variables || role || file) && !root.node.entries().is_empty())
}

fn read(root: &Root<'_>) -> Reading {
    let mut flat = Flatten::of(root);
    let unit = flat.unit(UnitKind::File, root.file_name());
    let scope = Scope::file(unit);
    if let Some(vault) = root.node.as_scalar() {
        // A file that is encrypted as a whole has no keys; one stands for all of them.
        let key = Scalar { text: "vault".into(), ..vault.clone() };
        let whole = Entry { key, value: root.node.clone() };
        flat.entry(&whole, &Here::default(), Scope::STRUCTURE);
    }
    for entry in last_of_each(root.node.entries()) {
        let here = Here::default().entry(entry);
        match (server_key(&entry.key.text), options(&entry.value)) {
            (_, Some(option)) => listed(&entry.key.text, &entry.value, option, &here, scope, &mut flat),
            (Some(key), _) if entry.value.as_scalar().is_some() => flat.walk(&entry.value, &here.called(&key), scope),
            _ => flat.entry(entry, &Here::default(), scope),
        }
    }
    let mut reading = Reading::default();
    pieces::push(root, pieces::file_id(root), None, flat.finish(), Shape::Plain, &mut reading);
    reading
}

/// `postgresql_config.max_connections` for `postgresql_max_connections`, where it is a setting of the server.
///
/// Only counts: `postgresql_host` is the address of a server as its clients know it.
fn server_key(name: &str) -> Option<String> {
    const COUNTS: [&str; 14] = [
        "max_connections",
        "superuser_reserved_connections",
        "reserved_connections",
        "max_user_connections",
        "default_pool_size",
        "max_client_conn",
        "reserve_pool_size",
        "min_pool_size",
        "max_db_connections",
        "pool_mode",
        "server_idle_timeout",
        "server_lifetime",
        "query_wait_timeout",
        "maxclients",
    ];
    let (prefix, group) = SERVERS.iter().find(|(prefix, _)| name.starts_with(prefix))?;
    let rest = name.strip_prefix(prefix)?;
    let known =
        COUNTS.iter().find(|count| rest == **count || rest.strip_suffix(*count).is_some_and(|r| r.ends_with('_')))?;
    Some(format!("{group}.{known}"))
}

/// The key that names an option, where a list holds nothing but options: `{option: max_connections, value: 200}`.
fn options(node: &Node) -> Option<&'static str> {
    let names = |key: &&str| {
        let is_option = |item: &Node| {
            item.get(key).is_some_and(|name| name.as_text().is_some())
                && item.get("value").is_some_and(|value| value.as_scalar().is_some())
        };
        !node.items().is_empty() && node.items().iter().all(is_option)
    };
    ["option", "name", "key"].into_iter().find(names)
}

/// Options of a list under the server's own group, else under the name of the list.
fn listed(name: &str, list: &Node, option: &str, here: &Here<'_>, scope: Scope, flat: &mut Flatten) {
    let group = SERVERS.iter().find(|(prefix, _)| name.starts_with(prefix)).map_or(name, |(_, group)| group);
    for (item, below) in list.items().iter().zip(here.items(list.items())) {
        let key = item.get(option).and_then(Node::as_text).unwrap_or_default();
        let named = last_of_each(item.entries());
        for entry in named.into_iter().filter(|entry| entry.key.text != option) {
            let at = below.clone().of(item).entry(entry);
            match entry.key.text.as_str() {
                "value" => flat.walk(&entry.value, &at.called(&format!("{group}.{key}")), scope),
                _ => flat.walk(&entry.value, &at, Scope::STRUCTURE),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::platform::tests::{paths, read_by_processes, resource, side};
    use crate::setting::Environment;

    #[test]
    fn a_variable_of_a_server_goes_by_the_servers_word() {
        let text = "postgresql_max_connections: 200\npgbouncer_default_pool_size: 20\npostgresql_host: db\napp_db: {host: db}\n";
        let (sources, settings) = side(&[("inventories/prod/group_vars/db.yml", text)]);
        let file = resource(&settings, "inventories/prod/group_vars/db.yml");
        let expected = [
            "file db.yml app_db.host = db",
            "file db.yml pgbouncer.default_pool_size = 20",
            "file db.yml postgresql_host = db",
            "file db.yml postgresql_config.max_connections = 200",
        ];
        assert_eq!(read_by_processes(file), expected);
        assert_eq!(
            paths(file),
            ["app_db.host", "pgbouncer_default_pool_size", "postgresql_host", "postgresql_max_connections"]
        );
        assert_eq!(file.environment, Environment::Production);
        let limit = file.settings.last().expect("it is set");
        assert_eq!(sources.text(limit.at), "200");
    }

    #[test]
    fn options_in_a_list_are_keys() {
        let text = "postgresql_global_config_options:\n  - option: max_connections\n    value: 200\n  - option: fsync\n    value: on\n";
        let (_, settings) = side(&[("roles/db/defaults/main.yml", text)]);
        let file = resource(&settings, "roles/db/defaults/main.yml");
        let expected =
            ["file main.yml postgresql_config.fsync = on", "file main.yml postgresql_config.max_connections = 200"];
        assert_eq!(read_by_processes(file), expected);
        assert_eq!(paths(file)[1], "postgresql_global_config_options[max_connections].value");
    }

    #[test]
    fn a_vaulted_value_is_read_by_nobody() {
        let text = "db_host: db\ndb_password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n";
        let (_, settings) = side(&[("group_vars/all.yml", text)]);
        let file = resource(&settings, "group_vars/all.yml");
        assert_eq!(read_by_processes(file), ["file all.yml db_host = db"]);
        assert_eq!(paths(file), ["db_host", "db_password"]);
        let (_, settings) = side(&[("secrets.yml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n6364\n")]);
        assert_eq!(paths(resource(&settings, "secrets.yml")), ["vault"]);
    }

    #[test]
    fn other_folders_are_left_alone() {
        let (_, settings) = side(&[("config/vars/main.yml", "postgresql_max_connections: 5\n")]);
        assert_eq!(settings.resources[0].settings[0].logical, "postgresql_max_connections");
    }
}
