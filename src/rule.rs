//! What a rule is and what it sees.
//!
//! A rule is a table entry and a function. It sees facts, explained changes and the budget; never a format or a
//! document, so a new format touches no rule. Its documentation stands in the same declaration, and is what
//! `plimsoll explain`, `docs/rules/`, SARIF and the page print.

pub(crate) mod addresses;
pub mod allowance;
pub(crate) mod elsewhere;
pub(crate) mod names;
pub(crate) mod parameters;
pub(crate) mod precedence;
pub(crate) mod references;
pub(crate) mod times;
pub(crate) mod wording;

use std::collections::{BTreeMap, BTreeSet};

use crate::budget::ServerBudget;
use crate::catalogue::{ReadValue, Role};
use crate::facts::{Declared, Endpoint, Facts, Pool, PoolKey, PoolSetting, Server};
use crate::finding::{Confidence, Finding, Severity};
use crate::meaning::{ChangeSide, Explained, FileFacts};
use crate::secret::{Redactor, Shown};
use crate::setting::{Environment, KeyPath, Resource, SettingRef, Settings};
use crate::source::{Location, Sources};

/// A rule with everything a reader may want to know of it.
#[derive(Debug)]
pub struct Rule {
    /// Kebab-case; says what is wrong, and reads well after "allow".
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The usual severity in production; single findings may differ with the numbers.
    pub severity: Severity,
    /// The usual confidence.
    pub confidence: Confidence,
    /// Markdown with the fixed headings; see `declare_rule!`.
    pub docs: &'static str,
    /// Finds.
    pub check: fn(&Context<'_>, &mut Vec<Finding>),
}

/// Declares a rule: its documentation comment, then its data.
///
/// The comment has the headings *What it finds*, *Why it hurts*, *Example*, *What to do*, *When it is wrong* and
/// *References*. Examples are fenced blocks whose info string is `before FILE`, `after FILE` or `fixed FILE`: a test
/// runs them and demands that before → after fires this rule and before → fixed does not.
#[macro_export]
macro_rules! declare_rule {
    ($(#[doc = $doc:literal])+ $vis:vis static $ident:ident = $name:literal, $severity:ident, $confidence:ident, $summary:literal, $check:path;) => {
        $(#[doc = $doc])+
        $vis static $ident: $crate::rule::Rule = $crate::rule::Rule {
            name: $name,
            summary: $summary,
            severity: $crate::finding::Severity::$severity,
            confidence: $crate::finding::Confidence::$confidence,
            docs: concat!($($doc, "\n"),+),
            check: $check,
        };
    };
}

/// A rule's documentation as Markdown: the leading blank of each comment line taken off, and the side and file names of
/// example blocks turned into a line above the block.
#[must_use]
pub fn plain_docs(rule: &Rule) -> String {
    let mut text = String::with_capacity(rule.docs.len());
    for line in rule.docs.lines() {
        let line = line.strip_prefix(' ').unwrap_or(line);
        let words: Vec<&str> = line.strip_prefix("```").map(|i| i.split_whitespace().collect()).unwrap_or_default();
        match words.as_slice() {
            [syntax, side, file] => {
                let side = match *side {
                    "before" => "Before",
                    "after" => "After",
                    "fixed" => "Fixed",
                    _ => "Unchanged",
                };
                text.push_str(&format!("{side}, `{file}`:\n\n```{syntax}\n"));
            }
            _ => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    text
}

/// One side as rules see it.
#[derive(Debug, Clone, Copy)]
pub struct State<'a> {
    /// All settings.
    pub settings: &'a Settings,
    /// What they mean.
    pub facts: &'a Facts,
}

/// All that a rule sees. Read-only.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The files, for names and places; rules do not read their text.
    pub sources: &'a Sources,
    /// Before.
    pub old: State<'a>,
    /// After.
    pub new: State<'a>,
    /// What changed, explained: by endpoint part and role.
    pub changes: &'a [Explained],
    /// Per server.
    pub budget: &'a [ServerBudget],
    /// The files of both sides by path.
    pub files: &'a [FileFacts],
    /// What the team accepts, as it stands on the new side.
    pub allowances: &'a [allowance::Allowance],
    /// Makes printable text.
    pub redactor: &'a Redactor,
    /// Thresholds and what the user declared.
    pub policy: &'a Policy,
    /// One state is looked at, not a change: everything counts as new, nothing as changed.
    pub audit: bool,
}

/// Thresholds of the rules.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Share of the usable connections above which a server is called near its limit (0–1).
    pub target: f64,
    /// Whether the strict rollout gates.
    pub strict_rollout: bool,
    /// Whether a suppression that comes with the change under review takes no effect.
    pub forbid_new_suppressions: bool,
    /// Patterns of the hosts that an environment may lead to, in lower case; what is absent may lead anywhere.
    pub allowed_hosts: BTreeMap<Environment, Vec<String>>,
    /// What the user told.
    pub declared: Declared,
}

impl Default for Policy {
    fn default() -> Self {
        // 0.8: the share at which the widely copied PostgreSQL alert rules warn.
        Policy {
            target: 0.8,
            strict_rollout: false,
            forbid_new_suppressions: false,
            allowed_hosts: BTreeMap::new(),
            declared: Declared::default(),
        }
    }
}

/// The same pool on both sides.
#[derive(Debug, Clone, Copy)]
pub struct PoolPair<'a> {
    /// Before.
    pub old: Option<&'a Pool>,
    /// After.
    pub new: Option<&'a Pool>,
}

/// The same endpoint on both sides.
#[derive(Debug, Clone, Copy)]
pub struct EndpointPair<'a> {
    /// Before.
    pub old: Option<&'a Endpoint>,
    /// After.
    pub new: Option<&'a Endpoint>,
}

/// Load of a pool under the traffic that the user declared for its workload.
#[derive(Debug, Clone, Copy)]
pub struct Traffic {
    /// Connections busy on average, over all replicas: requests a second × hold time.
    pub busy: f64,
    /// Processes over all replicas at peak.
    pub processes: u64,
    /// Connections of one process.
    pub each: u64,
    /// Requests a second, over all replicas.
    pub rate: f64,
    /// Milliseconds that a request holds a connection.
    pub hold_ms: f64,
}

impl Traffic {
    /// The load of a pool; `None` where no traffic is declared or a factor is not known.
    #[must_use]
    pub fn of(declared: &Declared, facts: &Facts, pool: &Pool) -> Option<Traffic> {
        let (w, _) = pool.owner?;
        let workload = facts.workloads.get(w)?;
        let told = declared.workloads.iter().find(|d| d.matches(&workload.id) && d.requests_per_second.is_some())?;
        let (rate, hold_ms) = (told.requests_per_second?, told.hold_time_ms?);
        // A scaler answers load, so the declared traffic meets the greatest number of replicas.
        let processes = facts.copies(pool)?;
        let each = pool.ceiling().known()?;
        (each > 0 && processes > 0).then(|| Traffic { busy: rate * hold_ms / 1000.0, processes, each, rate, hold_ms })
    }

    /// Busy connections as a share of those there; 1 and more means a queue without end.
    #[must_use]
    pub fn utilisation(&self) -> f64 {
        self.busy / (count(self.each) * count(self.processes))
    }

    /// Whether the pool has the slack that its size needs: small pools need more than large ones for the same wait.
    #[must_use]
    pub fn fits(&self) -> bool {
        let limit = match self.each {
            0..=5 => 0.6,
            6..=20 => 0.7,
            _ => 0.8,
        };
        self.utilisation() <= limit
    }

    /// Share of requests that wait, and their mean wait in milliseconds (Erlang C, one process's pool at a time);
    /// `None` where the queue grows without end.
    #[must_use]
    pub fn waiting(&self) -> Option<(f64, f64)> {
        let offered = self.busy / count(self.processes);
        let servers = count(self.each);
        if offered >= servers {
            return None;
        }
        let blocking = (1..=self.each.min(10_000)).fold(1.0, |b, k| offered * b / (count(k) + offered * b));
        let wait = blocking / (1.0 - offered / servers * (1.0 - blocking));
        Some((wait, wait * self.hold_ms / (servers - offered)))
    }
}

#[expect(clippy::cast_precision_loss, reason = "pool sizes and processes are far below 2^52")]
fn count(n: u64) -> f64 {
    n as f64
}

/// One role of one pool on both sides, where it differs.
#[derive(Debug, Clone, Copy)]
pub struct PoolChange<'a> {
    /// The pool before.
    pub old_pool: Option<&'a Pool>,
    /// The pool after.
    pub new_pool: Option<&'a Pool>,
    /// The setting before; `None` where it was not written.
    pub old: Option<&'a PoolSetting>,
    /// The setting after; `None` where it is not written any more.
    pub new: Option<&'a PoolSetting>,
}

impl<'a> PoolChange<'a> {
    /// The pool as it is now, or as it was if it is gone.
    #[must_use]
    pub fn pool(&self) -> Option<&'a Pool> {
        self.new_pool.or(self.old_pool)
    }

    /// Where to look: the new setting, or the old one for a removal.
    #[must_use]
    pub fn at(&self) -> Option<Location> {
        self.new.or(self.old).map(|s| s.at)
    }

    /// Whether the pool before and the pool after are of different libraries.
    #[must_use]
    pub fn is_handed_over(&self) -> bool {
        matches!((self.old_pool, self.new_pool), (Some(old), Some(new)) if old.key != new.key)
    }

    /// The key as the process knows it.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.new.or(self.old).map_or("", |s| s.name.as_str())
    }

    /// What holds before: written, or the library's default if one is documented.
    #[must_use]
    pub fn old_value(&self) -> Option<&'a ReadValue> {
        effective(self.old, self.new.filter(|_| !self.is_handed_over()))
    }

    /// What holds after: written, or the library's default if one is documented.
    #[must_use]
    pub fn new_value(&self) -> Option<&'a ReadValue> {
        effective(self.new, self.old.filter(|_| !self.is_handed_over()))
    }
}

/// The written value; where the line is absent, the default that its counterpart on the other side documents.
fn effective<'a>(here: Option<&'a PoolSetting>, there: Option<&'a PoolSetting>) -> Option<&'a ReadValue> {
    match here {
        Some(setting) if setting.value == ReadValue::LibraryDefault => setting.default_value.as_ref(),
        Some(setting) => Some(&setting.value),
        None => there.and_then(|s| s.default_value.as_ref()),
    }
}

/// The new ones in their order, each with the first old one of the same key; then the old ones that have no counterpart.
fn paired<'a, T, K: Ord + 'a>(
    old: &'a [T],
    new: &'a [T],
    key: impl Fn(&'a T) -> &'a K,
) -> Vec<(Option<&'a T>, Option<&'a T>)> {
    let mut before: BTreeMap<&K, &T> = BTreeMap::new();
    for item in old {
        before.entry(key(item)).or_insert(item);
    }
    let after: BTreeSet<&K> = new.iter().map(&key).collect();
    let pairs = new.iter().map(|item| (before.get(key(item)).copied(), Some(item)));
    let gone = old.iter().filter(|item| !after.contains(key(item))).map(|item| (Some(item), None));
    pairs.chain(gone).collect()
}

/// Joins what went under one layer, or none, with what came under another: a first patch makes a layer of files that were
/// deployed as written. Where several went or came, nobody can tell which is which.
fn joined_across_layers(pairs: Vec<PoolPair<'_>>) -> Vec<PoolPair<'_>> {
    fn bare(key: &PoolKey) -> PoolKey {
        let owner = key.owner.strip_suffix(')').and_then(|owner| owner.rsplit_once(" ("));
        PoolKey { owner: owner.map_or(key.owner.as_str(), |(owner, _)| owner).to_owned(), ..key.clone() }
    }
    let mut lone: BTreeMap<PoolKey, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for (at, pair) in pairs.iter().enumerate() {
        match (pair.old, pair.new) {
            (Some(old), None) => lone.entry(bare(&old.key)).or_default().0.push(at),
            (None, Some(new)) => lone.entry(bare(&new.key)).or_default().1.push(at),
            _ => {}
        }
    }
    let mut pairs: Vec<Option<PoolPair<'_>>> = pairs.into_iter().map(Some).collect();
    for (gone, come) in lone.values() {
        let ([gone], [come]) = (gone.as_slice(), come.as_slice()) else { continue };
        let old = pairs.get_mut(*gone).and_then(Option::take).and_then(|pair| pair.old);
        if let Some(Some(pair)) = pairs.get_mut(*come) {
            pair.old = old;
        }
    }
    pairs.into_iter().flatten().collect()
}

impl<'a> Context<'a> {
    /// Pools on both sides whose setting of this role differs. In an audit every written setting counts as new. A pool
    /// of another library that took over counts as the same pool where a number of connections is compared.
    #[must_use]
    pub fn pool_changes(&self, role: Role) -> Vec<PoolChange<'a>> {
        let change = |pair: PoolPair<'a>| {
            let change = PoolChange {
                old_pool: pair.old,
                new_pool: pair.new,
                old: pair.old.and_then(|p| p.setting(role)),
                new: pair.new.and_then(|p| p.setting(role)),
            };
            let written = change.old.is_some() || change.new.is_some();
            // Moved to another library: the same words set the same number there.
            let only_moved = change.is_handed_over() && change.old_value() == change.new_value();
            // Two spellings of one value (`30s` and `30000`) are no change; of values that are not understood the text is
            // all there is.
            let opaque = |s: &&PoolSetting| matches!(s.value, ReadValue::NotANumber);
            let texts = change.old.filter(opaque).map(|s| &s.raw) != change.new.filter(opaque).map(|s| &s.raw);
            let differs = texts || change.old.map(|s| &s.value) != change.new.map(|s| &s.value);
            (written && differs && !only_moved).then_some(change)
        };
        let sizes = matches!(role, Role::PoolMax | Role::PoolMinIdle | Role::AcquireTimeout | Role::MaxLifetime);
        let pairs = if sizes { self.handed_over(self.pools()) } else { self.pools() };
        pairs.into_iter().filter_map(change).collect()
    }

    /// Joins pools that went with those of another library that took over.
    fn handed_over(&self, pairs: Vec<PoolPair<'a>>) -> Vec<PoolPair<'a>> {
        let heirs: Vec<(&Pool, &Pool)> = pairs
            .iter()
            .filter_map(|p| p.old.filter(|_| p.new.is_none()))
            .filter_map(|gone| Some((gone, self.successor(gone)?)))
            .collect();
        let has_heir = |pair: &PoolPair<'_>| {
            let gone = pair.old.filter(|_| pair.new.is_none());
            gone.is_some_and(|gone| heirs.iter().any(|(old, _)| old.key == gone.key))
        };
        let mut joined: Vec<PoolPair<'a>> = pairs.into_iter().filter(|p| !has_heir(p)).collect();
        for pair in joined.iter_mut().filter(|p| p.old.is_none()) {
            let heir = |new: &Pool| heirs.iter().find(|(_, to)| to.key == new.key).map(|(old, _)| old.key.clone());
            let old = pair.new.and_then(heir);
            pair.old = old.and_then(|key| self.old.facts.pools.iter().find(|o| o.key == key));
        }
        joined
    }

    /// The budget of the server, or of the pooler, that a pool connects to. `facts` is the side the pool is from.
    #[must_use]
    pub fn budget_of(&self, facts: &Facts, pool: &Pool) -> Option<&'a ServerBudget> {
        let endpoint = facts.endpoints.get(pool.endpoint?)?;
        let name = match endpoint.pooler {
            Some((pooler, _)) => &facts.poolers.get(pooler)?.name,
            None => &facts.servers.get(endpoint.server?.0)?.id,
        };
        self.budget.iter().find(|row| row.server == *name)
    }

    /// Whether the holder of a pool that is gone still connects to a database, so that its library's default holds now.
    #[must_use]
    pub fn falls_to_default(&self, pool: &Pool) -> bool {
        let connects = |e: &&Endpoint| {
            let users = e.workloads.iter().filter_map(|&w| self.new.facts.workloads.get(w));
            e.key.owner == pool.key.owner || users.into_iter().any(|w| w.id.to_string() == pool.key.owner)
        };
        self.new.facts.endpoints.iter().any(|e| connects(&e)) && self.successor(pool).is_none()
    }

    /// Whether the holder of a pool that is new here connected to a database before, so that its library's default held.
    #[must_use]
    pub fn came_from_default(&self, pool: &Pool) -> bool {
        let connected = |e: &Endpoint| {
            let users = e.workloads.iter().filter_map(|&w| self.old.facts.workloads.get(w));
            e.key.owner == pool.key.owner || users.into_iter().any(|w| w.id.to_string() == pool.key.owner)
        };
        self.old.facts.endpoints.iter().any(connected) || self.stood_beside(pool)
    }

    /// Whether other settings stood beside a pool's settings before it came: the section is old, the lines are new.
    fn stood_beside(&self, pool: &Pool) -> bool {
        pool.settings.iter().any(|s| {
            let (holder, new) = (self.new.settings.resource_of(s.setting), self.new.settings.get(s.setting));
            let parent = new.path.parent();
            let before =
                self.old.settings.resources.iter().filter(|r| r.id == holder.id && parent != KeyPath::default());
            before.flat_map(|r| &r.settings).any(|old| old.path.is_below(&parent))
        })
    }

    /// The limit that a server had before: as it was known, or its engine's default where the line is new in an old place.
    #[must_use]
    pub fn limit_before(&self, server: &Server) -> Option<u64> {
        if let Some(old) = self.old.facts.servers.iter().find(|s| s.id == server.id) {
            return old.limit.value.known();
        }
        let holder = &self.new.settings.resource_of(server.limit_setting?).id;
        let is_old = !self.audit && self.old.settings.resources.iter().any(|r| r.id == *holder);
        server.engine_default.filter(|_| is_old)
    }

    /// The pool of another library that took over from one that is gone: it came to the same owner and container.
    #[must_use]
    pub fn successor(&self, gone: &Pool) -> Option<&'a Pool> {
        let came = |p: &&Pool| !self.old.facts.pools.iter().any(|o| o.key == p.key);
        let same = |p: &&Pool| p.key.owner == gone.key.owner && p.key.container == gone.key.container;
        let rivals = self.old.facts.pools.iter().filter(|o| {
            let away = !self.new.facts.pools.iter().any(|n| n.key == o.key);
            away && o.key.owner == gone.key.owner && o.key.container == gone.key.container
        });
        // Of several that went and came, nobody can tell which replaced which, unless their group says so.
        let several = rivals.count() > 1;
        let mut found = self.new.facts.pools.iter().filter(same).filter(came);
        found.find(|p| !several || p.key.group == gone.key.group)
    }

    /// Whom a pool belongs to, as it may be printed; `None` for plain files, whose place says it.
    #[must_use]
    pub fn owner(&self, pool: &Pool) -> Option<Shown> {
        let named = pool.owner.is_some() || pool.key.owner.contains(' ');
        named.then(|| self.redactor.text(&pool.key.owner))
    }

    /// A pool setting as it may be printed: as written, or that it is not written.
    #[must_use]
    pub fn written(&self, setting: Option<&PoolSetting>) -> Option<Shown> {
        setting.map(|s| self.redactor.value(&s.name, &s.raw))
    }

    /// Pools of both sides, paired by identity, in order; one whose owner or prefix has another name now is known by the
    /// settings that moved with it.
    pub fn pools(&self) -> Vec<PoolPair<'a>> {
        let pairs = paired(&self.old.facts.pools, &self.new.facts.pools, |pool| &pool.key);
        let mut pairs: Vec<PoolPair<'a>> =
            joined_across_layers(pairs.into_iter().map(|(old, new)| PoolPair { old, new }).collect());
        let gone: Vec<&'a Pool> = pairs.iter().filter(|p| p.new.is_none()).filter_map(|p| p.old).collect();
        if gone.is_empty() || pairs.iter().all(|p| p.old.is_some()) {
            return pairs;
        }
        let moved: BTreeSet<(SettingRef, SettingRef)> =
            self.changes.iter().filter_map(|c| Some((c.old.as_ref()?.setting, c.new.as_ref()?.setting))).collect();
        let is_moved = |old: &Pool, new: &Pool| {
            let all = old.settings.iter().flat_map(|a| new.settings.iter().map(move |b| (a.setting, b.setting)));
            old.key.library == new.key.library && all.into_iter().any(|pair| moved.contains(&pair))
        };
        let mut known: BTreeSet<&PoolKey> = BTreeSet::new();
        for pair in pairs.iter_mut().filter(|pair| pair.old.is_none()) {
            let Some(new) = pair.new else { continue };
            pair.old = gone.iter().copied().find(|old| !known.contains(&old.key) && is_moved(old, new));
            known.extend(pair.old.map(|old| &old.key));
        }
        pairs.retain(|pair| pair.new.is_some() || pair.old.is_none_or(|old| !known.contains(&old.key)));
        pairs
    }

    /// Endpoints of both sides, paired by identity, in order.
    pub fn endpoints(&self) -> Vec<EndpointPair<'a>> {
        let pairs = paired(&self.old.facts.endpoints, &self.new.facts.endpoints, |endpoint| &endpoint.key);
        pairs.into_iter().map(|(old, new)| EndpointPair { old, new }).collect()
    }

    /// Whether the file of a place was there before. What comes with its file is no change of anything.
    #[must_use]
    pub fn is_known_file(&self, at: Location) -> bool {
        let path = &self.sources.get(at.source).path;
        self.files.iter().any(|f| f.path == *path && f.old.is_some())
    }

    /// The resource that a setting of the new side belongs to.
    #[must_use]
    pub fn new_resource(&self, at: SettingRef) -> &'a Resource {
        self.new.settings.resource_of(at)
    }

    /// A name (workload, key, path) as it may be printed.
    #[must_use]
    pub fn name(&self, text: &str) -> Shown {
        let shown = self.redactor.text(text);
        // A blank at an end is seen by nobody unless something stands behind it.
        if text.trim() == text { shown } else { crate::shown!("\"{}\"", shown) }
    }

    /// The value of a change's side as it may be printed.
    #[must_use]
    pub fn shown(&self, logical: &str, side: &ChangeSide) -> Shown {
        if side.secret { Shown::of_static(crate::secret::MASK) } else { self.redactor.value(logical, &side.text) }
    }
}
