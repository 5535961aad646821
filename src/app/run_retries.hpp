// --retry-invalid: a run that is repeated while it is invalid because of the generator.
#pragma once

#include "run_ranks.hpp"

#include <loadsim/base/result.hpp>
#include <loadsim/measure/run_result.hpp>
#include <loadsim/verdict/verdict.hpp>

#include <filesystem>
#include <functional>

namespace loadsim::app {

/// How one of the runs has ended. `aborted` also for a run without a result.
struct run_attempt {
    verdict::exit_code code = verdict::exit_code::internal_error;
    measure::run_result::end_reason ended = measure::run_result::end_reason::aborted;
};

/// The folders of repetitions of a run in `first` that exist already; with --overwrite those that it does not replace. A repetition
/// would need them after a run that was in vain.
problems check_retry_folders(const std::filesystem::path& first, const run_options&);

/// Refuses what check_retry_folders() finds. Runs in the folder `first`, which exists, and again at most `retry_invalid` times in
/// folders beside it; prints why. The last run decides. A stop signal between two runs ends it.
verdict::exit_code run_with_retries(const std::filesystem::path& first, const run_options&,
                                    const std::function<run_attempt(const std::filesystem::path&)>& run_in);

} // namespace loadsim::app
