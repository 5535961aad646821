// The `mqtt` observer: the platform's final events on its event topic, and vehicles' words on theirs.
#pragma once

#include "ear.hpp"
#include "mqtt_client.hpp"

#include <loadsim/observe/event.hpp>
#include <loadsim/observe/make_observer.hpp>
#include <loadsim/observe/options.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::observe {

/// One client, or several that share the subscription. MQTT 5; 3.1.1 where the broker refuses that.
class mqtt_observer final : public observer {
public:
    /// Without options: nothing but words.
    mqtt_observer(std::optional<mqtt_options>, const surroundings&, on_event, std::uint32_t index);
    ~mqtt_observer() override;

    result<void> start() override;
    void stop() override;
    counts take() override;
    void overhear(on_heard tell) override { ear_.overhear(std::move(tell)); }
    std::string said() const override;

private:
    mqtt_client::attempt start(mqtt_version);
    std::vector<subscription> wanted(std::uint32_t client, const std::string& group) const;
    void hear(const contract::heard&, monotonic_time);
    void hear_word(const contract::heard&, monotonic_time);
    std::uint32_t count() const { return options_ ? options_->clients : 1; }
    std::string brokers() const; ///< their URLs
    const contract::terms& terms() const;

    std::optional<mqtt_options> options_;
    surroundings where_;
    std::string place_;
    ear ear_;
    std::optional<contract::reading> reading_; // of events
    mqtt_version version_ = mqtt_version::v5;
    std::vector<std::unique_ptr<mqtt_client>> clients_; // last: their threads use the above
};

} // namespace loadsim::observe
