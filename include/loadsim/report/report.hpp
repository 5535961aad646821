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

/// "<name>-20261120T101500Z", the folder's name for a run; characters that do not belong in a name become '-'.
std::string folder_name(std::string_view scenario, std::chrono::system_clock::time_point start);

/// Makes the folder, and its parents. Errors: it exists and is not an empty folder, or it cannot be made.
result<std::filesystem::path> make_folder(const std::filesystem::path&);

/// summary.json's text (schema loadsim.summary/1). Latencies in milliseconds as numbers; null where there is no sample.
std::string summary_json(const measure::run_facts&, const verdict::conclusion&, const measure::legend&);

/// One line of timeline.jsonl, with its newline.
std::string timeline_line(const measure::progress&, const measure::legend&);

/// One line of failures.jsonl, with its newline.
std::string failure_line(const measure::failure&);

/// Writes the files that grow with the run (timeline.jsonl, failures.jsonl, latency.hlog; each line flushed as it is
/// written) and summary.json at the end. A write that fails (full disk) is remembered and said once; nothing throws.
/// latency.hlog: an interval line a second for each hop with samples, tagged with the hop's name.
class folder_writer {
public:
    /// What is in the folder already: nothing, or what a process that is gone has begun, and which is only to be finished.
    enum class files : std::uint8_t { none, begun };

    folder_writer(std::filesystem::path folder, std::chrono::system_clock::time_point start, measure::legend,
                  files = files::none);

    void write(const measure::progress&);
    void finish(const measure::run_facts&, const verdict::conclusion&);

    /// Sentences about what could not be written, each file once; empty: all is there.
    const std::vector<std::string>& troubles() const noexcept { return troubles_; }

private:
    void put(std::ofstream& file, std::string_view name, std::string_view text);
    void give_up(std::ofstream& file, std::string_view name); ///< remembers why; nothing more is written to it

    std::filesystem::path folder_;
    measure::legend legend_;
    std::ofstream timeline_, failures_, hlog_;
    std::vector<std::string> troubles_;
};

} // namespace loadsim::report
