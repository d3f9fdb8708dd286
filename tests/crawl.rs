//! Crawls of sites on this machine: what is asked for and what is not, what is kept under which licence, stops and kills,
//! and builds without the network. The log of each server says what was asked.
use crate::harness::{binary, png};
use crate::network::{Page, Server, files_of, run};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const CC: &str = "https://creativecommons.org/licenses";

/// A page in HTML.
pub fn html(title: &str, head: &str, body: &str) -> Page {
    let text = format!(
        "<!DOCTYPE html><html lang=en><head><title>{title}</title>{head}</head><body><h1>{title}</h1>\
         <p>The river of {title} goes on, and the stones in it are told apart by their colours.</p>{body}</body></html>"
    );
    Page::of(text).with("Content-Type", "text/html; charset=utf-8")
}

pub fn by(license: &str) -> String {
    format!("<link rel=license href={CC}/{license}/>")
}

pub fn links(to: &[&str]) -> String {
    to.iter().map(|href| format!("<a href=\"{href}\">{href}</a> ")).collect()
}

pub struct Lab {
    dir: tempfile::TempDir,
    pub server: Server,
}

impl Lab {
    /// A project that crawls a server from `/` on; `more` stands in the table of the crawl, `rest` behind it.
    pub fn new(more: &str, rest: &str) -> Lab {
        let lab = Lab { dir: tempfile::tempdir().unwrap(), server: Server::new() };
        lab.declare(&format!("start = [\"{}\"]{more}", lab.server.url("/")), rest);
        lab
    }

    pub fn declare(&self, crawl: &str, rest: &str) {
        let text = format!(
            "tamis = \"0.1\"\n[dataset]\nname = \"site\"\nversion = \"0.1.0\"\nlicense = \"CC-BY-SA-4.0\"\ncontact = \"data@example.org\"\n\n\
             [collect.site]\ncrawl = {{ {crawl} }}\nlicenses_allowed = [\"CC-BY-4.0\", \"CC0-1.0\"]\n{rest}\n\
             [release.public]\nformats = [\"jsonl\"]\n"
        );
        std::fs::write(self.path().join("dataset.toml"), text).unwrap();
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn tamis(&self, args: &[&str]) -> (i32, String, String) {
        run(self.path(), args, &[("TAMIS_ALLOW_PRIVATE", &self.server.host())])
    }

    pub fn update(&self) -> (i32, String, String) {
        self.tamis(&["update", "--second", "1", "--retries", "1"])
    }

    fn built(&self) -> Vec<Json> {
        let (exit, out, err) = self.tamis(&["build", "--offline", "--locked"]);
        let (exit, out, err) = if exit == 0 { (exit, out, err) } else { self.tamis(&["build", "--offline"]) };
        assert_eq!(exit, 0, "{out}{err}");
        let text = files_of(&self.path().join("out/public"));
        text.lines().filter_map(|l| serde_json::from_str(l).ok()).collect()
    }

    fn lock(&self) -> String {
        std::fs::read_to_string(self.path().join("dataset.lock")).unwrap_or_default()
    }

    /// What became of each address, by path.
    pub fn decisions(&self) -> BTreeMap<String, String> {
        let list = self.pinned("decisions.jsonl");
        let base = self.server.url("");
        let line = |l: &str| {
            let json: Json = serde_json::from_str(l).unwrap();
            let url = json["url"].as_str().unwrap().to_string();
            (url.strip_prefix(&base).unwrap_or(&url).to_string(), json["decision"].as_str().unwrap().to_string())
        };
        list.lines().map(line).collect()
    }

    /// A file of what the lock pins, found by what stands in it.
    fn pinned(&self, name: &str) -> String {
        let folder = self.path().join(".tamis/fetched");
        let mut members = Vec::new();
        for two in std::fs::read_dir(&folder).unwrap().flatten().filter(|e| e.file_name().len() == 2) {
            for file in std::fs::read_dir(two.path()).unwrap().flatten() {
                let digest = file.file_name().to_string_lossy().strip_suffix(".members").map(String::from);
                members.extend(digest.filter(|d| self.lock().contains(d.as_str())).map(|_| file.path()));
            }
        }
        let list = std::fs::read(&members[0]).unwrap();
        let list: Json = serde_json::from_slice(&list[32..]).unwrap();
        let member = list["files"].as_array().unwrap().iter().find(|m| m["path"] == name).unwrap();
        let digest = member["digest"].as_str().unwrap();
        std::fs::read_to_string(folder.join(&digest[..2]).join(digest)).unwrap()
    }
}

/// A site with a page for each way in which a page is left out.
fn site(lab: &Lab) {
    let put = |path: &str, page: Page| lab.server.put(path, page);
    put(
        "/robots.txt",
        Page::of(
            "User-agent: *\nDisallow: /secret\n\nUser-agent: tamis\nDisallow: /secret/\nDisallow: /moved-secret\nCrawl-delay: 2\n",
        ),
    );
    let all = [
        "/a",
        "/b?x=1#top",
        "/secret/x",
        "/noai",
        "/header",
        "/nc",
        "/none",
        "/conflict",
        "/tdm",
        "/loop",
        "/moved",
        "/to-secret",
        "/gone",
        "/file.pdf",
        "/listed/x",
        "/twin",
        "https://other.example/",
        "mailto:x@example.org",
        "/unknown",
    ];
    put("/", html("home", &by("by/4.0"), &links(&all)));
    put("/a", html("a", &by("by/4.0"), &format!("{}<meta name=author content=Kim>", links(&["/", "/deep"]))));
    put("/b?x=1", html("b", "", &format!("<footer><a href={CC}/by/4.0/deed.ko>CC BY</a></footer>")));
    put("/secret/x", html("secret", &by("by/4.0"), ""));
    put("/noai", html("noai", "<meta name=robots content=noai>", ""));
    put("/header", html("header", &by("by/4.0"), "").with("X-Robots-Tag", "noindex"));
    put("/nc", html("nc", &by("by-nc/4.0"), ""));
    put("/none", html("none", "", ""));
    put("/conflict", html("conflict", &format!("{}{}", by("by/4.0"), by("by-sa/4.0")), ""));
    put("/tdm", html("tdm", &by("by/4.0"), "").with("tdm-reservation", "1"));
    put("/loop", Page::to(302, "/loop"));
    put("/moved", Page::to(301, "/target"));
    put("/target", html("target", &by("by/4.0"), ""));
    put("/to-secret", Page::to(302, "/secret/y"));
    put("/file.pdf", Page::of("%PDF").with("Content-Type", "application/pdf"));
    put("/listed/x", html("listed", &by("by/4.0"), ""));
    put("/twin", html("twin", &format!("{}<link rel=canonical href=/a>", by("by/4.0")), ""));
    put(
        "/deep",
        html(
            "deep",
            &format!(
                "<script type=application/ld+json>{{\"@type\": \"Article\", \"license\": \"{CC}/by/4.0/\", \"datePublished\": \"2026-02-03\"}}</script>"
            ),
            "",
        ),
    );
    put("/unknown", html("unknown", "<link rel=license href=/terms>", ""));
    put("/.well-known/tdmrep.json", Page::of("[{\"location\": \"/listed/\", \"tdm-reservation\": 1}]"));
}

#[test]
fn a_site_is_crawled_with_manners_and_built_without_the_network() {
    let lab = Lab::new(
        "",
        "fields = { text = \"text\", title = \"title\", license = \"license\", attribution = \"attribution\" }",
    );
    site(&lab);
    let (exit, _, err) = lab.tamis(&["build"]);
    assert!(exit == 2 && err.contains("T0670") && err.contains("tamis update site"), "{err}");
    assert_eq!(lab.server.connections(), 0, "a build asks nobody");

    let (exit, out, err) = lab.update();
    assert_eq!(exit, 0, "{out}{err}");
    let want: BTreeMap<String, String> = [
        ("/", "kept"),
        ("/a", "kept"),
        ("/b?x=1", "kept"),
        ("/moved", "kept"),
        ("/deep", "kept"),
        ("/nc", "kept"),
        ("/none", "kept"),
        ("/unknown", "kept"),
        ("/secret/x", "robots.disallowed"),
        ("/to-secret", "robots.disallowed"),
        ("/noai", "reserved.noai"),
        ("/header", "reserved.noindex"),
        ("/conflict", "license.conflict"),
        ("/tdm", "reserved.tdm"),
        ("/listed/x", "reserved.tdm"),
        ("/loop", "http.refused"),
        ("/gone", "http.404"),
        ("/file.pdf", "page.not_html"),
        ("/twin", "page.duplicate"),
    ]
    .map(|(path, what)| (path.to_string(), what.to_string()))
    .into();
    assert_eq!(lab.decisions(), want, "{out}{err}");
    let asked = lab.server.paths();
    assert_eq!(asked[..2], ["/robots.txt", "/.well-known/tdmrep.json"], "before all else");
    assert!(!asked.iter().any(|path| path.starts_with("/secret")), "{asked:?}");
    assert!(lab.server.asked().iter().all(|a| a.headers["user-agent"].contains("(+data@example.org)")));
    assert!(err.contains("8 pages kept") && err.contains("2 scope.host"), "{err}");

    let lock = lab.lock();
    assert!(lock.contains("\"crawl:http://127.0.0.1:") && lock.contains("\"robots.disallowed 2\""), "{lock}");
    lab.server.forget();
    let rows = lab.built();
    let mut titles: Vec<&str> = rows.iter().filter_map(|row| row["title"].as_str()).collect();
    titles.sort();
    assert_eq!(titles, ["a", "b", "deep", "home", "target"], "{rows:?}");
    let a = rows.iter().find(|row| row["title"] == "a").unwrap();
    let url = lab.server.url("/a");
    assert_eq!(a["attribution"], format!("\"a\" by Kim, {url}, CC-BY-4.0 ({CC}/by/4.0/)"));
    assert_eq!(a["license"], "CC-BY-4.0");
    assert!(a["text"].as_str().unwrap().contains("The river of a goes on"), "{a}");
    let (exit, out, err) = lab.tamis(&["check"]);
    assert!(exit == 0 && format!("{out}{err}").contains("T0681"), "what was left out is told: {out}{err}");
    assert_eq!((lab.server.connections(), lab.lock()), (0, lock.clone()));

    let (exit, out, err) = lab.update();
    assert_eq!((exit, lab.lock()), (0, lock), "what is the same changes no line: {out}{err}");
}

#[test]
fn a_crawl_that_is_killed_comes_to_the_same() {
    let fields = "fields = { text = \"text\", title = \"title\", license = \"license\" }";
    let lab = Lab::new(", depth = 40", fields);
    let n = 40;
    for i in 0..n {
        let to: Vec<String> = [(i * 2 + 1) % n, (i * 2 + 2) % n].iter().map(|t| format!("/p{t}")).collect();
        let to: Vec<&str> = to.iter().map(String::as_str).collect();
        let page = html(&format!("p{i}"), &by(if i % 3 == 0 { "by-nc/4.0" } else { "by/4.0" }), &links(&to));
        lab.server.put(&format!("/p{i}"), page.clone());
        if i == 0 {
            lab.server.put("/", page);
        }
    }
    let mut kills = 0;
    for wait in 0..20 {
        let mut command = Command::new(binary());
        command
            .arg("-C")
            .arg(lab.path())
            .args(["update", "--second", "4"])
            .env("TAMIS_ALLOW_PRIVATE", lab.server.host());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(15 + wait * 5));
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            kills += 1;
        }
        child.wait().unwrap();
    }
    let (exit, out, err) = lab.update();
    assert_eq!(exit, 0, "{out}{err}");
    let other = Lab { dir: tempfile::tempdir().unwrap(), server: Server::new() };
    drop(other.server);
    let fresh = Lab { dir: other.dir, server: lab.server };
    std::fs::copy(lab.dir.path().join("dataset.toml"), fresh.path().join("dataset.toml")).unwrap();
    let (exit, out, err) = fresh.update();
    assert_eq!(exit, 0, "{out}{err}");
    let rows = |dir: &Path| {
        let env = [("TAMIS_ALLOW_PRIVATE", "")];
        let (exit, out, err) = run(dir, &["build", "--offline"], &env);
        assert_eq!(exit, 0, "{out}{err}");
        files_of(&dir.join("out/public"))
    };
    assert_eq!(rows(lab.dir.path()), rows(fresh.path()), "after {kills} kills");
    assert!(kills > 0, "no crawl was killed");
}

#[test]
fn pictures_are_samples_under_their_own_licences() {
    let lab = Lab::new(", images = true", "");
    let put = |path: &str, page: Page| lab.server.put(path, page);
    let figure = |src: &str, license: &str| {
        format!(
            "<figure><img src={src} alt=\"alt of {src}\"><figcaption>Photo <a rel=license href={CC}/{license}/>CC</a></figcaption></figure>"
        )
    };
    let body = [
        figure("own.png", "by/4.0"),
        figure("nc.png", "by-nc/2.0"),
        "<img src=page.png><img src=noai.png><img src=broken.png><img src=http://other.example/x.png><img src=gone.png>".into(),
        "<figure><img src=agency.png><figcaption>© Agency</figcaption></figure>".into(),
    ];
    put("/", html("gallery", &by("by/4.0"), &body.concat()));
    for (i, name) in ["own", "nc", "page", "noai", "agency"].iter().enumerate() {
        let image = Page::of(png(i as u8 * 20 + 10)).with("Content-Type", "image/png");
        put(&format!("/{name}.png"), if *name == "noai" { image.with("X-Robots-Tag", "noimageai") } else { image });
    }
    put("/broken.png", Page::of("<html>not found</html>"));
    let (exit, out, err) = lab.update();
    assert_eq!(exit, 0, "{out}{err}");
    let mut told = lab.decisions();
    told.remove("/");
    let want: BTreeMap<String, String> = [
        ("/own.png", "kept"),
        ("/page.png", "kept"),
        ("/nc.png", "license.not_allowed"),
        ("/noai.png", "reserved.noimageai"),
        ("/broken.png", "image.format"),
        ("http://other.example/x.png", "scope.host"),
        ("/gone.png", "http.404"),
        ("/agency.png", "license.missing"),
    ]
    .map(|(path, what)| (path.to_string(), what.to_string()))
    .into();
    assert_eq!(told, want);
    let asked = lab.server.paths();
    assert!(
        !asked.iter().any(|p| p == "/nc.png" || p == "/agency.png"),
        "what may not be taken is not asked for: {asked:?}"
    );
    let rows = lab.built();
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(
        rows.iter().all(|row| row["license"] == "CC-BY-4.0" && row["image"].is_object() | row["image"].is_string()),
        "{rows:?}"
    );
    assert!(
        rows.iter().any(|row| row["attribution"].as_str().is_some_and(|a| a.starts_with("\"Photo CC\", http"))),
        "{rows:?}"
    );
}

#[test]
fn servers_that_forbid_fail_or_trick_are_left_alone() {
    // a robots.txt that fails may forbid anything
    let lab = Lab::new("", "");
    lab.server.put("/robots.txt", Page::status(503));
    lab.server.put("/", html("home", &by("by/4.0"), ""));
    let (exit, out, err) = lab.update();
    assert!(exit == 3 && err.contains("no pages kept; left out: 1 robots.unreachable"), "{exit} {out}{err}");
    assert!(err.contains("robots.txt: the server failed (503)"), "it is told why: {err}");
    assert!(!lab.server.paths().iter().any(|p| p == "/"), "{:?}", lab.server.paths());

    // redirects lead to no private address, sizes are bounded, packed answers too
    let lab = Lab::new(", hosts = [\"10.0.0.1\"], size_max = \"100 kB\"", "");
    let gzip = |bytes: &[u8]| {
        let mut w = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut w, bytes).unwrap();
        w.finish().unwrap()
    };
    let packed = gzip(format!("<html><head>{}</head><p>A packed page of stones.", by("by/4.0")).as_bytes());
    lab.server.put("/", html("home", &by("by/4.0"), &links(&["/ssrf", "/huge", "/bomb", "/packed", "/br"])));
    lab.server.put("/ssrf", Page::to(302, "http://10.0.0.1/latest"));
    lab.server.put("/huge", html("huge", "", &"x".repeat(200_000)));
    let is_html = |page: Page| page.with("Content-Type", "text/html");
    lab.server.put("/bomb", is_html(Page::of(gzip(&vec![b' '; 50_000_000])).with("Content-Encoding", "gzip")));
    lab.server.put("/packed", is_html(Page::of(packed).with("Content-Encoding", "gzip")));
    lab.server.put("/br", is_html(Page::of("x").with("Content-Encoding", "br")));
    let (exit, out, err) = lab.update();
    assert_eq!(exit, 0, "{out}{err}");
    let told = lab.decisions();
    let of = |path: &str| told.get(path).map(String::as_str);
    assert_eq!([of("/huge"), of("/bomb"), of("/br")], [Some("http.size"), Some("http.size"), Some("http.coding")]);
    assert_eq!([of("/"), of("/packed")], [Some("kept"); 2]);
    assert_eq!(of("/ssrf"), Some("robots.unreachable"), "{told:?}");

    // without leave no private address is asked at all
    let (exit, out, err) = run(lab.path(), &["update", "--second", "1", "--retries", "0"], &[]);
    assert!(exit == 3 && err.contains("what was fetched before stays"), "{exit} {out}{err}");
    assert!(err.contains("--allow-private 127.0.0.1"), "{err}");
}

/// A server that fails says nothing of its pages: they stay. What it says is gone goes.
#[test]
fn what_a_failing_server_had_stays_and_what_is_gone_goes() {
    let lab = Lab::new("", "fields = { text = \"text\", title = \"title\", license = \"license\" }");
    let names: Vec<String> = (0..9).map(|n| format!("/p{n}")).collect();
    lab.server.put("/", html("home", &by("by/4.0"), &links(&names.iter().map(String::as_str).collect::<Vec<_>>())));
    for name in &names {
        lab.server.put(name, html(name, &by("by/4.0"), ""));
    }
    assert_eq!(lab.update().0, 0);
    let (lock, built) = (lab.lock(), lab.built());
    assert_eq!(built.len(), 10);
    // six fail in a row, so that the server is left alone, and the last is not asked for
    for name in &names[2..8] {
        lab.server.put(name, Page::status(503));
    }
    let (exit, out, err) = lab.update();
    assert_eq!((exit, lab.lock()), (0, lock.clone()), "{out}{err}");
    assert!(err.contains("as before, since the server failed: 7 pages, such as") && err.contains("(503)"), "{err}");
    assert_eq!(lab.server.paths().iter().filter(|p| **p == "/p8").count(), 1, "it was left alone");
    // a robots.txt that cannot be had takes nothing away either, and nothing is asked for
    lab.server.put("/robots.txt", Page::status(500));
    lab.server.forget();
    let (exit, out, err) = lab.update();
    assert_eq!((exit, lab.lock()), (3, lock), "{out}{err}");
    assert!(err.contains("no server answered for any of 10 pages"), "{err}");
    assert!(lab.server.paths().iter().all(|p| p == "/robots.txt"), "{:?}", lab.server.paths());
    // what is reserved stays out while the list that says so cannot be had
    lab.server.gone("/robots.txt");
    let list = "/.well-known/tdmrep.json";
    lab.server.put(list, Page::of("[{\"location\": \"/p0\", \"tdm-reservation\": 1}]"));
    assert_eq!((lab.update().0, lab.decisions()["/p0"].as_str()), (0, "reserved.tdm"));
    lab.server.put(list, Page::status(500));
    let (exit, out, err) = lab.update();
    assert_eq!((exit, lab.decisions()["/p0"].as_str()), (0, "reserved.tdm"), "{out}{err}");
    assert!(err.contains("tdmrep.json does not read: what it may reserve is not known"), "{err}");
    lab.server.put("/p0", Page::status(500));
    lab.server.gone(list);
    let (exit, out, err) = lab.update();
    assert_eq!(
        (exit, lab.decisions()["/p0"].as_str()),
        (0, "http.failed"),
        "what was left out does not stay: {out}{err}"
    );
    lab.server.put("/p0", html("/p0", &by("by/4.0"), ""));
    assert_eq!(lab.update().0, 0);
    // what the owner takes away goes
    lab.server.gone("/p1");
    lab.server.put("/p0", html("p0", &by("by/4.0"), "<p>It has another text now.</p>"));
    let (exit, out, err) = lab.update();
    assert!(exit == 0 && err.contains("since the last: 0 came, 1 changed, 1 went, such as"), "{out}{err}");
    assert_eq!(lab.built().len(), 9);
}

/// What is not followed or not read to its end is counted, and a key without effect is told.
#[test]
fn links_and_site_maps_are_read_as_they_come() {
    let lab = Lab::new("", "");
    let url = |path: &str| lab.server.url(path);
    lab.declare(
        &format!("start = [\"{}\"], sitemaps = true, exclude = [\"**/*?sort=*\", \"nowhere/**\"]", url("/")),
        "fields = { text = \"text\", license = \"license\" }",
    );
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let map = |path: &str| format!("<urlset><url><loc>{}</loc></url>", url(path));
    std::io::Write::write_all(&mut packed, (map("/packed") + "</urlset>").as_bytes()).unwrap();
    let other = "https://other.example/map.xml";
    let maps = [url("/map.xml.gz"), url("/map.txt"), url("/cut.xml"), other.into()].map(|m| format!("Sitemap: {m}\n"));
    lab.server.put("/robots.txt", Page::of(maps.concat()));
    lab.server.put("/map.xml.gz", Page::of(packed.finish().unwrap()).with("Content-Type", "application/gzip"));
    lab.server.put("/map.txt", Page::of(url("/text") + "\n").with("Content-Type", "text/plain"));
    lab.server.put("/cut.xml", Page::of(map("/cut")).with("Content-Type", "text/xml"));
    let odd = "<a rel=nofollow href=/held>h</a><a href=http://u:p@x.example/>u</a><a href=\"/ta\tb\">t</a>";
    lab.server.put("/", html("home", &by("by/4.0"), &(links(&["/a?sort=up", "/a?page=2", "/to-out"]) + odd)));
    lab.server.put("/to-out", Page::to(302, "/x?sort=down"));
    let (korean, _, _) =
        encoding_rs::EUC_KR.encode("강물은 흘러가고 돌들은 빛깔로 서로 구별된다. 물새가 다리 밑에서 쉬고 있다.");
    let bare = [by("by/4.0").as_bytes(), b"<p>", &korean].concat();
    lab.server.put("/text", Page::of(bare).with("Content-Type", "text/html"));
    for path in ["/packed", "/cut", "/a?page=2", "/tab"] {
        lab.server.put(path, html(path, &by("by/4.0"), ""));
    }
    let (exit, out, err) = lab.update();
    assert_eq!(exit, 0, "{out}{err}");
    let told = lab.decisions();
    for path in ["/", "/packed", "/text", "/cut", "/a?page=2", "/tab"] {
        assert_eq!(told.get(path).map(String::as_str), Some("kept"), "{path} of {told:?}");
    }
    assert_eq!(told.get("/to-out").map(String::as_str), Some("scope.path"), "{told:?}");
    for part in ["1 scope.host", "2 scope.path", "1 scope.no_address", "1 scope.nofollow"] {
        assert!(err.contains(part), "{part} in {err}");
    }
    assert!(err.contains("site maps that break off: 1 page") && err.contains("read as EUC-KR: 1 page"), "{err}");
    assert!(err.contains("`exclude` names `nowhere/**`, which leaves out nothing"), "{err}");
    assert!(!lab.server.paths().iter().any(|p| p.contains("sort") || p == "/held"), "{:?}", lab.server.paths());
    assert!(lab.built().iter().any(|row| row["text"].as_str().is_some_and(|t| t.contains("강물은"))));
}

/// A site of 300 pages on two hosts, with twins, loops, pages that are gone and redirects from one host to the other: it comes
/// to the same whether its hosts are asked one after the other or beside each other, and no page is asked for twice.
#[test]
fn hosts_beside_each_other_come_to_the_same() {
    let lab = Lab::new("", "");
    let other = Server::new();
    let far = format!("http://localhost:{}", other.port);
    let n = 150;
    let home = |i: usize| if i == 0 { "/".to_string() } else { format!("/p{i}") };
    for (own, across, server) in
        [(lab.server.url(""), far.clone(), &lab.server), (far.clone(), lab.server.url(""), &other)]
    {
        server.put("/robots.txt", Page::of("User-agent: *\nDisallow: /secret\n"));
        for i in 0..n {
            let near = [i * 2 + 1, i * 2 + 2].map(|to| format!("{own}{}", home(to % n)));
            let to =
                [near[0].clone(), near[1].clone(), format!("{across}{}", home((i * 3 + 1) % n)), "/secret/x".into()];
            let to: Vec<&str> = to.iter().map(String::as_str).collect();
            let page = match i % 25 {
                7 => Page::status(404),
                13 => Page::to(302, &format!("{across}{}", home(i + 1))),
                19 => Page::to(301, &home(i + 1)),
                _ => html(&format!("{own} {i}"), &by(if i % 5 == 3 { "by-nc/4.0" } else { "by/4.0" }), &links(&to)),
            };
            server.put(&home(i), page);
        }
    }
    let host = format!("localhost:{}", other.port);
    lab.declare(&format!("start = [\"{}\"], hosts = [\"{host}\"], depth = 30", lab.server.url("/")), "");
    let env = format!("{},{host}", lab.server.host());
    let crawl = |jobs: &str| {
        drop(std::fs::remove_dir_all(lab.path().join(".tamis")));
        drop(std::fs::remove_file(lab.path().join("dataset.lock")));
        lab.server.forget();
        other.forget();
        let args = ["update", "--second", "1", "--retries", "1", "--jobs", jobs];
        let (exit, out, err) = run(lab.path(), &args, &[("TAMIS_ALLOW_PRIVATE", env.as_str())]);
        assert_eq!(exit, 0, "{out}{err}");
        let list = lab.pinned("decisions.jsonl");
        let line = |l: &str| {
            let json: Json = serde_json::from_str(l).unwrap();
            format!("{} {} {}", json["url"], json["decision"], json["digest"])
        };
        (list.lines().map(line).collect::<Vec<_>>(), err, [lab.server.paths(), other.paths()].concat())
    };
    let (one, said, _) = crawl("1");
    let (many, again, asked) = crawl("8");
    assert_eq!(one, many);
    assert!(one.len() > 250, "{}", one.len());
    let kept = |list: &[String]| list.iter().filter(|l| l.contains("\"kept\"")).count();
    assert!(kept(&one) > 200, "{} of {}", kept(&one), one.len());
    assert_eq!(said.lines().nth(1), again.lines().nth(1), "what is told is the same");
    assert!(!asked.iter().any(|path| path.starts_with("/secret")), "{asked:?}");
    // a page that no redirect leads to is asked for once
    assert_eq!(asked.iter().filter(|path| *path == "/p5").count(), 2, "once of each host");
}

#[test]
fn bounds_globs_and_site_maps_say_what_is_asked_for() {
    let lab = Lab::new("", "");
    let start = lab.server.url("/");
    lab.declare(
        &format!("start = [\"{start}\"], include = [\"/in/**\"], exclude = [\"/in/no/**\"], depth = 1, sitemaps = true, pages_max = 5"),
        "fields = { text = \"text\", license = \"license\" }",
    );
    let map = lab.server.url("/map.xml");
    let five = lab.server.url("/in/5");
    lab.server.put("/robots.txt", Page::of(format!("Sitemap: {map}\n")));
    lab.server.put(
        "/map.xml",
        Page::of(format!("<urlset><url><loc>{five}</loc></url></urlset>")).with("Content-Type", "application/xml"),
    );
    lab.server
        .put("/", html("home", &by("by/4.0"), &links(&["/in/1", "/in/no/2", "/out/3", "/in/4", "/in/6", "/in/7"])));
    for i in 1..8 {
        lab.server.put(&format!("/in/{i}"), html(&format!("in{i}"), &by("by/4.0"), &links(&["/in/deep"])));
    }
    let (exit, out, err) = lab.update();
    assert_eq!(exit, 0, "{out}{err}");
    let told = lab.decisions();
    let kept: Vec<&str> = told.iter().filter(|(_, what)| *what == "kept").map(|(path, _)| path.as_str()).collect();
    assert_eq!(kept, ["/in/1", "/in/4", "/in/6"], "{told:?}");
    assert_eq!(told.get("/").map(String::as_str), Some("passed"));
    for part in ["2 limit.pages_max", "1 limit.depth", "2 scope.path"] {
        assert!(err.contains(part), "{part} in {err}");
    }
    lab.declare(&format!("start = [\"{start}\"], depth = 0"), "");
    let (exit, _, err) = lab.tamis(&["build"]);
    assert!(exit == 2 && err.contains("T0670") && err.contains("is not what was crawled"), "{err}");
}
