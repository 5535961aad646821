// base/child_process, with small programs.
#include "child_process.hpp"
#include "temporary_folder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <unistd.h>

using namespace loadsim;
using namespace std::chrono_literals;

namespace {

/// Output and exit code of a shell script: "text/0".
std::string shell(const std::string& script) {
    std::string output;
    const auto result = harness::run({.command = {"/bin/sh", "-c", script}}, output);
    return output + '/' + std::to_string(result.exit_code);
}

} // namespace

TEST(child_process, exit_code_is_that_of_the_program_or_its_signal) {
    EXPECT_EQ(shell("exit 0"), "/0");
    EXPECT_EQ(shell("exit 7"), "/7");
    EXPECT_EQ(shell("kill -KILL $$"), "/137");
    const pid_t unknown = start_child({.command = {"/no/such/program"}});
    ASSERT_GT(unknown, 0);
    std::optional<int> code;
    EXPECT_TRUE(harness::wait_until([&] { return (code = exit_code_of(unknown)).has_value(); }));
    EXPECT_EQ(code, 127);
    const pid_t running = start_child({.command = {"/bin/sleep", "60"}});
    EXPECT_EQ(exit_code_of(running), std::nullopt);
    ::kill(running, SIGTERM);
    EXPECT_TRUE(harness::wait_until([&] { return (code = exit_code_of(running)).has_value(); }));
    EXPECT_EQ(code, 128 + SIGTERM);
}

TEST(child_process, environment_takes_precedence) {
    ::setenv("LOADSIM_TEST_A", "here", 1);
    ::setenv("LOADSIM_TEST_B", "here", 1);
    std::string output;
    harness::run({.command = {"/usr/bin/env"}, .environment = {{"LOADSIM_TEST_B", "there"}, {"LOADSIM_TEST_C", "new"}}},
                 output);
    EXPECT_NE(output.find("LOADSIM_TEST_A=here\n"), std::string::npos);
    EXPECT_EQ(output.find("LOADSIM_TEST_B=here\n"), std::string::npos) << "not twice";
    EXPECT_NE(output.find("LOADSIM_TEST_B=there\n"), std::string::npos);
    EXPECT_NE(output.find("LOADSIM_TEST_C=new\n"), std::string::npos);
}

TEST(child_process, inherits_no_files_signals_or_process_group) {
    const int file = ::open("/dev/null", O_RDONLY); // without O_CLOEXEC
    ASSERT_GE(file, 3);
    sigset_t blocked;
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &blocked, nullptr);
    ::signal(SIGINT, SIG_IGN);
    EXPECT_EQ(shell("ls /proc/$$/fd | tr '\\n' ' '").substr(0, 6), "0 1 2 ");
    EXPECT_EQ(shell("test -e /proc/$$/fd/" + std::to_string(file)), "/1");
    EXPECT_EQ(shell("cat"), "/0") << "standard input is empty";
    EXPECT_EQ(shell("kill -INT $$; echo goes on"), "/130");
    EXPECT_EQ(shell("kill -TERM $$; echo goes on"), "/143");
    EXPECT_EQ(shell("read -r pid name state parent group rest </proc/$$/stat; test $group = $$"), "/0");
    ::signal(SIGINT, SIG_DFL);
    ::sigprocmask(SIG_UNBLOCK, &blocked, nullptr);
    ::close(file);
}

TEST(child_process, log_has_output_and_errors_in_order) {
    const harness::temporary_folder folder;
    for (int i = 0; i < 2; ++i) {
        harness::child_process child({"/bin/sh", "-c", "echo a; echo b >&2; echo c"}, folder / "log");
        EXPECT_EQ(child.exit_code(10s), 0);
    }
    EXPECT_EQ(harness::read_file(folder / "log"), "a\nb\nc\na\nb\nc\n");
    EXPECT_EQ(open_output("/no/such/folder/log"), -1);
}

TEST(child_process, dies_with_its_parent) {
    const harness::temporary_folder folder;
    const auto pid_file = folder / "pid";
    const pid_t parent = ::fork();
    if (parent == 0) {
        const pid_t child = start_child({.command = {"/bin/sleep", "60"}});
        folder.write("pid", std::to_string(child) + '\n');
        for (;;) ::pause();
    }
    ASSERT_TRUE(harness::wait_until([&] { return harness::read_file(pid_file).ends_with('\n'); }));
    const auto child = static_cast<pid_t>(std::stoi(harness::read_file(pid_file)));
    EXPECT_EQ(::kill(child, 0), 0);
    ::kill(parent, SIGKILL);
    EXPECT_TRUE(harness::wait_until([&] { return exit_code_of(parent).has_value(); }));
    const auto stat = "/proc/" + std::to_string(child) + "/stat";
    EXPECT_TRUE(harness::wait_until([&] {
        const auto text = harness::read_file(stat);
        return text.empty() || text.find(") Z ") != std::string::npos; // reaped by init, or not yet
    }));
}

TEST(find_program, searches_path_and_extra_folders) {
    const harness::temporary_folder folder;
    const auto tool = folder.write("loadsim-test-tool", "");
    EXPECT_EQ(find_program("loadsim-test-tool", folder.path().string()), "") << "not executable";
    std::filesystem::permissions(tool, std::filesystem::perms::owner_all);
    EXPECT_EQ(find_program("loadsim-test-tool"), "");
    EXPECT_EQ(find_program("loadsim-test-tool", "/no/such/folder:" + folder.path().string()), tool);
    EXPECT_EQ(find_program("sh").filename(), "sh");
}
