// Replacement of the folder of an earlier run, and the link to the newest one.
#include "sample_run.hpp"
#include "temporary_folder.hpp"

#include <loadsim/report/report_folder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
