// Value types of the scenario: reader, writer and JSON Schema of single values, side by side to stay consistent.
// A value type is a small object with
//   void read(read_context&, const yaml_node&, T& out) const;   sets `out`, or only reports a problem
//   yaml_node write(const T&) const;                            inverse of read()
//   json::object schema() const;                                JSON Schema of the input of read()
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/net/url.hpp>

#include "read_context.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace loadsim::scenario::value_types {

namespace json = boost::json;

inline constexpr std::size_t name_length = 100; ///< maximum length of a name shown in reports

/// Scalars of a text in which scenario::write() masks secrets, unless it is the default; and of a secret: "***" for any but the empty
/// text.
yaml_node make_text(std::string_view);
yaml_node make_secret(std::string_view);

/// Text without ${NAME}: a name, code or address, which no secret changes.
struct text {
    std::size_t max_length = 1000;
    void read(read_context&, const yaml_node&, std::string& out) const;
    yaml_node write(const std::string& value) const { return make_scalar(value); }
    json::object schema() const;
};

/// Name that reports, metrics and messages of CI systems print within a line.
struct name_text {
    void read(read_context&, const yaml_node&, std::string& out) const;
    yaml_node write(const std::string& value) const { return make_scalar(value); }
    json::object schema() const { return text{name_length}.schema(); }
};

/// Template, as written: the template compiler inserts environment variables, whose values are never compiled. Warns of other tools'
/// placeholders. A secret is written as "***".
struct placeholder_text {
    std::size_t max_length = text_limit;
    bool secret = false;
    void read(read_context&, const yaml_node&, std::string& out) const;
    yaml_node write(const std::string& value) const { return secret ? make_secret(value) : make_text(value); }
    json::object schema() const;
};

/// Path of a file that is read: see read_context::path_of_file().
struct file_path {
    void read(read_context&, const yaml_node&, std::string& out) const;
    yaml_node write(const std::string& value) const { return make_scalar(value); }
    json::object schema() const { return text{}.schema(); }
};

/// Template of a file's path, relative to the folder of the scenario's file.
struct file_template {
    void read(read_context&, const yaml_node&, std::string& out) const;
    yaml_node write(const std::string& value) const { return make_text(value); }
    json::object schema() const { return text{}.schema(); }
};

/// Text with ${NAME} for environment variables, whose values count as secrets but in a URL. A secret is written as "***". No template.
struct environment_text {
    bool secret = false;
    bool url = false;
    void read(read_context&, const yaml_node&, std::string& out) const;
    yaml_node write(const std::string& value) const { return secret ? make_secret(value) : make_text(value); }
    json::object schema() const;
};

/// Secret: text with ${NAME}, or {file: PATH} for the file's text without trailing line ends. Written as "***".
struct secret {
    void read(read_context&, const yaml_node&, std::string& out) const;
    yaml_node write(const std::string& value) const { return make_secret(value); }
    json::object schema() const;
};

struct flag {
    void read(read_context&, const yaml_node&, bool& out) const;
    yaml_node write(bool value) const { return make_scalar(value ? "true" : "false"); }
    json::object schema() const;
};

std::optional<std::uint64_t> read_integer(read_context&, const yaml_node&, std::uint64_t min, std::uint64_t max);
json::object integer_schema(std::uint64_t min, std::uint64_t max);

template <class T>
struct integer {
    T min = 0;
    T max = std::numeric_limits<T>::max();
    void read(read_context& r, const yaml_node& n, T& out) const {
        if (const auto value = read_integer(r, n, min, max)) out = static_cast<T>(*value);
    }
    yaml_node write(T value) const { return make_scalar(std::to_string(value)); }
    json::object schema() const { return integer_schema(min, max); }
};

/// Number, not negative unless `is_signed`.
struct number {
    bool is_signed = false;
    void read(read_context&, const yaml_node&, double& out) const;
    yaml_node write(double value) const;
    json::object schema() const;
};

struct duration {
    nanoseconds min{0};
    nanoseconds max = std::chrono::hours{24 * 366}; ///< up to here a double is exact to the nanosecond
    bool bare_seconds = false;                      ///< a bare number is in seconds, as in Artillery's phases
    void read(read_context&, const yaml_node&, nanoseconds& out) const;
    void read(read_context&, const yaml_node&, std::chrono::seconds& out) const; ///< whole seconds only
    yaml_node write(nanoseconds value) const { return make_scalar(format_duration(value)); }
    json::object schema() const;
};

/// Bytes: 4096, 20kB, 1MB, 2GB.
struct data_size {
    void read(read_context&, const yaml_node&, std::uint64_t& out) const;
    yaml_node write(std::uint64_t value) const { return make_scalar(std::to_string(value)); }
    json::object schema() const;
};

struct rate_value {
    void read(read_context&, const yaml_node&, rate& out) const;
    yaml_node write(rate value) const;
    json::object schema() const;
};

struct fraction_value {
    void read(read_context&, const yaml_node&, fraction& out) const;
    yaml_node write(fraction value) const;
    json::object schema() const;
};

/// Index of the name; nullopt, after a problem that suggests the nearest name.
std::optional<std::size_t> read_choice(read_context&, const yaml_node&, std::span<const std::string_view> names);
json::object choice_schema(std::span<const std::string_view> names);

/// Enumeration by names; of several names of a value the first is written.
template <class T>
struct choice {
    std::span<const std::string_view> names;
    std::span<const T> values; ///< value of each name
    void read(read_context& r, const yaml_node& n, T& out) const {
        if (const auto found = read_choice(r, n, names)) out = values[*found];
    }
    yaml_node write(T value) const {
        std::size_t i = 0;
        while (i + 1 < values.size() && values[i] != value) ++i;
        return make_scalar(std::string(names[i]));
    }
    json::object schema() const { return choice_schema(names); }
};

struct endpoint {
    result<net::endpoint> (*parse)(std::string_view);
    void read(read_context&, const yaml_node&, net::endpoint& out) const;
    yaml_node write(const net::endpoint& value) const { return make_scalar(net::to_string(value)); }
    json::object schema() const;
};

/// Source address of this machine, or a CIDR block, as written.
struct source_address {
    void read(read_context&, const yaml_node&, std::string& out) const;
    yaml_node write(const std::string& value) const { return make_scalar(value); }
    json::object schema() const;
};

} // namespace loadsim::scenario::value_types
