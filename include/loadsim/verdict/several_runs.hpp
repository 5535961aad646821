// Several runs: exit code of all together, and whether an invalid run is repeated.
#pragma once

#include <loadsim/measure/run_result.hpp>
#include <loadsim/verdict/verdict.hpp>

namespace loadsim::verdict {

/// The worse of two exit codes. From the worst: interrupted (it ends all), internal_error, usage, setup, missed, invalid, no_data, pass.
exit_code worse(exit_code, exit_code);

/// Exit code of a run in a process of its own, by that of the process; 128 + n: signal n ended it. SIGTERM, SIGHUP and SIGKILL cut a run
/// short (invalid); 127: the program could not be executed (setup); what no run ends with is an internal error.
exit_code run_code_of(int process_exit_code);

/// True: the run is invalid because of the generator alone, so that another run of the scenario may be valid. A run that was cut
/// short, by a signal or a lost rank, is not repeated.
bool may_be_repeated(exit_code, measure::run_result::end_reason);

} // namespace loadsim::verdict
