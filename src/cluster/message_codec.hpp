// JSON codec of the messages between ranks, for the channel and the spool.
#pragma once

#include <loadsim/cluster/rank_messages.hpp>

#include <boost/json/object.hpp>

#include <string_view>

namespace loadsim::cluster {

/// Object with one member, named after the message type.
boost::json::object to_json(const message&);
result<message> from_json(const boost::json::object&);

/// Errors: invalid JSON; not an object. Strings may hold any bytes.
result<boost::json::object> parse_object(std::string_view text);

} // namespace loadsim::cluster
