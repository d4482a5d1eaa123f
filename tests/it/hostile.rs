//! Hostile input: whatever a file holds, it is named in the coverage and the rest is reviewed.

use plimsoll::config::Config;
use plimsoll::limits::Limits;
use plimsoll::render::{Format, RenderOptions, render};
use plimsoll::report::Report;
use plimsoll::review::{Content, Input, Request, review};

const GOOD: &str = "DATABASE_URL=postgres://app@db.shop.internal:5432/shop\nDB_POOL_SIZE=10\n";

/// Reviews a change of a good file beside a hostile one that comes with it.
fn beside(path: &str, bytes: Vec<u8>, config: Config) -> Report {
    let file = |path: &str, bytes: Vec<u8>| Input { path: path.to_owned(), content: Content::Bytes(bytes) };
    let changed = GOOD.replace("db.shop", "db.shpo");
    review(Request {
        old: vec![file("prod/app.env", GOOD.into())],
        new: vec![file("prod/app.env", changed.into()), file(path, bytes)],
        config,
        ..Request::default()
    })
}

fn is_reviewed(report: &Report) -> bool {
    report.findings.iter().any(|f| f.rule == "host-typo" && f.place.file.as_str() == "prod/app.env")
}

/// What the coverage says of the hostile file.
fn said(report: &Report, path: &str) -> String {
    let all = report.coverage.skipped.iter().chain(&report.coverage.notes);
    all.filter(|(file, _)| file.as_str() == path)
        .map(|(_, said)| said.as_str().to_owned())
        .collect::<Vec<_>>()
        .join("; ")
}

#[track_caller]
fn check(path: &str, bytes: impl Into<Vec<u8>>, expected: &str) {
    let report = beside(path, bytes.into(), Config::default());
    assert!(is_reviewed(&report), "{path}: the rest is not reviewed");
    let said = said(&report, path);
    assert!(said.contains(expected), "{path}: {said:?} does not say {expected:?}");
}

#[test]
fn an_alias_bomb_is_read_as_text_from_its_bound_on() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let below = level - 1;
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", vec![format!("*a{below}"); 10].join(", ")));
    }
    check("bomb.yaml", bomb, "aliases expand to too many values");
}

#[test]
fn a_hundred_thousand_levels_are_named() {
    const LEVELS: usize = 100_000;
    for (path, open) in [("a.yaml", "["), ("b.yaml", "- "), ("c.json", "["), ("d.json", "{\"a\":")] {
        check(path, open.repeat(LEVELS), "nested deeper than");
    }
    let deep: String = (0..300).map(|level| format!("{}k:\n", " ".repeat(level))).collect();
    check("e.yaml", deep, "nested deeper than");
    for path in ["f.toml", "g.tf", "h.xml", "i.conf", "j.properties", "k.env", "l.prisma", "m.sh", "n.service"] {
        for open in ["[", "{", "a = [", "a {\n", "<a>", "(", "${", "\"", "a.", "[a.", "\\\n"] {
            let report = beside(path, open.repeat(LEVELS).into(), Config::default());
            assert!(is_reviewed(&report), "{path} {open:?}");
        }
    }
}

#[test]
fn a_file_over_the_size_is_listed_and_not_read() {
    let line = "a: ".to_owned() + &"x".repeat(100 * 1024 * 1024);
    check("line.yaml", line, "larger than 32 MiB; not read");
}

#[test]
fn too_many_values_are_listed_and_not_read() {
    for (path, piece) in
        [("a.yaml", "- a\n"), ("b.json", "1,"), ("c.conf", "a=1\n"), ("d.xml", "<a/>"), ("e.toml", "a=1\n")]
    {
        check(path, piece.repeat(1_000_001), "more than 1000000 values; not read");
    }
}

#[test]
fn bytes_that_are_no_text_are_named() {
    check("a.yaml", b"a: \0\0".to_vec(), "binary content");
    check("b.yaml", b"a: \xff\xfe\xfd\n".to_vec(), "not valid UTF-8");
    check("c.env", [0xff, 0xfe, b'K', 0, b'=', 0, b'v', 0].to_vec(), "UTF-16");
    check("d.yaml", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "Git LFS pointer");
    check("e.yaml", "a:\n\t- b\n", "a tab where spaces must indent");
}

#[test]
fn line_ends_and_marks_change_nothing() {
    let mut windows = vec![0xef, 0xbb, 0xbf];
    windows.extend_from_slice(GOOD.replace('\n', "\r\n").as_bytes());
    let input = |bytes: Vec<u8>| vec![Input { path: "a.env".into(), content: Content::Bytes(bytes) }];
    let report = review(Request { old: input(GOOD.into()), new: input(windows), ..Request::default() });
    assert!(report.changes.is_empty());
}

#[test]
fn a_connection_string_of_a_megabyte_is_named_and_shows_no_secret() {
    const BYTES: usize = 1024 * 1024;
    const SECRET: &str = "not-a-real-secret";
    let fill = |piece: &str| piece.repeat(BYTES / piece.len() + 1);
    for text in [
        format!("postgres://app:{SECRET}@{}/orders", fill("db1.example.internal:5432,")),
        format!("postgres://app:{SECRET}@db1/orders?{}", fill("a=b&")),
        format!("postgres://app:{}@db1/orders", fill(SECRET)),
        format!("host=db1 password={SECRET} {}", fill("a=b ")),
        format!("Server=db1;Password={SECRET};{}", fill("a=b;")),
        format!("jdbc:mysql://db1/orders?password={SECRET}&{}", fill("a=b://c@d&")),
        format!("app:{SECRET}@tcp(db1)/{}", fill("o@")),
    ] {
        for (path, file) in
            [("prod/a.env", format!("DATABASE_URL={text}\n")), ("prod/a.yaml", format!("db:\n  url: '{text}'\n"))]
        {
            let report = beside(path, file.into(), Config::default());
            assert!(is_reviewed(&report), "{path}: the rest is not reviewed");
            let said = said(&report, path);
            assert!(
                said.contains("connection string of more than 64 KiB") && said.contains("line "),
                "{path}: {said:?}"
            );
            for format in Format::ALL {
                let output = render(&report, format, &RenderOptions::default());
                assert!(!output.contains(SECRET), "{format:?} shows the secret of {}", &text[..40]);
            }
        }
    }
}

#[test]
fn the_policy_sets_the_bounds() {
    let policy = "[limits]\nfile-size = 100\n";
    let config = Config::parse(policy, &plimsoll::rules::names()).expect("a valid policy");
    let report = beside("a.yaml", format!("a: {}\n", "x".repeat(100)).into(), config);
    assert!(is_reviewed(&report));
    assert_eq!(said(&report, "a.yaml"), "larger than 100 bytes; not read (see [limits] file-size)");
    let config = Config::parse("[limits]\ndepth = 3\nvalues = 50\nalias-values = 7\n", &plimsoll::rules::names());
    let expected = Limits { depth: 3, values: 50, alias_values: 7, ..Limits::default() };
    assert_eq!(config.expect("a valid policy").limits, expected);
    let error = Config::parse("[limits]\ndepht = 3\n", &[]).expect_err("a key that is none");
    assert!(error.to_string().contains("did you mean \"depth\""), "{error}");
}
