use super::*;
use crate::format::check::{self, comments, leaves, only_problem};

fn read(text: &str) -> Document {
    check::read("context.xml", text)
}

fn errors(document: &Document) -> Vec<String> {
    document.problems.iter().map(|problem| problem.span.map(check::slice).unwrap_or_default()).collect()
}

#[test]
fn attributes_text_and_elements_are_entries() {
    let text = "<?xml version=\"1.0\"?>\n<!-- head -->\n<Context path='/a' >\n  <Resource name=\"x\" url = \"y\"/>\n  \
                <Watched>one</Watched>two\n</Context>\n";
    let document = read(text);
    assert_eq!(
        leaves(&document),
        [
            "Context.path=/a Str `'/a'`",
            "Context.Resource.name=x Str `\"x\"`",
            "Context.Resource.url=y Str `\"y\"`",
            "Context.Watched.=one Str `one`",
            "Context.=two\n Str `two\n`",
        ]
    );
    assert_eq!(comments(&document), ["head"]);
    assert!(document.problems.is_empty());
    let element = &document.roots[0].entries()[0];
    assert!(check::slice(element.value.span).ends_with("</Context>"));
}

#[test]
fn entities_and_cdata_are_decoded_with_their_places() {
    let text = "<a b=\"x&amp;y&#x41;&unknown;\n\tz\">p&lt;q<!-- no --><![CDATA[<&amp;>]]></a>";
    let document = read(text);
    let b = document.roots[0].path(&["a", "b"]).and_then(Node::as_scalar).expect("a value");
    assert_eq!(b.text, "x&yA&unknown;  z");
    assert_eq!(check::slice(b.source_span(1..2)), "&amp;");
    assert_eq!(check::slice(b.source_span(3..4)), "&#x41;");
    let text = document.roots[0].path(&["a", ""]).and_then(Node::as_scalar).expect("a value");
    assert_eq!(text.text, "p<q<&amp;>");
    assert_eq!(
        (check::slice(text.source_span(1..2)), check::slice(text.source_span(4..9))),
        ("&lt;".into(), "&amp;".into())
    );
}

#[test]
fn no_entity_of_a_document_type_is_expanded() {
    let text = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\"><!ENTITY y \"&x;&x;\">]>\n<a>&x;&y;</a>";
    let document = read(text);
    assert_eq!(leaves(&document), ["a.=&x;&y; Str `&x;&y;`"]);
    assert!(document.problems.is_empty());
}

#[test]
fn line_ends_of_windows_read_as_others() {
    let document = read("<a>one\r\ntwo</a>\r\n");
    assert_eq!(leaves(&document), ["a.=one\ntwo Str `one\r\ntwo`"]);
}

#[test]
fn mismatched_tags_are_named_and_the_rest_is_read() {
    let document = read("<a><b><c>1</c></a>");
    assert_eq!(leaves(&document), ["a.b.c.=1 Str `1`"]);
    assert_eq!(only_problem(&document), (ProblemKind::Syntax, "b".into()));
    let document = read("<a></x><c>1</c>");
    assert_eq!(leaves(&document), ["a.c.=1 Str `1`"]);
    assert_eq!(errors(&document), ["</x>", "a"]);
}

#[test]
fn broken_markup_does_not_hide_what_follows() {
    for text in [
        "<a>1 < 2<c d=\"1\"/></a>",
        "<a><b x=\"1 y=\"2\"/>\n<c d=\"1\"/></a>",
        "<a b c=x><c d=\"1\"/></a>",
        "<a x=\"1&2\"><c d=\"1\"/></a>",
        "<a><b <c d=\"1\"/></a>",
        "<a><!bad><c d=\"1\"/></a>",
        "<a><c d=\"1\"/></a><!-- open",
        "<a><c d=\"1\"/></a>text",
    ] {
        let document = read(text);
        assert!(leaves(&document).iter().any(|leaf| leaf.ends_with("c.d=1 Str `\"1\"`")), "{text}: {document:?}");
        assert!(document.problems.iter().any(|problem| problem.kind == ProblemKind::Syntax), "{text}");
    }
}

#[test]
fn an_attribute_that_stands_twice_is_named() {
    assert_eq!(only_problem(&read("<a b='1' b='2'/>")), (ProblemKind::DuplicateKey, "b".into()));
}

#[test]
fn what_is_nested_too_deep_is_named_and_the_rest_is_read() {
    let text = format!("<a>{}{}<c>1</c></a>", "<b>".repeat(200), "</b>".repeat(200));
    let document = read(&text);
    assert!(leaves(&document).contains(&"a.c.=1 Str `1`".to_owned()));
    assert_eq!(document.problems.iter().map(|p| p.kind).collect::<Vec<_>>(), [ProblemKind::TooLarge]);
}

#[test]
fn templates_are_read_around_their_expressions() {
    let text = "<a>\n{% if x %}\n  <b url=\"jdbc:{{ u }}/x\" p='${P}' q='@@q@@'>\n    {{ v }}\n  </b>\n{% endif %}\n  \
                <c><%= w %></c>\n</a>\n<!-- {{ c }} -->\n";
    let document = read(text);
    assert_eq!(
        leaves(&document).iter().map(|leaf| leaf.split(" Str").next().unwrap_or("").trim()).collect::<Vec<_>>(),
        ["a.b.url=jdbc:{{ u }}/x", "a.b.p=${P}", "a.b.q=@@q@@", "a.b.=\n{{ v }}", "a.c.=<%= w %>"]
    );
    assert_eq!((document.templated, comments(&document)), (6, vec!["{{ c }}"]));
    assert!(document.problems.is_empty(), "{:?}", document.problems);
}

#[test]
fn a_text_without_an_element_is_named() {
    assert_eq!(read("just words").problems.len(), 1);
    assert!(read("").problems.is_empty());
}
