// JSON codec of rank messages and spool lines: structs are objects with the names of their fields, maps are lists of
// [key, value], enumerators are their names.
#include "message_codec.hpp"

#include <loadsim/base/counters.hpp>
#include <loadsim/base/enum_names.hpp>
#include <loadsim/measure/hdr_log.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <tuple>
#include <utility>

namespace loadsim::cluster {
namespace {

namespace json = boost::json;

/// Names in JSON, in the order of message's alternatives.
constexpr std::array<std::string_view, std::variant_size_v<message>> message_names{
    "join_request", "run_settings", "control_command", "status_report", "busy_report"};

/// Maximum number of decoded histogram counts per message: 256 MiB. A few hundred bytes decode to 200 kB, so a malicious
/// message could exhaust the memory otherwise.
constexpr std::size_t max_histogram_counts = std::size_t{32} << 20;

struct encoded_histogram {
    std::string v2; ///< HdrHistogram V2 in base64
    std::uint64_t negative = 0;
    std::uint64_t overflow = 0;
};
BOOST_DESCRIBE_STRUCT(encoded_histogram, (), (v2, negative, overflow))

template <class T>
concept list = requires(T& of) {
    of.begin();
};
template <class T>
concept map = requires {
    typename T::mapped_type;
};

template <class T>
json::value to_json(const T& v) {
    if constexpr (std::is_same_v<T, double>) {
        if (std::isnan(v)) return nullptr;
        // Shortest text that parses to the same bits. A string, since Boost.JSON's number parser may be off by the last bit.
        std::array<char, 32> text{};
        const auto end = std::to_chars(text.data(), text.data() + text.size(), v).ptr;
        return json::string(text.data(), static_cast<std::size_t>(end - text.data()));
    } else if constexpr (std::is_arithmetic_v<T>) {
        return v;
    } else if constexpr (std::is_same_v<T, std::string>) {
        return json::string(v);
    } else if constexpr (std::is_enum_v<T>) {
        return json::string(enum_name(v));
    } else if constexpr (std::is_same_v<T, nanoseconds>) {
        return v.count();
    } else if constexpr (std::is_same_v<T, outcome_set>) {
        return v.bits();
    } else if constexpr (std::is_same_v<T, measure::histogram>) {
        return to_json(encoded_histogram{measure::encode_v2(v), v.negative(), v.overflow()});
    } else if constexpr (std::is_same_v<T, measure::latency_table>) {
        return to_json(v.cells());
    } else if constexpr (described<T>) {
        json::object fields;
        each_field([&](const char* name, const auto& field) { fields[name] = to_json(field); }, v);
        return fields;
    } else if constexpr (list<T>) {
        json::array items;
        for (const auto& one : v) items.push_back(to_json(one));
        return items;
    } else {
        return std::apply([](const auto&... parts) { return json::array{to_json(parts)...}; }, v);
    }
}

/// Decodes up to the first error, and keeps that error with its path.
class decoder {
public:
    std::optional<problem> first_problem;

    template <class T>
    void read(const json::value& v, T& into, const std::string& path) {
        if constexpr (std::is_same_v<T, bool>) {
            if (!v.is_bool()) return fail(path, "is not true or false");
            into = v.get_bool();
        } else if constexpr (std::is_integral_v<T>) {
            json::error_code error;
            into = v.to_number<T>(error);
            if (error)
                fail(path, fmt::format("is not a whole number from {} to {}", std::numeric_limits<T>::min(),
                                       std::numeric_limits<T>::max()));
        } else if constexpr (std::is_same_v<T, double>) {
            into = std::numeric_limits<double>::quiet_NaN();
            if (v.is_null()) return;
            const auto text = text_of(v);
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
            if (error != std::errc{} || end != text.data() + text.size())
                fail(path, "is neither a number in a string nor null");
        } else if constexpr (std::is_same_v<T, std::string>) {
            if (!v.is_string()) return fail(path, "is not a string");
            into = text_of(v);
        } else if constexpr (std::is_enum_v<T>) {
            const auto known = parse_enum<T>(text_of(v));
            if (!known) return fail(path, "is not one of the known names");
            into = *known;
        } else if constexpr (std::is_same_v<T, nanoseconds>) {
            std::int64_t count = 0;
            read(v, count, path);
            into = nanoseconds{count};
        } else if constexpr (std::is_same_v<T, outcome_set>) {
            std::uint8_t bits = 0;
            read(v, bits, path);
            into = outcome_set::from_bits(bits);
            if (into.bits() != bits) fail(path, "is not a set of outcomes");
        } else if constexpr (std::is_same_v<T, measure::histogram>) {
            read_histogram(v, into, path);
        } else if constexpr (std::is_same_v<T, measure::latency_table>) {
            std::map<measure::latency_key, measure::histogram> cells;
            read(v, cells, path);
            for (const auto& [key, samples] : cells) into.merge(key, samples);
        } else if constexpr (described<T>) {
            read_fields(v, into, path);
        } else if constexpr (list<T>) {
            read_list(v, into, path);
        } else {
            std::apply([&](auto&... parts) { read_parts(v, path, parts...); }, into);
        }
    }

private:
    static std::string_view text_of(const json::value& v) {
        if (!v.is_string()) return {};
        return {v.get_string().data(), v.get_string().size()};
    }

    void fail(const std::string& path, std::string text) {
        if (!first_problem) first_problem = problem{path, std::move(text)};
    }

    void read_histogram(const json::value& v, measure::histogram& into, const std::string& path) {
        encoded_histogram encoded;
        read(v, encoded, path);
        if (first_problem) return;
        const auto samples = measure::decode_v2(encoded.v2);
        if (!samples) return fail(path, samples.error().list.front().text);
        histogram_counts_ += samples->counts().size();
        if (histogram_counts_ > max_histogram_counts)
            return fail(path, "the message's histograms take more than 256 MiB");
        if (encoded.negative > samples->count() || encoded.overflow > samples->count())
            return fail(path, "has more negative or overflowing samples than samples");
        into = measure::histogram::from_counts(samples->counts(), encoded.negative, encoded.overflow);
    }

    // Helpers of the templates below: compiled once, not for each type.
    const json::value* find_member(const json::value& v, const char* name, const std::string& path) {
        const auto* member = v.get_object().if_contains(name);
        if (member == nullptr) fail(path, fmt::format("lacks '{}'", name));
        return member;
    }
    static std::string path_of(const std::string& parent, const char* name) {
        return parent.empty() ? name : parent + '.' + name;
    }
    static std::string path_of(const std::string& parent, std::size_t index) {
        return fmt::format("{}[{}]", parent, index);
    }

    /// The object must have exactly the fields of the struct.
    template <class Struct>
    void read_fields(const json::value& v, Struct& into, const std::string& path) {
        if (!v.is_object()) return fail(path, "is not an object");
        std::size_t known = 0;
        each_field(
            [&](const char* name, auto& field) {
                if (first_problem) return;
                const auto* member = find_member(v, name, path);
                if (member == nullptr) return;
                ++known;
                read(*member, field, path_of(path, name));
            },
            into);
        if (known < v.get_object().size()) fail(path, "has an unknown field");
    }

    template <class List>
    void read_list(const json::value& v, List& into, const std::string& path) {
        if (!v.is_array()) return fail(path, "is not a list");
        const auto& items = v.get_array();
        if constexpr (!map<List> && !requires { into.emplace_back(); })
            if (items.size() != into.size()) return fail(path, fmt::format("is not a list of {}", into.size()));
        for (std::size_t i = 0; i < items.size() && !first_problem; ++i) {
            const auto at = path_of(path, i);
            if constexpr (map<List>) {
                std::pair<typename List::key_type, typename List::mapped_type> one;
                read(items[i], one, at);
                if (!into.insert(std::move(one)).second) fail(at, "repeats a key");
            } else if constexpr (requires { into.emplace_back(); }) {
                read(items[i], into.emplace_back(), at);
            } else {
                read(items[i], into[i], at);
            }
        }
    }

    template <class... Parts>
    void read_parts(const json::value& v, const std::string& path, Parts&... parts) {
        if (!v.is_array() || v.get_array().size() != sizeof...(parts))
            return fail(path, fmt::format("is not a list of {}", sizeof...(parts)));
        std::size_t i = 0;
        ((read(v.get_array()[i], parts, path_of(path, i)), ++i), ...);
    }

    std::size_t histogram_counts_ = 0; ///< decoded histogram counts so far
};

result<json::value> parse(std::string_view text) {
    // Reasons and payloads come from platforms, not all in UTF-8. Their bytes are kept, so that several ranks count under the
    // same name as a single one.
    json::parse_options any_bytes;
    any_bytes.allow_invalid_utf8 = true;
    json::error_code error;
    auto parsed = json::parse(json::string_view(text.data(), text.size()), error, {}, any_bytes);
    if (error) return problems{"", "is not valid JSON: " + error.message()};
    return parsed;
}

/// Default-constructed message of the named type.
template <std::size_t I = 0>
std::optional<message> default_message(std::string_view name) {
    if constexpr (I == std::variant_size_v<message>)
        return std::nullopt;
    else
        return name == message_names[I] ? message(std::in_place_index<I>) : default_message<I + 1>(name);
}

} // namespace

std::string encode(const message& m) {
    const auto content = std::visit([](const auto& one) { return to_json(one); }, m);
    return json::serialize(json::object{{message_names[m.index()], content}});
}

result<message> decode(std::string_view text) {
    const auto parsed = parse(text);
    if (!parsed) return parsed.error();
    if (!parsed->is_object() || parsed->get_object().size() != 1)
        return problems{"", "a message is an object with one member, named after its type"};
    const auto& content = *parsed->get_object().begin();
    const std::string name(content.key());
    auto read = default_message(name);
    if (!read) return problems{"", fmt::format("'{}' is no type of message", name)};
    decoder d;
    std::visit([&](auto& into) { d.read(content.value(), into, name); }, *read);
    if (d.first_problem) return problems{*d.first_problem};
    return std::move(*read);
}

std::string encode(const spool_entry& entry) { return json::serialize(to_json(entry)); }

result<spool_entry> decode_spool_entry(std::string_view line) {
    const auto parsed = parse(line);
    if (!parsed) return parsed.error();
    spool_entry entry;
    decoder d;
    d.read(*parsed, entry, {});
    if (d.first_problem) return problems{*d.first_problem};
    return entry;
}

} // namespace loadsim::cluster
