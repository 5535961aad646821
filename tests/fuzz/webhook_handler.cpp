// Fuzzer: arbitrary webhook requests. Invariants: every request gets a response, and without a valid signature no event is extracted.
#include "../../src/observer/webhook_observer.hpp"

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

class header_fields final : public http::header_fields {
public:
    std::string_view find(std::string_view name) const override { return http::find_header(headers, name); }
    http::header_list headers;
};

enum scenario_flag : std::uint8_t {
    with_secret = 1,
    with_hmac = 2,
    in_base64 = 4,
    sends_secret = 8,
    sends_signature = 16,
    is_batch = 64
};

webhook_options make_options(unsigned flags) {
    webhook_options o;
    if (flags & with_secret) o.secret = {.header = "X-Token", .value = "secret"};
    if (flags & with_hmac)
        o.hmac = {.header = "X-Signature",
                  .key = "key",
                  .encoding = flags & in_base64 ? webhook_options::signature::coding::base64
                                                : webhook_options::signature::coding::hex,
                  .prefix = "sha256="};
    o.reading.vin = "header:X-Vehicle";
    if (flags & is_batch) o.reading.batch_path = flags & in_base64 ? "/events" : "payload";
    return o;
}

std::string_view take_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return line;
}

// Input: one line each for method, target and headers, an empty line, then the body.
void check_request(unsigned flags, std::string_view input) {
    const auto configured = make_options(flags);
    const auto handler = webhook_handler::make(configured, "webhook");
    if (!handler) std::abort();
    const auto method = take_line(input);
    const auto target = take_line(input);
    header_fields request_headers;
    for (auto line = take_line(input); !line.empty(); line = take_line(input)) {
        const auto colon = std::min(line.find(':'), line.size());
        request_headers.headers.emplace_back(line.substr(0, colon), line.substr(std::min(colon + 1, line.size())));
    }
    // Valid credentials, which random input never produces; placed first because the first header counts.
    if (configured.hmac && flags & sends_signature)
        request_headers.headers.emplace(request_headers.headers.begin(), "X-Signature",
                                        compute_signature(*configured.hmac, input));
    if (configured.secret && flags & sends_secret)
        request_headers.headers.emplace(request_headers.headers.begin(), "X-Token", configured.secret->value);

    const http::request_view request{.method = method, .target = target, .body = input, .fields = &request_headers};
    contract::field_match_stats match_stats;
    const auto decision = handler->handle(request, &match_stats);
    const auto status = decision.response.status;
    if (status != 200 && status != 400 && status != 401 && status != 404 && status != 405 && status != 415)
        std::abort();
    if (status == 200 ? decision.events.empty() && !(flags & is_batch) : !decision.events.empty()) std::abort();
    if ((status == 400) != (decision.events.empty() && decision.unmapped != 0)) std::abort();
    if (decision.is_authenticated != (status == 200 || status == 400) ||
        decision.is_authenticated != decision.refused.empty())
        std::abort();
    const bool is_authorized =
        (!configured.secret || request.header("X-Token") == configured.secret->value) &&
        (!configured.hmac || verify_signature(*configured.hmac, input, request.header("X-Signature")));
    if (!is_authorized && (decision.is_authenticated || !decision.events.empty())) std::abort();
    for (const auto& event : decision.events)
        if (event.request_id.empty()) std::abort();
}

} // namespace

// First byte: scenario flags; the second one is not used.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    check_request(data[0], {reinterpret_cast<const char*>(data + 2), size - 2});
    return 0;
}
