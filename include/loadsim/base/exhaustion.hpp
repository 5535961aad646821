// Exhausted memory and threads: a reserve for an orderly end, and sentences.
#pragma once

#include <loadsim/base/result.hpp>

#include <exception>
#include <string>
#include <utility>

namespace loadsim {

/// Call first in main(). Keeps memory in reserve, which the first allocation that fails releases: memory_ran_out()
/// is then true, and a run ends in order. Later ones throw std::bad_alloc. An exception about memory or threads that nobody catches
/// ends the program as end_program() does.
void prepare_for_exhaustion();

/// The reserve is in use. Threads: any.
bool memory_ran_out() noexcept;

/// Sentence about an exception by which memory or threads ran out; empty: about something else.
std::string exhaustion_text(const std::exception&);

/// Prints why the program cannot go on, and ends it without destructors: exit code 3 if memory or threads ran out, else 1.
[[noreturn]] void end_program(const std::exception&);

/// Calls `work`, which returns a result; exhausted memory or threads become its error.
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
