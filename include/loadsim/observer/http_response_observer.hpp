// The `response` observer: completion in the HTTP response of a synchronous API.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/event_mapping.hpp>
#include <loadsim/http/message.hpp>
#include <loadsim/observer/event.hpp>
#include <loadsim/observer/options.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim::observer {

/// Event mapping for an HTTP response to a known request: ignores id and VIN. Errors: with paths below `options_path`.
result<contract::event_mapping> compile_response_mapping(const contract::event_mapping_options&,
                                                         const std::string& options_path);

/// Completion in the response; nullopt: none. Leaves `request` empty, since the caller has it. `match_stats` may be null.
std::optional<completion> completion_in_http_response(const contract::event_mapping&, std::string_view body,
                                                      const http::header_list&, monotonic_time at, std::uint32_t index,
                                                      contract::field_match_stats* match_stats);

} // namespace loadsim::observer
