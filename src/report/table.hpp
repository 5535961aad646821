// Rows of text as a table.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace loadsim::report {

using row = std::vector<std::string>;

/// Columns as wide as their widest cell: the first `left` of them and those from `text_from` on are words and begin at
/// the left, the others are figures and end at the right.
std::string table(const std::vector<row>& rows, std::size_t left = 1, std::size_t text_from = 99);

} // namespace loadsim::report
