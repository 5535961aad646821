#include <loadsim/contract/topics.hpp>

namespace loadsim::contract {
namespace {

constexpr std::string_view root = "v1/";

std::string joined(std::string_view vin, std::string_view middle, std::string_view last = {}) {
    std::string topic;
    topic.reserve(root.size() + vin.size() + middle.size() + last.size());
    topic += root;
    topic += vin;
    topic += middle;
    topic += last;
    return topic;
}

bool is_one_level(std::string_view text) {
    return !text.empty() && text.find_first_of("/+#") == std::string_view::npos;
}

bool is_one_level_below(std::string_view rest, std::string_view branch) {
    return rest.starts_with(branch) && is_one_level(rest.substr(branch.size()));
}

} // namespace

std::string command_topic(std::string_view vin, std::string_view service) { return joined(vin, "/cmd/", service); }
std::string command_filter(std::string_view vin) { return joined(vin, "/cmd/#"); }
std::string response_topic(std::string_view vin, std::string_view request) { return joined(vin, "/rsp/", request); }
std::string_view response_filter() { return "v1/+/rsp/+"; }
std::string event_topic(std::string_view vin) { return joined(vin, "/evt"); }
std::string_view event_filter() { return "v1/+/evt"; }
std::string presence_topic(std::string_view vin) { return joined(vin, "/state"); }
std::string_view presence_filter() { return "v1/+/state"; }

std::optional<std::string_view> vin_of(std::string_view topic) {
    if (!topic.starts_with(root)) return std::nullopt;
    topic.remove_prefix(root.size());
    const auto end = topic.find('/');
    if (end == std::string_view::npos) return std::nullopt;
    const auto vin = topic.substr(0, end);
    const auto rest = topic.substr(end);
    const bool known =
        rest == "/evt" || rest == "/state" || is_one_level_below(rest, "/cmd/") || is_one_level_below(rest, "/rsp/");
    return known && is_one_level(vin) ? std::optional{vin} : std::nullopt;
}

} // namespace loadsim::contract
