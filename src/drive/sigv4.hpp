// AWS Signature Version 4: a request and a key into an Authorization header.
#pragma once

#include <loadsim/drive/auth.hpp>
#include <loadsim/http/message.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace loadsim::drive {

/// Where a request goes: a part of what is signed.
struct signed_for {
    std::string host;      ///< as it stands in the Host field
    std::string base_path; ///< in front of the request's target
};

/// Adds X-Amz-Date, X-Amz-Security-Token (where there is one) and Authorization. Signed are those, Host, and every header that
/// the request has.
/// Source: docs.aws.amazon.com, "Create a signed AWS API request", and the examples published with it. Pure.
void sign_v4(http::request&, const auth_options::sigv4_options&, const signed_for&, std::int64_t wall_seconds);

/// The request in the one form that both sides hash.
struct canonical {
    std::string text;
    std::string headers; ///< "host;x-amz-date"
};
canonical canonical_request(const http::request&, const signed_for&);

} // namespace loadsim::drive
