// Labels of a run: what identifies it in reports, such as the commit that was tested.
#pragma once

#include <loadsim/base/result.hpp>

#include <string>
#include <utility>
#include <vector>

namespace loadsim::report {

using run_labels = std::vector<std::pair<std::string, std::string>>; ///< name and value

/// Texts NAME=VALUE. Errors: all texts without a name of letters, digits and `._/-`, names that are there twice, values of more than
/// 1,000 bytes or with control characters, more than 50 labels.
result<run_labels> parse_run_labels(const std::vector<std::string>&);

} // namespace loadsim::report
