#include "csv.hpp"

#include <algorithm>

namespace loadsim::vehicle {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// Removes a leading line end. False: none.
bool skip_line_end(std::string_view& text) {
    const std::size_t length = text.starts_with("\r\n") ? 2 : text.starts_with('\n') ? 1 : 0;
    text.remove_prefix(length);
    return length != 0;
}

} // namespace

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
    if (rest_.starts_with('\n') && text.ends_with('\r')) {
        text.remove_suffix(1);
    } else if (rest_.empty() && text.ends_with('\r')) {
        text.remove_suffix(1); // last line, truncated within CRLF
    }
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

} // namespace loadsim::vehicle
