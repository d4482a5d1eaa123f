//! Which names of settings hold a secret. In: a key. Out: yes or no, from its words alone.

/// Words that name a secret, also at the end of a longer word (`PGPASSWORD`, `dbpass`).
const ENDINGS: [&str; 16] = [
    "password",
    "passwd",
    "passphrase",
    "passwort",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "secretkey",
    "credential",
    "credentials",
    "pwd",
    "authkey",
    "masterauth",
    "requirepass",
];
/// Words that name a secret when they stand alone.
const WORDS: [&str; 10] = ["pass", "pw", "psw", "authorization", "auth", "jwt", "bearer", "userpass", "dbpass", "sas"];
/// With `key` behind them these words name a secret.
const BEFORE_KEY: [&str; 15] = [
    "api",
    "access",
    "private",
    "secret",
    "encryption",
    "signing",
    "master",
    "account",
    "shared",
    "ssh",
    "license",
    "session",
    "auth",
    "crypt",
    "hmac",
];
/// A word behind the secret's name that makes it a statement *about* the secret.
const ABOUT: [&str; 62] = [
    "name",
    "names",
    "ref",
    "refs",
    "reference",
    "encryption",
    "expiry",
    "expires",
    "expiration",
    "expire",
    "ttl",
    "policy",
    "length",
    "min",
    "max",
    "rotation",
    "file",
    "files",
    "path",
    "dir",
    "directory",
    "url",
    "uri",
    "endpoint",
    "type",
    "algorithm",
    "method",
    "mode",
    "enabled",
    "disabled",
    "required",
    "provider",
    "store",
    "manager",
    "arn",
    "version",
    "header",
    "field",
    "prefix",
    "lifetime",
    "timeout",
    "duration",
    "interval",
    "age",
    "count",
    "limit",
    "size",
    "namespace",
    "template",
    "selector",
    "validity",
    "audience",
    "issuer",
    "scope",
    "cache",
    "source",
    "mechanism",
    "format",
    "class",
    "query",
    "host",
    "port",
];
/// A word before the secret's name that makes it a name of a secret, or a number.
const NAMED: [&str; 9] = ["existing", "external", "pull", "max", "min", "num", "passwordless", "tls", "csrf"];

/// Whether the last part of `key` names a secret.
pub(super) fn is_secret_key(key: &str) -> bool {
    if !may_name_secret(key) || is_upstream_of_nginx(key) {
        return false;
    }
    let words = words_of(last_segment(key));
    let Some(at) = words.iter().enumerate().rposition(|(i, word)| names_secret(&words, i, word)) else { return false };
    let after = words.get(at + 1..).unwrap_or(&[]);
    if after.iter().any(|word| ABOUT.contains(&word.as_str())) {
        return false;
    }
    // `passwordKey` and `existingSecretPasswordKey` name an entry; `secret_key` was taken as a secret before.
    if after.last().is_some_and(|word| word == "key") {
        return false;
    }
    let named = at.checked_sub(1).and_then(|i| words.get(i)).is_some_and(|word| NAMED.contains(&word.as_str()));
    let is_name = words.get(at).is_some_and(|w| w == "secret" || w == "token");
    let existing = words.first().is_some_and(|word| word == "existing");
    !(named && is_name || existing)
}

/// Whether a name holds a piece of any word that names a secret. Nearly none does, and that is seen without taking it apart.
fn may_name_secret(name: &str) -> bool {
    const PIECES: [&[u8]; 11] =
        [b"pass", b"pw", b"psw", b"secret", b"token", b"key", b"credential", b"auth", b"jwt", b"bearer", b"sas"];
    let bytes = name.as_bytes();
    let starts = |at: usize| {
        let rest = bytes.get(at..).unwrap_or(&[]);
        let is_start = |piece: &&[u8]| rest.get(..piece.len()).is_some_and(|head| head.eq_ignore_ascii_case(piece));
        let two = rest.first().zip(rest.get(1)).map(|(a, b)| [a | 0x20, b | 0x20]);
        let fits = |two: [u8; 2]| {
            let known = matches!(&two, b"pa" | b"pw" | b"ps" | b"se" | b"sa" | b"to" | b"ke" | b"cr" | b"au");
            known || matches!(&two, b"jw" | b"be")
        };
        two.is_some_and(fits) && PIECES.iter().any(is_start)
    };
    // Letters beyond ASCII may become others in lower case.
    !name.is_ascii() || (0..bytes.len()).any(starts)
}

/// nginx passes requests on: `http.server.location[/].proxy_pass` is an address.
fn is_upstream_of_nginx(key: &str) -> bool {
    let Some((around, last)) = key.rsplit_once('.') else { return false };
    let passes = ["proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass"];
    passes.contains(&last) && (around.contains("location[") || around.contains("stream.server"))
}

fn names_secret(words: &[String], i: usize, word: &str) -> bool {
    if word == "key" {
        return i > 0 && words.get(i - 1).is_some_and(|before| BEFORE_KEY.contains(&before.as_str()));
    }
    WORDS.contains(&word)
        || ENDINGS.iter().any(|end| word.ends_with(end))
        || word.ends_with("pass") && is_joined_pass(word)
}

/// `requirepass`, `mypass`; not the English words that end so.
fn is_joined_pass(word: &str) -> bool {
    !["bypass", "compass", "trespass", "encompass", "surpass", "overpass"].contains(&word)
}

fn last_segment(key: &str) -> &str {
    let key = key.trim_end_matches([']', '"', '\'']);
    key.rsplit(['.', '/', '[', ':']).find(|s| !s.is_empty()).unwrap_or(key)
}

/// Lower-case words: split at anything that is no letter or digit, and where a small letter meets a capital.
pub(crate) fn words_of(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let chars: Vec<char> = name.chars().collect();
    for (i, &c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            push(&mut words, &mut word);
            continue;
        }
        let before = i.checked_sub(1).and_then(|i| chars.get(i)).copied().unwrap_or(' ');
        let next = chars.get(i + 1).copied().unwrap_or(' ');
        // `dbHost` splits before H, `DBHost` before H, `DBHOST` nowhere.
        if c.is_uppercase() && (before.is_lowercase() || before.is_uppercase() && next.is_lowercase()) {
            push(&mut words, &mut word);
        }
        word.extend(c.to_lowercase());
    }
    push(&mut words, &mut word);
    words
}

fn push(words: &mut Vec<String>, word: &mut String) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nginx_passes_requests_is_no_secret() {
        assert!(!is_secret_key("http.server.location[/].proxy_pass"));
        for key in ["proxy_pass", "PROXY_PASS", "server.proxy_pass", "location[/].password"] {
            assert!(is_secret_key(key), "{key}");
        }
    }

    #[test]
    fn secret_names_are_known_in_every_spelling() {
        for key in [
            "password",
            "DB_PASSWORD",
            "PGPASSWORD",
            "spring.datasource.password",
            "dbPassword",
            "redis.auth.password",
            "MYSQL_PWD",
            "db_pass",
            "API_KEY",
            "apiKey",
            "aws_secret_access_key",
            "AWS_ACCESS_KEY_ID",
            "client-secret",
            "authToken",
            "SECRET_KEY",
            "sslpassword",
            "requirepass",
            "password_hash",
            "DB_PASSWORD_ORDERS",
            "env[DB_PASSWORD]",
            "AccountKey",
            "privateKey",
            "trustStorePassword",
            "GITHUB_TOKEN",
            "secret_id",
        ] {
            assert!(is_secret_key(key), "{key}");
        }
    }

    #[test]
    fn every_word_that_names_a_secret_is_seen_at_first_sight() {
        for word in ENDINGS.iter().chain(&WORDS) {
            assert!(may_name_secret(word) && may_name_secret(&word.to_uppercase()), "{word}");
        }
        assert!(BEFORE_KEY.iter().all(|word| may_name_secret(&format!("{word}_key"))));
        assert!(!may_name_secret("connect_timeout"));
    }

    #[test]
    fn names_about_secrets_are_not_secret() {
        for key in [
            "password_encryption",
            "secretKeyRef.name",
            "secretKeyRef",
            "existingSecret",
            "tokenExpiry",
            "passwordSecretName",
            "secretName",
            "existingSecretPasswordKey",
            "passwordKey",
            "passwordless",
            "auth.enabled",
            "TOKEN_URL",
            "imagePullSecret",
            "max_tokens",
            "tlsSecret",
            "host",
            "key",
            "keyspace",
            "compass",
            "bypass",
            "monkey",
            "password_file",
            "author",
            "authSource",
            "secretKeyRef.key",
            "DATABASE_URL",
        ] {
            assert!(!is_secret_key(key), "{key}");
        }
    }
}
