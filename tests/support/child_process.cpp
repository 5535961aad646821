#include "child_process.hpp"

#include "temporary_folder.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace harness {
namespace {

double seconds(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; }

loadsim::child_options with_log(std::vector<std::string> command, const std::filesystem::path& log) {
    const int output = loadsim::open_output(log);
    return {.command = std::move(command), .out = output, .err = output};
}

} // namespace

child_process::child_process(loadsim::child_options options) {
    auto& program = options.command.front();
    if (program.find('/') == std::string::npos) {
        const auto found = loadsim::find_program(program, "/usr/sbin:/usr/local/sbin").string();
        if (found.empty()) throw std::runtime_error(program + " is not installed");
        program = found;
    }
    pid_ = loadsim::start_child(options);
    if (pid_ < 0) throw std::runtime_error("cannot be started: " + program);
}

child_process::child_process(std::vector<std::string> command, const std::filesystem::path& log)
    : child_process(with_log(std::move(command), log)) {}

child_process::~child_process() {
    signal(SIGKILL);
    wait();
}

bool child_process::running() { return !reap(WNOHANG); }

void child_process::signal(int number) const {
    if (!result_) ::kill(pid_, number);
}

std::optional<int> child_process::exit_code(std::chrono::milliseconds timeout) {
    if (!wait_until([this] { return reap(WNOHANG); }, timeout)) return std::nullopt;
    return result_->exit_code;
}

process_result child_process::wait() {
    while (!reap(0)) {}
    return *result_;
}

bool child_process::reap(int options) {
    if (result_) return true;
    int status = 0;
    rusage usage{};
    if (::wait4(pid_, &status, options, &usage) != pid_) return false;
    result_ = {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
               .cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime),
               .peak_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024};
    return true;
}

process_result run(loadsim::child_options options, std::string& output) {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    options.out = pipe[1];
    child_process process(std::move(options));
    std::array<char, 4096> buffer{};
    for (;;) {
        const auto size = ::read(pipe[0], buffer.data(), buffer.size());
        if (size > 0) output.append(buffer.data(), static_cast<std::size_t>(size));
        if (size == 0 || (size < 0 && errno != EINTR)) break;
    }
    ::close(pipe[0]);
    return process.wait();
}

} // namespace harness
