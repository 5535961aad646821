// Start of a consumer that a scenario describes.
#pragma once

#include <loadsim/kafka/consumer.hpp>

#include <string>
#include <vector>

namespace loadsim::observer {

/// `brokers`: of the embedded cluster, used by options without brokers. Errors: as kafka::consumer's, located below `path`.
result<kafka::consumer> start_consumer(kafka::consumer_options, const std::vector<std::string>& brokers,
                                       const std::string& path, const time_source&, kafka::consumer::batch_handler);

} // namespace loadsim::observer
