//! Template expressions and variables inside values: `${DB_PASS}`, `$(DB_HOST)`, `{{ .Values.x }}`, `%DB%`, `<%= … %>`.
//!
//! In: text. Out: where such an atom ends, and the text with all atoms made opaque, so that whoever looks for structure
//! (`@`, `/`, `:`) does not find it inside them. What an expression means is nobody's business here.

/// Longest expression that is recognised; bounds the work on text full of unclosed openers.
const LONGEST: usize = 512;

/// Stands for every byte of an atom in [`opaque`] text; no grammar gives it a meaning.
pub(crate) const ATOM: u8 = 0x01;

/// Opener, closer, and whether the pair nests.
const BRACKETS: [(&[u8], &[u8], bool); 5] =
    [(b"${{", b"}}", false), (b"${", b"}", true), (b"$(", b")", true), (b"{{", b"}}", false), (b"#{", b"}", true)];

/// The end of the expression that starts at byte `at`, if one does.
pub(crate) fn end_of(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let rest = rest.get(..LONGEST.min(rest.len()))?;
    match rest.first()? {
        b'$' | b'{' | b'#' => bracketed(rest).map(|len| at + len),
        b'<' if rest.starts_with(b"<%") => find(rest, b"%>").map(|i| at + i + 2),
        b'%' => percent_name(rest).map(|len| at + len),
        _ => None,
    }
}

fn bracketed(rest: &[u8]) -> Option<usize> {
    let (open, close, nests) = BRACKETS.iter().find(|(open, ..)| rest.starts_with(open))?;
    if !nests {
        let inner = rest.get(open.len()..)?;
        return find(inner, close).map(|i| open.len() + i + close.len());
    }
    let (down, up) = (*open.last()?, *close.first()?);
    let mut depth = 0usize;
    for (i, &b) in rest.iter().enumerate() {
        if b == b'\n' {
            return None;
        }
        if b == down {
            depth += 1;
        } else if b == up {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return Some(i + 1);
            }
        }
    }
    None
}

/// `%NAME%` and `%(name)s`. A second `%` that starts an escape (`%DB%40`) closes nothing.
fn percent_name(rest: &[u8]) -> Option<usize> {
    if rest.get(1) == Some(&b'(') {
        let close = find(rest, b")s")?;
        let name = rest.get(2..close)?;
        let plain = !name.is_empty() && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
        return plain.then_some(close + 2);
    }
    let name = rest.get(1..)?;
    let len = name.iter().position(|b| !(b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_'))?;
    let closed = name.get(len) == Some(&b'%') && len > 0 && !name.first()?.is_ascii_digit();
    let escape = name.get(len + 1..len + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
    (closed && !escape).then_some(len + 2)
}

/// The bytes of `text` with those of every expression replaced by [`ATOM`]; offsets stay the same.
pub(crate) fn opaque(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut shadow = bytes.to_vec();
    // Where the next closer of each kind stands: text full of unclosed openers is passed over quickly.
    let mut closers = [(b'}', 0), (b')', 0), (b'>', 0), (b'%', 0)];
    let mut i = 0;
    while let Some(n) = bytes.get(i..).and_then(|rest| rest.iter().position(|&b| opens(b))) {
        i += n;
        let Some(&b) = bytes.get(i) else { break };
        let closer =
            closing(b, bytes.get(i + 1).copied()).and_then(|closer| closers.iter_mut().find(|(b, _)| *b == closer));
        let reachable = closer.is_some_and(|(closer, next)| {
            if *next <= i {
                *next = bytes
                    .get(i + 1..)
                    .unwrap_or(&[])
                    .iter()
                    .position(|b| b == closer)
                    .map_or(usize::MAX, |n| i + 1 + n);
            }
            next.saturating_sub(i) < LONGEST
        });
        let Some(end) = reachable.then(|| end_of(bytes, i)).flatten() else {
            i += 1;
            continue;
        };
        if let Some(atom) = shadow.get_mut(i..end) {
            atom.fill(ATOM);
        }
        i = end;
    }
    shadow
}

fn opens(b: u8) -> bool {
    matches!(b, b'$' | b'{' | b'#' | b'%' | b'<')
}

/// The byte that must follow where an expression starts with `first` and `second`.
fn closing(first: u8, second: Option<u8>) -> Option<u8> {
    match (first, second?) {
        (b'$' | b'{' | b'#', b'{') => Some(b'}'),
        (b'$', b'(') | (b'%', b'(') => Some(b')'),
        (b'<', b'%') => Some(b'>'),
        (b'%', b'A'..=b'Z' | b'_') => Some(b'%'),
        _ => None,
    }
}

/// Whether `text` is made of expressions alone (and holds one).
pub(crate) fn is_only(text: &str) -> bool {
    !text.is_empty() && opaque(text).iter().all(|&b| b == ATOM)
}

/// Whether `text` holds an expression.
pub(crate) fn is_in(text: &str) -> bool {
    opaque(text).contains(&ATOM)
}

/// Whether `text` points at a value that is kept elsewhere and holds no literal of its own: an expression without a
/// default, or the address of an entry in a secret store.
pub(crate) fn is_reference(text: &str) -> bool {
    const STORES: [&str; 6] = ["vault:", "ref+", "op://", "arn:aws:secretsmanager:", "secretref:", "arn:aws:ssm:"];
    let text = text.trim();
    if STORES.iter().any(|store| text.starts_with(store)) {
        // A store's address has no blanks and no user information.
        return !text.contains([' ', '@']);
    }
    if is_intrinsic(text) || is_arm_expression(text) || is_parenthesised(text) || is_hiera_call(text) {
        return true;
    }
    is_only(text) && atoms(text).all(has_no_literal)
}

/// A tagged scalar that names a value kept elsewhere: `!Ref DbHost`, `!GetAtt Db.Endpoint.Address`, `!secret db_url`.
fn is_intrinsic(text: &str) -> bool {
    let Some((tag, name)) = text.strip_prefix('!').and_then(|rest| rest.split_once(' ')) else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '/');
    let known = matches!(tag, "Ref" | "GetAtt" | "ImportValue" | "secret" | "env" | "ENV" | "env_var" | "include");
    known && !name.is_empty() && name.chars().all(plain)
}

/// A variable of BOSH and Concourse: `((db_host))`.
fn is_parenthesised(text: &str) -> bool {
    let name = text.strip_prefix("((").and_then(|rest| rest.strip_suffix("))"));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':');
    name.is_some_and(|name| !name.is_empty() && name.chars().all(plain))
}

/// A call of Hiera for the value of another key: `%{hiera('shop::db::host')}`.
fn is_hiera_call(text: &str) -> bool {
    let Some(inner) = text.strip_prefix("%{").and_then(|rest| rest.strip_suffix('}')) else { return false };
    let Some((function, name)) = inner.split_once('(') else { return false };
    let name = name.strip_suffix(')').map(|name| name.trim_matches(['\'', '"']));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    matches!(function, "hiera" | "lookup" | "alias" | "scope")
        && name.is_some_and(|n| !n.is_empty() && n.chars().all(plain))
}

/// An expression of an Azure template without a literal of its own: `[parameters('dbHost')]`.
fn is_arm_expression(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else { return false };
    let Some((function, name)) = inner.split_once("('") else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    matches!(function, "parameters" | "variables") && name.strip_suffix("')").is_some_and(|n| n.chars().all(plain))
}

fn atoms(text: &str) -> impl Iterator<Item = &str> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let end = end_of(text.as_bytes(), at)?;
        let atom = text.get(at..end);
        at = end;
        atom
    })
}

/// `${PASS:-abc}` and `{{ .pw | default "abc" }}` carry a value: what stands there may be used as it is.
fn has_no_literal(atom: &str) -> bool {
    if atom.starts_with("${{") || atom.starts_with("{{") || atom.starts_with("<%") || atom.starts_with("#{") {
        let lower = atom.to_ascii_lowercase();
        let default = ["default", "||", "??", " or ", "ternary", "coalesce", "b64enc", "quote \""];
        // `fetch(name, value)` of Ruby and `index map "name"` differ by the comma.
        return !(default.iter().any(|word| lower.contains(word)) || lower.contains("fetch") && lower.contains(','));
    }
    let Some(name) = atom.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else { return true };
    let name = ["secrets.", "env.", "env:", "file:"].iter().find_map(|p| name.strip_prefix(p)).unwrap_or(name);
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))).unwrap_or(name.len());
    let rest = name.get(end..).unwrap_or("");
    // `:?message` and `?message` are what the shell says when the variable is missing; never a value.
    matches!(rest, "" | ":" | ":-" | ":?") || rest.starts_with(":?") || rest.starts_with('?') || is_of_names(name)
}

/// Whether a Terraform expression is made of names alone: `random_password.db["a"].result`, `f(var.x)`,
/// `var.a != "b" ? module.c.d : local.e`. Texts that are an index or compared with are never the value.
fn is_of_names(expression: &str) -> bool {
    let bytes = expression.as_bytes();
    let (mut at, mut index, mut is_compared) = (0, 0usize, false);
    while let Some(&b) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or(&[]);
        let len = match rest {
            [b'"', inner @ ..] => {
                let Some(len) = inner.iter().position(|&b| b == b'"').filter(|_| !inner.contains(&b'\\')) else {
                    return false;
                };
                let behind = inner.get(len + 1..).unwrap_or(&[]).trim_ascii_start();
                let compares = is_compared || behind.starts_with(b"==") || behind.starts_with(b"!=");
                if index == 0 && !compares {
                    return false;
                }
                len + 2
            }
            [b'=' | b'!', b'=', ..] | [b'&', b'&', ..] | [b'|', b'|', ..] => 2,
            [b' ', b'?' | b':', b' ', ..] => 3,
            [b' ' | b'(' | b')' | b',' | b'[' | b']' | b'*' | b'!', ..] => 1,
            [first, ..] if first.is_ascii_alphabetic() || *first == b'_' || (index > 0 && first.is_ascii_digit()) => {
                let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
                rest.iter().position(|b| !is_part(b)).unwrap_or(rest.len())
            }
            [b'.', ..] => 1,
            _ => return false,
        };
        index = if b == b'[' { index + 1 } else { index.saturating_sub(usize::from(b == b']')) };
        is_compared = matches!(rest, [b'=' | b'!', b'=', ..]) || (is_compared && b == b' ');
        at += len;
    }
    // A name alone is somebody else's; Terraform's have a part or an argument.
    expression.contains(['.', '(']) && index == 0
}

/// An expression that says what holds where nothing else is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fallback<'a> {
    /// What it asks for first: `POOL` of `${POOL:-16}`, `.Values.pool`; may be empty.
    pub(crate) name: &'a str,
    /// The text used without it, quotes removed; may be an expression again, never empty.
    pub(crate) text: &'a str,
}

/// The default of a text that is one expression: `${POOL:16}`, `{{ .Values.pool | default 16 }}`,
/// `<%= ENV.fetch("POOL", 16) %>`.
pub(crate) fn fallback(text: &str) -> Option<Fallback<'_>> {
    let text = text.trim();
    if end_of(text.as_bytes(), 0)? != text.len() {
        return None;
    }
    let inside = |open: &str, close: &str| text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    let found = if let Some(inner) = inside("{{", "}}") {
        default_of_template(inner)
    } else if let Some(inner) = inside("<%", "%>") {
        default_of_ruby(inner)
    } else {
        default_of_variable(inside("${", "}").filter(|inner| !inner.starts_with('{'))?)
    };
    found.filter(|f| !f.text.is_empty())
}

/// `NAME:-default` of the shell, `NAME:default` of Spring. `:?`, `?` and `:+` give no default.
fn default_of_variable(inner: &str) -> Option<Fallback<'_>> {
    let inner = ["env.", "env:"].iter().find_map(|p| inner.strip_prefix(p)).unwrap_or(inner);
    let colon = inner.find(':');
    // Spring's names have dashes; the shell's `NAME-default` is told by its capitals.
    let dash = inner.find('-').filter(|&at| colon.is_none() && inner.get(..at).is_some_and(is_shell_name));
    let at = colon.or(dash)?;
    let (name, rest) = (inner.get(..at)?, inner.get(at + 1..)?);
    let rest =
        if colon.is_some() { rest.strip_prefix('-').filter(|_| is_shell_name(name)).unwrap_or(rest) } else { rest };
    (!rest.starts_with(['?', '+'])).then(|| Fallback { name: name.trim(), text: bare(rest) })
}

fn is_shell_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// `.x | default 16`, `default 16 .x`, `x | default('16')`, `x | default: 16`.
fn default_of_template(inner: &str) -> Option<Fallback<'_>> {
    const WORD: &str = "default";
    let inner = inner.trim_matches(|c: char| c == '-' || c.is_whitespace());
    if let Some(words) = ["coalesce ", "or "].iter().find_map(|call| inner.strip_prefix(call)) {
        return last_of(words.split('|').next().unwrap_or(words).trim_end());
    }
    let at = inner.rmatch_indices(WORD).map(|(at, _)| at).find(|&at| {
        let before = inner.get(..at).unwrap_or("").trim_end();
        (before.is_empty() || before.ends_with(['|', '(']))
            && inner.get(at + WORD.len()..).is_some_and(|rest| rest.starts_with([' ', '(', ':']))
    })?;
    let rest = inner.get(at + WORD.len()..)?.trim_start_matches([' ', '(', ':']);
    let value = literal_at(rest)?;
    let end = |c: char| c.is_whitespace() || matches!(c, '|' | ')' | ',' | '(');
    let words = inner.split(end);
    let name =
        words.clone().find(|w| w.starts_with('.')).or_else(|| words.clone().find(|w| !w.is_empty() && *w != WORD));
    Some(Fallback { name: name.map_or("", bare), text: value })
}

/// `.a .b 16` behind `coalesce`: the last counts where no other is given.
fn last_of(words: &str) -> Option<Fallback<'_>> {
    let at = words.rfind(' ')? + 1;
    let name = words.split(' ').next().unwrap_or("");
    Some(Fallback { name, text: literal_at(words.get(at..)?)? })
}

/// `ENV.fetch("X", 5)`, `ENV.fetch("X") { 5 }`, `ENV["X"] || 5`, each with `.to_i` behind.
fn default_of_ruby(inner: &str) -> Option<Fallback<'_>> {
    if !(inner.contains("fetch") || inner.contains("||")) {
        return None;
    }
    let mut body = inner.trim_end_matches('-');
    loop {
        let shorter = body.trim_end().trim_end_matches([')', '}']);
        let shorter = [".to_i", ".to_s", ".to_f"].iter().find_map(|call| shorter.strip_suffix(call)).unwrap_or(shorter);
        if shorter.len() == body.len() {
            break;
        }
        body = shorter;
    }
    let start = body.rfind([',', '{', '|'])? + 1;
    let value = literal_at(body.get(start..)?.trim_start())?;
    let name = inner.split(['"', '\'']).nth(1).unwrap_or("");
    Some(Fallback { name, text: value })
}

/// A quoted text, a number or a truth value at the start; a name of something else is no literal.
fn literal_at(text: &str) -> Option<&str> {
    if let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let rest = text.get(1..)?;
        return rest.get(..rest.find(quote)?);
    }
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, ')' | '}' | '|' | ',')).unwrap_or(text.len());
    let word = text.get(..end)?;
    let plain = word.starts_with(|c: char| c.is_ascii_digit() || c == '-') || matches!(word, "true" | "false");
    plain.then_some(word)
}

fn bare(text: &str) -> &str {
    let text = text.trim();
    let quoted = |q: char| text.strip_prefix(q).and_then(|rest| rest.strip_suffix(q));
    quoted('"').or_else(|| quoted('\'')).unwrap_or(text)
}

/// First place of `needle`.
pub(crate) fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    if needle.is_empty() {
        return None;
    }
    hay.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_expression_is_one_atom() {
        for text in [
            "${A}",
            "$(A)",
            "{{ .Values.a | quote }}",
            "%DB_PASS%",
            "%(pw)s",
            "<%= ENV['A'] %>",
            "#{a['b']}",
            "${{ secrets.A }}",
            "${A:-${B}}",
        ] {
            assert!(is_only(text), "{text}");
        }
    }

    #[test]
    fn percent_escapes_are_no_expressions() {
        for text in ["%40", "a%DB%40b", "100%", "%%", "%2F%2F"] {
            assert!(!is_in(text), "{text}");
        }
    }

    #[test]
    fn unclosed_openers_are_plain_text() {
        for text in ["${A", "$(", "{{ a", "<%= a", "#{"] {
            assert!(!is_in(text), "{text}");
        }
    }

    #[test]
    fn the_default_of_an_expression_is_read_in_every_notation() {
        for (text, name, value) in [
            ("${POOL:16}", "POOL", "16"),
            ("${POOL:-16}", "POOL", "16"),
            ("${POOL-16}", "POOL", "16"),
            ("${pool.max-size:16}", "pool.max-size", "16"),
            ("${pool.max-size:-1}", "pool.max-size", "-1"),
            (" ${A:${B:16}} ", "A", "${B:16}"),
            ("{{ .Values.pool | default 16 }}", ".Values.pool", "16"),
            ("{{- default 16 .Values.pool | quote }}", ".Values.pool", "16"),
            ("{{ .Values.a | default .Values.global.a | default 5 }}", ".Values.a", "5"),
            ("{{ .Values.a | default (.Values.b | default 5) | int }}", ".Values.a", "5"),
            ("{{ coalesce .Values.a .Values.b 5 | quote }}", ".Values.a", "5"),
            ("{{ or .Values.a 5 }}", ".Values.a", "5"),
            ("{{ db_pool | default('16') }}", "db_pool", "16"),
            ("{{ db_pool | default: 5 }}", "db_pool", "5"),
            ("<%= ENV.fetch(\"POOL\", 16) %>", "POOL", "16"),
            ("<%= ENV.fetch('POOL') { 16 } %>", "POOL", "16"),
            ("<%= ENV.fetch('POOL') { ENV.fetch('B', 16) }.to_i %>", "POOL", "16"),
            ("<%= (ENV['POOL'] || 16).to_i %>", "POOL", "16"),
        ] {
            assert_eq!(fallback(text), Some(Fallback { name, text: value }), "{text}");
        }
    }

    #[test]
    fn an_expression_without_a_literal_default_has_none() {
        for text in [
            "16",
            "${POOL}",
            "${POOL:}",
            "${POOL:?must be set}",
            "${A:1}${B:2}",
            "{{ .Values.pool }}",
            "{{ .Values.defaultPool }}",
            "{{ .Values.pool | default .Values.size }}",
            "{{ coalesce .Values.a .Values.b }}",
            "<%= ENV['POOL'] %>",
            "<%= ENV.fetch('POOL') %>",
            "<%= ENV.fetch('POOL', size) %>",
            "$(POOL)",
        ] {
            assert_eq!(fallback(text), None, "{text}");
        }
    }

    #[test]
    fn a_default_is_a_literal_and_no_reference() {
        for text in [
            "${A:-hunter2}",
            "${A:hunter2}",
            "{{ .a | default \"hunter2\" }}",
            "<%= ENV.fetch('A', 'hunter2') %>",
            "x${A}",
        ] {
            assert!(!is_reference(text), "{text}");
        }
        for text in [
            "${A}",
            "${a.b-c}",
            "${A:?must be set}",
            "$(A)",
            "{{ .Values.pw }}",
            "<%= ENV['A'] %>",
            "vault:kv/db#pw",
            "op://a/b",
        ] {
            assert!(is_reference(text), "{text}");
        }
    }
    #[test]
    fn an_expression_of_names_alone_is_a_reference() {
        for text in [
            "${random_password.db[\"main\"].result}",
            "${var.a != \"b\" ? module.c.d : local.e}",
            "${urlencode(random_password.db[each.key].result)}",
            "${\"x\" == var.a && !var.b ? var.c : var.d[0]}",
        ] {
            assert!(is_reference(text), "{text}");
        }
        for text in [
            "${coalesce(var.a, \"hunter2\")}",
            "${var.a ? \"hunter2\" : var.b}",
            "${var.a[0] == 1 ? 4711 : var.b}",
            "${a.b:hunter2}",
            "${a b}",
        ] {
            assert!(!is_reference(text), "{text}");
        }
    }
}
