#include <loadsim/base/child_process.hpp>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <sstream>

namespace loadsim {
namespace {

/// Null-terminated pointer array for exec.
std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (auto& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// Environment of this process plus `more`, which takes precedence.
std::vector<std::string> merged_environment(const std::vector<std::pair<std::string, std::string>>& more) {
    std::vector<std::string> all;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text = *variable;
        const auto name = text.substr(0, text.find('='));
        if (std::ranges::none_of(more, [&](const auto& added) { return added.first == name; })) all.emplace_back(text);
    }
    for (const auto& [name, value] : more) all.push_back(name + '=' + value);
    return all;
}

/// Runs between fork and exec: only async-signal-safe calls, since the process has threads.
[[noreturn]] void exec_child(const child_options& options, char* const* arguments, char* const* environment,
                             pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, options.death_signal);
    if (::getppid() != parent) ::_exit(127); // the parent died before prctl()
    ::setpgid(0, 0);
    // A child in the background that reads from the terminal would stop.
    const int in = options.in < 0 ? ::open("/dev/null", O_RDONLY) : options.in;
    if (in >= 0) ::dup2(in, STDIN_FILENO);
    if (options.out >= 0) ::dup2(options.out, STDOUT_FILENO);
    if (options.err >= 0) ::dup2(options.err, STDERR_FILENO);
    // An inherited connection would stay open after the parent has closed it.
    if (::close_range(3, ~0U, 0) != 0)
        for (long file = std::clamp(::sysconf(_SC_OPEN_MAX), 1'024L, 4'000'000L); --file >= 3;)
            ::close(static_cast<int>(file));
    for (const int number : {SIGINT, SIGTERM, SIGCHLD, SIGPIPE}) std::signal(number, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (options.before_exec) options.before_exec();
    ::execve(arguments[0], arguments, environment);
    ::_exit(127);
}

} // namespace

std::filesystem::path find_program(std::string_view name, std::string_view extra_folders) {
    const char* path = std::getenv("PATH");
    std::string folders = path != nullptr ? path : "/usr/bin";
    if (!extra_folders.empty()) folders.append(":").append(extra_folders);
    std::istringstream all(folders);
    for (std::string folder; std::getline(all, folder, ':');)
        if (auto candidate = std::filesystem::path(folder) / name; ::access(candidate.c_str(), X_OK) == 0)
            return candidate;
    return {};
}

pid_t start_child(const child_options& options) {
    auto command = options.command;
    auto environment = merged_environment(options.environment);
    const auto argument_pointers = pointers_to(command);
    const auto environment_pointers = pointers_to(environment);
    std::array<int, 2> start_pipe{-1, -1}; // end of file when the child has closed the files that it inherited
    if (::pipe2(start_pipe.data(), O_CLOEXEC) != 0) start_pipe = {-1, -1};
    const pid_t parent = ::getpid();
    // Signals blocked: the child has our handlers at first, and a signal to it would look like one to this process.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = ::fork();
    if (pid == 0) exec_child(options, argument_pointers.data(), environment_pointers.data(), parent);
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    for (const int file : {options.in, options.out, options.err == options.out ? -1 : options.err, start_pipe[1]})
        ::close(file); // -1 has no effect
    // Until then the child holds copies of our sockets, and would be seen to listen on their ports.
    char byte = 0;
    while (::read(start_pipe[0], &byte, 1) < 0 && errno == EINTR) {}
    ::close(start_pipe[0]);
    errno = error;
    return pid;
}

int open_output(const std::filesystem::path& file) {
    return ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

std::optional<int> exit_code_of(pid_t pid) {
    int status = 0;
    const pid_t reaped = ::waitpid(pid, &status, WNOHANG);
    if (reaped == 0 || (reaped < 0 && errno != ECHILD)) return std::nullopt;
    // ECHILD: the system has reaped it, since this process ignores SIGCHLD as its parent did; the code is unknown, 0 is returned.
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

} // namespace loadsim
