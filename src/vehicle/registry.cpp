#include <loadsim/vehicle/registry.hpp>

#include <loadsim/base/encoding.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>
#include <streambuf>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

namespace loadsim::vehicle {
namespace {

constexpr std::size_t max_problems = 20;
constexpr std::size_t max_cell = 65'535;  // bytes of an MQTT string (MQTT 5.0, 1.5.4)
constexpr std::size_t max_cells = 10'000; // of a record

struct csv_cell {
    std::string text;
    std::size_t line = 0, column = 0; ///< of its first byte, from 1
    bool quoted = false;
};

/// CSV reader (RFC 4180): reads a stream record by record. Lines end in LF or CRLF; a leading byte order mark and empty lines
/// are skipped. Quoted cells may contain commas, line ends and doubled quotes. Memory: one record, of limited size.
class csv_reader {
public:
    explicit csv_reader(std::streambuf& from) : from_(from), byte_(from.sbumpc()), next_(from.sbumpc()) {}

    bool is_utf16() const {
        return (byte_ == 0xff && next_ == 0xfe) || (byte_ == 0xfe && next_ == 0xff) || byte_ == 0 || next_ == 0;
    }
    void skip_byte_order_mark();
    /// Reads the next record into `cells`; an invalid record is read as far as possible. False: end of text.
    bool next(std::vector<csv_cell>& cells);
    std::size_t line() const noexcept { return record_line_; } ///< first line of the record, from 1
    /// Syntax error of the record, located by line and column; empty text: valid.
    const problem& error() const noexcept { return error_; }

private:
    static constexpr int end = std::streambuf::traits_type::eof();
    bool at_line_end() const { return byte_ == '\n' || (byte_ == '\r' && (next_ == '\n' || next_ == end)); }
    bool at_cell_end() const { return byte_ == ',' || byte_ == end || at_line_end(); }
    void advance();
    void skip_line_end();
    csv_cell read_cell();
    void read_quoted(csv_cell&);
    void add_error(std::size_t line, std::size_t column, std::string text);
    void give_up(const csv_cell&, std::string text); ///< reports a limit, and reads no further

    std::streambuf& from_;
    int byte_, next_; ///< the current byte and the one after it
    std::size_t line_ = 1, column_ = 1;
    std::size_t record_line_ = 0;
    problem error_;
};

void csv_reader::skip_byte_order_mark() {
    if (byte_ != 0xef || next_ != 0xbb) return;
    for (int i = 0; i < 3; ++i) advance();
    column_ = 1;
}

void csv_reader::advance() {
    if (byte_ == '\n') {
        ++line_;
        column_ = 1;
    } else {
        ++column_;
    }
    byte_ = std::exchange(next_, next_ == end ? end : from_.sbumpc());
}

void csv_reader::skip_line_end() {
    if (byte_ == '\r') advance();
    if (byte_ == '\n') advance();
}

void csv_reader::add_error(std::size_t line, std::size_t column, std::string text) {
    if (error_.text.empty()) error_ = {std::to_string(line) + ":" + std::to_string(column), std::move(text)};
}

void csv_reader::give_up(const csv_cell& cell, std::string text) {
    add_error(cell.line, cell.column, std::move(text));
    byte_ = next_ = end;
}

bool csv_reader::next(std::vector<csv_cell>& cells) {
    cells.clear();
    error_ = {};
    while (at_line_end()) skip_line_end();
    if (byte_ == end) return false;
    record_line_ = line_;
    while (true) {
        cells.push_back(read_cell());
        if (cells.size() > max_cells)
            give_up(cells.back(), "more than " + std::to_string(max_cells) + " cells in a line");
        if (byte_ != ',') break;
        advance();
    }
    skip_line_end();
    return true;
}

csv_cell csv_reader::read_cell() {
    csv_cell made{.text = {}, .line = line_, .column = column_, .quoted = byte_ == '"'};
    if (made.quoted) {
        read_quoted(made);
        if (!at_cell_end()) add_error(line_, column_, "text behind a cell's closing quote");
    }
    for (; !at_cell_end(); advance()) {
        if (made.quoted) continue;
        if (byte_ == '"') add_error(line_, column_, "a quote within a cell that does not begin with one");
        made.text += static_cast<char>(byte_);
        if (made.text.size() > max_cell)
            give_up(made, "a cell of more than " + std::to_string(max_cell) + " bytes, the longest text of MQTT");
    }
    return made;
}

void csv_reader::read_quoted(csv_cell& made) {
    advance();
    while (true) {
        if (byte_ == end) return add_error(made.line, made.column, "a quote that does not close");
        if (byte_ == '"' && next_ != '"') break;
        if (byte_ == '"') advance(); // doubled
        made.text += static_cast<char>(byte_);
        if (made.text.size() > max_cell)
            return give_up(made, "a cell of more than " + std::to_string(max_cell) +
                                     " bytes, the longest text of MQTT; is its quote closed?");
        advance();
    }
    advance();
}

/// Reason why a cell cannot be sent as it is; empty: it can.
std::string cell_problem(const csv_cell& cell) {
    const auto at = printable_length(cell.text, "\t\r\n");
    const auto rest = std::string_view(cell.text).substr(at);
    if (!rest.empty())
        return "byte " + std::to_string(at + 1) + " of this cell is 0x" + to_hex(rest.substr(0, 1)) +
               (decode_utf8(rest).length == 0 ? ", which is not UTF-8; save the file as UTF-8"
                                              : ", a control character, which MQTT and JSON do not carry");
    constexpr std::string_view blanks = " \t";
    const bool has_blank = !cell.text.empty() && (blanks.find(cell.text.front()) != std::string_view::npos ||
                                                  blanks.find(cell.text.back()) != std::string_view::npos);
    if (has_blank && !cell.quoted)
        return "'" + cell.text + "' begins or ends with a blank; remove it, or write the cell in quotes";
    return {};
}

/// Reason why a cell is no VIN; empty: it is one. A VIN is a topic level (MQTT 5.0, 4.7.3).
std::string vin_problem(const csv_cell& cell) {
    if (cell.text.empty()) return "this vehicle has no VIN";
    if (cell.text.find_first_of("/+#") != std::string::npos)
        return "'" + cell.text + "': a VIN is a level of topics, which has no / + or #";
    if (cell.text.find_first_of(" \t\r\n") != std::string::npos)
        return "'" + cell.text + "': a VIN has no blanks and line ends";
    return {};
}

/// A word of 17 capitals may be a column's name.
bool looks_like_vin(std::string_view text) {
    return check_digit(text).has_value() && text.find_first_of("0123456789") != std::string_view::npos;
}

/// True: a word of the column's name is "vin", such as in "VIN Nr".
bool names_vin(std::string_view column) {
    std::string word;
    for (const char c : std::string(column) + " ") {
        const char lower = ascii_lower(c);
        if (lower >= 'a' && lower <= 'z') {
            word += lower;
            continue;
        }
        if (word == "vin") return true;
        word.clear();
    }
    return false;
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
    const auto status = std::filesystem::status(csv, error);
    if (is_directory(status)) return problems(name, "this is a folder; a CSV file belongs here");
    if (exists(status) && !is_regular_file(status))
        return problems(name, "this is no regular file; it is read more than once");
    errno = 0;
    std::filebuf file;
    if (file.open(csv, std::ios::in | std::ios::binary) == nullptr)
        return problems(name, std::string("cannot be read: ") + std::strerror(errno));
    try {
        return parse(options, vehicles, file, name);
    } catch (const std::ios_base::failure& failed) { // the disk
        return problems(name, std::string("cannot be read: ") + failed.what());
    }
}

std::string registry::place_of(const std::filesystem::path& csv, vehicle_id v, std::size_t column) {
    std::filebuf file;
    if (file.open(csv, std::ios::in | std::ios::binary) == nullptr) return csv.string();
    csv_reader reader(file);
    reader.skip_byte_order_mark();
    std::vector<csv_cell> cells;
    for (std::size_t line = 0; line <= index(v) + std::size_t{1}; ++line) // the first one names the columns
        if (!reader.next(cells)) return csv.string();
    if (column >= cells.size()) return csv.string();
    return csv.string() + ":" + std::to_string(cells[column].line) + ":" + std::to_string(cells[column].column);
}

result<registry> registry::parse(const vin_options& options, std::uint32_t vehicles, std::string_view text,
                                 const std::string& name) {
    std::stringbuf buffer(std::string(text), std::ios::in);
    return parse(options, vehicles, buffer, name);
}

result<registry> registry::parse(const vin_options& options, std::uint32_t vehicles, std::streambuf& from,
                                 const std::string& name) {
    problems errors;
    csv_reader reader(from);
    if (reader.is_utf16()) return problems(name, "this is UTF-16 or no text; save it as UTF-8");
    reader.skip_byte_order_mark();
    const auto add_problem = [&](std::string sentence) {
        errors.add(name + ":" + std::to_string(reader.line()), std::move(sentence));
    };
    const auto add_cell_problem = [&](const csv_cell& cell, std::string sentence) {
        errors.add(name + ":" + std::to_string(cell.line) + ":" + std::to_string(cell.column), std::move(sentence));
    };
    const auto add_syntax_error = [&] { errors.add(name + ":" + reader.error().location, reader.error().text); };
    auto made = std::make_shared<table>();
    std::vector<csv_cell> cells;
    if (!reader.next(cells)) return problems(name, "there is nothing in it; the first line names the columns");
    if (!reader.error().text.empty()) {
        add_syntax_error();
        return errors;
    }
    for (auto& cell : cells) {
        if (errors.list.size() == max_problems) break;
        const auto column = trimmed(cell.text);
        const auto other_separator = cell.text.find_first_of(";\t|");
        if (column.empty())
            add_cell_problem(cell, "column " + std::to_string(made->columns.size() + 1) +
                                       " has no name; the first line names them all");
        else if (cells.size() == 1 && !cell.quoted && other_separator != std::string::npos)
            errors.add(name + ":" + std::to_string(cell.line) + ":" + std::to_string(cell.column + other_separator),
                       "the cells are separated by " +
                           (cell.text[other_separator] == '\t' ? std::string("tabs")
                                                               : "'" + cell.text.substr(other_separator, 1) + "'") +
                           "; separate them by commas (RFC 4180)");
        else if (looks_like_vin(column))
            add_cell_problem(cell, "'" + std::string(column) +
                                       "' is a VIN; the first line names the columns, such as vin,user");
        else if (column.find_first_of("{}") != std::string_view::npos)
            add_cell_problem(cell, "the column '" + std::string(column) +
                                       "' has a brace in its name, and no template could name it");
        else if (auto why = cell_problem({std::string(column)}); !why.empty())
            add_cell_problem(cell, std::move(why));
        else if (std::ranges::find(made->columns, column) != made->columns.end())
            add_cell_problem(cell, "the column '" + std::string(column) + "' is there twice");
        else if (equal_ignoring_case("vin", column) && made->vin_column)
            add_cell_problem(cell, "the columns '" + made->columns[*made->vin_column] + "' and '" +
                                       std::string(column) + "' are both VINs");
        else if (equal_ignoring_case("vin", column))
            made->vin_column = made->columns.size();
        made->columns.emplace_back(column);
    }
    for (std::size_t i = 0; i < cells.size() && errors.empty() && !made->vin_column; ++i)
        if (names_vin(made->columns[i]))
            add_cell_problem(cells[i], "the column '" + made->columns[i] +
                                           "' is not used for the VINs; name the one that holds them vin");
    if (!errors.empty()) return errors;

    const auto width = made->columns.size();
    std::vector<std::size_t> lines; // first line of each row
    while (lines.size() < vehicles && errors.list.size() < max_problems && reader.next(cells)) {
        lines.push_back(reader.line());
        if (!reader.error().text.empty())
            add_syntax_error();
        else if (cells.size() != width)
            add_problem(count_text(cells.size(), "cell") + ", but the first line names " + count_text(width, "column"));
        for (std::size_t i = 0; i < cells.size() && reader.error().text.empty(); ++i) {
            auto why = cell_problem(cells[i]);
            if (why.empty() && made->vin_column == i) why = vin_problem(cells[i]);
            if (why.empty() && !made->vin_column && lines.size() == 1 && i < width && looks_like_vin(cells[i].text))
                why = "the column '" + made->columns[i] + "' holds VINs; name it vin";
            if (!why.empty() && errors.list.size() < max_problems) add_cell_problem(cells[i], std::move(why));
        }
        cells.resize(width);
        for (auto& cell : cells) made->cells.push_back(std::move(cell.text));
    }
    if (errors.empty() && lines.size() < vehicles)
        errors.add(name, "it has " + count_text(lines.size(), "vehicle") + ", and the fleet has " +
                             std::to_string(vehicles) + "; add lines" +
                             (lines.empty() ? "" : ", or let fleet.vehicles be " + std::to_string(lines.size())));
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

result<vehicle_id> registry::find(std::string_view text) const {
    if (const auto v = vehicle_of(text)) return *v;
    std::vector<std::uint32_t> found; // the first and the last
    std::uint32_t count = 0;
    const auto add = [&](std::uint32_t v) {
        if (!found.empty() && (found.front() == v || found.back() == v)) return;
        ++count;
        found.resize(std::min<std::size_t>(found.size(), 1));
        found.push_back(v);
    };
    std::uint32_t number{};
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec == std::errc{} && read.ptr == text.data() + text.size() && number < vehicles_) add(number);
    if (table_)
        for (std::uint32_t v = 0; v < vehicles_; ++v)
            if (std::ranges::find(table_->row(v), text) != table_->row(v).end()) add(v);
    if (count == 1) return vehicle_id{found.front()};
    const auto quoted = "'" + std::string(text) + "' is ";
    if (count == 0)
        return problems("", quoted + "no VIN, no index from 0 to " + std::to_string(vehicles_ - 1) +
                                (table_ ? " and no value of fleet.data" : "") + " in this fleet");
    return problems("", quoted + "the index or a value of " + std::to_string(count) + " vehicles, such as " +
                            vin_of(vehicle_id{found.front()}) + " and " + vin_of(vehicle_id{found.back()}) +
                            "; name one by its VIN");
}

bool registry::has_vins() const { return table_ && table_->vin_column; }

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
