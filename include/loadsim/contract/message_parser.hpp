// Message parser: values of field paths in one received message.
#pragma once

#include <loadsim/contract/field_path.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::contract {

inline constexpr std::size_t payload_limit = 64 * 1024; ///< bytes of an MQTT payload that is parsed

/// Views of one received MQTT or HTTP message.
struct message_view {
    std::string_view topic{};
    std::string_view payload{};
    std::string_view correlation{};
    /// Returns a user property (MQTT 5) or header (HTTP) by name; empty: absent. Empty function: the message has none.
    std::function<std::string_view(std::string_view name)> property{};
    bool retained = false;                   ///< MQTT: kept by the broker since before the subscription
    std::size_t parse_limit = payload_limit; ///< bytes of a payload that is parsed; HTTP has load.http.maxBody for it
};

/// Extracts fields from one message, which must outlive the parser. The JSON payload is parsed once, on the first JSON pointer.
/// A byte order mark before the payload is ignored.
/// Safe for untrusted input: payloads over the message's limit are not parsed; nesting depth is limited.
class message_parser {
public:
    explicit message_parser(const message_view&);
    ~message_parser();
    message_parser(const message_parser&) = delete;
    message_parser& operator=(const message_parser&) = delete;

    /// Writes the field as text: numbers as written, of any length, booleans as true/false, objects and arrays as JSON without blanks.
    /// False: absent or null.
    bool extract(const field_path&, std::string& out);
    /// Items of a JSON array, each as JSON text; nullopt: absent, not an array, or over the limit.
    std::optional<std::vector<std::string>> extract_items(const field_path&);
    bool is_json(); ///< true: the payload is JSON

private:
    struct parsed_json; // hides Boost.JSON from this header
    parsed_json& json();
    std::string_view payload() const;

    const message_view& message_;
    parsed_json* parsed_json_ = nullptr;
    alignas(std::max_align_t)
        std::array<std::byte, 3400> storage_; // storage of *parsed_json_: typical payloads need no heap allocation
};

} // namespace loadsim::contract
