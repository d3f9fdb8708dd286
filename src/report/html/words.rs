//! What the pages say, in English and in Korean. Each text is a value of [`W`]; `{}` in it stands for what differs.
use crate::report::lang::Lang;
use maud::{Markup, Render, html};

macro_rules! words {
    ($($name:ident: $en:literal / $ko:literal,)*) => {
        /// A text of the pages.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum W { $($name,)* }

        /// English and Korean, in the order of [`W`].
        pub const WORDS: &[[&str; 2]] = &[$([$en, $ko],)*];
    };
}

words! {
    Report: "Report" / "보고서",
    Skip: "To the content" / "본문으로 건너뛰기",
    Contents: "Contents" / "차례",
    Theme: "Theme" / "화면 모드",
    Language: "한국어" / "English",
    Keys: "Keys" / "단축키",
    KeysHelp: "Keys: / search, j and k next and previous sample, g then o f p d l m i s x to a section, t theme, ? this help. The button turns them off and on." / "단축키: / 검색, j·k 다음·이전 샘플, g 다음에 o f p d l m i s x 해당 절로 이동, t 화면 모드, ? 이 도움말. 단추로 끄고 켭니다.",
    KeysOff: "Keys are off." / "단축키를 껐습니다.",
    Overview: "Overview" / "개요",
    Changes: "Changes" / "변경 사항",
    Flow: "Flow" / "샘플 흐름",
    Pipeline: "Pipeline" / "파이프라인",
    Fields: "Fields" / "필드",
    Labels: "Labels" / "라벨",
    Agreement: "Agreement" / "일치도",
    Duplicates: "Duplicates" / "중복",
    Quality: "Quality" / "품질",
    Privacy: "Privacy" / "개인정보",
    Licences: "Licences" / "라이선스",
    Splits: "Splits" / "분할",
    Samples: "Samples" / "샘플",
    Findings: "Findings" / "발견 사항",
    Ready: "All {} gates hold, and no sample waits for a decision." / "게이트 {}개를 모두 통과했고, 결정을 기다리는 샘플이 없습니다.",
    ReadyWaiting: "All {} gates hold; {} samples wait for a decision." / "게이트 {}개를 모두 통과했습니다. 샘플 {}개가 결정을 기다립니다.",
    Failing: "Not ready: {} of {} gates do not hold." / "릴리스할 수 없습니다. 게이트 {}개가 통과하지 못했습니다(전체 {}개).",
    NotWhole: "Some steps did not run: what comes behind them is not known here." / "실행되지 않은 단계가 있어 그 뒤의 내용은 알 수 없습니다.",
    Gates: "Gates" / "게이트",
    Gate: "gate" / "게이트",
    Wanted: "wanted" / "기준",
    Measured: "measured" / "측정값",
    Result: "result" / "결과",
    Holds: "holds" / "통과",
    Fails: "does not hold" / "실패",
    Unknown: "not measured" / "측정하지 않음",
    Key: "key" / "키",
    Line: "line" / "줄",
    Hold: "{} gates hold" / "게이트 {}개 통과",
    NoGates: "dataset.toml sets no gates." / "dataset.toml에 게이트가 없습니다.",
    Balance: "Balance of samples" / "샘플 수지",
    Release: "release" / "릴리스",
    Collected: "collected" / "수집",
    Born: "born" / "생성",
    Released: "released" / "릴리스됨",
    Excluded: "excluded" / "제외",
    Dropped: "dropped" / "버림",
    Merged: "merged" / "병합",
    Held: "held" / "보류",
    Living: "living" / "남음",
    BySplit: "Samples by split" / "분할별 샘플",
    Split: "split" / "분할",
    All: "all" / "전체",
    Share: "share" / "비율",
    Waiting: "Waiting for a person" / "사람의 결정을 기다림",
    Step: "step" / "단계",
    SamplesN: "samples" / "샘플",
    Unmet: "{} decisions met no waiting sample." / "대상 샘플이 없는 결정이 {}개 있습니다.",
    Roots: "Roots of the candidates" / "후보의 루트 해시",
    ContentRoot: "content" / "내용",
    FilesRoot: "files" / "파일",
    Again: "How to make it again" / "다시 만드는 방법",
    AgainSay: "With the same commit, dataset.lock and source files, these commands give the same roots and this same report." / "같은 커밋, 같은 dataset.lock, 같은 원본 파일이면 다음 명령이 같은 루트 해시와 같은 보고서를 만듭니다.",
    NumbersAlone: "This report lies in a release: it tells numbers of what is released, and no sample. Samples stand in the files beside it." / "릴리스에 든 보고서입니다. 릴리스한 것의 수치만 있고 샘플은 없습니다. 샘플은 함께 있는 파일에 있습니다.",
    HiddenColumns: "Not shown, since no step of privacy has covered them:" / "개인정보 단계를 거치지 않아 보여 주지 않는 열:",
    Licence: "licence" / "라이선스",
    Version: "version" / "버전",
    Languages: "languages" / "언어",
    FlowSay: "Each row is a step: how many samples it kept, and on a scale of its own how many it lost, with the key of dataset.toml that is responsible." / "한 줄이 한 단계입니다. 남긴 샘플 수와, 별도 눈금으로 잃은 샘플 수를 책임 있는 dataset.toml 키와 함께 보여 줍니다.",
    Kept: "kept" / "남김",
    Lost: "lost" / "잃음",
    Reasons: "reasons" / "이유",
    NothingLost: "Nothing was lost." / "잃은 샘플이 없습니다.",
    PipelineSay: "Steps from left to right; a line means that a step reads what another one wrote. The table below says the same." / "왼쪽에서 오른쪽으로 단계입니다. 선은 앞 단계가 쓴 것을 읽는다는 뜻입니다. 아래 표에 같은 내용이 있습니다.",
    Reads: "reads from" / "읽는 단계",
    State: "state" / "상태",
    StateBuilt: "built" / "빌드됨",
    StateSkipped: "not run" / "실행 안 됨",
    StateFailed: "failed" / "실패",
    Parameters: "parameters that differ from their defaults" / "기본값과 다른 매개변수",
    Graph: "Graph of the steps" / "단계 그래프",
    Type: "type" / "형식",
    Nulls: "null" / "빈 값",
    Distinct: "distinct" / "서로 다른 값",
    OverDistinct: "over {}" / "{} 초과",
    MinMedianMax: "{} to {}, median {}" / "{}~{}, 중앙값 {}",
    HiddenField: "Nothing has masked this column: its values are not told." / "가리지 않은 열이라 값을 보여 주지 않습니다.",
    Characters: "characters" / "글자 수",
    Items: "items" / "항목 수",
    Bytes: "bytes" / "바이트",
    Values: "values" / "값",
    Over: "{} and more" / "{} 이상",
    Top: "Most frequent values" / "자주 나오는 값",
    MoreValues: "and {} more values" / "그 밖의 값 {}개",
    Filled: "Values that are there" / "값이 있는 샘플",
    Source: "source" / "수집원",
    Rows: "samples" / "샘플",
    Count: "count" / "개수",
    Range: "range" / "구간",
    Task: "task" / "라벨링 과제",
    Kind: "kind" / "종류",
    Guideline: "guideline" / "가이드라인",
    Class: "class" / "클래스",
    Annotations: "annotations" / "어노테이션",
    Unlabelled: "unlabelled" / "라벨 없음",
    Empty: "looked at and empty" / "확인했고 비어 있음",
    MoreClasses: "and {} more classes" / "그 밖의 클래스 {}개",
    PerSample: "Annotations a sample" / "샘플당 어노테이션 수",
    SpanLengths: "Lengths of spans" / "구간 길이",
    BoxSides: "Sizes of boxes: root of the area, in pixels" / "상자 크기: 넓이의 제곱근(픽셀)",
    BoxPlaces: "Where the middles of boxes lie in the picture, cut into 8 by 8 parts" / "그림을 8×8로 나눴을 때 상자 중심의 위치",
    Row: "row {}" / "{}행",
    Column: "column {}" / "{}열",
    Ratings: "Ratings" / "평점",
    Pairs: "Samples in which two classes stand together" / "두 클래스가 함께 나오는 샘플",
    ClassBySplit: "Annotations by class and split" / "클래스·분할별 어노테이션",
    SplitTable: "Samples by split" / "분할별 샘플",
    Coefficient: "coefficient" / "계수",
    Value: "value" / "값",
    Interval: "95 % interval" / "95% 신뢰구간",
    AskedFor: "asked for" / "요구",
    SharedSay: "{} samples with several answers, {} with one; {} annotators, {} pairs with samples in common." / "답이 여럿인 샘플 {}개, 하나인 샘플 {}개. 작업자 {}명, 함께 본 샘플이 있는 쌍 {}개.",
    ByQuadrant: "By class, beside what the model finds" / "클래스별: 모델 판단과 비교",
    ModelFinds: "Model" / "모델",
    Quadrant: "Quadrant" / "사분면",
    First: "First" / "먼저 할 일",
    ByVersion: "By version of the guideline" / "지침 판별",
    GuidelineVersion: "Guideline" / "지침 판",
    ByClass: "By class, the lowest first" / "클래스별(낮은 순)",
    ByAnnotator: "By annotator" / "작업자별",
    ByPace: "By annotator: speed and agreement" / "작업자별: 속도와 일치도",
    AnswersAnHour: "Answers an hour" / "시간당 답",
    ByPair: "By pair of annotators" / "작업자 쌍별",
    Annotator: "annotator" / "작업자",
    RestsOn: "rests on" / "근거 수",
    Advice: "What to make of it" / "읽는 법",
    ClusterSizes: "Clusters by size" / "크기별 묶음",
    Size: "size" / "크기",
    Clusters: "clusters" / "묶음",
    FromTo: "From source to source: the one that left, and the one that stayed" / "수집원 사이: 빠진 쪽 → 남은 쪽",
    Largest: "Largest clusters: the one that stayed first" / "큰 묶음: 남은 샘플이 먼저",
    LeftSay: "{} samples left in favour of others." / "샘플 {}개가 다른 샘플에 밀려 빠졌습니다.",
    Stayed: "stayed" / "남음",
    Left: "left" / "빠짐",
    MoreMembers: "and {} more" / "그 밖에 {}개",
    Filter: "rule" / "규칙",
    Removed: "removed" / "제거",
    Flagged: "named, and stayed" / "표시만 함",
    Both: "Samples that two rules name both" / "두 규칙에 모두 걸린 샘플",
    PrivacySay: "Numbers alone: no value that was found stands here." / "숫자만 있습니다. 발견된 값은 싣지 않습니다.",
    Fact: "fact" / "항목",
    Evidence: "evidence" / "근거 파일",
    Attribution: "attribution" / "저작자 표시",
    Files: "files" / "파일",
    Verdict: "for this release" / "이 릴리스에서",
    Fits: "nothing stands against it" / "문제 없음",
    BreaksNd: "forbids changed forms" / "변경 금지",
    BreaksNc: "non-commercial use only" / "비영리만 허용",
    BreaksSa: "asks for the same licence" / "동일 조건 요구",
    BreaksBy: "asks that authors are named" / "저작자 표시 요구",
    NoLicence: "none is stated" / "명시되지 않음",
    WithheldUnknown: "Samples of {} are not shown: no licence is stated." / "{}: 라이선스가 명시되지 않아 샘플을 보여 주지 않습니다.",
    BreaksShare: "may not be given to others" / "제3자 제공 금지",
    BreaksLimits: "limits what it may be used for" / "이용 목적 제한",
    BreaksNotice: "asks that its notice is kept" / "고지문 유지 요구",
    BreaksOpen: "leaves open what is allowed" / "허용 범위 불분명",
    WithheldShare: "Samples of {} are not shown: its licence does not let them be given to others." / "{}: 라이선스가 제3자 제공을 허용하지 않으므로 샘플을 보여 주지 않습니다.",
    WithheldNd: "Samples of {} are not shown: its licence forbids changed forms." / "{}: 라이선스가 변경을 금지하므로 샘플을 보여 주지 않습니다.",
    SplitSay: "Ring: the share that was asked for. Dot: the share that was reached." / "고리는 목표 비율, 점은 실제 비율입니다.",
    Target: "target" / "목표",
    Reached: "reached" / "실제",
    Seed: "seed" / "시드",
    Leakage: "Between the splits" / "분할 사이의 유출과 분포 변화",
    Leaked: "Samples that have something in common with one of another split" / "다른 분할의 샘플과 겹치는 샘플",
    InCommon: "in common with" / "겹치는 샘플",
    MoreLeaked: "{} more: tamis show leakage --findings" / "{}개 더 있음: tamis show leakage --findings",
    AnswersHidden: "hidden" / "숨김",
    NothingByClass: "Nothing is told by class: [split] hide hides answers, and the difference to other splits would be these." / "[split] hide로 정답을 숨겼으므로 클래스별 수치는 싣지 않습니다. 다른 분할과의 차이로 정답이 드러나기 때문입니다.",
    FieldAnswers: "Not counted here, since their answers are hidden: {} samples" / "정답을 숨겨 여기서 세지 않은 샘플: {}개",
    HiddenAnswers: "Hidden answers: {}" / "숨긴 정답: {}",
    Stratify: "spread evenly" / "고르게 나눔",
    Group: "kept together" / "함께 묶음",
    Given: "as given in" / "주어진 열",
    Leaks: "Values of `{}` that stand in more than one split: {}" / "여러 분할에 걸친 `{}` 값: {}개",
    OfClass: "Annotations of each class" / "클래스별 어노테이션",
    Search: "Filter" / "필터",
    SearchHint: "split:test class:PS,LC source:a finding:field status:held chars:>200 -class:LC \"some words\"" / "split:test class:PS,LC source:a finding:field status:held chars:>200 -class:LC \"찾을 말\"",
    LeftMatch: "{} that left match, too: add status:dropped,merged,held" / "빠진 샘플 {}개도 맞습니다. status:dropped,merged,held를 더하세요",
    ShownOf: "{} of {} chosen samples are here. {} samples live; dropped and held ones that were chosen are shown, too." / "고른 샘플 중 {}개를 실었습니다(고른 샘플 {}개). 남아 있는 샘플은 {}개이며, 고른 것 중에는 버리거나 보류한 샘플도 있습니다.",
    CutBack: "The size that was asked for leaves room for {} of {} chosen samples." / "크기 제한 때문에 고른 샘플 {}개만 실었습니다(전체 {}개).",
    Matches: "{} samples" / "샘플 {}개",
    Bad: "Not a filter: {}" / "필터가 아닙니다: {}",
    More: "Show more" / "더 보기",
    Reading: "Reading samples" / "샘플을 읽는 중",
    Unread: "This browser cannot unpack the other samples." / "이 브라우저에서는 나머지 샘플을 열 수 없습니다.",
    CutText: "{} of {} characters are shown." / "{}자만 보여 줍니다(전체 {}자).",
    MoreShapes: "{} more shapes are not drawn." / "그리지 않은 도형 {}개.",
    NoLabel: "no label" / "라벨 없음",
    Origin: "collected at" / "수집 위치",
    NoSamples: "No samples are known." / "알려진 샘플이 없습니다.",
    Named: "Shown under the licences of their sources:" / "수집원의 라이선스에 따라 표시:",
    Rule: "rule" / "규칙",
    What: "what" / "처리",
    Times: "times" / "횟수",
    Places: "where the first ones stand" / "처음 나온 위치",
    See: "see all" / "모두 보기",
    NoFindings: "Nothing was found." / "발견된 것이 없습니다.",
    ActFinding: "finding" / "발견",
    ActReview: "waits" / "검수 대기",
    ActFail: "fails the build" / "빌드 실패",
    ChangesSay: "From {} to {}." / "{}에서 {}로.",
    Same: "Both are the same." / "두 릴리스가 같습니다.",
    StopIt: "stop it" / "멈춤",
    WouldBuild: "what would a build do?" / "빌드하면 무엇을 하나?",
    WouldRun: "A build would run {} tasks of {} steps: {}" / "빌드하면 작업 {}개(단계 {}개)를 실행합니다: {}",
    Compare: "compare" / "비교",
    NothingFrozen: "Nothing is frozen that could be compared with what was built." / "빌드한 것과 비교할 릴리스가 아직 없습니다.",
    Before: "before" / "이전",
    After: "after" / "이후",
    Added: "added" / "추가",
    Changed: "changed" / "변경",
    Moved: "moved to another split" / "분할 이동",
    Unchanged: "the same" / "그대로",
    WhyChanged: "Why samples came and went" / "샘플이 들고 난 이유",
    ChangedColumns: "Changed columns" / "바뀐 열",
    ChangedValues: "Values whose number changed" / "개수가 바뀐 값",
    Examples: "Examples" / "예",
    Made: "Made by tamis from dataset.toml and dataset.lock." / "tamis가 dataset.toml과 dataset.lock으로 만들었습니다.",
    ScrollTable: "Table" / "표",
    ScrollChart: "Chart" / "차트",
    None: "none" / "없음",
    Id: "sample" / "샘플",
    EachClass: "By class" / "클래스별",
    Models: "Models" / "모델",
    Issues: "Label issues" / "라벨 오류",
    ToLabel: "To label next" / "다음에 라벨링할 샘플",
    ScoredOf: "{} samples scored; {} with a label have no prediction" / "샘플 {}개 채점. 라벨이 있으나 예측이 없는 샘플 {}개",
    ScoreIs: "score" / "점수",
    LessIsBetter: "less is better" / "낮을수록 좋음",
    GivenN: "given" / "주어짐",
    PredictedN: "predicted" / "예측됨",
    RightN: "right" / "맞음",
    Precision: "precision" / "정밀도",
    Recall: "recall" / "재현율",
    Confused: "Which classes are taken for which" / "혼동된 클래스",
    ConfusedSay: "Rows: the class that is given. Columns: the class that is predicted." / "행: 주어진 클래스, 열: 예측된 클래스",
    GivenClass: "given class" / "주어진 클래스",
    PredictedClass: "predicted class" / "예측된 클래스",
    LikelyClass: "likely class" / "가능성이 높은 클래스",
    NoEstimate: "How many labels are wrong cannot be estimated." / "틀린 라벨의 비율을 추정할 수 없습니다.",
    NoiseBetween: "About {} % of the labels are probably wrong ({} to {} %)." / "라벨의 약 {}%가 틀렸을 가능성이 있습니다({}~{}%).",
    NoiseIs: "About {} % of the labels are probably wrong." / "라벨의 약 {}%가 틀렸을 가능성이 있습니다.",
    ModelAgrees: "The model gives {} % of what is marked in the same way; what a weak model doubts is mostly right." / "모델은 표시된 것의 {}%를 똑같이 예측합니다. 약한 모델이 의심하는 라벨은 대부분 맞습니다.",
    IssuesSay: "{} of {} samples are doubted; {} are asked about, {} were decided by people." / "샘플 {}/{}개가 의심됩니다. {}개를 묻고 있으며, {}개는 사람이 결정했습니다.",
    NoPrediction: "{} samples have no prediction." / "예측이 없는 샘플이 {}개 있습니다.",
    ProbablyPairs: "Classes that are probably others" / "다른 클래스일 가능성이 있는 라벨",
    FaultsOfSpans: "What is wrong with spans" / "구간의 오류 종류",
    Fault: "fault" / "오류",
    Tags: "tags" / "태그",
    FaultMissing: "an entity is missing" / "개체 누락",
    FaultSpurious: "there is no entity" / "개체 아님",
    FaultClass: "another class" / "클래스 다름",
    FaultBoundary: "another boundary" / "경계 다름",
    InconsistentSay: "{} of {} annotations have another class than most of the same words or text have; {} values have several classes." / "어노테이션 {}/{}개의 클래스가 같은 말이나 같은 글에 흔한 클래스와 다릅니다. 클래스가 여럿인 값은 {}개입니다.",
    OutliersSay: "{} measures of {} annotations lie beyond what is usual of their class, in {} samples." / "측정값 {}개(어노테이션 {}개 중)가 클래스의 보통 범위를 벗어났습니다. 해당 샘플은 {}개입니다.",
    Unjudged: "{} annotations could not be compared: too few of their class, or nothing to measure." / "어노테이션 {}개는 같은 클래스가 너무 적거나 잴 것이 없어 비교하지 못했습니다.",
    OtherClasses: "Given class, and the class that the same value mostly has" / "주어진 클래스와 같은 값에 가장 흔한 클래스",
    MostFrequent: "most frequent class" / "가장 흔한 클래스",
    Usual: "What is usual" / "보통 범위",
    MeasureOf: "measure" / "측정",
    Lowest: "usual from" / "보통 최솟값",
    Highest: "usual to" / "보통 최댓값",
    Beyond: "beyond" / "벗어남",
    WholeSample: "all classes" / "모든 클래스",
    MeasureSize: "size" / "크기",
    MeasureAspect: "aspect ratio" / "가로세로 비",
    MeasureCount: "annotations a sample" / "샘플당 어노테이션",
    MeasureLength: "length" / "길이",
    MostDoubted: "The samples that are doubted most" / "가장 의심되는 샘플",
    QualityIs: "quality of the label, 0 to 1:" / "라벨 품질(0~1):",
    WantedSay: "Chosen to be labelled next: {}, of {} samples without a label; {} of them at random." / "다음에 라벨링할 샘플: {}개(라벨이 없는 샘플 {}개 중), 그중 무작위 {}개",
    AskedModels: "Models that were asked:" / "사용한 모델:",
    FirstOfThem: "The first of them" / "처음 몇 개",
    Review: "Review" / "검수",
    Story: "Its story" / "이력",
    NothingHere: "There is nothing of this here." / "여기에는 해당하는 내용이 없습니다.",
    NeedsScript: "These pages need a script. Without one, a report is read from a file, and samples are decided in a terminal:" / "이 페이지는 스크립트가 필요합니다. 스크립트 없이는 보고서 파일을 읽고, 터미널에서 검수하십시오:",
    RawShown: "Values that may hold personal data are shown (--raw)." / "개인정보가 들어 있을 수 있는 값을 표시하고 있습니다(--raw).",
    Asked: "Asked by" / "질문한 단계",
    Answers: "Answers" / "답",
    GivenTimes: "votes: {}" / "표: {}",
    Suggested: "suggested by a model" / "모델이 제안함",
    Keep: "keep" / "유지",
    Drop: "drop" / "버림",
    Accept: "accept the suggestion" / "제안 받아들이기",
    Edit: "edit" / "편집",
    Note: "note" / "메모",
    SkipIt: "skip" / "건너뛰기",
    Undo: "undo" / "되돌리기",
    CannotDecide: "Nobody can decide here: start tamis serve with --by NAME, and with --raw where what is asked about is hidden." / "여기서는 결정할 수 없습니다. tamis serve를 --by NAME과 함께 시작하고, 묻는 값이 숨겨져 있으면 --raw도 쓰십시오.",
    Locked: "This page is locked: open the address that tamis serve printed." / "페이지가 잠겨 있습니다. tamis serve가 출력한 주소를 여십시오.",
    Unreachable: "The server does not answer. What was decided is on disk." / "서버가 응답하지 않습니다. 결정한 내용은 디스크에 저장되어 있습니다.",
    DecidedAt: "{}: on disk, line {}" / "{}: {}번째 줄에 저장됨",
    TakenBack: "taken back" / "되돌렸습니다",
    NothingWaits: "Nothing waits for a decision." / "결정을 기다리는 샘플이 없습니다.",
    SkippedLeft: "{} were skipped and still wait." / "건너뛴 {}개가 아직 기다립니다.",
    AskAgain: "ask again" / "다시 보기",
    Progress: "{} decided, {} wait" / "{}개 결정, {}개 대기",
    NotBuilt: "{} decisions are not built yet: tamis build" / "결정 {}건이 아직 빌드되지 않았습니다: tamis build",
    NotRead: "dataset.toml does not read them: [review] files = [\"reviews/*.jsonl\"]" / "dataset.toml이 읽지 않습니다: [review] files = [\"reviews/*.jsonl\"]",
    FileMoved: "The file of decisions was changed by somebody else; it was read again, nothing was lost. Decide once more." / "결정 파일이 다른 곳에서 바뀌었습니다. 다시 읽었으며 잃은 내용은 없습니다. 다시 결정하십시오.",
    Newer: "Build {} is there." / "빌드 {}이(가) 있습니다.",
    Reload: "show it" / "보기",
    Building: "Building" / "빌드 중",
    BuildDone: "Built." / "빌드했습니다.",
    BuildFailed: "The build failed: {}" / "빌드가 실패했습니다: {}",
    GatesFail: "{} gates do not hold" / "게이트 {}개를 충족하지 못합니다",
    Next: "More" / "더 보기",
    Counted: "{} samples" / "샘플 {}개",
    AtLeast: "at least {} samples" / "샘플 {}개 이상",
    NoteFor: "A note on the next decision" / "다음 결정에 붙일 메모",
    Save: "save" / "저장",
    Cancel: "cancel" / "취소",
    ClassIs: "Class" / "클래스",
    AnswerIs: "Answer" / "답",
    SpanFrom: "from" / "시작",
    SpanTo: "to" / "끝",
    Remove: "remove" / "삭제",
    AddSpan: "add what is selected" / "선택한 부분 추가",
    SelectText: "Select a part of the text, choose its class, and add it. Places count characters from 0." / "텍스트의 일부를 선택하고 클래스를 고른 뒤 추가하십시오. 위치는 0부터 세는 글자 수입니다.",
    LiveKeys: "Keys: k keep, d drop, a accept, 1 to 9 take that answer, e edit, n note, s skip, u undo; / filter, j and k next and previous sample; g then o f p d l m i s x r to a page; t theme." / "키: k 유지, d 버림, a 제안 받아들이기, 1~9 해당 답 선택, e 편집, n 메모, s 건너뛰기, u 되돌리기; / 필터, j와 k 다음·이전 샘플; g 다음 o f p d l m i s x r 페이지로; t 테마.",
}

thread_local! {
    static LANG: std::cell::Cell<Lang> = const { std::cell::Cell::new(Lang::En) };
}

/// Settles in which language this thread renders pages.
pub fn choose(lang: Lang) {
    LANG.with(|l| l.set(lang));
}

/// In which language this thread renders pages.
pub fn chosen() -> Lang {
    LANG.with(std::cell::Cell::get)
}

impl W {
    /// The text in the chosen language.
    pub fn text(self) -> &'static str {
        self.of(chosen())
    }

    pub fn of(self, lang: Lang) -> &'static str {
        let [en, ko] = WORDS.get(self as usize).copied().unwrap_or(["", ""]);
        if lang == Lang::Ko { ko } else { en }
    }

    /// The text with what differs, so that the script can say it in the other language.
    pub fn with(self, of: &[String]) -> Markup {
        let args = serde_json::to_string(of).unwrap_or_default();
        html! { span data-w=(self as usize) data-a=(args) { (filled(self.text(), of)) } }
    }
}

/// A text with each `{}` filled.
pub fn filled(text: &str, of: &[String]) -> String {
    let mut out = String::new();
    let mut pieces = text.split("{}");
    out.push_str(pieces.next().unwrap_or_default());
    for (n, piece) in pieces.enumerate() {
        out.push_str(of.get(n).map_or("", String::as_str));
        out.push_str(piece);
    }
    out
}

impl Render for W {
    fn render(&self) -> Markup {
        html! { span data-w=(*self as usize) { (self.text()) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_lacks_a_language_and_both_have_the_same_places() {
        for [en, ko] in WORDS {
            assert!(!en.is_empty() && !ko.is_empty(), "{en} / {ko}");
            assert_eq!(en.matches("{}").count(), ko.matches("{}").count(), "{en} / {ko}");
        }
        let hangul = |t: &str| t.chars().any(|c| ('가'..='힣').contains(&c));
        for [en, ko] in WORDS.iter().skip(5) {
            assert!(hangul(ko) && !hangul(en), "{en} / {ko}");
        }
        assert_eq!(filled("{} of {}", &["1".into(), "2".into()]), "1 of 2");
    }
}
