//! The catalogue's tables: embedded as written, complete, and true to their examples.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads and writes the generated files")]

#[path = "support/parameters.rs"]
mod parameters;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use plimsoll::catalogue::{
    Catalogue, Entries, Library, Query, Role, broken_examples, correction, in_words, read_value,
};
use proptest::prelude::*;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All tables, file by file in the order of their names.
fn tables() -> Entries {
    let folder = root().join("src/catalogue");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "toml") && !f.ends_with("parameters.toml"));
    files.sort();
    assert!(!files.is_empty(), "no tables in {}", folder.display());
    let mut all = Entries::default();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let one: Entries = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        all.libraries.extend(one.libraries);
        all.servers.extend(one.servers);
        all.programs.extend(one.programs);
        all.managed.extend(one.managed);
    }
    all
}

/// Compares a generated file with what it should be; with `UPDATE_EXPECT` set it is rewritten.
fn check_generated(path: &Path, expected: &str) {
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, expected).unwrap();
        return;
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    let name = path.strip_prefix(root()).unwrap().display();
    assert!(found == expected, "{name} is stale: run the tests once with UPDATE_EXPECT=1 and commit it");
}

/// One entry a line, so that a change of one entry is a change of one line.
fn embedded(tables: &Entries) -> String {
    fn lines<T: serde::Serialize>(items: &[T]) -> String {
        items.iter().map(|i| serde_json::to_string(i).unwrap()).collect::<Vec<_>>().join(",\n")
    }
    // Examples are for tests, and are left where they are written.
    let bare = |l: &Library| Library { examples: Vec::new(), ..l.clone() };
    let libraries: Vec<Library> = tables.libraries.iter().map(bare).collect();
    format!(
        "{{\"library\":[\n{}\n],\"server-limit\":[\n{}\n],\"program\":[\n{}\n],\"managed\":[\n{}\n]}}\n",
        lines(&libraries),
        lines(&tables.servers),
        lines(&tables.programs),
        lines(&tables.managed)
    )
}

#[test]
fn the_embedded_catalogue_is_the_one_that_is_written() {
    check_generated(&root().join("src/catalogue/embedded.json"), &embedded(&tables()));
}

#[test]
fn the_embedded_parameters_are_those_that_are_written() {
    let tables = parameters::tables(&root());
    check_generated(&root().join("src/catalogue/parameters.txt"), &parameters::embedded(&tables));
}

#[test]
fn every_family_of_parameters_has_its_source_and_its_date() {
    for family in parameters::tables(&root()).families {
        assert!(!family.sources.is_empty() && !family.checked.is_empty(), "{}: no source or no date", family.id);
        let mut seen = BTreeSet::new();
        let all = family.params.iter().flat_map(|p| &p.names).chain(&family.names);
        for name in all {
            assert!(seen.insert(name), "{}: {name} stands twice", family.id);
            assert!(!name.contains([',', '\t']), "{}: {name} has a separator", family.id);
        }
    }
}

#[test]
fn the_documentation_lists_what_is_known() {
    let text = documentation(&tables()) + &parameters::documentation(&parameters::tables(&root()));
    check_generated(&root().join("docs/catalogue.md"), &text);
}

fn catalogue() -> Catalogue {
    Catalogue::new(tables()).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn every_example_gives_what_it_says() {
    let broken = broken_examples(&catalogue());
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_entry_has_its_source_its_date_and_an_example() {
    let tables = tables();
    for library in &tables.libraries {
        let id = &library.id;
        assert!(!library.sources.is_empty() && !library.checked.is_empty(), "{id}: no source or no date");
        assert!(!library.multiplicity.is_empty(), "{id}: what is one pool multiplied by?");
        assert!(library.examples.iter().any(|e| !e.expect.is_empty()), "{id}: no example that finds something");
    }
    for program in &tables.programs {
        assert!(!program.sources.is_empty() && !program.checked.is_empty(), "{}: no source or no date", program.id);
        assert!(!program.examples.is_empty(), "{}: no example", program.id);
    }
    for server in &tables.servers {
        assert!(!server.sources.is_empty() && !server.checked.is_empty(), "{}: no source or no date", server.id);
        assert!(!server.errors.is_empty(), "{}: what are clients told?", server.id);
    }
}

#[test]
fn no_two_libraries_claim_the_same_name() {
    let mut seen = BTreeSet::new();
    for setting in tables().libraries.iter().flat_map(|l| &l.settings) {
        let relax = |k: &String| k.to_lowercase().replace(['-', '_', ' '], "");
        for key in setting.keys.iter().map(relax) {
            assert!(seen.insert(format!("key {key}")), "the key {key} stands twice");
        }
        for name in setting.env.iter().map(|n| n.to_uppercase()) {
            assert!(seen.insert(format!("env {name}")), "the environment name {name} stands twice");
        }
        for (param, dialect) in setting.params.iter().flat_map(|p| setting.dialects.iter().map(move |d| (p, d))) {
            let param = param.to_lowercase().replace(' ', "");
            assert!(seen.insert(format!("param {param} {dialect}")), "{param} of {dialect} stands twice");
        }
    }
}

/// The role of a key with nothing around it.
fn role_of(catalogue: &Catalogue, key: &str) -> Option<(String, Role, String)> {
    let is_env = !key.contains('.') && key.to_uppercase() == key;
    let path: Vec<&str> = if is_env { vec![key] } else { key.split('.').collect() };
    let query = Query { path: &path, is_env, siblings: &|_| false, file: "config.yaml", dialect: None, images: &[] };
    let found = catalogue.recognise(&query)?;
    Some((catalogue.library(found.library).id.clone(), found.setting.role, found.group))
}

#[test]
fn settings_of_other_pools_stay_silent() {
    let catalogue = catalogue();
    let foreign = [
        "server.tomcat.threads.max",
        "server.tomcat.max-connections",
        "http.client.pool.max",
        "http.client.pool.max-size",
        "ldap.pool.max",
        "spring.ldap.pool.max-active",
        "spring.redis.lettuce.pool.max-active",
        "spring.data.redis.jedis.pool.max-wait",
        "mysqld.innodb_buffer_pool_size",
        "innodb_buffer_pool_size",
        "thread_pool_size",
        "worker.pool.size",
        "redis.cache.size",
        "redis.pool.size",
        "cache.database.redis.pool.size",
        "upstream.max_connections",
        "nginx.worker_connections",
        "envoy.circuit_breakers.max_connections",
        "spec.template.spec.pool",
        "pool",
        "max",
        "size",
        "timeout",
        "timeouts.idle_timeout",
        "ingress.connection-timeout",
        "resilience.max-wait",
        "queue.max_overflow",
        "nodePool.maxSize",
        "nodePools.default.maxCount",
        "db.threadPool.pool.size",
        "THREAD_POOL_SIZE",
        "UV_THREADPOOL_SIZE",
        "WORKER_POOL_SIZE",
        "MAX_CONNECTIONS",
        "POOL_SIZE",
        "HTTP_MAX_IDLE_CONNS",
        "DB_HOST",
        "DATABASE_URL",
        "GRPC_POOL_MAX",
        "HTTP_CONNECTION_TIMEOUT_MILLIS",
        "SESSION_MAX_LIFETIME_SECONDS",
        "rpc.max_open_connections",
        "http.options.pool.max_size",
        "java.environment.THREAD_POOL_SIZE",
        "core.pool.size",
        "max.pool.size",
        "triggerpool.fast.max",
        "egov.server-tomcat-max-connections",
        "httpclient.connections.max",
        "redis.pool.acquireTimeoutMillis",
    ];
    for key in foreign {
        assert_eq!(role_of(&catalogue, key), None, "{key}");
    }
    // Beside keys of the same words too.
    let path = ["spring", "redis", "jedis", "pool", "max-active"];
    let siblings = |name: &str| name == "max-wait";
    let query =
        Query { path: &path, is_env: false, siblings: &siblings, file: "application.yml", dialect: None, images: &[] };
    assert_eq!(catalogue.recognise(&query), None);
}

#[test]
fn pools_are_found_in_every_spelling_with_their_group() {
    let catalogue = catalogue();
    let cases = [
        ("spring.datasource.hikari.maximum-pool-size", "hikaricp", "spring.datasource"),
        ("spring.datasource.hikari.maximumPoolSize", "hikaricp", "spring.datasource"),
        ("spring.datasource.orders-db.hikari.maximum_pool_size", "hikaricp", "spring.datasource.ordersdb"),
        ("SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE", "hikaricp", "spring.datasource"),
        ("SPRING_DATASOURCE_ORDERSDB_HIKARI_MAXIMUMPOOLSIZE", "hikaricp", "spring.datasource.ordersdb"),
        ("HIKARI_MAXIMUM_POOL_SIZE", "hikaricp", ""),
        ("ORDERS_DB_POOL_SIZE", "any-pool", "orders"),
        ("DB_POOL_SIZE", "any-pool", ""),
        ("DB_MAX_OPEN_CONNS", "go-database-sql", ""),
        ("storage.db.maxOpenConns", "go-database-sql", "storage.db"),
        ("app.ordersDb.pool.maxSize", "any-pool", "app.ordersdb"),
        ("databases.main.pool.max", "knex", "databases.main"),
        ("java.environment.ORDERS_DB_MAX_POOL_SIZE", "any-pool", "java.environment.orders"),
        ("/shop/prod/db/hikari/max_pool_size", "hikaricp", "shop.prod.db"),
        ("vars.db_hikari_max_pool_size", "hikaricp", "vars.db"),
    ];
    for (key, library, group) in cases {
        let expected = (library.to_owned(), Role::PoolMax, group.to_owned());
        assert_eq!(role_of(&catalogue, key), Some(expected), "{key}");
    }
}

#[test]
fn a_dotted_environment_name_is_read_as_a_key() {
    let catalogue = catalogue();
    let path = ["spring.datasource.hikari.maximum-pool-size"];
    let query = Query { path: &path, is_env: true, siblings: &|_| false, file: "", dialect: None, images: &[] };
    assert_eq!(catalogue.recognise(&query).map(|m| m.group), Some("spring.datasource".to_owned()));
}

#[test]
fn a_data_source_without_pool_settings_has_its_library() {
    let catalogue = catalogue();
    let implied = |key: &str, is_env: bool, dialect: Option<&str>| {
        let (library, group) = catalogue.implied_pool(key, is_env, dialect)?;
        Some((catalogue.library(library).id.clone(), group))
    };
    let found = |id: &str, group: &str| Some((id.to_owned(), group.to_owned()));
    assert_eq!(implied("spring.datasource.url", false, None), found("hikaricp", "spring.datasource"));
    assert_eq!(implied("SPRING_DATASOURCE_URL", true, None), found("hikaricp", "spring.datasource"));
    assert_eq!(
        implied("ConnectionStrings.Shop", false, Some("ado-net-npgsql")),
        found("npgsql", "ConnectionStrings.Shop")
    );
    assert_eq!(implied("DATABASE_URL", true, Some("libpq-uri")), None);
    assert_eq!(implied("app.url", false, None), None);
}

#[test]
fn servers_are_known_by_image_and_not_their_companions() {
    let catalogue = catalogue();
    let server = |image: &str| catalogue.server_of_image(image).map(|s| s.id.as_str());
    let known = [
        ("postgres:16-alpine", "postgresql"),
        ("docker.io/bitnami/postgresql:16", "postgresql"),
        ("registry:5000/postgis/postgis", "postgresql"),
        ("timescale/timescaledb-ha:pg16@sha256:00", "postgresql"),
        ("mysql:8.4", "mysql"),
        ("percona/percona-server:8.0", "mysql"),
        ("mariadb:11", "mariadb"),
        ("bitnami/redis:7", "redis"),
        ("mongo:7", "mongodb"),
    ];
    for (image, id) in known {
        assert_eq!(server(image), Some(id), "{image}");
    }
    let companions = [
        "prometheuscommunity/postgres-exporter",
        "edoburu/pgbouncer",
        "acme/postgres-backup:1",
        "mysqld-exporter",
        "postgrest/postgrest",
        "dpage/pgadmin4",
        "acme/orders-mysql-migrate",
        "oliver006/redis_exporter",
    ];
    for image in companions {
        assert_eq!(server(image), None, "{image}");
    }
}

#[test]
fn a_server_reads_its_limit_from_its_command() {
    let catalogue = catalogue();
    let limit = |engine: &str, command: &str| {
        let words: Vec<&str> = command.split_whitespace().collect();
        catalogue.server_named(engine).unwrap().limit_in_words(&words)
    };
    assert_eq!(limit("postgresql", "postgres -c shared_buffers=1GB -c max_connections=300"), Some((4, Some(300))));
    assert_eq!(limit("postgresql", "-c max_connections=200 -c max_connections=300"), Some((3, Some(300))));
    assert_eq!(limit("postgresql", "postgres -N 250"), Some((2, Some(250))));
    assert_eq!(limit("postgresql", "postgres --max-connections=250"), Some((1, Some(250))));
    assert_eq!(limit("postgresql", "postgres -c max_connections=${PG_MAX}"), Some((2, None)));
    assert_eq!(limit("postgresql", "postgres -c shared_buffers=1GB"), None);
    assert_eq!(limit("mysql", "mysqld --max_connections=500"), Some((1, Some(500))));
    assert_eq!(limit("mysql", "--max-connections 500"), Some((1, Some(500))));
    assert_eq!(limit("redis", "redis-server --maxclients 500"), Some((2, Some(500))));
}

#[test]
fn a_limit_in_a_file_counts_only_in_the_server_s_own_place() {
    let catalogue = catalogue();
    let server =
        |key: &str, context: &str| catalogue.server_of_setting(key, false, context, &|_| false).map(|s| s.id.as_str());
    let cnpg = "db/cluster.yaml Cluster shop/orders-db spec.postgresql.parameters.max_connections";
    assert_eq!(server("spec.postgresql.parameters.max_connections", cnpg), Some("postgresql"));
    assert_eq!(server("max_connections", "db/postgresql.conf db/postgresql.conf max_connections"), Some("postgresql"));
    let mounted = "db/cm.yaml ConfigMap shop/pg data.postgresql.conf!max_connections";
    assert_eq!(server("max_connections", mounted), Some("postgresql"));
    assert_eq!(server("mysqld.max_connections", "db/my.cnf db/my.cnf mysqld.max_connections"), Some("mysql"));
    assert_eq!(
        server("mysqld.max_connections", "mariadb/my.cnf mariadb/my.cnf mysqld.max_connections"),
        Some("mariadb")
    );
    assert_eq!(server("production.max_connections", "postgres/database.yml x production.max_connections"), None);
    assert_eq!(server("postgres.max_connections", "app/values.yaml app/values.yaml postgres.max_connections"), None);
    assert_eq!(catalogue.server_of_setting("POSTGRESQL_MAX_CONNECTIONS", true, "postgresql.conf", &|_| false), None);
}

#[test]
fn reserved_slots_are_those_inside_the_limit() {
    let catalogue = catalogue();
    let reserved = |id: &str| catalogue.server_named(id).unwrap().reserved_total();
    assert_eq!((reserved("postgresql"), reserved("mysql"), reserved("mariadb")), (3, 0, 0));
}

#[test]
fn a_user_teaches_an_own_library_which_wins() {
    let own = r#"
        [[library]]
        id = "acme-pool"
        name = "Acme pool"
        [[library.setting]]
        keys = ["acme.db.connections"]
        env = ["DB_POOL_SIZE"]
        role = "pool_max"
        unit = "count"
        default = "7"
    "#;
    let user: Entries = toml::from_str(own).unwrap();
    let catalogue = Catalogue::builtin().unwrap().with_user(user).unwrap();
    for key in ["acme.db.connections", "DB_POOL_SIZE", "SHOP_ACME_DB_CONNECTIONS"] {
        assert_eq!(role_of(&catalogue, key).map(|(id, ..)| id).as_deref(), Some("acme-pool"), "{key}");
    }
    assert_eq!(role_of(&catalogue, "db.maxOpenConns").map(|(id, ..)| id).as_deref(), Some("go-database-sql"));
}

#[test]
fn a_user_s_mistake_is_told_with_place_and_remedy() {
    let refused = |text: &str| {
        let user: Entries = toml::from_str(text).unwrap();
        Catalogue::builtin().unwrap().with_user(user).unwrap_err().to_string()
    };
    let setting = |rest: &str| {
        format!(
            "[[library]]\nid = \"acme\"\nname = \"Acme\"\n[[library.setting]]\nrole = \"pool_max\"\nunit = \"count\"\n{rest}"
        )
    };
    let cases = [
        (setting("keys = [\"max\"]"), "too short"),
        (setting("short = [\"max\"]"), "short and needs go together"),
        (setting(""), "nothing names it"),
        (setting("keys = [\"acme.pool\"]\ndefault = \"ten\""), "the default is no value of its unit"),
        (setting("keys = [\"acme.pool\"]\nmin = 5\nmax = 1"), "min is greater than max"),
        (setting("params = [\"acme\"]"), "params and dialects go together"),
        ("[[library]]\nid = \"acme\"\nname = \"Acme\"".to_owned(), "no [[library.setting]]"),
        ("[[library]]\nid = \"Acme!\"\nname = \"Acme\"".to_owned(), "an id has only small letters"),
    ];
    for (text, expected) in cases {
        let told = refused(&text);
        assert!(told.contains(expected) && told.starts_with("[[library]]"), "{told}");
    }
    assert!(toml::from_str::<Entries>(&setting("keyz = []")).is_err(), "an unknown key is refused");
}

proptest! {
    #[test]
    fn no_text_makes_a_value_panic(text in "[-+0-9a-zA-ZµPTе:._%${} ]{0,40}|.*") {
        for setting in tables_once().libraries.iter().flat_map(|l| &l.settings) {
            let value = read_value(setting, &text);
            prop_assert!(!in_words(setting, &value).is_empty() || text.trim().is_empty());
            let _ = correction(setting, &value);
        }
    }

    #[test]
    fn no_key_makes_recognition_panic(key in "([A-Za-zµ_./ -]|pool|DB_|max|size|[0-9]){0,24}|.*", is_env: bool) {
        let catalogue = catalogue_once();
        let path: Vec<&str> = key.split('.').collect();
        let query = Query { path: &path, is_env, siblings: &|_| true, file: &key, dialect: None, images: &[&key] };
        let _ = catalogue.recognise(&query);
        let _ = catalogue.recognise(&Query { dialect: Some("libpq-uri"), ..query });
        let _ = catalogue.implied_pool(&key, is_env, None);
        let _ = catalogue.server_of_image(&key);
        let _ = catalogue.server_of_setting(&key, is_env, &key, &|_| false);
        let words: Vec<&str> = key.split(' ').collect();
        let _ = catalogue.processes_of(Role::Processes, &words, Some(&key), &|_| Some((key.as_str(), ())));
        for server in catalogue.servers() {
            let _ = server.limit_in_words(&words);
        }
    }
}

fn tables_once() -> &'static Entries {
    static TABLES: std::sync::LazyLock<Entries> = std::sync::LazyLock::new(tables);
    &TABLES
}

fn catalogue_once() -> &'static Catalogue {
    static CATALOGUE: std::sync::LazyLock<Catalogue> = std::sync::LazyLock::new(catalogue);
    &CATALOGUE
}

/// The table of all that is known, for readers.
fn documentation(tables: &Entries) -> String {
    let mut text = String::from(
        "<!-- Made from src/catalogue/*.toml by a test; edit those files, then run the tests with UPDATE_EXPECT=1. -->\n\
         # What Plimsoll knows\n\n\
         Keys are matched at the end of the full path; case, `-` and `_` do not matter. A key in *italics* counts only \
         where something near it says so (a sibling key, a parent, the file's name). The same tables in `plimsoll.toml` \
         (`[[library]]`, `[[server-limit]]`, `[[program]]`) teach an in-house library.\n\n\
         ## Pools\n",
    );
    for library in &tables.libraries {
        let per = library.multiplicity.join(", ");
        let _ = write!(
            text,
            "\n### {}\n\n`{}`, one pool per {per}. Checked {}: ",
            library.name, library.id, library.checked
        );
        let sources: Vec<String> = library.sources.iter().map(|s| format!("<{s}>")).collect();
        let _ = writeln!(
            text,
            "{}\n\n| Setting | Role | Unit | Default | Note |\n| --- | --- | --- | --- | --- |",
            sources.join(", ")
        );
        for setting in &library.settings {
            let plain = setting.keys.iter().chain(&setting.env).chain(&setting.params).map(|k| format!("`{k}`"));
            let names: Vec<String> = plain.chain(setting.short.iter().map(|k| format!("*`{k}`*"))).collect();
            let unit = serde_json::to_string(&setting.unit).unwrap().replace('"', "");
            let default = setting.default.as_deref().unwrap_or_default();
            let notes: Vec<&str> = [&setting.default_note, &setting.note]
                .into_iter()
                .map(String::as_str)
                .filter(|n| !n.is_empty())
                .collect();
            let _ = writeln!(
                text,
                "| {} | `{}` | {unit} | {default} | {} |",
                names.join(", "),
                setting.role.as_str(),
                notes.join("; ")
            );
        }
    }
    text.push_str("\n## Servers\n\n| Server | Limit | Default | Reserved | Restart | Images |\n| --- | --- | --- | --- | --- | --- |\n");
    for server in &tables.servers {
        let default = server.default.map_or_else(String::new, |n| n.to_string());
        let restart = if server.restart { "yes" } else { "no" };
        let images: Vec<String> = server.images.iter().map(|i| format!("`{i}`")).collect();
        let _ = writeln!(
            text,
            "| {} | `{}` | {default} | {} | {restart} | {} |",
            server.name,
            server.limit_key,
            server.reserved_total(),
            images.join(", ")
        );
    }
    text.push_str(
        "\n## Programs\n\n| Program | Counts | Flags | Environment | Default |\n| --- | --- | --- | --- | --- |\n",
    );
    for (program, setting) in tables.programs.iter().flat_map(|p| p.settings.iter().map(move |s| (p, s))) {
        let code = |list: &[String]| {
            list.iter().map(|f| format!("`{}`", f.trim_end_matches('='))).collect::<Vec<_>>().join(", ")
        };
        let default = setting.default.map_or_else(|| "not known".to_owned(), |n| n.to_string());
        let (flags, env) = (code(&setting.flags), code(&setting.env));
        let _ = writeln!(text, "| {} | {} | {flags} | {env} | {default} |", program.name, setting.role.as_str());
    }
    text.push_str("\n## Roles\n\n| Role | Meaning |\n| --- | --- |\n");
    for role in Role::ALL {
        let _ = writeln!(text, "| `{}` | {} |", role.as_str(), role.meaning());
    }
    text
}

/// Every setting of every library, with the library's id.
fn all_settings() -> Vec<(String, plimsoll::catalogue::Setting)> {
    let of = |l: Library| l.settings.into_iter().map(move |s| (l.id.clone(), s)).collect::<Vec<_>>();
    tables().libraries.into_iter().flat_map(of).collect()
}

#[test]
fn a_time_is_the_same_in_every_unit_that_can_write_it() {
    use plimsoll::catalogue::Unit;
    let amounts = [1_u64, 2, 7, 30, 45, 60, 90, 250, 3600];
    for (id, setting) in all_settings() {
        let per_unit = match setting.unit {
            Unit::Millis => 1,
            Unit::Seconds => 1_000,
            Unit::Minutes => 60_000,
            Unit::Hours => 3_600_000,
            _ => continue,
        };
        for n in amounts {
            let bare = read_value(&setting, &n.to_string());
            let ms = n * per_unit;
            let mut forms = vec![format!("{ms}ms"), format!("{ms} ms"), format!("{n}.0")];
            if ms.is_multiple_of(1000) {
                forms.extend([format!("{}s", ms / 1000), format!("PT{}S", ms / 1000)]);
            }
            if ms.is_multiple_of(60_000) {
                forms.push(format!("{}m", ms / 60_000));
            }
            for form in forms {
                assert_eq!(read_value(&setting, &form), bare, "{id} {}: {form} and {n}", setting.role.as_str());
            }
        }
    }
}

#[test]
fn a_default_that_is_written_out_is_the_default() {
    for library in tables().libraries {
        for setting in library.settings.iter().filter(|s| s.default.is_some()) {
            let default = setting.default.as_deref().map(|text| read_value(setting, text));
            let role = setting.role;
            // Several keys may set one role; the first that has a default tells what holds where none is written.
            let first = library.settings.iter().find(|s| s.role == role && s.default.is_some());
            if first == Some(setting) {
                assert_eq!(library.default_of(role), default, "{}: {}", library.id, role.as_str());
            }
            let value = default.unwrap_or_else(|| unreachable!("only settings with a default are looked at"));
            assert_eq!(correction(setting, &value), None, "{}: its own default is out of its bounds", library.id);
            assert_eq!(plimsoll::catalogue::taken(setting, &value), value, "{}: {}", library.id, role.as_str());
        }
    }
}

#[test]
fn special_values_mean_what_they_say_in_every_spelling() {
    use plimsoll::catalogue::{Means, ReadValue, Unit};
    for (id, setting) in all_settings() {
        for (key, special) in &setting.special {
            let negative = if setting.unit == Unit::Duration { "-7s" } else { "-7" };
            let text = if key == "<0" { negative } else { key.as_str() };
            let expected = match special.means {
                Means::Unlimited => ReadValue::Unlimited,
                Means::Forever => ReadValue::Forever,
                Means::Disabled => ReadValue::Disabled,
                Means::Default => ReadValue::LibraryDefault,
                Means::Refused => ReadValue::Refused,
                Means::SameAsMax => ReadValue::SameAsMax,
                Means::Other => ReadValue::Other(special.note.clone()),
            };
            let role = setting.role.as_str();
            for spelling in [text.to_owned(), format!(" {text} "), text.to_uppercase()] {
                assert_eq!(read_value(&setting, &spelling), expected, "{id} {role}: {spelling}");
            }
            assert!(!in_words(&setting, &expected).is_empty(), "{id} {role}: {key} has no words");
        }
    }
}

#[test]
fn what_a_library_puts_in_the_place_of_a_value_is_within_its_bounds() {
    for (id, setting) in all_settings() {
        let Some(instead) = &setting.below_becomes else { continue };
        let value = read_value(&setting, instead);
        assert_eq!(correction(&setting, &value), None, "{id} {}: {instead}", setting.role.as_str());
    }
}
