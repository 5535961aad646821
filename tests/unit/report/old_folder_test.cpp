// Replacement of the folder of an earlier run, and the link to the newest one.
#include "sample_run.hpp"
#include "temporary_folder.hpp"

#include <loadsim/report/report_folder.hpp>
#include <loadsim/report/run_folder.hpp>
#include <loadsim/report/suite.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace fs = std::filesystem;
using namespace loadsim;
using namespace loadsim::report;
using testing::HasSubstr;

namespace {

class old_folder : public sample_run::temporary_folder {
protected:
    old_folder() {
        fs::create_directories(old / "rank-0001");
        write("old/run.json", run_json(sample_run::header()));
        write("old/summary.json", "{}");
        write("old/rank-0001/loadsim.log", "x");
        write("mine", "x");
    }
    fs::path old = folder / "old";
};

} // namespace

TEST_F(old_folder, is_emptied_and_can_be_used_again) {
    fs::create_symlink(folder / "mine", old / "link");
    fs::create_directory(folder / "elsewhere");
    write("elsewhere/file", "x");
    fs::create_directory_symlink(folder / "elsewhere", old / "rank-0002");
    EXPECT_EQ(to_string(remove_old_report(old)), "");
    EXPECT_TRUE(fs::is_empty(old));
    EXPECT_EQ(text("mine"), "x") << "a link is removed, not its target";
    EXPECT_EQ(text("elsewhere/file"), "x");
    EXPECT_TRUE(make_folder(old));
    EXPECT_EQ(to_string(remove_old_report(old)), "") << "an empty one";
    EXPECT_EQ(to_string(remove_old_report(folder / "none")), "");
    EXPECT_THAT(to_string(remove_old_report(folder / "mine")), HasSubstr("has no run.json")) << "a file";
}

TEST_F(old_folder, of_any_version_is_one) {
    for (const auto* schema : {"loadsim.run/1", "loadsim.run/99"}) {
        write("old/run.json", std::string(R"({"schema":")") + schema + "\"}");
        EXPECT_EQ(to_string(remove_old_report(old)), "") << schema;
    }
}

TEST_F(old_folder, that_is_none_is_refused_and_stays) {
    const struct {
        std::string run_json;
        const char* why;
    } rows[] = {{R"({"schema":"another.run/2"})", "of another program"},
                {R"({"version":"1"})", "without a schema"},
                {"[]", "no object"},
                {"{\"schema\":", "cut off"},
                {"", "empty"}};
    for (const auto& row : rows) {
        write("old/run.json", row.run_json);
        EXPECT_THAT(to_string(remove_old_report(old)), HasSubstr("has no run.json of loadsim")) << row.why;
        EXPECT_TRUE(fs::exists(old / "summary.json")) << row.why;
    }
    fs::remove(old / "run.json");
    EXPECT_THAT(to_string(remove_old_report(old)), HasSubstr("has no run.json of loadsim"));
    write("ours.json", run_json(sample_run::header()));
    fs::create_symlink(folder / "ours.json", old / "run.json");
    EXPECT_THAT(to_string(remove_old_report(old)), HasSubstr("has no run.json of loadsim")) << "a link to one";
    EXPECT_TRUE(fs::exists(old / "summary.json"));
}

TEST_F(old_folder, with_something_else_in_it_is_refused_and_stays) {
    fs::create_directory(old / ".git");
    EXPECT_THAT(to_string(remove_old_report(old)), HasSubstr("holds the folder '.git', which is no part of a report"));
    EXPECT_TRUE(fs::exists(old / "summary.json"));
}

TEST_F(old_folder, behind_a_link_is_refused_and_stays) {
    fs::create_directory_symlink(old, folder / "link");
    for (const auto* name : {"link", "link/", "link/.", "link//"})
        EXPECT_THAT(to_string(remove_old_report(folder / name)), HasSubstr("is a symbolic link")) << name;
    EXPECT_TRUE(fs::exists(old / "summary.json"));
}

TEST_F(old_folder, with_the_working_folder_inside_is_refused_and_stays) {
    const auto before = fs::current_path();
    for (const auto& inside : {old, old / "rank-0001"}) {
        fs::current_path(inside);
        EXPECT_THAT(to_string(remove_old_report(old)), HasSubstr("has the working folder inside"));
    }
    fs::current_path(before);
    EXPECT_TRUE(fs::exists(old / "summary.json"));
}

TEST_F(old_folder, of_a_run_that_has_not_ended_is_refused_and_stays) {
    const auto taken_again = [this](auto remove_old) {
        const auto second = take_folder(old, "--report", remove_old);
        return second ? "" : to_string(second.error());
    };
    auto first = take_folder(old, "--report", remove_old_report);
    ASSERT_TRUE(first) << to_string(first.error());
    EXPECT_THAT(taken_again(remove_old_report),
                HasSubstr("old: is in use by a run that has not ended; wait for its end, or name another folder with "
                          "--report"))
        << "of two runs at once, before the first has written anything";
    EXPECT_THAT(taken_again(nullptr), HasSubstr("is in use")) << "an empty folder";
    write("old/run.json", run_json(sample_run::header()));
    write("old/timeline.jsonl", "{}");
    EXPECT_THAT(taken_again(remove_old_report), HasSubstr("is in use"));
    EXPECT_EQ(text("old/timeline.jsonl"), "{}");

    auto moved = std::move(first->lock);
    EXPECT_THAT(taken_again(remove_old_report), HasSubstr("is in use"));
    moved = {};
    EXPECT_THAT(taken_again(nullptr), HasSubstr("is not empty"));
    EXPECT_EQ(taken_again(remove_old_report), "") << "the run has ended";
    EXPECT_TRUE(fs::is_empty(old));
}

TEST_F(old_folder, can_be_looked_into_before_it_is_needed) {
    EXPECT_EQ(to_string(check_old_report(old)), "");
    EXPECT_TRUE(fs::exists(old / "summary.json"));
    EXPECT_EQ(to_string(check_old_report(folder / "none")), "");
    EXPECT_THAT(to_string(check_old_report(folder / "mine")), HasSubstr("has no run.json"));
}

TEST_F(old_folder, of_a_suite_is_emptied) {
    fs::create_directory(folder / "out");
    fs::rename(old, folder / "out" / "one");
    fs::copy(folder / "out" / "one", folder / "out" / "one-retry-1", fs::copy_options::recursive);
    write("out/junit.xml", "<testsuites/>");
    write("out/index.html", suite_page({}, sample_run::header().started));
    const auto suite = folder / "out";

    write("out/notes.txt", "mine");
    EXPECT_THAT(to_string(remove_old_suite(suite)), HasSubstr("notes.txt: is no part of a suite's report"));
    fs::remove(suite / "notes.txt");
    fs::create_directory(suite / "mine");
    write("out/mine/file", "mine");
    EXPECT_THAT(to_string(remove_old_suite(suite)), testing::AllOf(HasSubstr("mine: has no run.json of loadsim"),
                                                                   HasSubstr("name another folder with --out")));
    fs::remove_all(suite / "mine");
    {
        const auto running = folder_lock::take(suite / "one", "--report");
        EXPECT_THAT(to_string(remove_old_suite(suite)), HasSubstr("one: is in use by a run that has not ended"));
    }
    fs::create_directory_symlink(suite, folder / "link");
    EXPECT_THAT(to_string(remove_old_suite(folder / "link/")), HasSubstr("is a symbolic link"));
    EXPECT_TRUE(fs::exists(suite / "one" / "summary.json")) << "nothing is removed before all is known";

    EXPECT_EQ(to_string(remove_old_suite(suite)), "");
    EXPECT_TRUE(fs::is_empty(suite));
    EXPECT_EQ(to_string(remove_old_suite(suite)), "") << "an empty one";

    write("out/junit.xml", "<testsuites/>");
    EXPECT_THAT(to_string(remove_old_suite(suite)), HasSubstr("holds no report of loadsim")) << "of another program";
    write("out/index.html", "<title>my page</title>");
    EXPECT_THAT(to_string(remove_old_suite(suite)), HasSubstr("index.html: is no part of a suite's report"));
}

TEST_F(old_folder, and_its_successor_are_what_latest_points_to) {
    EXPECT_EQ(to_string(link_latest(old)), "");
    EXPECT_EQ(fs::read_symlink(folder / "latest"), "old") << "relative, so that reports/ can be moved";
    fs::create_directory(folder / "new");
    EXPECT_EQ(to_string(link_latest(folder / "new")), "");
    EXPECT_EQ(fs::read_symlink(folder / "latest"), "new");
    EXPECT_TRUE(fs::exists(old / "summary.json"));
    for (const auto& entry : fs::directory_iterator(folder))
        EXPECT_FALSE(entry.path().filename().string().starts_with('.')) << entry.path();
}

TEST_F(old_folder, of_somebody_elses_named_latest_is_not_replaced) {
    write("latest", "mine");
    EXPECT_THAT(to_string(link_latest(old)), HasSubstr("latest: does not point to this run: it is no symbolic link"));
    EXPECT_EQ(text("latest"), "mine");
    fs::remove(folder / "latest");
    fs::create_directory(folder / "latest");
    EXPECT_THAT(to_string(link_latest(old)), HasSubstr("it is no symbolic link"));
}
