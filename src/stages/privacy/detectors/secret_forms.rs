//! Forms of keys and tokens that their issuers publish.
use std::sync::LazyLock;

/// What it begins with, fewest characters behind that, most, and whether they are capital letters and digits.
pub(super) type Form = (&'static str, usize, usize, bool);

static FORMS: [Form; 76] = [
    ("AKIA", 16, 16, true),
    ("ASIA", 16, 16, true),
    ("ABIA", 16, 16, true),
    ("AIza", 35, 35, false),
    ("ghp_", 36, 255, false),
    ("gho_", 36, 255, false),
    ("ghu_", 36, 255, false),
    ("ghs_", 36, 255, false),
    ("ghr_", 36, 255, false),
    ("github_pat_", 22, 255, false),
    ("glpat-", 20, 64, false),
    ("xoxb-", 16, 255, false),
    ("xoxp-", 16, 255, false),
    ("xoxa-", 16, 255, false),
    ("xoxr-", 16, 255, false),
    ("xoxs-", 16, 255, false),
    ("xapp-", 16, 255, false),
    ("sk-ant-", 20, 255, false),
    ("sk-proj-", 20, 255, false),
    ("sk-", 20, 255, false),
    ("sk_live_", 16, 255, false),
    ("sk_test_", 16, 255, false),
    ("pk_live_", 16, 255, false),
    ("pk_test_", 16, 255, false),
    ("rk_live_", 16, 255, false),
    ("whsec_", 16, 255, false),
    ("ya29.", 20, 255, false),
    ("npm_", 36, 36, false),
    ("pypi-", 50, 255, false),
    ("hf_", 30, 64, false),
    ("SG.", 40, 80, false),
    ("key-", 32, 32, false),
    ("dop_v1_", 64, 64, false),
    ("shpat_", 32, 32, false),
    ("shpss_", 32, 32, false),
    ("EAAC", 40, 255, false),
    ("sq0atp-", 22, 22, false),
    ("sq0csp-", 43, 43, false),
    ("lin_api_", 32, 64, false),
    ("dckr_pat_", 20, 64, false),
    ("dckr_oat_", 20, 64, false),
    ("gldt-", 20, 64, false),
    ("glptt-", 40, 40, false),
    ("glrt-", 20, 64, false),
    ("glft-", 20, 64, false),
    ("glsoat-", 20, 64, false),
    ("glcbt-", 20, 80, false),
    ("GOCSPX-", 28, 28, false),
    ("AQ.Ab8", 40, 80, false),
    ("NRAK-", 27, 27, true),
    ("hvs.", 24, 255, false),
    ("hvb.", 100, 300, false),
    ("r8_", 37, 40, false),
    ("gsk_", 48, 60, false),
    ("pplx-", 40, 64, false),
    ("xai-", 60, 100, false),
    ("ntn_", 40, 64, false),
    ("secret_", 43, 43, false),
    ("figd_", 36, 64, false),
    ("PMAK-", 59, 59, false),
    ("dapi", 32, 34, false),
    ("glsa_", 40, 48, false),
    ("glc_", 60, 255, false),
    ("sbp_", 40, 44, false),
    ("tskey-auth-", 20, 80, false),
    ("tskey-api-", 20, 80, false),
    ("sntrys_", 60, 255, false),
    ("sntryu_", 64, 64, false),
    ("ATATT3", 100, 255, false),
    ("rubygems_", 48, 48, false),
    ("cio", 32, 32, false),
    ("fo1_", 40, 64, false),
    ("HRKU-", 36, 80, false),
    ("AGE-SECRET-KEY-1", 58, 58, false),
    ("SK", 32, 32, false),
    ("EAAA", 56, 64, false),
];

/// The forms that begin with the first two letters of a value.
pub(super) fn of(value: &str) -> impl Iterator<Item = &'static Form> {
    static BY_FIRST: LazyLock<Vec<Vec<&'static Form>>> = LazyLock::new(|| {
        let begins = |first: u8| FORMS.iter().filter(|form| form.0.as_bytes().first() == Some(&first)).collect();
        (0..128).map(begins).collect()
    });
    let (first, second) = (value.bytes().next().map_or(usize::MAX, usize::from), value.as_bytes().get(1));
    BY_FIRST.get(first).into_iter().flatten().copied().filter(move |form| form.0.as_bytes().get(1) == second)
}
