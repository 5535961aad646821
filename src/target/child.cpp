#include "child.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

namespace loadsim::target {
namespace {

namespace fs = std::filesystem;

/// Between fork and exec: only what is safe after a fork of a program with threads.
[[noreturn]] void become(const char* const* arguments, int log, int files, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127); // it died before the line above
    ::setpgid(0, 0);                         // Ctrl-C in the terminal is for us: the broker stays while we drain
    ::umask(S_IRWXG | S_IRWXO);              // there may be passwords in what it writes
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    // Whatever we have open is not the child's: a connection of ours would stay open after we have closed it.
    if (::close_range(3, ~0U, 0) != 0)
        for (int file = 3; file < files; ++file) ::close(file);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execv(arguments[0],
            const_cast<char* const*>(arguments)); // does not write to them; POSIX's type is older than const
    ::_exit(127);
}

/// The inode of the socket that listens at a port, as Linux tells it: listening sockets come first, and are all in state 0A.
std::string listener_at(std::uint16_t port) {
    std::ifstream table("/proc/net/tcp");
    std::string line;
    std::getline(table, line); // titles
    const auto wanted = fmt::format("0100007F:{:04X}", port);
    while (std::getline(table, line)) {
        std::istringstream fields(line);
        std::string number, local, remote, state, queues, timer, retransmitted, user, timeout, inode;
        fields >> number >> local >> remote >> state >> queues >> timer >> retransmitted >> user >> timeout >> inode;
        if (state != "0A") break;
        if (local == wanted) return inode;
    }
    return {};
}

} // namespace

pid_t start_child(const std::string& program, const std::vector<std::string>& arguments, const fs::path& log) {
    std::vector<const char*> words{program.c_str()};
    for (const auto& word : arguments) words.push_back(word.c_str());
    words.push_back(nullptr);
    const int log_file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log_file < 0) return -1;
    std::array<int, 2> child_is_clean{}; // the reading end sees the writing one close
    if (::pipe2(child_is_clean.data(), O_CLOEXEC) != 0) child_is_clean = {-1, -1};
    const int files = static_cast<int>(std::clamp(::sysconf(_SC_OPEN_MAX), 1'024L, 4'000'000L));
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) become(words.data(), log_file, files, parent);
    const int why = errno;
    ::close(log_file);
    ::close(child_is_clean[1]);
    // Until then our own sockets are the child's too, and whoever asks what it listens to hears of ours.
    char nothing = 0;
    while (::read(child_is_clean[0], &nothing, 1) < 0 && errno == EINTR) {}
    ::close(child_is_clean[0]);
    errno = why;
    return pid;
}

bool has_ended(pid_t pid) {
    const pid_t reaped = ::waitpid(pid, nullptr, WNOHANG);
    return reaped == pid || (reaped < 0 && errno == ECHILD); // whoever started us may have SIGCHLD ignored
}

bool listens(pid_t pid, std::uint16_t port) {
    const auto inode = listener_at(port);
    if (inode.empty()) return false;
    std::error_code gone;
    for (fs::directory_iterator file(fmt::format("/proc/{}/fd", pid), gone), end; !gone && file != end;
         file.increment(gone)) {
        std::error_code closed;
        if (fs::read_symlink(file->path(), closed) == fmt::format("socket:[{}]", inode)) return true;
    }
    return false;
}

std::string last_line(const fs::path& file) {
    std::ifstream in(file);
    std::string line;
    std::string last;
    while (std::getline(in, line))
        if (!line.empty()) last = line;
    return last;
}

} // namespace loadsim::target
