// Files of data/, embedded at build time (cmake/EmbedText.cmake).
#pragma once

#include <string_view>

namespace loadsim::scenario {

extern const std::string_view behaviours_yaml;        ///< data/behaviours.yaml
extern const std::string_view example_scenarios_yaml; ///< data/example_scenarios.yaml
extern const std::string_view example_variants_yaml;  ///< data/example_variants.yaml
extern const std::string_view own_platform_yaml;      ///< data/own_platform.yaml
extern const std::string_view trips_yaml;             ///< data/trips.yaml
extern const std::string_view aws_iot_core_2026_yaml; ///< data/prices/aws-iot-core-2026.yaml
extern const std::string_view routes_geojson;         ///< data/routes/made_up.geojson

} // namespace loadsim::scenario
