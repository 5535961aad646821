// Reports that earlier programs have written: each command gives a result, or one sentence that says why not and what to do.
#include "program.hpp"
#include "temporary_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

using harness::program;
using testing::AnyOf;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

namespace fs = std::filesystem;

const fs::path current = fs::path(LOADSIM_ROOT) / "reports/sample-quickstart";

/// A copy of the report: commands write into its folder.
class older_report {
public:
    explicit older_report(const char* name) {
        fs::copy(fs::path(LOADSIM_ROOT) / "tests/data/older_report" / name, folder_.path(),
                 fs::copy_options::recursive);
    }
    std::string path() const { return folder_.path().string(); }

private:
    harness::temporary_folder folder_;
};

void expect_result(const harness::arguments& words, const testing::Matcher<const std::string&>& output) {
    program p(words);
    EXPECT_EQ(p.wait(), 0) << words.front() << '\n' << p.err();
    EXPECT_THAT(p.out(), output) << words.front();
}

void expect_refusal(const harness::arguments& words, const std::string& sentence) {
    program p(words);
    EXPECT_EQ(p.wait(), 3) << words.front() << '\n' << p.out();
    EXPECT_THAT(p.err(), HasSubstr(sentence)) << words.front();
    EXPECT_EQ(std::ranges::count(p.err(), '\n'), 1) << p.err();
}

/// A result with one of its exit codes, or a refusal in sentences.
void expect_result_or_refusal(const harness::arguments& words) {
    program p(words);
    const int code = p.wait();
    EXPECT_THAT(code, AnyOf(0, 3, 5, 99)) << words.front() << '\n' << p.err();
    if (code == 3) {
        EXPECT_THAT(p.err(), StartsWith("loadsim: "));
    } else {
        EXPECT_NE(p.out(), "");
    }
}

TEST(older_report, is_explained_and_shown_as_a_page) {
    for (const auto* name : {"before_histograms", "before_vehicle_states"}) {
        SCOPED_TRACE(name);
        const older_report run(name);
        const auto page = run.path() + "/page.html";
        expect_result({"explain", run.path()}, HasSubstr("quickstart"));
        expect_result({"explain", run.path(), "--json"}, StartsWith("{"));
        expect_result({"report", run.path(), "--out", page}, HasSubstr(page));
        EXPECT_THAT(harness::read_file(page), HasSubstr("</html>"));
        expect_result({"report", run.path(), current.string(), "--out", page}, HasSubstr(page));
    }
}

TEST(older_report, without_histograms_is_refused_by_what_needs_them) {
    const older_report run("before_histograms");
    const harness::temporary_folder folder;
    const std::string sentence = "has no histograms.jsonl, which loadsim writes since 0.2.0: run the scenario again";
    expect_refusal({"judge", run.path(), "--budget", "e2e.p99 < 4s"}, sentence);
    expect_refusal({"compare", run.path(), current.string()}, sentence);
    expect_refusal({"merge", run.path(), current.string(), "--out", (folder / "merged").string()}, sentence);
    expect_refusal({"baseline", run.path()}, sentence);
}

TEST(older_report, with_histograms_is_judged_compared_and_merged) {
    const older_report run("before_vehicle_states");
    const harness::temporary_folder folder;
    expect_result({"judge", run.path(), "--budget", "e2e.p99 < 4s", "--budget", "unexpected == 0"}, HasSubstr("pass"));
    expect_result({"baseline", run.path()}, HasSubstr("loadsim.baseline/1"));
    // The load may be another one today, which is refused with what differs.
    expect_result_or_refusal({"compare", run.path(), current.string()});
    expect_result_or_refusal({"merge", run.path(), current.string(), "--out", (folder / "merged").string()});
}

} // namespace
