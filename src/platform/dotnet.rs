//! .NET's `appsettings.json` and those of its environments.
//!
//! `"ConnectionStrings:Default"` and `{"ConnectionStrings": {"Default": …}}` are one key, so a rewrite from one to the
//! other changes nothing.

use crate::document::FormatId;
use crate::layer::overlay;
use crate::setting::{Environment, Resource, ResourceId, Shape, Standing, UnitKind};

use super::flatten::{Flatten, Here, Scope};
use super::{Platform, Reading, Root};

pub(super) static PLATFORM: Platform =
    Platform { name: "dotnet", recognises: "appsettings*.json of .NET, by environment", claims, read };

fn claims(root: &Root<'_>) -> bool {
    let name = root.file_name();
    root.format == FormatId::Json && root.index == 0 && name.starts_with("appsettings") && name.ends_with(".json")
}

fn read(root: &Root<'_>) -> Reading {
    let mut flat = Flatten::of(root);
    let unit = flat.unit(UnitKind::File, root.file_name());
    flat.walk(&overlay::by_colons(root.node, root.source), &Here::default(), Scope::file(unit));
    let flat = flat.finish();
    let resource = Resource {
        id: ResourceId::new("file", "", root.path),
        source: root.source,
        path: root.path.to_owned(),
        environment: Environment::Unknown,
        settings: flat.settings,
        units: flat.units,
        shape: Shape::Plain,
        standing: Standing::Written,
    };
    Reading { resources: vec![resource], problems: flat.problems }
}

#[cfg(test)]
mod tests {
    use crate::platform::tests::{read_by_processes, resource, side};
    use crate::setting::Environment;

    #[test]
    fn a_colon_nests() {
        let nested = r#"{"ConnectionStrings": {"Default": "Server=db"}, "Pool": {"Max": 5}}"#;
        let flat = r#"{"ConnectionStrings:Default": "Server=db", "Pool:Max": 5}"#;
        let read = |text: &str| {
            let (_, settings) = side(&[("src/appsettings.json", text)]);
            read_by_processes(resource(&settings, "src/appsettings.json"))
        };
        assert_eq!(read(nested), read(flat));
        let expected = "file appsettings.json ConnectionStrings.Default = Server=db";
        assert_eq!(read(flat).first().map(String::as_str), Some(expected));
    }

    #[test]
    fn the_environment_stands_in_the_name() {
        let (_, settings) = side(&[("appsettings.Production.json", r#"{"a": 1}"#)]);
        assert_eq!(settings.resources[0].environment, Environment::Production);
    }
}
