// Distinguished names from text.
#pragma once

#include "openssl.hpp"

#include <loadsim/base/result.hpp>

#include <string_view>

namespace loadsim::certificate {

/// RFC 4514: "CN=LZ9…,O=test". The last component is the first in the certificate (2.1). Types are OpenSSL's names or dotted OIDs.
/// Errors: one problem, located at "subject".
result<name_handle> parse_subject(std::string_view);

} // namespace loadsim::certificate
