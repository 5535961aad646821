// Parser for the lines of a report folder. Missing keys keep the record's defaults and unknown keys are ignored, so that reports of
// other versions are readable.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/measure/record.hpp>
#include <loadsim/measure/run_result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace loadsim::report {

/// Errors: not a JSON object, or an unknown outcome or anomaly; the text is part of a sentence.
result<measure::request_record> parse_request_record(std::string_view line);
result<measure::anomaly_record> parse_anomaly_record(std::string_view line);
result<measure::session_record> parse_session_record(std::string_view line);

/// Fields of run.json and summary.json. `version` is in run.json only, `not_recorded` in summary.json only.
struct run_metadata {
    std::string schema, version, scenario;
    measure::run_mode mode = measure::run_mode::run;
    std::uint64_t not_recorded = 0;
};
result<run_metadata> parse_run_metadata(std::string_view text);

} // namespace loadsim::report
