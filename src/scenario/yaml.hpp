// YAML document as a tree of nodes with source locations; parser and emitter.
#pragma once

#include <loadsim/scenario/read.hpp>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace loadsim::scenario {

class read_context;

/// Source location. Ordered: the scenario file from its top, the included files, then the overrides in the order given.
struct source_location {
    std::uint32_t override_number = 0; ///< 0: a file; n: the n-th override, with meaningless line and column
    int line = 1;
    int column = 1;
    std::uint32_t file = 0; ///< 0: the scenario; n: the n-th included file

    friend bool operator==(const source_location&, const source_location&) = default;
    friend auto operator<=>(const source_location& a, const source_location& b) {
        return std::tie(a.override_number, a.file, a.line, a.column) <=>
               std::tie(b.override_number, b.file, b.line, b.column);
    }
};

struct yaml_member;

/// Untyped value. Aliases are already expanded and merge keys merged.
struct yaml_node {
    enum class kind : std::uint8_t { null, scalar, list, map };

    yaml_node::kind what = kind::null;
    std::string text;             ///< of a scalar, unquoted
    bool quoted = false;          ///< of a scalar: a text, whatever it looks like
    bool may_hold_secret = false; ///< of a scalar to be written: secrets are masked in it
    std::vector<yaml_node> items; ///< of a list
    std::vector<yaml_member>
        members;              ///< of a map, in the order written; may hold duplicate keys, which the reader rejects
    source_location location; ///< of a scalar: its first character; of a map or list: its key, if any

    const yaml_node* find(std::string_view key) const;
    yaml_node* find(std::string_view key);
    void add(std::string_view key, yaml_node value);
};

struct yaml_member {
    std::string key;
    source_location location; ///< of the key
    yaml_node value;
};

yaml_node make_node(yaml_node::kind, source_location location = {});
yaml_node make_scalar(std::string text, source_location location = {});
yaml_node make_map(std::string_view key, yaml_node value);

/// "a list", "a map", "nothing", "'text'": for error messages.
std::string description(const yaml_node&);

/// Hint how to write a text in an override; empty for a location in the file.
const char* quoting_hint(source_location);

/// YAML text in block style, with a final newline.
std::string to_yaml(const yaml_node&);

// Limits: far above the needs of a scenario, far below a harmful amount of memory or time.
inline constexpr std::size_t node_limit = 20'000; ///< each use of an alias counts
inline constexpr std::size_t depth_limit = 32;
inline constexpr std::size_t text_limit = 4096; ///< bytes of one scalar

struct yaml_limits {
    std::string_view what = "a scenario"; ///< for problems
    std::size_t size = size_limit;
    std::size_t nodes = node_limit;
    std::size_t depth = depth_limit;
    std::size_t text = text_limit;
};

/// Parses one YAML document; nullopt, after reporting a problem, for any other text or beyond the limits. Expands aliases and
/// merges "<<". `override_number`, `file`: see source_location. Never throws.
std::optional<yaml_node> parse_yaml(std::string_view text, std::uint32_t override_number, read_context&,
                                    std::uint32_t file = 0, const yaml_limits& = {});

} // namespace loadsim::scenario
