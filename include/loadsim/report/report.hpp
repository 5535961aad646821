// A run's folder: what is written while it goes and when it ends.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/measure/run_facts.hpp>
#include <loadsim/verdict/conclusion.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::report {

/// The file that says how a run was; it is there when the run has ended and been judged.
inline constexpr const char* summary_name = "summary.json";
/// The scenario that was run, with every value in force.
inline constexpr const char* scenario_name = "scenario.yaml";

/// What a folder says of its run from the first moment on, so that one that was killed can be read too.
struct run_header {
    std::string version; ///< of the program
    measure::mode how = measure::mode::run;
    std::string scenario; ///< name
    std::uint64_t seed = 0;
    std::chrono::system_clock::time_point started;
};

/// "<name>-20261120T101500Z", the folder's name for a run; characters that do not belong in a name become '-'.
std::string folder_name(std::string_view scenario, std::chrono::system_clock::time_point start);

/// Makes the folder, and its parents. Errors: it exists and is not an empty folder, or it cannot be made.
result<std::filesystem::path> make_folder(const std::filesystem::path&);

/// run.json's text (schema loadsim.run/1).
std::string run_json(const run_header&);

/// summary.json's text (schema loadsim.summary/1). Latencies in milliseconds as numbers; null where there is no sample. What is
/// expected of a request is an array of outcomes: any of them would be right.
std::string summary_json(const measure::run_facts&, const verdict::conclusion&, const measure::legend&);

/// One line of timeline.jsonl, with its newline.
std::string timeline_line(const measure::progress&, const measure::legend&);

/// One line of requests.jsonl, anomalies.jsonl and sessions.jsonl, with its newline. Instants that did not come are null.
std::string request_line(const measure::request_record&);
std::string anomaly_line(const measure::anomaly_record&);
std::string session_line(const measure::session_record&);

/// Writes run.json at once, the files that grow with the run (timeline.jsonl, requests.jsonl, anomalies.jsonl, sessions.jsonl,
/// latency.hlog; flushed as they are written) and summary.json at the end. A write that fails (full disk) is remembered and
/// said once; nothing throws.
/// latency.hlog: an interval line a second for each hop with samples, tagged with the hop's name.
class folder_writer {
public:
    /// What is in the folder already: nothing, or what a process that is gone has begun, and which is only to be finished.
    enum class files : std::uint8_t { none, begun };

    folder_writer(std::filesystem::path folder, const run_header&, measure::legend, files = files::none);

    void write(const measure::progress&);
    void finish(const measure::run_facts&, const verdict::conclusion&);

    /// Sentences about what could not be written, each file once; empty: all is there.
    const std::vector<std::string>& troubles() const noexcept { return troubles_; }

private:
    /// Writes a file that only counts when it is whole.
    void put_whole(std::string_view name, std::string_view text);
    void put(std::ofstream& file, std::string_view name, std::string_view text);
    void give_up(std::ofstream& file, std::string_view name); ///< remembers why; nothing more is written to it

    std::filesystem::path folder_;
    measure::legend legend_;
    std::ofstream timeline_, requests_, anomalies_, sessions_, hlog_;
    std::vector<std::string> troubles_;
};

} // namespace loadsim::report
