#include <loadsim/cluster/launch.hpp>

#include "mpirun_output.hpp"

#include <loadsim/base/find_program.hpp>

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
/// Repetition interval: mpirun silently loses signals to forward while it starts ranks.
constexpr auto drain_repeat_interval = 1s;
/// Maximum time to read after mpirun's exit: a process started by it may hold its stderr open.
constexpr auto stderr_grace_period = 1s;
constexpr std::array handled_signals{SIGINT, SIGTERM, SIGCHLD};

/// Saves and restores signal actions; asio::signal_set would leave the defaults.
class signal_action_guard {
public:
    signal_action_guard() {
        for (std::size_t i = 0; i < handled_signals.size(); ++i) ::sigaction(handled_signals[i], nullptr, &before_[i]);
    }
    ~signal_action_guard() {
        for (std::size_t i = 0; i < handled_signals.size(); ++i) ::sigaction(handled_signals[i], &before_[i], nullptr);
    }
    signal_action_guard(const signal_action_guard&) = delete;
    signal_action_guard& operator=(const signal_action_guard&) = delete;

private:
    std::array<struct sigaction, handled_signals.size()> before_{};
};

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
[[noreturn]] void exec_child(char* const* arguments, char* const* environment, int stderr_fd, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(127); // the parent died before prctl()
    ::setpgid(0, 0);
    ::dup2(stderr_fd, STDERR_FILENO);
    // mpirun is in the background: a read from the terminal would stop the process.
    if (const int nothing = ::open("/dev/null", O_RDONLY); nothing >= 0) ::dup2(nothing, STDIN_FILENO);
    for (const int number : handled_signals) std::signal(number, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execve(arguments[0], arguments, environment);
    ::_exit(127);
}

/// Running mpirun process.
class mpirun_process {
public:
    mpirun_process() : signals_(io_), stderr_pipe_(io_), timeout_(io_), drain_timer_(io_) {
        for (const int number : handled_signals) signals_.add(number);
    }

    /// Errors: as launch().
    std::string start(const std::string& mpirun, const launch_options& options) {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fmt::format("no pipe is to be had ({})", std::strerror(errno));
        stderr_pipe_.assign(ends[0]);
        auto arguments = mpirun_arguments(options, ::geteuid() == 0);
        arguments.insert(arguments.begin(), mpirun);
        auto environment = merged_environment(options.environment);
        const auto argument_pointers = pointers_to(arguments);
        const auto environment_pointers = pointers_to(environment);
        const pid_t parent = ::getpid();
        // Signals blocked: until exec the child has our handlers, and a signal to it would look like one to this process.
        sigset_t all;
        sigset_t before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        pid_ = ::fork();
        if (pid_ == 0) exec_child(argument_pointers.data(), environment_pointers.data(), ends[1], parent);
        const int error = errno;
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        ::close(ends[1]);
        return pid_ < 0 ? fmt::format("cannot be started ({})", std::strerror(error)) : std::string{};
    }

    launch_result wait() {
        wait_for_signal();
        read_stderr();
        check_exit(); // mpirun may have exited before the handler was installed
        io_.run();
        output_.finish();
        launch_result finished;
        finished.output = output_.kept();
        finished.exit_code = WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_);
        finished.started = output_.ranks_wrote() || finished.exit_code == 0 || mentions_ranks(finished.output);
        if (killed_) {
            finished.exit_code = 130;
        } else if (drain_signal_ != 0 &&
                   (finished.exit_code == 128 + drain_signal_ || mentions_signal(finished.output, drain_signal_))) {
            // The drain signal killed a rank that had not installed its handler yet.
            finished.exit_code = drain_signal_ == SIGUSR1 ? 130 : 143;
            finished.trouble = "told to stop before all ranks had begun";
        } else {
            finished.trouble = diagnose(finished.output, finished.exit_code);
        }
        return finished;
    }

private:
    void wait_for_signal() {
        signals_.async_wait([this](const boost::system::error_code& error, int number) {
            if (error) return;
            if (number == SIGCHLD)
                check_exit();
            else
                on_stop_signal(number);
            if (!exited_) wait_for_signal();
        });
    }

    void on_stop_signal(int number) {
        if (exited_) return;
        if (drain_signal_ == 0) {
            drain_signal_ = number == SIGINT ? SIGUSR1 : SIGUSR2; // mpirun forwards these to all ranks
            drain();
        } else if (number == SIGINT && !std::exchange(killed_, true)) {
            ::kill(pid_, SIGTERM);
            timeout_.expires_after(kill_after);
            timeout_.async_wait([this](const boost::system::error_code& error) {
                if (!error && !exited_) ::kill(-pid_, SIGKILL);
            });
        }
    }

    void drain() {
        ::kill(pid_, drain_signal_);
        drain_timer_.expires_after(drain_repeat_interval);
        drain_timer_.async_wait([this](const boost::system::error_code& error) {
            if (!error && !exited_ && !killed_) drain();
        });
    }

    void check_exit() {
        if (exited_ || ::waitpid(pid_, &status_, WNOHANG) == 0) return;
        exited_ = true;
        boost::system::error_code ignored;
        signals_.cancel(ignored);
        timeout_.cancel();
        drain_timer_.cancel();
        if (!stderr_pipe_.is_open()) return;
        timeout_.expires_after(stderr_grace_period);
        timeout_.async_wait([this](const boost::system::error_code& error) {
            if (!error) stderr_pipe_.cancel();
        });
    }

    void read_stderr() {
        stderr_pipe_.async_read_some(asio::buffer(buffer_),
                                     [this](const boost::system::error_code& error, std::size_t n) {
                                         output_.append({buffer_.data(), n});
                                         if (!error) return read_stderr();
                                         if (exited_) timeout_.cancel();
                                     });
    }

    asio::io_context io_{1};
    asio::signal_set signals_;
    asio::posix::stream_descriptor stderr_pipe_;
    asio::steady_timer timeout_;
    asio::steady_timer drain_timer_;
    std::array<char, 8192> buffer_{};
    mpirun_output output_{[](std::string_view line) {
        std::fwrite(line.data(), 1, line.size(), stderr);
        std::fflush(stderr);
    }};
    pid_t pid_ = -1;
    int status_ = 0;
    int drain_signal_ = 0; ///< drain signal sent to mpirun; 0: none
    bool killed_ = false;
    bool exited_ = false;
};

} // namespace

std::vector<std::string> mpirun_arguments(const launch_options& options, bool root) {
    std::vector<std::string> all{"-np", std::to_string(options.ranks), "--bind-to", "none", "--stdin", "none"};
    const auto add = [&](std::initializer_list<std::string> more) { all.insert(all.end(), more); };
    if (root) add({"--allow-run-as-root"});
    if (options.hostfile.empty())
        add({"--oversubscribe"});
    else // mpirun would strip the domain from host names
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
                             .output = {}};
    const signal_action_guard afterwards;
    mpirun_process child;
    if (auto error = child.start(mpirun, options); !error.empty()) return problems{"mpirun", std::move(error)};
    return child.wait();
}

} // namespace loadsim::cluster
