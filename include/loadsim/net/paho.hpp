// Options of Eclipse Paho, the second implementation of MQTT that observers and the fleet have to compare with.
#pragma once

#include <loadsim/mqtt/options.hpp>
#include <loadsim/net/tls_options.hpp>

#include <mqtt/ssl_options.h>

namespace loadsim::net {

int to_paho_version(mqtt::version) noexcept;

/// Without the options that Paho does not have: a scenario with one of them is refused.
::mqtt::ssl_options to_paho_tls(const tls_options&);

} // namespace loadsim::net
