// Fuzzer: arbitrary bytes as a baseline file, and as histograms.jsonl and latency.hlog of a report folder.
// Invariants: rejected with a sentence, or the run can be compared with itself and printed as a baseline.
#include "temporary_folder.hpp"

#include <loadsim/report/comparison_report.hpp>
#include <loadsim/report/stored_run.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

using namespace loadsim;

namespace {

void write(const std::filesystem::path& file, std::string_view text) {
    std::ofstream(file, std::ios::binary).write(text.data(), static_cast<std::streamsize>(text.size()));
}

void check(const std::filesystem::path& path, const std::filesystem::path& copy) {
    measure::labels labels;
    const auto run = report::read_stored_run(path, labels);
    if (!run) {
        if (run.error().empty() || run.error().list.front().text.empty()) std::abort();
        return;
    }
    const auto side = report::side_of({*run}, labels);
    const auto compared = verdict::compare_runs(side, side);
    if (compared.any(verdict::change_verdict::worse)) std::abort();
    if (report::comparison_text(compared, {.before = {*run}, .after = {*run}, .notes = {}}, true).empty()) std::abort();
    write(copy, report::baseline_json(*run, side));
    measure::labels labels_of_copy;
    report::read_stored_run(copy, labels_of_copy).has_value(); // sums may be larger than a file may name
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const harness::temporary_folder folder;
    static const auto run = [] {
        const auto made = folder / "run";
        std::filesystem::create_directory(made);
        write(made / "summary.json", R"({"schema": "loadsim.summary/2", "requests": {"due": 1000000}})");
        return made;
    }();
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    write(folder / "baseline.json", text);
    write(run / "histograms.jsonl", text);
    write(run / "latency.hlog", text);
    check(folder / "baseline.json", folder / "copy.json");
    check(run, folder / "copy.json");
    return 0;
}
