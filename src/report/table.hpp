// Text tables with aligned columns.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace loadsim::report {

using row = std::vector<std::string>;

/// Columns are as wide as their widest cell. The first `left_aligned` columns and those from index `text_from` on hold text and are
/// left-aligned; the others hold numbers and are right-aligned.
std::string table(const std::vector<row>& rows, std::size_t left_aligned = 1, std::size_t text_from = 99);

} // namespace loadsim::report
