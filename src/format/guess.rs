//! Which syntax a file has: by its name, and by its content where the name says nothing or says it wrong.

use super::dotenv::is_name;
use super::{FORMATS, by_id, decoded, hocon, xml};
use crate::document::FormatId;

/// Endings that say "this is the sample or the template of the file named before".
const SUFFIXES: [&str; 15] = [
    "j2", "jinja", "jinja2", "erb", "tpl", "tmpl", "gotmpl", "mustache", "template", "example", "sample", "dist",
    "default", "in", "orig",
];

/// Endings of program text, prose and data that is no configuration read here.
const OTHER: [&str; 73] = [
    "md", "mdx", "rst", "adoc", "txt", "rs", "py", "pyi", "go", "js", "mjs", "cjs", "jsx", "ts", "tsx", "java", "kt",
    "kts", "scala", "groovy", "gradle", "rb", "zsh", "fish", "ps1", "bat", "cmd", "html", "htm", "css", "scss", "less",
    "sql", "c", "h", "cc", "cpp", "hpp", "cs", "csproj", "php", "pl", "lua", "ex", "exs", "erl", "clj", "swift", "csv",
    "tsv", "log", "lock", "svg", "proto", "graphql", "ipynb", "xhtml", "jsp", "xsd", "dtd", "xsl", "xslt", "wsdl",
    "iml", "resx", "xaml", "fsproj", "vbproj", "vcxproj", "nuspec", "jrxml", "plist", "rss",
];

/// File names without an ending that are no configuration read here.
const OTHER_NAMES: [&str; 11] = [
    "makefile",
    "jenkinsfile",
    "vagrantfile",
    "gemfile",
    "rakefile",
    "license",
    "readme",
    "changelog",
    "codeowners",
    "notice",
    "authors",
];

/// Finds the syntax of a file by its name and its content; [`FormatId::Unknown`] for what is not read here.
#[must_use]
pub fn detect(path: &str, text: &str) -> FormatId {
    match by_name(path) {
        Named::Format(id) => by_both(id, text),
        Named::Other => FormatId::Unknown,
        Named::Nothing => by_content(text),
    }
}

/// Whether the name alone says that a file is of a syntax read here; `None` where it says nothing.
#[must_use]
pub fn is_named(path: &str) -> Option<bool> {
    match by_name(path) {
        Named::Format(_) => Some(true),
        Named::Other => Some(false),
        Named::Nothing => None,
    }
}

/// What a file's name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// The syntax.
    Format(FormatId),
    /// That it is nothing read here.
    Other,
    /// Nothing.
    Nothing,
}

/// What the name says about a file.
pub(super) fn by_name(path: &str) -> Named {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
    let whole = name.as_str();
    let mut name = whole;
    while let Some((stem, suffix)) = name.rsplit_once(['.', '-']) {
        if stem.is_empty() || !SUFFIXES.contains(&suffix) {
            break;
        }
        name = stem;
    }
    if name == ".env" || name.starts_with(".env.") || name.starts_with(".env-") || name.starts_with(".env_") {
        return Named::Format(FormatId::Dotenv);
    }
    if let Some(format) = FORMATS.iter().find(|format| format.names.contains(&name)) {
        return Named::Format(format.id);
    }
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    if let Some(format) = FORMATS.iter().find(|format| format.extensions.contains(&extension)) {
        return Named::Format(format.id);
    }
    let first = name.split('.').next().unwrap_or(name);
    if let Some(format) = FORMATS.iter().find(|format| format.words.iter().any(|w| *w == first || *w == extension)) {
        return Named::Format(format.id);
    }
    // Named templates of a Helm chart hold pieces, not a file.
    if name.starts_with('_') && whole.ends_with(".tpl") {
        return Named::Other;
    }
    let is_other = OTHER.contains(&extension) || OTHER_NAMES.contains(&first) || OTHER_NAMES.contains(&extension);
    if is_other { Named::Other } else { Named::Nothing }
}

/// Corrects a name by a content that is plainly something else.
fn by_both(named: FormatId, text: &str) -> FormatId {
    let is_plainly = |id: FormatId| by_id(id).is_some_and(|format| (format.is_plainly)(text));
    if let Some(other) = plainly(text).filter(|&other| !is_plainly(named) && may_be(named, other)) {
        return other;
    }
    let shape = Shape::of(text);
    match named {
        FormatId::Xml if xml::is_html(text) => FormatId::Unknown,
        // `.config` is an ending of much that is no XML.
        FormatId::Xml if !shape.is_markup && by_content(text) != FormatId::Unknown => by_content(text),
        FormatId::Conf if shape.is_json => FormatId::Json,
        FormatId::Conf if (shape.braces > 0 || text.contains("${?")) && hocon::is_hocon(text) => FormatId::Hocon,
        // Braces around lines: logrotate, BIND, and others that are not read here.
        FormatId::Conf if shape.is_markup || shape.braces > 0 => FormatId::Unknown,
        FormatId::Conf
            if shape.is_yaml_start || (shape.mapping + shape.item == shape.lines && shape.item + shape.parent > 0) =>
        {
            FormatId::Yaml
        }
        FormatId::Yaml if shape.lines > 0 && shape.assignment == shape.lines => FormatId::Dotenv,
        FormatId::Dotenv | FormatId::Hcl if shape.is_json => FormatId::Json,
        FormatId::Dotenv if shape.lines > 0 && shape.equals == 0 && shape.mapping == shape.lines => FormatId::Yaml,
        FormatId::Json
            if !text.trim_start().starts_with(['{', '['])
                && (shape.is_yaml_start || (shape.lines > 0 && shape.mapping + shape.item == shape.lines)) =>
        {
            FormatId::Yaml
        }
        FormatId::Yaml | FormatId::Json | FormatId::Toml | FormatId::Dotenv if shape.is_markup => FormatId::Unknown,
        _ => named,
    }
}

/// Whether a file whose name says one syntax may be of another. A `.conf` may be anything of lines and braces; a YAML file
/// that holds a script or a server's configuration as a text is still a YAML file.
fn may_be(named: FormatId, other: FormatId) -> bool {
    match other {
        FormatId::Nginx | FormatId::Haproxy | FormatId::Systemd => named == FormatId::Conf,
        FormatId::Shell => matches!(named, FormatId::Conf | FormatId::Dotenv),
        _ => true,
    }
}

/// The syntax that a text plainly has, whatever its name.
fn plainly(text: &str) -> Option<FormatId> {
    FORMATS.iter().find(|format| (format.is_plainly)(text)).map(|format| format.id)
}

/// What the content alone looks like.
pub(super) fn by_content(text: &str) -> FormatId {
    if let Some(format) = plainly(text) {
        return format;
    }
    let shape = Shape::of(text);
    if shape.is_markup || shape.lines == 0 {
        return FormatId::Unknown;
    }
    if shape.is_json {
        return FormatId::Json;
    }
    if shape.is_yaml_start {
        return FormatId::Yaml;
    }
    if shape.assignment == shape.lines {
        return FormatId::Dotenv;
    }
    // Most lines must be of one kind; a text of several kinds is prose or a program.
    let most = |count: usize| count * 10 >= shape.lines * 9;
    if shape.section > 0 && most(shape.section + shape.equals + shape.mapping) {
        return FormatId::Conf;
    }
    if shape.mapping > 0 && most(shape.mapping + shape.item) {
        return FormatId::Yaml;
    }
    if shape.equals == shape.lines { FormatId::Properties } else { FormatId::Unknown }
}

/// What the first lines of a text look like.
#[derive(Default)]
struct Shape {
    /// Lines that are neither blank nor a comment.
    lines: usize,
    /// `KEY=value`.
    assignment: usize,
    /// A key, then `=` with blanks around it or not.
    equals: usize,
    /// `key: value` or `key:`.
    mapping: usize,
    /// `key:` with nothing behind it, as a block has above it.
    parent: usize,
    /// `- item`, or a line that continues one.
    item: usize,
    /// `[section]`.
    section: usize,
    /// Lines that end in `{` or start with `}`.
    braces: usize,
    is_json: bool,
    is_yaml_start: bool,
    is_markup: bool,
}

/// Lines looked at.
const SAMPLE: usize = 500;

impl Shape {
    fn of(text: &str) -> Shape {
        let start = text.trim_start();
        let mut shape = Shape {
            is_json: is_json(start),
            is_yaml_start: start.starts_with("---\n") || start.starts_with("---\r") || start.starts_with("%YAML "),
            is_markup: start.starts_with('<') && !start.starts_with("<%") || start.starts_with("#!"),
            ..Shape::default()
        };
        decoded::lines(text).take(SAMPLE).for_each(|line| shape.count(text.get(line).unwrap_or("")));
        shape
    }

    fn count(&mut self, line: &str) {
        let line = line.trim();
        let is_template = line.starts_with("{{") || line.starts_with("{%") || line.starts_with("<%");
        if line.is_empty() || line.starts_with(['#', ';', '!']) || line == "---" || is_template {
            return;
        }
        self.lines += 1;
        let line = line.strip_prefix("export ").unwrap_or(line);
        let before = line.split_once('=').map(|(before, _)| before);
        self.assignment += usize::from(before.is_some_and(|name| is_name(name) && !name.contains(['-', '.'])));
        self.equals += usize::from(before.is_some_and(|name| is_name(name.trim_end())));
        self.section += usize::from(line.starts_with('[') && line.ends_with(']'));
        self.braces += usize::from(line.ends_with('{') && !line.ends_with("{{") || line == "}" || line == "};");
        let item = line.strip_prefix("- ");
        self.item += usize::from(item.is_some() || line == "-");
        self.mapping += usize::from(item.is_none() && is_mapping_line(line));
        self.parent += usize::from(line.ends_with(':') && is_mapping_line(line));
    }
}

fn is_json(start: &str) -> bool {
    let Some(rest) = start.strip_prefix(['{', '[']) else { return false };
    let next = rest.trim_start().chars().next();
    match next {
        Some('"' | '{') => !rest.starts_with('{'),
        Some('}') => start.starts_with('{'),
        Some(']') => start.starts_with('['),
        Some(c) => start.starts_with('[') && (c.is_ascii_digit() || c == '['),
        None => false,
    }
}

/// `key: value`, `key:` or `"key": value`, where the key is a word and not the scheme of an address.
fn is_mapping_line(line: &str) -> bool {
    let Some(colon) = line.find(": ").or_else(|| line.ends_with(':').then(|| line.len() - 1)) else { return false };
    let key = line.get(..colon).unwrap_or("").trim_matches(['"', '\'']);
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '<' | '$' | '{' | '}');
    !key.is_empty() && key.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_the_format() {
        let table: [(FormatId, &[&str]); 13] = [
            (FormatId::Yaml, &["a.yaml", "b/c.YML", "v.yaml.example", "x.yml.j2", "x.yaml.tpl", "x.yaml-sample"]),
            (FormatId::Json, &["a.json", "tsconfig.jsonc", "a.json.erb", "a.json5"]),
            (FormatId::Toml, &["a.toml", "a.toml.dist"]),
            (
                FormatId::Dotenv,
                &[".env", ".env.production", "x/.env.example", ".env.prod.sample", "db.env", "env.list"],
            ),
            (FormatId::Properties, &["application-prod.properties", "a.properties.template"]),
            (
                FormatId::Conf,
                &["postgresql.conf", "my.cnf", "pgbouncer.ini", "redis.conf", "setup.cfg", "pgbouncer.ini.tmpl"],
            ),
            (FormatId::Xml, &["pom.xml", "Web.config", "context.xml.j2", "jdbc.properties.xml", "server.xml.erb"]),
            (FormatId::Prisma, &["schema.prisma"]),
            (FormatId::Hcl, &["main.tf", "prod.tfvars", "a.hcl"]),
            (FormatId::Dockerfile, &["Dockerfile", "Dockerfile.prod", "api.Dockerfile"]),
            (FormatId::Procfile, &["Procfile", "Procfile.dev"]),
            (FormatId::Shell, &["setenv.sh"]),
            (FormatId::Unknown, &["README.md", "main.rs", "a.py", "Makefile", "_helpers.tpl"]),
        ];
        for (id, names) in table {
            for name in names {
                assert_eq!(detect(name, "a"), id, "{name}");
            }
        }
    }

    #[test]
    fn content_decides_where_the_name_says_nothing() {
        let table = [
            (FormatId::Json, "{\"a\": 1}"),
            (FormatId::Json, "[\n {\"a\": 1}]"),
            (FormatId::Hcl, "# c\nmodule \"a\" {\n  b = 1\n}\n"),
            (FormatId::Dotenv, "# c\nexport A=1\nB=2\n"),
            (FormatId::Yaml, "a: 1\nb:\n  - c\n"),
            (FormatId::Yaml, "---\nanything\n"),
            (FormatId::Conf, "[main]\na = 1\n"),
            (FormatId::Properties, "a.b=1\nc.d = 2\n"),
            (FormatId::Unknown, ""),
            (FormatId::Unknown, "just some words\nand more of them\n"),
            (FormatId::Xml, "<config>\n</config>\n"),
            (FormatId::Xml, "\u{feff}<?xml version=\"1.0\"?>\n<!-- c -->\n<a>"),
            (FormatId::Xml, "<!DOCTYPE a [<!ENTITY x \"y\">]>\n<a b=\"1\"/>\n"),
            (FormatId::Xml, "{{- if x }}\n<a b='1'>\n<c/>\n</a>\n"),
            (FormatId::Prisma, "datasource db {\n  provider = \"mysql\"\n}\n"),
            (FormatId::Unknown, "<!DOCTYPE html>\n<html>\n<p/></html>\n"),
            (FormatId::Unknown, "<html>\n<p/></html>\n"),
            (FormatId::Unknown, "<source>\n  @type http\n</source>\n"),
            (FormatId::Unknown, "<VirtualHost *:80>\n</VirtualHost>\n"),
            (FormatId::Unknown, "<password>\n"),
            (FormatId::Shell, "#!/bin/sh\nA=1\n"),
            (FormatId::Unknown, "#!/usr/bin/env python3\nA = 1\n"),
            (FormatId::Systemd, "[Service]\nEnvironment=A=b\n"),
            (FormatId::Unknown, "postgres://u:p@h:5432/d"),
        ];
        for (id, text) in table {
            assert_eq!(detect("config", text), id, "{text}");
        }
    }

    #[test]
    fn content_corrects_a_wrong_name() {
        let table = [
            (FormatId::Json, "a.conf", "{\"a\": 1}"),
            (FormatId::Json, "a.nomad", "{\"a\": 1}"),
            (FormatId::Hcl, "a.conf", "job \"a\" {\n}\n"),
            (FormatId::Yaml, "a.conf", "a:\n  - b\n"),
            (FormatId::Yaml, "mongod.conf", "net:\n  port: 27017\n  tls:\n    mode: requireTLS\n"),
            (FormatId::Conf, "setup.cfg", "port: 27017\nhost: db\n"),
            (FormatId::Yaml, ".env", "a: 1\nb: 2\n"),
            (FormatId::Dotenv, "a.yaml", "A=1\nB=2\n"),
            (FormatId::Yaml, "a.json", "a: 1\nb: 2\n"),
            (FormatId::Json, "a.json", "{broken"),
            (FormatId::Xml, "a.config.yaml", "<a>\n</a>\n"),
            (FormatId::Xml, "a.conf", "<Context>\n<Resource name='a'/>\n</Context>\n"),
            (FormatId::Unknown, "httpd.conf", "<Directory \"/var/www\">\n</Directory>\n"),
            (FormatId::Dotenv, "kernel.config", "CONFIG_A=y\nCONFIG_B=1\n"),
            (FormatId::Json, "app.config", "{\"a\": 1}"),
            (FormatId::Unknown, "page.xml", "<!DOCTYPE html>\n<html></html>"),
            (FormatId::Xml, "context.xml", "<broken"),
            (FormatId::Conf, "redis.conf", "save 900 1\nport 6379\n"),
            (FormatId::Yaml, "a.yaml", "{{ if x }}\na: 1\n"),
        ];
        for (id, name, text) in table {
            assert_eq!(detect(name, text), id, "{name}: {text}");
        }
    }
}
