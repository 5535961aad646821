// Any bytes at the API: through the HTTP parser, the router and the core, in the pieces that the input itself asks for.
// Whatever comes, it must not crash, and the core's books must balance.
#include "../../src/backend/http_api.hpp"
#include "../../src/http/conversation.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

using namespace loadsim;
using namespace loadsim::backend;

namespace {

struct no_broker final : broker_port {
    bool publish(ticket, const outgoing&, std::uint32_t) override { return false; }
};
struct no_store final : event_store {
    void write(std::vector<stored_event>) override {}
};

} // namespace

// The first byte is the size of the pieces (0: all at once), the rest goes to the connection.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t piece = data[0] == 0 ? size : data[0];
    std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);

    static const options wanted;
    manual_time time;
    no_broker broker;
    no_store store;
    platform service(wanted, time, {}, broker, &store);
    std::uint64_t asked = 0;
    const http::handler answers = [&](const http::incoming& r) {
        ++asked;
        return answer(service, r);
    };
    http::conversation talk(answers, {});
    std::vector<http::outgoing> out;

    while (!bytes.empty()) {
        const auto part = bytes.substr(0, piece);
        bytes.remove_prefix(part.size());
        const bool was_over = talk.over();
        out.clear();
        talk.feed(part, out);
        if (was_over && !out.empty()) std::abort();
        service.run();
        time.advance(std::chrono::milliseconds{100});
    }
    time.advance(std::chrono::minutes{1});
    service.run();

    const auto ended = service.counted().requests;
    if (talk.answered() != asked + talk.malformed() || talk.malformed() > 1) std::abort();
    if (ended.active != 0 || ended.created != ended.failed) std::abort();
    return 0;
}
