#include <loadsim/cluster/launch.hpp>

#include "mpirun_output.hpp"

#include <loadsim/base/child_process.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/base/signals.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <optional>
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
constexpr std::array handled_signals{SIGINT, SIGTERM, SIGHUP, SIGCHLD};

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

/// Running mpirun process.
class mpirun_process {
public:
    mpirun_process() : signals_(io_), stderr_pipe_(io_), timeout_(io_), drain_timer_(io_) {
        for (const int number : handled_signals)
            if (number != SIGHUP || !ignores_hangup()) signals_.add(number);
    }

    /// Errors: as launch().
    std::string start(const std::string& mpirun, const launch_options& options) {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fmt::format("no pipe is to be had ({})", std::strerror(errno));
        stderr_pipe_.assign(ends[0]);
        auto command = mpirun_arguments(options, ::geteuid() == 0);
        command.insert(command.begin(), mpirun);
        pid_ = start_child({.command = std::move(command),
                            .environment = options.environment,
                            .err = ends[1],
                            .death_signal = SIGTERM});
        return pid_ < 0 ? fmt::format("cannot be started ({})", std::strerror(errno)) : std::string{};
    }

    launch_result wait() {
        wait_for_signal();
        read_stderr();
        check_exit(); // mpirun may have exited before the handler was installed
        io_.run();
        output_.finish();
        launch_result finished;
        finished.output = output_.kept();
        finished.exit_code = *exit_code_;
        finished.started = output_.ranks_wrote() || finished.exit_code == 0 || mentions_ranks(finished.output);
        if (killed_) {
            finished.exit_code = 130;
        } else if (drain_signal_ != 0 &&
                   (finished.exit_code == 128 + drain_signal_ || mentions_signal(finished.output, drain_signal_))) {
            // The drain signal killed a rank that had not installed its handler yet.
            finished.exit_code = drain_signal_ == SIGUSR1 ? 130 : 143;
            finished.error = "asked to stop before all ranks had started";
        } else {
            finished.error = diagnose(finished.output, finished.exit_code);
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
            if (!exit_code_) wait_for_signal();
        });
    }

    void on_stop_signal(int number) {
        if (exit_code_) return;
        if (drain_signal_ == 0) {
            drain_signal_ = number == SIGINT ? SIGUSR1 : SIGUSR2; // mpirun forwards these to all ranks
            drain();
        } else if (number == SIGINT && !std::exchange(killed_, true)) {
            ::kill(pid_, SIGTERM);
            timeout_.expires_after(kill_after);
            timeout_.async_wait([this](const boost::system::error_code& error) {
                if (!error && !exit_code_) ::kill(-pid_, SIGKILL);
            });
        }
    }

    void drain() {
        ::kill(pid_, drain_signal_);
        drain_timer_.expires_after(drain_repeat_interval);
        drain_timer_.async_wait([this](const boost::system::error_code& error) {
            if (!error && !exit_code_ && !killed_) drain();
        });
    }

    void check_exit() {
        if (exit_code_) return;
        exit_code_ = exit_code_of(pid_);
        if (!exit_code_) return;
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
                                         if (exit_code_) timeout_.cancel();
                                     });
    }

    asio::io_context io_{1};
    asio::signal_set signals_;
    asio::posix::stream_descriptor stderr_pipe_;
    asio::steady_timer timeout_;
    asio::steady_timer drain_timer_;
    std::array<char, 8192> buffer_{};
    mpirun_output output_{[](std::string_view line) { print_error(line); }};
    pid_t pid_ = -1;
    std::optional<int> exit_code_; ///< after the exit
    int drain_signal_ = 0;         ///< drain signal sent to mpirun; 0: none
    bool killed_ = false;
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
                             .error = "mpirun is not installed, and ranks are started with it; apt-get install "
                                      "openmpi-bin",
                             .started = false,
                             .output = {}};
    const signal_action_guard afterwards;
    mpirun_process child;
    if (auto error = child.start(mpirun, options); !error.empty()) return problems{"mpirun", std::move(error)};
    return child.wait();
}

} // namespace loadsim::cluster
