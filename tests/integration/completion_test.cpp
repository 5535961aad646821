// Completion scripts and the manual page of the real command table, read by the shells and by man's programs, where they are installed.
#include "child_process.hpp"
#include "program.hpp"
#include "temporary_folder.hpp"

#include <loadsim/base/child_process.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

using harness::program;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

std::string output_of(const harness::arguments& arguments) {
    program p(arguments);
    EXPECT_EQ(p.wait(), 0) << p.err();
    EXPECT_EQ(p.err(), "");
    return p.out();
}

/// Output and errors of a shell command; `$0` is the file.
std::string run_shell(const std::string& command, const std::filesystem::path& file, int expected_code = 0) {
    std::string output;
    const auto done = harness::run({.command = {"/bin/bash", "-c", "exec 2>&1; " + command, file.string()}}, output);
    EXPECT_EQ(done.exit_code, expected_code) << command << '\n' << output;
    return output;
}

/// Names of the commands in `loadsim --help`: first words of the lines after "Subcommands:".
std::vector<std::string> command_names() {
    std::istringstream lines(output_of({"--help"}));
    std::vector<std::string> names;
    bool in_list = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("Subcommands:"))
            in_list = true;
        else if (!line.starts_with("  "))
            in_list = false;
        else if (in_list && line[2] != ' ')
            names.push_back(line.substr(2, line.find(' ', 2) - 2));
    }
    EXPECT_GT(names.size(), 10U);
    return names;
}

TEST(completion, shells_accept_the_script_and_it_has_every_command) {
    const harness::temporary_folder folder;
    for (const std::string shell : {"bash", "zsh", "fish"}) {
        const auto script = output_of({"completion", shell});
        for (const auto& name : command_names()) EXPECT_THAT(script, HasSubstr(name)) << shell;
        EXPECT_THAT(script, HasSubstr("load.phases[0].duration="));
        if (loadsim::find_program(shell).empty()) continue;
        EXPECT_EQ(run_shell(shell + " -n \"$0\"", folder.write(shell, script)), "");
    }
}

TEST(completion, bash_completes_commands_flags_values_and_keys) {
    const harness::temporary_folder folder;
    const auto file = folder.write("completion", output_of({"completion", "bash"}));
    const auto completed = [&file](const std::string& words, const std::filesystem::path& where = ".") {
        return run_shell("cd '" + where.string() + "'; compopt() { :; }; source \"$0\"; COMP_WORDS=(" + words +
                             "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _loadsim; echo \"${COMPREPLY[*]}\"",
                         file);
    };
    EXPECT_EQ(completed("loadsim reh"), "rehearse\n");
    EXPECT_EQ(completed("loadsim show pl"), "plan\n");
    EXPECT_EQ(completed("loadsim run --qui"), "--quiet\n");
    EXPECT_EQ(completed("loadsim run --color = al"), "always\n") << "the words of --color=al";
    EXPECT_EQ(completed("loadsim run x.yaml --set fleet.vehi"), "fleet.vehicles=\n");
    EXPECT_THAT(completed("loadsim run ''"), HasSubstr("quickstart"));
    EXPECT_EQ(completed("loadsim run edge-cases/tun"), "edge-cases/tunnel\n");
    create_directories(folder / "quick tests");
    folder.write("quick two.yaml", "");
    folder.write("quick.txt", "");
    EXPECT_EQ(completed("loadsim run qui", folder.path()), "quickstart quick two.yaml quick tests\n")
        << "scenarios, and folders of them";
    EXPECT_EQ(completed("loadsim run ./"), "\n") << "files, by `complete -o default`";
    EXPECT_EQ(completed("loadsim explain ''"), "\n");
    EXPECT_EQ(completed("loadsim completion f"), "fish\n");
}

TEST(manual_page, is_accepted_by_the_programs_of_man) {
    const harness::temporary_folder folder;
    const auto page = output_of({"man"});
    for (auto name : command_names()) {
        for (auto at = name.find('-'); at != std::string::npos; at = name.find('-', at + 2)) name.insert(at, "\\");
        EXPECT_THAT(page, HasSubstr("loadsim " + name));
    }
    const auto file = folder.write("loadsim.1", page);
    if (!loadsim::find_program("groff").empty()) {
        EXPECT_EQ(run_shell("groff -man -Tutf8 -z \"$0\"", file), "");
    }
    if (loadsim::find_program("mandoc").empty()) GTEST_SKIP() << "mandoc is not installed";
    std::istringstream findings(run_shell("mandoc -Tlint -Wwarning \"$0\" || true", file));
    for (std::string line; std::getline(findings, line);)
        EXPECT_THAT(line, HasSubstr("missing date")) << "the page has none, so that builds are reproducible";
}

TEST(help, has_an_example_for_each_kind_of_user) {
    const auto help = output_of({"--help"});
    for (const auto* example :
         {"loadsim run scenario.yaml --set", "--quiet --report out", "loadsim explain reports/RUN"})
        EXPECT_THAT(help, HasSubstr(example));
    EXPECT_THAT(help, HasSubstr("99   a budget was missed"));
}

} // namespace
