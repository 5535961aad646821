#include <loadsim/cluster/rank_messages.hpp>

#include "message_codec.hpp"

#include <boost/json.hpp>

namespace loadsim::cluster {

namespace json = boost::json;

result<json::object> parse_object(std::string_view text) {
    // Reasons and payloads come from platforms, not all in UTF-8. Their bytes are kept, so that several ranks count under the
    // same name as a single one.
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
