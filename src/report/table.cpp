#include "table.hpp"

#include "text_format.hpp"

#include <algorithm>

namespace loadsim::report {

std::string table(const std::vector<row>& rows, std::size_t left_aligned, std::size_t text_from) {
    std::vector<std::size_t> widths;
    for (const auto& r : rows) {
        widths.resize(std::max(widths.size(), r.size()));
        for (std::size_t i = 0; i < r.size(); ++i) widths[i] = std::max(widths[i], display_width(r[i]));
    }
    std::string text;
    for (const auto& r : rows) {
        std::string line = "   ";
        for (std::size_t i = 0; i < r.size(); ++i)
            line += ' ' + (i < left_aligned || i >= text_from ? pad_right : pad_left)(r[i], widths[i]) + ' ';
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    return text;
}

} // namespace loadsim::report
