#include "listen_flag.hpp"

#include <algorithm>
#include <string>

namespace loadsim::app {

result<net::endpoint> parse_listen_flag(std::string_view text) {
    const bool is_port = !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    return net::parse_listen_address(is_port ? "127.0.0.1:" + std::string(text) : std::string(text));
}

} // namespace loadsim::app
