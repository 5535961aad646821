// Blocking HTTP request.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/http/message.hpp>

namespace loadsim::http {

/// Blocks, for at most the options' timeout per try. A response of any status is a success; its headers are kept.
/// Errors: one sentence with the URL: no connection, timeout, untrusted certificate, not HTTP.
result<response> fetch(const client_options&, const request&);

} // namespace loadsim::http
