#include "platform.hpp"

#include <loadsim/drive/api_probe.hpp>
#include <loadsim/net/reach.hpp>

#include <utility>

namespace loadsim::run {
namespace {
constexpr nanoseconds answer_within = std::chrono::seconds{5};
}

result<platform> bring_up(const scenario::document& scenario, const std::filesystem::path& folder,
                          const std::function<void(const std::string&)>& said) {
    platform up;
    if (scenario.target.broker) {
        up.broker = *scenario.target.broker;
    } else {
        auto started = target::mosquitto::start(folder);
        if (!started) return started.error();
        up.own_broker = std::move(*started);
        up.broker = up.own_broker->broker();
        said("embedded broker: mosquitto on " + net::to_string(up.broker));
    }
    const auto broker = net::reach(up.broker, "broker", answer_within);
    if (!broker) return broker.error();
    up.broker_address = *broker;
    if (scenario.load.driver == drive::kind::mqtt) return up;

    if (scenario.target.api) {
        up.api = *scenario.target.api;
    } else {
        auto started =
            backend::server::start(scenario.target.backend, up.broker, net::endpoint{"http", "127.0.0.1", 0, ""});
        if (!started) return started.error();
        up.own_backend = std::move(*started);
        up.api = up.own_backend->api();
        said("embedded backend: " + net::to_string(*up.api));
    }
    const auto api = net::reach(*up.api, "platform's API", answer_within);
    if (!api) return api.error();
    up.api_address = *api;
    if (const auto lets_us_in = drive::probe_api(*up.api, *api, answer_within); !lets_us_in) return lets_us_in.error();
    return up;
}

} // namespace loadsim::run
