//! The fields of a construction plan, as Korean programmes of data construction ask for them (데이터 구축 계획서): each a heading
//! of a document with text below it.

/// A field of a construction plan.
pub struct PlanField {
    pub en: &'static str,
    pub ko: &'static str,
    /// What belongs there.
    pub about_en: &'static str,
    pub about_ko: &'static str,
}

const fn field(en: &'static str, ko: &'static str, about_en: &'static str, about_ko: &'static str) -> PlanField {
    PlanField { en, ko, about_en, about_ko }
}

/// All fields, in the order of the document.
pub const PLAN_FIELDS: &[PlanField] = &[
    field(
        "Purpose and task",
        "구축 목적과 과업 정의",
        "Which task is to be solved, by whom the data is used, and what it is not for.",
        "어떤 과업을 풀기 위한 데이터인지, 누가 쓰는지, 어디에는 쓰지 않는지.",
    ),
    field(
        "Data definition",
        "데이터 정의",
        "Kind, file format, resolution or length, classes, and how many of each class.",
        "데이터 종류, 파일 형식, 해상도나 길이, 클래스와 클래스별 목표 수량.",
    ),
    field(
        "Sources and collection",
        "출처와 수집 방법",
        "Where the data comes from, how it is collected, and by whom.",
        "어디에서, 어떤 방법으로, 누가 수집하는지.",
    ),
    field(
        "Legal review",
        "법률 검토",
        "Copyright and licences, personal data, consent, ethics, and who reviewed them.",
        "저작권과 라이선스, 개인정보, 동의, 윤리, 검토한 사람.",
    ),
    field(
        "Diversity",
        "다양성 확보 계획",
        "Which groups, times, places and conditions the data must cover, and in which shares.",
        "어떤 집단, 시간, 장소, 조건을 어떤 비율로 담을지.",
    ),
    field(
        "Refinement",
        "정제 기준",
        "What is normalised, masked, dropped or reviewed, and by which thresholds.",
        "무엇을 정규화, 비식별화, 제외, 검토하는지와 그 기준값.",
    ),
    field(
        "Labels and guideline",
        "라벨 체계와 작업 지침",
        "The label scheme, the guideline with its version, and hard cases.",
        "라벨 체계, 지침과 그 버전, 판단이 어려운 사례.",
    ),
    field(
        "Inspection",
        "검사 방법과 품질 기준",
        "How samples are drawn and inspected, and thresholds of agreement, syntactic and semantic accuracy.",
        "표본 추출과 검사 방법, 일치도와 구문·의미 정확성의 기준값.",
    ),
    field(
        "Splits",
        "분할 비율",
        "The splits with their shares, what is kept together, and by what they are stratified.",
        "학습·검증·시험 비율, 함께 묶는 기준, 층화 기준.",
    ),
    field(
        "Baseline model",
        "기준 모델과 목표 성능",
        "The model that shows the use of the data, its metric and the score to be reached.",
        "유효성을 보일 모델, 지표, 목표 점수.",
    ),
    field("Schedule", "추진 일정", "Stages with their dates.", "단계별 일정."),
    field(
        "People",
        "수행 인력",
        "Who is responsible, who labels and who inspects, how they are trained and paid.",
        "책임자, 작업자, 검수자, 교육과 보수.",
    ),
    field("Risks", "위험 관리", "What may go wrong, and what is done then.", "생길 수 있는 문제와 대응."),
    field(
        "Release and maintenance",
        "공개와 유지보수",
        "Licence, formats, where it is published, and how errors are corrected.",
        "라이선스, 형식, 공개 방법, 오류를 고치는 방법.",
    ),
];

/// How a field that nobody has filled in begins: what belongs there stands behind it, and it counts as blank.
pub const BLANK: &str = "TODO:";

/// A heading of a Markdown document with the lines below it, also those below a heading under it.
#[derive(Debug, PartialEq)]
pub struct Heading {
    depth: usize,
    pub title: String,
    /// Without headings and empty lines.
    pub lines: Vec<String>,
}

impl Heading {
    /// Whether something stands below it that is no mark of a field to be filled in.
    pub fn says_something(&self) -> bool {
        self.lines.iter().any(|line| !line.starts_with(BLANK))
    }

    /// Whether something stands below it, and no mark is left.
    pub fn is_filled(&self) -> bool {
        self.says_something() && !self.lines.iter().any(|line| line.starts_with(BLANK))
    }
}

/// The headings of a Markdown document, in their order; what looks like one between fences is none.
pub fn headings(text: &str) -> Vec<Heading> {
    let mut out: Vec<Heading> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut fenced = false;
    for line in text.lines().map(str::trim) {
        let fence = line.starts_with("```") || line.starts_with("~~~");
        fenced ^= fence;
        let depth = line.chars().take_while(|c| *c == '#').count();
        let heading =
            !fenced && !fence && (1..=6).contains(&depth) && line.chars().nth(depth).is_none_or(char::is_whitespace);
        if heading {
            open.retain(|i| out.get(*i).is_some_and(|h| h.depth < depth));
            open.push(out.len());
            let title = line.trim_matches(['#', ' ', '\t']).to_string();
            out.push(Heading { depth, title, lines: Vec::new() });
        } else if !line.is_empty() {
            for i in &open {
                if let Some(h) = out.get_mut(*i) {
                    h.lines.push(line.to_string());
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_filled_by_text_that_is_no_mark() {
        let all = headings(
            "# Plan\n## A\nTODO: what\n\n## B\nTODO: what\nsomething\n## C\n### D\ntext\n```\n# no\n```\n## E\n",
        );
        let of = |f: fn(&Heading) -> bool| all.iter().filter(|h| f(h)).map(|h| h.title.as_str()).collect::<Vec<_>>();
        assert_eq!(of(Heading::says_something), ["Plan", "B", "C", "D"]);
        assert_eq!(of(Heading::is_filled), ["C", "D"]);
    }

    #[test]
    fn headings_stand_once() {
        for names in [PLAN_FIELDS.iter().map(|f| f.en).collect::<Vec<_>>(), PLAN_FIELDS.iter().map(|f| f.ko).collect()]
        {
            let mut once = names.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), names.len());
        }
    }
}
