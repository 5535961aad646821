#include "kafka_start.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace loadsim::observer {
namespace {

/// The mock cluster responds to an empty fetch only after this time, even if a record has come.
constexpr nanoseconds embedded_fetch_wait = std::chrono::milliseconds{10};

} // namespace

result<kafka::consumer> start_consumer(kafka::consumer_options wanted, const std::vector<std::string>& brokers,
                                       const std::string& path, const time_source& time,
                                       kafka::consumer::batch_handler handler) {
    if (wanted.connection.brokers.empty() && !brokers.empty()) {
        wanted.connection.brokers = brokers;
        wanted.fetch_wait = embedded_fetch_wait;
    }
    problems located;
    if (const auto wrong = kafka::check(wanted); !wrong.empty()) {
        for (const auto& p : wrong.list) located.add(fmt::format("{}.{}", path, p.location), p.text);
        return located;
    }
    auto started = kafka::consumer::start(wanted, time, std::move(handler));
    if (started) return started;
    for (const auto& p : started.error().list) located.add(fmt::format("{} ({})", path, p.location), p.text);
    return located;
}

} // namespace loadsim::observer
