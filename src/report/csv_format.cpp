#include "csv_format.hpp"

#include "json_format.hpp"

#include <boost/json.hpp>

#include <cmath>

namespace loadsim::report {
namespace {

namespace json = boost::json;

std::string cell_of(const json::value& v) {
    if (v.is_null() || (v.is_double() && !std::isfinite(v.get_double()))) return {};
    if (v.is_string()) return csv_cell(v.get_string());
    if (!v.is_array()) return json_line(v); // a number, true or false
    std::string texts;
    for (const auto& item : v.get_array()) {
        if (!texts.empty()) texts += '|';
        texts += std::string_view(item.as_string());
    }
    return csv_cell(texts);
}

/// Calls `visit` with the name and the value of each field, nested ones too.
void each_cell(const std::string& parent, const json::object& fields, const auto& visit) {
    for (const auto& [key, value] : fields) {
        const auto name = parent + std::string(key);
        if (value.is_object())
            each_cell(name + '.', value.get_object(), visit);
        else
            visit(name, value);
    }
}

std::string line_of(const json::object& fields, const auto& cell) {
    std::string line;
    each_cell({}, fields, [&](const std::string& name, const json::value& value) { line += cell(name, value) + ','; });
    if (!line.empty()) line.pop_back();
    return line + '\n';
}

} // namespace

std::string csv_cell(std::string_view text) {
    std::string cell;
    if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos) cell = '\'';
    cell += text;
    if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
    std::string quoted = "\"";
    for (const char c : cell) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

std::string csv_header(const json::object& fields) {
    return line_of(fields, [](const std::string& name, const json::value&) { return csv_cell(name); });
}

std::string csv_row(const json::object& fields) {
    return line_of(fields, [](const std::string&, const json::value& value) { return cell_of(value); });
}

} // namespace loadsim::report
