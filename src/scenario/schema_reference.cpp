#include <loadsim/scenario/read.hpp>

#include "embedded_data.hpp"
#include "overrides.hpp"
#include "schema.hpp"
#include "variants_schema.hpp"
#include "yaml.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

// Reference of the scenario keys, made of the JSON Schema (see schema.hpp) and of data/example_scenarios.yaml; and that of the variants
// file, with data/example_variants.yaml.
namespace loadsim::scenario {
namespace {

namespace json = boost::json;

struct reference_row {
    std::string key;
    std::string type;          ///< Markdown
    std::string default_value; ///< YAML; empty: none
    std::string sentence;
    std::string example; ///< YAML; empty: not found
    bool required = false;
    bool has_section = false; ///< its own keys are in another section
};

struct reference_section {
    std::string title; ///< path of the object, "fleet.mqtt", "load.phases[]", or name of its type, "delay"
    std::string sentence;
    std::vector<reference_row> rows;
};

constexpr std::string_view introduction =
    R"(Every key of a scenario. `loadsim schema --reference` prints this page; `loadsim schema` prints the JSON Schema, for editors.

`NAME` stands for a name of one's own, `[]` for the items of a list. A key without a default may be left out, unless it is required.

| type | values |
| --- | --- |
| address or block | IPv4 address of this machine, `127.0.0.2`, or CIDR block, `127.0.1.0/28` |
| anomaly | see the list at the end |
| budget | `METRIC OPERATOR LIMIT`, such as `e2e.p99 < 1s`, `outcomes.errored.rate < 0.1%` or `anomalies == 0`; a map with it has more keys |
| delay | duration, or one of four distributions: see [delay](#delay) |
| distance | number with unit: `400m`, `12km` |
| duration | number with unit: `ns`, `us`, `ms`, `s`, `m`, `h`, `d`, such as `250ms` or `1m30s` |
| duration or seconds | duration, or a bare number of seconds |
| field path | place of a value in a message: `/pointer` (JSON), `topic[1]` (level from 0), `payload`, `correlation`, `property:NAME` (MQTT 5.0), `header:NAME` (HTTP) |
| offset | duration with a sign: `+5m`, `-5m` |
| outcome | `executed`, `failed`, `timed_out`, `rejected`, `errored`, `unanswered` or `skipped` |
| parameter | text, or a distribution of numbers or texts: see [parameter](#parameter) |
| payload | text, or one of `{json: TEXT}`, `{text: TEXT}`, `{hex: TEXT}`, `{base64: TEXT}`, `{file: PATH}` |
| rate | number per second, `200`, or with its unit: `200/s`, `30/m`, `5/h`, `0.1/day` |
| secret | text with `${ENVIRONMENT_VARIABLE}`, or `{file: PATH}`; never shown in reports |
| size | bytes, `4096`, or with a unit: `20kB`, `1MB`, `2GB` |
| share | percentage, `25%`, or fraction, `0.25` |
| time of day | `"07:45"`, with its quotation marks |
| URL | such as `mqtt://HOST:1883` or `https://HOST` |
)";

/// True: the keys of the object are described, and so have a section.
bool has_described_keys(const json::object& schema) {
    const auto* properties = schema.if_contains("properties");
    return properties != nullptr && std::ranges::any_of(properties->as_object(), [](const auto& p) {
               return p.value().as_object().contains("description");
           });
}

/// Text of an example or a default on one line.
std::string flow_yaml(const yaml_node& n) {
    const auto join = [](const auto& all, const auto& text_of) {
        std::string text;
        for (const auto& one : all) text += (text.empty() ? "" : ", ") + text_of(one);
        return text;
    };
    const auto member_text = [](const yaml_member& m) { return m.key + ": " + flow_yaml(m.value); };
    switch (n.what) {
    case yaml_node::kind::null: return "";
    case yaml_node::kind::list: return "[" + join(n.items, flow_yaml) + "]";
    case yaml_node::kind::map: return "{" + join(n.members, member_text) + "}";
    case yaml_node::kind::scalar: break;
    }
    if (n.text.empty()) return "''";
    const bool plain = n.text.find_first_of("{}[],#&*!|>'\"%@`") == std::string::npos &&
                       n.text.find(": ") == std::string::npos && n.text.back() != ':';
    if (plain || n.text.ends_with('%')) return n.text;
    return n.text.find('\'') == std::string::npos ? "'" + n.text + "'" : "\"" + n.text + "\"";
}

/// Examples by path.
class example_finder {
public:
    /// `documents`: YAML, one or more.
    explicit example_finder(std::string_view documents) {
        auto rest = documents;
        while (!rest.empty()) {
            constexpr std::string_view separator = "\n---\n";
            const auto end = std::min(rest.find(separator), rest.size());
            read_context r;
            if (auto root = parse_yaml(rest.substr(0, end), 0, r)) roots_.push_back(std::move(*root));
            rest.remove_prefix(std::min(end + separator.size(), rest.size()));
        }
    }

    /// Empty: no example has the path.
    std::string find(std::string_view path) const {
        for (const auto& root : roots_)
            if (const auto* found = find_below(root, path)) return flow_yaml(*found);
        return {};
    }

private:
    static const yaml_node* find_below(const yaml_node& at, std::string_view path) {
        if (path.empty()) return &at;
        if (path.starts_with("[]")) {
            path.remove_prefix(std::min<std::size_t>(path.starts_with("[].") ? 3 : 2, path.size()));
            for (const auto& item : at.items)
                if (const auto* found = find_below(item, path)) return found;
            return nullptr;
        }
        const auto key = path.substr(0, path.find_first_of(".["));
        path.remove_prefix(key.size());
        if (path.starts_with('.')) path.remove_prefix(1);
        for (const auto& m : at.members)
            if (m.key == key || key == "NAME")
                if (const auto* found = find_below(m.value, path)) return found;
        return nullptr;
    }

    std::vector<yaml_node> roots_;
};

class reference_builder {
public:
    /// `examples`: documents with the keys of `root`. `title`: of its own section; empty: that of a scenario.
    reference_builder(const json::object& root, std::string_view examples, const std::string& title = {},
                      std::string_view sentence = {})
        : root_(root), examples_(examples) {
        add_section({{}, title}, sentence, root);
    }

    std::vector<reference_section> take_sections() && {
        // Objects of one struct have the same sentences: an example of one place serves the others.
        std::map<std::pair<std::string, std::string>, std::string> examples;
        for (const auto& s : sections_)
            for (const auto& r : s.rows)
                if (!r.example.empty()) examples.try_emplace({r.key, r.sentence}, r.example);
        for (auto& s : sections_)
            for (auto& r : s.rows)
                if (const auto found = examples.find({r.key, r.sentence}); r.example.empty() && found != examples.end())
                    r.example = found->second;
        return std::move(sections_);
    }

private:
    /// Place of a value: its path in the examples, and the same as a title, where a named type begins anew.
    struct value_place {
        std::string path;
        std::string title;

        value_place member(std::string_view key) const { return {join_path(path, key), join_path(title, key)}; }
        value_place item() const { return {path + "[]", title + "[]"}; }
    };

    void add_section(const value_place& at, std::string_view sentence, const json::object& schema) {
        const auto index = sections_.size();
        sections_.push_back({at.title.empty() ? "Scenario" : at.title, std::string(sentence), {}});
        std::vector<std::string> required;
        if (const auto* names = schema.if_contains("required"))
            for (const auto& name : names->as_array()) required.emplace_back(name.as_string());
        for (const auto& p : schema.at("properties").as_object()) {
            const auto& value = p.value().as_object();
            reference_row row;
            row.key = p.key();
            row.required = std::ranges::count(required, row.key) != 0;
            const auto* text = value.if_contains("description");
            row.sentence = text == nullptr ? "" : std::string(text->as_string());
            if (const auto* d = value.if_contains("default"))
                row.default_value = d->is_string() ? std::string(d->as_string()) : json::serialize(*d);
            const auto below = at.member(row.key);
            row.type = type_of(value, below, row.sentence, row.has_section);
            row.example = row.has_section ? "" : examples_.find(below.path);
            sections_[index].rows.push_back(std::move(row));
        }
    }

    /// Link to the section with the keys of the object.
    static std::string link(std::string_view text, std::string_view title) {
        std::string anchor;
        for (const char c : title)
            if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_')
                anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        return fmt::format("[{}](#{})", text, anchor);
    }

    std::string section_link(const json::object& schema, const value_place& at, std::string_view sentence,
                             bool& has_section) {
        has_section = true;
        add_section(at, sentence, schema);
        return link("keys", at.title);
    }

    /// A type with a section of its own for all its uses.
    std::string named_type(const std::string& name, const json::object& schema, const value_place& at) {
        if (named_types_.insert(name).second)
            for (const auto& one : schema.at("anyOf").as_array())
                if (has_described_keys(one.as_object())) add_section({at.path, name}, {}, one.as_object());
        return link(name, name);
    }

    std::string type_of(const json::object& schema, const value_place& at, std::string_view sentence,
                        bool& has_section) {
        if (schema.contains("$ref"))
            return named_type("step", root_.at("$defs").as_object().at("step").as_object(), at);
        const auto* title = schema.if_contains("title");
        const auto* any = schema.if_contains("anyOf");
        if (title != nullptr && any != nullptr &&
            std::ranges::any_of(any->as_array(), [](const auto& one) { return has_described_keys(one.as_object()); }))
            return named_type(std::string(title->as_string()), schema, at);
        if (title != nullptr) return std::string(title->as_string());
        if (any != nullptr) return alternatives(any->as_array(), at, sentence, has_section);
        if (const auto* only = schema.if_contains("const")) return "`" + std::string(only->as_string()) + "`";
        if (const auto* values = schema.if_contains("enum")) return choice(values->as_array());
        const std::string_view type = schema.at("type").as_string();
        if (type == "array")
            return "list of: " + type_of(schema.at("items").as_object(), at.item(), sentence, has_section);
        if (type == "integer") return integer(schema);
        if (type == "string") return "text";
        if (type == "boolean") return "`true`, `false`";
        if (type != "object") return std::string(type);
        if (const auto* items = schema.if_contains("additionalProperties"); items != nullptr && items->is_object())
            return "map of names to: " + type_of(items->as_object(), at.member("NAME"), sentence, has_section);
        return section_link(schema, at, sentence, has_section);
    }

    std::string alternatives(const json::array& all, const value_place& at, std::string_view sentence,
                             bool& has_section) {
        std::string text;
        for (const auto& one : all) {
            const auto type = type_of(one.as_object(), at, sentence, has_section);
            if (text.find(type) == std::string::npos) text += (text.empty() ? "" : ", or ") + type;
        }
        return text;
    }

    static std::string choice(const json::array& values) {
        std::string text;
        for (const auto& v : values) // the numbers among them are for validators
            if (v.is_string()) text += fmt::format("{}`{}`", text.empty() ? "" : ", ", std::string(v.as_string()));
        return text;
    }

    static std::string integer(const json::object& schema) {
        const auto min = schema.at("minimum").to_number<std::uint64_t>();
        const auto max = schema.at("maximum").to_number<std::uint64_t>();
        if (max == std::numeric_limits<std::uint32_t>::max() || max == std::numeric_limits<std::uint64_t>::max())
            return fmt::format("integer from {}", min);
        return fmt::format("integer from {} to {}", min, max);
    }

    const json::object& root_;
    example_finder examples_;
    std::set<std::string> named_types_;
    std::vector<reference_section> sections_;
};

std::string in_cell(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '|') out += '\\';
        out += c;
    }
    return out;
}

std::string code_cell(const std::string& text) { return text.empty() ? "" : "`" + in_cell(text) + "`"; }

void write_section(const reference_section& s, std::string& out) {
    out += fmt::format("\n## {}\n", s.title);
    if (!s.sentence.empty()) out += fmt::format("\n{}\n", s.sentence);
    out += "\n| key | type | default | meaning | example |\n| --- | --- | --- | --- | --- |\n";
    for (const auto& r : s.rows)
        out += fmt::format("| `{}` | {} | {} | {} | {} |\n", r.key, in_cell(r.type),
                           r.required ? "required" : code_cell(r.default_value), in_cell(r.sentence),
                           code_cell(r.example));
}

} // namespace

std::string schema_reference() {
    const json::object root = root_schema();
    std::string text = "# Scenario reference\n\n";
    text += introduction;
    for (const auto& s : reference_builder(root, example_scenarios_yaml).take_sections()) write_section(s, text);
    const json::object variants = variants_root_schema();
    for (const auto& s : reference_builder(variants, example_variants_yaml, "Variants",
                                           "The file of `loadsim tune --variants`, see [tune.md](tune.md).")
                             .take_sections())
        write_section(s, text);
    text += "\n## Anomalies\n\n";
    for (const auto name : anomaly_names) text += fmt::format("- `{}`\n", name);
    return text;
}

} // namespace loadsim::scenario
