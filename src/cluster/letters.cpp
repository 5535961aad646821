#include <loadsim/cluster/letters.hpp>

#include "letter_json.hpp"

#include <boost/json.hpp>

namespace loadsim::cluster {

namespace json = boost::json;

result<json::object> parse_object(std::string_view text) {
    // Reasons and payloads come from platforms, some of which do not speak UTF-8. What one rank would have counted under
    // such a name must be counted under the same by many.
    json::parse_options any_bytes;
    any_bytes.allow_invalid_utf8 = true;
    json::error_code error;
    json::value parsed = json::parse(json::string_view(text.data(), text.size()), error, {}, any_bytes);
    if (error) return problems{"", "a letter is not valid JSON: " + error.message()};
    if (!parsed.is_object()) return problems{"", "a letter is JSON, but not an object"};
    return std::move(parsed.get_object());
}

std::string encode(const message& m) { return json::serialize(to_json(m)); }

result<message> decode(std::string_view text) {
    const auto parsed = parse_object(text);
    if (!parsed) return parsed.error();
    return from_json(*parsed);
}

} // namespace loadsim::cluster
