// HTTP messages as values: no bytes, no socket.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::http {

/// Names and values in their order. Names are compared without regard to case (RFC 9110, 5.1).
using header_list = std::vector<std::pair<std::string, std::string>>;

/// The first one's value; empty: there is none.
std::string_view find(const header_list&, std::string_view name);
bool same_name(std::string_view, std::string_view) noexcept;

/// One that we send. On its way out it gets Host and Content-Length, and unless it has them: Accept (JSON), and Content-Type for a
/// body that looks like JSON. What would break out of a header's line is made a blank.
struct request {
    std::string method = "GET";
    std::string target{}; ///< path and query, behind the base URL's own path; escape_target() is applied
    header_list headers{};
    std::string body{};
    friend bool operator==(const request&, const request&) = default;
};

/// Percent-encodes what must not stand in a request's first line: blanks, control characters, what is not ASCII.
void escape_target(std::string&);

/// One that we got.
struct response {
    unsigned status = 0;
    std::string body{};
    header_list headers{};
    std::string_view header(std::string_view name) const { return find(headers, name); }
};

/// "application/json" for a body that looks like it, else empty.
std::string_view guessed_type(std::string_view body) noexcept;

/// RFC 9110's phrase for usual statuses; "Error" or "OK" for others.
std::string_view reason_phrase(unsigned status);

} // namespace loadsim::http
