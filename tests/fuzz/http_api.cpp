// Fuzzer: arbitrary bytes at the backend's HTTP API, through parser, router and service core, in chunks sized by the input.
// Invariants: no crash, every request gets one response, the service core's counts add up.
#include "../../src/backend/http_api.hpp"
#include "../../src/http/server_session.hpp"

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
    bool publish(send_id, const outbox_message&, std::uint32_t) override { return false; }
};
struct no_store final : event_store {
    void write(std::vector<stored_event>) override {}
    void read(event_query, on_read on_read) override { on_read(std::nullopt); }
};

} // namespace

// First byte: chunk size (0: everything at once); the rest is sent to the connection.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t chunk_size = data[0] == 0 ? size : data[0];
    std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);

    static const options config;
    manual_time time;
    no_broker broker;
    no_store store;
    service_core core(config, time, {}, broker, &store);
    std::uint64_t handled = 0;
    const http::handler on_request = [&](const http::request_view& r) {
        ++handled;
        return handle_request(core, r);
    };
    http::server_session session(on_request, {});
    std::vector<http::pending_write> out;

    while (!bytes.empty()) {
        const auto chunk = bytes.substr(0, chunk_size);
        bytes.remove_prefix(chunk.size());
        const bool was_finished = session.finished();
        out.clear();
        session.feed(chunk, out);
        if (was_finished && !out.empty()) std::abort();
        core.run();
        time.advance(std::chrono::milliseconds{100});
    }
    time.advance(std::chrono::minutes{1});
    core.run();

    const auto request_counts = core.counts().requests;
    if (session.responses() != handled + session.malformed() || session.malformed() > 1) std::abort();
    if (request_counts.active != 0 || request_counts.created != request_counts.failed) std::abort();
    return 0;
}
