#include <loadsim/contract/payloads.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace loadsim::contract {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 3> phase_names{"ack", "running", "final"};
constexpr std::size_t nesting_limit = 16; // ours has none; a platform may add objects of its own

// Ids, services and codes hardly ever need an escape, and this runs for every message: look first.
bool is_plain(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

void append(std::string& out, std::string_view key, std::string_view text) {
    if (is_plain(text))
        fmt::format_to(std::back_inserter(out), R"("{}":"{}",)", key, text);
    else
        fmt::format_to(std::back_inserter(out), R"("{}":{},)", key, json::serialize(json::string_view{text}));
}

/// The fields of a payload, and whether all that were asked for were what they must be.
class fields {
public:
    explicit fields(std::string_view text) {
        if (text.size() > payload_limit) return;
        json::parse_options options;
        options.max_depth = nesting_limit;
        boost::system::error_code error;
        root_ = json::parse(text, error, &memory_, options);
        object_ = error ? nullptr : root_.if_object();
        good_ = object_ != nullptr;
    }
    fields(const fields&) = delete;
    fields& operator=(const fields&) = delete;

    void required(std::string_view key, std::string& out) {
        optional(key, out);
        good_ = good_ && !out.empty();
    }
    void optional(std::string_view key, std::string& out) {
        const auto* value = find(key);
        if (value == nullptr) return;
        if (const auto* text = value->if_string())
            out.assign(text->data(), text->size());
        else
            good_ = false;
    }
    void optional(std::string_view key, bool& out) {
        const auto* value = find(key);
        if (value == nullptr) return;
        if (const auto* flag = value->if_bool())
            out = *flag;
        else
            good_ = false;
    }
    void optional(std::string_view key, std::int64_t& out) {
        const auto* value = find(key);
        if (value == nullptr) return;
        boost::system::error_code error;
        const auto number = value->to_number<std::int64_t>(error);
        if (error)
            good_ = false;
        else
            out = number;
    }

    explicit operator bool() const { return good_; }

private:
    const json::value* find(std::string_view key) const {
        const auto* value = object_ == nullptr ? nullptr : object_->if_contains(key);
        return value == nullptr || value->is_null() ? nullptr : value;
    }

    std::array<unsigned char, 2048> buffer_; // a usual payload is parsed without the heap
    json::monotonic_resource memory_{buffer_.data(), buffer_.size()};
    json::value root_;
    const json::object* object_ = nullptr;
    bool good_ = false;
};

/// Whatever `read` fills in, or nothing: also when memory runs out inside the library.
template <class T, class Read>
std::optional<T> read_as(std::string_view text, Read read) {
    try {
        fields from(text);
        T into;
        read(from, into);
        if (from) return into;
    } catch (const std::exception&) {}
    return std::nullopt;
}

} // namespace

std::string to_json(const command& c) {
    std::string out = "{";
    append(out, "id", c.id);
    append(out, "service", c.service);
    fmt::format_to(std::back_inserter(out), R"("ts":{}}})", c.ts_ms);
    return out;
}

std::string to_json(const response& r) {
    std::string out = "{";
    append(out, "id", r.id);
    append(out, "phase", phase_names[static_cast<std::size_t>(r.at)]);
    fmt::format_to(std::back_inserter(out), R"("ok":{},)", r.ok);
    append(out, "code", r.code);
    fmt::format_to(std::back_inserter(out), R"("ts":{},"sent":{}}})", r.ts_ms, r.sent_us);
    return out;
}

std::string to_json(const event& e) {
    std::string out = "{";
    append(out, "id", e.id);
    append(out, "service", e.service);
    append(out, "state", e.state);
    append(out, "reason", e.reason);
    fmt::format_to(std::back_inserter(out), R"("ts":{}}})", e.ts_ms);
    return out;
}

std::optional<command> read_command(std::string_view text) {
    return read_as<command>(text, [](fields& from, command& c) {
        from.required("id", c.id);
        from.optional("service", c.service);
        from.optional("ts", c.ts_ms);
    });
}

std::optional<response> read_response(std::string_view text) {
    std::string phase;
    auto read = read_as<response>(text, [&](fields& from, response& r) {
        from.required("id", r.id);
        from.required("phase", phase);
        from.optional("ok", r.ok);
        from.optional("code", r.code);
        from.optional("ts", r.ts_ms);
        from.optional("sent", r.sent_us);
    });
    const auto name = std::ranges::find(phase_names, phase);
    if (!read || name == phase_names.end()) return std::nullopt;
    read->at = static_cast<enum response::phase>(name - phase_names.begin());
    return read;
}

std::optional<event> read_event(std::string_view text) {
    return read_as<event>(text, [](fields& from, event& e) {
        from.required("id", e.id);
        from.optional("service", e.service);
        from.required("state", e.state);
        from.optional("reason", e.reason);
        from.optional("ts", e.ts_ms);
    });
}

} // namespace loadsim::contract
