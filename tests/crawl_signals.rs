//! Crawls of a site as sites are: what its server, its files and its pages say of their use, the ways in which pages lead to
//! others, visits that look like pages, and packed bodies. And a crawl as an archive of the web.
use crate::crawl::{Lab, by, html, links};
use crate::harness::png;
use crate::network::Page;
use std::collections::BTreeMap;
use tamis::formats::packing;

/// What became of some addresses.
fn told(lab: &Lab, paths: &[&str]) -> Vec<(String, String)> {
    let all: BTreeMap<String, String> = lab.decisions();
    let of = |path: &&str| (path.to_string(), all.get(*path).cloned().unwrap_or_else(|| "not asked for".into()));
    paths.iter().map(of).collect()
}

fn expect(lab: &Lab, want: &[(&str, &str)]) {
    let paths: Vec<&str> = want.iter().map(|(path, _)| *path).collect();
    let want: Vec<(String, String)> = want.iter().map(|(path, what)| (path.to_string(), what.to_string())).collect();
    assert_eq!(told(lab, &paths), want);
}

#[test]
fn what_owners_say_is_heard_wherever_they_say_it() {
    let lab = Lab::new("", "");
    let put = |path: &str, page: Page| lab.server.put(path, page);
    put("/robots.txt", Page::of("User-agent: *\nDisallow: /no/\n"));
    put(
        "/ai.txt",
        Page::of("# what may be data\nUser-Agent: *\nDisallow: *.htm\nDisallow: /art/\nAllow: /art/free/\n"),
    );
    let list = "[{\"location\": \"/tdm/open/*\", \"tdm-reservation\": 0}, {\"location\": \"/tdm/\", \"tdm-reservation\": 1},\
                {\"location\": \"/odd/\", \"tdm-reservation\": 2}]";
    put("/.well-known/tdmrep.json", Page::of(list));
    let long = format!("{}noai", "max-snippet: 1, ".repeat(100));
    for (path, head, header) in [
        ("/behind", "", Some(("X-Robots-Tag", "max-image-preview: large, noai"))),
        ("/long", "", Some(("X-Robots-Tag", long.as_str()))),
        ("/mine", "", Some(("X-Robots-Tag", "otherbot: noindex, tamis: noai"))),
        ("/other", "", Some(("X-Robots-Tag", "otherbot: noindex, noai"))),
        ("/equiv", "<meta http-equiv=X-Robots-Tag content=noai>", None),
        ("/tdm/x", "", None),
        ("/tdm/open/x", "", None),
        ("/tdm/header", "", Some(("tdm-reservation", "0"))),
        ("/tdm/page", "<meta name=tdm-reservation content=0>", None),
        ("/header", "", Some(("tdm-reservation", "1"))),
        ("/both", "<meta name=tdm-reservation content=0>", Some(("tdm-reservation", "1"))),
        ("/odd/x", "", Some(("tdm-reservation", "yes"))),
        ("/a.htm", "", None),
        ("/art/x", "", None),
        ("/art/free/x", "", None),
    ] {
        let page = html(path, &format!("{}{head}", by("by/4.0")), "");
        put(path, header.map_or(page.clone(), |(name, value)| page.with(name, value)));
    }
    let all = ["/behind", "/long", "/mine", "/other", "/equiv", "/tdm/x", "/tdm/open/x", "/tdm/header", "/tdm/page"];
    let more = ["/header", "/both", "/odd/x", "/a.htm", "/art/x", "/art/free/x", "/no/x"];
    put("/", html("home", &by("by/4.0"), &format!("{}{}", links(&all), links(&more))));
    let (exit, out, err) = lab.update();
    assert_eq!(exit, 0, "{out}{err}");
    expect(
        &lab,
        &[
            ("/behind", "reserved.noai"),
            ("/long", "reserved.noai"),
            ("/mine", "reserved.noai"),
            ("/other", "kept"),
            ("/equiv", "reserved.noai"),
            ("/tdm/x", "reserved.tdm"),
            ("/tdm/open/x", "kept"),
            ("/tdm/header", "kept"),
            ("/tdm/page", "kept"),
            ("/header", "reserved.tdm"),
            ("/both", "kept"),
            ("/odd/x", "kept"),
            ("/a.htm", "reserved.ai_txt"),
            ("/art/x", "reserved.ai_txt"),
            ("/art/free/x", "kept"),
            ("/no/x", "robots.disallowed"),
        ],
    );
    assert!(!lab.server.paths().iter().any(|path| path.starts_with("/no/")), "{:?}", lab.server.paths());
    // of an ai.txt that cannot be had holds what it reserved before; a page in its place is none
    put("/ai.txt", Page::status(500));
    let (exit, out, err) = lab.update();
    assert!(exit == 0 && err.contains("ai.txt does not read"), "{out}{err}");
    expect(&lab, &[("/art/x", "reserved.ai_txt"), ("/a.htm", "reserved.ai_txt"), ("/art/free/x", "kept")]);
    put("/ai.txt", html("Disallow: /", "", "<pre>\nUser-agent: *\nDisallow: /\n</pre>"));
    lab.update();
    expect(&lab, &[("/art/x", "kept"), ("/a.htm", "kept")]);
    put("/ai.txt", Page::of("User-agent: *\nDisallow: /art/\n"));
    lab.declare(&format!("start = [\"{}\"], ignores = [\"ai_txt\"]", lab.server.url("/")), "");
    lab.update();
    expect(&lab, &[("/art/x", "kept"), ("/tdm/x", "reserved.tdm")]);
}

#[test]
fn a_picture_reserves_and_states_its_rights_in_its_metadata() {
    let lab = Lab::new(", images = true", "");
    let own = |inner: &str, shade: u8| {
        let xmp = format!("<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF>{inner}</rdf:RDF></x:xmpmeta>");
        Page::of([png(shade), xmp.into_bytes()].concat()).with("Content-Type", "image/png")
    };
    let cc = "http://creativecommons.org/licenses";
    let mining =
        |what: &str| format!("<rdf:Description plus:DataMining='http://ns.useplus.org/ldf/vocab/DMI-{what}'/>");
    let all = [
        ("/training.png", mining("PROHIBITED-AIMLTRAINING"), "reserved.data_mining"),
        ("/allowed.png", mining("ALLOWED"), "kept"),
        ("/tdm.png", "<tdm:reservation>1</tdm:reservation>".into(), "reserved.tdm"),
        ("/same.png", format!("<cc:license rdf:resource='{cc}/by/4.0/'/>"), "kept"),
        (
            "/words.png",
            "<xmpRights:UsageTerms><rdf:Alt><rdf:li>CC BY-NC 4.0</rdf:li></rdf:Alt></xmpRights:UsageTerms>".into(),
            "license.conflict",
        ),
        ("/two.png", format!("<dcterms:license rdf:resource='{cc}/by-sa/4.0/'/>"), "license.conflict"),
    ];
    let mut body = String::new();
    for (n, (path, inner, _)) in all.iter().enumerate() {
        body.push_str(&format!("<img src={path}>"));
        lab.server.put(path, own(inner, n as u8 * 20 + 10));
    }
    lab.server.put("/", html("gallery", &by("by/4.0"), &body));
    let (exit, out, err) = lab.update();
    assert_eq!(exit, 0, "{out}{err}");
    expect(&lab, &all.each_ref().map(|(path, _, what)| (*path, *what)));
}

#[test]
fn pages_are_found_in_the_ways_in_which_sites_lead() {
    let lab = Lab::new(", sitemaps = true, depth = 9, include = [\"/in/**\"]", "");
    let put = |path: &str, page: Page| lab.server.put(path, page);
    let url = |path: &str| lab.server.url(path);
    put("/robots.txt", Page::of(format!("Sitemap: {}\n", url("/maps.xml"))));
    put(
        "/maps.xml",
        Page::of(format!("<sitemapindex><sitemap><loc>{}</loc></sitemap></sitemapindex>", url("/m/1.xml.gz"))),
    );
    let map = format!(
        "<urlset><url><loc>{}</loc><image:image><image:loc>{}</image:loc></image:image></url></urlset>",
        url("/in/map?a=1&#38;b=2"),
        url("/in/picture.png")
    );
    put("/m/1.xml.gz", Page::of(packing::gzip(map.as_bytes())).with("Content-Type", "application/x-gzip"));
    let feed = format!("<rss><channel><item><guid>{}</guid></item></channel></rss>", url("/in/guid"));
    put("/in/feed.rss", Page::of(feed).with("Content-Type", "application/rss+xml"));
    let atom = format!("<feed xml:base='{}'><entry><link href='entry'/></entry></feed>", url("/in/"));
    put("/in/feed.atom", Page::of(atom).with("Content-Type", "application/atom+xml"));
    put(
        "/in/frames",
        Page::of("<html><frameset><frame src=framed></frameset></html>").with("Content-Type", "text/html"),
    );
    put("/in/old", Page::of("<meta http-equiv=refresh content=\"0; URL='new'\">").with("Content-Type", "text/html"));
    let visit =
        ["/in/visit?PHPSESSID=1f", "/in/visit?utm_source=x", "/in/visit;jsessionid=2", "/in/visit?page=2&fbclid=3"];
    let own = ["/in/feed.rss", "/in/feed.atom", "/in/frames", "/in/old", "/in/zstd", "/in/gzip", "/in/br"];
    put("/", html("home", &by("by/4.0"), &format!("{}{}", links(&own), links(&visit))));
    for path in ["/in/map?a=1&b=2", "/in/guid", "/in/entry", "/in/framed", "/in/new", "/in/visit", "/in/visit?page=2"] {
        put(path, html(path, &by("by/4.0"), &links(&visit)));
    }
    let packed =
        |name: &str, bytes: Vec<u8>| Page::of(bytes).with("Content-Type", "text/html").with("Content-Encoding", name);
    let plain = html("packed", &by("by/4.0"), "").body;
    put("/in/zstd", packed("zstd", packing::zstd(&plain).unwrap()));
    put("/in/gzip", packed("gzip", packing::gzip(&plain)));
    put("/in/br", packed("br", b"\x8b\x02\x80".to_vec()));
    let (exit, out, err) = lab.update();
    assert_eq!(exit, 0, "{out}{err}");
    expect(
        &lab,
        &[
            ("/maps.xml", "passed"),
            ("/m/1.xml.gz", "passed"),
            ("/in/map?a=1&b=2", "kept"),
            ("/in/picture.png", "not asked for"),
            ("/in/guid", "kept"),
            ("/in/entry", "kept"),
            ("/in/framed", "kept"),
            ("/in/new", "kept"),
            ("/in/visit", "kept"),
            ("/in/visit?page=2", "kept"),
            ("/in/zstd", "kept"),
            ("/in/gzip", "kept"),
            ("/in/br", "http.coding"),
        ],
    );
    let asked = lab.server.paths();
    assert!(
        !asked.iter().any(|path| path.contains("SESS") || path.contains("utm_") || path.contains("jsess")),
        "{asked:?}"
    );
    let codings = lab.server.asked().into_iter().map(|asked| asked.headers["accept-encoding"].clone());
    assert!(codings.into_iter().all(|coding| coding == "gzip, zstd"), "only what is read is asked for");
    assert!(err.contains("scope.session") && err.contains("packed as `br`, which was not asked for"), "{err}");
}

#[test]
fn a_crawl_becomes_an_archive_of_the_web() {
    let lab = Lab::new("", "fields = { text = \"text\" }");
    lab.server.put("/robots.txt", Page::of("User-agent: *\nDisallow: /no/\n"));
    lab.server
        .put("/", html("home", &by("by/4.0"), &links(&["/a", "/moved", "/no/x", "/gone"])).with("ETag", "\"one\""));
    lab.server.put("/a", html("a", "", "").with("X-Robots-Tag", "max-snippet: 20"));
    lab.server.put("/moved", Page::to(301, "/b"));
    lab.server.put("/b", html("b", &by("by/4.0"), ""));
    let file = lab.path().join("site.warc.gz");
    let name = file.to_str().unwrap();
    let (exit, _, err) = lab.tamis(&["store", "warc", "site", name]);
    assert!(exit == 2 && err.contains("`tamis update site` crawls") && !file.exists(), "{exit} {err}");
    lab.update();
    lab.server.forget();
    let (exit, out, err) = lab.tamis(&["store", "warc", "site", name]);
    assert!(
        exit == 0 && out.contains("3 pages, 0 pictures, 1 robots.txt") && out.contains("without bytes: 2"),
        "{out}{err}"
    );
    let first = std::fs::read(&file).unwrap();
    let (exit, _, err) = lab.tamis(&["store", "warc", "site", name]);
    assert!(exit == 2 && err.contains("is there: it would be lost"), "{exit} {err}");
    std::fs::remove_file(&file).unwrap();
    let (exit, out, _) = lab.tamis(&["store", "warc", "site", name, "--json"]);
    let said: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (exit, &said["pages"], &said["robots"], &said["without"]),
        (0, &3.into(), &1.into(), &2.into()),
        "{out}"
    );
    assert_eq!(std::fs::read(&file).unwrap(), first, "what is pinned gives the same bytes");
    assert!(lab.tamis(&["store", "warc", "other", name]).2.contains("these do: site"));
    assert_eq!(lab.server.connections(), 0);

    // the archive is read as any other: its digests fit, and pages are what they were
    let read = tempfile::tempdir().unwrap();
    std::fs::write(read.path().join("site.warc.gz"), &first).unwrap();
    let manifest = "tamis = \"0.1\"\n[dataset]\nname = \"again\"\nversion = \"0.1.0\"\nlicense = \"CC-BY-4.0\"\n\n[collect.web]\n\
        direct = { files = [\"site.warc.gz\"], format = \"warc\" }\nlicense = \"CC-BY-4.0\"\nfields = { text = \"text\", url = \"url\", own = \"license\" }\n\n\
        [schema]\ntext = { text = {} }\nurl = { text = {} }\nown = { text = {} }\n\n[release.public]\nformats = [\"jsonl\"]\n";
    std::fs::write(read.path().join("dataset.toml"), manifest).unwrap();
    let (exit, out, err) = crate::network::run(read.path(), &["build"], &[]);
    assert_eq!(exit, 0, "{out}{err}");
    let rows = crate::network::files_of(&read.path().join("out/public"));
    let line = rows.lines().find(|line| line.contains(&format!("{}\"", lab.server.url("/b")))).unwrap_or_default();
    assert!(line.contains("The river of b goes on") && line.contains("CC-BY-4.0"), "{rows}");
    assert!(!err.contains("warc.digest"), "{err}");
}
