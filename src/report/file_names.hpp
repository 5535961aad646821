// The files of a run's folder that are both written and read again.
#pragma once

namespace loadsim::report {

inline constexpr const char* run_name = "run.json";
inline constexpr const char* requests_name = "requests.jsonl";
inline constexpr const char* anomalies_name = "anomalies.jsonl";
inline constexpr const char* sessions_name = "sessions.jsonl";

inline constexpr const char* run_schema = "loadsim.run/1";
inline constexpr const char* summary_schema = "loadsim.summary/1";

} // namespace loadsim::report
