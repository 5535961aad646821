// HTTP API of the backend: routing of requests.
#pragma once

#include "service_core.hpp"

#include <loadsim/http/server.hpp>

namespace loadsim::backend {

/// POST /vehicles/{vin}/remote-services/{service}, GET /requests/{id}, GET /vehicles/{vin}/requests, GET /health; all else
/// returns problem details (RFC 9457). With a broker's HTTP API also POST /vehicles/{vin}/responses: responses and presence of vehicles, as on
/// MQTT.
///
/// A request that is no longer remembered is read from the event store. GET /vehicles/{vin}/requests returns {"vin",
/// "requests": [as of GET /requests/{id}, newest first], "next"}. ?limit=: 1 to 100, default 20; ?before=: id of a request,
/// only older ones are returned. "next" is the path of the next page, absent on the last.
///
/// A body is optional and must be a JSON object. It is validated and discarded: the contract's command has no
/// parameters.
http::server_response handle_request(service_core&, const http::request_view&);

} // namespace loadsim::backend
