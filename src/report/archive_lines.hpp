// Lines of a run's folder, read back into records. What another version has left out stays as the record has it; what it has
// besides is not looked at.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/measure/record.hpp>
#include <loadsim/measure/run_facts.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace loadsim::report {

/// Errors: no JSON, or a word that this version does not know; half a sentence.
result<measure::request_record> read_request(std::string_view line);
result<measure::anomaly_record> read_anomaly(std::string_view line);
result<measure::session_record> read_session(std::string_view line);

/// What run.json and summary.json say of the run; of the first the version too, of the second what was not recorded.
struct run_words {
    std::string schema, version, scenario;
    measure::mode how = measure::mode::run;
    std::uint64_t not_recorded = 0;
};
result<run_words> read_run_words(std::string_view text);

} // namespace loadsim::report
