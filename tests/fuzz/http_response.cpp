// Fuzzer: arbitrary bytes as the response of an API, through the parser, then as the response to a request, a poll and a token
// request. Invariants: the parsed response does not depend on how its bytes are split; nothing exceeds a limit; what is no success
// has a text.
#include "../../src/driver/oauth2.hpp"
#include "../../src/driver/response_mapping.hpp"
#include "../../src/http/response_parser.hpp"

#include <loadsim/observer/http_response_observer.hpp>
#include <loadsim/observer/options.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace loadsim;

namespace {

enum parser_flag : std::uint8_t { bodiless = 1, small_limits = 2, closed = 4 };

constexpr http::limits small{.header = 64, .body = 32};

struct parsed_response {
    bool done = false;
    unsigned status = 0;
    std::string body;
    http::header_list headers;
    friend bool operator==(const parsed_response&, const parsed_response&) = default;
};

parsed_response parse(std::string_view bytes, std::size_t chunk_size, unsigned flags) {
    const auto limits = (flags & small_limits) != 0 ? small : http::limits{};
    http::response_parser parser({.limits = limits, .keep_headers = true});
    http::response_parser::error_code error;
    parser.begin((flags & bodiless) != 0);
    while (!bytes.empty() && !error && !parser.done()) {
        parser.feed(bytes.substr(0, chunk_size), error);
        bytes.remove_prefix(std::min(chunk_size, bytes.size()));
    }
    if (!error && !parser.done() && (flags & closed) != 0) parser.put_eof(error);
    if (parser.body().size() > limits.body) std::abort();
    if (error && parser.describe(error).empty()) std::abort();
    if (error || !parser.done()) return {};
    return {true, parser.status(), std::string(parser.body()), parser.headers()};
}

void use(const parsed_response& parsed) {
    const http::response_view view{
        .status = parsed.status, .body = parsed.body, .error = {}, .headers = parsed.headers};
    for (const auto* path : {"/id", "header:Location", "payload"}) {
        const auto id = contract::field_path::parse(path).value();
        const auto mapped = driver::map_response(contract::options{}.request, id, view);
        if (mapped.text.empty()) std::abort();
    }
    static const auto mapping = observer::compile_response_mapping(observer::poll_options{}.reading, "poll").value();
    (void)observer::completion_in_http_response(mapping, parsed.body, parsed.headers, {}, 0, nullptr);
    const auto token = driver::parse_token({parsed.status, parsed.body, parsed.headers});
    if (token ? token->value.empty() : token.error().empty()) std::abort();
}

} // namespace

// First byte: flags; second byte: chunk size.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data + 2), size - 2);
    const auto whole = parse(bytes, size, data[0]);
    // In pieces a chunk header is limited as well.
    if ((data[0] & small_limits) == 0 && parse(bytes, std::max<std::size_t>(1, data[1]), data[0]) != whole)
        std::abort();
    if (whole.done) use(whole);
    return 0;
}
