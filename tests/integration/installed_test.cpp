// What `cmake --install` writes, and the program that is installed: it finds its scenarios, and leaves nothing but reports.
#include "child_process.hpp"
#include "temporary_folder.hpp"

#include <loadsim/base/child_process.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <unistd.h>

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

std::set<std::string> names_in(const fs::path& folder) {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
    return names;
}

struct ended_process {
    int code;
    std::string output; ///< with errors
};

/// The program in a prefix of its own, run in an empty folder by a user with an empty home.
class installed : public testing::Test {
protected:
    static void SetUpTestSuite() {
        space_ = new harness::temporary_folder;
        for (const auto* name : {"prefix", "work", "home"}) create_directories(*space_ / name);
        const auto done = run({LOADSIM_CMAKE, "--install", LOADSIM_BUILD, "--prefix", prefix().string()});
        ASSERT_EQ(done.code, 0) << done.output;
    }
    static void TearDownTestSuite() {
        delete space_;
        space_ = nullptr;
    }

    static fs::path prefix() { return *space_ / "prefix"; }
    static fs::path work() { return *space_ / "work"; }

    static ended_process run(std::vector<std::string> command) {
        std::string output;
        const auto folder = work().string();
        command.insert(command.begin(), {"/bin/sh", "-c", "exec \"$@\" 2>&1", "sh"});
        const auto done = harness::run({.command = std::move(command),
                                        .environment = {{"HOME", (*space_ / "home").string()}, {"LC_ALL", "C.UTF-8"}},
                                        .before_exec =
                                            [&folder] {
                                                if (::chdir(folder.c_str()) != 0) ::_exit(125);
                                            }},
                                       output);
        return {done.exit_code, output};
    }
    static ended_process loadsim(std::vector<std::string> words) {
        words.insert(words.begin(), (prefix() / "bin/loadsim").string());
        return run(std::move(words));
    }

    static inline harness::temporary_folder* space_ = nullptr;
};

TEST_F(installed, has_program_scenarios_schemas_documentation_and_completion_scripts) {
    for (const auto* file :
         {"bin/loadsim", "share/loadsim/scenarios/quickstart.yaml", "share/loadsim/scenarios/edge-cases/tunnel.yaml",
          "share/loadsim/schema/scenario.schema.json", "share/loadsim/schema/summary-2.schema.json",
          "share/doc/loadsim/README.md", "share/doc/loadsim/CHANGELOG.md", "share/doc/loadsim/copyright",
          "share/doc/loadsim/docs/scenario.md", "share/man/man1/loadsim.1.gz",
          "share/bash-completion/completions/loadsim", "share/zsh/vendor-completions/_loadsim",
          "share/fish/vendor_completions.d/loadsim.fish"})
        EXPECT_GT(fs::exists(prefix() / file) ? fs::file_size(prefix() / file) : 0, 0U) << file;
    const auto program = prefix() / "share/loadsim/scenarios/edge-cases/external-program.py";
    EXPECT_EQ(::access(program.c_str(), X_OK), 0) << program;
    EXPECT_THAT(harness::read_file(prefix() / "share/bash-completion/completions/loadsim"),
                HasSubstr("edge-cases/tunnel"))
        << "names of the scenarios";
    EXPECT_THAT(harness::read_file(prefix() / "share/loadsim/schema/scenario.schema.json"),
                HasSubstr("https://json-schema.org/draft/2020-12/schema"));
}

TEST_F(installed, finds_scenarios_by_name) {
    const auto listed = loadsim({"scenarios"});
    EXPECT_EQ(listed.code, 0) << listed.output;
    EXPECT_THAT(listed.output,
                AllOf(HasSubstr("quickstart "), HasSubstr("  Half a minute against the embedded platform"),
                      HasSubstr("edge-cases/tunnel ")));
    const auto printed = loadsim({"scenarios", "quickstart"});
    EXPECT_EQ(printed.code, 0);
    EXPECT_EQ(printed.output, harness::read_file(prefix() / "share/loadsim/scenarios/quickstart.yaml"));
    EXPECT_EQ(loadsim({"validate", "edge-cases/tunnel"}).code, 0);
    const auto unknown = loadsim({"validate", "tunel"});
    EXPECT_EQ(unknown.code, 2);
    EXPECT_THAT(unknown.output,
                HasSubstr("tunel: there is no such file, and no scenario of this name comes with loadsim; "
                          "did you mean 'edge-cases/tunnel'?"));
    EXPECT_EQ(loadsim({"scenarios", "nothing-like-it"}).code, 2);
    EXPECT_EQ(names_in(work()).size(), 0U) << "nothing was run";
}

TEST_F(installed, runs_the_quickstart_and_leaves_nothing_but_its_report) {
    const auto before = names_in(prefix());
    const auto done =
        loadsim({"run", "quickstart", "--set", "load.phases=[{name: steady, duration: 2s, arrivalRate: 20}]", "--set",
                 "fleet.vehicles=50", "--set", "fleet.segments=[{name: healthy, share: 100%, behaviour: success}]"});
    EXPECT_EQ(done.code, 0) << done.output;
    EXPECT_THAT(done.output, HasSubstr("verdict   PASS"));
    const auto explained = loadsim({"explain", "reports/latest"});
    EXPECT_EQ(explained.code, 0) << explained.output;
    EXPECT_THAT(names_in(work()), ElementsAre("reports"));
    EXPECT_EQ(names_in(*space_ / "home").size(), 0U);
    EXPECT_EQ(names_in(prefix()), before);
    fs::remove_all(work() / "reports");
}

} // namespace
