//! What names and values look like: written out or a reference, a stand-in, a key for reading or for migrations.
//!
//! In: one text. Out: yes or no. Words are compared as whole words, so that `thread` is not `read`.

use crate::placeholder;

/// Whether a text is written out: it holds no variable, template or address of a secret store.
pub(crate) fn is_literal(text: &str) -> bool {
    let text = text.trim();
    // Concourse and BOSH write `((name))`, Hiera `%{…}`, SOPS `ENC[…]`.
    let foreign = ["((", "%{", "ENC[", "@@", "$"].iter().any(|mark| text.contains(mark));
    !foreign && !placeholder::is_in(text) && !placeholder::is_reference(text)
}

/// Whether a text was meant to be replaced by a person: `CHANGEME`, `<host>`, `xxx`, `your-password-here`, `%s`.
pub(crate) fn is_placeholder(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "changeme",
        "changethis",
        "changeit",
        "todo",
        "tbd",
        "tba",
        "fixme",
        "placeholder",
        "replaceme",
        "replacethis",
        "fillme",
        "fillin",
        "setme",
        "insertme",
        "notset",
        "yourhost",
        "yourpassword",
        "youruser",
        "yourdatabase",
    ];
    let text = text.trim();
    if text.is_empty() || text.contains("ENC[") {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    let letters: String = lower.chars().filter(char::is_ascii_alphanumeric).collect();
    let bracketed = |open: char, close: char| {
        let inner = text.strip_prefix(open).and_then(|t| t.strip_suffix(close));
        inner.is_some_and(|t| {
            !t.is_empty() && t.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ' ' | '.'))
        })
    };
    // An ERB or ASP expression starts with `<%`, which the characters inside rule out.
    let crossed_out = letters.len() >= 3 && letters.bytes().all(|b| b == b'x') && letters.len() == text.len();
    let unfilled = ["%s", "%d", "{}", "{0}"].contains(&text);
    let asked = lower.starts_with("your")
        && (lower.ends_with("here") || lower.chars().nth(4).is_some_and(|c| matches!(c, '-' | '_' | ' ')));
    let told = lower.starts_with("insert-")
        || lower.starts_with("insert_")
        || lower.starts_with("replace-with")
        || lower.starts_with("replace_with");
    WORDS.contains(&letters.as_str())
        || bracketed('<', '>')
        || text.starts_with("[YOUR")
        || crossed_out
        || unfilled
        || asked
        || told
}

/// Whether a key says that only reading is meant.
pub(crate) fn is_for_reading(key: &str) -> bool {
    has_word(
        key,
        &[
            "read",
            "reader",
            "readonly",
            "ro",
            "replica",
            "replicas",
            "slave",
            "secondary",
            "report",
            "reports",
            "reporting",
            "analytics",
        ],
    )
}

/// Whether a key says that it goes around the pooler on purpose.
pub(crate) fn is_for_migrations(key: &str) -> bool {
    has_word(
        key,
        &[
            "direct",
            "migrate",
            "migration",
            "migrations",
            "migrator",
            "flyway",
            "liquibase",
            "admin",
            "backup",
            "dump",
            "unpooled",
            "nonpooling",
        ],
    )
}

/// Whether one of the words stands in a key: between separators, or as a hump of camel case.
pub(crate) fn has_word(key: &str, wanted: &[&str]) -> bool {
    words(key).iter().any(|w| wanted.contains(&w.as_str()))
}

/// The words of a key or host, in lower case: split at everything but letters, and at the humps of camel case.
pub(crate) fn words(key: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut lower_before = false;
    for c in key.chars() {
        if !c.is_alphabetic() || c.is_uppercase() && lower_before {
            words.push(String::new());
        }
        lower_before = c.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| c.is_alphabetic()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|w| !w.is_empty());
    words
}

/// The name that was probably meant, if one is near enough to be worth asking.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_ascii_lowercase();
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(&name, k), k))
        .filter(|(distance, k)| *distance <= 1 + k.len() / 4)
        .min()
        .map(|(_, k)| k)
}

/// Names of containers and images that pass connections on to a database, or are one.
pub(crate) fn is_proxy(name: &str) -> bool {
    const PROXIES: &[&str] = &[
        "pgbouncer",
        "pgcat",
        "odyssey",
        "proxysql",
        "haproxy",
        "envoy",
        "cloudsql",
        "cloud-sql",
        "sql-proxy",
        "sqlproxy",
        "alloydb",
        "maxscale",
        "stunnel",
        "ghostunnel",
        "socat",
        "ssh-tunnel",
        "sshtunnel",
        "tunnel",
        "twemproxy",
        "predixy",
        "pgpool",
        "postgres",
        "mysql",
        "mariadb",
        "redis",
        "valkey",
        "mongo",
        "memcached",
        "rabbitmq",
        "dbproxy",
        "db-proxy",
    ];
    let name = name.to_ascii_lowercase();
    // Exporters and clients of a database carry its name and listen for something else.
    let only_reads = ["exporter", "backup", "client", "migrat"].iter().any(|word| name.contains(word));
    !only_reads && PROXIES.iter().any(|proxy| name.contains(proxy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_between_separators_and_humps() {
        assert!(
            is_for_reading("REPORTING_DB_URL") && is_for_reading("db.readOnlyUrl") && is_for_reading("app.readUrl")
        );
        assert!(!is_for_reading("THREAD_DB_URL") && !is_for_reading("spring.datasource.url"));
        assert!(is_for_migrations("DIRECT_URL") && !is_for_migrations("DATABASE_URL"));
    }

    #[test]
    fn stand_ins_are_told_from_values_and_templates() {
        for text in [
            "CHANGEME",
            "change-me",
            "TODO",
            "xxx",
            "<host>",
            "<your password>",
            "your-db-host-here",
            "[YOUR-PASSWORD]",
            "%s",
            "{}",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in
            ["orders-db", "${DB_HOST}", "<%= host %>", "{{ .Values.host }}", "yourik", "xx", "todos-db", "", "exxxtra"]
        {
            assert!(!is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn references_are_not_literal() {
        for text in ["${DB_HOST}", "$(DB_HOST)", "{{ .Values.host }}", "((db_host))", "%{hiera('db')}", "<%= host %>"] {
            assert!(!is_literal(text), "{text}");
        }
        assert!(is_literal("orders-db.example.internal"));
    }
}
