#include <loadsim/target/mosquitto.hpp>

#include <loadsim/base/programs.hpp>
#include <loadsim/net/reach.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>
#include <thread>
#include <utility>

namespace loadsim::target {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr int tries = 5; ///< a free port may be taken before mosquitto has it
constexpr auto start_within = 5s;
constexpr auto end_within = 2s;
constexpr auto poll_every = 5ms;

std::string last_line(const fs::path& file) {
    std::ifstream in(file);
    std::string line;
    std::string last;
    while (std::getline(in, line))
        if (!line.empty()) last = line;
    return last;
}

/// A configuration that is cut off is still one: mosquitto would start, and listen elsewhere.
bool write(const fs::path& file, const std::string& text) {
    std::ofstream out(file);
    out << text;
    out.close();
    return !out.fail();
}

/// Between fork and exec: only what is safe after a fork of a program with threads.
[[noreturn]] void become(const char* program, const char* configuration, int log, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127); // it died before the line above
    ::setpgid(0, 0);                         // Ctrl-C in the terminal is for us: the broker stays while we drain
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    const std::array<const char*, 4> arguments{program, "-c", configuration, nullptr};
    ::execv(program, const_cast<char* const*>(
                         arguments.data())); // exec does not write to them; POSIX's type is older than const
    ::_exit(127);
}

bool has_ended(pid_t pid) {
    const pid_t reaped = ::waitpid(pid, nullptr, WNOHANG);
    return reaped == pid || (reaped < 0 && errno == ECHILD); // whoever started us may have SIGCHLD ignored
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

/// Whether this very process listens there: a port that was free a moment ago may be somebody else's now.
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

} // namespace

std::string mosquitto_configuration(std::uint16_t port, const std::string& user) {
    std::string text = fmt::format("listener {} 127.0.0.1\n"
                                   "allow_anonymous true\n"
                                   "persistence false\n"
                                   "max_connections -1\n"
                                   "max_inflight_messages 0\n"
                                   "max_queued_messages 0\n"
                                   "set_tcp_nodelay true\n"
                                   "log_dest stderr\n"
                                   "log_type error\nlog_type warning\nlog_type notice\n"
                                   "connection_messages false\n",
                                   port);
    // As root mosquitto would become another user, and the kernel then forgets that it is to die with us.
    if (!user.empty()) text += fmt::format("user {}\n", user);
    return text;
}

result<mosquitto> mosquitto::start(const fs::path& folder) {
    constexpr auto sbin = "/usr/sbin:/usr/local/sbin"; // where Debian keeps it, and not in everybody's PATH
    const auto program = find_program("mosquitto", sbin).string();
    if (program.empty())
        return problems{
            "mosquitto",
            "the embedded target needs it and it is not installed; apt-get install mosquitto, or give a broker "
            "of your own with --broker mqtt://host:1883"};
    const auto configuration = folder / "mosquitto.conf";
    const auto log = folder / "mosquitto.log";
    for (int attempt = 0; attempt < tries; ++attempt) {
        const auto port = net::free_port();
        if (!port) return port.error();
        if (!write(configuration, mosquitto_configuration(*port, ::geteuid() == 0 ? "root" : "")))
            return problems{configuration.string(),
                            "cannot be written; is the disk full? name another place with --report"};
        const int log_file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (log_file < 0) return problems{log.string(), fmt::format("cannot be written ({})", std::strerror(errno))};
        const pid_t parent = ::getpid();
        const pid_t pid = ::fork();
        if (pid == 0) become(program.c_str(), configuration.c_str(), log_file, parent);
        ::close(log_file);
        if (pid < 0) return problems{"mosquitto", fmt::format("cannot be started ({})", std::strerror(errno))};

        mosquitto child(pid, net::endpoint{"mqtt", "127.0.0.1", *port, ""});
        const auto until = std::chrono::steady_clock::now() + start_within;
        while (!has_ended(pid)) {
            if (listens(pid, *port)) return child;
            if (std::chrono::steady_clock::now() > until)
                return problems{log.string(), fmt::format("mosquitto does not listen after {} s; its last line: {}",
                                                          start_within.count(), last_line(log))};
            std::this_thread::sleep_for(poll_every);
        }
        child.pid_ = -1; // reaped
    }
    return problems{log.string(), fmt::format("mosquitto ends at once; its last line: {}", last_line(log))};
}

mosquitto::mosquitto(pid_t pid, net::endpoint broker) : pid_(pid), broker_(std::move(broker)) {}

mosquitto::mosquitto(mosquitto&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), broker_(std::move(other.broker_)) {}

mosquitto& mosquitto::operator=(mosquitto&& other) noexcept {
    if (this != &other) {
        end();
        pid_ = std::exchange(other.pid_, -1);
        broker_ = std::move(other.broker_);
    }
    return *this;
}

mosquitto::~mosquitto() { end(); }

void mosquitto::end() noexcept {
    if (pid_ < 0) return;
    ::kill(pid_, SIGTERM);
    const auto until = std::chrono::steady_clock::now() + end_within;
    while (!has_ended(pid_)) {
        if (std::chrono::steady_clock::now() > until) ::kill(pid_, SIGKILL);
        std::this_thread::sleep_for(poll_every);
    }
    pid_ = -1;
}

} // namespace loadsim::target
