use super::*;
use crate::format::check::{self, comments, leaves, only_problem, slice};

fn read(text: &str) -> Document {
    check::read("a.yaml", text)
}

fn scalar<'a>(document: &'a Document, path: &[&str]) -> &'a Scalar {
    document.roots[0].path(path).and_then(Node::as_scalar).expect("a scalar")
}

#[test]
fn values_have_their_types_and_places() {
    let document = read("a: 1\nb: [yes, 'yes', 1.5]\nc: {d: ~, e: }\nf:\n- g: !!str 1\n- x y # note\nh: \"5\"\n");
    assert_eq!(
        leaves(&document),
        [
            "a=1 Int `1`",
            "b.0=yes Bool `yes`",
            "b.1=yes Str `'yes'`",
            "b.2=1.5 Float `1.5`",
            "c.d=~ Null `~`",
            "c.e= Null ``",
            "f.0.g=1 Str `1`",
            "f.1=x y Str `x y`",
            "h=5 Str `\"5\"`",
        ]
    );
    assert_eq!(comments(&document), ["note"]);
    let at = |path: &[&str]| slice(document.roots[0].path(path).expect("a node").span);
    assert_eq!(at(&["b"]), "[yes, 'yes', 1.5]");
    assert_eq!(at(&["c"]), "{d: ~, e: }");
    assert!(document.problems.is_empty());
}

#[test]
fn each_document_is_a_root_and_empty_ones_are_none() {
    let document = read("---\n# only a comment\n---\na: 1\n...\n---\nb: 2\n---\n");
    assert_eq!(leaves(&document), ["a=1 Int `1`", "b=2 Int `2`"]);
    assert_eq!(document.roots.len(), 2);
}

#[test]
fn every_style_knows_the_place_of_each_character() {
    let text = "plain: one\n  two\n\n  three\nsingle: 'it''s\n   on'\ndouble: \"a\\\"b\\u00e9 \\\n   c\n  d\"\n\
                literal: |\n  x\n   y\n\n  z\nfolded: >-\n  l m\n  n\n\n  o\n   p\n  q\nkeep: |2+\n   r\n\n";
    for text in [text.to_owned(), text.replace('\n', "\r\n")] {
        let document = read(&text);
        let table = [
            ("plain", "one two\nthree", ["one", "two", "three"]),
            ("single", "it's on", ["it", "s", "on"]),
            ("double", "a\"bé c d", ["a", "c", "d"]),
            ("literal", "x\n y\n\nz\n", ["x", " y", "z"]),
            ("folded", "l m n\no\n p\nq", ["l m", "n", " p"]),
            ("keep", " r\n\n", [" r", "r", " "]),
        ];
        for (key, value, parts) in table {
            let scalar = scalar(&document, &[key]);
            assert_eq!(scalar.text, value);
            for part in parts {
                let at = value.find(part).expect("in the value");
                assert_eq!(slice(scalar.source_span(at..at + part.len())), part, "{key} in {text:?}");
            }
        }
        let double = scalar(&document, &["double"]);
        assert_eq!(slice(double.source_span(3..5)), "\\u00e9");
    }
}

#[test]
fn block_scalars_may_start_with_blank_lines_and_hold_comment_marks() {
    let text = "a: |  # c\n\n\n  x # no comment\nb: >\n\n   y\n   z\n\n\nc: |-\n";
    let document = read(text);
    let (a, b) = (scalar(&document, &["a"]), scalar(&document, &["b"]));
    assert_eq!((a.text.as_str(), b.text.as_str()), ("\n\nx # no comment\n", "\ny z\n"));
    assert_eq!(
        (slice(a.source_span(2..3)), slice(b.source_span(1..2)), slice(b.source_span(3..4))),
        ("x".into(), "y".into(), "z".into())
    );
    assert_eq!(scalar(&document, &["c"]).text, "");
    assert_eq!(comments(&document), ["c"]);
}

#[test]
fn a_block_scalar_ends_where_its_text_ends() {
    let document = read("a: |\n  x\n\n\nb: 1\n");
    assert_eq!(leaves(&document), ["a=x\n Str `x`", "b=1 Int `1`"]);
}

#[test]
fn aliases_are_expanded_and_say_where_they_stand() {
    let text = "base: &b {x: 1}\nuse: *b\nkey: &k name\n*k : v\n";
    let document = read(text);
    assert_eq!(leaves(&document), ["base.x=1 Int `1`", "use.x=1 Int `1`", "key=name Str `name`", "name=v Str `v`"]);
    let node = document.roots[0].path(&["use", "x"]).expect("a node");
    assert_eq!(node.via.map(slice), Some("*b".into()));
    assert_eq!(node.span, document.roots[0].path(&["base", "x"]).expect("a node").span);
    assert!(document.roots[0].path(&["base", "x"]).is_some_and(|n| n.via.is_none()));
}

#[test]
fn merge_keys_give_way_to_explicit_keys_and_to_earlier_ones() {
    let text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nm:\n  <<: [*a, *b]\n  x: 9\nn:\n  <<: *b\n";
    let document = read(text);
    let at = |path: &[&str]| document.roots[0].path(path).and_then(Node::as_text).map(str::to_owned);
    assert_eq!(
        (at(&["m", "x"]), at(&["m", "y"]), at(&["m", "z"])),
        (Some("9".into()), Some("1".into()), Some("2".into()))
    );
    assert_eq!(document.roots[0].path(&["m", "x"]).map(|n| n.via), Some(None));
    assert_eq!(document.roots[0].path(&["m", "z"]).and_then(|n| n.via).map(slice), Some("*b".into()));
    assert_eq!(at(&["n", "y"]), Some("2".into()));
    assert_eq!(document.roots[0].get("m").map(|n| n.entries().len()), Some(3));
    assert!(document.problems.is_empty());
}

#[test]
fn an_undefined_alias_is_named_and_kept_as_text() {
    let document = read("a: *nope\n<<: 1\n");
    assert_eq!(leaves(&document), ["a=*nope Str `*nope`", "<<=1 Int `1`"]);
    assert_eq!(document.problems.len(), 2);
    assert_eq!(document.problems[0].span.map(slice), Some("*nope".into()));
}

#[test]
fn an_alias_inside_itself_ends() {
    let document = read("a: &a [1, *a]\n");
    assert_eq!(leaves(&document), ["a.0=1 Int `1`", "a.1=*a Str `*a`"]);
    assert_eq!(only_problem(&document), (ProblemKind::Syntax, "*a".into()));
}

#[test]
fn alias_bombs_are_defused() {
    let mut wide = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    let mut deep = "a0: &a0 [x]\n".to_owned();
    for i in 1..30 {
        let below = format!("*a{}", i - 1);
        wide += &format!("a{i}: &a{i} [{}]\n", vec![below.clone(); 9].join(", "));
    }
    for i in 1..400 {
        deep += &format!("a{i}: &a{i} [*a{}]\n", i - 1);
    }
    for text in [wide, deep] {
        let document = read(&text);
        assert_eq!(document.problems.iter().filter(|p| p.kind == ProblemKind::TooLarge).count(), 1);
        assert_eq!(document.roots.len(), 1);
        assert!(measure(&document.roots[0]).1 <= crate::format::MAX_DEPTH + 1);
    }
}

#[test]
fn equal_keys_are_kept_and_named_at_the_second() {
    let document = read("a: 1\nb: 2\na: 3\n");
    assert_eq!(document.roots[0].entries().len(), 3);
    assert_eq!(document.problems[0].kind, ProblemKind::DuplicateKey);
    assert_eq!(document.problems[0].span, Some(Span::new(10, 11)));
}

#[test]
fn tags_are_kept_as_written() {
    let document = read("a: !reference [x, y]\nb: !!int \"5\"\nc: !Ref z\nd: !!str\n");
    let tag = |key: &str| document.roots[0].get(key).and_then(|n| n.tag.clone());
    assert_eq!((tag("a"), tag("c")), (Some("!reference".into()), Some("!Ref".into())));
    assert_eq!(scalar(&document, &["b"]).kind, ScalarKind::Int);
    assert_eq!((scalar(&document, &["d"]).kind, scalar(&document, &["d"]).text.as_str()), (ScalarKind::Str, ""));
}

#[test]
fn a_list_as_a_key_is_kept_as_written() {
    assert_eq!(leaves(&read("? [a, b]\n: 1\n")), ["[a, b]=1 Int `1`"]);
}

#[test]
fn a_broken_document_keeps_what_was_before_and_what_comes_after() {
    let document = read("a: 1\nb: [2\n---\nc: 3\n---\nd: : 4\n---\ne: 5\n");
    let leaves = leaves(&document);
    assert!(leaves.contains(&"a=1 Int `1`".into()) && leaves.contains(&"c=3 Int `3`".into()), "{leaves:?}");
    assert!(leaves.contains(&"e=5 Int `5`".into()), "{leaves:?}");
    assert!(document.problems.iter().all(|p| p.kind == ProblemKind::Syntax && p.span.is_some()));
    assert_eq!(document.problems.len(), 2);
}

#[test]
fn errors_say_what_to_do() {
    for (text, part) in [
        ("a:\n\tb: 1\n", "tab"),
        ("a: b: c\n", "colon"),
        ("a: \"x\n", "quoted"),
        ("a: [1\n", "bracket"),
        ("a:\n- b\n c: d\n", "indentation"),
    ] {
        let document = read(text);
        assert!(document.problems[0].message.contains(part), "{text}: {}", document.problems[0].message);
    }
}

#[test]
fn long_comment_blocks_are_read() {
    let document = read(&format!("a: 1\n{}b: 2\n", "# c\n".repeat(500)));
    assert_eq!(leaves(&document).len(), 2);
    assert_eq!(document.comments.len(), 500);
}

#[test]
fn deep_nesting_is_refused_in_words() {
    for text in ["[".repeat(100_000), "- ".repeat(20_000), format!("{}1", "a:\n".repeat(3)), "{a: ".repeat(50_000)] {
        let document = read(&text);
        let is_deep = text.len() > 100;
        assert_eq!(document.problems.iter().any(|p| p.kind == ProblemKind::TooLarge), is_deep);
    }
}

#[test]
fn a_long_line_is_read() {
    let text = format!("a: \"{}\"\nb: [{}]\n", "x y\\n".repeat(50_000), "1, ".repeat(50_000));
    let document = read(&text);
    assert_eq!(scalar(&document, &["a"]).text.len(), 200_000);
    assert_eq!(document.roots[0].get("b").map(|n| n.items().len()), Some(50_000));
}

#[test]
fn template_expressions_are_values() {
    let text = "image: {{ .Values.repo }}:{{ .Values.tag }}\nreplicas: {{ .Values.replicas }}\nq: \"x-{{ .a }}\"\n{{ .key }}: 1\n";
    let document = read(text);
    assert_eq!(
        leaves(&document),
        [
            "image={{ .Values.repo }}:{{ .Values.tag }} Str `{{ .Values.repo }}:{{ .Values.tag }}`",
            "replicas={{ .Values.replicas }} Str `{{ .Values.replicas }}`",
            "q=x-{{ .a }} Str `\"x-{{ .a }}\"`",
            "{{ .key }}=1 Int `1`",
        ]
    );
    assert_eq!(document.templated, 5);
    assert!(document.problems.is_empty());
    let image = scalar(&document, &["image"]);
    let tag = image.text.find("{{ .Values.tag").expect("in the text");
    assert_eq!(slice(image.source_span(tag..image.text.len())), "{{ .Values.tag }}");
}

#[test]
fn template_control_lines_leave_the_structure() {
    let text = "spec:\n  {{- if not .x }}\n  replicas: 1\n  {{- else }}\n  replicas: 2\n  {{- end }}\n  resources:\n    {{- toYaml .r | nindent 4 }}\nother: 1\n";
    let document = read(text);
    assert_eq!(
        leaves(&document),
        [
            "spec.replicas=1 Int `1`",
            "spec.replicas=2 Int `2`",
            "spec.resources={{- toYaml .r | nindent 4 }} Str `{{- toYaml .r | nindent 4 }}`",
            "other=1 Int `1`",
        ]
    );
    assert!(document.problems.is_empty(), "{:?}", document.problems);
    assert_eq!(document.templated, 4);
}

#[test]
fn template_lines_in_a_block_scalar_are_its_text() {
    let text = "a: |\n{{- range .x }}\n  k={{ . }}\n{{- end }}\n  l=1\nb: |\n{{ .config | indent 2 }}\nc: >-\n  {{ .y }}\n  z\nd: |+\n  w\n{{ end }}\n";
    let document = read(text);
    assert_eq!(scalar(&document, &["a"]).text, "{{- range .x }}\nk={{ . }}\n{{- end }}\nl=1\n");
    assert_eq!(scalar(&document, &["b"]).text, "{{ .config | indent 2 }}\n");
    assert_eq!(scalar(&document, &["c"]).text, "{{ .y }} z");
    assert_eq!(scalar(&document, &["d"]).text, "w\n{{ end }}\n");
    assert_eq!(leaves(&read("--- |\n  {{ .x }}\n--- >\n{{ .y }}\n"))[1], "={{ .y }}\n Str `{{ .y }}`");
}

#[test]
fn a_template_that_does_not_read_is_no_syntax_error() {
    let document = read("a: 1\n{{ x }} {{ y }}: b: c\n");
    assert_eq!(only_problem(&document).0, ProblemKind::Templated);
    assert_eq!(leaves(&document)[0], "a=1 Int `1`");
}

#[test]
fn masks_never_show() {
    let text = "a: !{{ t }} x # {{ c }}\nb: [{{ d }}, \"{{ e }}\"]\nc: {d: {{ f }}}\ng: 'it''s {{ h }}'\ni: >\n  j {{ k\n  }} l\n";
    let document = read(text);
    let shown = format!("{document:?}");
    assert!(!shown.contains("xxx"), "{shown}");
    assert_eq!(comments(&document), ["{{ c }}"]);
}

#[test]
fn a_quoted_text_may_go_on_without_indentation() {
    let document = read("s:\n  p: '[\n  {% if x %}\n  1\n  ]'\n  q: 2\n");
    assert_eq!(document.roots[0].path(&["s", "q"]).and_then(Node::as_text), Some("2"));
    assert!(document.problems.is_empty());
    let unclosed = read("a: \"x\nb: \"y\"\nc: 1\n");
    assert_eq!(unclosed.problems.len(), 1);
    assert_eq!(unclosed.problems[0].kind, ProblemKind::Syntax);
}
