//! Ways in which pages say, or seem to say, under which licence they are, by kind: what is claimed, and what is not.
#[cfg(test)]
mod tests {
    use super::super::licence::Claimed;
    use super::super::page::{Facts, Page};
    use crate::measure::urls::Url;

    const CC: &str = "https://creativecommons.org/licenses";

    /// The licence that a page claims, `-` where it claims none, and that of its pictures.
    fn read(html: &str) -> (String, Vec<String>) {
        let page = Page::read(html, &Url::parse("https://example.org/a/page").unwrap(), &Facts::default());
        let name = |claimed: &Claimed| match claimed {
            Claimed::Nothing => "-".to_string(),
            Claimed::One(claim) => claim.license.clone().unwrap_or_else(|| "?".into()),
            Claimed::Conflict(_) => "CONFLICT".into(),
        };
        (name(&page.claimed), page.pictures.iter().map(|p| name(&p.claimed)).collect())
    }

    fn check(cases: &[(String, &str)]) {
        let wrong = cases.iter().map(|(html, is)| (read(html).0, *is, html)).filter(|(found, is, _)| found != is);
        let wrong: Vec<String> = wrong.map(|(found, is, html)| format!("{found} and not {is}: {html}")).collect();
        assert_eq!(wrong, [""; 0]);
    }

    fn ld(json: &str) -> String {
        format!("<script type=application/ld+json>{json}</script><h1>x</h1>")
    }

    #[test]
    fn links_with_rel() {
        check(&[
            (format!("<a rel='license noopener' href={CC}/by/4.0/>x</a>"), "CC-BY-4.0"),
            ("<a REL=LICENSE HREF=http://creativecommons.org/licenses/by/4.0>x</a>".to_string(), "CC-BY-4.0"),
            ("<link rel=license href=//creativecommons.org/licenses/by-sa/3.0/>".into(), "CC-BY-SA-3.0"),
            (format!("<a rel='nofollow license' href={CC}/by/4.0/deed.fr>x</a>"), "CC-BY-4.0"),
            (format!("<link rel=license href={CC}/by/4.0/legalcode.txt>"), "CC-BY-4.0"),
            (format!("<link rel=license href={CC}/by/3.0/igo/>"), "CC-BY-3.0-IGO"),
            (format!("<link rel='http://creativecommons.org/ns#license' href={CC}/by/4.0/>"), "CC-BY-4.0"),
            (format!("<a rel=xhv:license href={CC}/by/4.0/>x</a>"), "CC-BY-4.0"),
            ("<a rel=license href=https://spdx.org/licenses/CC0-1.0.html>x</a>".into(), "CC0-1.0"),
            (format!("<a rel=license href={CC}/by/>x</a>"), "?"),
            ("<a rel=license href=/copyright>x</a>".to_string(), "?"),
            (format!("<a rel=licensed href={CC}/by/4.0/>x</a>"), "-"),
            (format!("<p>Read about <a href={CC}/by/4.0/>CC BY</a>.</p>"), "-"),
        ]);
    }

    #[test]
    fn words_of_rdfa() {
        check(&[
            (format!("<p>Under <a property=dct:license href={CC}/by/4.0/>x</a></p>"), "CC-BY-4.0"),
            (format!("<div about><a rel=dct:license href={CC}/by/4.0/>x</a></div>"), "CC-BY-4.0"),
            (format!("<div about=page rel=cc:license resource={CC}/by/4.0/></div>"), "CC-BY-4.0"),
            (format!("<span property=schema:license content={CC}/by/4.0/></span>"), "CC-BY-4.0"),
            (format!("<span property='http://purl.org/dc/terms/license' resource={CC}/by/4.0/></span>"), "CC-BY-4.0"),
            (format!("<meta property=cc:license content={CC}/by/4.0/>"), "CC-BY-4.0"),
            (format!("<meta property=dct:license content={CC}/by/4.0/>"), "CC-BY-4.0"),
            ("<span property=cc:license>CC BY 4.0</span>".to_string(), "CC-BY-4.0"),
            (format!("<div about=/b.jpg><a rel=cc:license href={CC}/by/4.0/>x</a></div>"), "-"),
            (format!("<meta property=og:image:license content={CC}/by/4.0/>"), "-"),
            ("<span property=dct:title rel=dct:type href=http://purl.org/dc/dcmitype/Text>x</span>".to_string(), "-"),
        ]);
    }

    #[test]
    fn json_on_pages() {
        let by = format!("\"license\": \"{CC}/by/4.0/\"");
        check(&[
            (ld(&format!("{{\"@type\": [\"Article\", \"NewsArticle\"], {by}}}")), "CC-BY-4.0"),
            (
                ld(&format!("{{\"@graph\": [{{\"@type\": \"WebPage\", {by}}}, {{\"@type\": \"WebSite\"}}]}}")),
                "CC-BY-4.0",
            ),
            (ld(&format!("{{\"@type\": \"LiveBlogPosting\", {by}}}")), "CC-BY-4.0"),
            (ld(&format!("//<![CDATA[\n{{\"@type\": \"Article\", {by}}}\n//]]>")), "CC-BY-4.0"),
            (ld(&format!("<!-- {{\"@type\": \"Article\", {by}}} -->")), "CC-BY-4.0"),
            (
                ld(&format!("{{\"@type\": \"schema:Article\", \"schema:license\": {{\"@id\": \"{CC}/by/4.0/\"}}}}")),
                "CC-BY-4.0",
            ),
            (
                ld(&format!("{{\"@type\": \"Article\", \"license\": [\"{CC}/by/4.0/\", \"{CC}/by-sa/4.0/\"]}}")),
                "CONFLICT",
            ),
            (ld(&format!("{{\"@type\": \"WebPage\", \"url\": \"https://example.org/a/page\", {by}}}")), "CC-BY-4.0"),
            (ld(&format!("{{\"@type\": \"Article\", \"@id\": \"https://other.org/x\", {by}}}")), "-"),
            (ld(&format!("{{\"@type\": \"ItemList\", \"itemListElement\": [{{\"@type\": \"Article\", {by}}}]}}")), "-"),
            (ld(&format!("{{\"@type\": \"Article\", \"comment\": {{\"@type\": \"CreativeWork\", {by}}}}}")), "-"),
            (ld(&format!("{{\"@type\": \"WebPage\", \"isPartOf\": {{\"@type\": \"CreativeWork\", {by}}}}}")), "-"),
            (ld(&format!("{{\"@type\": \"VideoObject\", {by}}}")), "-"),
        ]);
    }

    #[test]
    fn items_of_microdata() {
        let item = |ty: &str, inner: &str| format!("<div itemscope itemtype=https://schema.org/{ty}>{inner}</div>");
        let by = format!("<link itemprop=license href={CC}/by/4.0/>");
        check(&[
            (item("Article", &by), "CC-BY-4.0"),
            (
                item("BlogPosting", &format!("<a itemprop='license url' href={CC}/by/4.0/>x</a>"))
                    .replace(" url'", "'"),
                "CC-BY-4.0",
            ),
            (item("CreativeWork", &format!("<meta itemprop=license content={CC}/by/4.0/>")), "CC-BY-4.0"),
            (item("WebPage", "<span itemprop=license>CC BY 4.0</span>"), "CC-BY-4.0"),
            (item("Article", &format!("<link itemprop=url href=/a/page>{by}")), "CC-BY-4.0"),
            (
                item(
                    "WebPage",
                    &format!("<div itemprop=mainEntity itemscope itemtype=https://schema.org/Article>{by}</div>"),
                ),
                "CC-BY-4.0",
            ),
            (item("Article", &format!("<link itemprop=url href=/another>{by}")), "-"),
            (item("CreativeWork", &by).replace("itemscope", "itemscope itemid=https://other.org/w"), "-"),
            (
                item(
                    "WebPage",
                    &format!("<div itemprop=citation itemscope itemtype=https://schema.org/CreativeWork>{by}</div>"),
                ),
                "-",
            ),
            (item("Dataset", &by), "-"),
            (item("Comment", &by), "-"),
            (item("SoftwareApplication", &by), "-"),
        ]);
    }

    #[test]
    fn names_of_dublin_core_and_others() {
        let meta = |name: &str, content: &str| format!("<meta name='{name}' content='{content}'>");
        let by = format!("{CC}/by/4.0/");
        check(&[
            (meta("DCTERMS.license", &by), "CC-BY-4.0"),
            (meta("DC.Rights", &format!("Licensed under CC BY 4.0 ({by})")), "CC-BY-4.0"),
            (meta("dc.rights", "CC BY 4.0"), "CC-BY-4.0"),
            (meta("rights", &by), "CC-BY-4.0"),
            (meta("copyright", "CC BY 4.0"), "CC-BY-4.0"),
            (format!("<link rel=DCTERMS.license href={by}>"), "CC-BY-4.0"),
            (format!("<meta property=og:license content={by}>"), "CC-BY-4.0"),
            (meta("dc.rights", "http://rightsstatements.org/vocab/InC/1.0/"), "?"),
            (meta("copyright", "© 2020 Example, https://example.org"), "-"),
            (meta("dc.rights", "© Example, see https://example.org/terms"), "-"),
            (meta("dc.rightsHolder", &by), "-"),
            (meta("dc.description", &by), "-"),
        ]);
    }

    #[test]
    fn marks_of_kogl() {
        check(&[
            ("<img src=/x/img_opentype01.png alt=''>".into(), "LicenseRef-KOGL-1"),
            ("<img src=/k.png alt='공공누리 제 2 유형'>".into(), "LicenseRef-KOGL-2"),
            ("<img src=/k.png alt='공공누리 출처표시+상업적 이용금지+변경금지'>".into(), "LicenseRef-KOGL-4"),
            ("<img src=/k/opentype03.jpg alt='공공누리 공공저작물 자유이용허락'>".into(), "LicenseRef-KOGL-3"),
            (
                "<div class=kogl><p>본 저작물은 공공누리 제1유형에 따라 이용할 수 있습니다.</p></div>".into(),
                "LicenseRef-KOGL-1",
            ),
            ("<footer>공공누리 제4유형</footer>".into(), "LicenseRef-KOGL-4"),
            (
                "<footer><a href=https://www.kogl.or.kr/info/license.do#03-tab>공공누리</a></footer>".into(),
                "LicenseRef-KOGL-3",
            ),
            ("<footer><a href=http://www.kogl.or.kr/info/licenseType2.do>x</a></footer>".into(), "LicenseRef-KOGL-2"),
            ("<p>공공누리 제1유형은 출처표시를 뜻한다.</p>".into(), "-"),
            ("<img src=/k.png alt='공공누리 공공저작물 자유이용허락'>".into(), "-"),
            ("<img src=/k.png alt='공공누리 제1유형, 제2유형, 제3유형'>".into(), "-"),
            ("<blockquote><img src=/x/img_opentype01.png></blockquote>".into(), "-"),
        ]);
    }

    #[test]
    fn ends_of_pages() {
        let link = |license: &str| format!("<a href={CC}/{license}/>x</a>");
        check(&[
            (format!("<footer>Content under {}.</footer>", link("by/4.0")), "CC-BY-4.0"),
            (format!("<div id=footer><p>{}</p></div>", link("by-sa/4.0")), "CC-BY-SA-4.0"),
            (format!("<div class=site-footer>{}</div>", link("by/4.0")), "CC-BY-4.0"),
            (format!("<div class=ccl>{}</div>", link("by-nc-nd/2.0/kr")), "LicenseRef-CC-BY-NC-ND-2.0-KR"),
            (
                "<footer><img src=https://licensebuttons.net/l/by-sa/4.0/88x31.png alt=CC></footer>".into(),
                "CC-BY-SA-4.0",
            ),
            ("<footer><img src=https://i.creativecommons.org/l/by/3.0/80x15.png></footer>".into(), "CC-BY-3.0"),
            (format!("<footer>{} {}</footer>", link("by/4.0"), link("by-nc/4.0")), "CONFLICT"),
            (format!("<footer><p>Template by Somebody, {}</p></footer>", link("by/3.0")), "-"),
            (format!("<footer><p>Icons: {}</p></footer>", link("by/3.0")), "-"),
            (format!("<footer><p>Map data © OpenStreetMap contributors, {}</p></footer>", link("by-sa/2.0")), "-"),
            (format!("<article><footer class=comment-footer>{}</footer></article>", link("by/4.0")), "-"),
            ("<footer>© 2020 Example. All rights reserved.</footer>".into(), "-"),
        ]);
    }

    #[test]
    fn what_stands_at_a_picture_speaks_of_it() {
        let by = format!("<a rel=license href={CC}/by/2.0/>x</a>");
        for (html, page, pictures) in [
            (format!("<h1>x</h1><figure><img src=a.jpg>{by}</figure><img src=b.jpg>"), "-", &["CC-BY-2.0", "-"][..]),
            (
                format!("<h1>x</h1><div class=wp-caption><img src=a.jpg><p>Photo: {by}</p></div><img src=b.jpg>"),
                "-",
                &["CC-BY-2.0", "-"],
            ),
            (format!("<h1>x</h1><img src=a.jpg><p class=photo-credit>Photo: {by}</p>"), "-", &["-"]),
            (format!("<h1>x</h1><div class=image-copyright>Photo: <a href={CC}/by/2.0/>x</a></div>"), "-", &[]),
            (format!("<div class=photo-page><h1>x</h1><img src=a.jpg><p>{by}</p></div>"), "CC-BY-2.0", &["CC-BY-2.0"]),
            (
                format!(
                    "<div class=thumb><img src=a.jpg><img src=https://licensebuttons.net/l/by/2.0/88x31.png>{by}</div>"
                ),
                "-",
                &["CC-BY-2.0", "-"],
            ),
        ] {
            assert_eq!(read(&html), (page.to_string(), pictures.iter().map(|p| p.to_string()).collect()), "{html}");
        }
    }
}
