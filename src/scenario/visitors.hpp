// What is done with the description of a struct (see language.hpp): read it, write it, make a schema of it; and the
// kinds of values that hold other values.
//
// A description calls `field(name, member, documentation, kind)` for each key, in the order in which they are
// written; `required` for a key that must be there; `derived` for one that follows from others when it is left out. A
// member that is a std::optional is left out when it is empty.
#pragma once

#include <loadsim/base/names.hpp>

#include "kinds.hpp"

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
    object_reader(reading& r, const node& from) : reading_(r), from_(from) {}

    template <class T, class Kind>
    void field(std::string_view name, T& member, std::string_view, const Kind& kind) {
        read(name, member, kind);
    }
    template <class T, class Kind>
    void required(std::string_view name, T& member, std::string_view, const Kind& kind) {
        if (!read(name, member, kind)) reading_.wrong(from_, "'" + std::string(name) + "' is missing");
    }

    template <class T, class Kind>
    void derived(std::string_view name, T& member, std::string_view, const Kind& kind) {
        read(name, member, kind);
    }

    /// After the last field: says which keys there are that have no field.
    void finish() const;

private:
    template <class T, class Kind>
    bool read(std::string_view name, T& member, const Kind& kind) {
        names_.push_back(name);
        const auto* value = value_of(name);
        if (value == nullptr) return false;
        const auto step = reading_.into(name);
        if (value->what == node::kind::null)
            reading_.wrong(place_of(name), "'" + std::string(name) + "' has no value; give it one or leave it out");
        else
            kind.read(reading_, *value, member);
        return true;
    }
    template <class T, class Kind>
    bool read(std::string_view name, std::optional<T>& member, const Kind& kind) {
        T value = member.value_or(T{});
        const bool there = read(name, value, kind);
        if (there) member = std::move(value);
        return there;
    }
    const node* value_of(std::string_view name) const { return from_.find(name); }
    place place_of(std::string_view name) const;

    reading& reading_;
    const node& from_;
    std::vector<std::string_view> names_;
};

class object_writer {
public:
    template <class T, class Kind>
    void field(std::string_view name, const T& member, std::string_view, const Kind& kind) {
        made_.add(name, kind.write(member));
    }
    template <class T, class Kind>
    void field(std::string_view name, const std::optional<T>& member, std::string_view, const Kind& kind) {
        if (member) made_.add(name, kind.write(*member));
    }
    template <class T, class Kind>
    void required(std::string_view name, const T& member, std::string_view documentation, const Kind& kind) {
        field(name, member, documentation, kind);
    }
    template <class T, class Kind>
    void derived(std::string_view name, const T& member, std::string_view documentation, const Kind& kind) {
        field(name, member, documentation, kind);
    }
    node take() { return std::move(made_); }

private:
    node made_ = blank(node::kind::map);
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
    boost::json::object take();

private:
    /// `usual` is what the struct has when nobody says anything else.
    void add(std::string_view name, std::string_view documentation, boost::json::object schema, const node& usual);

    boost::json::object properties_;
    boost::json::array required_;
};

namespace kinds {

/// Reports and measurements are made for tens of names, and messages that offer the nearest compare with all of them.
bool are_few_enough(reading&, const node&, std::size_t count, std::string_view what, std::size_t most);

/// A struct with a description.
template <class T>
struct object {
    void read(reading& r, const node& n, T& out) const {
        if (!r.is_map(n, "a map of keys")) return;
        object_reader visitor(r, n);
        describe(visitor, out);
        visitor.finish();
    }
    node write(T value) const { // a copy, because one description serves readers too
        object_writer visitor;
        describe(visitor, value);
        return visitor.take();
    }
    json::object schema() const { return schema_of(T{}); }
    /// Of a struct that has a say in which keys there are.
    json::object schema_of(T usual) const {
        object_schema visitor;
        describe(visitor, usual);
        return visitor.take();
    }
};

template <class Kind>
struct list {
    Kind item;
    std::string_view what; ///< plural, for sentences
    std::size_t most;      ///< of them

    template <class T>
    void read(reading& r, const node& n, std::vector<T>& out) const {
        if (!r.is_list(n, what) || !are_few_enough(r, n, n.items.size(), what, most)) return;
        out.clear();
        for (std::size_t i = 0; i < n.items.size(); ++i) {
            const auto step = r.into(i);
            item.read(r, n.items[i], out.emplace_back()); // kept even when wrong: places of the others stay right
        }
    }
    template <class T>
    node write(const std::vector<T>& all) const {
        node made = blank(node::kind::list);
        for (const auto& one : all) made.items.push_back(item.write(one));
        return made;
    }
    json::object schema() const { return {{"type", "array"}, {"maxItems", most}, {"items", item.schema()}}; }
};

/// A list of things that have a name, written as a map from name to the rest.
template <class Kind>
struct by_name {
    Kind item;
    std::string_view what;
    std::size_t most;
    bool extends = false; ///< what was there stays, unless it is named again

    template <class T>
    void read(reading& r, const node& n, std::vector<T>& out) const {
        if (!r.is_map(n, std::string("a map of ").append(what))) return;
        if (!are_few_enough(r, n, n.members.size(), what, most)) return;
        if (!extends) out.clear();
        if (!extends && n.members.empty()) r.wrong(n, "no " + std::string(what) + " are named here; one is the least");
        const auto old = static_cast<std::ptrdiff_t>(out.size());
        std::set<std::string_view> seen;
        for (const auto& m : n.members) {
            if (!seen.insert(m.key).second) continue; // is_map() has said so
            if (m.key.size() > name_length) {
                r.wrong(m.where, "a name of more than " + std::to_string(name_length) + " characters");
                continue;
            }
            const auto step = r.into(m.key);
            T one{};
            one.name = m.key;
            if (m.value.what == node::kind::null)
                r.wrong(m.where, "'" + m.key + "' has no value");
            else
                item.read(r, m.value, one);
            const auto olds = out.begin() + old;
            const auto same = std::find_if(out.begin(), olds, [&](const T& other) { return other.name == one.name; });
            if (same == olds)
                out.push_back(std::move(one));
            else
                *same = std::move(one);
        }
    }
    template <class T>
    node write(const std::vector<T>& all) const {
        node made = blank(node::kind::map);
        for (const auto& one : all) made.add(one.name, item.write(one));
        return made;
    }
    json::object schema() const {
        return {{"type", "object"},
                {"minProperties", extends ? 0 : 1},
                {"maxProperties", most},
                {"additionalProperties", item.schema()}};
    }
};

/// What has a name and nothing else that tells it apart.
template <class Kind>
struct map_by_name {
    Kind item;
    std::string_view what;
    std::size_t most;

    template <class T>
    void read(reading& r, const node& n, std::map<std::string, T>& out) const {
        if (!r.is_map(n, std::string("a map of ").append(what))) return;
        if (!are_few_enough(r, n, n.members.size(), what, most)) return;
        out.clear();
        for (const auto& m : n.members) {
            const auto step = r.into(m.key);
            if (m.key.empty() || m.key.size() > name_length)
                r.wrong(m.where, "a name of 1 to " + std::to_string(name_length) + " characters belongs here");
            else if (m.value.what == node::kind::null)
                r.wrong(m.where, "'" + m.key + "' has no value");
            else if (const auto [at, is_new] = out.try_emplace(m.key); is_new) // is_map() has told of the others
                item.read(r, m.value, at->second);
        }
    }
    template <class T>
    node write(const std::map<std::string, T>& all) const {
        node made = blank(node::kind::map);
        for (const auto& [name, one] : all) made.add(name, item.write(one));
        return made;
    }
    json::object schema() const {
        return {{"type", "object"}, {"maxProperties", most}, {"additionalProperties", item.schema()}};
    }
};

} // namespace kinds
} // namespace loadsim::scenario
