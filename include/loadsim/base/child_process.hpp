// Child processes: search for a program, start, exit code.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim {

/// First executable called `name` in the folders of PATH, then of `extra_folders` ("/usr/sbin:/usr/local/sbin"). Empty: not found.
std::filesystem::path find_program(std::string_view name, std::string_view extra_folders = {});

struct child_options {
    std::vector<std::string> command;                               ///< path of the program, then its arguments
    std::vector<std::pair<std::string, std::string>> environment{}; ///< takes precedence over that of this process
    // File descriptors for the child, closed in this process by start_child(); -1: /dev/null as input, this process's output.
    int in = -1;
    int out = -1;
    int err = -1;               ///< may be equal to `out`
    int death_signal = SIGKILL; ///< sent when the thread that has started the child ends (Linux, PR_SET_PDEATHSIG)
    std::function<void()> before_exec{}; ///< runs in the child: system calls only, no allocation
};

/// Starts a program in a process group of its own: Ctrl-C does not reach it. It inherits no other open files and no blocked
/// signals, and it does not ignore SIGINT, SIGTERM, SIGCHLD or SIGPIPE. A program that cannot be executed exits with 127.
/// -1: no process can be created, see errno.
pid_t start_child(const child_options&);

/// File descriptor of a file that a child's output is appended to, closed on exec. -1: failed, see errno.
int open_output(const std::filesystem::path&);

/// Exit code, or 128 + n after signal n; reaps the process. nullopt: it runs. Call it no more after a value.
std::optional<int> exit_code_of(pid_t);

} // namespace loadsim
