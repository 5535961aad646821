#include "run_processes.hpp"

#include "run_ranks.hpp"

#include <loadsim/base/child_process.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/base/signals.hpp>
#include <loadsim/base/stop_decision.hpp>
#include <loadsim/verdict/several_runs.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <optional>
#include <utility>

namespace loadsim::app {
namespace {

/// File in memory for what a process prints.
class captured_stream {
public:
    explicit captured_stream(const char* name) : file_(::memfd_create(name, MFD_CLOEXEC)) {}
    ~captured_stream() { ::close(file_); } // -1 has no effect
    captured_stream(const captured_stream&) = delete;
    captured_stream& operator=(const captured_stream&) = delete;

    /// For the child; -1: no file can be created, and the child prints to this process's own stream.
    int for_child() const { return file_ < 0 ? -1 : ::fcntl(file_, F_DUPFD_CLOEXEC, 0); }
    /// At most 1 MiB.
    std::string text() const {
        std::string text(std::size_t{1} << 20, '\0');
        const auto length = ::pread(file_, text.data(), text.size(), 0);
        text.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
        return text;
    }

private:
    int file_;
};

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

run_processes::ended_process run_processes::run(std::vector<std::string> arguments,
                                                std::vector<std::pair<std::string, std::string>> environment) {
    arguments.insert(arguments.begin(), "/proc/self/exe");
    environment.emplace_back(command_name_variable, command_name());
    const captured_stream output("stdout");
    const captured_stream errors("stderr");
    const pid_t pid = start_child({.command = std::move(arguments),
                                   .environment = std::move(environment),
                                   .out = output.for_child(),
                                   .err = errors.for_child()});
    if (pid < 0)
        return {static_cast<int>(verdict::exit_code::setup),
                {},
                fmt::format("loadsim: no process can be created ({})\n", std::strerror(errno))};
    auto waited_for = stop_signals_;
    sigaddset(&waited_for, SIGCHLD);
    std::optional<int> code;
    while (!(code = exit_code_of(pid))) {
        const int number = ::sigwaitinfo(&waited_for, nullptr);
        if (number <= 0 || number == SIGCHLD) continue; // < 0: interrupted
        if (first_ == 0) first_ = number;
        ::kill(pid, number);
    }
    return {*code, output.text(), errors.text()};
}

result<run_processes::ended_command> run_processes::run_shell(const shell_command& command) {
    stop_signal(); // one that is pending has not been sent because of this command
    const int output = open_output(command.output);
    if (output < 0)
        return problems{command.output.string(), fmt::format("cannot be written ({})", std::strerror(errno))};
    const pid_t pid = start_child(
        {.command = {"/bin/sh", "-c", command.text}, .environment = command.environment, .out = output, .err = output});
    if (pid < 0) return problems{"", fmt::format("no process can be created ({})", std::strerror(errno))};
    const auto deadline = std::chrono::steady_clock::now() + command.timeout;
    auto waited_for = stop_signals_;
    sigaddset(&waited_for, SIGCHLD);
    std::optional<int> code;
    while (!(code = exit_code_of(pid))) {
        const auto left = deadline - std::chrono::steady_clock::now();
        if (left <= nanoseconds{0}) {
            end_group(pid, code);
            return ended_command{command_end::timed_out, *code};
        }
        const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
        const timespec time{static_cast<std::time_t>(seconds.count()), static_cast<long>((left - seconds).count())};
        const int number = ::sigtimedwait(&waited_for, nullptr, &time);
        if (number <= 0 || number == SIGCHLD) continue; // < 0: the time is over, or interrupted
        const bool is_first = first_ == 0;
        if (is_first) first_ = number;
        if (is_first && command.outlasts_first_signal) continue;
        end_group(pid, code);
        return ended_command{command_end::stopped, *code};
    }
    return ended_command{command_end::exited, *code};
}

void run_processes::end_group(pid_t leader, std::optional<int>& exit_code) {
    constexpr std::chrono::seconds grace{5};
    constexpr timespec poll_interval{0, 10'000'000};
    ::kill(-leader, SIGTERM);
    const auto is_there = [&] {
        if (!exit_code) exit_code = exit_code_of(leader);
        return !exit_code || ::kill(-leader, 0) == 0;
    };
    const auto end = std::chrono::steady_clock::now() + grace;
    while (is_there() && std::chrono::steady_clock::now() < end) {
        const int number = ::sigtimedwait(&stop_signals_, nullptr, &poll_interval);
        if (number <= 0) continue;
        if (first_ == 0) first_ = number;
        break;
    }
    ::kill(-leader, SIGKILL); // of a group without processes: no effect
    while (!exit_code && !(exit_code = exit_code_of(leader))) ::nanosleep(&poll_interval, nullptr);
}

int run_processes::stop_signal() {
    constexpr timespec at_once{};
    for (int number = 0; (number = ::sigtimedwait(&stop_signals_, nullptr, &at_once)) > 0;)
        if (first_ == 0) first_ = number;
    return first_;
}

verdict::exit_code with_stop_signal(verdict::exit_code code, run_processes& processes) {
    const int number = processes.stop_signal();
    if (number == 0) return code;
    const auto signal = number == SIGINT ? stop_signal::interrupt : stop_signal::terminate;
    return verdict::worse(code, static_cast<verdict::exit_code>(stop_exit_code(signal)));
}

} // namespace loadsim::app
