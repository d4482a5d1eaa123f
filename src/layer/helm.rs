//! Helm charts with their values.
//!
//! In: charts in the tree (`Chart.yaml`, `templates/`, subcharts), their values files, and what deploys them (Flux, Argo
//! CD, helmfile). Out: one layer for each way in which a chart is given values. Templates are followed as far as that needs
//! no cluster, and every value keeps the line of the values file it comes from. A template that cannot be followed stays
//! as it is written.

mod chart;
mod functions;
mod parse;
mod release;
mod render;
mod settle;
mod text;
mod values;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use self::chart::{Chart, Charts, Layer};
use self::render::{Bounds, Named, Renderer, Unit};
use self::text::Text;
use self::values::Value;
use super::{Built, Covered, Effective, Layering, Tree};
use crate::document::FormatId;
use crate::format;
use crate::problem::{Problem, ProblemKind};
use crate::source::{Location, SourceId, Span};

/// See the module.
pub(super) static LAYERING: Layering =
    Layering { name: "helm", does: "Helm charts with their subcharts and values files", build };

/// Steps of evaluation for one side, a few seconds of work. A large repository takes a hundredth of it.
const STEPS: usize = 20_000_000;

/// Bytes of rendered text for one side.
const BYTES: usize = 64 * 1024 * 1024;

fn build(tree: &Tree<'_>) -> Vec<Built> {
    let charts = Charts::of(tree);
    if charts.is_empty() {
        return Vec::new();
    }
    let mut builder = Builder {
        tree,
        charts: &charts,
        units: BTreeMap::new(),
        bounds: Bounds { steps: STEPS, bytes: BYTES },
        is_over: false,
    };
    let layers = chart::layers(tree, &charts);
    layers.iter().filter_map(|layer| builder.built(layer)).collect()
}

struct Builder<'a> {
    tree: &'a Tree<'a>,
    charts: &'a Charts<'a>,
    /// Templates by path; none where one does not parse.
    units: BTreeMap<&'a str, Option<Rc<Unit>>>,
    bounds: Bounds,
    is_over: bool,
}

/// What a layer has come to.
struct Made {
    documents: Vec<Effective>,
    covers: BTreeSet<Covered>,
    used: BTreeSet<(SourceId, Span)>,
}

impl<'a> Builder<'a> {
    fn built(&mut self, layer: &Layer) -> Option<Built> {
        let chart = self.charts.get(&layer.chart)?;
        let mut values = chart.values(self.tree);
        for over in &layer.values {
            values = values::lay(&values, over);
        }
        let parts = self.charts.deployed(self.tree, chart, &values);
        let has_templates = parts.iter().any(|(chart, _)| chart.templates(self.tree).next().is_some());
        if !has_templates && layer.values.is_empty() {
            return None;
        }
        let mut problems = Vec::new();
        let mut made = Made { documents: Vec::new(), covers: BTreeSet::new(), used: BTreeSet::new() };
        let named = self.named(&parts);
        for (part, values) in &parts {
            if !self.is_over && self.render(layer, part, values, &named, &mut made).is_none() {
                self.is_over = true;
                let message = "the charts come to too much text with their values; from here on read as they are written";
                problems.push((chart.source, Problem::new(ProblemKind::TooLarge, message)));
            }
        }
        self.cover_values(layer, &parts, &mut made);
        self.leave(layer, chart, &values, &mut made);
        let covers = made.covers.into_iter().collect();
        Some(Built { layer: layer.name.clone(), path: layer.path.clone(), documents: made.documents, covers, problems })
    }

    /// The named templates of all charts that are deployed together.
    fn named(&mut self, parts: &[(&'a Chart<'a>, Value)]) -> Named {
        let mut named = Named::new();
        for (chart, _) in parts {
            let files: Vec<_> = chart.below(self.tree, "templates").map(|(path, document)| (path, document.source)).collect();
            for (path, source) in files {
                let Some(unit) = self.unit(path, source) else { continue };
                for (index, define) in unit.template.defines.iter().enumerate() {
                    // The parent's comes first and wins.
                    named.entry(define.name.clone()).or_insert_with(|| (Rc::clone(&unit), index));
                }
            }
        }
        named
    }

    fn unit(&mut self, path: &'a str, source: SourceId) -> Option<Rc<Unit>> {
        let text = self.tree.text(source);
        let read = || Unit::new(Text::written(text, source, 0)).map(Rc::new);
        self.units.entry(path).or_insert_with(read).clone()
    }

    /// Renders the templates of one chart; `None` where a bound was reached.
    fn render(
        &mut self,
        layer: &Layer,
        chart: &Chart<'a>,
        values: &Value,
        named: &Named,
        made: &mut Made,
    ) -> Option<()> {
        let tree = self.tree;
        let templates: Vec<_> = chart.templates(tree).collect();
        let file = |name: &str| {
            let path = super::resolve(&chart.folder, name)?;
            let document = tree.get(&path)?;
            Some(Text::written(tree.text(document.source), document.source, 0))
        };
        for (path, document) in templates {
            let Some(unit) = self.unit(path, document.source) else { continue };
            let data = layer.data(chart, values, path);
            let masks = BTreeMap::new();
            let mut renderer = Renderer { named, bounds: &mut self.bounds, file: &file, masks, calls: 0 };
            let text = renderer.render(&unit, &data)?;
            let masks = renderer.masks;
            let used = text.bits.iter().filter_map(|bit| bit.origin).filter(|origin| origin.inserted);
            let used: Vec<_> = used.map(|origin| (origin.at.source, origin.whole)).collect();
            let home = Location { source: document.source, span: Span::default() };
            let scalar = settle::without_lone_masks(text).into_scalar(home);
            let read = format::parse_composed(&scalar, document.source);
            if !settle::is_whole(&read) || (read.roots.is_empty() && !masks.is_empty()) {
                continue;
            }
            made.used.extend(used);
            made.covers.extend((0..document.roots.len()).map(|root| Covered { source: document.source, root }));
            made.documents.extend(read.roots.into_iter().enumerate().map(|(index, mut node)| {
                settle::finish(&mut node, &masks, layer.namespace.as_ref());
                Effective { path: path.to_owned(), source: document.source, format: FormatId::Yaml, index, node }
            }));
        }
        Some(())
    }

    /// The values files and what deploys the chart hold nothing that runs beside the layer.
    fn cover_values(&self, layer: &Layer, parts: &[(&'a Chart<'a>, Value)], made: &mut Made) {
        made.covers.extend(layer.covers.iter().copied());
        let files = parts.iter().filter_map(|(chart, _)| chart.values_file(self.tree));
        made.covers.extend(files.map(|document| Covered { source: document.source, root: 0 }));
    }

    /// Values that no template was seen to read: for charts that are not in the tree, or read by nobody.
    fn leave(&self, layer: &Layer, chart: &Chart<'a>, values: &Value, made: &mut Made) {
        let used = |source: SourceId, span: Span| made.used.contains(&(source, span));
        let Some(node) = values::leftover(values, &used) else { return };
        let own = chart.values_file(self.tree).map(|document| document.source);
        let source = layer.source.or(own).unwrap_or(chart.source);
        let path = layer.path.clone();
        made.documents.push(Effective { path, source, format: FormatId::Yaml, index: 0, node });
    }
}

#[cfg(test)]
mod tests;
