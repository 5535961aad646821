#include <loadsim/kafka/producer.hpp>

#include "client.hpp"

#include <loadsim/base/exhaustion.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <string>
#include <thread>
#include <utility>

namespace loadsim::kafka {
namespace {

constexpr int producer_poll_ms = 100;
constexpr std::chrono::seconds final_flush{1};

/// What librdkafka's callbacks get; `errors` is its opaque.
struct delivery_reports : client_errors {
    std::atomic<std::uint64_t> delivered{0}, failed{0};
};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* m, void* opaque) {
    auto& reports = *static_cast<delivery_reports*>(static_cast<client_errors*>(opaque));
    if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++reports.delivered;
        return;
    }
    ++reports.failed;
    reports.record(m->err, rd_kafka_err2str(m->err));
}

} // namespace

class producer::impl {
public:
    ~impl() {
        if (!thread_.joinable()) return;
        flush(final_flush);
        stopped_ = true;
        thread_.join();
        rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    }

    problems start(const producer_options& options) {
        register_secrets(options.connection);
        auto made = make_client(RD_KAFKA_PRODUCER, options.connection,
                                {{"acks", "all"},
                                 {"enable.idempotence", "true"},
                                 {"partitioner", "murmur2_random"},
                                 {"queue.buffering.max.messages", std::to_string(options.queued_messages)},
                                 {"queue.buffering.max.kbytes", std::to_string(options.queued_kib)},
                                 {"linger.ms", std::to_string(to_ms(options.linger))},
                                 {"message.timeout.ms", std::to_string(std::max(1, to_ms(options.delivery_timeout)))}},
                                reports_, on_delivery);
        if (!made) return made.error();
        client_ = std::move(*made);
        if (auto ready = await_broker(client_.get(), options.connection, reports_, options.start_timeout); !ready)
            return ready.error();
        thread_ = std::thread([this] {
            run_despite_exhaustion("the Kafka producer", [this] {
                while (!stopped_) rd_kafka_poll(client_.get(), producer_poll_ms);
            });
        });
        return {};
    }

    bool produce(const outgoing_record& r) {
        rd_kafka_headers_t* headers = r.headers.empty() ? nullptr : rd_kafka_headers_new(r.headers.size());
        for (const auto& [name, value] : r.headers)
            rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                                static_cast<ssize_t>(value.size()));
        const std::string topic(r.topic);
        // librdkafka's macros for these are GNU C.
        rd_kafka_vu_t fields[7]{};
        fields[0].vtype = RD_KAFKA_VTYPE_TOPIC;
        fields[0].u.cstr = topic.c_str();
        fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
        fields[1].u.i32 = RD_KAFKA_PARTITION_UA;
        fields[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
        fields[2].u.i = RD_KAFKA_MSG_F_COPY;
        fields[3].vtype = RD_KAFKA_VTYPE_KEY;
        if (!r.key.empty()) fields[3].u.mem = {const_cast<char*>(r.key.data()), r.key.size()}; // copied
        fields[4].vtype = RD_KAFKA_VTYPE_VALUE;
        fields[4].u.mem = {const_cast<char*>(r.value.data()), r.value.size()}; // copied
        fields[5].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
        fields[5].u.i64 = r.timestamp_ms;
        fields[6].vtype = RD_KAFKA_VTYPE_HEADERS;
        fields[6].u.headers = headers;
        const std::size_t given = headers == nullptr ? std::size(fields) - 1 : std::size(fields);
        const std::unique_ptr<rd_kafka_error_t, decltype(&rd_kafka_error_destroy)> failure(
            rd_kafka_produceva(client_.get(), fields, given), rd_kafka_error_destroy);
        if (failure == nullptr) {
            ++accepted_;
            return true;
        }
        const auto error = rd_kafka_error_code(failure.get());
        if (headers != nullptr) rd_kafka_headers_destroy(headers);
        ++refused_;
        reports_.record(error, rd_kafka_err2str(error));
        return false;
    }

    std::uint64_t flush(nanoseconds limit) {
        rd_kafka_flush(client_.get(), to_ms(limit));
        return static_cast<std::uint64_t>(rd_kafka_outq_len(client_.get()));
    }

    producer_counts counts() const {
        return {accepted_, refused_, reports_.delivered, reports_.failed, reports_.by_name()};
    }

private:
    delivery_reports reports_;
    handle client_;
    std::atomic<std::uint64_t> accepted_{0}, refused_{0};
    std::atomic<bool> stopped_{false};
    std::thread thread_;
};

producer::producer(std::unique_ptr<impl> i) : impl_(std::move(i)) {}
producer::producer(producer&&) noexcept = default;
producer& producer::operator=(producer&&) noexcept = default;
producer::~producer() = default;

result<producer> producer::start(const producer_options& options) {
    if (auto wrong = check(options); !wrong.empty()) return wrong;
    auto made = std::make_unique<impl>();
    if (auto wrong = made->start(options); !wrong.empty()) return wrong;
    return producer(std::move(made));
}
bool producer::produce(const outgoing_record& r) { return impl_->produce(r); }
std::uint64_t producer::flush(nanoseconds limit) { return impl_->flush(limit); }
producer_counts producer::counts() const { return impl_->counts(); }

} // namespace loadsim::kafka
