#include <loadsim/observe/make_observer.hpp>

#include "mqtt_observer.hpp"
#include "sse_observer.hpp"
#include "webhook_observer.hpp"
#include "websocket_observer.hpp"

#include <optional>
#include <utility>

namespace loadsim::observe {

std::unique_ptr<observer> make_observer(const options& wanted, const surroundings& where, on_event tell,
                                        std::uint32_t index) {
    if (const auto* mqtt = std::get_if<mqtt_options>(&wanted))
        return std::make_unique<mqtt_observer>(*mqtt, where, std::move(tell), index);
    if (const auto* webhook = std::get_if<webhook_options>(&wanted))
        return std::make_unique<webhook_observer>(*webhook, std::move(tell), index);
    if (const auto* sse = std::get_if<sse_options>(&wanted))
        return std::make_unique<sse_observer>(*sse, where, std::move(tell), index);
    if (const auto* websocket = std::get_if<websocket_options>(&wanted))
        return std::make_unique<websocket_observer>(*websocket, where, std::move(tell), index);
    return nullptr;
}

std::unique_ptr<observer> make_word_listener(const surroundings& where) {
    return std::make_unique<mqtt_observer>(std::nullopt, where, on_event{}, 0);
}

} // namespace loadsim::observe
