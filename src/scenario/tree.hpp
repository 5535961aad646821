// A YAML document as plain values, each knowing where it was written.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::scenario {

/// Where something was written. In order: the file from its top, then the settings in the order given.
struct place {
    std::uint32_t setting = 0; ///< 0: the file; n: the n-th setting, whose line and column mean nothing to anybody
    int line = 1;
    int column = 1;

    friend auto operator<=>(const place&, const place&) = default;
};

struct member;

/// A value, not yet understood. Aliases are copies and merge keys are merged by the time one of these exists.
struct node {
    enum class kind : std::uint8_t { null, scalar, list, map };

    node::kind what = kind::null;
    std::string text;            ///< of a scalar, without its quotes
    std::vector<node> items;     ///< of a list
    std::vector<member> members; ///< of a map, in the order written; a key can be there twice, which the reader refuses
    place where;                 ///< of a scalar its first character; of a map or list the key it belongs to, if any

    const node* find(std::string_view key) const;
    node* find(std::string_view key);
    void add(std::string_view key, node value);
};

struct member {
    std::string key;
    place where; ///< of the key
    node value;
};

node blank(node::kind, place where = {});
node scalar(std::string text, place where = {});
node map_of(std::string_view key, node value);

/// "a list", "a map", "nothing", "'text'": for sentences about what should not be there.
std::string description(const node&);

/// As YAML text, block style, ending with a newline.
std::string to_yaml(const node&);

} // namespace loadsim::scenario
