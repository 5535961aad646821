#include <loadsim/observer/observer_factory.hpp>

#include "kafka_observer.hpp"
#include "mqtt_observer.hpp"
#include "sse_observer.hpp"
#include "webhook_observer.hpp"
#include "websocket_observer.hpp"

#include <optional>
#include <utility>

namespace loadsim::observer {

std::unique_ptr<observer> make_observer(const options& wanted, const observer_context& context, on_completion handler,
                                        std::uint32_t index) {
    if (const auto* mqtt = std::get_if<mqtt_options>(&wanted))
        return std::make_unique<mqtt_observer>(*mqtt, context, std::move(handler), index);
    if (const auto* webhook = std::get_if<webhook_options>(&wanted))
        return std::make_unique<webhook_observer>(*webhook, context.api.limits, std::move(handler), index, context.tap);
    if (const auto* sse = std::get_if<sse_options>(&wanted))
        return std::make_unique<sse_observer>(*sse, context, std::move(handler), index);
    if (const auto* websocket = std::get_if<websocket_options>(&wanted))
        return std::make_unique<websocket_observer>(*websocket, context, std::move(handler), index);
    if (const auto* kafka = std::get_if<kafka_observer_options>(&wanted))
        return std::make_unique<kafka_observer>(*kafka, context, std::move(handler), index);
    return nullptr;
}

std::unique_ptr<observer> make_response_listener(const observer_context& context) {
    return std::make_unique<mqtt_observer>(std::nullopt, context, on_completion{}, 0);
}

} // namespace loadsim::observer
