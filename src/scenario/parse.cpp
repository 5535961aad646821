#include "parse.hpp"

#include "utf8.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <streambuf>
#include <unordered_map>
#include <unordered_set>

namespace loadsim::scenario {
namespace {

/// Ends the parse; never leaves this file.
struct refused {
    place where;
    std::string text;
};

/// Whether a quoted scalar, `from` its beginning to the end of the document, has no second quote. yaml-cpp 0.7 does not
/// notice when a line end follows, and takes all the rest for its value.
bool is_open_quote(std::string_view from) {
    while (!from.empty() && (from.front() == '&' || from.front() == '!')) { // an anchor, a tag
        from.remove_prefix(std::min(from.find_first_of(" \t\r\n"), from.size()));
        from.remove_prefix(std::min(from.find_first_not_of(" \t\r\n"), from.size()));
    }
    if (from.empty() || (from.front() != '"' && from.front() != '\'')) return false; // a block
    const char quote = from.front();
    for (std::size_t i = 1; i < from.size(); ++i) {
        if (from[i] == '\\' && quote == '"')
            ++i;
        else if (from[i] == quote)
            return false; // a doubled single quote comes before its last one all the same
    }
    return true;
}

/// Builds the tree from yaml-cpp's events. Its own nodes are not used: they share aliases, know no limits, and recurse.
class builder final : public YAML::EventHandler {
public:
    builder(std::string_view text, std::uint32_t source) : text_(text), source_(source) {}

    node take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (started_) throw refused{at(mark), "a second document begins here; a scenario is one document"};
        started_ = true;
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        add(blank(node::kind::null, at(mark)), anchor);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) throw refused{at(mark), "this alias is part of what it stands for"};
        charge(found->second, at(mark));
        add(node{found->second}, YAML::NullAnchor);
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& text) override {
        check_tag(mark, tag);
        if (tag == "!" && is_open_quote(text_.substr(std::min(static_cast<std::size_t>(mark.pos), text_.size()))))
            throw refused{at(mark), "this quote is never closed"};
        if (text.size() > text_limit)
            throw refused{at(mark), fmt::format("a value of {} characters; {} is the most", text.size(), text_limit)};
        add(scalar(text, at(mark)), anchor);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(node::kind::list, mark, tag, anchor);
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(node::kind::map, mark, tag, anchor);
    }
    void OnMapEnd() override {
        merge(open_.back().made);
        close();
    }

private:
    struct frame {
        node made;
        YAML::anchor_t anchor = YAML::NullAnchor;
        std::optional<node> key; ///< of a map: its value comes next
    };

    place at(const YAML::Mark& mark) const { return {source_, mark.line + 1, mark.column + 1}; }

    void check_tag(const YAML::Mark& mark, const std::string& tag) const {
        if (!tag.empty() && tag != "?" && tag != "!" && !tag.starts_with("tag:yaml.org,2002:"))
            throw refused{at(mark), "the tag '" + tag + "' means nothing in a scenario"};
    }

    void open(node::kind what, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        check_tag(mark, tag);
        if (open_.size() == depth_limit)
            throw refused{at(mark), fmt::format("nested more than {} levels deep", depth_limit)};
        open_.push_back({blank(what, at(mark)), anchor, {}});
    }

    void close() {
        auto done = std::move(open_.back());
        open_.pop_back();
        add(std::move(done.made), done.anchor);
    }

    void add(node value, YAML::anchor_t anchor) {
        charge_one(value);
        if (anchor != YAML::NullAnchor) {
            charge(value, value.where);
            anchors_[anchor] = value;
        }
        if (open_.empty()) {
            root_ = std::move(value);
        } else if (auto& top = open_.back(); top.made.what == node::kind::list) {
            top.made.items.push_back(std::move(value));
        } else if (!top.key) {
            if (value.what != node::kind::scalar)
                throw refused{value.where, "a key must be a word, not " + description(value)};
            top.key = std::move(value);
        } else {
            // A problem with a whole map or list is best shown where its name is.
            if (value.what == node::kind::map || value.what == node::kind::list) value.where = top.key->where;
            top.made.members.push_back({std::move(top.key->text), top.key->where, std::move(value)});
            top.key.reset();
        }
    }

    void charge_one(const node& n) { spend(1 + n.text.size() / 64, n.where); }
    void charge(const node& n, place where) {
        spend(1 + n.text.size() / 64, where);
        for (const auto& item : n.items) charge(item, where);
        for (const auto& m : n.members) charge(m.value, where);
    }
    void spend(std::size_t amount, place where) {
        spent_ += amount;
        if (spent_ > node_limit) throw refused{where, fmt::format("more than {} values, aliases included", node_limit)};
    }

    /// YAML's merge key (yaml.org/type/merge.html): what the map itself says wins, then what is merged first.
    static void merge(node& map) {
        std::vector<member> own;
        std::vector<member> merged;
        for (auto& m : map.members) (m.key == "<<" ? merged : own).push_back(std::move(m));
        map.members = std::move(own);
        if (merged.empty()) return;
        std::unordered_set<std::string> taken;
        for (const auto& m : map.members) taken.insert(m.key);
        const auto take_from = [&](node& source) {
            if (source.what != node::kind::map)
                throw refused{source.where, "'<<' merges a map or a list of maps, not " + description(source)};
            for (auto& m : source.members)
                if (taken.insert(m.key).second) map.members.push_back(std::move(m));
        };
        for (auto& m : merged) {
            if (m.value.what != node::kind::list) take_from(m.value);
            for (auto& item : m.value.items) take_from(item);
        }
    }

    std::string_view text_; ///< of the whole document
    std::uint32_t source_;
    bool started_ = false;
    node root_;
    std::vector<frame> open_;
    std::unordered_map<YAML::anchor_t, node> anchors_;
    std::size_t spent_ = 0;
};

/// Reads a view in place.
class view_buffer : public std::streambuf {
public:
    explicit view_buffer(std::string_view text) {
        auto* begin = const_cast<char*>(text.data()); // never written: there is no put area
        setg(begin, begin, begin + text.size());
    }
};

place place_of(std::string_view text, std::size_t offset, std::uint32_t source) {
    const auto before = text.substr(0, offset);
    const auto line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    return {source, static_cast<int>(std::ranges::count(before, '\n')) + 1, static_cast<int>(offset - line_start) + 1};
}

} // namespace

std::optional<node> parse_yaml(std::string_view text, std::uint32_t source, reading& into) {
    if (text.size() > size_limit) {
        into.wrong(place{source}, fmt::format("{} bytes; a scenario has at most {}", text.size(), size_limit));
        return std::nullopt;
    }
    if (const auto end = end_of_text(text); end != text.size()) {
        into.wrong(place_of(text, end, source), "not text: a scenario is UTF-8 without control characters");
        return std::nullopt;
    }
    try {
        constexpr std::string_view byte_order_mark = "\xef\xbb\xbf"; // yaml-cpp does not count it in its marks
        if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
        view_buffer buffer(text);
        std::istream stream(&buffer);
        YAML::Parser parser(stream);
        builder tree(text, source);
        while (parser.HandleNextDocument(tree)) {}
        return tree.take();
    } catch (const refused& why) {
        into.wrong(why.where, why.text);
    } catch (const YAML::Exception& error) {
        const auto where =
            error.mark.is_null() ? place{source} : place{source, error.mark.line + 1, error.mark.column + 1};
        into.wrong(where, "not YAML: " + error.msg);
    } catch (const std::exception& error) {
        into.wrong(place{source}, std::string("cannot be read: ") + error.what());
    }
    return std::nullopt;
}

} // namespace loadsim::scenario
