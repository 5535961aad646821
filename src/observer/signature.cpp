#include "signature.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/hash.hpp>

#include <span>

namespace loadsim::observer {

std::string compute_signature(const webhook_options::signature& wanted, std::string_view body) {
    const auto mac = hmac(wanted.algorithm, wanted.key, body);
    return wanted.prefix + (wanted.encoding == webhook_options::signature::coding::hex ? to_hex(mac) : to_base64(mac));
}

bool verify_signature(const webhook_options::signature& wanted, std::string_view body, std::string_view header) {
    if (!header.starts_with(wanted.prefix)) return false;
    std::string given(header);
    if (wanted.encoding == webhook_options::signature::coding::hex)
        for (auto& c : std::span(given).subspan(wanted.prefix.size())) c = ascii_lower(c);
    return constant_time_equal(given, compute_signature(wanted, body));
}

} // namespace loadsim::observer
