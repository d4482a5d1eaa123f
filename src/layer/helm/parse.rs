//! Go templates as a tree.
//!
//! In: the text of a template. Out: its pieces and actions, each with its place in the text. A template that does not
//! parse is left alone by whoever asked: it is reviewed as it is written.

use std::ops::Range;

/// Nesting of blocks up to which a template is read.
const MAX_DEPTH: usize = 64;

/// Nesting of parentheses, and commands in a row, up to which a pipeline is read.
const MAX_PIPE: usize = 16;

/// A part of a template.
#[derive(Debug)]
pub(super) enum Part {
    /// Text as it is written.
    Text(Range<usize>),
    /// `{{ pipeline }}`: its value is put out. The range holds the braces.
    Action(Pipe, Range<usize>),
    /// `if` or `with`, with what follows `else`.
    If { pipe: Pipe, binds: bool, then: Vec<Part>, or: Vec<Part> },
    /// `range`, with what follows `else`.
    Range { pipe: Pipe, body: Vec<Part>, or: Vec<Part> },
    /// `template "name" pipeline`.
    Call { name: String, pipe: Option<Pipe>, at: Range<usize> },
}

/// A named template.
#[derive(Debug)]
pub(super) struct Define {
    pub(super) name: String,
    pub(super) body: Vec<Part>,
}

/// Commands joined by `|`, with the variables that take the value.
#[derive(Debug, Default)]
pub(super) struct Pipe {
    pub(super) names: Vec<String>,
    /// `:=` as opposed to `=`.
    pub(super) declares: bool,
    pub(super) commands: Vec<Vec<Term>>,
}

/// A word of a command.
#[derive(Debug)]
pub(super) enum Term {
    Dot,
    /// `.a.b`
    Field(Vec<String>),
    /// `$x.a.b`; the name without the dollar sign.
    Variable(String, Vec<String>),
    /// `(…).a.b`
    Paren(Box<Pipe>, Vec<String>),
    Text(String),
    Number(String),
    Bool(bool),
    Nil,
    Function(String),
}

/// A template with the named ones that it defines.
#[derive(Debug, Default)]
pub(super) struct Template {
    pub(super) parts: Vec<Part>,
    pub(super) defines: Vec<Define>,
}

/// Reads a template; `None` where it does not parse.
pub(super) fn parse(text: &str) -> Option<Template> {
    let mut parser = Parser { pieces: pieces(text)?, at: 0, depth: 0, defines: Vec::new() };
    let (parts, end) = parser.body()?;
    end.is_none().then_some(Template { parts, defines: parser.defines })
}

/// Text or the tokens of an action.
enum Piece {
    Text(Range<usize>),
    Action(Vec<Token>, Range<usize>),
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// A name, `.a.b`, `$x.a`, a number.
    Word(String),
    Text(String),
    Char(char),
    /// `:=` or `=`.
    Assign(bool),
    /// `.a.b` right behind a closing parenthesis.
    Suffix(String),
}

/// Cuts a text at its actions; trim marks are applied, comments are gone.
fn pieces(text: &str) -> Option<Vec<Piece>> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut trims = false;
    while let Some(open) = text.get(at..)?.find("{{").map(|i| at + i) {
        let body = open + 2;
        let marked = text.get(body..)?.starts_with('-') && text.get(body + 1..)?.starts_with([' ', '\t', '\n', '\r']);
        let start = if marked { body + 1 } else { body };
        found.extend(literal(text, at..open, trims, marked));
        let (tokens, end) = match comment_end(text, start) {
            Some(end) => (None, end?),
            None => {
                let (tokens, end) = tokens(text, start)?;
                (Some(tokens), end)
            }
        };
        // `end` stands on the closing braces; a mark before them is part of the action.
        trims =
            text.get(..end)?.ends_with('-') && text.get(..end - 1)?.ends_with(|c: char| c.is_whitespace() || c == '/');
        if let Some(tokens) = tokens {
            found.push(Piece::Action(tokens, open..end + 2));
        }
        at = end + 2;
    }
    found.extend(literal(text, at..text.len(), trims, false));
    Some(found)
}

fn literal(text: &str, range: Range<usize>, trim_start: bool, trim_end: bool) -> Option<Piece> {
    let mut range = range;
    if trim_start {
        let part = text.get(range.clone())?;
        range.start += part.len() - part.trim_start().len();
    }
    if trim_end {
        range.end = range.start + text.get(range.clone())?.trim_end().len();
    }
    (!range.is_empty()).then_some(Piece::Text(range))
}

/// Where a comment that starts here is closed: on its braces. `Some(None)` for one that is not.
fn comment_end(text: &str, start: usize) -> Option<Option<usize>> {
    let rest = text.get(start..)?;
    let body = rest.trim_start().strip_prefix("/*")?;
    let from = text.len() - body.len();
    let end = body.find("*/").map(|i| from + i + 2);
    Some(end.and_then(|end| text.get(end..)?.find("}}").map(|i| end + i)))
}

/// The tokens of an action, up to its closing braces.
fn tokens(text: &str, start: usize) -> Option<(Vec<Token>, usize)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = start;
    loop {
        let byte = *bytes.get(at)?;
        match byte {
            b'}' if bytes.get(at + 1) == Some(&b'}') => return Some((found, at)),
            b'-' if text.get(at + 1..)?.starts_with("}}") => at += 1,
            b' ' | b'\t' | b'\r' | b'\n' => at += 1,
            b'"' | b'\'' => {
                let (value, end) = quoted(text, at, byte)?;
                found.push(Token::Text(value));
                at = end;
            }
            b'`' => {
                let end = at + 1 + text.get(at + 1..)?.find('`')?;
                found.push(Token::Text(text.get(at + 1..end)?.to_owned()));
                at = end + 1;
            }
            b':' if bytes.get(at + 1) == Some(&b'=') => {
                found.push(Token::Assign(true));
                at += 2;
            }
            b'=' => {
                found.push(Token::Assign(false));
                at += 1;
            }
            b'(' | b')' | b'|' | b',' => {
                found.push(Token::Char(char::from(byte)));
                at += 1;
            }
            _ => {
                let rest = text.get(at..)?;
                let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '+') || c == '-';
                let mut end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
                // A minus belongs to a number only.
                if !rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+')) {
                    end = rest.get(..end)?.find('-').unwrap_or(end);
                }
                let word = rest.get(..end).filter(|word| !word.is_empty())?;
                let is_suffix = word.starts_with('.') && word.len() > 1 && bytes.get(at.wrapping_sub(1)) == Some(&b')');
                found.push(if is_suffix { Token::Suffix(word.to_owned()) } else { Token::Word(word.to_owned()) });
                at += end;
            }
        }
    }
}

fn quoted(text: &str, at: usize, quote: u8) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = text.get(at + 1..)?.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                'r' => value.push('\r'),
                other => value.push(other),
            },
            c if c == char::from(quote) => return Some((value, at + 1 + i + 1)),
            '\n' => return None,
            c => value.push(c),
        }
    }
    None
}

struct Parser {
    pieces: Vec<Piece>,
    at: usize,
    depth: usize,
    defines: Vec<Define>,
}

/// What closes a body.
enum End {
    End,
    /// `else`, with the tokens of the `if` behind it.
    Else(Vec<Token>),
}

impl Parser {
    /// Parts up to an `end` or `else`, or to the end of the text.
    fn body(&mut self) -> Option<(Vec<Part>, Option<End>)> {
        let mut parts = Vec::new();
        while let Some(piece) = self.pieces.get_mut(self.at) {
            self.at += 1;
            let (tokens, at) = match piece {
                Piece::Text(range) => {
                    parts.push(Part::Text(range.clone()));
                    continue;
                }
                Piece::Action(tokens, at) => (std::mem::take(tokens), at.clone()),
            };
            let Some(first) = tokens.first() else { continue };
            let word = if let Token::Word(word) = first { word.as_str() } else { "" };
            let rest = tokens.get(1..).unwrap_or_default();
            match word {
                "end" => return Some((parts, Some(End::End))),
                "else" => return Some((parts, Some(End::Else(rest.to_vec())))),
                "if" | "with" => parts.push(self.condition(word == "with", rest)?),
                "range" => {
                    let pipe = pipe(rest, true)?;
                    let (body, end) = self.nested()?;
                    let or = self.otherwise(end, false)?;
                    parts.push(Part::Range { pipe, body, or });
                }
                "define" => {
                    let Some(Token::Text(name)) = rest.first() else { return None };
                    let (body, end) = self.nested()?;
                    matches!(end, End::End).then_some(())?;
                    self.defines.push(Define { name: name.clone(), body });
                }
                "block" => {
                    let Some(Token::Text(name)) = rest.first() else { return None };
                    let given = pipe(rest.get(1..).unwrap_or_default(), false)?;
                    let (body, end) = self.nested()?;
                    matches!(end, End::End).then_some(())?;
                    self.defines.push(Define { name: name.clone(), body });
                    parts.push(Part::Call { name: name.clone(), pipe: Some(given), at });
                }
                "template" => {
                    let Some(Token::Text(name)) = rest.first() else { return None };
                    let given = rest.get(1..).filter(|rest| !rest.is_empty());
                    let given = given.map_or(Some(None), |rest| pipe(rest, false).map(Some))?;
                    parts.push(Part::Call { name: name.clone(), pipe: given, at });
                }
                "break" | "continue" => {}
                _ => parts.push(Part::Action(pipe(&tokens, false)?, at)),
            }
        }
        Some((parts, None))
    }

    /// A body that must be closed.
    fn nested(&mut self) -> Option<(Vec<Part>, End)> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let (parts, end) = self.body()?;
        self.depth -= 1;
        Some((parts, end?))
    }

    fn condition(&mut self, binds: bool, tokens: &[Token]) -> Option<Part> {
        let pipe = pipe(tokens, false)?;
        let (then, end) = self.nested()?;
        let or = self.otherwise(end, binds)?;
        Some(Part::If { pipe, binds, then, or })
    }

    /// What follows an `else`, up to the `end`.
    fn otherwise(&mut self, end: End, binds: bool) -> Option<Vec<Part>> {
        let End::Else(tokens) = end else { return Some(Vec::new()) };
        match tokens.first() {
            None => {
                let (parts, end) = self.nested()?;
                matches!(end, End::End).then_some(parts)
            }
            Some(Token::Word(word)) if word == "if" || word == "with" => {
                self.depth += 1;
                let part = self.condition(binds || word == "with", tokens.get(1..)?)?;
                self.depth -= 1;
                Some(vec![part])
            }
            Some(_) => None,
        }
    }
}

/// A pipeline; `several` allows two variables, as `range` has them.
fn pipe(tokens: &[Token], several: bool) -> Option<Pipe> {
    let mut reader = Reader { tokens, at: 0, depth: 0 };
    let pipe = reader.pipe(several)?;
    (reader.at == tokens.len()).then_some(pipe)
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<&Token> {
        self.at += 1;
        self.tokens.get(self.at - 1)
    }

    fn pipe(&mut self, several: bool) -> Option<Pipe> {
        self.depth += 1;
        if self.depth > MAX_PIPE {
            return None;
        }
        let mut pipe = Pipe::default();
        self.variables(several, &mut pipe);
        let mut command = Vec::new();
        while let Some(token) = self.tokens.get(self.at) {
            match token {
                Token::Char(')') => break,
                Token::Char('|') => {
                    self.at += 1;
                    pipe.commands.push(std::mem::take(&mut command));
                }
                _ => command.push(self.term()?),
            }
        }
        pipe.commands.push(command);
        self.depth -= 1;
        let is_short = pipe.commands.len() <= MAX_PIPE;
        (is_short && pipe.commands.iter().all(|command| !command.is_empty())).then_some(pipe)
    }

    /// `$a :=`, `$a =`, `$k, $v :=`.
    fn variables(&mut self, several: bool, pipe: &mut Pipe) {
        let name = |at: usize| match self.tokens.get(at) {
            Some(Token::Word(word)) => word.strip_prefix('$').filter(|name| !name.contains('.')),
            _ => None,
        };
        let assign = |at: usize| match self.tokens.get(at) {
            Some(Token::Assign(declares)) => Some(*declares),
            _ => None,
        };
        let Some(first) = name(self.at) else { return };
        if let Some(declares) = assign(self.at + 1) {
            (pipe.names, pipe.declares) = (vec![first.to_owned()], declares);
            self.at += 2;
        } else if let (true, Some(Token::Char(',')), Some(second), Some(declares)) =
            (several, self.tokens.get(self.at + 1), name(self.at + 2), assign(self.at + 3))
        {
            (pipe.names, pipe.declares) = (vec![first.to_owned(), second.to_owned()], declares);
            self.at += 4;
        }
    }

    fn term(&mut self) -> Option<Term> {
        match self.next()?.clone() {
            Token::Text(text) => Some(Term::Text(text)),
            Token::Word(word) => term_of(&word),
            Token::Char('(') => {
                let inner = self.pipe(false)?;
                matches!(self.next()?, Token::Char(')')).then_some(())?;
                let fields = match self.tokens.get(self.at) {
                    Some(Token::Suffix(fields)) => {
                        self.at += 1;
                        fields_of(fields)
                    }
                    _ => Vec::new(),
                };
                Some(Term::Paren(Box::new(inner), fields))
            }
            Token::Suffix(_) | Token::Char(_) | Token::Assign(_) => None,
        }
    }
}

fn term_of(word: &str) -> Option<Term> {
    if word == "." {
        return Some(Term::Dot);
    }
    if word.starts_with('.') && !word.get(1..2)?.starts_with(|c: char| c.is_ascii_digit()) {
        return Some(Term::Field(fields_of(word)));
    }
    if let Some(rest) = word.strip_prefix('$') {
        let (name, fields) = rest.split_once('.').unwrap_or((rest, ""));
        return Some(Term::Variable(name.to_owned(), fields_of(fields)));
    }
    if word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) {
        return Some(Term::Number(word.to_owned()));
    }
    Some(match word {
        "true" => Term::Bool(true),
        "false" => Term::Bool(false),
        "nil" => Term::Nil,
        name => Term::Function(name.to_owned()),
    })
}

fn fields_of(path: &str) -> Vec<String> {
    path.split('.').filter(|step| !step.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shape of a template in a few letters.
    fn shape(parts: &[Part]) -> String {
        let one = |part: &Part| match part {
            Part::Text(_) => "t".to_owned(),
            Part::Action(pipe, _) => format!("a{}", pipe.commands.len()),
            Part::If { then, or, .. } => format!("if({}|{})", shape(then), shape(or)),
            Part::Range { body, .. } => format!("range({})", shape(body)),
            Part::Call { .. } => "call".to_owned(),
        };
        parts.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn blocks_nest() {
        let table = [
            ("a {{ .b }} c", "t a1 t"),
            ("{{- if .a -}} x {{- else if .b }}y{{ else }}z{{ end -}}", "if(t|if(t|t))"),
            ("{{ range $k, $v := .a }}{{ $k }}{{ end }}", "range(a1)"),
            ("{{/* {{ x }} */}}{{- /* b */ -}} c", "t"),
            ("{{ .a | default (printf \"}}%s\" .b) | quote }}", "a3"),
            ("{{ define \"a\" }}x{{ end }}{{ template \"a\" . }}", "call"),
            ("{{ (index .a 0).b.c }}", "a1"),
            ("{{ $x := 1 }}{{ $x = 2 }}", "a1 a1"),
        ];
        for (text, expected) in table {
            let template = parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(shape(&template.parts), expected, "{text}");
        }
    }

    #[test]
    fn what_does_not_parse_is_refused() {
        let deep = "{{ if a }}".repeat(100_000);
        let parens = format!("{{{{ {}", "(".repeat(100_000));
        for text in
            ["{{ if .a }}", "{{ end }}", "{{ .a", "{{ a | }}", "{{ (a }}", "{{ \"a }}", "{{/* a }}", &deep, &parens]
        {
            assert!(parse(text).is_none(), "{}", text.get(..20).unwrap_or(text));
        }
    }
}
