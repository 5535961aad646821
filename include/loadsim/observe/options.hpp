// How the end of a request is seen.
#pragma once

#include <cstdint>

namespace loadsim::observe {

enum class kind : std::uint8_t {
    mqtt, ///< the platform's event topic, through Eclipse Paho
};

} // namespace loadsim::observe
