// The API: which request gets which response.
#pragma once

#include "http_message.hpp"
#include "platform.hpp"

namespace loadsim::backend {

/// POST /vehicles/{vin}/remote-services/{service}, GET /requests/{id}, GET /health; everything else is a problem.
///
/// A body is optional and must be a JSON object. It is checked and goes no further: the contract's command has no place
/// for parameters.
http_response answer(platform&, const http_request&);

} // namespace loadsim::backend
