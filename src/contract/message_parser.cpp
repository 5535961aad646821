#include <loadsim/base/encoding.hpp>
#include <loadsim/contract/message_parser.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>
#include <exception>
#include <new>

namespace loadsim::contract {
namespace {

namespace json = boost::json;

constexpr std::size_t nesting_limit = 32;

/// Reads JSON that is known to be valid as text, value by value: Boost.JSON converts numbers, and loses digits of long ones.
class json_scanner {
public:
    explicit json_scanner(std::string_view valid_json) : rest_(valid_json) { skip_blanks(); }
    char front() const { return rest_.front(); }
    /// Removes a bracket, comma or colon, and the blanks after it.
    void skip_mark() {
        rest_.remove_prefix(1);
        skip_blanks();
    }
    /// Removes and returns the value at the front, and removes the blanks after it.
    std::string_view take_value() {
        const auto from = rest_;
        std::size_t depth = 0;
        do {
            const char c = front();
            if (c == '"')
                skip_string();
            else if (c == '{' || c == '[' || c == '}' || c == ']')
                skip_bracket(depth);
            else if (depth > 0)
                rest_.remove_prefix(1);
            else
                rest_.remove_prefix(std::min(rest_.find_first_of(",]} \t\r\n"), rest_.size()));
        } while (depth > 0);
        const auto value = from.substr(0, from.size() - rest_.size());
        skip_blanks();
        return value;
    }

private:
    void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }
    void skip_bracket(std::size_t& depth) {
        if (front() == '{' || front() == '[')
            ++depth;
        else
            --depth;
        rest_.remove_prefix(1);
    }
    void skip_string() {
        std::size_t i = 1;
        while (rest_[i] != '"') i += rest_[i] == '\\' ? 2 : 1;
        rest_.remove_prefix(i + 1);
    }

    std::string_view rest_;
};

std::vector<std::string_view> items_of(std::string_view array) {
    std::vector<std::string_view> items;
    json_scanner from(array);
    for (from.skip_mark(); from.front() != ']';) {
        items.push_back(from.take_value());
        if (from.front() == ',') from.skip_mark();
    }
    return items;
}

/// The member's value; of several with that key the last, as in Boost.JSON.
std::string_view member_of(std::string_view object, std::string_view key) {
    std::string_view found;
    json_scanner from(object);
    for (from.skip_mark(); from.front() != '}';) {
        const auto name = from.take_value();
        from.skip_mark();
        const auto value = from.take_value();
        if (std::string_view(json::parse(json::string_view(name.data(), name.size())).get_string()) == key)
            found = value;
        if (from.front() == ',') from.skip_mark();
    }
    return found;
}

/// The text of a value that find_value() has found.
std::string_view written_value(std::string_view document, const std::vector<std::string>& tokens) {
    auto at = json_scanner(document).take_value();
    for (const auto& token : tokens) at = at.front() == '[' ? items_of(at)[std::stoul(token)] : member_of(at, token);
    return at;
}

/// Appends JSON without the blanks between its tokens.
void append_compact(std::string_view valid_json, std::string& out) {
    bool quoted = false;
    for (std::size_t i = 0; i < valid_json.size(); ++i) {
        const char c = valid_json[i];
        if (c == '"') quoted = !quoted;
        if (quoted || std::string_view(" \t\r\n").find(c) == std::string_view::npos) out += c;
        if (quoted && c == '\\') out += valid_json[++i];
    }
}

/// False: null, treated as absent. `written`: returns the value's JSON as the document has it; called for a number with a fraction, an
/// exponent or more digits than an integer holds, and for an object or array.
template <class Written>
bool assign_text(const json::value& value, Written&& written, std::string& out) {
    if (value.is_null()) return false;
    out.clear();
    switch (value.kind()) {
    case json::kind::string: {
        const auto& text = value.get_string();
        out.assign(text.data(), text.size());
        break;
    }
    case json::kind::bool_: out = value.get_bool() ? "true" : "false"; break;
    case json::kind::int64: append_number(value.get_int64(), out); break;
    case json::kind::uint64: append_number(value.get_uint64(), out); break;
    case json::kind::double_: out = written(); break;
    default: append_compact(written(), out);
    }
    return true;
}

/// Array index by RFC 6901, 4: digits without a leading zero.
const json::value* item_of(const json::array& items, std::string_view token) {
    std::size_t index = 0;
    const auto* last = token.data() + token.size();
    const auto [end, error] = std::from_chars(token.data(), last, index);
    const bool is_index = error == std::errc{} && end == last && (token.size() == 1 || token.front() != '0');
    return is_index && index < items.size() ? &items[index] : nullptr;
}

const json::value* find_value(const json::value* at, const std::vector<std::string>& tokens) {
    for (const auto& token : tokens) {
        if (const auto* object = at->if_object())
            at = object->if_contains(token);
        else if (const auto* items = at->if_array())
            at = item_of(*items, token);
        else
            return nullptr;
        if (at == nullptr) return nullptr;
    }
    return at;
}

std::optional<std::string_view> level_of(std::string_view topic, std::uint32_t level) {
    for (; level > 0; --level) {
        const auto end = topic.find('/');
        if (end == std::string_view::npos) return std::nullopt;
        topic.remove_prefix(end + 1);
    }
    return topic.substr(0, topic.find('/'));
}

} // namespace

struct message_parser::parsed_json {
    parsed_json(std::string_view text, std::size_t limit) {
        if (text.size() > limit) return;
        json::parse_options options;
        options.max_depth = nesting_limit;
        boost::system::error_code error;
        json::parser parser(json::storage_ptr{}, options, scratch.data(), scratch.size());
        parser.reset(&memory);
        parser.write(text.data(), text.size(), error);
        if (error) return;
        // Constructed in place: assignment to a value with another memory resource would copy the tree. No destructor call: the
        // value owns only memory of the monotonic resource.
        root = new (memory.allocate(sizeof(json::value), alignof(json::value))) json::value(parser.release());
    }
    parsed_json(const parsed_json&) = delete;
    parsed_json& operator=(const parsed_json&) = delete;

    std::array<unsigned char, 1024> scratch; // parser's temporary buffer
    std::array<unsigned char, 2048> buffer;
    json::monotonic_resource memory{buffer.data(), buffer.size()};
    const json::value* root = nullptr;
};

message_parser::message_parser(const message_view& message) : message_(message) {}

message_parser::~message_parser() {
    if (parsed_json_ != nullptr) parsed_json_->~parsed_json();
}

message_parser::parsed_json& message_parser::json() {
    static_assert(sizeof(parsed_json) <= sizeof(storage_) && alignof(parsed_json) <= alignof(std::max_align_t));
    if (parsed_json_ == nullptr) parsed_json_ = new (storage_.data()) parsed_json(payload(), message_.parse_limit);
    return *parsed_json_;
}

std::string_view message_parser::payload() const { return without_byte_order_mark(message_.payload); }

bool message_parser::is_json() {
    try {
        return json().root != nullptr;
    } catch (const std::exception&) { // out of memory inside the library
        return false;
    }
}

bool message_parser::extract(const field_path& from, std::string& out) {
    switch (from.type()) {
    case field_path::kind::none: return false;
    case field_path::kind::pointer: {
        if (!is_json()) return false;
        const auto* value = find_value(json().root, from.tokens());
        const auto written = [&] { return written_value(payload(), from.tokens()); };
        return value != nullptr && assign_text(*value, written, out);
    }
    case field_path::kind::topic_level: {
        const auto level = level_of(message_.topic, from.level());
        if (level) out = *level;
        return level.has_value();
    }
    case field_path::kind::payload: out = payload(); return !out.empty();
    case field_path::kind::correlation: out = message_.correlation; return !out.empty();
    case field_path::kind::property:
        out = message_.property ? message_.property(from.name()) : std::string_view{};
        return !out.empty();
    }
    return false;
}

std::optional<std::vector<std::string>> message_parser::extract_items(const field_path& from) {
    std::string text;
    if (!extract(from, text) || text.size() > message_.parse_limit) return std::nullopt;
    boost::system::error_code error;
    const auto list = json::parse(text, error); // Boost.JSON limits nesting to 32
    if (error || !list.is_array()) return std::nullopt;
    std::vector<std::string> items;
    for (const auto item : items_of(text)) items.emplace_back(item);
    return items;
}

} // namespace loadsim::contract
