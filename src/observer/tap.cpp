#include <loadsim/observer/tap.hpp>

#include "kafka_start.hpp"
#include "tap_splitter.hpp"

#include <loadsim/base/counters.hpp>
#include <loadsim/kafka/consumer.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace loadsim::observer {
namespace {

class kafka_tap final : public tap {
public:
    explicit kafka_tap(tap_splitter splitter) : splitter_(std::move(splitter)) {}
    ~kafka_tap() override { stop(); }

    problems start(const kafka::consumer_options& wanted, const std::vector<std::string>& brokers,
                   const std::string& path, const time_source& time) {
        auto started = start_consumer(wanted, brokers, path, time,
                                      [this](std::span<const kafka::incoming_record> batch) { receive(batch); });
        if (!started) return started.error();
        consumer_.emplace(std::move(*started));
        notice_ = fmt::format("{} partitions of {}", consumer_->partitions(), fmt::join(wanted.topics, ", "));
        return {};
    }

    std::string notice() const override { return notice_; }

    measure::tap_counts take_counts() override {
        measure::tap_counts taken;
        {
            const std::lock_guard lock(mutex_);
            taken = std::exchange(counts_, {});
        }
        auto now = consumer_->counts();
        for (const auto& p : now.lag) taken.consumer_lag[fmt::format("{}/{}", p.topic, p.partition)].merge({p.records});
        for (const auto& [name, times] : now.errors)
            if (const auto more = times - std::exchange(previous_errors_[name], times); more != 0)
                taken.errors[name] = more;
        return taken;
    }

    std::uint64_t lag() const override {
        std::uint64_t sum = 0;
        for (const auto& p : consumer_->counts().lag) sum += p.records;
        return sum;
    }

    bool connected() const override { return consumer_->connected(); }
    void check_connection(nanoseconds timeout) override { consumer_->check_connection(timeout); }

    void stop() override {
        if (consumer_) consumer_->stop();
    }

private:
    void receive(std::span<const kafka::incoming_record> batch) {
        measure::tap_counts more;
        splitter_.split(batch, more);
        const std::lock_guard lock(mutex_);
        add(counts_, more);
    }

    std::string notice_;
    tap_splitter splitter_;
    std::mutex mutex_; // of counts_
    measure::tap_counts counts_;
    std::map<std::string, std::uint64_t> previous_errors_;
    std::optional<kafka::consumer> consumer_; // last: its thread uses the members above
};

} // namespace

result<std::unique_ptr<tap>> tap::start(const tap_options& wanted, std::vector<contract::tap_group> groups,
                                        const std::vector<std::string>& brokers, const std::string& path,
                                        const time_source& time, tap_destination to) {
    auto mapping = contract::tap_mapping::compile(wanted.mapping, std::move(groups), path);
    if (!mapping) return mapping.error();
    auto made =
        std::make_unique<kafka_tap>(tap_splitter(std::move(*mapping), !wanted.mapping.key.empty(), std::move(to)));
    if (auto wrong = made->start(wanted.consumer, brokers, path, time); !wrong.empty()) return wrong;
    return std::unique_ptr<tap>(std::move(made));
}

} // namespace loadsim::observer
