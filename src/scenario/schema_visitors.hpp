// Visitors of a struct's description (see schema.hpp): reader, writer, JSON Schema; and the value types of containers.
//
// A description calls `field(name, member, documentation, type)` for each key, in the order of writing; `required` for
// a mandatory key; `derived` for a key with a default computed from other keys. An empty std::optional is not written.
#pragma once

#include "value_types.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace loadsim::scenario {

class object_reader {
public:
    object_reader(read_context& r, const yaml_node& from) : context_(r), from_(from) {}

    template <class T, class Kind>
    void field(std::string_view name, T& member, std::string_view, const Kind& kind) {
        read(name, member, kind);
    }
    template <class T, class Kind>
    void required(std::string_view name, T& member, std::string_view, const Kind& kind) {
        if (!read(name, member, kind) && !has_old_name_of(name))
            context_.add_problem(from_, "'" + std::string(name) + "' is missing");
    }

    template <class T, class Kind>
    void derived(std::string_view name, T& member, std::string_view, const Kind& kind) {
        read(name, member, kind);
    }

    /// A key that is valid and read elsewhere.
    void ignore(std::string_view name) { names_.push_back(name); }

    /// Call after the last field: reports keys without a field.
    void finish() const;

private:
    template <class T, class Kind>
    bool read(std::string_view name, T& member, const Kind& kind) {
        names_.push_back(name);
        const auto* value = value_of(name);
        if (value == nullptr) return false;
        const auto guard = context_.enter(name);
        if (value->what == yaml_node::kind::null)
            context_.add_problem(location_of(name),
                                 "'" + std::string(name) + "' has no value; give it one or leave it out");
        else
            kind.read(context_, *value, member);
        return true;
    }
    template <class T, class Kind>
    bool read(std::string_view name, std::optional<T>& member, const Kind& kind) {
        T value = member.value_or(T{});
        const bool is_present = read(name, value, kind);
        if (is_present) member = std::move(value);
        return is_present;
    }
    const yaml_node* value_of(std::string_view name) const { return from_.find(name); }
    source_location location_of(std::string_view name) const;
    bool has_old_name_of(std::string_view name) const; ///< see renamed_names.hpp; finish() reports the old name

    read_context& context_;
    const yaml_node& from_;
    std::vector<std::string_view> names_;
};

class object_writer {
public:
    template <class T, class Kind>
    void field(std::string_view name, const T& member, std::string_view, const Kind& kind) {
        node_.add(name, kind.write(member));
    }
    template <class T, class Kind>
    void field(std::string_view name, const std::optional<T>& member, std::string_view, const Kind& kind) {
        if (member) node_.add(name, kind.write(*member));
    }
    template <class T, class Kind>
    void required(std::string_view name, const T& member, std::string_view documentation, const Kind& kind) {
        field(name, member, documentation, kind);
    }
    template <class T, class Kind>
    void derived(std::string_view name, const T& member, std::string_view documentation, const Kind& kind) {
        field(name, member, documentation, kind);
    }
    yaml_node take_node() { return std::move(node_); }

private:
    yaml_node node_ = make_node(yaml_node::kind::map);
};

class object_schema {
public:
    template <class T, class Kind>
    void field(std::string_view name, const T& member, std::string_view documentation, const Kind& kind) {
        add(name, documentation, kind.schema(), kind.write(member));
    }
    template <class T, class Kind>
    void field(std::string_view name, const std::optional<T>&, std::string_view documentation, const Kind& kind) {
        add(name, documentation, kind.schema(), {});
    }
    template <class T, class Kind>
    void required(std::string_view name, const T&, std::string_view documentation, const Kind& kind) {
        add(name, documentation, kind.schema(), {});
        required_.emplace_back(name);
    }
    template <class T, class Kind>
    void derived(std::string_view name, const T&, std::string_view documentation, const Kind& kind) {
        add(name, documentation, kind.schema(), {});
    }
    boost::json::object take_schema();

private:
    /// `default_value`: that of a default-constructed struct.
    void add(std::string_view name, std::string_view documentation, boost::json::object schema,
             const yaml_node& default_value);

    boost::json::object properties_;
    boost::json::array required_;
};

namespace value_types {

/// Checks the number of items. Reports and measurements are sized for tens of names, and the search for the nearest
/// name compares all of them.
bool check_item_count(read_context&, const yaml_node&, std::size_t count, std::string_view what, std::size_t max);

/// Texts that are equal to the default are loadsim's own and hold no secret, also if a secret is a word of them.
void mark_defaults(yaml_node&, const yaml_node& defaults);

/// Struct with a description.
template <class T>
struct object {
    void read(read_context& r, const yaml_node& n, T& out) const {
        if (!r.expect_map(n, "a map of keys")) return;
        object_reader visitor(r, n);
        describe(visitor, out);
        visitor.finish();
    }
    yaml_node write(T value) const { // a copy: the description takes a non-const reference, for the reader
        static const yaml_node defaults = described(T{});
        auto made = described(std::move(value));
        mark_defaults(made, defaults);
        return made;
    }
    json::object schema() const { return schema_of(T{}); }
    /// For a struct with keys that depend on its values.
    json::object schema_of(T default_value) const {
        object_schema visitor;
        describe(visitor, default_value);
        return visitor.take_schema();
    }

private:
    static yaml_node described(T value) {
        object_writer visitor;
        describe(visitor, value);
        return visitor.take_node();
    }
};

template <class Kind>
struct list {
    Kind item;
    std::string_view what; ///< plural noun, for error messages
    std::size_t max_items; ///< maximum number of items

    template <class T>
    void read(read_context& r, const yaml_node& n, std::vector<T>& out) const {
        if (!r.expect_list(n, what) || !check_item_count(r, n, n.items.size(), what, max_items)) return;
        out.clear();
        for (std::size_t i = 0; i < n.items.size(); ++i) {
            const auto guard = r.enter(i);
            item.read(r, n.items[i], out.emplace_back()); // kept even when invalid, to keep the indexes
        }
    }
    template <class T>
    yaml_node write(const std::vector<T>& all) const {
        yaml_node made = make_node(yaml_node::kind::list);
        for (const auto& one : all) made.items.push_back(item.write(one));
        return made;
    }
    json::object schema() const { return {{"type", "array"}, {"maxItems", max_items}, {"items", item.schema()}}; }
};

/// List of named structs, written as a map from name to the other keys.
template <class Kind>
struct keyed_list {
    Kind item;
    std::string_view what;
    std::size_t max_items;
    bool extends = false; ///< keeps existing items, unless redefined

    template <class T>
    void read(read_context& r, const yaml_node& n, std::vector<T>& out) const {
        if (!r.expect_map(n, std::string("a map of ").append(what))) return;
        if (!check_item_count(r, n, n.members.size(), what, max_items)) return;
        if (!extends) out.clear();
        if (!extends && n.members.empty())
            r.add_problem(n, "no " + std::string(what) + " are named here; one is the least");
        const auto existing_count = static_cast<std::ptrdiff_t>(out.size());
        std::set<std::string_view> seen;
        for (const auto& m : n.members) {
            if (!seen.insert(m.key).second) continue; // expect_map() has reported it
            if (m.key.size() > name_length) {
                r.add_problem(m.location, "a name of more than " + std::to_string(name_length) + " characters");
                continue;
            }
            const auto guard = r.enter(m.key);
            T one{};
            one.name = m.key;
            if (m.value.what == yaml_node::kind::null)
                r.add_problem(m.location, "'" + m.key + "' has no value");
            else
                item.read(r, m.value, one);
            const auto existing_end = out.begin() + existing_count;
            const auto existing =
                std::find_if(out.begin(), existing_end, [&](const T& other) { return other.name == one.name; });
            if (existing == existing_end)
                out.push_back(std::move(one));
            else
                *existing = std::move(one);
        }
    }
    template <class T>
    yaml_node write(const std::vector<T>& all) const {
        yaml_node made = make_node(yaml_node::kind::map);
        for (const auto& one : all) made.add(one.name, item.write(one));
        return made;
    }
    json::object schema() const {
        return {{"type", "object"},
                {"minProperties", extends ? 0 : 1},
                {"maxProperties", max_items},
                {"additionalProperties", item.schema()}};
    }
};

/// std::map from a name to a value.
template <class Kind>
struct value_map {
    Kind item;
    std::string_view what;
    std::size_t max_items;

    template <class T>
    void read(read_context& r, const yaml_node& n, std::map<std::string, T>& out) const {
        if (!r.expect_map(n, std::string("a map of ").append(what))) return;
        if (!check_item_count(r, n, n.members.size(), what, max_items)) return;
        out.clear();
        for (const auto& m : n.members) {
            const auto guard = r.enter(m.key);
            if (m.key.empty() || m.key.size() > name_length)
                r.add_problem(m.location, "a name of 1 to " + std::to_string(name_length) + " characters belongs here");
            else if (m.value.what == yaml_node::kind::null)
                r.add_problem(m.location, "'" + m.key + "' has no value");
            else if (const auto [at, is_new] = out.try_emplace(m.key); is_new) // expect_map() has reported it
                item.read(r, m.value, at->second);
        }
    }
    template <class T>
    yaml_node write(const std::map<std::string, T>& all) const {
        yaml_node made = make_node(yaml_node::kind::map);
        for (const auto& [name, one] : all) made.add(name, item.write(one));
        return made;
    }
    json::object schema() const {
        return {{"type", "object"}, {"maxProperties", max_items}, {"additionalProperties", item.schema()}};
    }
};

} // namespace value_types
} // namespace loadsim::scenario
