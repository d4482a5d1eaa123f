//! What a person would look up in a manual: the keys of pool libraries, the limits of servers, the processes of programs.
//!
//! In: the built-in tables (`src/catalogue/*.toml`, embedded as one JSON text) and a user's own in the same schema.
//! Out: what a key means ([`Catalogue::recognise`]), what a value means ([`read_value`]), what a server accepts and how
//! many processes a command starts. It knows neither files nor documents, and it does not judge.

mod check;
mod example;
mod managed;
mod program;
mod recognise;
mod role;
mod schema;
mod server;
mod value;

use std::sync::OnceLock;

pub use check::CatalogueError;
pub use example::broken_examples;
pub use managed::SizeLimit;
pub use program::ProcessCount;
pub use recognise::{LibraryIndex, Match, Query};
pub use role::Role;
pub use schema::{
    Ambiguity, Ends, Entries, Evidence, Example, Implied, Kind, Library, Managed, Means, Needs, PerMemory, Place,
    Program, ProgramExample, ProgramSetting, ServerKind, ServerTime, Setting, Special, Unit, Zero,
};
pub use value::{ReadValue, correction, in_greatest_unit, in_unit, in_words, read_value, taken};

/// The built-in tables; made from the TOML files by a test.
const EMBEDDED: &str = include_str!("catalogue/embedded.json");

/// All knowledge of a review: the built-in tables and the user's.
#[derive(Debug, Clone)]
pub struct Catalogue {
    entries: Entries,
    index: recognise::Index,
}

impl Catalogue {
    /// The built-in catalogue.
    ///
    /// # Errors
    /// If the embedded tables are damaged, which a test excludes.
    pub fn builtin() -> Result<Catalogue, CatalogueError> {
        let damaged = |e: serde_json::Error| {
            CatalogueError(format!("the built-in catalogue is damaged at line {}; reinstall plimsoll", e.line()))
        };
        Catalogue::new(serde_json::from_str(EMBEDDED).map_err(damaged)?)
    }

    /// The built-in catalogue, read once and then shared: reading it takes longer than reviewing a small change.
    ///
    /// # Panics
    /// If the embedded tables are damaged, which a test excludes.
    #[must_use]
    pub fn shared() -> &'static Catalogue {
        static SHARED: OnceLock<Catalogue> = OnceLock::new();
        SHARED.get_or_init(|| Catalogue::builtin().expect("the embedded catalogue is checked by a test"))
    }

    /// A catalogue of these tables alone.
    ///
    /// # Errors
    /// If an entry breaks the schema's rules; the message says which, where, and what to do.
    pub fn new(entries: Entries) -> Result<Catalogue, CatalogueError> {
        check::check(&entries)?;
        let index = recognise::Index::new(&entries);
        Ok(Catalogue { entries, index })
    }

    /// Adds a user's tables. They come first; an entry of the same id replaces the built-in one.
    ///
    /// # Errors
    /// As for [`Catalogue::new`].
    pub fn with_user(self, user: Entries) -> Result<Catalogue, CatalogueError> {
        check::check(&user)?;
        let Entries { mut libraries, mut servers, mut programs, mut managed } = user;
        let Entries { libraries: own_libraries, servers: own_servers, programs: own_programs, managed: own_managed } =
            self.entries;
        let told: Vec<String> = libraries.iter().map(|l| l.id.clone()).collect();
        libraries.extend(own_libraries.into_iter().filter(|l| !told.contains(&l.id)));
        let told: Vec<String> = servers.iter().map(|s| s.id.clone()).collect();
        servers.extend(own_servers.into_iter().filter(|s| !told.contains(&s.id)));
        let told: Vec<String> = programs.iter().map(|p| p.id.clone()).collect();
        programs.extend(own_programs.into_iter().filter(|p| !told.contains(&p.id)));
        let told: Vec<String> = managed.iter().map(|m| m.id.clone()).collect();
        managed.extend(own_managed.into_iter().filter(|m| !told.contains(&m.id)));
        Catalogue::new(Entries { libraries, servers, programs, managed })
    }

    /// Which setting of which library a key is; `None` if it is none, or too little around it says so.
    #[must_use]
    pub fn recognise(&self, query: &Query<'_>) -> Option<Match<'_>> {
        self.index.recognise(&self.entries.libraries, query)
    }

    /// Whether a key may be one of a library, a server or a program, whatever stands around it. It errs on the side of
    /// yes; what gets a no is nobody's for sure.
    #[must_use]
    pub fn may_know(&self, key: &str) -> bool {
        self.index.may_know(key)
    }

    /// The library that opens a pool of its default size for a data source where no pool setting is written, and the
    /// group that its pool settings would have.
    #[must_use]
    pub fn implied_pool(&self, key: &str, is_env: bool, dialect: Option<&str>) -> Option<(LibraryIndex, String)> {
        self.index.implied(&self.entries.libraries, key, is_env, dialect)
    }

    /// All libraries, the user's first.
    #[must_use]
    pub fn libraries(&self) -> &[Library] {
        &self.entries.libraries
    }

    /// The library of a match.
    ///
    /// # Panics
    /// If the index comes from another catalogue.
    #[must_use]
    pub fn library(&self, index: LibraryIndex) -> &Library {
        self.entries.libraries.get(index).expect("a library index is made from the same catalogue")
    }

    /// All kinds of servers, the user's first.
    #[must_use]
    pub fn servers(&self) -> &[ServerKind] {
        &self.entries.servers
    }

    /// The kind of server of an engine: `postgresql`, `mysql`.
    #[must_use]
    pub fn server_named(&self, engine: &str) -> Option<&ServerKind> {
        self.entries.servers.iter().find(|s| s.id == engine)
    }

    /// The kind of server that a container of this image runs.
    #[must_use]
    pub fn server_of_image(&self, image: &str) -> Option<&ServerKind> {
        self.entries.servers.iter().find(|s| s.is_image(image))
    }

    /// The pooler that a container of this image runs. Exporters of its figures are none.
    #[must_use]
    pub fn pooler_of_image(&self, image: &str) -> Option<&Library> {
        let name = recognise::image_name(image);
        let runs = |needs: &Needs| needs.images.iter().any(|glob| fast_glob::glob_match(glob, name));
        let is_pooler = |library: &&Library| {
            let needs = library.needs.iter().chain(library.settings.iter().filter_map(|s| s.needs.as_ref()));
            library.kind == Kind::Pooler && needs.into_iter().any(runs)
        };
        if name.contains("exporter") {
            return None;
        }
        self.entries.libraries.iter().find(is_pooler)
    }

    /// What a managed service makes of an instance's size; `None` if the service or the size is not known.
    #[must_use]
    pub fn limit_of_size(&self, service: &str, size: &str) -> Option<SizeLimit> {
        managed::limit_of_size(&self.entries.managed, service, size)
    }

    /// The kind of server whose limit a setting is. `context` is the path of the file, the name of the object and the
    /// path of the key, in one text.
    ///
    /// An environment name alone never tells: an application may call its own pool `POSTGRESQL_MAX_CONNECTIONS`.
    #[must_use]
    pub fn server_of_setting(
        &self,
        key: &str,
        is_env: bool,
        context: &str,
        beside: &dyn Fn(&str) -> bool,
    ) -> Option<&ServerKind> {
        if is_env || !self.index.is_limit(key) {
            return None;
        }
        self.entries.servers.iter().find(|s| s.places.iter().any(|place| place.fits(key, context, beside)))
    }

    /// All programs, the user's first.
    #[must_use]
    pub fn programs(&self) -> &[Program] {
        &self.entries.programs
    }

    /// How many processes or threads a command starts; `None` if no known program says so.
    ///
    /// `env` gives the value and the place of an environment variable.
    #[must_use]
    pub fn processes_of<'e, P>(
        &self,
        role: Role,
        words: &[&str],
        image: Option<&str>,
        env: &dyn Fn(&str) -> Option<(&'e str, P)>,
    ) -> Option<ProcessCount<P>> {
        program::processes_of(&self.entries.programs, role, words, image, env)
    }

    /// Whether a key of a configuration file sets the processes or threads of a program: `server.tomcat.threads.max`.
    #[must_use]
    pub fn is_program_key(&self, role: Role, key: &str) -> bool {
        let wanted = recognise::segments_of(key);
        let settings = self.entries.programs.iter().flat_map(|p| &p.settings).filter(|s| s.role == role);
        settings.into_iter().flat_map(|s| &s.keys).any(|known| wanted.ends_with(&recognise::segments_of(known)))
    }
}

impl Library {
    /// Whether both may describe the same pool of one process: names that teams choose themselves (`DB_POOL_SIZE`) are
    /// read by whatever library is there, and two libraries of one ecosystem exclude each other.
    #[must_use]
    pub fn may_be_same_as(&self, other: &Library) -> bool {
        self.ecosystem == other.ecosystem || self.ecosystem == "any" || other.ecosystem == "any"
    }

    /// What holds for a role where nothing is written; `None` if it has no such setting or no known default.
    #[must_use]
    pub fn default_of(&self, role: Role) -> Option<ReadValue> {
        let settings = self.settings.iter().filter(|s| s.role == role);
        settings.into_iter().find_map(|s| Some(read_value(s, s.default.as_deref()?)))
    }
}
