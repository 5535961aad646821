// Any bytes as a line of requests.jsonl, anomalies.jsonl and sessions.jsonl: left out with a remark, or told in words that a
// terminal can bear.
#include <loadsim/report/archive.hpp>
#include <loadsim/report/report.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include <unistd.h>

using namespace loadsim;

namespace {

/// Lives as long as the process, and goes with it.
struct own_folder {
    own_folder() {
        auto pattern = (std::filesystem::temp_directory_path() / "loadsim-fuzz-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) std::abort();
        path = pattern;
    }
    ~own_folder() { std::filesystem::remove_all(path); }
    own_folder(const own_folder&) = delete;
    own_folder& operator=(const own_folder&) = delete;

    std::filesystem::path path;
};

bool harmless(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return c != '\n' && static_cast<unsigned char>(c) < 0x20; });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const own_folder folder;
    for (const char* name : {"requests.jsonl", "anomalies.jsonl", "sessions.jsonl"})
        std::ofstream(folder.path / name, std::ios::binary)
            .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    const auto all = report::read_archive(folder.path, {}, "0");
    if (!all) std::abort(); // the files are there
    if (!harmless(report::overview(*all, "run"))) std::abort();
    for (const auto& request : all->requests) {
        if (!harmless(report::explain(*all, request))) std::abort();
        const auto line = report::request_line(request);
        if (line.find('\n') != line.size() - 1) std::abort();
    }
    return 0;
}
