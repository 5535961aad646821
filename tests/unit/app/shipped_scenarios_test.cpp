#include "shipped_scenarios.hpp"

#include "temporary_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace fs = std::filesystem;
using namespace loadsim::app;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace {

class shipped_scenarios : public testing::Test {
protected:
    shipped_scenarios() {
        create_directories(folder_ / "edge-cases");
        for (const auto* name : {"quickstart.yaml", "whole-fleet.yaml", "edge-cases/tunnel.yaml", "notes.txt"})
            folder_.write(name, "name: x\n");
    }
    std::string found(const std::string& given) const {
        const auto file = find_scenario(given, folder_.path());
        return file ? *file : "error: " + to_string(file.error());
    }

    harness::temporary_folder folder_;
};

TEST_F(shipped_scenarios, are_named_by_their_path_without_extension) {
    EXPECT_THAT(shipped_scenario_names(folder_.path()), ElementsAre("quickstart", "whole-fleet", "edge-cases/tunnel"));
    EXPECT_THAT(shipped_scenario_names(""), IsEmpty());
    EXPECT_THAT(shipped_scenario_names(folder_ / "nowhere"), IsEmpty());
}

TEST_F(shipped_scenarios, a_name_is_found_and_a_file_comes_first) {
    EXPECT_EQ(found("quickstart"), (folder_ / "quickstart.yaml").string());
    EXPECT_EQ(found("edge-cases/tunnel"), (folder_ / "edge-cases/tunnel.yaml").string());
    const auto file = folder_.write("quickstart", "name: mine\n").string();
    EXPECT_EQ(found(file), file);
    EXPECT_EQ(found("/dev/null"), "/dev/null") << "no regular file, and readable";
}

TEST_F(shipped_scenarios, what_is_there_and_cannot_be_read_gets_no_substitute) {
    const auto before = fs::current_path();
    const harness::temporary_folder work;
    fs::current_path(work.path());
    fs::create_symlink("nowhere", "quickstart");
    fs::create_symlink("edge-cases", "edge-cases");
    EXPECT_EQ(found("quickstart"), "quickstart") << "a link that leads nowhere";
    EXPECT_EQ(found("edge-cases/tunnel"), "edge-cases/tunnel") << "a loop of links";
    EXPECT_EQ(find_scenario_folder("edge-cases", folder_.path()), "edge-cases");
    const std::string long_name(300, 'a');
    EXPECT_EQ(found(long_name), long_name) << "too long for a file system";
    fs::create_directory("whole-fleet");
    EXPECT_EQ(found("whole-fleet"), (folder_ / "whole-fleet.yaml").string()) << "a folder is no scenario";
    fs::current_path(before);
}

TEST_F(shipped_scenarios, what_looks_like_a_file_is_left_to_be_read) {
    for (const auto* given : {"nowhere.yaml", "./quickstart", "../quickstart", "/quickstart",
                              "edge-cases/../quickstart", "reports/run/scenario.yaml", "quickstart/", "."})
        EXPECT_EQ(found(given), given);
}

TEST_F(shipped_scenarios, an_unknown_name_gets_a_near_one) {
    const struct {
        const char* given;
        const char* near;
        const char* reason;
    } rows[] = {
        {"quickstrat", "did you mean 'quickstart'?", "letters swapped"},
        {"tunnel", "did you mean 'edge-cases/tunnel'?", "its folder left out"},
        {"edge-cases/tunel", "did you mean 'edge-cases/tunnel'?", "a letter left out"},
        {"scenarios/quickstart", "did you mean 'quickstart'?", "path in a checkout, without its extension"},
        {"edge-cases", ", but a folder of scenarios: `loadsim suite edge-cases` runs them", "a folder is no scenario"},
        {"something-else", "`loadsim scenarios` lists those that do", "none is like it"},
        {"scenarios/quickstart.yaml", "the scenario that comes with loadsim is called quickstart",
         "path in a checkout"},
        {"quickstart.yaml", "the scenario that comes with loadsim is called quickstart", "name of its file"},
    };
    for (const auto& row : rows) {
        EXPECT_THAT(found(row.given), HasSubstr("error: " + std::string(row.given) + ": ")) << row.reason;
        EXPECT_THAT(found(row.given), HasSubstr(row.near)) << row.reason;
    }
    EXPECT_THAT(found("something-else"), Not(HasSubstr("did you mean")));
    const auto without = find_scenario("quickstart", "");
    ASSERT_FALSE(without);
    EXPECT_THAT(to_string(without.error()), HasSubstr("there is no such file, and the scenarios that come with loadsim "
                                                      "are not installed beside this program"));
}

TEST_F(shipped_scenarios, a_folder_of_them_is_found) {
    EXPECT_EQ(find_scenario_folder("edge-cases", folder_.path()), (folder_ / "edge-cases").string());
    EXPECT_EQ(find_scenario_folder("edge-cases/", folder_.path()), (folder_ / "edge-cases").string());
    for (const auto* given : {"", "/", "../", "./"}) EXPECT_EQ(find_scenario_folder(given, folder_.path()), given);
    EXPECT_EQ(find_scenario_folder("quickstart", folder_.path()), "quickstart");
    EXPECT_EQ(find_scenario_folder("..", folder_.path()), "..");
    EXPECT_EQ(find_scenario_folder("edge-cases", ""), "edge-cases");
}

TEST(summary_of_scenario, is_the_first_sentence_of_the_comment) {
    EXPECT_EQ(summary_of_scenario("# At 1.5 times the\n# rate. More.\n#\n# Even more.\nname: x\n"),
              "At 1.5 times the rate");
    EXPECT_EQ(summary_of_scenario("# One line\n\n# Other\n"), "One line");
    EXPECT_EQ(summary_of_scenario("# One line.\nname: x\n"), "One line");
    EXPECT_EQ(summary_of_scenario("name: x # comment\n"), "");
}

} // namespace
