#include "yaml.hpp"

#include "read_context.hpp"

#include <loadsim/base/encoding.hpp>

#include <fmt/format.h>
#include <yaml-cpp/emitter.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <streambuf>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace loadsim::scenario {
namespace {

constexpr char delete_character = '\x7f'; // of all control characters the only one that yaml-cpp writes as it is

void emit_text(YAML::Emitter& out, const std::string& text) {
    if (text.find(delete_character) != std::string::npos) out << YAML::DoubleQuoted; // to_yaml() escapes it
    out << text;
}

void emit(YAML::Emitter& out, const yaml_node& n) {
    switch (n.what) {
    case yaml_node::kind::null: out << YAML::Null; break;
    case yaml_node::kind::scalar: emit_text(out, n.text); break;
    case yaml_node::kind::list:
        if (n.items.empty()) out << YAML::Flow;
        out << YAML::BeginSeq;
        for (const auto& item : n.items) emit(out, item);
        out << YAML::EndSeq;
        break;
    case yaml_node::kind::map:
        if (n.members.empty()) out << YAML::Flow;
        out << YAML::BeginMap;
        for (const auto& m : n.members) {
            out << YAML::Key;
            emit_text(out, m.key);
            out << YAML::Value;
            emit(out, m.value);
        }
        out << YAML::EndMap;
        break;
    }
}

/// Exception that ends the parse; caught in parse_yaml().
struct parse_error {
    source_location location;
    std::string text;
};

/// True: the quoted scalar at the start of `from`, which extends to the end of the document, has no closing quote.
/// yaml-cpp 0.7 misses that when a line end follows, and takes the rest of the document as the value.
bool is_open_quote(std::string_view from) {
    while (!from.empty() && (from.front() == '&' || from.front() == '!')) { // an anchor, a tag
        from.remove_prefix(std::min(from.find_first_of(" \t\r\n"), from.size()));
        from.remove_prefix(std::min(from.find_first_not_of(" \t\r\n"), from.size()));
    }
    if (from.empty() || (from.front() != '"' && from.front() != '\'')) return false; // a block scalar
    const char quote = from.front();
    for (std::size_t i = 1; i < from.size(); ++i) {
        if (from[i] == '\\' && quote == '"')
            ++i;
        else if (from[i] == quote)
            return false; // '' (an escaped quote) still implies a later closing quote
    }
    return true;
}

/// Builds the tree from yaml-cpp's events. yaml-cpp's own nodes share aliases, have no limits, and recurse.
class node_builder final : public YAML::EventHandler {
public:
    node_builder(std::string_view text, source_location source, const yaml_limits& limits)
        : text_(text), source_(source), limits_(limits), root_(make_node(yaml_node::kind::null, source)) {}

    yaml_node take_root() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (started_)
            throw parse_error{location_of(mark),
                              fmt::format("a second document begins here; {} is one document", limits_.what)};
        started_ = true;
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        add(make_node(yaml_node::kind::null, location_of(mark)), anchor);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) throw parse_error{location_of(mark), "this alias is part of what it stands for"};
        add_tree_cost(found->second, location_of(mark));
        add(yaml_node{found->second}, YAML::NullAnchor);
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& text) override {
        check_tag(mark, tag);
        if (tag == "!" && is_open_quote(text_.substr(std::min(static_cast<std::size_t>(mark.pos), text_.size()))))
            throw parse_error{location_of(mark), "this quote is never closed"};
        if (text.size() > limits_.text)
            throw parse_error{location_of(mark),
                              fmt::format("a value of {} characters; {} is the most", text.size(), limits_.text)};
        auto made = make_scalar(text, location_of(mark));
        made.quoted = tag == "!";
        add(std::move(made), anchor);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(yaml_node::kind::list, mark, tag, anchor);
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(yaml_node::kind::map, mark, tag, anchor);
    }
    void OnMapEnd() override {
        merge(open_.back().made);
        close();
    }

private:
    struct frame {
        yaml_node made;
        YAML::anchor_t anchor = YAML::NullAnchor;
        std::optional<yaml_node> key; ///< of a map: key that waits for its value
    };

    source_location location_of(const YAML::Mark& mark) const {
        return {source_.override_number, mark.line + 1, mark.column + 1, source_.file};
    }

    void check_tag(const YAML::Mark& mark, const std::string& tag) const {
        if (!tag.empty() && tag != "?" && tag != "!" && !tag.starts_with("tag:yaml.org,2002:"))
            throw parse_error{location_of(mark), fmt::format("the tag '{}' means nothing in {}", tag, limits_.what)};
    }

    void open(yaml_node::kind what, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        check_tag(mark, tag);
        if (open_.size() == limits_.depth)
            throw parse_error{location_of(mark), fmt::format("nested more than {} levels deep", limits_.depth)};
        open_.push_back({make_node(what, location_of(mark)), anchor, {}});
    }

    void close() {
        auto done = std::move(open_.back());
        open_.pop_back();
        add(std::move(done.made), done.anchor);
    }

    void add(yaml_node value, YAML::anchor_t anchor) {
        add_node_cost(value);
        if (anchor != YAML::NullAnchor) {
            add_tree_cost(value, value.location);
            anchors_[anchor] = value;
        }
        if (open_.empty()) {
            root_ = std::move(value);
        } else if (auto& top = open_.back(); top.made.what == yaml_node::kind::list) {
            top.made.items.push_back(std::move(value));
        } else if (!top.key) {
            if (value.what != yaml_node::kind::scalar)
                throw parse_error{value.location, "a key must be a text, not " + description(value)};
            top.key = std::move(value);
        } else {
            // Problems of a whole map or list are located at its key.
            if (value.what == yaml_node::kind::map || value.what == yaml_node::kind::list)
                value.location = top.key->location;
            top.made.members.push_back({std::move(top.key->text), top.key->location, std::move(value)});
            top.key.reset();
        }
    }

    void add_node_cost(const yaml_node& n) { add_cost(1 + n.text.size() / 64, n.location); }
    void add_tree_cost(const yaml_node& n, source_location location) {
        add_cost(1 + n.text.size() / 64, location);
        for (const auto& item : n.items) add_tree_cost(item, location);
        for (const auto& m : n.members) add_tree_cost(m.value, location);
    }
    void add_cost(std::size_t amount, source_location location) {
        cost_ += amount;
        if (cost_ > limits_.nodes)
            throw parse_error{location, fmt::format("more than {} values, aliases included", limits_.nodes)};
    }

    /// Merge key (yaml.org/type/merge.html): the map's own keys take precedence, then those of the earlier merged map.
    static void merge(yaml_node& map) {
        std::vector<yaml_member> own;
        std::vector<yaml_member> merged;
        for (auto& m : map.members) (m.key == "<<" ? merged : own).push_back(std::move(m));
        map.members = std::move(own);
        if (merged.empty()) return;
        std::unordered_set<std::string> seen_keys;
        for (const auto& m : map.members) seen_keys.insert(m.key);
        const auto merge_from = [&](yaml_node& source) {
            if (source.what != yaml_node::kind::map)
                throw parse_error{source.location, "'<<' merges a map or a list of maps, not " + description(source)};
            for (auto& m : source.members)
                if (seen_keys.insert(m.key).second) map.members.push_back(std::move(m));
        };
        for (auto& m : merged) {
            if (m.value.what != yaml_node::kind::list) merge_from(m.value);
            for (auto& item : m.value.items) merge_from(item);
        }
    }

    std::string_view text_;  ///< the whole document
    source_location source_; ///< override or file
    const yaml_limits& limits_;
    bool started_ = false;
    yaml_node root_;
    std::vector<frame> open_;
    std::unordered_map<YAML::anchor_t, yaml_node> anchors_;
    std::size_t cost_ = 0;
};

/// Stream buffer over a string_view, without a copy.
class view_buffer : public std::streambuf {
public:
    explicit view_buffer(std::string_view text) {
        auto* begin = const_cast<char*>(text.data()); // never written to: there is no put area
        setg(begin, begin, begin + text.size());
    }
};

source_location location_of_offset(std::string_view text, std::size_t offset, source_location source) {
    const auto before = text.substr(0, offset);
    const auto line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    return {source.override_number, static_cast<int>(std::ranges::count(before, '\n')) + 1,
            static_cast<int>(offset - line_start) + 1, source.file};
}

/// Location of a tab in the indentation of the line of an error, or of the one before, which yaml-cpp names by its consequences;
/// nullopt: there is none.
std::optional<source_location> indenting_tab(std::string_view text, source_location error) {
    for (int line = 1; !text.empty() && line <= error.line; ++line) {
        const auto indentation = text.substr(0, text.find_first_not_of(" \t"));
        const auto tab = indentation.find('\t');
        if (tab != std::string_view::npos && line >= error.line - 1)
            return source_location{error.override_number, line, static_cast<int>(tab) + 1, error.file};
        text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    }
    return std::nullopt;
}

} // namespace

const char* quoting_hint(source_location at) {
    return at.override_number == 0 ? ""
                                   : "; write a text in quotes, and all in quotes for the shell: --set 'PATH=\"TEXT\"'";
}

const yaml_node* yaml_node::find(std::string_view key) const {
    const auto found = std::ranges::find(members, key, &yaml_member::key);
    return found == members.end() ? nullptr : &found->value;
}

yaml_node* yaml_node::find(std::string_view key) { return const_cast<yaml_node*>(std::as_const(*this).find(key)); }

void yaml_node::add(std::string_view key, yaml_node value) {
    what = kind::map;
    members.push_back({std::string(key), value.location, std::move(value)});
}

yaml_node make_node(yaml_node::kind what, source_location location) {
    yaml_node made;
    made.what = what;
    made.location = location;
    return made;
}

yaml_node make_scalar(std::string text, source_location location) {
    yaml_node made = make_node(yaml_node::kind::scalar, location);
    made.text = std::move(text);
    return made;
}

yaml_node make_map(std::string_view key, yaml_node value) {
    yaml_node made;
    made.add(key, std::move(value));
    return made;
}

std::string description(const yaml_node& n) {
    switch (n.what) {
    case yaml_node::kind::null: return "nothing";
    case yaml_node::kind::scalar: return "'" + n.text + "'";
    case yaml_node::kind::list: return "a list";
    case yaml_node::kind::map: return "a map";
    }
    return {};
}

std::string to_yaml(const yaml_node& n) {
    YAML::Emitter out;
    emit(out, n);
    std::string text(out.c_str(), out.size());
    for (auto at = text.find(delete_character); at != std::string::npos; at = text.find(delete_character, at))
        text.replace(at, 1, "\\x7f");
    return text + "\n";
}

std::optional<yaml_node> parse_yaml(std::string_view text, std::uint32_t override_number, read_context& context,
                                    std::uint32_t file, const yaml_limits& limits) {
    const source_location source{.override_number = override_number, .file = file};
    if (text.size() > limits.size) {
        context.add_problem(source, fmt::format("{} bytes; {} has at most {}", text.size(), limits.what, limits.size));
        return std::nullopt;
    }
    // yaml-cpp accepts such bytes, and its layers interpret them differently.
    if (const auto end = printable_length(text, "\t\r\n"); end != text.size()) {
        context.add_problem(location_of_offset(text, end, source),
                            fmt::format("not text: {} is UTF-8 without control characters", limits.what));
        return std::nullopt;
    }
    try {
        constexpr std::string_view byte_order_mark = "\xef\xbb\xbf"; // yaml-cpp does not count it in its positions
        if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
        view_buffer buffer(text);
        std::istream stream(&buffer);
        YAML::Parser parser(stream);
        node_builder tree(text, source, limits);
        while (parser.HandleNextDocument(tree)) {}
        return tree.take_root();
    } catch (const parse_error& why) {
        context.add_problem(why.location, why.text);
    } catch (const YAML::Exception& error) {
        const auto location = error.mark.is_null()
                                  ? source
                                  : source_location{override_number, error.mark.line + 1, error.mark.column + 1, file};
        if (const auto tab = indenting_tab(text, location))
            context.add_problem(*tab, "this line is indented with a tab; YAML takes blanks only");
        else
            context.add_problem(location, "not YAML: " + error.msg + quoting_hint(location));
    } catch (const std::exception& error) {
        context.add_problem(source, std::string("cannot be read: ") + error.what());
    }
    return std::nullopt;
}

} // namespace loadsim::scenario
