// The observer `response`: the answer of a synchronous API is the end.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/source.hpp>
#include <loadsim/http/message.hpp>
#include <loadsim/observe/event.hpp>
#include <loadsim/observe/options.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim::observe {

/// How an answer is read whose request is known already: its id and VIN are not looked for. Errors: with places below `place`.
result<contract::reading> reading_of_an_answer(const contract::reading_options&, const std::string& place);

/// nullopt: it says no end. `request` is left empty: the caller knows it. `watch` may be null.
std::optional<final_event> end_in_response(const contract::reading&, std::string_view body, const http::header_list&,
                                           monotonic_time at, std::uint32_t index, contract::fit* watch);

} // namespace loadsim::observe
