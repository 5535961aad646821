// Dialogue with one external program, without I/O: lines in, lines out.
#pragma once

#include <loadsim/base/program_options.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/fleet/external_programs.hpp>
#include <loadsim/measure/totals.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace loadsim::fleet {

enum class program_failure : std::uint8_t { timeout, overflow, bad_answer, ended };
inline constexpr std::array<std::string_view, 4> program_failure_names{"exec_timeout", "exec_overflow",
                                                                       "exec_bad_answer", "exec_ended"};

/// Shape:   memory for the questions that wait, one incomplete line of the program, and what it has not read.
/// Errors:  a question that has no answer in time, or cannot be asked, gets null; see external_programs.
/// Threads: one. Reads no clock.
class program_dialogue {
public:
    static constexpr std::size_t line_max = 1024 * 1024; ///< bytes of an answer, without its line feed
    static constexpr std::size_t unread_max =
        1024 * 1024; ///< bytes that the program has not read; no question is added above
    static constexpr std::uint64_t useless_lines_max = 1'000; ///< lines that answer nothing, until is_flooded()
    static constexpr std::size_t reasons_max = 20;            ///< different texts that are counted

    explicit program_dialogue(const program_options&);

    void ask(std::string_view fields, answer_handler, monotonic_time now);
    void receive(std::string_view bytes, monotonic_time now);
    void expire(monotonic_time now);
    monotonic_time next_deadline() const { return deadlines_.empty() ? never : deadlines_.front().first; }
    /// The program has ended, or cannot be used: all questions have no answer, now and later.
    void end(std::string why); ///< "it ended with exit code 1"
    void forget();             ///< all questions, whose handlers are not called

    /// Bytes for the program; the owner takes them from here. `being_written`: taken, and not written yet.
    std::string& output() noexcept { return output_; }
    void set_being_written(std::size_t bytes) noexcept { being_written_ = bytes; }
    bool is_flooded() const noexcept { return useless_lines_ >= useless_lines_max; }
    std::size_t waiting() const noexcept { return waiting_.size(); }
    measure::program_counts take_counts() { return std::exchange(counts_, {}); }
    void count_reason(std::string text);

private:
    struct question {
        answer_handler handler;
        monotonic_time asked;
    };
    void receive_line(std::string_view line, monotonic_time now);
    void fail(program_failure, std::string_view why);
    void drop_answered();

    const nanoseconds timeout_;
    const std::uint32_t in_flight_;
    std::unordered_map<std::uint64_t, question> waiting_; ///< by id
    std::deque<std::pair<monotonic_time, std::uint64_t>>
        deadlines_; ///< of questions, answered ones too, in the order of asking
    std::uint64_t last_id_ = 0;
    std::string partial_;     ///< line without its end so far
    bool skips_line_ = false; ///< the line is too long
    std::string ended_;       ///< why; empty: it has not
    std::string output_;
    std::size_t being_written_ = 0;
    std::uint64_t useless_lines_ = 0;
    measure::program_counts counts_;
    std::map<std::string, std::uint64_t> known_reasons_; ///< of the whole run
};

} // namespace loadsim::fleet
