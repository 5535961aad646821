// Decoder of rank messages from JSON, with validation.
#include "message_codec.hpp"
#include "message_fields.hpp"

#include <loadsim/measure/hdr_log.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <utility>

namespace loadsim::cluster {
namespace {

namespace json = boost::json;

/// Maximum number of decoded histogram counts per message: 256 MiB. A few hundred bytes decode to 200 kB, so a malicious
/// message could exhaust the memory otherwise.
constexpr std::size_t max_histogram_counts = std::size_t{32} << 20;

/// Decodes fields until the first error, and keeps that error with its path.
class message_decoder {
public:
    std::optional<problem> first_problem;

    void read(const json::value& v, bool& into, const std::string& path) {
        if (!v.is_bool()) return fail(path, "is not true or false");
        into = v.get_bool();
    }

    void read(const json::value& v, std::uint64_t& into, const std::string& path) {
        if (v.is_uint64())
            into = v.get_uint64();
        else if (v.is_int64() && v.get_int64() >= 0)
            into = static_cast<std::uint64_t>(v.get_int64());
        else
            fail(path, "is not a whole number from 0 to 2^64-1");
    }

    void read(const json::value& v, std::uint32_t& into, const std::string& path) {
        if (!v.is_int64() || !std::in_range<std::uint32_t>(v.get_int64()))
            return fail(path, "is not a whole number from 0 to 2^32-1");
        into = static_cast<std::uint32_t>(v.get_int64());
    }

    void read(const json::value& v, std::int64_t& into, const std::string& path) {
        if (!v.is_int64()) return fail(path, "is not a whole number of 64 bits");
        into = v.get_int64();
    }

    void read(const json::value& v, double& into, const std::string& path) {
        if (v.is_null()) {
            into = std::numeric_limits<double>::quiet_NaN();
            return;
        }
        const std::string_view text = v.is_string() ? view(v.get_string()) : std::string_view{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
        if (error != std::errc{} || end != text.data() + text.size())
            fail(path, "is neither a number in a string nor null");
    }

    void read(const json::value& v, std::string& into, const std::string& path) {
        if (!v.is_string()) return fail(path, "is not a string");
        into = view(v.get_string());
    }

    void read(const json::value& v, outcome& into, const std::string& path) { read_enum(v, into, outcome_names, path); }
    void read(const json::value& v, anomaly& into, const std::string& path) { read_enum(v, into, anomaly_names, path); }
    void read(const json::value& v, outcome_set& into, const std::string& path) {
        rows(v, path, [&](const json::value& row, const std::string& at) {
            outcome one{};
            read(row, one, at);
            if (!first_problem) into.add(one);
        });
    }
    void read(const json::value& v, measure::hop& into, const std::string& path) {
        read_enum(v, into, measure::hop_names, path);
    }
    void read(const json::value& v, control_command::kind& into, const std::string& path) {
        read_enum(v, into, control_command_names, path);
    }

    void read(const json::value& v, measure::histogram& into, const std::string& path) {
        std::string v2;
        std::uint64_t negative = 0;
        std::uint64_t overflow = 0;
        members(v, path, [&](auto&& visit) {
            visit("v2", v2);
            visit("negative", negative);
            visit("overflow", overflow);
        });
        if (first_problem) return;
        const auto samples = measure::decode_v2(v2);
        if (!samples) return fail(path, samples.error().list.front().text);
        histogram_counts_ += samples->counts().size();
        if (histogram_counts_ > max_histogram_counts)
            return fail(path, "the letter's histograms take more than 256 MiB");
        if (negative > samples->count() || overflow > samples->count())
            return fail(path, "has more negative or overflowing samples than samples");
        into = measure::histogram::from_counts(samples->counts(), negative, overflow);
    }

    void read(const json::value& v, measure::latency_table& into, const std::string& path) {
        rows(v, path, [&](const json::value& row, const std::string& at) {
            measure::hop hop{};
            std::uint32_t service = 0;
            std::uint32_t phase = 0;
            measure::histogram samples;
            members(row, at, [&](auto&& visit) {
                visit("hop", hop);
                visit("service", service);
                visit("phase", phase);
                visit("samples", samples);
            });
            if (!first_problem) into.merge({hop, service, phase}, samples);
        });
    }

    void read(const json::value& v, std::map<measure::totals::matrix_key, std::uint64_t>& into,
              const std::string& path) {
        rows(v, path, [&](const json::value& row, const std::string& at) {
            std::uint32_t segment = 0;
            std::uint32_t service = 0;
            outcome_set expected;
            outcome observed{};
            std::uint64_t count = 0;
            members(row, at, [&](auto&& visit) {
                visit("segment", segment);
                visit("service", service);
                visit("expected", expected);
                visit("observed", observed);
                visit("count", count);
            });
            if (!first_problem) into[{segment, service, expected, observed}] += count;
        });
    }

    void read(const json::value& v, std::map<measure::totals::occurrence_key, measure::recovery_counts>& into,
              const std::string& path) {
        rows(v, path, [&](const json::value& row, const std::string& at) {
            std::uint32_t condition = 0;
            std::uint32_t occurrence = 0;
            measure::recovery_counts counts;
            members(row, at, [&](auto&& visit) {
                visit("condition", condition);
                visit("occurrence", occurrence);
                visit("counts", counts);
            });
            if (!first_problem) into[{condition, occurrence}].add(counts);
        });
    }

    template <has_fields Counts>
    void read(const json::value& v, std::map<std::uint32_t, Counts>& into, const std::string& path) {
        rows(v, path, [&](const json::value& row, const std::string& at) {
            std::uint32_t which = 0;
            Counts counts;
            members(row, at, [&](auto&& visit) {
                visit("index", which);
                visit("counts", counts);
            });
            if (!first_problem) into[which].add(counts);
        });
    }

    void read(const json::value& v, std::map<std::string, std::uint64_t>& into, const std::string& path) {
        each_member(v, path, [&](std::string_view key, const json::value& count, const std::string& at) {
            read(count, into[std::string(key)], at);
        });
    }

    template <class Counts, std::size_t N>
    void read(const json::value& v, named_counts<Counts, N> into, const std::string& path) {
        each_member(v, path, [&](std::string_view key, const json::value& count, const std::string& at) {
            const auto found = std::ranges::find(into.names, key);
            if (found == into.names.end()) return fail(at, "is not a name that can be counted here");
            read(count, into.counts[static_cast<std::size_t>(found - into.names.begin())], at);
        });
    }

    template <class T>
    void read(const json::value& v, std::vector<T>& into, const std::string& path) {
        rows(v, path, [&](const json::value& row, const std::string& at) { read(row, into.emplace_back(), at); });
    }

    template <has_fields Struct>
    void read(const json::value& v, Struct& into, const std::string& path) {
        members(v, path, [&](auto&& visit) { each_field(into, visit); });
    }

private:
    static std::string_view view(const json::string& s) { return {s.data(), s.size()}; }

    void fail(const std::string& path, std::string text) {
        if (!first_problem) first_problem = problem{path, std::move(text)};
    }

    /// Reads an object with exactly these members. `list` calls the given visitor with each name and field.
    template <class List>
    void members(const json::value& v, const std::string& path, List list) {
        if (!v.is_object()) return fail(path, "is not an object");
        const auto& object = v.get_object();
        std::vector<std::string_view> known;
        list([&](std::string_view key, auto&& field) {
            known.push_back(key);
            if (first_problem) return;
            if (const auto* member = object.if_contains(key))
                read(*member, field, path + '.' + std::string(key));
            else
                fail(path, fmt::format("lacks '{}'", key));
        });
        for (const auto& member : object)
            if (const std::string_view key(member.key()); std::ranges::find(known, key) == known.end())
                return fail(path, fmt::format("has '{}', which nothing is known of", key));
    }

    template <class Each>
    void each_member(const json::value& v, const std::string& path, Each each) {
        if (!v.is_object()) return fail(path, "is not an object");
        for (const auto& member : v.get_object()) {
            if (first_problem) return;
            each(std::string_view(member.key()), member.value(), path + '.' + std::string(member.key()));
        }
    }

    template <class Each>
    void rows(const json::value& v, const std::string& path, Each each) {
        if (!v.is_array()) return fail(path, "is not a list");
        std::size_t at = 0;
        for (const auto& row : v.get_array()) {
            if (first_problem) return;
            each(row, fmt::format("{}[{}]", path, at++));
        }
    }

    template <class Enum, std::size_t N>
    void read_enum(const json::value& v, Enum& into, const std::array<std::string_view, N>& names,
                   const std::string& path) {
        const auto found = v.is_string() ? std::ranges::find(names, view(v.get_string())) : names.end();
        if (found == names.end()) return fail(path, "is not one of the names that there are");
        into = static_cast<Enum>(found - names.begin());
    }

    std::size_t histogram_counts_ = 0; ///< decoded histogram counts so far
};

/// Default-constructed message of the named type.
template <std::size_t I = 0>
std::optional<message> default_message(std::string_view name) {
    if constexpr (I == std::variant_size_v<message>)
        return std::nullopt;
    else
        return name == message_names[I] ? message(std::in_place_index<I>) : default_message<I + 1>(name);
}

} // namespace

result<message> from_json(const json::object& encoded) {
    if (encoded.size() != 1) return problems{"", "a letter has one member, named after its kind"};
    const auto& member = *encoded.begin();
    const std::string kind(member.key());
    auto read = default_message(kind);
    if (!read) return problems{"", fmt::format("'{}' is no kind of letter", kind)};
    message_decoder decoder;
    std::visit([&](auto& into) { decoder.read(member.value(), into, kind); }, *read);
    if (decoder.first_problem) return problems{*decoder.first_problem};
    return std::move(*read);
}

} // namespace loadsim::cluster
