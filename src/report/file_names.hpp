// Names of report files that are written and read by this module.
#pragma once

namespace loadsim::report {

inline constexpr const char* run_file_name = "run.json";
inline constexpr const char* requests_file_name = "requests.jsonl";
inline constexpr const char* anomalies_file_name = "anomalies.jsonl";
inline constexpr const char* sessions_file_name = "sessions.jsonl";

inline constexpr const char* run_schema = "loadsim.run/1";
inline constexpr const char* summary_schema = "loadsim.summary/1";

} // namespace loadsim::report
