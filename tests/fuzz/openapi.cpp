// Fuzzer: arbitrary bytes as an OpenAPI document. Invariant: it is refused with a reason, or the scenario made of it is YAML, whatever texts
// the document has.
#include <loadsim/scenario/new_scenario.hpp>
#include <loadsim/scenario/read.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace loadsim;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view document(reinterpret_cast<const char*>(data), size);
    const auto made = scenario::new_scenario_from_openapi(document, "fuzz");
    if (!made) {
        if (made.error().empty() || made.error().list.front().text.empty()) std::abort();
        return 0;
    }
    if (const auto read = scenario::read(*made, "made"); !read)
        for (const auto& p : read.error().list)
            if (p.text.starts_with("not YAML") || p.text.starts_with("unknown key")) std::abort();
    return 0;
}
