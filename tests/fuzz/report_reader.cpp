// Fuzzer: arbitrary bytes as lines of requests.jsonl, anomalies.jsonl and sessions.jsonl. Invariant: a line is skipped with a
// warning, or its text has no control characters but the line feed.
#include "temporary_folder.hpp"

#include <loadsim/report/report_folder.hpp>
#include <loadsim/report/report_reader.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

using namespace loadsim;

namespace {

bool is_terminal_safe(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return c != '\n' && static_cast<unsigned char>(c) < 0x20; });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const harness::temporary_folder folder;
    for (const char* name : {"requests.jsonl", "anomalies.jsonl", "sessions.jsonl"})
        std::ofstream(folder / name, std::ios::binary)
            .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    const auto contents = report::read_report(folder.path(), {}, "0");
    if (!contents) std::abort(); // the files exist
    if (!is_terminal_safe(report::run_overview(*contents, "run"))) std::abort();
    for (const auto& request : contents->requests) {
        if (!is_terminal_safe(report::explain(*contents, request))) std::abort();
        const auto line = report::request_line(request);
        if (line.find('\n') != line.size() - 1) std::abort();
    }
    return 0;
}
