#include "run_processes.hpp"

#include "run_ranks.hpp"

#include <loadsim/base/child_process.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/base/signals.hpp>
#include <loadsim/verdict/verdict.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <optional>
#include <utility>

namespace loadsim::app {
namespace {

/// Content of the file from its start, at most 1 MiB.
std::string content_of(int file) {
    std::string text(std::size_t{1} << 20, '\0');
    const auto length = ::pread(file, text.data(), text.size(), 0);
    text.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
    return text;
}

} // namespace

run_processes::run_processes() {
    sigemptyset(&stop_signals_);
    sigaddset(&stop_signals_, SIGINT);
    sigaddset(&stop_signals_, SIGTERM);
    if (!ignores_hangup()) sigaddset(&stop_signals_, SIGHUP);
    auto blocked = stop_signals_;
    sigaddset(&blocked, SIGCHLD);
    std::signal(SIGCHLD, SIG_DFL); // ignored by a parent's choice, the exit codes would be lost
    pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
}

run_processes::ended_process run_processes::run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "/proc/self/exe");
    const int errors = ::memfd_create("stderr", MFD_CLOEXEC); // -1: they go to this process's own
    const pid_t pid = start_child({.command = std::move(arguments),
                                   .environment = {{command_name_variable, command_name()}},
                                   .out = ::open("/dev/null", O_WRONLY | O_CLOEXEC),
                                   .err = errors < 0 ? -1 : ::fcntl(errors, F_DUPFD_CLOEXEC, 0)});
    if (pid < 0) {
        const auto reason = fmt::format("loadsim: no process can be created ({})\n", std::strerror(errno));
        ::close(errors); // -1 has no effect
        return {static_cast<int>(verdict::exit_code::setup), reason};
    }
    auto waited_for = stop_signals_;
    sigaddset(&waited_for, SIGCHLD);
    std::optional<int> code;
    while (!(code = exit_code_of(pid))) {
        const int number = ::sigwaitinfo(&waited_for, nullptr);
        if (number <= 0 || number == SIGCHLD) continue; // < 0: interrupted
        if (first_ == 0) first_ = number;
        ::kill(pid, number);
    }
    ended_process ended{*code, errors < 0 ? std::string{} : content_of(errors)};
    ::close(errors);
    return ended;
}

int run_processes::stop_signal() {
    constexpr timespec at_once{};
    for (int number = 0; (number = ::sigtimedwait(&stop_signals_, nullptr, &at_once)) > 0;)
        if (first_ == 0) first_ = number;
    return first_;
}

} // namespace loadsim::app
