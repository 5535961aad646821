#include "external_program/process.hpp"

#include <loadsim/base/child_process.hpp>
#include <loadsim/base/encoding.hpp>
#include <loadsim/base/log.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <utility>

namespace loadsim::fleet {
namespace {

using namespace std::chrono_literals;

constexpr auto settle_time = 500ms; ///< a script with an error ends within it
constexpr auto end_poll_interval = 5ms;
constexpr auto terminate_after = 2s;
constexpr auto kill_after = 3s;
constexpr std::size_t answer_buffer_size = 64 * 1024;
constexpr std::size_t log_buffer_size = 4 * 1024;
constexpr std::size_t log_line_size_max = 1'000;

struct pipe_files {
    int read = -1, write = -1;
};

/// Both ends are -1 if there are no more files.
pipe_files open_pipe() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
    return {ends[0], ends[1]};
}

std::string exit_text(int code) {
    if (code == 127)
        return "it ended with exit code 127: the file, or the interpreter in its first line, cannot be executed";
    if (code > 128) return fmt::format("it was ended by signal {}", code - 128);
    return fmt::format("it ended with exit code {}", code);
}

} // namespace

program_process::program_process(net::loop& loop, const program_options& o)
    : options(o), loop_(loop), name_(std::filesystem::path(o.path).filename().string()), dialogue_(o),
      in_(loop.io().get_executor()), out_(loop.io().get_executor()), err_(loop.io().get_executor()),
      answers_(answer_buffer_size), log_(log_buffer_size), settle_timer_(*this, &program_process::watch_end),
      deadline_timer_(*this, &program_process::on_deadline), end_timer_(*this, &program_process::watch_end) {}

program_process::~program_process() {
    if (pid_ < 0) return;
    kill_group(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

void program_process::start(std::function<void(const std::string&)> settled) {
    settled_ = std::move(settled);
    if (const auto error = open(); !error.empty()) return settle(error);
    read_answers();
    read_log();
    loop_.arm(settle_timer_, loop_.now() + settle_time);
}

/// Empty: the program runs.
std::string program_process::open() {
    const auto in = open_pipe(), out = open_pipe(), err = open_pipe();
    const bool opened = in.read >= 0 && out.read >= 0 && err.read >= 0;
    if (opened) {
        std::vector<std::string> command{options.path};
        command.insert(command.end(), options.arguments.begin(), options.arguments.end());
        pid_ = start_child({.command = std::move(command), .in = in.read, .out = out.write, .err = err.write});
    }
    const int error = errno;
    if (pid_ < 0) {
        for (const int file : {in.write, out.read, err.read}) ::close(file); // -1 has no effect
        if (!opened)
            for (const int file : {in.read, out.write, err.write}) ::close(file);
        return fmt::format("the external program {} cannot be started: {}", options.path, std::strerror(error));
    }
    in_.assign(in.write);
    out_.assign(out.read);
    err_.assign(err.read);
    return {};
}

void program_process::settle(const std::string& error) {
    settle_timer_.disarm();
    if (const auto settled = std::exchange(settled_, {})) settled(error);
}

void program_process::ask(std::string_view fields, answer_handler handler) {
    dialogue_.ask(fields, std::move(handler), loop_.now());
    write();
    arm_deadline();
}

/// Writes what the dialogue has; a program that has closed its input is ended as at the end of the run.
void program_process::write() {
    if (is_writing_ || !in_.is_open() || dialogue_.output().empty()) return;
    is_writing_ = true;
    being_written_.clear();
    being_written_.swap(dialogue_.output());
    dialogue_.set_being_written(being_written_.size());
    boost::asio::async_write(in_, boost::asio::buffer(being_written_),
                             [this](const boost::system::error_code& error, std::size_t) {
                                 is_writing_ = false;
                                 dialogue_.set_being_written(0);
                                 if (error == boost::asio::error::operation_aborted) return;
                                 if (error) return begin_end();
                                 write();
                             });
}

void program_process::read_answers() {
    out_.async_read_some(boost::asio::buffer(answers_),
                         [this](const boost::system::error_code& error, std::size_t size) {
                             if (error == boost::asio::error::operation_aborted) return;
                             if (error) return begin_end();
                             if (!is_stopping_) {
                                 dialogue_.receive({answers_.data(), size}, loop_.now());
                                 if (dialogue_.is_flooded()) {
                                     log_warning(fmt::format("{}: {} lines that answer no question; the program is "
                                                             "ended",
                                                             name_, program_dialogue::useless_lines_max));
                                     kill_group(SIGKILL);
                                     return begin_end();
                                 }
                             }
                             read_answers();
                         });
}

void program_process::read_log() {
    err_.async_read_some(boost::asio::buffer(log_), [this](const boost::system::error_code& error, std::size_t size) {
        if (error) return;
        log_lines({log_.data(), size});
        read_log();
    });
}

void program_process::log_lines(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto end = bytes.find('\n');
        const auto part = bytes.substr(0, end);
        bytes.remove_prefix(end == bytes.npos ? bytes.size() : end + 1);
        if (log_partial_.size() < log_line_size_max)
            log_partial_ += part.substr(0, log_line_size_max - log_partial_.size());
        if (end == std::string_view::npos) return;
        log_line(std::exchange(log_partial_, {}));
    }
}

/// What the program has written before its end, and what has not been read yet. The pipe does not block: Asio has set it so.
void program_process::drain_log() {
    std::array<char, log_buffer_size> bytes{};
    constexpr int reads_max = 16; // what it has started may write on
    for (int n = 0; n < reads_max; ++n) {
        const auto size = ::read(err_.native_handle(), bytes.data(), bytes.size());
        if (size <= 0) return;
        log_lines({bytes.data(), static_cast<std::size_t>(size)});
    }
}

void program_process::log_line(std::string_view line) {
    if (!line.empty()) last_line_ = line;
    if (++logged_ <= log_lines_max) log_info(fmt::format("{}: {}", name_, line));
    if (logged_ == log_lines_max)
        log_warning(fmt::format("{}: it has written {} lines to its standard error; further ones are dropped", name_,
                                log_lines_max));
}

// Deadlines of questions.

void program_process::arm_deadline() {
    const auto next = dialogue_.next_deadline();
    if (next >= armed_) return; // an earlier one is armed, and arms the next
    armed_ = next;
    loop_.arm(deadline_timer_, next);
}

void program_process::on_deadline() {
    armed_ = never;
    dialogue_.expire(loop_.now());
    arm_deadline();
}

// End of the process.

void program_process::stop(std::function<void()> done) {
    is_stopping_ = true;
    done_ = std::move(done);
    dialogue_.forget();
    deadline_timer_.disarm();
    settle_timer_.disarm();
    boost::system::error_code ignored;
    in_.close(ignored);
    if (ends_since_ == never) ends_since_ = loop_.now();
    watch_end();
}

/// The program has closed its output or its input: it is about to end, or can be asked nothing more.
void program_process::begin_end() {
    if (ends_since_ == never) ends_since_ = loop_.now();
    if (!end_timer_.armed()) watch_end();
}

/// Also after the time in which a program that cannot run ends.
void program_process::watch_end() {
    if (pid_ >= 0) {
        if (const auto code = exit_code_of(pid_)) on_exit(*code);
    }
    if (pid_ < 0) {
        if (const auto done = std::exchange(done_, {})) done();
        return;
    }
    if (ends_since_ == never) return settle({});
    const auto ending = loop_.now() - ends_since_;
    const int wanted = ending >= kill_after ? SIGKILL : ending >= terminate_after ? SIGTERM : 0;
    if (wanted != 0 && wanted != std::exchange(last_signal_, wanted)) kill_group(wanted);
    loop_.arm(end_timer_, loop_.now() + end_poll_interval);
}

void program_process::on_exit(int code) {
    kill_group(SIGKILL); // what it has started
    pid_ = -1;
    drain_log();
    if (!log_partial_.empty()) log_line(std::exchange(log_partial_, {}));
    boost::system::error_code ignored;
    in_.close(ignored);
    if (is_stopping_) {
        if (last_signal_ != 0)
            log_warning(fmt::format("{}: it did not end within 2 s after the end of its standard input", name_));
        return;
    }
    problem_ = fmt::format("the external program {}: {}", options.path, exit_text(code));
    if (!last_line_.empty()) problem_ += fmt::format("; the last line of its standard error: {}", last_line_);
    log_warning(problem_ + "; it is not started again");
    dialogue_.end(exit_text(code));
    settle(problem_);
}

void program_process::kill_group(int signal_number) const {
    if (pid_ > 0) ::kill(-pid_, signal_number); // start_child() has made the group
}

} // namespace loadsim::fleet
