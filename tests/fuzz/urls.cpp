// Fuzzer: arbitrary text as the URL of a broker or an API, and as an address to listen on. Invariants: rejected with a sentence that
// does not repeat a password, or printing and parsing give the same endpoint, whose path cannot end a header line.
#include <loadsim/net/url.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace loadsim;

namespace {

void check_rejection(std::string_view url, const problems& why) {
    if (why.empty() || why.list.front().text.empty()) std::abort();
    if (url.find('@') == std::string_view::npos) return;
    // The last '@' of the URL ends its user and password: the sentence has it once, behind the mask.
    std::string sentence = why.list.front().text;
    if (const auto mask = sentence.find("***@"); mask != std::string::npos) sentence.erase(mask, 4);
    if (sentence.find('@') != std::string::npos) std::abort();
}

void check_url(std::string_view text, result<net::endpoint> (*parse)(std::string_view)) {
    const auto parsed = parse(text);
    if (!parsed) return check_rejection(text, parsed.error());
    if (parsed->host.empty() || parsed->port == 0) std::abort();
    const auto breaks_line = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
    if (std::ranges::any_of(parsed->host + parsed->path, breaks_line)) std::abort();
    const auto again = parse(net::to_string(*parsed));
    if (!again || *again != *parsed) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_url(text, net::parse_broker_url);
    check_url(text, net::parse_api_url);
    if (const auto listens = net::parse_listen_address(text); !listens) check_rejection(text, listens.error());
    return 0;
}
