// JSON codec of spool lines; that of rank messages is declared in rank_messages.hpp.
#pragma once

#include <loadsim/cluster/spool.hpp>

#include <string>
#include <string_view>

namespace loadsim::cluster {

/// One line of JSON without its newline.
std::string encode(const spool_entry&);
result<spool_entry> decode_spool_entry(std::string_view line);

} // namespace loadsim::cluster
