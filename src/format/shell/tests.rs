use super::*;
use crate::format::check::{self, comments, leaves, only_problem};
use crate::problem::ProblemKind;

fn check(text: &str, expected: &[&str]) {
    let document = check::read("env.sh", text);
    assert_eq!(leaves(&document), expected, "{text}");
    assert!(document.problems.is_empty(), "{:?}", document.problems);
}

#[test]
fn assignments_are_read_in_every_notation() {
    check(
        "#!/bin/sh\nA=1; B='2 3' # c\nexport C=\"x\\\"y\" D=$(id -u)\ndeclare -x E=5\n: \"${F:=b c}\"\nG=\nreadonly H\n",
        &[
            "A=1 Str `1`",
            "B=2 3 Str `'2 3'`",
            "C=x\"y Str `\"x\\\"y\"`",
            "D=$(id -u) Str `$(id -u)`",
            "E=5 Str `5`",
            "F=b c Str `b c`",
            "G= Str ``",
        ],
    );
}

#[test]
fn the_last_counts_but_branches_are_alternatives() {
    check("A=1\nA=2\n", &["A=2 Str `2`"]);
    check("A=0\nif [[ $x ]]; then\n  A=1\nelse\n  A=2\nfi\n", &["A.0=0 Str `0`", "A.1=1 Str `1`", "A.2=2 Str `2`"]);
    check(
        "case $1 in\n  a|b) A=1 ;;\n  *)\n    A=2\n    ;;\nesac\nB=3\n",
        &["A.0=1 Str `1`", "A.1=2 Str `2`", "B=3 Str `3`"],
    );
    check("A=1\n[[ $x ]] && A=2\nB=1; B=2\n", &["A.0=1 Str `1`", "A.1=2 Str `2`", "B=2 Str `2`"]);
    check("if [[ $x ]]; then A=1; fi\nA=2\n", &["A=2 Str `2`"]);
    check("f() {\n  A=1\n}\nfunction g {\n  A=2\n}\n", &["A.0=1 Str `1`", "A.1=2 Str `2`"]);
}

#[test]
fn what_is_added_is_kept_apart() {
    check(
        "O=\"-Da=1\"\nO=\"$O -Db=2\"\nO+=\" -Dc=3\"\n",
        &["O.0=-Da=1 Str `\"-Da=1\"`", "O.1=$O -Db=2 Str `\"$O -Db=2\"`", "O.2= -Dc=3 Str `\" -Dc=3\"`"],
    );
}

#[test]
fn commands_that_set_something_are_kept_as_their_text() {
    check(
        "set -e\nDB_POOL=5 exec app \\\n  --pool 5 2>&1 | tee log\nfor x in a b; do psql postgres://u@h/d; done\n",
        &[
            "DB_POOL=5 Str `5`",
            "run.0=exec app   --pool 5 2>&1 Str `exec app \\\n  --pool 5 2>&1`",
            "run.1=psql postgres://u@h/d Str `psql postgres://u@h/d`",
        ],
    );
}

#[test]
fn a_file_that_is_written_is_a_value() {
    check(
        "cat > /etc/app.conf <<EOF\na = 1\nEOF\ncat <<'X' | psql\nA=2\nX\nB=3\n",
        &["B=3 Str `3`", "/etc/app.conf=a = 1\n Str `a = 1\n`"],
    );
}

#[test]
fn a_script_that_sets_nothing_gives_nothing() {
    let document = check::read("run.sh", "#!/bin/sh\nset -e\n[ -f x ] || exit 1\nexec app -v\n");
    assert!(document.roots.is_empty() && document.problems.is_empty());
}

#[test]
fn a_quote_may_span_lines_but_not_the_file() {
    check("A=\"x\ny\"\nB=1\n", &["A=x\ny Str `\"x\ny\"`", "B=1 Str `1`"]);
    let document = check::read("env.sh", "A='x\nB=1\n");
    assert_eq!(only_problem(&document), (ProblemKind::Syntax, "'x".into()));
    assert_eq!(leaves(&document), ["A=x Str `'x`", "B=1 Str `1`"]);
}

#[test]
fn a_script_is_told_by_its_first_line() {
    for text in ["#!/bin/sh\n", "#!/usr/bin/env bash\n", "#!/bin/bash -e\nA=1\n"] {
        assert!(is_script(text), "{text}");
    }
    for text in ["#!/usr/bin/env python3\n", "# sh\n", "A=1\n", "#!/usr/bin/fish\n"] {
        assert!(!is_script(text), "{text}");
    }
    assert_eq!(comments(&check::read("run", "#!/bin/sh\nA=1 # x\n")), ["!/bin/sh", "x"]);
}
