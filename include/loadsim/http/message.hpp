// HTTP messages as value types.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::http {

/// Header fields in order. Names are case-insensitive (RFC 9110, 5.1).
using header_list = std::vector<std::pair<std::string, std::string>>;

/// Value of the first field of that name; empty if there is none.
std::string_view find_header(const header_list&, std::string_view name);

/// Reason against this method, or against a header of this name, in a request of a scenario; empty: none. Both are tokens
/// (RFC 9110, 5.6.2); methods are case-sensitive (9.1); the framing of the body is that of the serializer.
std::string method_problem(std::string_view);
std::string header_name_problem(std::string_view);
/// header_name_problem(), else header_value_problem().
std::string header_problem(std::string_view name, std::string_view value);
/// Why a header of that name cannot have this value (RFC 9110, 5.5); empty: it can.
std::string header_value_problem(std::string_view name, std::string_view value);
/// The same for path and query of a request (RFC 3986, 3.5).
std::string target_problem(std::string_view);

/// Limits of a received message, in bytes; a scenario sets them with load.http.maxHeader and load.http.maxBody.
struct limits {
    std::uint32_t header = 8 * 1024; ///< with the start line
    std::uint64_t body = 64 * 1024;
    friend bool operator==(const limits&, const limits&) = default;
};

/// Name of the coding if it compresses a body (RFC 9110, 8.4.1): gzip, deflate, br, zstd, compress, or "another coding"; empty:
/// the body is as it is. loadsim sends no Accept-Encoding, and reads no compressed body.
std::string_view compression_of(std::string_view content_encoding) noexcept;

/// Request to be sent. Content-Length is added; Host, Accept (JSON) and, for a body that looks like JSON, Content-Type are
/// added unless present. CR, LF and NUL in header fields are replaced by blanks.
struct request {
    std::string method = "GET";
    std::string target{}; ///< path and query, appended to the base URL's path; percent-encoded as url_part::target
    header_list headers{};
    std::string body{};
    friend bool operator==(const request&, const request&) = default;
};

/// Bytes of the request with this value of the Host field; without a base URL's path.
std::string serialize(const request&, std::string_view host);

/// Response received, with its own copy of body and headers.
struct response {
    unsigned status = 0;
    std::string body{};
    header_list headers{};
    std::string_view header(std::string_view name) const { return find_header(headers, name); }
};

/// "application/json" for a body that looks like JSON, else empty.
std::string_view guess_content_type(std::string_view body) noexcept;

/// RFC 9110's reason phrase for common statuses; "Error" or "OK" for others.
std::string_view reason_phrase(unsigned status);

} // namespace loadsim::http
