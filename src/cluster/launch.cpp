#include <loadsim/cluster/launch.hpp>

#include "mpirun_output.hpp"

#include <loadsim/base/child_process.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/base/signals.hpp>
#include <loadsim/base/stop_decision.hpp>

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
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

namespace loadsim::cluster {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

/// Between a second Ctrl-C, SIGTERM to mpirun, and SIGKILL. Ranks that end by themselves take mpirun up to 2 s.
constexpr auto terminate_after = 3s;
constexpr auto kill_after = 3s;
/// Repetition interval: mpirun silently loses signals to forward while it starts ranks.
constexpr auto repeat_interval = 1s;
/// Maximum time to read after mpirun's exit: a process started by it may hold its output open.
constexpr auto output_grace_period = 1s;
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

/// mpirun forwards these to all ranks.
int forwarded_signal(stop_signal s) { return s == stop_signal::interrupt ? SIGUSR1 : SIGUSR2; }
int other_signal(int forwarded) { return forwarded == SIGUSR1 ? SIGUSR2 : SIGUSR1; }

/// mpirun handles these signals only between its start and its end. Before and after, they would kill it, and its exit code would
/// be lost; a rank that does not handle them yet would die of them, too. What is ignored is sent again (repeat_interval).
void ignore_forwarded_signals() {
    for (const int number : {SIGUSR1, SIGUSR2}) std::signal(number, SIG_IGN);
}

/// Reads a pipe until its end.
class pipe_reader {
public:
    pipe_reader(asio::io_context& io, std::function<void(std::string_view)> on_bytes, std::function<void()> on_end)
        : pipe_(io), on_bytes_(std::move(on_bytes)), on_end_(std::move(on_end)) {}

    /// The other end, for the child; -1: no pipe can be created, see errno.
    int open() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) return -1;
        pipe_.assign(ends[0]);
        return ends[1];
    }

    void read() {
        pipe_.async_read_some(asio::buffer(buffer_), [this](const boost::system::error_code& error, std::size_t n) {
            on_bytes_({buffer_.data(), n});
            if (!error) return read();
            boost::system::error_code ignored;
            pipe_.close(ignored);
            on_end_();
        });
    }

    bool at_end() const { return !pipe_.is_open(); }
    void cancel() {
        boost::system::error_code ignored;
        pipe_.cancel(ignored);
    }

private:
    asio::posix::stream_descriptor pipe_;
    std::function<void(std::string_view)> on_bytes_;
    std::function<void()> on_end_;
    std::array<char, 8192> buffer_{};
};

/// Running mpirun process.
class mpirun_process {
public:
    mpirun_process() : signals_(io_), timeout_(io_), repeat_timer_(io_) {
        for (const int number : handled_signals)
            if (number != SIGHUP || !ignores_hangup()) signals_.add(number);
    }

    /// Errors: as launch().
    std::string start(const std::string& mpirun, const launch_options& options) {
        const int out = out_.open();
        const int err = out < 0 ? -1 : err_.open();
        if (err < 0) {
            auto error = fmt::format("no pipe is to be had ({})", std::strerror(errno));
            ::close(out); // -1 has no effect
            return error;
        }
        auto command = mpirun_arguments(options, ::geteuid() == 0);
        command.insert(command.begin(), mpirun);
        pid_ = start_child({.command = std::move(command),
                            .environment = mpirun_environment(options),
                            .out = out,
                            .err = err,
                            .death_signal = SIGTERM,
                            .before_exec = ignore_forwarded_signals});
        return pid_ < 0 ? fmt::format("cannot be started ({})", std::strerror(errno)) : std::string{};
    }

    launch_result wait() {
        wait_for_signal();
        out_.read();
        err_.read();
        check_exit(); // mpirun may have exited before the handler was installed
        io_.run();
        output_.finish();
        launch_result finished;
        finished.output = output_.kept();
        finished.exit_code = *exit_code_;
        finished.started = output_.ranks_wrote() || finished.exit_code == 0 || mentions_ranks(finished.output);
        const auto first = decision_.first();
        const auto forwarded = forwarded_signal(first);
        if (terminated_) {
            finished.exit_code = stop_exit_code(first);
            finished.error = "Ctrl-C ended all ranks at once";
            finished.started = true; // as far as anyone can tell: this is no failed start
        } else if (first != stop_signal::none &&
                   (finished.exit_code == 128 + forwarded || mentions_signal(finished.output, forwarded))) {
            // The signal killed a rank that had not installed its handler yet.
            finished.exit_code = stop_exit_code(first);
            finished.error = "asked to stop before all ranks had started";
            finished.stopped_early = true;
        } else {
            finished.error = diagnose(finished.output, finished.exit_code);
            if (!finished.error.empty() && first != stop_signal::none) finished.exit_code = stop_exit_code(first);
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
                on_stop_signal(number == SIGINT ? stop_signal::interrupt : stop_signal::terminate);
            if (!exit_code_) wait_for_signal();
        });
    }

    void on_stop_signal(stop_signal number) {
        if (exit_code_) return;
        switch (decision_.on(number)) {
        case stop_effect::none: break;
        case stop_effect::drain: forward(); break;
        case stop_effect::end_drain: end_drain(); break;
        case stop_effect::end_process:
            end_drain(); // rank 0 writes what was seen, if it can
            if (!std::exchange(ends_process_, true)) terminate_later();
        }
    }

    void end_drain() {
        ends_drain_ = true;
        forward();
    }

    /// Sends the ranks the first stop signal, which they drain at, and the other one if they shall end the drain; repeatedly.
    void forward() {
        const auto first = forwarded_signal(decision_.first());
        ::kill(pid_, first);
        if (ends_drain_) ::kill(pid_, other_signal(first));
        repeat_timer_.expires_after(repeat_interval);
        repeat_timer_.async_wait([this](const boost::system::error_code& error) {
            if (!error && !exit_code_ && !terminated_) forward();
        });
    }

    void terminate_later() {
        timeout_.expires_after(terminate_after);
        timeout_.async_wait([this](const boost::system::error_code& error) {
            if (error || exit_code_) return;
            terminated_ = true;
            ::kill(pid_, SIGTERM);
            timeout_.expires_after(kill_after);
            timeout_.async_wait([this](const boost::system::error_code& late) {
                if (!late && !exit_code_) ::kill(-pid_, SIGKILL);
            });
        });
    }

    void check_exit() {
        if (exit_code_) return;
        exit_code_ = exit_code_of(pid_);
        if (!exit_code_) return;
        boost::system::error_code ignored;
        signals_.cancel(ignored);
        timeout_.cancel();
        repeat_timer_.cancel();
        end_reading();
    }

    /// After mpirun's exit: ends when its output has ended, or soon after.
    void end_reading() {
        timeout_.expires_after(output_grace_period);
        timeout_.async_wait([this](const boost::system::error_code& error) {
            if (error) return;
            out_.cancel();
            err_.cancel();
        });
        on_output_end();
    }

    void on_output_end() {
        if (exit_code_ && out_.at_end() && err_.at_end()) timeout_.cancel();
    }

    asio::io_context io_{1};
    asio::signal_set signals_;
    asio::steady_timer timeout_;
    asio::steady_timer repeat_timer_;
    mpirun_output output_{[](std::string_view line) { print_error(line); }};
    pipe_reader out_{io_, forward_output, [this] { on_output_end(); }};
    pipe_reader err_{io_, [this](std::string_view bytes) { output_.append(bytes); }, [this] { on_output_end(); }};
    pid_t pid_ = -1;
    std::optional<int> exit_code_; ///< after the exit
    stop_decision decision_;
    bool ends_drain_ = false;
    bool ends_process_ = false; ///< a second Ctrl-C came
    bool terminated_ = false;   ///< SIGTERM was sent to mpirun
};

} // namespace

std::vector<std::string> mpirun_arguments(const launch_options& options, bool root) {
    std::vector<std::string> all{"-np", std::to_string(options.ranks), "--bind-to", "none", "--stdin", "none"};
    const auto add = [&](std::initializer_list<std::string> more) { all.insert(all.end(), more); };
    if (root) add({"--allow-run-as-root"});
    if (options.hostfile.empty())
        add({"--oversubscribe"});
    else
        add({"--hostfile", options.hostfile});
    for (const auto& [name, value] : options.environment) add({"-x", name});
    all.insert(all.end(), options.command.begin(), options.command.end());
    return all;
}

std::vector<std::pair<std::string, std::string>> mpirun_environment(const launch_options& options) {
    auto all = options.environment;
    // mpirun would strip the domain from host names. The first name is that of Open MPI 4, which does not know the second one, of 5.
    if (!options.hostfile.empty())
        for (const auto* name : {"OMPI_MCA_orte_keep_fqdn_hostnames", "PRTE_MCA_prte_keep_fqdn_hostnames"})
            all.emplace_back(name, "1");
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
