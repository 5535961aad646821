#include "artillery/payload.hpp"

#include "artillery/names.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/vehicle/vin.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

namespace loadsim::scenario::artillery {
namespace {

constexpr std::size_t max_rows = 1'000'000;
constexpr std::size_t max_cells = 4'000'000;

/// Splits CSV as Artillery does: quotes double within quotes, empty lines are skipped. nullopt: too many lines or cells.
std::optional<std::vector<std::vector<std::string>>> csv_rows(std::string_view text, char delimiter) {
    std::vector<std::vector<std::string>> rows;
    std::vector<std::string> row(1);
    bool in_quotes = false;
    std::size_t cells = 0;
    const auto end_row = [&] {
        if (row.size() > 1 || !row.front().empty()) {
            cells += row.size();
            rows.push_back(std::move(row));
        }
        row.assign(1, "");
    };
    text = without_byte_order_mark(text);
    for (std::size_t i = 0; i < text.size() && rows.size() < max_rows && cells < max_cells; ++i) {
        const char c = text[i];
        if (c == '"') {
            if (in_quotes && i + 1 < text.size() && text[i + 1] == '"')
                row.back() += text[++i];
            else
                in_quotes = !in_quotes;
        } else if (!in_quotes && c == delimiter) {
            row.emplace_back();
        } else if (!in_quotes && c == '\n') {
            end_row();
        } else if (in_quotes || c != '\r') {
            row.back() += c;
        }
    }
    if (rows.size() >= max_rows || cells >= max_cells) return std::nullopt;
    end_row();
    return rows;
}

bool is_vin(std::string_view text) {
    return !text.empty() && text.find_first_of("/+# \t\r\n") == std::string_view::npos;
}

bool looks_like_vin(std::string_view text) {
    return vehicle::check_digit(text).has_value() && text.find_first_of("0123456789") != std::string_view::npos;
}

bool has_word_vin(std::string_view name) {
    for (std::size_t i = 0; i + 3 <= name.size(); ++i)
        if (equal_ignoring_case(name.substr(i, 3), "vin")) return true;
    return false;
}

void append_cell(const std::string& cell, std::string& out) {
    const bool needs_quotes = cell.find_first_of(",;|\"\t\r\n") != std::string::npos ||
                              (!cell.empty() && (cell.front() == ' ' || cell.back() == ' '));
    if (!needs_quotes) {
        out += cell;
        return;
    }
    out += '"';
    for (const char c : cell) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
}

/// One payload file: columns and rows are added on the right.
void add_file(const yaml_node& spec, const artillery_options& options, note_list& notes, payload_table& into) {
    const auto* path = find(spec, {"path"});
    if (path == nullptr || path->what != yaml_node::kind::scalar)
        throw unusable_script{spec.location, "config.payload names no file: add its 'path'"};
    const auto fields = items_of(find(spec, {"fields"}));
    if (fields.empty()) return notes.add(spec, "the payload without 'fields' is not carried over: name its columns");
    if (find(spec, {"loadAll"}) != nullptr)
        notes.add(*find(spec, {"loadAll"}), "loadAll is not carried over: a vehicle has one line of the payload");
    if (const auto* order = find(spec, {"order"}); order != nullptr && order->text == "sequence")
        notes.add(*order,
                  "the order 'sequence' is not carried over: the vehicles, each with its line, are selected at random");
    notes.add_other_keys(
        spec, {"path", "fields", "order", "skipHeader", "delimiter", "cast", "skipEmptyLines", "loadAll", "name"},
        "the payload");

    const auto text = options.read_payload ? options.read_payload(path->text) : problems(path->text, "cannot be read");
    if (!text) throw unusable_script{path->location, "config.payload: " + to_string(text.error().list.front())};
    const auto* delimiter = find(spec, {"delimiter"});
    if (delimiter != nullptr && delimiter->text.size() != 1)
        throw unusable_script{delimiter->location,
                              "the delimiter of the payload is more than one character; change it"};
    auto split = csv_rows(*text, delimiter == nullptr ? ',' : delimiter->text.front());
    if (!split)
        throw unusable_script{path->location,
                              fmt::format("the payload '{}' has {} lines or {} cells, or more; shorten it",
                                          shown(path->text), max_rows, max_cells)};
    auto& rows = *split;
    if (is_true(find(spec, {"skipHeader"})) && !rows.empty()) rows.erase(rows.begin());
    const auto unusable = std::erase_if(rows, [](const std::vector<std::string>& row) {
        return std::ranges::any_of(row, [](const std::string& c) { return printable_length(c, "\t\r\n") != c.size(); });
    });
    if (unusable != 0)
        notes.add(*path, fmt::format("{} lines of the payload are left out: they are not UTF-8", unusable));
    if (rows.empty())
        throw unusable_script{path->location, fmt::format("the payload '{}' has no lines", shown(path->text))};

    const auto before = into.columns.size();
    for (const auto* field : fields) {
        if (field->what != yaml_node::kind::scalar || into.find(field->text) != nullptr) {
            notes.add(*field, "a field of the payload is not carried over: it is no text, or is there twice");
            into.columns.push_back({"", fmt::format("unused-{}", into.columns.size() + 1), true});
            continue;
        }
        auto name = is_plain_name(field->text) ? field->text : fmt::format("column-{}", into.columns.size() + 1);
        into.columns.push_back({field->text, std::move(name), !is_false(find(spec, {"cast"}))});
    }
    const auto width = into.columns.size() - before;
    for (auto& row : rows) row.resize(width);
    if (before == 0) {
        into.rows = std::move(rows);
        return;
    }
    const auto longest = std::max(into.rows.size(), rows.size());
    std::vector<std::vector<std::string>> joined;
    for (std::size_t i = 0; i < longest; ++i) {
        auto row = into.rows[i % into.rows.size()];
        const auto& more = rows[i % rows.size()];
        row.insert(row.end(), more.begin(), more.end());
        joined.push_back(std::move(row));
    }
    into.rows = std::move(joined);
    notes.add(spec, "payload files are joined line by line; Artillery takes a line of each at random");
}

/// The column of the VINs is called vin, and each VIN is there once.
void use_vins(const yaml_node& at, payload_table& table, note_list& notes) {
    auto vins = std::ranges::find_if(table.columns,
                                     [](const payload_column& c) { return equal_ignoring_case(c.field, "vin"); });
    if (vins == table.columns.end())
        vins = std::ranges::find_if(table.columns, [&](const payload_column& c) {
            return looks_like_vin(table.first(c)) ||
                   (c.field.size() > 3 && equal_ignoring_case(c.field.substr(c.field.size() - 3), "vin"));
        });
    if (vins == table.columns.end()) {
        // The reader of fleet.data takes such a name for a misspelled VIN column.
        for (std::size_t i = 0; i < table.columns.size(); ++i)
            if (auto& name = table.columns[i].name; has_word_vin(name)) name = fmt::format("column-{}", i + 1);
        return;
    }
    const auto column = static_cast<std::size_t>(vins - table.columns.begin());
    vins->name = "vin";
    table.has_vins = true;
    for (auto& other : table.columns)
        if (&other != &*vins && equal_ignoring_case(other.name, "vin")) other.name = "other-number";
    std::unordered_set<std::string> seen;
    const auto left_out = std::erase_if(table.rows, [&](const std::vector<std::string>& row) {
        return !is_vin(row[column]) || !seen.insert(row[column]).second;
    });
    if (left_out != 0)
        notes.add(at,
                  fmt::format("{} lines of the payload are left out: their VIN is empty, has a blank, / + or #, or is "
                              "there twice",
                              left_out));
    if (table.rows.empty()) throw unusable_script{at.location, "the payload has no line with a VIN"};
}

} // namespace

const payload_column* payload_table::find(std::string_view field) const {
    const auto found = std::ranges::find(columns, field, &payload_column::field);
    return found == columns.end() || field.empty() ? nullptr : &*found;
}

const std::string& payload_table::first(const payload_column& column) const {
    return rows.front()[static_cast<std::size_t>(&column - columns.data())];
}

std::string payload_table::csv(std::size_t count) const {
    std::string made;
    for (const auto& c : columns) made += (made.empty() ? "" : ",") + c.name;
    made += '\n';
    for (std::size_t i = 0; i < count; ++i) {
        const auto& row = rows[i % rows.size()];
        // A line with one empty cell would be an empty line.
        if (row.size() == 1 && row.front().empty()) made += "\"\"";
        for (std::size_t c = 0; c < row.size(); ++c) {
            if (c != 0) made += ',';
            append_cell(row[c], made);
        }
        made += '\n';
    }
    return made;
}

payload_table read_payload(const yaml_node& config, const artillery_options& options, note_list& notes) {
    payload_table made;
    const auto* payload = find(config, {"payload"});
    if (payload == nullptr) return made;
    if (options.data_file.empty())
        throw unusable_script{payload->location,
                              "config.payload becomes a file beside the scenario; name the scenario's file with --out"};
    for (const auto* spec : items_of(payload)) add_file(*spec, options, notes, made);
    if (!made.columns.empty()) use_vins(*payload, made, notes);
    return made;
}

} // namespace loadsim::scenario::artillery
