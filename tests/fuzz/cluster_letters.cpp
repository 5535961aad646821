// Any bytes as a letter between ranks: refused with a sentence, or what is written of it reads back to the same text.
#include <loadsim/cluster/letters.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace loadsim;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto letter = cluster::decode({reinterpret_cast<const char*>(data), size});
    if (!letter) {
        if (letter.error().empty() || letter.error().list.front().text.empty()) std::abort();
        return 0;
    }
    const auto text = cluster::encode(*letter);
    if (text.find('\n') != std::string::npos) std::abort();
    const auto again = cluster::decode(text);
    if (!again || cluster::encode(*again) != text) std::abort();
    if (const auto* report = std::get_if<cluster::report>(&*letter)) {
        auto sum = report->seen;
        sum.add(report->seen);
    }
    return 0;
}
