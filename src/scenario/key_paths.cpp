#include <loadsim/scenario/read.hpp>

#include "schema.hpp"

#include <set>
#include <utility>

namespace loadsim::scenario {
namespace {

/// Paths of all keys with a fixed name, in the order of the schema.
class key_path_collector {
public:
    void collect(const boost::json::object& schema, const std::string& path) {
        if (const auto* properties = schema.if_contains("properties"))
            for (const auto& p : properties->as_object()) {
                auto below = join_path(path, p.key());
                if (known_.insert(below).second) paths.push_back(below);
                collect(p.value().as_object(), below);
            }
        if (const auto* alternatives = schema.if_contains("anyOf"))
            for (const auto& one : alternatives->as_array()) collect(one.as_object(), path);
        if (const auto* items = schema.if_contains("items")) collect(items->as_object(), path + "[0]");
    }

    std::vector<std::string> paths;

private:
    std::set<std::string> known_;
};

} // namespace

std::vector<std::string> key_paths() {
    key_path_collector all;
    all.collect(value_types::object<scenario_config>{}.schema(), {});
    return std::move(all.paths);
}

} // namespace loadsim::scenario
