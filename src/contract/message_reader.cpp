#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/source.hpp>

#include <boost/json.hpp>

#include <charconv>
#include <exception>
#include <new>

namespace loadsim::contract {
namespace {

namespace json = boost::json;

constexpr std::size_t nesting_limit = 32;

template <class Number>
void assign_number(Number number, std::string& out) {
    std::array<char, 32> digits; // the longest double has 24
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.assign(digits.data(), end);
}

/// False: null, which says nothing.
bool assign_text(const json::value& value, std::string& out) {
    switch (value.kind()) {
    case json::kind::null: return false;
    case json::kind::string: {
        const auto& text = value.get_string();
        out.assign(text.data(), text.size());
        break;
    }
    case json::kind::bool_: out = value.get_bool() ? "true" : "false"; break;
    case json::kind::int64: assign_number(value.get_int64(), out); break;
    case json::kind::uint64: assign_number(value.get_uint64(), out); break;
    case json::kind::double_: assign_number(value.get_double(), out); break;
    default: out = json::serialize(value);
    }
    return true;
}

/// RFC 6901, 4: digits without a leading zero.
const json::value* item_of(const json::array& items, std::string_view token) {
    std::size_t place = 0;
    const auto* last = token.data() + token.size();
    const auto [end, error] = std::from_chars(token.data(), last, place);
    const bool is_index = error == std::errc{} && end == last && (token.size() == 1 || token.front() != '0');
    return is_index && place < items.size() ? &items[place] : nullptr;
}

const json::value* found(const json::value* at, const std::vector<std::string>& tokens) {
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

struct message_reader::parsed {
    explicit parsed(std::string_view text) {
        if (text.size() > payload_limit) return;
        json::parse_options options;
        options.max_depth = nesting_limit;
        boost::system::error_code error;
        json::parser parser(json::storage_ptr{}, options, scratch.data(), scratch.size());
        parser.reset(&memory);
        parser.write(text.data(), text.size(), error);
        if (error) return;
        // As it is: assigned to a value with memory of its own, all of it would be copied. It is never destroyed, for it owns
        // nothing but that memory.
        root = new (memory.allocate(sizeof(json::value), alignof(json::value))) json::value(parser.release());
    }
    parsed(const parsed&) = delete;
    parsed& operator=(const parsed&) = delete;

    std::array<unsigned char, 1024> scratch; // of the parser
    std::array<unsigned char, 2048> buffer;
    json::monotonic_resource memory{buffer.data(), buffer.size()};
    const json::value* root = nullptr;
};

message_reader::message_reader(const heard& message) : message_(message) {}

message_reader::~message_reader() {
    if (parsed_ != nullptr) parsed_->~parsed();
}

message_reader::parsed& message_reader::json() {
    static_assert(sizeof(parsed) <= sizeof(room_) && alignof(parsed) <= alignof(std::max_align_t));
    if (parsed_ == nullptr) parsed_ = new (room_.data()) parsed(message_.payload);
    return *parsed_;
}

bool message_reader::is_json() {
    try {
        return json().root != nullptr;
    } catch (const std::exception&) { // out of memory inside the library
        return false;
    }
}

bool message_reader::read(const source& from, std::string& out) {
    switch (from.what()) {
    case source::kind::none: return false;
    case source::kind::pointer: {
        if (!is_json()) return false;
        const auto* value = found(json().root, from.tokens());
        return value != nullptr && assign_text(*value, out);
    }
    case source::kind::topic_level: {
        const auto level = level_of(message_.topic, from.level());
        if (level) out = *level;
        return level.has_value();
    }
    case source::kind::payload: out = message_.payload; return !out.empty();
    case source::kind::correlation: out = message_.correlation; return !out.empty();
    case source::kind::named:
        out = message_.named ? message_.named(from.name()) : std::string_view{};
        return !out.empty();
    }
    return false;
}

} // namespace loadsim::contract
