//! Passwords planted in every notation, well-formed and not: none comes out, and nothing else is hidden.

use proptest::prelude::*;

use super::super::*;
use crate::secret::Redactor;

/// Where a password can stand. `{}` is the password; the first flag says that the place takes it raw, as typed.
const PLACES: [&str; 24] = [
    "postgres://app:{}@dbhost:5432/orders?sslmode=require",
    "postgresql+asyncpg://app:{}@dbhost:5432/orders",
    "mysql://app:{}@dbhost:5432/orders",
    "mongodb://app:{}@dbhost:5432,other:5432/orders?replicaSet=rs0",
    "mongodb+srv://app:{}@dbhost:5432/orders",
    "rediss://:{}@dbhost:5432/orders",
    "redis://{}@dbhost:5432/orders",
    "amqp://app:{}@dbhost:5432/orders",
    "sqlserver://app:{}@dbhost:5432/orders",
    "postgress://app:{}@dbhost:5432/orders",
    "postgres:/app:{}@dbhost:5432/orders",
    "postgres//app:{}@dbhost:5432/orders",
    "app:{}@tcp(dbhost:5432)/orders?parseTime=true",
    "jdbc:postgresql://app:{}@dbhost:5432/orders",
    "jdbc:mysql://app:{}@dbhost:5432/orders",
    "jdbc:oracle:thin:app/{}@//dbhost:5432/orders",
    "jdbc:sqlserver://dbhost:5432;databaseName=orders;user=app;password={}",
    "jdbc:sqlserver://dbhost:5432;password={};databaseName=orders",
    "host=dbhost port=5432 dbname=orders user=app password={}",
    "host=dbhost password={} port=5432 dbname=orders",
    "Server=dbhost,5432;Database=orders;User Id=app;Password={}",
    "Host=dbhost;Password={};Port=5432;Database=orders;Username=app",
    "Server=dbhost;Port=5432;Pwd={};Database=orders;Uid=app",
    "Driver={ODBC Driver 18 for SQL Server};Server=dbhost,5432;Pwd={};Database=orders;UID=app",
];

/// Places where `&` and `=` are structure; a password with them raw is another string altogether.
const QUERY_PLACES: [&str; 4] = [
    "jdbc:postgresql://dbhost:5432/orders?user=app&password={}&sslmode=require",
    "jdbc:mysql://dbhost:5432/orders?user=app&password={}",
    "jdbc:mariadb://dbhost:5432/orders?password={}&user=app",
    "postgres://dbhost:5432/orders?user=app&password={}",
];

fn planted() -> impl Strategy<Value = (String, [String; 2])> {
    let odd = "[-@:/?#%&;=,'\"(){}\\[\\]<>|^!$*+~ ]{0,2}";
    (odd, "[a-z]{4}[A-Z]{3}[0-9]{2}", odd, "[A-Z]{3}[0-9]{2}[a-z]{4}")
        .prop_map(|(a, x, b, y)| (format!("{}{x}{b}{y}", a.trim()), [x, y]))
}

fn shows(text: &str, pieces: &[String]) -> bool {
    pieces.iter().any(|piece| text.contains(piece.as_str()))
}

fn fill(place: &str, secret: &str) -> String {
    place.replacen("{}", secret, 1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_planted_password_never_comes_out((secret, pieces) in planted(), place in 0..PLACES.len()) {
        let text = fill(PLACES[place], &secret);
        prop_assume!(!crate::placeholder::is_in(&secret));
        // `redis://a:b@host` is a user and a password; that it was meant as a password alone cannot be seen.
        prop_assume!(!(PLACES[place].starts_with("redis://{") && secret.contains(':')));
        let free = Redactor::new().text(&text);
        prop_assert!(!shows(free.as_str(), &pieces), "text: {} of {}", free, text);
        if let Some(string) = parse(&text, None) {
            let redacted = string.redacted(&text);
            prop_assert!(!shows(&redacted, &pieces), "redacted: {} of {}", redacted, text);
            let parts = string.parts();
            prop_assert!(parts.iter().all(|p| !shows(p.text.as_deref().unwrap_or(""), &pieces)), "{:?} of {}", parts, text);
            prop_assert!(string.faults.iter().all(|f| !shows(&f.message, &pieces)), "{:?}", string.faults);
        }
    }

    #[test]
    fn a_password_among_parameters_never_comes_out((secret, pieces) in planted(), place in 0..QUERY_PLACES.len()) {
        let text = fill(QUERY_PLACES[place], &secret);
        prop_assume!(!crate::placeholder::is_in(&secret) && !secret.contains('#'));
        let free = Redactor::new().text(&text);
        prop_assert!(!shows(free.as_str(), &pieces), "text: {} of {}", free, text);
        let string = parse(&text, None);
        prop_assert!(string.is_some());
        let redacted = string.map(|s| s.redacted(&text)).unwrap_or_default();
        prop_assert!(!shows(&redacted, &pieces), "redacted: {} of {}", redacted, text);
    }

    #[test]
    fn a_plain_password_hides_nothing_else(secret in "[a-z]{4}[A-Z]{3}[0-9]{2}", place in 0..PLACES.len()) {
        let text = fill(PLACES[place], &secret);
        for shown in [Redactor::new().text(&text).to_string(), parse(&text, None).map(|s| s.redacted(&text)).unwrap_or(text.clone())] {
            prop_assert!(shown.contains("dbhost") && shown.contains("5432") && shown.contains("orders"), "{} of {}", shown, text);
        }
    }

    #[test]
    fn a_learnt_password_never_comes_out((secret, pieces) in planted(), before in "\\PC{0,20}", after in "\\PC{0,20}") {
        prop_assume!(!crate::placeholder::is_in(&secret));
        let mut redactor = Redactor::new();
        redactor.learn(&secret);
        let shown = redactor.text(&format!("{before}{secret}{after}"));
        prop_assert!(!shows(shown.as_str(), &pieces), "{}", shown);
    }
}
