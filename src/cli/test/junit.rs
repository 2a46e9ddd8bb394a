//! Results as JUnit XML: a suite a file.

use super::super::Misuse;
use super::{Played, Scenario};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

pub(super) fn report(played: &Played) -> Result<String, Misuse> {
    let mut report = Report::new("mps test");
    report.set_time(played.took);
    for file in &played.files {
        let mut suite = TestSuite::new(file.name.as_str());
        if let Err(error) = &file.playbook {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status
                .set_message(error.sentence())
                .set_description(error.to_string());
            suite.add_test_case(TestCase::new("场景文件", status));
        }
        let own = played
            .scenarios()
            .filter(|scenario| scenario.file.name == file.name);
        suite.add_test_cases(own.map(|scenario| case(&scenario)));
        report.add_test_suite(suite);
    }
    report
        .to_string()
        .map_err(|error| Misuse::new(format!("JUnit XML写不出来: {error}")))
}

fn case(scenario: &Scenario) -> TestCase {
    let verdict = scenario.verdict;
    let status = if verdict.is_good() {
        TestCaseStatus::success()
    } else {
        let kind = match verdict.mismatches.is_empty() {
            true => NonSuccessKind::Error,
            false => NonSuccessKind::Failure,
        };
        let mut status = TestCaseStatus::non_success(kind);
        status
            .set_message(verdict.sentence())
            .set_description(scenario.told());
        status
    };
    let mut case = TestCase::new(scenario.entry.name.as_str(), status);
    case.set_classname(scenario.file.name.as_str())
        .set_time(verdict.took);
    case.extra
        .insert("line".into(), scenario.entry.line.to_string().into());
    case
}
