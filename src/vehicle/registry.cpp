#include <loadsim/vehicle/registry.hpp>

#include <loadsim/base/encoding.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>
#include <unordered_map>
#include <vector>

namespace loadsim::vehicle {
namespace {

constexpr std::size_t max_problems = 20;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// Removes a leading line end. False: none.
bool skip_line_end(std::string_view& text) {
    const std::size_t length = text.starts_with("\r\n") ? 2 : text.starts_with('\n') ? 1 : 0;
    text.remove_prefix(length);
    return length != 0;
}

/// CSV reader (RFC 4180): reads text record by record. Lines end in LF or CRLF; a leading byte order mark and empty lines
/// are skipped. Quoted cells may contain commas, line ends and doubled quotes.
class csv_reader {
public:
    explicit csv_reader(std::string_view text);

    /// Reads the next record into `cells`; an invalid record is read as far as possible. False: end of text.
    bool next(std::vector<std::string>& cells);
    std::size_t line() const noexcept { return record_line_; } ///< first line of the record, from 1
    /// Syntax error of the record as a sentence; empty: valid.
    const std::string& error() const noexcept { return error_; }

private:
    std::string read_cell();
    std::string read_quoted_cell();

    std::string_view rest_;
    std::size_t line_ = 1;
    std::size_t record_line_ = 0;
    std::string error_;
};

csv_reader::csv_reader(std::string_view text) : rest_(text) {
    if (rest_.starts_with(byte_order_mark)) rest_.remove_prefix(byte_order_mark.size());
}

bool csv_reader::next(std::vector<std::string>& cells) {
    cells.clear();
    error_.clear();
    while (skip_line_end(rest_)) ++line_;
    if (rest_.empty()) return false;
    record_line_ = line_;
    while (true) {
        cells.push_back(rest_.starts_with('"') ? read_quoted_cell() : read_cell());
        if (!rest_.starts_with(',')) break;
        rest_.remove_prefix(1);
    }
    if (skip_line_end(rest_)) ++line_;
    return true;
}

std::string csv_reader::read_cell() {
    auto text = rest_.substr(0, rest_.find_first_of(",\n"));
    rest_.remove_prefix(text.size());
    // The CR of a CRLF; also that of a last line without its LF.
    if (text.ends_with('\r') && (rest_.empty() || rest_.starts_with('\n'))) text.remove_suffix(1);
    if (text.find('"') != std::string_view::npos && error_.empty())
        error_ = "a quote within a cell that does not begin with one";
    return std::string(text);
}

std::string csv_reader::read_quoted_cell() {
    std::string made;
    rest_.remove_prefix(1);
    while (true) {
        const auto quote = rest_.find('"');
        const auto text = rest_.substr(0, quote);
        made += text;
        line_ += static_cast<std::size_t>(std::ranges::count(text, '\n'));
        rest_.remove_prefix(std::min(rest_.size(), text.size() + 1));
        if (quote == std::string_view::npos) {
            error_ = "a quote that does not close";
            return made;
        }
        if (!rest_.starts_with('"')) break;
        made += '"';
        rest_.remove_prefix(1);
    }
    // Only a separator may follow the closing quote.
    const auto after_quote = rest_.substr(0, rest_.find_first_of(",\n"));
    if (!after_quote.empty() && after_quote != "\r" && error_.empty()) error_ = "text behind a cell's closing quote";
    rest_.remove_prefix(after_quote.size() -
                        (after_quote.ends_with('\r') && rest_.size() > after_quote.size() ? 1 : 0));
    return made;
}

bool is_vin_column(std::string_view column) {
    constexpr std::string_view vin = "vin";
    return std::ranges::equal(column, vin, {}, ascii_lower);
}

/// Reason why a VIN is not a valid topic level (MQTT 5.0, 4.7.3); empty: valid.
std::string_view topic_level_problem(std::string_view vin) {
    if (vin.find_first_of("/+#") != std::string_view::npos) return "a VIN is a level of topics, which has no / + or #";
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (std::ranges::any_of(vin, is_control)) return "a VIN is a level of topics, which has no control characters";
    return {};
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string count_text(std::size_t count, std::string_view what) {
    return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

} // namespace

struct registry::table {
    std::vector<std::string> columns;
    std::vector<std::string> cells;        ///< in row-major order
    std::optional<std::size_t> vin_column; ///< index of the VIN column
    std::unordered_map<std::string_view, std::uint32_t> by_vin;

    std::span<const std::string> row(std::size_t which) const {
        return std::span(cells).subspan(which * columns.size(), columns.size());
    }
};

registry::registry(const vin_options& options, std::uint32_t vehicles) : options_(options), vehicles_(vehicles) {}

result<registry> registry::load(const vin_options& options, std::uint32_t vehicles, const std::filesystem::path& csv) {
    const auto name = csv.string();
    std::error_code error;
    if (std::filesystem::is_directory(csv, error)) return problems(name, "this is a folder; a CSV file belongs here");
    errno = 0;
    std::ifstream file(csv, std::ios::binary);
    std::ostringstream text;
    if (!file || (file.peek() != std::ifstream::traits_type::eof() && !(text << file.rdbuf())))
        return problems(name, std::string("cannot be read: ") + std::strerror(errno));
    return parse(options, vehicles, text.view(), name);
}

result<registry> registry::parse(const vin_options& options, std::uint32_t vehicles, std::string_view text,
                                 const std::string& name) {
    problems errors;
    csv_reader reader(text);
    const auto add_problem = [&](std::string sentence) {
        errors.add(name + ":" + std::to_string(reader.line()), std::move(sentence));
    };
    auto made = std::make_shared<table>();
    std::vector<std::string> cells;
    if (!reader.next(cells)) return problems(name, "there is nothing in it; the first line names the columns");
    if (!reader.error().empty()) add_problem(reader.error());
    for (const auto& cell : cells) {
        const auto column = trimmed(cell);
        if (column.empty())
            add_problem("column " + std::to_string(made->columns.size() + 1) +
                        " has no name; the first line names them all");
        else if (column.find_first_of("{}") != std::string_view::npos)
            add_problem("the column '" + std::string(column) +
                        "' has a brace in its name, and no template could name it");
        else if (std::ranges::find(made->columns, column) != made->columns.end())
            add_problem("the column '" + std::string(column) + "' is there twice");
        else if (is_vin_column(column) && made->vin_column)
            add_problem("the columns '" + made->columns[*made->vin_column] + "' and '" + std::string(column) +
                        "' are both VINs");
        else if (is_vin_column(column))
            made->vin_column = made->columns.size();
        made->columns.emplace_back(column);
    }
    if (!errors.empty()) return errors;

    const auto width = made->columns.size();
    std::vector<std::size_t> lines; // first line of each row
    while (lines.size() < vehicles && errors.list.size() < max_problems && reader.next(cells)) {
        lines.push_back(reader.line());
        if (!reader.error().empty())
            add_problem(reader.error());
        else if (cells.size() != width)
            add_problem(count_text(cells.size(), "cell") + ", but the first line names " + count_text(width, "column"));
        else if (made->vin_column && cells[*made->vin_column].empty())
            add_problem("this vehicle has no VIN");
        else if (made->vin_column && !topic_level_problem(cells[*made->vin_column]).empty())
            add_problem("'" + cells[*made->vin_column] +
                        "': " + std::string(topic_level_problem(cells[*made->vin_column])));
        cells.resize(width);
        for (auto& cell : cells) made->cells.push_back(std::move(cell));
    }
    if (errors.empty() && lines.size() < vehicles)
        errors.add(name, "it has " + count_text(lines.size(), "vehicle") + ", and the fleet has " +
                             std::to_string(vehicles) + "; add lines, or let fleet.vehicles be " +
                             std::to_string(lines.size()));
    if (!errors.empty()) return errors;

    made->cells.shrink_to_fit();
    if (made->vin_column) {
        made->by_vin.reserve(vehicles);
        for (std::uint32_t i = 0; i < vehicles && errors.list.size() < max_problems; ++i) {
            const auto& vin = made->row(i)[*made->vin_column];
            const auto [first, is_new] = made->by_vin.emplace(vin, i);
            if (!is_new)
                errors.add(name + ":" + std::to_string(lines[i]), "the VIN '" + vin +
                                                                      "' is there twice, first in line " +
                                                                      std::to_string(lines[first->second]));
        }
    }
    if (!errors.empty()) return errors;
    registry whole(options, vehicles);
    whole.table_ = std::move(made);
    return whole;
}

std::string registry::vin_of(vehicle_id v) const {
    return table_ && table_->vin_column ? table_->row(index(v))[*table_->vin_column] : vehicle::vin_of(options_, v);
}

std::optional<vehicle_id> registry::vehicle_of(std::string_view vin) const {
    if (table_ && table_->vin_column) {
        const auto found = table_->by_vin.find(vin);
        return found == table_->by_vin.end() ? std::nullopt : std::optional{vehicle_id{found->second}};
    }
    const auto v = vehicle::vehicle_of(options_, vin);
    return v && index(*v) < vehicles_ ? v : std::nullopt;
}

std::span<const std::string> registry::columns() const {
    return table_ ? std::span<const std::string>(table_->columns) : std::span<const std::string>{};
}

std::span<const std::string> registry::row(vehicle_id v) const {
    return table_ ? table_->row(index(v)) : std::span<const std::string>{};
}

std::optional<std::pair<vehicle_id, vehicle_id>>
first_duplicate(std::uint32_t vehicles, const std::function<std::string(vehicle_id)>& text_of) {
    std::vector<std::pair<std::size_t, std::uint32_t>> hashes(vehicles);
    for (std::uint32_t i = 0; i < vehicles; ++i) hashes[i] = {std::hash<std::string>{}(text_of(vehicle_id{i})), i};
    std::ranges::sort(hashes);
    std::optional<std::pair<vehicle_id, vehicle_id>> found;
    for (std::size_t i = 0; i + 1 < hashes.size(); ++i) {
        // Equal hashes: compare the texts, which may differ.
        for (auto j = i + 1; j < hashes.size() && hashes[j].first == hashes[i].first; ++j) {
            const std::pair both{vehicle_id{hashes[i].second}, vehicle_id{hashes[j].second}};
            if (found && found->second <= both.second) break; // later pairs of this hash are not earlier in the fleet
            if (text_of(both.first) != text_of(both.second)) continue;
            found = both;
            break;
        }
    }
    return found;
}

} // namespace loadsim::vehicle
