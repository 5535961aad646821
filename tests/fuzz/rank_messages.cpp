// Fuzzer: arbitrary bytes as a message between ranks. Invariant: rejected with a problem, or encode and decode round-trip.
#include <loadsim/cluster/rank_messages.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace loadsim;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto message = cluster::decode({reinterpret_cast<const char*>(data), size});
    if (!message) {
        if (message.error().empty() || message.error().list.front().text.empty()) std::abort();
        return 0;
    }
    const auto text = cluster::encode(*message);
    if (text.find('\n') != std::string::npos) std::abort();
    const auto again = cluster::decode(text);
    if (!again || cluster::encode(*again) != text) std::abort();
    if (const auto* report = std::get_if<cluster::status_report>(&*message)) {
        auto sum = report->snapshot;
        sum.add(report->snapshot);
    }
    return 0;
}
