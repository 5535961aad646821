#include <loadsim/backend/default_protocol.hpp>

#include <loadsim/contract/message_parser.hpp>

#include <loadsim/base/encoding.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

namespace loadsim::backend {
namespace {

namespace json = boost::json;

constexpr std::string_view version = "v1/";

std::string joined(std::string_view vin, std::string_view middle, std::string_view last = {}) {
    std::string topic;
    topic.reserve(version.size() + vin.size() + middle.size() + last.size());
    topic += version;
    topic += vin;
    topic += middle;
    topic += last;
    return topic;
}

bool is_one_level(std::string_view text) {
    return !text.empty() && text.find_first_of("/+#") == std::string_view::npos;
}

bool is_one_level_below(std::string_view rest, std::string_view branch) {
    return rest.starts_with(branch) && is_one_level(rest.substr(branch.size()));
}

constexpr std::array<std::string_view, 3> phase_names{"ack", "running", "final"};
constexpr std::size_t nesting_limit = 16; // our payloads are flat; a platform may add nested objects

/// Writes one JSON object into a preallocated string. fmt::format takes ten times as long, twice per request.
class json_writer {
public:
    explicit json_writer(std::size_t size) { out_.reserve(size); }

    void member(std::string_view key, std::string_view text) {
        begin(key);
        out_ += '"';
        append_json_escaped(text, out_);
        out_ += '"';
    }
    void member(std::string_view key, std::int64_t number) {
        begin(key);
        append_number(number, out_);
    }
    std::string finish() && {
        out_ += '}';
        return std::move(out_);
    }

private:
    void begin(std::string_view key) {
        out_ += out_.empty() ? "{\"" : ",\"";
        out_ += key;
        out_ += "\":";
    }

    std::string out_;
};

/// Typed access to the fields of a JSON object; converts to false after a missing required field or a wrong type.
class json_fields {
public:
    explicit json_fields(std::string_view text) {
        if (text.size() > contract::payload_limit) return;
        json::parse_options options;
        options.max_depth = nesting_limit;
        boost::system::error_code error;
        json::parser parser(json::storage_ptr{}, options, scratch_.data(), scratch_.size());
        parser.reset(&memory_);
        parser.write(text.data(), text.size(), error);
        if (error) return;
        // Constructed in place: assignment to a value with another memory resource would copy the tree.
        const auto* root =
            new (memory_.allocate(sizeof(json::value), alignof(json::value))) json::value(parser.release());
        object_ = root->if_object();
        valid_ = object_ != nullptr;
    }
    json_fields(const json_fields&) = delete;
    json_fields& operator=(const json_fields&) = delete;

    void required(std::string_view key, std::string& out) {
        optional(key, out);
        valid_ = valid_ && !out.empty();
    }
    void optional(std::string_view key, std::string& out) {
        const auto* value = find(key);
        if (value == nullptr) return;
        if (const auto* text = value->if_string())
            out.assign(text->data(), text->size());
        else
            valid_ = false;
    }
    void optional(std::string_view key, bool& out) {
        const auto* value = find(key);
        if (value == nullptr) return;
        if (const auto* flag = value->if_bool())
            out = *flag;
        else
            valid_ = false;
    }
    void optional(std::string_view key, std::int64_t& out) {
        const auto* value = find(key);
        if (value == nullptr) return;
        boost::system::error_code error;
        const auto number = value->to_number<std::int64_t>(error);
        if (error)
            valid_ = false;
        else
            out = number;
    }

    explicit operator bool() const { return valid_; }

private:
    const json::value* find(std::string_view key) const {
        const auto* value = object_ == nullptr ? nullptr : object_->if_contains(key);
        return value == nullptr || value->is_null() ? nullptr : value;
    }

    // Buffers: typical payloads need no heap allocation.
    std::array<unsigned char, 1024> scratch_; // parser's temporary buffer
    std::array<unsigned char, 2048> buffer_;
    json::monotonic_resource memory_{buffer_.data(), buffer_.size()};
    const json::object* object_ = nullptr;
    bool valid_ = false;
};

/// The value filled by `read`; nullopt: invalid fields, or an exception in Boost.JSON (out of memory).
template <class T, class Read>
std::optional<T> read_as(std::string_view text, Read read) {
    try {
        json_fields from(text);
        T into;
        read(from, into);
        if (from) return into;
    } catch (const std::exception&) {}
    return std::nullopt;
}

} // namespace

std::string command_topic(std::string_view vin, std::string_view service) { return joined(vin, "/cmd/", service); }
std::string response_topic(std::string_view vin, std::string_view request) { return joined(vin, "/rsp/", request); }
std::string_view response_filter() { return "v1/+/rsp/+"; }
std::string event_topic(std::string_view vin) { return joined(vin, "/evt"); }
std::string presence_topic(std::string_view vin) { return joined(vin, "/state"); }
std::string_view presence_filter() { return "v1/+/state"; }

std::optional<std::string_view> vin_of(std::string_view topic) {
    if (!topic.starts_with(version)) return std::nullopt;
    topic.remove_prefix(version.size());
    const auto end = topic.find('/');
    if (end == std::string_view::npos) return std::nullopt;
    const auto vin = topic.substr(0, end);
    const auto rest = topic.substr(end);
    const bool known =
        rest == "/evt" || rest == "/state" || is_one_level_below(rest, "/cmd/") || is_one_level_below(rest, "/rsp/");
    return known && is_one_level(vin) ? std::optional{vin} : std::nullopt;
}

std::string to_json(const command& c) {
    json_writer out(64 + c.id.size() + c.service.size());
    out.member("id", c.id);
    out.member("service", c.service);
    out.member("ts", c.ts_ms);
    return std::move(out).finish();
}

std::string to_json(const event& e) {
    json_writer out(96 + e.id.size() + e.service.size() + e.state.size() + e.reason.size());
    out.member("id", e.id);
    out.member("service", e.service);
    out.member("state", e.state);
    out.member("reason", e.reason);
    out.member("ts", e.ts_ms);
    return std::move(out).finish();
}

std::optional<response> read_response(std::string_view text) {
    std::string phase;
    auto read = read_as<response>(text, [&](json_fields& from, response& r) {
        from.required("id", r.id);
        from.required("phase", phase);
        from.optional("ok", r.ok);
        from.optional("code", r.code);
        from.optional("ts", r.ts_ms);
        from.optional("sent", r.sent_us);
        from.optional("seq", r.seq);
        from.optional("vin", r.vin);
    });
    const auto name = std::ranges::find(phase_names, phase);
    if (!read || name == phase_names.end()) return std::nullopt;
    read->phase = static_cast<enum response::phase_kind>(name - phase_names.begin());
    return read;
}

std::optional<event> read_event(std::string_view text) {
    return read_as<event>(text, [](json_fields& from, event& e) {
        from.required("id", e.id);
        from.optional("service", e.service);
        from.required("state", e.state);
        from.optional("reason", e.reason);
        from.optional("ts", e.ts_ms);
    });
}

std::optional<presence> read_presence(std::string_view text) {
    return read_as<presence>(text, [](json_fields& from, presence& p) {
        from.required("state", p.state);
        from.optional("wake", p.wake);
    });
}

std::optional<outcome> outcome_of(const event& e) {
    if (e.state == "executed") return outcome::executed;
    if (e.state == "failed") return e.reason == "timeout" ? outcome::timed_out : outcome::failed;
    return std::nullopt;
}

} // namespace loadsim::backend
