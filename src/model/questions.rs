//! The questions of a datasheet (Gebru et al., Datasheets for Datasets, 2021), one after another by section, and four that
//! descriptions for catalogues ask besides. Each has a name, under which `[dataset.datasheet]` may answer it.

/// A question of a datasheet.
pub struct Question {
    /// What a manifest calls it.
    pub name: &'static str,
    pub section: &'static str,
    pub en: &'static str,
    pub ko: &'static str,
}

const fn ask(name: &'static str, section: &'static str, en: &'static str, ko: &'static str) -> Question {
    Question { name, section, en, ko }
}

const MOTIVATION: &str = "Motivation";
const COMPOSITION: &str = "Composition";
const COLLECTION: &str = "Collection process";
const PREPROCESSING: &str = "Preprocessing, cleaning, labelling";
const USES: &str = "Uses";
const DISTRIBUTION: &str = "Distribution";
const MAINTENANCE: &str = "Maintenance";
const RESPONSIBLE: &str = "Responsible use";

/// All questions, in the order of the datasheet.
pub const QUESTIONS: &[Question] = &[
    ask("purpose", MOTIVATION, "For what purpose was the data set created?", "어떤 목적으로 데이터셋을 만들었습니까?"),
    ask(
        "makers",
        MOTIVATION,
        "Who created the data set, and on behalf of whom?",
        "누가, 어느 기관을 위하여 만들었습니까?",
    ),
    ask("funding", MOTIVATION, "Who funded its creation?", "구축 비용은 누가 부담하였습니까?"),
    ask("instances", COMPOSITION, "What do the instances represent?", "한 건의 데이터는 무엇을 나타냅니까?"),
    ask("counts", COMPOSITION, "How many instances are there, of each type?", "유형별로 몇 건입니까?"),
    ask(
        "sample_of",
        COMPOSITION,
        "Does it hold all possible instances, or a sample of a larger set, and how representative is that?",
        "가능한 전체입니까, 더 큰 집합의 표본입니까? 표본이라면 얼마나 대표성이 있습니까?",
    ),
    ask("fields", COMPOSITION, "What data does each instance consist of?", "한 건은 어떤 항목으로 이루어져 있습니까?"),
    ask("labels", COMPOSITION, "Is there a label or target for each instance?", "각 건에 라벨(정답)이 있습니까?"),
    ask("missing", COMPOSITION, "Is any information missing from instances?", "빠진 정보가 있습니까?"),
    ask(
        "relationships",
        COMPOSITION,
        "Are relationships between instances made explicit?",
        "데이터 사이의 관계가 명시되어 있습니까?",
    ),
    ask("splits", COMPOSITION, "Are there recommended splits?", "권장하는 분할이 있습니까?"),
    ask("errors", COMPOSITION, "Are there errors, sources of noise, or redundancies?", "오류, 잡음, 중복이 있습니까?"),
    ask(
        "external",
        COMPOSITION,
        "Is it self-contained, or does it rely on external resources?",
        "그 자체로 완결됩니까, 외부 자원에 의존합니까?",
    ),
    ask(
        "confidential",
        COMPOSITION,
        "Does it contain data that might be considered confidential?",
        "비밀로 볼 수 있는 데이터가 있습니까?",
    ),
    ask(
        "offensive",
        COMPOSITION,
        "Does it contain data that might be offensive, insulting, threatening, or cause anxiety?",
        "불쾌감, 모욕, 위협, 불안을 줄 수 있는 데이터가 있습니까?",
    ),
    ask("subpopulations", COMPOSITION, "Does it identify subpopulations?", "하위 집단(연령, 성별 등)을 구별합니까?"),
    ask(
        "identifiable",
        COMPOSITION,
        "Is it possible to identify individuals, directly or indirectly?",
        "개인을 직접 또는 간접으로 식별할 수 있습니까?",
    ),
    ask("sensitive", COMPOSITION, "Does it contain sensitive data?", "민감정보가 있습니까?"),
    ask("acquisition", COLLECTION, "How was the data acquired?", "데이터를 어떻게 얻었습니까?"),
    ask(
        "mechanisms",
        COLLECTION,
        "What mechanisms or procedures were used to collect it?",
        "어떤 장치나 절차로 수집하였습니까?",
    ),
    ask(
        "sampling",
        COLLECTION,
        "If it is a sample, what was the sampling strategy?",
        "표본이라면 표집 방법은 무엇입니까?",
    ),
    ask(
        "collectors",
        COLLECTION,
        "Who was involved in collecting and labelling, and how were they compensated?",
        "누가 수집과 라벨링에 참여하였고, 보수는 어떠하였습니까?",
    ),
    ask("timeframe", COLLECTION, "Over what timeframe was the data collected?", "수집 기간은 언제입니까?"),
    ask("ethics_review", COLLECTION, "Were ethical reviews conducted?", "윤리 심의(IRB 등)를 받았습니까?"),
    ask(
        "direct",
        COLLECTION,
        "Was it collected from people directly, or obtained from third parties?",
        "사람에게서 직접 수집하였습니까, 제3자에게서 받았습니까?",
    ),
    ask(
        "notification",
        COLLECTION,
        "Were the people notified of the collection?",
        "당사자에게 수집 사실을 알렸습니까?",
    ),
    ask(
        "consent",
        COLLECTION,
        "Did the people consent to collection and use?",
        "당사자가 수집과 이용에 동의하였습니까?",
    ),
    ask("revocation", COLLECTION, "Can consent be revoked, and how?", "동의를 철회할 수 있습니까? 방법은 무엇입니까?"),
    ask(
        "impact_analysis",
        COLLECTION,
        "Was the potential impact on the people analysed?",
        "당사자에게 미칠 영향을 평가하였습니까?",
    ),
    ask(
        "preprocessing",
        PREPROCESSING,
        "What preprocessing, cleaning and labelling was done?",
        "어떤 전처리, 정제, 라벨링을 하였습니까?",
    ),
    ask("raw_saved", PREPROCESSING, "Is the raw data saved besides?", "원시데이터를 따로 보관합니까?"),
    ask("software", PREPROCESSING, "Is the software for this available?", "그 소프트웨어를 구할 수 있습니까?"),
    ask(
        "used_for",
        USES,
        "Has the data set been used already, and for what?",
        "이미 사용된 적이 있습니까? 무엇에 사용되었습니까?",
    ),
    ask(
        "repository",
        USES,
        "Is there a list of papers or systems that use it?",
        "이를 사용한 논문이나 시스템의 목록이 있습니까?",
    ),
    ask("tasks", USES, "What tasks could it be used for?", "어떤 과업에 사용할 수 있습니까?"),
    ask(
        "risks",
        USES,
        "Is there anything in its composition or making that might affect future uses?",
        "구성이나 제작 방식 중 앞으로의 이용에 영향을 줄 점이 있습니까?",
    ),
    ask("unsuitable", USES, "For what should it not be used?", "사용해서는 안 되는 용도는 무엇입니까?"),
    ask("third_parties", DISTRIBUTION, "Will it be distributed to third parties?", "제3자에게 배포합니까?"),
    ask(
        "channel",
        DISTRIBUTION,
        "How will it be distributed, and does it have a DOI?",
        "어떻게 배포합니까? DOI가 있습니까?",
    ),
    ask("when", DISTRIBUTION, "When will it be distributed?", "언제 배포합니까?"),
    ask("terms", DISTRIBUTION, "Under which licence or terms of use?", "어떤 라이선스나 이용 조건으로 배포합니까?"),
    ask(
        "restrictions",
        DISTRIBUTION,
        "Have third parties imposed restrictions on the data?",
        "제3자가 부과한 제한(지식재산권 등)이 있습니까?",
    ),
    ask(
        "export",
        DISTRIBUTION,
        "Do export controls or other regulations apply?",
        "수출 통제나 그 밖의 규제를 받습니까?",
    ),
    ask("maintainer", MAINTENANCE, "Who supports, hosts and maintains it?", "누가 지원, 제공, 유지보수를 합니까?"),
    ask("contact", MAINTENANCE, "How can they be contacted?", "연락 방법은 무엇입니까?"),
    ask("erratum", MAINTENANCE, "Is there an erratum?", "정오표가 있습니까?"),
    ask("updates", MAINTENANCE, "Will it be updated, how often, and by whom?", "갱신합니까? 얼마나 자주, 누가 합니까?"),
    ask(
        "retention",
        MAINTENANCE,
        "Are there limits on how long the data of people may be kept?",
        "개인 관련 데이터의 보유 기한이 있습니까?",
    ),
    ask("old_versions", MAINTENANCE, "Will older versions still be supported?", "이전 버전도 계속 제공합니까?"),
    ask("contributions", MAINTENANCE, "Can others extend it, and how?", "다른 사람이 확장하거나 기여할 수 있습니까?"),
    ask("limitations", RESPONSIBLE, "What are its known limitations?", "알려진 한계는 무엇입니까?"),
    ask("biases", RESPONSIBLE, "What biases are known in it?", "알려진 편향은 무엇입니까?"),
    ask("social_impact", RESPONSIBLE, "What is its impact on society?", "사회에 미치는 영향은 무엇입니까?"),
    ask(
        "annotators",
        RESPONSIBLE,
        "Who are the annotators (number, training, background)?",
        "작업자는 누구입니까(수, 교육, 배경)?",
    ),
];

/// The question of a name.
pub fn named(name: &str) -> Option<&'static Question> {
    QUESTIONS.iter().find(|question| question.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_keys_and_stand_once() {
        let names: BTreeSet<&str> = QUESTIONS.iter().map(|q| q.name).collect();
        assert_eq!(names.len(), QUESTIONS.len());
        assert!(names.iter().all(|n| n.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
        assert!(named("purpose").is_some() && named("nothing").is_none());
        // the questions of one section stand together
        let mut sections: Vec<&str> = QUESTIONS.iter().map(|q| q.section).collect();
        sections.dedup();
        assert_eq!(sections.iter().collect::<BTreeSet<_>>().len(), sections.len());
    }
}
