#include <loadsim/cluster/launch.hpp>

#include "launch_words.hpp"

#include <loadsim/base/programs.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace loadsim::cluster {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr auto kill_after = 3s;
/// mpirun loses what it is to pass on while it still starts ranks, and does not say so.
constexpr auto drain_again_every = 1s;
/// How long to read on once mpirun is gone: something that it started might hold its stderr open.
constexpr auto last_words_within = 1s;
constexpr std::array handled{SIGINT, SIGTERM, SIGCHLD};

/// As found, for afterwards. signal_set itself would leave the defaults.
class signal_keeper {
public:
    signal_keeper() {
        for (std::size_t i = 0; i < handled.size(); ++i) ::sigaction(handled[i], nullptr, &before_[i]);
    }
    ~signal_keeper() {
        for (std::size_t i = 0; i < handled.size(); ++i) ::sigaction(handled[i], &before_[i], nullptr);
    }
    signal_keeper(const signal_keeper&) = delete;
    signal_keeper& operator=(const signal_keeper&) = delete;

private:
    std::array<struct sigaction, handled.size()> before_{};
};

/// Texts as exec wants them.
std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (auto& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// Ours, with these on top.
std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& more) {
    std::vector<std::string> all;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text = *variable;
        const auto name = text.substr(0, text.find('='));
        if (std::ranges::none_of(more, [&](const auto& added) { return added.first == name; })) all.emplace_back(text);
    }
    for (const auto& [name, value] : more) all.push_back(name + '=' + value);
    return all;
}

/// Between fork and exec: only what is safe after a fork of a program with threads.
[[noreturn]] void become(char* const* arguments, char* const* environment, int words, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(127); // it died before the line above
    ::setpgid(0, 0);
    ::dup2(words, STDERR_FILENO);
    // In the background a read from the terminal would stop it.
    if (const int nothing = ::open("/dev/null", O_RDONLY); nothing >= 0) ::dup2(nothing, STDIN_FILENO);
    for (const int number : handled) std::signal(number, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execve(arguments[0], arguments, environment);
    ::_exit(127);
}

/// mpirun, while it runs.
class running {
public:
    running() : signals_(io_), words_from_(io_), patience_(io_), again_(io_) {
        for (const int number : handled) signals_.add(number);
    }

    /// Errors: as launch().
    std::string start(const std::string& mpirun, const launch_options& options) {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fmt::format("no pipe is to be had ({})", std::strerror(errno));
        words_from_.assign(ends[0]);
        auto arguments = mpirun_arguments(options, ::geteuid() == 0);
        arguments.insert(arguments.begin(), mpirun);
        auto environment = environment_with(options.environment);
        const auto argument_pointers = pointers_to(arguments);
        const auto environment_pointers = pointers_to(environment);
        const pid_t parent = ::getpid();
        // Until exec the child has our handlers, and a signal to it would look like one to us.
        sigset_t all;
        sigset_t before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        pid_ = ::fork();
        if (pid_ == 0) become(argument_pointers.data(), environment_pointers.data(), ends[1], parent);
        const int error = errno;
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        ::close(ends[1]);
        return pid_ < 0 ? fmt::format("cannot be started ({})", std::strerror(error)) : std::string{};
    }

    launch_result watch() {
        listen();
        read();
        look_for_end(); // it may have ended before the handler was there
        io_.run();
        words_.end();
        launch_result seen;
        seen.words = words_.kept();
        seen.exit_code = WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_);
        seen.started = words_.ranks_spoke() || seen.exit_code == 0 || tells_of_ranks(seen.words);
        if (ended_by_force_) {
            seen.exit_code = 130;
        } else if (drain_signal_ != 0 &&
                   (seen.exit_code == 128 + drain_signal_ || tells_of_signal(seen.words, drain_signal_))) {
            // The signal that should have made a rank drain met one that did not listen yet.
            seen.exit_code = drain_signal_ == SIGUSR1 ? 130 : 143;
            seen.trouble = "told to stop before all ranks had begun";
        } else {
            seen.trouble = diagnose(seen.words, seen.exit_code);
        }
        return seen;
    }

private:
    void listen() {
        signals_.async_wait([this](const boost::system::error_code& error, int number) {
            if (error) return;
            if (number == SIGCHLD)
                look_for_end();
            else
                interrupt(number);
            if (!gone_) listen();
        });
    }

    void interrupt(int number) {
        if (gone_) return;
        if (drain_signal_ == 0) {
            drain_signal_ = number == SIGINT ? SIGUSR1 : SIGUSR2; // mpirun passes these on to all ranks
            drain();
        } else if (number == SIGINT && !std::exchange(ended_by_force_, true)) {
            ::kill(pid_, SIGTERM);
            patience_.expires_after(kill_after);
            patience_.async_wait([this](const boost::system::error_code& error) {
                if (!error && !gone_) ::kill(-pid_, SIGKILL);
            });
        }
    }

    void drain() {
        ::kill(pid_, drain_signal_);
        again_.expires_after(drain_again_every);
        again_.async_wait([this](const boost::system::error_code& error) {
            if (!error && !gone_ && !ended_by_force_) drain();
        });
    }

    void look_for_end() {
        if (gone_ || ::waitpid(pid_, &status_, WNOHANG) == 0) return;
        gone_ = true;
        boost::system::error_code ignored;
        signals_.cancel(ignored);
        patience_.cancel();
        again_.cancel();
        if (!words_from_.is_open()) return;
        patience_.expires_after(last_words_within);
        patience_.async_wait([this](const boost::system::error_code& error) {
            if (!error) words_from_.cancel();
        });
    }

    void read() {
        words_from_.async_read_some(asio::buffer(buffer_),
                                    [this](const boost::system::error_code& error, std::size_t n) {
                                        words_.take({buffer_.data(), n});
                                        if (!error) return read();
                                        if (gone_) patience_.cancel();
                                    });
    }

    asio::io_context io_{1};
    asio::signal_set signals_;
    asio::posix::stream_descriptor words_from_;
    asio::steady_timer patience_;
    asio::steady_timer again_;
    std::array<char, 8192> buffer_{};
    launch_words words_{[](std::string_view line) {
        std::fwrite(line.data(), 1, line.size(), stderr);
        std::fflush(stderr);
    }};
    pid_t pid_ = -1;
    int status_ = 0;
    int drain_signal_ = 0; ///< what mpirun was sent for the first signal; 0: none came
    bool ended_by_force_ = false;
    bool gone_ = false;
};

} // namespace

std::vector<std::string> mpirun_arguments(const launch_options& options, bool root) {
    std::vector<std::string> all{"-np", std::to_string(options.ranks), "--bind-to", "none", "--stdin", "none"};
    const auto add = [&](std::initializer_list<std::string> more) { all.insert(all.end(), more); };
    if (root) add({"--allow-run-as-root"});
    if (options.hostfile.empty())
        add({"--oversubscribe"});
    else // it would cut the domain off the names
        add({"--hostfile", options.hostfile, "--mca", "orte_keep_fqdn_hostnames", "1"});
    for (const auto& [name, value] : options.environment) add({"-x", name});
    all.insert(all.end(), options.command.begin(), options.command.end());
    return all;
}

result<launch_result> launch(const launch_options& options) {
    const auto mpirun = find_program("mpirun").string();
    if (mpirun.empty())
        return launch_result{.exit_code = 127,
                             .trouble = "mpirun is not installed, and ranks are started with it; apt-get install "
                                        "openmpi-bin",
                             .started = false,
                             .words = {}};
    const signal_keeper afterwards;
    running child;
    if (auto error = child.start(mpirun, options); !error.empty()) return problems{"mpirun", std::move(error)};
    return child.watch();
}

} // namespace loadsim::cluster
