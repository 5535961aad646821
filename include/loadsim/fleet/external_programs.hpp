// External programs of one shard: questions as JSON lines on their standard input, answers on their standard output (docs/exec.md).
#pragma once

#include <loadsim/base/program_options.hpp>
#include <loadsim/measure/totals.hpp>

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::net {
class loop;
}

namespace loadsim::fleet {

/// Gets the answer to a question, once. Returns why the answer cannot be used; then, and without an answer, it is called with null,
/// and returns nothing.
using answer_handler = std::function<std::string(const boost::json::object* answer)>;

/// One process for each distinct program_options.
/// Errors:  of a question: exec_timeout, exec_overflow, exec_bad_answer, exec_ended; counted, and its handler gets null.
/// Threads: the loop's.
class external_programs {
public:
    virtual ~external_programs() = default;

    /// Starts all programs. `ready`: called once, with a sentence if one cannot be started or ends at once; empty: all run.
    virtual void start(std::function<void(const std::string& error)> ready) = 0;
    /// Asks a program. `fields`: of the question's JSON object, without its id: "\"vehicle\":{...}". The handler may be called at once.
    virtual void ask(const program_options&, std::string_view fields, answer_handler) = 0;
    /// No answer is awaited any more, and no handler called. Closes the programs' standard input; one that still runs after 2 s gets
    /// SIGTERM, after a further second SIGKILL. `done`: called when all have ended.
    virtual void stop(std::function<void()> done) = 0;
    /// Sentence about a program that has ended by itself; empty: all run.
    virtual std::string problem() const = 0;
    virtual measure::program_counts take_counts() = 0; ///< since the last call
};

enum class answer_wait : std::uint8_t {
    asynchronous, ///< the answer comes while the loop runs
    blocking,     ///< ask() runs the loop until the answer is there: simulated time stands still meanwhile
};

/// The loop must outlive the programs, and have the machine's time.
std::unique_ptr<external_programs> make_external_programs(net::loop&, const std::vector<program_options>&,
                                                          answer_wait = answer_wait::asynchronous);

} // namespace loadsim::fleet
