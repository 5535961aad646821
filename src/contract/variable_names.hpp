// Names of the built-in template variables.
#pragma once

#include <loadsim/contract/template_symbols.hpp>

#include <array>
#include <string_view>

namespace loadsim::contract {

/// Indexed by enum variable.
inline constexpr std::array<std::string_view, 20> variable_names{
    "vin",   "index",  "segment", "request.id", "service",     "arrival",      "code",
    "state", "wake",   "phase",   "ok",         "seq",         "claimed.vin",  "now:ms",
    "now:s", "now:us", "now:iso", "sent:us",    "webhook.url", "brokerApi.url"};
static_assert(variable_names.size() == static_cast<std::size_t>(variable::broker_api_url) + 1);

} // namespace loadsim::contract
