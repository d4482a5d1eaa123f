//! `plimsoll page`: the built review page with the two sides in it, on this machine alone.
//!
//! The page is one file that reaches nothing, so the server has one answer. It listens on the loopback address, under
//! an address that cannot be guessed, and answers only requests that name it by that address: no other site that is
//! open in the browser can read the files.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hasher};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::render::{Format, RenderOptions, render};
use crate::report::Report;
use crate::review::{Content, Input};
use crate::setting::Environment;

use super::inputs::Both;
use super::output::{self, reason};
use super::{Failure, inputs};

/// Where a page takes what it is opened with.
const SLOT: &str = "<script type=\"application/json\" id=\"given\"></script>";
/// The page's name beside the program.
const FILE: &str = "review.html";
/// A browser's request for a page is far shorter.
const MOST_HEADER_BYTES: usize = 16 * 1024;
/// A connection that a browser opened in advance may stay silent.
const PATIENCE: Duration = Duration::from_secs(10);

/// The page inside this program, if it was built with it.
#[cfg(feature = "page")]
const BUILT_IN: Option<&str> = Some(include_str!("../../www/page/dist/review.html"));
/// The page inside this program, if it was built with it.
#[cfg(not(feature = "page"))]
const BUILT_IN: Option<&str> = None;

/// The page: the given file, the one in the program, or the one beside it.
pub(super) fn load(given: Option<&Path>) -> Result<Cow<'static, str>, Failure> {
    let read = |path: &Path| {
        String::from_utf8(inputs::read_file(path)?)
            .map(Cow::Owned)
            .map_err(|_| Failure::new(format!("{} is no page", super::shown(path)), "give a built review.html"))
    };
    if let Some(path) = given {
        return read(path);
    }
    if let Some(page) = BUILT_IN {
        return Ok(Cow::Borrowed(page));
    }
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join(FILE)));
    match beside.filter(|path| path.is_file()) {
        Some(path) => read(&path),
        None => Err(Failure::new(
            "the review page is not in this program",
            "name a built one with --page review.html, or put it beside the program",
        )),
    }
}

/// What the page is opened with, as the JSON that it reads.
pub(super) fn given(both: &Both, config: Option<&str>, env: &[(String, Environment)], today: &str) -> String {
    let side = |inputs: &[Input]| Value::Array(inputs.iter().map(input).collect());
    let env: Vec<_> = env.iter().map(|(glob, environment)| json!([glob, environment.as_str()])).collect();
    json!({
        "kind": "sides",
        "old": side(&both.old),
        "new": side(&both.new),
        "config": config,
        "env": env,
        "today": today,
    })
    .to_string()
}

/// A finished report for the page, masked as every report is, with its changed lines.
pub(super) fn given_report(report: &Report) -> String {
    let text = |format| render(report, format, &RenderOptions::default());
    // Both are JSON that our own renderers wrote.
    format!("{{\"kind\":\"report\",\"report\":{},\"diff\":{}}}", text(Format::Json), text(Format::Diff))
}

fn input(input: &Input) -> Value {
    match &input.content {
        Content::Bytes(bytes) => json!({ "path": input.path, "base64": STANDARD.encode(bytes) }),
        Content::Skipped(reason) => json!({ "path": input.path, "skipped": reason }),
        Content::Note(text) => json!({ "path": input.path, "note": text }),
    }
}

/// The page with what it is opened with. In a data block nothing runs, and no `<` can end it.
pub(super) fn filled(page: &str, given: Option<&str>) -> Result<String, Failure> {
    let Some((head, tail)) = page.split_once(SLOT) else {
        return Err(Failure::new(
            "the file is no review page of this version",
            "build it anew, or take a released one",
        ));
    };
    let open = SLOT.trim_end_matches("</script>");
    let data = given.unwrap_or_default().replace('<', "\\u003c");
    Ok([head, open, data.as_str(), "</script>", tail].concat())
}

/// Serves the page until the program is ended.
pub(super) fn serve(page: &str, port: u16) -> Result<(), Failure> {
    let cannot = |error: std::io::Error| {
        Failure::new(format!("cannot serve on 127.0.0.1:{port}: {}", reason(&error)), "give another --port")
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    let site = Site {
        page,
        hosts: [format!("127.0.0.1:{}", address.port()), format!("localhost:{}", address.port())],
        path: format!("/{}/", token()),
    };
    output::print(&format!("http://{address}{}\nThe page is on this machine only. Ctrl-C ends it.\n", site.path))?;
    std::thread::scope(|scope| {
        for stream in listener.incoming().flatten() {
            let site = &site;
            scope.spawn(move || answer(stream, site));
        }
    });
    Ok(())
}

struct Site<'a> {
    page: &'a str,
    /// The names under which the page may be asked for; any other means that a foreign site leads here.
    hosts: [String; 2],
    path: String,
}

/// 128 bits that nobody outside can know: the keys of a hasher are random for each process.
fn token() -> String {
    let half = || std::hash::RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", half(), half())
}

/// Answers one request and closes. A browser that goes away is no error.
fn answer(mut stream: TcpStream, site: &Site<'_>) {
    let _ = stream.set_read_timeout(Some(PATIENCE));
    let _ = stream.set_write_timeout(Some(PATIENCE));
    let Some(request) = header(&mut stream) else { return };
    let (status, body) = respond(&request, site);
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nReferrer-Policy: no-referrer\r\n\
         Cross-Origin-Resource-Policy: same-origin\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
}

/// The head of a request, without its body.
fn header(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut some = [0; 1024];
    while !bytes.windows(4).any(|four| four == b"\r\n\r\n") {
        let n = stream.read(&mut some).ok().filter(|n| *n > 0)?;
        bytes.extend(some.iter().take(n));
        if bytes.len() > MOST_HEADER_BYTES {
            return None;
        }
    }
    String::from_utf8(bytes).ok()
}

fn respond<'a>(request: &str, site: &Site<'a>) -> (&'static str, &'a str) {
    let mut lines = request.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let host = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("host").then(|| value.trim())
    });
    if !host.is_some_and(|host| site.hosts.iter().any(|known| known == host)) {
        return ("403 Forbidden", "This address answers to its own name only.\n");
    }
    match (method, path == site.path) {
        ("GET", true) => ("200 OK", site.page),
        ("GET", false) => ("404 Not Found", "There is nothing here.\n"),
        _ => ("405 Method Not Allowed", "There is nothing to send here.\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_own_address_is_answered() {
        let site = Site {
            page: "page",
            hosts: ["127.0.0.1:8080".to_owned(), "localhost:8080".to_owned()],
            path: "/secret/".to_owned(),
        };
        let status = |request: &str| respond(request, &site).0;
        for (request, want) in [
            ("GET /secret/ HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n", "200 OK"),
            ("GET /secret/ HTTP/1.1\r\nhost: localhost:8080\r\n\r\n", "200 OK"),
            ("GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n", "404 Not Found"),
            ("GET /secret/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", "403 Forbidden"),
            ("GET /secret/ HTTP/1.1\r\n\r\n", "403 Forbidden"),
            ("POST /secret/ HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n", "405 Method Not Allowed"),
            ("", "403 Forbidden"),
        ] {
            assert_eq!(status(request), want, "{request}");
        }
    }

    #[test]
    fn what_is_given_cannot_leave_its_block() {
        let page = format!("<p>{SLOT}</p>");
        let content = Content::Skipped("</script><script>alert(1)</script>".to_owned());
        let both = Both { old: Vec::new(), new: vec![Input { path: "a".to_owned(), content }] };
        let filled = filled(&page, Some(&given(&both, None, &[], "2027-01-31"))).map_err(|f| f.0);
        let filled = filled.unwrap_or_default();
        assert_eq!(filled.matches("</script>").count(), 1);
        assert!(filled.contains("\\u003c/script>\\u003cscript>"));
    }

    #[test]
    fn a_saved_report_is_data_and_closes_nothing() {
        let text = given_report(&Report::default());
        let value: Value = serde_json::from_str(&text).unwrap_or_default();
        assert_eq!(value["kind"], "report");
        assert!(value["report"]["schema"].is_string() && value["diff"]["files"].is_array());
    }

    #[test]
    fn every_start_has_another_address() {
        assert_ne!(token(), token());
        assert_eq!(token().len(), 32);
    }

    #[test]
    fn a_page_of_another_version_is_refused() {
        assert!(filled("<html></html>", None).is_err());
    }
}
