// Labels and tags of a run: what identifies it in reports, such as the commit that was tested, and in metrics, such as who pays for it.
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

/// Texts KEY=VALUE of tags, which are dimensions of metrics, too. Errors: those of a label; keys that metrics or a label have; values that
/// are no dimension of CloudWatch: printable ASCII, 1 to 250 characters; more than 20 tags, as a metric has 30 dimensions at most.
/// `flag`: for messages.
result<run_labels> parse_run_tags(const std::vector<std::string>&, const run_labels&,
                                  const std::string& flag = "--tag");

} // namespace loadsim::report
