// The API: which request gets which answer.
#pragma once

#include "platform.hpp"

#include <loadsim/http/server.hpp>

namespace loadsim::backend {

/// POST /vehicles/{vin}/remote-services/{service}, GET /requests/{id}, GET /health; everything else is a problem. Where vehicles
/// are behind a broker's HTTP API also POST /vehicles/{vin}/words: what they say, and their presence, as on MQTT.
///
/// A body is optional and must be a JSON object. It is checked and goes no further: the contract's command has no place
/// for parameters.
http::reply answer(platform&, const http::incoming&);

} // namespace loadsim::backend
