// A platform's API that does what the test says of requests.
#pragma once

#include "fake_server.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace stage {

std::string response(std::string_view status, std::string_view body = "{}");

/// Does this at every POST (from 0); of a GET it says that there is no such thing, as it should before the load.
manners api_that(std::function<reaction(std::size_t request)> does);

} // namespace stage
