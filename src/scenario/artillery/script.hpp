// Scripts of Artillery as trees of nodes: parsing, merging of environments, values by their type, and notes of what is left out.
#pragma once

#include "yaml.hpp"

#include <loadsim/scenario/import_artillery.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::scenario::artillery {

/// Exception that ends the import; caught in import_artillery().
struct unusable_script {
    source_location location;
    std::string text;
};

/// What is not carried over. Each line and text once, in the order of the lines.
class note_list {
public:
    void add(const yaml_node& at, const std::string& text) { add(at.location.line, text); }
    void add(int line, const std::string& text);
    /// One note for each key of the map that is not known.
    void add_other_keys(const yaml_node& map, std::initializer_list<std::string_view> known, std::string_view where);
    const std::vector<import_note>& all() const { return all_; }

private:
    std::vector<import_note> all_;
};

/// Tree of a script. Throws unusable_script for any other document.
yaml_node parse_script(std::string_view text);

/// `base` with the keys of `over`: maps by key, lists by index, as Artillery merges environments.
yaml_node merged(const yaml_node& base, const yaml_node& over);

/// Node of a path of keys, such as {"config", "http", "timeout"}; nullptr: there is none, or null.
const yaml_node* find(const yaml_node& from, std::initializer_list<std::string_view> keys);

/// The node, or its items if it is a list.
std::vector<const yaml_node*> items_of(const yaml_node*);

/// JSON of a scalar that is no text: number, true, false, null; empty: it is a text.
std::string json_literal(const yaml_node&);

bool is_true(const yaml_node*);
bool is_false(const yaml_node*);

/// Shortest decimal text of a number, without an exponent.
std::string decimal(double);

/// Excerpt for a note or comment, on one line.
std::string shown(std::string_view text);

} // namespace loadsim::scenario::artillery
