// Schema of the variants file of `tune`, for its JSON Schema and the reference.
#pragma once

#include <boost/json/object.hpp>

namespace loadsim::scenario {

boost::json::object variants_root_schema();

} // namespace loadsim::scenario
