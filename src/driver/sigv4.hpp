// AWS Signature Version 4: Authorization header of a request.
#pragma once

#include <loadsim/driver/authenticator.hpp>
#include <loadsim/http/message.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace loadsim::driver {

/// Destination of a request, part of the signed text.
struct signing_target {
    std::string host;      ///< value of the Host field
    std::string base_path; ///< prefix of the request's target
};

/// Adds X-Amz-Date, X-Amz-Security-Token (if set) and Authorization. Signs Host and all headers of the request.
/// Source: docs.aws.amazon.com, "Create a signed AWS API request", and the examples published with it. Pure.
void sign_v4(http::request&, const auth_options::sigv4_options&, const signing_target&, std::int64_t wall_seconds);

/// Canonical request, whose hash is signed.
struct canonical_form {
    std::string text;
    std::string headers; ///< "host;x-amz-date"
};
canonical_form canonical_request(const http::request&, const signing_target&);

} // namespace loadsim::driver
