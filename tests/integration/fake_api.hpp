// Fake API of a platform with scripted reactions to requests.
#pragma once

#include "fake_server.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace harness {

std::string http_response(std::string_view status, std::string_view body = "{}");

/// Handler that calls `on_post` with the number (from 0) of each POST. A GET, the check before the load, gets 404.
connection_handler fake_api_handler(std::function<reaction(std::size_t request)> on_post);

} // namespace harness
