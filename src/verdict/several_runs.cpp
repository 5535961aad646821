#include <loadsim/verdict/several_runs.hpp>

#include <algorithm>
#include <array>
#include <csignal>

namespace loadsim::verdict {
namespace {

constexpr std::array from_worst_to_best{
    exit_code::interrupted, exit_code::internal_error, exit_code::usage,   exit_code::setup,
    exit_code::missed,      exit_code::invalid,        exit_code::no_data, exit_code::pass};

} // namespace

exit_code worse(exit_code a, exit_code b) {
    return std::ranges::find(from_worst_to_best, a) <= std::ranges::find(from_worst_to_best, b) ? a : b;
}

exit_code run_code_of(int process_exit_code) {
    constexpr int ended_by_signal = 128;
    constexpr int not_executed = 127;
    const auto code = static_cast<exit_code>(process_exit_code);
    if (std::ranges::count(from_worst_to_best, code) != 0) return code;
    switch (process_exit_code) {
    case not_executed: return exit_code::setup;
    case ended_by_signal + SIGHUP:
    case ended_by_signal + SIGKILL:
    case ended_by_signal + SIGTERM: return exit_code::invalid;
    default: return exit_code::internal_error;
    }
}

bool may_be_repeated(exit_code code, measure::run_result::end_reason ended) {
    return code == exit_code::invalid && ended == measure::run_result::end_reason::complete;
}

} // namespace loadsim::verdict
