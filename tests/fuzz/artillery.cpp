// Fuzzer: arbitrary bytes as a script of Artillery, and what follows a line "---" as its payload file. Invariant: it is refused with a reason,
// or the scenario made of it is YAML with keys that exist, whatever texts the script has.
#include <loadsim/scenario/import_artillery.hpp>
#include <loadsim/scenario/read.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace loadsim;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view script(reinterpret_cast<const char*>(data), size);
    std::string_view payload;
    constexpr std::string_view separator = "\n---\n";
    if (const auto at = script.find(separator); at != std::string_view::npos) {
        payload = script.substr(at + separator.size());
        script = script.substr(0, at);
    }
    const scenario::artillery_options options{
        .file = "fuzz",
        .environment = "",
        .data_file = "fuzz.csv",
        .read_payload = [payload](const std::string&) -> result<std::string> { return std::string(payload); },
        .variable = [](const std::string&) { return std::optional<std::string>("5"); }};
    const auto made = scenario::import_artillery(script, options);
    if (!made) {
        if (made.error().empty() || made.error().list.front().text.empty()) std::abort();
        return 0;
    }
    for (const auto& note : made->notes)
        if (note.line < 1 || note.text.empty()) std::abort();
    if (const auto read = scenario::read(made->text, "made"); !read)
        for (const auto& p : read.error().list)
            if (p.text.starts_with("not YAML") || p.text.starts_with("unknown key")) std::abort();
    return 0;
}
