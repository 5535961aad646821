// Fuzzer: arbitrary bytes as a stream of server-sent events, and as one message of a WebSocket (its frames are Beast's), through the
// event mapping. Invariants: the parsed events do not depend on how the stream is split; each message is counted once, and is an event
// with a request id or has a sentence.
#include "../../src/observer/event_sink.hpp"
#include "../../src/observer/sse_parser.hpp"

#include <loadsim/observer/options.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::observer;

namespace {

enum flag : std::uint8_t { is_stream = 1, is_batch = 2 };

struct parsed_stream {
    std::vector<sse_event> events;
    std::string last_id;
    std::uint64_t oversized = 0;
    friend bool operator==(const parsed_stream&, const parsed_stream&) = default;
};

parsed_stream parse_stream(std::string_view stream, std::size_t chunk_size) {
    sse_parser reader;
    parsed_stream parsed;
    while (!stream.empty()) {
        for (auto& e : reader.feed(stream.substr(0, chunk_size))) parsed.events.push_back(std::move(e));
        stream.remove_prefix(std::min(chunk_size, stream.size()));
    }
    parsed.last_id = reader.last_id();
    parsed.oversized = reader.oversized();
    return parsed;
}

void map_message(std::string_view payload, bool batch) {
    auto wanted = websocket_options{}.reading;
    if (batch) wanted.batch_path = "payload";
    const auto mapping = compile_event_mapping(wanted, "websocket").value();
    std::uint64_t completions = 0, malformed = 0;
    event_sink sink(
        [&](const std::optional<completion>& seen, const std::string& why) {
            ++(seen ? completions : malformed);
            if (seen ? seen->request.empty() : why.empty()) std::abort();
        },
        0);
    sink.on_message(mapping, {.payload = payload, .parse_limit = payload.size()}, "a message", {});
    auto counts = sink.take_counts();
    if (counts.completions != completions || counts.refused["no event"] != malformed) std::abort();
    if (counts.messages < completions + malformed || (!batch && counts.messages != 1)) std::abort();
}

} // namespace

// First byte: flags; second byte: chunk size of a stream.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const bool batch = (data[0] & is_batch) != 0;
    const std::string_view input(reinterpret_cast<const char*>(data + 2), size - 2);
    if ((data[0] & is_stream) == 0) {
        map_message(input, batch);
        return 0;
    }
    const auto parsed = parse_stream(input, std::max<std::size_t>(1, data[1]));
    if (parsed != parse_stream(input, size)) std::abort();
    for (const auto& event : parsed.events) map_message(event.data, batch);
    return 0;
}
