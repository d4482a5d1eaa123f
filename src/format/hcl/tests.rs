use crate::document::FormatId;
use crate::format::check::{self, comments, leaves, only_problem};
use crate::format::detect;
use crate::problem::ProblemKind;
use proptest::prelude::*;

fn check(text: &str, expected: &[&str]) {
    let document = check::read("main.tf", text);
    assert_eq!(leaves(&document), expected, "{text}");
    assert!(document.problems.is_empty(), "{text}: {:?}", document.problems);
}

#[test]
fn blocks_are_mappings_under_their_labels() {
    check(
        "resource \"aws_db_instance\" \"main\" {\n  port = 5432\n  tags = { Name = \"db\" }\n  lifecycle { a = true }\n}\n",
        &[
            "resource.aws_db_instance.main.port=5432 Int `5432`",
            "resource.aws_db_instance.main.tags.Name=db Str `\"db\"`",
            "resource.aws_db_instance.main.lifecycle.a=true Bool `true`",
        ],
    );
    check("locals {\n  a = 1\n}\nlocals {\n  b = 2\n}\n", &["locals.0.a=1 Int `1`", "locals.1.b=2 Int `2`"]);
    check(
        "output \"a\" {\n  value = 1\n}\nvariable \"x\" {}\noutput \"b\" {\n  value = 2\n}\n",
        &["output.a.value=1 Int `1`", "output.b.value=2 Int `2`"],
    );
    check("job api {\n  group \"web\" { count = 2 }\n}\n", &["job.api.group.web.count=2 Int `2`"]);
}

#[test]
fn literals_have_their_types() {
    check(
        "a = 1\nb = -2.5e3\nc = true\nd = null\ne = \"x\"\nf = [1, \"two\", [3]]\ng = {}\n",
        &[
            "a=1 Int `1`",
            "b=-2.5e3 Float `-2.5e3`",
            "c=true Bool `true`",
            "d=null Null `null`",
            "e=x Str `\"x\"`",
            "f.0=1 Int `1`",
            "f.1=two Str `\"two\"`",
            "f.2.0=3 Int `3`",
        ],
    );
}

#[test]
fn other_expressions_are_their_text() {
    check("a = var.db_host\n", &["a=var.db_host Str `var.db_host`"]);
    check(
        "a = module.x[0].hosts[*].name\nb = var.a ? local.b : \"c\"\n",
        &[
            "a=module.x[0].hosts[*].name Str `module.x[0].hosts[*].name`",
            "b=var.a ? local.b : \"c\" Str `var.a ? local.b : \"c\"`",
        ],
    );
    check(
        "a = [for x in var.y : x.z if x != \"\"]\n",
        &["a=[for x in var.y : x.z if x != \"\"] Str `[for x in var.y : x.z if x != \"\"]`"],
    );
    check("a = !var.x && -1 < var.y.*.z\n", &["a=!var.x && -1 < var.y.*.z Str `!var.x && -1 < var.y.*.z`"]);
    check("a = join(\",\", [\"b\", c.d])\n", &["a=join(\",\", [\"b\", c.d]) Str `join(\",\", [\"b\", c.d])`"]);
}

#[test]
fn the_layout_of_an_expression_says_nothing() {
    let one = check::read("a.tf", "a = (var.x ? var.y : var.z)\n");
    let two = check::read("a.tf", "a = (\n  # why\n  var.x   ?   var.y # first\n    : var.z\n)\n");
    let text = |d: &crate::document::Document| d.roots[0].get("a").and_then(|n| n.as_text().map(str::to_owned));
    assert_eq!(text(&one), text(&two));
    assert_eq!(text(&two).as_deref(), Some("var.x ? var.y : var.z"));
}

#[test]
fn objects_inside_calls_are_read() {
    check(
        "a = jsonencode([{ name = \"api\", env = [{ \"name\" : \"A\", \"value\" : var.b }] }])\n",
        &["a.0.name=api Str `\"api\"`", "a.0.env.0.name=A Str `\"A\"`", "a.0.env.0.value=var.b Str `var.b`"],
    );
    check(
        "a = merge(\n  local.x,\n  {\n    B = 1 # c\n    \"d.e\" = 2,\n  },\n  { F = 3 }\n)\n",
        &["a.merge=local.x Str `local.x`", "a.B=1 Int `1`", "a.d.e=2 Int `2`", "a.F=3 Int `3`"],
    );
    check(
        "a = base64encode(templatefile(\"${path.module}/x.tpl\", {\n  db = \"y\"\n}))\n",
        &["a.templatefile=${path.module}/x.tpl Str `\"${path.module}/x.tpl\"`", "a.db=y Str `\"y\"`"],
    );
    check("a = concat([\"x\"], var.y, [z.w])\n", &["a.0=x Str `\"x\"`", "a.1=var.y Str `var.y`", "a.2=z.w Str `z.w`"]);
    check(
        "a = var.x ? [{ name = \"A\" }] : []\nb = var.x ? 1 : 0\n",
        &["a.if=var.x Str `var.x`", "a.then.0.name=A Str `\"A\"`", "b=var.x ? 1 : 0 Str `var.x ? 1 : 0`"],
    );
    check("a = join(\",\", flatten([\"b\"]))\n", &["a.join.0=, Str `\",\"`", "a.join.1.0=b Str `\"b\"`"]);
    check(
        "providers = { aws.eu = aws.main, (var.k) = 1 }\n",
        &["providers.aws.eu=aws.main Str `aws.main`", "providers.(var.k)=1 Int `1`"],
    );
}

#[test]
fn quoted_texts_keep_expressions_and_resolve_escapes() {
    let text = "a = \"x\\ty \\u00e9 $${z} ${f(\"q\", { a = \"}\" })} %{ if b }c%{ endif }\"\n";
    let document = check::read("a.tf", text);
    let scalar = document.roots[0].get("a").and_then(|n| n.as_scalar()).expect("a scalar");
    assert_eq!(scalar.text, "x\ty é ${z} ${f(\"q\", { a = \"}\" })} %{ if b }c%{ endif }");
    assert!(scalar.quoted);
    assert_eq!(check::slice(scalar.source_span(1..2)), "\\t");
    let z = scalar.text.find("{z}").expect("it is there");
    assert_eq!(check::slice(scalar.source_span(z..z + 3)), "{z}");
    check(
        "a = \"${join(\",\", [\n  \"b\"\n])}\"\nc = 1\n",
        &["a=${join(\",\", [\n  \"b\"\n])} Str `\"${join(\",\", [\n  \"b\"\n])}\"`", "c=1 Int `1`"],
    );
}

#[test]
fn heredocs_keep_the_place_of_every_line() {
    let text =
        "a = <<-EOT\n    one\n      two ${x}\n\n    $${three}\n  EOT\nb = base64encode(<<EOT\n raw\nEOT\n)\r\nc = 1\n";
    let document = check::read("a.tf", text);
    assert!(document.problems.is_empty(), "{:?}", document.problems);
    let scalar = |key: &str| document.roots[0].get(key).and_then(|n| n.as_scalar()).expect("a scalar");
    assert_eq!(scalar("a").text, "one\n  two ${x}\n\n${three}\n");
    assert_eq!(check::slice(scalar("a").source_span(4..9)), "  two");
    assert_eq!(scalar("b").text, " raw\n");
    assert_eq!(scalar("c").text, "1");
}

#[test]
fn comments_are_kept_in_their_three_forms() {
    let document = check::read("a.tf", "# one\na = \"x#y//z\" // two\n/* three\n   more */\nb = 1 /* four */ # five\n");
    assert_eq!(comments(&document), ["one", "two", "three\n   more", "four", "five"]);
    assert_eq!(leaves(&document).len(), 2);
}

#[test]
fn what_is_broken_is_named_and_the_rest_is_read() {
    for (text, place, rest) in [
        ("a = \"x\nb = 2\n", "\"x", "b=2 Int `2`"),
        ("a =\nb = 2\n", "=", "b=2 Int `2`"),
        ("what is this\nb = 2\n", "what is this", "b=2 Int `2`"),
        ("a = 1 c = 3\nb = 2\n", "1 c = 3", "b=2 Int `2`"),
        ("}\nb = 2\n", "}", "b=2 Int `2`"),
        ("a = <<EOT\nb = 2\n", "<<EOT", "b=2 Int `2`"),
        ("a = foo bar\nb = 2\n", "foo bar", "b=2 Int `2`"),
        ("a = { c 1 }\nb = 2\n", "c 1", "b=2 Int `2`"),
        ("/* a\nb = 2\n", "/* a", "b=2 Int `2`"),
    ] {
        let document = check::read("a.tf", text);
        assert_eq!(leaves(&document).last().map(String::as_str), Some(rest), "{text}");
        let first = &document.problems[0];
        assert_eq!(
            (first.kind, first.span.map(check::slice).unwrap_or_default()),
            (ProblemKind::Syntax, place.to_owned())
        );
    }
}

#[test]
fn a_bracket_left_open_ends_with_its_block() {
    let text = "variable \"a\" {\n  type = list(string\n  default = 1\n}\nvariable \"b\" {\n  default = 2\n}\n";
    let document = check::read("a.tf", text);
    assert_eq!(leaves(&document), ["variable.a.default=1 Int `1`", "variable.b.default=2 Int `2`"]);
    let text = "module \"a\" {\n  x = 1\n\nmodule \"b\" {\n  y = 2\n}\n";
    let document = check::read("a.tf", text);
    assert_eq!(leaves(&document), ["module.a.x=1 Int `1`", "module.b.y=2 Int `2`"]);
    assert_eq!(only_problem(&document), (ProblemKind::Syntax, "module \"a\" {".into()));
}

#[test]
fn conflict_marks_are_named() {
    let document = check::read("a.tf", "<<<<<<< HEAD\na = 1\n=======\na = 2\n>>>>>>> b\nc = 3\n");
    assert_eq!(leaves(&document).len(), 3);
    assert_eq!(document.problems.iter().filter(|p| p.kind == ProblemKind::Syntax).count(), 3);
}

#[test]
fn an_attribute_that_stands_twice_is_named() {
    let document = check::read("a.tf", "a = 1\nb = { c = 1, c = 2 }\na = 3\n");
    assert_eq!(document.problems.iter().map(|p| p.kind).collect::<Vec<_>>(), [ProblemKind::DuplicateKey; 2]);
    assert_eq!(document.roots[0].get("a").and_then(|n| n.as_text()), Some("3"));
}

#[test]
fn a_template_of_a_file_is_read_around_its_expressions() {
    let document = check::read("job.nomad.j2", "{% if x %}\njob \"{{ name }}\" {\n  count = {{ n }}\n}\n{% endif %}\n");
    assert!(document.problems.is_empty(), "{:?}", document.problems);
    assert_eq!(leaves(&document), ["job.{{ name }}.count={{ n }} Str `{{ n }}`"]);
}

#[test]
fn names_and_heads_of_blocks_say_hcl() {
    for (name, text) in [
        ("main.tf", "a"),
        ("x", "# c\nresource \"a\" \"b\" {\n"),
        ("x", "/* c\n * d */\nvariable \"a\" {}\n"),
        ("x", "terraform {\n"),
        ("x.conf", "job \"api\" {\n"),
    ] {
        assert_eq!(detect(name, text), FormatId::Hcl, "{text}");
    }
    for text in ["server {\n", "resource: {a: 1}\n", "upstream \"a\" {\n", "locals: 1\n"] {
        assert_ne!(detect("x", text), FormatId::Hcl, "{text}");
    }
}

#[test]
fn hostile_files_are_read_in_linear_time() {
    for text in [
        "a = \"${".repeat(20_000),
        "a = \"${\n".repeat(20_000),
        "a = <<A\n".repeat(20_000),
        (0..20_000).map(|n| format!("a = <<A{n}\n")).collect(),
        "a {\n".repeat(20_000),
        "a = {".repeat(20_000),
        "a = f(".repeat(20_000),
        format!("a = {}{}", "[".repeat(20_000), "]".repeat(20_000)),
        format!("a = {}1{}", "f(".repeat(20_000), ")".repeat(20_000)),
        format!("a = {}1{}", "f([".repeat(20_000), "])".repeat(20_000)),
        format!("a = {}1{}", "flatten([1, f(".repeat(20_000), ")])".repeat(20_000)),
        format!("a = {}1{}", "x ? [".repeat(20_000), "] : 2".repeat(20_000)),
        format!("a = {}", "x ? 1 : ".repeat(20_000)),
        format!("a = {}", "x ?".repeat(20_000)),
        format!("{}{}", "(".repeat(20_000), "}".repeat(20_000)),
        format!("{}{{}}", "a ".repeat(20_000)),
        "/*".repeat(20_000),
        "a \"b\" ".repeat(20_000),
    ] {
        check::read("a.tf", &text);
    }
}

proptest! {
    #[test]
    fn any_hcl_keeps_its_places(pieces in prop::collection::vec(prop::sample::select(PIECES.as_slice()), 0..40)) {
        check::read("a.tf", &pieces.concat());
    }
}

/// Pieces of HCL, whole and broken.
const PIECES: [&str; 44] = [
    "a",
    "b-c",
    "é",
    " ",
    "\n",
    "\r\n",
    "\t",
    "= ",
    "a = ",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ",",
    ":",
    "\"x\"",
    "\"",
    "\\n",
    "\\u00e9",
    "\\q",
    "$${",
    "${",
    "%{",
    "<<E\n",
    "<<-E\n",
    "E\n",
    "  E\n",
    "# c",
    "// c",
    "/* c */",
    "/*",
    "1",
    "-2.5e3",
    "true",
    "null",
    " ? ",
    ".",
    "*",
    "merge(",
    "concat(",
    "resource \"t\" \"n\" {\n",
    "for x in y : ",
];
