// Letters as JSON values: alone on a wire, or in a line of a spool.
#pragma once

#include <loadsim/cluster/letters.hpp>

#include <boost/json/object.hpp>

#include <string_view>

namespace loadsim::cluster {

/// One member, named after the kind of the letter.
boost::json::object to_json(const message&);
result<message> from_json(const boost::json::object&);

/// Errors: no JSON, or no object. Strings may hold any bytes.
result<boost::json::object> parse_object(std::string_view text);

} // namespace loadsim::cluster
