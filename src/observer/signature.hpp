// HMAC signature of webhook calls.
#pragma once

#include <loadsim/observer/options.hpp>

#include <string>
#include <string_view>

namespace loadsim::observer {

/// Header value for this body: prefix and HMAC(key, body) in the configured encoding; hex in lower case.
std::string compute_signature(const webhook_options::signature&, std::string_view body);

/// Whether the header value matches the body. Accepts upper-case hex.
bool verify_signature(const webhook_options::signature&, std::string_view body, std::string_view header);

} // namespace loadsim::observer
