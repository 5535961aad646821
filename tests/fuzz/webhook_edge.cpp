// Whatever comes to the webhook: an answer, always, and without a right signature never an event. And any bytes as a stream of
// server-sent events: the same events in whichever pieces they come.
#include "../../src/observe/webhook_edge.hpp"
#include "../../src/observe/event_stream_reader.hpp"
#include "../../src/observe/signature.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::observe;

namespace {

class fields final : public http::field_source {
public:
    std::string_view find(std::string_view name) const override { return http::find(all, name); }
    http::header_list all;
};

enum wish : std::uint8_t {
    with_secret = 1,
    with_hmac = 2,
    in_base64 = 4,
    knows_secret = 8,
    has_signed = 16,
    is_stream = 32,
    is_list = 64
};

webhook_options options(unsigned wishes) {
    webhook_options o;
    if (wishes & with_secret) o.secret = {.header = "X-Token", .value = "secret"};
    if (wishes & with_hmac)
        o.hmac = {.header = "X-Signature",
                  .key = "key",
                  .encoding = wishes & in_base64 ? webhook_options::signature::coding::base64
                                                 : webhook_options::signature::coding::hex,
                  .prefix = "sha256="};
    o.reading.vin = "header:X-Vehicle";
    if (wishes & is_list) o.reading.each = wishes & in_base64 ? "/events" : "payload";
    return o;
}

std::string_view take_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return line;
}

// A line each for method, target and headers; the body after an empty one.
void call(unsigned wishes, std::string_view input) {
    const auto wanted = options(wishes);
    const auto edge = webhook_edge::make(wanted, "webhook");
    if (!edge) std::abort();
    const auto method = take_line(input);
    const auto target = take_line(input);
    fields given;
    for (auto line = take_line(input); !line.empty(); line = take_line(input)) {
        const auto colon = std::min(line.find(':'), line.size());
        given.all.emplace_back(line.substr(0, colon), line.substr(std::min(colon + 1, line.size())));
    }
    // What nobody hits by chance; in front, for the first one counts.
    if (wanted.hmac && wishes & has_signed)
        given.all.emplace(given.all.begin(), "X-Signature", sign(*wanted.hmac, input));
    if (wanted.secret && wishes & knows_secret) given.all.emplace(given.all.begin(), "X-Token", wanted.secret->value);

    const http::incoming request{.method = method, .target = target, .body = input, .fields = &given};
    contract::fit fit;
    const auto decided = edge->decide(request, &fit);
    const auto status = decided.answer.status;
    if (status != 200 && status != 400 && status != 401 && status != 404 && status != 405 && status != 413)
        std::abort();
    if (status == 200 ? decided.said.empty() && !(wishes & is_list) : !decided.said.empty()) std::abort();
    if ((status == 400) != (decided.said.empty() && decided.unread != 0)) std::abort();
    if (decided.is_proven != (status == 200 || status == 400) || decided.is_proven != decided.refused.empty())
        std::abort();
    const bool is_right = (!wanted.secret || request.header("X-Token") == wanted.secret->value) &&
                          (!wanted.hmac || is_signed(*wanted.hmac, input, request.header("X-Signature")));
    if (!is_right && (decided.is_proven || !decided.said.empty())) std::abort();
    for (const auto& said : decided.said)
        if (said.request.empty()) std::abort();
}

struct heard {
    std::vector<stream_event> events;
    std::string last_id;
    std::uint64_t oversized = 0;
    friend bool operator==(const heard&, const heard&) = default;
};

heard listen(std::string_view stream, std::size_t piece) {
    event_stream_reader reader;
    heard all;
    while (!stream.empty()) {
        for (auto& e : reader.feed(stream.substr(0, piece))) all.events.push_back(std::move(e));
        stream.remove_prefix(std::min(piece, stream.size()));
    }
    all.last_id = reader.last_id();
    all.oversized = reader.oversized();
    return all;
}

} // namespace

// The first byte says what is tried, the second the size of a stream's pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data + 2), size - 2);
    if ((data[0] & is_stream) == 0) {
        call(data[0], input);
    } else if (listen(input, std::max<std::size_t>(1, data[1])) != listen(input, input.size())) {
        std::abort();
    }
    return 0;
}
