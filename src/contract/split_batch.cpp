#include "split_batch.hpp"

#include <loadsim/contract/payloads.hpp>

#include <boost/json.hpp>

namespace loadsim::contract {

namespace json = boost::json;

std::optional<std::vector<std::string>> split_batch(std::string_view text) {
    if (text.size() > payload_limit) return std::nullopt;
    boost::system::error_code error;
    const auto list =
        json::parse(json::string_view(text.data(), text.size()), error); // Boost.JSON limits nesting to 32
    if (error || !list.is_array()) return std::nullopt;
    std::vector<std::string> items;
    for (const auto& item : list.get_array()) items.push_back(json::serialize(item));
    return items;
}

} // namespace loadsim::contract
