// Comparison of loadsim's engine with the baseline client over mutual TLS 1.3.
#pragma once

#include "measurement.hpp"

namespace loadsim::bench {

/// As measure(); the results are a page of their own.
results measure_tls(const measurement_plan&, const std::function<void(const results&)>& on_results);

} // namespace loadsim::bench
