// Process of one external program: its start, its pipes and its end.
#pragma once

#include "external_program/dialogue.hpp"
#include "timer_callback.hpp"

#include <loadsim/net/loop.hpp>

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::fleet {

/// What the program writes to its standard error goes to the log, at most log_lines_max lines.
/// A program that ends is not started again.
/// Threads: the loop's. A process is killed when the thread that has started it ends.
class program_process {
public:
    static constexpr std::uint64_t log_lines_max = 1'000;

    program_process(net::loop&, const program_options&);
    program_process(const program_process&) = delete;
    program_process& operator=(const program_process&) = delete;
    ~program_process();

    /// `settled`: called once, after the time in which a program that cannot run ends; with a sentence if it has ended.
    void start(std::function<void(const std::string& error)> settled);
    void ask(std::string_view fields, answer_handler);
    void stop(std::function<void()> done);

    const program_options options;
    bool is_answered() const { return dialogue_.waiting() == 0; }
    const std::string& problem() const noexcept { return problem_; } ///< why it has ended; empty: it has not
    measure::program_counts take_counts() { return dialogue_.take_counts(); }

private:
    using pipe_end = boost::asio::posix::basic_stream_descriptor<net::executor>;

    std::string open();
    void settle(const std::string& error);
    void read_answers();
    void read_log();
    void log_lines(std::string_view bytes);
    void log_line(std::string_view line);
    void drain_log();
    void write();
    void arm_deadline();
    void on_deadline();
    void begin_end();
    void watch_end();
    void on_exit(int code);
    void kill_group(int signal_number) const;

    net::loop& loop_;
    const std::string name_; ///< file name of the program
    program_dialogue dialogue_;
    std::string problem_;
    pipe_end in_, out_, err_; ///< our ends of the program's standard streams
    pid_t pid_ = -1;          ///< -1: it does not run
    bool is_writing_ = false;
    std::string being_written_;
    std::vector<char> answers_, log_;
    std::string log_partial_, last_line_;
    std::uint64_t logged_ = 0;
    monotonic_time armed_ = never;
    monotonic_time ends_since_ = never; ///< its output has ended, or stop() was called
    int last_signal_ = 0;
    bool is_stopping_ = false;
    std::function<void(const std::string&)> settled_;
    std::function<void()> done_;
    timer_callback<program_process> settle_timer_;
    timer_callback<program_process> deadline_timer_;
    timer_callback<program_process> end_timer_;
};

} // namespace loadsim::fleet
