// One request and its answer, waited for.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/http/message.hpp>

namespace loadsim::http {

/// Blocks, for the options' timeout at most (and each retry's). Any status is an answer; its headers are kept.
/// Errors: one sentence, at the URL: nobody there, no answer in time, a certificate that is not trusted, what is not HTTP.
result<response> call(const client_options&, const request&);

} // namespace loadsim::http
