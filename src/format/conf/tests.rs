use super::*;
use crate::format::check::{self, comments, leaves, only_problem};

#[test]
fn postgresql_conf_has_quotes_and_comments_behind_values() {
    let text = "# head\nmax_connections = 200\t# (change requires restart)\nlisten_addresses = '*'  # all\n\
                work_mem 4MB\nlog_line_prefix = '%m it''s # '\nport = # none\nsuperuser_reserved_connections=3\n";
    let document = check::read("postgresql.conf", text);
    assert_eq!(
        leaves(&document),
        [
            "max_connections=200 Str `200`",
            "listen_addresses=* Str `'*'`",
            "work_mem=4MB Str `4MB`",
            "log_line_prefix=%m it's #  Str `'%m it''s # '`",
            "port= Null ``",
            "superuser_reserved_connections=3 Str `3`",
        ]
    );
    assert_eq!(comments(&document), ["head", "(change requires restart)", "all", "none"]);
    assert!(document.problems.is_empty());
}

#[test]
fn my_cnf_has_sections_and_flags() {
    let text = "[mysqld]\nmax_connections=500 # peak\nskip-networking\n!includedir /etc/mysql/conf.d/\n\
                [client]\nport = 3306\n[mysqld]\nwait_timeout = 60\n";
    assert_eq!(
        leaves(&check::read("my.cnf", text)),
        [
            "mysqld.max_connections=500 Str `500`",
            "mysqld.skip_networking= Null ``",
            "mysqld.!includedir.0=/etc/mysql/conf.d/ Str `/etc/mysql/conf.d/`",
            "mysqld.wait_timeout=60 Str `60`",
            "client.port=3306 Str `3306`",
        ]
    );
}

#[test]
fn pgbouncer_ini_keeps_whole_connection_strings() {
    let text = "[databases]\n; fallback\n* = host=db port=5432\napp = host=db password='a#b' pool_size=20\n\
                [pgbouncer] ; main\ndefault_pool_size = 20\n";
    let document = check::read("pgbouncer.ini", text);
    assert_eq!(
        leaves(&document),
        [
            "databases.*=host=db port=5432 Str `host=db port=5432`",
            "databases.app=host=db password='a#b' pool_size=20 Str `host=db password='a#b' pool_size=20`",
            "pgbouncer.default_pool_size=20 Str `20`",
        ]
    );
    assert_eq!(comments(&document), ["fallback", "main"]);
}

#[test]
fn redis_conf_has_values_after_blanks() {
    let text = "maxclients 10000\nsave 900 1\nsave 300 10\nrequirepass a=b #c\nbind 127.0.0.1 ::1\nunixsocket \"/tmp/r\\\\ \\\"s\"\n";
    let document = check::read("redis.conf", text);
    assert_eq!(
        leaves(&document),
        [
            "maxclients=10000 Str `10000`",
            "save.0=900 1 Str `900 1`",
            "save.1=300 10 Str `300 10`",
            "requirepass=a=b #c Str `a=b #c`",
            "bind=127.0.0.1 ::1 Str `127.0.0.1 ::1`",
            "unixsocket=/tmp/r\\ \"s Str `\"/tmp/r\\\\ \\\"s\"`",
        ]
    );
    assert!(document.problems.is_empty());
}

#[test]
fn other_ini_files_may_have_colons_and_phrases() {
    let text = "[db]\nurl: postgres://u:p@h/d\nMax Pool Size = 5\nhost : x\n";
    assert_eq!(
        leaves(&check::read("app.ini", text)),
        ["db.url=postgres://u:p@h/d Str `postgres://u:p@h/d`", "db.Max Pool Size=5 Str `5`", "db.host=x Str `x`"]
    );
}

#[test]
fn a_line_that_is_nothing_is_named_and_the_rest_is_read() {
    let document = check::read("a.ini", "a = 1\n[open\n(what) is this\nb = 2\n");
    assert_eq!(leaves(&document), ["a=1 Str `1`", "b=2 Str `2`"]);
    assert_eq!(document.problems.len(), 2);
    assert!(document.problems.iter().all(|p| p.kind == ProblemKind::Syntax));
}

#[test]
fn a_template_is_read_around_its_expressions() {
    let text = "[databases]\n{% for u in users %}\n{{ u }} = host={{ h('#x') }} port=5432\n{% endfor %}\n\
                [x]\n{% if a %}\nb = 1\n{% else %}\nb = 2\n{% endif %}\n";
    let document = check::read("pgbouncer.ini.j2", text);
    assert_eq!(
        leaves(&document),
        [
            "databases.{{ u }}=host={{ h('#x') }} port=5432 Str `host={{ h('#x') }} port=5432`",
            "x.b=1 Str `1`",
            "x.b[2]=2 Str `2`"
        ]
    );
    assert!(document.problems.is_empty());
    assert_eq!(document.templated, 7);
}

#[test]
fn equal_keys_of_one_section_are_named() {
    let document = check::read("a.ini", "[x]\na = 1\n[y]\na = 1\n[x]\na = 2\n");
    assert_eq!(only_problem(&document), (ProblemKind::DuplicateKey, "a".into()));
    assert_eq!(document.problems[0].span.map(|s| s.start), Some(24));
}

fn check(path: &str, text: &str, expected: &[&str]) {
    let document = check::read(path, text);
    assert_eq!(leaves(&document), expected, "{text}");
    assert!(document.problems.is_empty(), "{:?}", document.problems);
}

#[test]
fn indented_lines_continue_a_value() {
    check(
        "alembic.ini",
        "[a]\nkeys =\n    root\n    other\nurl = x,\n  y\n# c\n\n  d = 1\n  e = 2\nf = g\n   h i j(k)\n",
        &[
            "a.keys=root\nother Str `root\n    other`",
            "a.url=x,\ny Str `x,\n  y`",
            "a.d=1 Str `1`",
            "a.e=2 Str `2`",
            "a.f=g\nh i j(k) Str `g\n   h i j(k)`",
        ],
    );
}

#[test]
fn percent_signs_are_doubled_where_the_file_is_interpolated() {
    check("alembic.ini", "[a]\nb = 5%%x%(c)s\n", &["a.b=5%x%(c)s Str `5%%x%(c)s`"]);
    check("app.ini", "b = x://u:p%%40q@h\nc = 5%%\n", &["b=x://u:p%40q@h Str `x://u:p%%40q@h`", "c=5%% Str `5%%`"]);
}

#[test]
fn variables_of_a_program_are_variables() {
    check(
        "supervisord.conf",
        "[program:a]\nenvironment=A=\"b,c\",D='e',\n  F=g\ncommand=x ; why\n[uwsgi]\nenv = A=1\nenv = B=2,c=d\n",
        &[
            "program:a.environment.A=b,c Str `b,c`",
            "program:a.environment.D=e Str `e`",
            "program:a.environment.F=g Str `g`",
            "program:a.command=x Str `x`",
            "uwsgi.env.A=1 Str `1`",
            "uwsgi.env.B=2,c=d Str `2,c=d`",
        ],
    );
}

#[test]
fn a_semicolon_cuts_no_connection_string() {
    check(
        "odbc.ini",
        "[a]\nc = Server=x;Port=1 ;Pwd=y\n",
        &["a.c=Server=x;Port=1 ;Pwd=y Str `Server=x;Port=1 ;Pwd=y`"],
    );
    let text = "[p]\nmysqli.max_links = 5 ; links\nextension=a\nextension=b\n";
    check("php.ini", text, &["p.mysqli.max_links=5 Str `5`", "p.extension.0=a Str `a`", "p.extension.1=b Str `b`"]);
}

#[test]
fn mysql_takes_dashes_and_underscores_for_the_same() {
    let text = "[mysqld]\nmax-connections = 5\n!include /a-b\n";
    check("my.cnf", text, &["mysqld.max_connections=5 Str `5`", "mysqld.!include.0=/a-b Str `/a-b`"]);
    assert_eq!(only_problem(&check::read("my.cnf", "a-b=1\na_b=2\n")).0, ProblemKind::DuplicateKey);
}

#[test]
fn sections_have_names_of_several_kinds() {
    check(".gitconfig", "[remote \"a\"]\n\turl = b\n", &["remote \"a\".url=b Str `b`"]);
    check(
        "site.conf",
        "Listen 80\n<VirtualHost *:80>\n  A b\n  <IfModule x>\n    C d\n  </IfModule>\n</VirtualHost>\nE f\n",
        &[
            "Listen=80 Str `80`",
            "E=f Str `f`",
            "VirtualHost *:80.A=b Str `b`",
            "VirtualHost *:80 > IfModule x.C=d Str `d`",
        ],
    );
}

#[test]
fn a_line_that_a_template_writes_is_there() {
    let text = "[db]\n{{- include \"pool\" . }}\n{{- if .Values.a }}\na = {{ .b | default .c | default 5 }}\n{{- end }}\n\
                url = {{ tuple . \"x\" | include \"y\" }}\n";
    check(
        "_app.ini.tpl",
        text,
        &[
            "db.{{- include \"pool\" . }}= Null ``",
            "db.a={{ .b | default .c | default 5 }} Str `{{ .b | default .c | default 5 }}`",
            "db.url={{ tuple . \"x\" | include \"y\" }} Str `{{ tuple . \"x\" | include \"y\" }}`",
        ],
    );
}
