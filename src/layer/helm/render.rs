//! Templates with their values written in, as far as that needs no cluster.
//!
//! In: a parsed template and what it is given. Out: text that knows where each part of it comes from. What cannot be told
//! keeps its place as a mask and reads as the expression later. Work and output are bounded.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::functions;
use super::parse::{self, Part, Pipe, Template, Term};
use super::text::Text;
use super::values::{Item, Map, Value};
use crate::document::ScalarKind;
use crate::source::Location;

/// Blocks, calls and parentheses inside each other up to which a template is followed.
const MAX_DEPTH: usize = 120;

/// Bytes of one text. The objects that it goes into may not be larger.
const MAX_TEXT: usize = 1024 * 1024;

/// Nesting of a value up to which it is kept.
const MAX_NESTING: usize = 160;

/// A template with its text.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) text: Text,
    plain: String,
    pub(super) template: Template,
}

impl Unit {
    pub(super) fn new(text: Text) -> Option<Unit> {
        let plain = text.plain();
        let template = parse::parse(&plain)?;
        Some(Unit { text, plain, template })
    }
}

/// Named templates: the unit and the index of each in it.
pub(super) type Named = BTreeMap<String, (Rc<Unit>, usize)>;

/// What is left of the bounds of one side.
#[derive(Debug)]
pub(super) struct Bounds {
    /// Steps of evaluation.
    pub(super) steps: usize,
    /// Bytes of output.
    pub(super) bytes: usize,
}

/// Renders the templates of one chart.
pub(super) struct Renderer<'a> {
    pub(super) named: &'a Named,
    pub(super) bounds: &'a mut Bounds,
    /// Reads a file of the chart.
    pub(super) file: &'a dyn Fn(&str) -> Option<Text>,
    /// The expressions behind masks, by their place.
    pub(super) masks: BTreeMap<Location, String>,
    pub(super) depth: usize,
}

/// The data of a template and its variables.
struct Frame<'u> {
    unit: &'u Unit,
    root: Value,
    variables: Vec<(String, Value)>,
}

impl Renderer<'_> {
    /// The text of a whole template; `None` where a bound was reached.
    pub(super) fn render(&mut self, unit: &Unit, data: &Value) -> Option<Text> {
        self.run(unit, &unit.template.parts, data)
    }

    fn run(&mut self, unit: &Unit, parts: &[Part], data: &Value) -> Option<Text> {
        let mut frame = Frame { unit, root: data.clone(), variables: Vec::new() };
        let mut out = Text::default();
        self.parts(&mut frame, parts, data, &mut out)?;
        Some(out)
    }

    /// The output of a named template; unknown where there is none of that name.
    pub(super) fn call(&mut self, name: &str, data: &Value) -> Option<Option<Text>> {
        let Some((unit, index)) = self.named.get(name).cloned() else { return Some(None) };
        let Some(define) = unit.template.defines.get(index) else { return Some(None) };
        let data = self.bounded(data.clone());
        self.run(&unit, &define.body, &data).map(Some)
    }

    /// The output of a template that stands in a value.
    pub(super) fn inner(&mut self, text: &Text, data: &Value) -> Option<Option<Text>> {
        if !text.plain().contains("{{") {
            return Some(Some(text.clone()));
        }
        let Some(unit) = Unit::new(text.clone()) else { return Some(None) };
        let data = self.bounded(data.clone());
        self.run(&unit, &unit.template.parts, &data).map(Some)
    }

    fn step(&mut self) -> Option<()> {
        self.bounds.steps = self.bounds.steps.saturating_sub(1);
        (self.bounds.steps > 0).then_some(())
    }

    fn put(&mut self, out: &mut Text, text: &Text) -> Option<()> {
        self.bounds.bytes = self.bounds.bytes.saturating_sub(text.len());
        if self.bounds.bytes == 0 {
            return None;
        }
        out.push(text);
        Some(())
    }

    /// A value of bearable size, paid for; unknown else.
    fn weighed(&mut self, value: Value) -> Value {
        let (weight, fits) = match &value {
            Value::Leaf(leaf) => (leaf.text.len() / 64, leaf.text.len() <= MAX_TEXT),
            Value::List(items) => (items.len(), true),
            Value::Map(map) => (map.len(), true),
            _ => (0, true),
        };
        self.bounds.steps = self.bounds.steps.saturating_sub(weight / 2);
        if fits { value } else { Value::Unknown }
    }

    /// A value that is not nested too deep to be walked; unknown else.
    fn bounded(&mut self, value: Value) -> Value {
        let mut seen = 0;
        let fits = fits(&value, MAX_NESTING, &mut seen);
        // Looking at a value is cheap beside a step.
        self.bounds.steps = self.bounds.steps.saturating_sub(seen / 64);
        if fits { value } else { Value::Unknown }
    }

    fn parts(&mut self, frame: &mut Frame<'_>, parts: &[Part], dot: &Value, out: &mut Text) -> Option<()> {
        self.depth += 1;
        let done = (self.depth <= MAX_DEPTH).then(|| self.each_part(frame, parts, dot, out)).flatten();
        self.depth -= 1;
        done
    }

    fn each_part(&mut self, frame: &mut Frame<'_>, parts: &[Part], dot: &Value, out: &mut Text) -> Option<()> {
        for part in parts {
            self.step()?;
            match part {
                Part::Text(range) => {
                    let text = frame.unit.text.slice(range.start, range.end);
                    self.put(out, &text)?;
                }
                Part::Action(pipe, at) => {
                    let value = self.pipe(frame, pipe, dot)?;
                    if pipe.names.is_empty() {
                        let text = self.shown(frame.unit, &value, at.clone());
                        self.put(out, &text)?;
                    }
                }
                Part::Call { name, pipe, at } => {
                    let data = pipe.as_ref().map_or(Some(Value::Missing), |pipe| self.pipe(frame, pipe, dot))?;
                    let text = self.call(name, &data)?;
                    let text = text.unwrap_or_else(|| self.mask(frame.unit, at.clone()));
                    self.put(out, &text)?;
                }
                Part::If { pipe, binds, then, or } => {
                    let kept = frame.variables.len();
                    let mut value = self.pipe(frame, pipe, dot)?;
                    if *binds {
                        value = self.bounded(value);
                    }
                    // What cannot be told is taken to hold: what it guards is there to be reviewed.
                    let holds = value.truth().unwrap_or(true);
                    let dot = if *binds && holds { &value } else { dot };
                    self.parts(frame, if holds { then } else { or }, dot, out)?;
                    frame.variables.truncate(kept);
                }
                Part::Range { pipe, body, or } => self.range(frame, pipe, body, or, dot, out)?,
            }
        }
        Some(())
    }

    fn range(
        &mut self,
        frame: &mut Frame<'_>,
        pipe: &Pipe,
        body: &[Part],
        or: &[Part],
        dot: &Value,
        out: &mut Text,
    ) -> Option<()> {
        let over = self.commands(frame, pipe, dot)?;
        let items: Vec<(Value, Value)> = match &over {
            Value::List(items) => {
                let index = |i: usize| Value::int(i64::try_from(i).unwrap_or(i64::MAX), None);
                items.iter().enumerate().map(|(i, item)| (index(i), item.clone())).collect()
            }
            Value::Map(map) => map.values().map(|item| (Value::text(item.key.clone()), item.value.clone())).collect(),
            _ => Vec::new(),
        };
        if items.is_empty() {
            return self.parts(frame, or, dot, out);
        }
        let kept = frame.variables.len();
        for (key, value) in items {
            match pipe.names.as_slice() {
                [] => {}
                [one] => frame.variables.push((one.clone(), value.clone())),
                [first, second, ..] => {
                    frame.variables.push((first.clone(), key));
                    frame.variables.push((second.clone(), value.clone()));
                }
            }
            self.parts(frame, body, &value, out)?;
            frame.variables.truncate(kept);
        }
        Some(())
    }

    /// The value of a pipeline, which its variables take.
    fn pipe(&mut self, frame: &mut Frame<'_>, pipe: &Pipe, dot: &Value) -> Option<Value> {
        let mut value = self.commands(frame, pipe, dot)?;
        if let [name] = pipe.names.as_slice() {
            value = self.bounded(value);
            let known = frame.variables.iter_mut().rev().find(|(known, _)| known == name);
            match known.filter(|_| !pipe.declares) {
                Some((_, slot)) => *slot = value.clone(),
                None => frame.variables.push((name.clone(), value.clone())),
            }
        }
        Some(value)
    }

    fn commands(&mut self, frame: &mut Frame<'_>, pipe: &Pipe, dot: &Value) -> Option<Value> {
        let mut last: Option<Value> = None;
        for command in &pipe.commands {
            self.step()?;
            let value = self.command(frame, command, last, dot)?;
            last = Some(self.weighed(value));
        }
        last
    }

    fn command(&mut self, frame: &mut Frame<'_>, command: &[Term], piped: Option<Value>, dot: &Value) -> Option<Value> {
        let (first, rest) = command.split_first()?;
        let mut arguments = Vec::with_capacity(rest.len() + 1);
        for term in rest {
            let value = self.term(frame, term, dot)?;
            arguments.push(value);
        }
        arguments.extend(piped);
        if let Term::Function(name) = first {
            let value = functions::call(self, name, arguments, &frame.root)?;
            // The engine changes the mapping itself.
            if let ("set" | "unset", Some(Term::Variable(name, fields))) = (name.as_str(), rest.first())
                && let (true, Some((_, slot))) =
                    (fields.is_empty(), frame.variables.iter_mut().rev().find(|(known, _)| known == name))
            {
                *slot = self.bounded(value.clone());
            }
            return Some(value);
        }
        if arguments.is_empty() {
            return self.term(frame, first, dot);
        }
        self.method(frame, first, &arguments, dot)
    }

    /// `.Files.Get "name"`; of other methods nothing is known.
    fn method(&mut self, frame: &mut Frame<'_>, term: &Term, arguments: &[Value], dot: &Value) -> Option<Value> {
        let (of, fields) = match term {
            Term::Field(fields) => (dot.clone(), fields),
            Term::Variable(name, fields) => (variable(frame, name), fields),
            _ => return Some(Value::Unknown),
        };
        let Some((method, path)) = fields.split_last() else { return Some(Value::Unknown) };
        let of = of.path(path.iter().map(String::as_str));
        let name = arguments.first().and_then(Value::plain);
        Some(match (of, method.as_str(), name) {
            (Value::Files, "Get", Some(name)) => (self.file)(&name).map_or(Value::Unknown, Value::text),
            _ => Value::Unknown,
        })
    }

    fn term(&mut self, frame: &mut Frame<'_>, term: &Term, dot: &Value) -> Option<Value> {
        let below = |value: Value, fields: &[String]| value.path(fields.iter().map(String::as_str));
        Some(match term {
            Term::Dot => dot.clone(),
            Term::Field(fields) => below(dot.clone(), fields),
            Term::Variable(name, fields) => below(variable(frame, name), fields),
            Term::Paren(pipe, fields) => {
                let value = self.commands(frame, pipe, dot)?;
                below(value, fields)
            }
            Term::Text(text) => Value::made(text),
            Term::Number(number) => {
                let kind = if number.contains('.') { ScalarKind::Float } else { ScalarKind::Int };
                Value::Leaf(Rc::new(super::values::Leaf { text: Text::made(number.clone()), kind, written: None }))
            }
            Term::Bool(value) => Value::bool(*value),
            Term::Nil => Value::Null,
            Term::Function(name) => return functions::call(self, name, Vec::new(), &frame.root),
        })
    }

    /// What an action puts out.
    fn shown(&mut self, unit: &Unit, value: &Value, at: std::ops::Range<usize>) -> Text {
        match value {
            Value::Leaf(leaf) => leaf.text.placed(|| unit.text.slice(at.start, at.end)),
            Value::Null => Text::default(),
            Value::List(_) | Value::Map(_) => Text::made(functions::go_text(value)),
            Value::Missing | Value::Unknown | Value::Files => self.mask(unit, at),
        }
    }

    fn mask(&mut self, unit: &Unit, at: std::ops::Range<usize>) -> Text {
        let written = unit.text.slice(at.start, at.end);
        let expression = written.plain();
        let masked = Text::mask(&expression, written);
        if let Some(origin) = masked.bits.first().and_then(|bit| bit.origin) {
            self.masks.insert(origin.at, expression);
        }
        // What starts with a trim mark on a line of its own writes lines of its own.
        let before = unit.plain.get(..at.start).unwrap_or("").trim_end_matches([' ', '\t']);
        if unit.plain.get(at).is_some_and(|text| text.starts_with("{{-")) && before.ends_with('\n') {
            let mut out = Text::made("\n");
            out.push(&masked);
            return out;
        }
        masked
    }
}

fn variable(frame: &Frame<'_>, name: &str) -> Value {
    if name.is_empty() {
        return frame.root.clone();
    }
    let found = frame.variables.iter().rev().find(|(known, _)| known == name);
    found.map_or(Value::Missing, |(_, value)| value.clone())
}

/// Whether a value is nested no deeper than `left` levels; counts what it holds.
fn fits(value: &Value, left: usize, seen: &mut usize) -> bool {
    *seen += 1;
    let Some(left) = left.checked_sub(1) else { return false };
    match value {
        Value::List(items) => items.iter().all(|item| fits(item, left, seen)),
        Value::Map(map) => map.values().all(|item| fits(&item.value, left, seen)),
        _ => true,
    }
}

/// A mapping of the entries that `keys` and values alternate in.
pub(super) fn dict(arguments: &[Value]) -> Value {
    let mut map = Map::new();
    for pair in arguments.chunks(2) {
        let [key, value] = pair else { break };
        let Some(text) = key.as_text() else { continue };
        map.insert(text.plain(), Item { key: text.clone(), value: value.clone() });
    }
    Value::map(map)
}
