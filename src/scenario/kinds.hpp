// Kinds of single values: how each is read, written and described to an editor. The three stand together, because apart
// they drift. A kind is a small value with
//   void read(reading&, const node&, T& out) const;   says what is wrong and leaves `out` alone, or sets it
//   node write(const T&) const;                       what read() takes back to the same value
//   json::object schema() const;                      JSON Schema of what read() takes
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/net/options.hpp>
#include <loadsim/verdict/budget.hpp>

#include "reading.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace loadsim::scenario::kinds {

namespace json = boost::json;

inline constexpr std::size_t name_length = 100; ///< of what becomes a row or a column of a report

struct text {
    std::size_t most = 1000;
    void read(reading&, const node&, std::string& out) const;
    node write(const std::string& value) const { return scalar(value); }
    json::object schema() const;
};

/// Text in which ${NAME} stands for an environment variable; a secret is never written back.
struct environment_text {
    bool secret = false;
    void read(reading&, const node&, std::string& out) const;
    node write(const std::string& value) const { return scalar(secret && !value.empty() ? "***" : value); }
    json::object schema() const;
};

/// A secret: text with ${NAME}, or {file: PATH}, of which the text is taken without the line's end. Never written back.
struct secret {
    void read(reading&, const node&, std::string& out) const;
    node write(const std::string& value) const { return scalar(value.empty() ? "" : "***"); }
    json::object schema() const;
};

struct flag {
    void read(reading&, const node&, bool& out) const;
    node write(bool value) const { return scalar(value ? "true" : "false"); }
    json::object schema() const;
};

std::optional<std::uint64_t> read_whole(reading&, const node&, std::uint64_t least, std::uint64_t most);
json::object whole_schema(std::uint64_t least, std::uint64_t most);

template <class T>
struct whole {
    T least = 0;
    T most = std::numeric_limits<T>::max();
    void read(reading& r, const node& n, T& out) const {
        if (const auto value = read_whole(r, n, least, most)) out = static_cast<T>(*value);
    }
    node write(T value) const { return scalar(std::to_string(value)); }
    json::object schema() const { return whole_schema(least, most); }
};

/// A number from 0.
struct number {
    void read(reading&, const node&, double& out) const;
    node write(double value) const;
    json::object schema() const;
};

struct duration {
    nanoseconds least{0};
    nanoseconds most = std::chrono::hours{24 * 366}; ///< longer is a slip; and up to here doubles hold every nanosecond
    bool bare_seconds = false;                       ///< in phases: Artillery's numbers are seconds
    void read(reading&, const node&, nanoseconds& out) const;
    void read(reading&, const node&, std::chrono::seconds& out) const; ///< whole ones
    node write(nanoseconds value) const { return scalar(format_duration(value)); }
    json::object schema() const;
};

struct rate_value {
    void read(reading&, const node&, rate& out) const;
    node write(rate value) const;
    json::object schema() const;
};

struct share_value {
    void read(reading&, const node&, share& out) const;
    node write(share value) const;
    json::object schema() const;
};

/// The place of one of these names, or nothing after naming the nearest.
std::optional<std::size_t> read_choice(reading&, const node&, std::span<const std::string_view> names);
json::object choice_schema(std::span<const std::string_view> names);

/// One of some names; the first name of a value is the one that is written.
template <class T>
struct choice {
    std::span<const std::string_view> names;
    std::span<const T> values; ///< of each name
    void read(reading& r, const node& n, T& out) const {
        if (const auto found = read_choice(r, n, names)) out = values[*found];
    }
    node write(T value) const {
        std::size_t i = 0;
        while (i + 1 < values.size() && values[i] != value) ++i;
        return scalar(std::string(names[i]));
    }
    json::object schema() const { return choice_schema(names); }
};

struct endpoint {
    result<net::endpoint> (*parse)(std::string_view);
    void read(reading&, const node&, net::endpoint& out) const;
    node write(const net::endpoint& value) const { return scalar(net::to_string(value)); }
    json::object schema() const;
};

/// An address of ours, or a block of them, as written.
struct source {
    void read(reading&, const node&, std::string& out) const;
    node write(const std::string& value) const { return scalar(value); }
    json::object schema() const;
};

struct budget {
    void read(reading&, const node&, verdict::budget& out) const;
    node write(const verdict::budget& value) const { return scalar(value.expression); }
    json::object schema() const;
};

} // namespace loadsim::scenario::kinds
