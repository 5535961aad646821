#include <loadsim/kafka/mock_cluster.hpp>

#include "client.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka_mock.h>

#include <string_view>
#include <utility>

namespace loadsim::kafka {

class mock_cluster::impl {
public:
    static result<std::unique_ptr<impl>> start(const std::vector<topic>& topics, std::uint32_t brokers) {
        auto made = std::make_unique<impl>();
        // A client without brokers, which owns the cluster.
        auto owner = make_client(RD_KAFKA_PRODUCER, {}, {{"log_level", "4"}}, made->errors_);
        if (!owner) return owner.error();
        made->owner_ = std::move(*owner);
        made->cluster_.reset(rd_kafka_mock_cluster_new(made->owner_.get(), static_cast<int>(brokers)));
        if (made->cluster_ == nullptr)
            return problems{"", "the mock cluster of librdkafka cannot be started: no threads or open files are left"};
        for (const auto& t : topics)
            if (const auto error =
                    rd_kafka_mock_topic_create(made->cluster_.get(), t.name.c_str(), static_cast<int>(t.partitions), 1);
                error != RD_KAFKA_RESP_ERR_NO_ERROR)
                return problems{"", fmt::format("the topic '{}' cannot be created in the mock cluster: {}", t.name,
                                                rd_kafka_err2str(error))};
        return made;
    }

    std::vector<std::string> brokers() const {
        std::vector<std::string> all;
        std::string_view rest = rd_kafka_mock_cluster_bootstraps(cluster_.get());
        while (!rest.empty()) {
            const auto one = rest.substr(0, rest.find(','));
            all.emplace_back(one);
            rest.remove_prefix(std::min(one.size() + 1, rest.size()));
        }
        return all;
    }

    void set_available(bool available) {
        constexpr std::int32_t all_brokers = -1;
        if (available)
            rd_kafka_mock_broker_set_up(cluster_.get(), all_brokers);
        else
            rd_kafka_mock_broker_set_down(cluster_.get(), all_brokers);
    }

private:
    struct cluster_deleter {
        void operator()(rd_kafka_mock_cluster_t* c) const { rd_kafka_mock_cluster_destroy(c); }
    };
    client_errors errors_;
    handle owner_;
    std::unique_ptr<rd_kafka_mock_cluster_t, cluster_deleter> cluster_; // destroyed before its owner
};

mock_cluster::mock_cluster(std::unique_ptr<impl> i) : impl_(std::move(i)) {}
mock_cluster::mock_cluster(mock_cluster&&) noexcept = default;
mock_cluster& mock_cluster::operator=(mock_cluster&&) noexcept = default;
mock_cluster::~mock_cluster() = default;

result<mock_cluster> mock_cluster::start(const std::vector<topic>& topics, std::uint32_t brokers) {
    auto made = impl::start(topics, brokers);
    if (!made) return made.error();
    return mock_cluster(std::move(*made));
}
std::vector<std::string> mock_cluster::brokers() const { return impl_->brokers(); }
void mock_cluster::set_available(bool available) { impl_->set_available(available); }

} // namespace loadsim::kafka
