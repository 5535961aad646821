// Exhausted memory, threads and open files: a reserve for an orderly end, and sentences.
#pragma once

#include <loadsim/base/result.hpp>

#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace loadsim {

/// Call in main() before any thread starts. Keeps memory in reserve, which the first allocation that fails releases:
/// memory_ran_out() is then true, and a run ends in order. Later ones throw std::bad_alloc. An exception with an exhaustion_text() that nobody catches
/// ends the program as end_program() does.
void prepare_for_exhaustion();

/// The reserve is in use. Threads: any.
bool memory_ran_out() noexcept;

/// Sentence about an exception by which memory, threads or open files ran out; empty: about something else.
std::string exhaustion_text(const std::exception&);

/// Prints why the program cannot go on, and ends it without destructors: exit code 3 if exhaustion_text() has a sentence, else 1.
[[noreturn]] void end_program(const std::exception&);

/// Calls `work` on a side thread, which must not end the process when memory, threads or open files run out: that exception is
/// logged with `what`, the name of the work; others pass. False: it has thrown.
bool log_exhaustion(std::string_view what, const std::function<void()>& work);

/// Calls `run`, such as that of an event loop, again each time that log_exhaustion() is false: it goes on with the next handler.
void run_despite_exhaustion(std::string_view what, const std::function<void()>& run);

/// Calls `work`, which returns a result; exhausted memory, threads or open files become its error.
template <class Work>
auto or_exhausted(Work&& work) -> decltype(work()) {
    try {
        return work();
    } catch (const std::exception& thrown) {
        auto why = exhaustion_text(thrown);
        if (why.empty()) throw;
        return problems{"", std::move(why)};
    }
}

} // namespace loadsim
