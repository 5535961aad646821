#include <loadsim/kafka/consumer.hpp>

#include "client.hpp"
#include "topic_partitions.hpp"

#include <loadsim/base/exhaustion.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <utility>

namespace loadsim::kafka {
namespace {

constexpr std::size_t batch_size = 1'000;
constexpr int consumer_poll_ms = 50;
constexpr std::chrono::seconds commit_interval{5};
constexpr std::chrono::seconds answer_interval{1};
constexpr std::chrono::milliseconds answer_timeout{100};

std::string_view text_of(const void* bytes, std::size_t size) { return {static_cast<const char*>(bytes), size}; }

timestamp_type type_of(rd_kafka_timestamp_type_t t) {
    switch (t) {
    case RD_KAFKA_TIMESTAMP_CREATE_TIME: return timestamp_type::create;
    case RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME: return timestamp_type::append;
    case RD_KAFKA_TIMESTAMP_NOT_AVAILABLE: break;
    }
    return timestamp_type::none;
}

struct queue_deleter {
    void operator()(rd_kafka_queue_t* q) const { rd_kafka_queue_destroy(q); }
};

} // namespace

std::string_view header_value(std::span<const record_header> headers, std::string_view name) {
    const auto found = std::ranges::find(headers, name, &record_header::name);
    return found == headers.end() ? std::string_view{} : found->value;
}

class consumer::impl {
public:
    impl(const consumer_options& options, const time_source& time, batch_handler handler)
        : options_(options), time_(time), handler_(std::move(handler)) {}
    ~impl() { stop(); }

    problems start() {
        register_secrets(options_.connection);
        std::vector<setting> settings{{"enable.auto.commit", "false"},
                                      {"enable.auto.offset.store", "false"},
                                      {"auto.offset.reset", "error"}, // never consumes from elsewhere in silence
                                      {"allow.auto.create.topics", "false"},
                                      {"fetch.wait.max.ms", std::to_string(std::max(1, to_ms(options_.fetch_wait)))},
                                      {"fetch.error.backoff.ms", "100"},
                                      {"queued.max.messages.kbytes", std::to_string(options_.queued_kib)}};
        if (!options_.group.empty()) settings.push_back({"group.id", options_.group});
        auto made = make_client(RD_KAFKA_CONSUMER, options_.connection, settings, errors_);
        if (!made) return made.error();
        client_ = std::move(*made);
        if (auto ready = await_broker(client_.get(), options_.connection, errors_, options_.start_timeout); !ready)
            return ready.error();
        auto found = find_partitions(client_.get(), options_);
        if (!found) return found.error();
        make_topics();
        if (auto ends = read_ends(client_.get(), options_, *found); !ends) return ends.error();
        return consume(*found);
    }

    bool connected() const noexcept { return connected_; }

    void check_connection(nanoseconds timeout) {
        const auto error = ask_broker(client_.get(), timeout);
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return; // after an outage the thread notes it
        errors_.record(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, rd_kafka_err2str(error));
        connected_ = false;
    }

    void stop() {
        if (!thread_.joinable()) return;
        stopped_ = true;
        thread_.join();
        commit(true);
        for (const auto& t : topics_)
            for (const auto& p : t->partitions) rd_kafka_consume_stop(t->native.get(), p->number);
    }

    std::uint32_t partitions() const {
        std::size_t sum = 0;
        for (const auto& t : topics_) sum += t->partitions.size();
        return static_cast<std::uint32_t>(sum);
    }

    consumer_counts counts() const {
        consumer_counts all{.records = records_, .bytes = bytes_, .errors = errors_.by_name()};
        for (const auto& t : topics_)
            for (const auto& p : t->partitions) {
                std::int64_t low = 0, high = 0;
                // Of the last response to a fetch; before the first one it is unknown.
                rd_kafka_get_watermark_offsets(client_.get(), t->name.c_str(), p->number, &low, &high);
                const auto next = p->next_offset.load();
                all.lag.push_back({t->name, p->number, high > next ? static_cast<std::uint64_t>(high - next) : 0});
            }
        return all;
    }

private:
    struct consumed_partition {
        std::int32_t number = 0;
        std::atomic<std::int64_t> next_offset{0};
        std::int64_t committed_offset = -1; ///< none
        static std::int32_t number_of(const std::unique_ptr<consumed_partition>& p) { return p->number; }
    };
    struct consumed_topic {
        std::string name;
        topic_handle native;
        std::vector<std::unique_ptr<consumed_partition>> partitions; ///< by number
    };

    /// Before any other call that names them: librdkafka keeps a topic, and ignores the opaque of a second one with its name.
    void make_topics() {
        for (const auto& name : options_.topics) {
            auto t = std::make_unique<consumed_topic>();
            t->name = name;
            auto* conf = rd_kafka_topic_conf_new();
            rd_kafka_topic_conf_set_opaque(conf, t.get());
            t->native.reset(rd_kafka_topic_new(client_.get(), name.c_str(), conf));
            topics_.push_back(std::move(t));
        }
    }

    /// `found`: by topic and number.
    problems consume(const std::vector<partition_end>& found) {
        queue_.reset(rd_kafka_queue_new(client_.get()));
        for (const auto& f : found) {
            auto p = std::make_unique<consumed_partition>();
            p->number = f.partition;
            p->next_offset = f.end;
            auto& t = *topics_[f.topic];
            if (rd_kafka_consume_start_queue(t.native.get(), f.partition, f.end, queue_.get()) != 0)
                return {fmt::format("{} [{}]", t.name, f.partition),
                        fmt::format("the partition cannot be consumed: {}", rd_kafka_err2str(rd_kafka_last_error()))};
            t.partitions.push_back(std::move(p));
        }
        thread_ = std::thread([this] {
            run_despite_exhaustion("the Kafka consumer", [this] {
                while (!stopped_) consume_batch();
            });
        });
        return {};
    }

    /// rd_kafka_consume_batch_queue() returns when the batch is full or the time is over. So it waits for the first record by itself
    /// and takes the others that have come, without waiting: the instant is right to some microseconds.
    void consume_batch() {
        std::array<rd_kafka_message_t*, batch_size> messages{};
        std::size_t count = 0;
        if (auto* first = rd_kafka_consume_queue(queue_.get(), consumer_poll_ms); first != nullptr) {
            messages[count++] = first;
            const auto more = rd_kafka_consume_batch_queue(queue_.get(), 0, messages.data() + 1, messages.size() - 1);
            if (more > 0) count += static_cast<std::size_t>(more);
        }
        rd_kafka_poll(client_.get(), 0); // calls on_error()
        const auto now = time_.now();
        if (errors_.all_down()) look_for_broker(now);
        const auto epoch_us = system_time_us();
        records_of_batch_.clear();
        headers_.clear();
        header_counts_.clear();
        for (std::size_t i = 0; i < count; ++i) add(*messages[i], now, epoch_us);
        assign_headers();
        if (!records_of_batch_.empty()) handler_(records_of_batch_);
        for (std::size_t i = 0; i < count; ++i) rd_kafka_message_destroy(messages[i]);
        if (now - last_commit_ >= commit_interval) {
            last_commit_ = now;
            commit(false);
        }
    }

    /// librdkafka reports that all brokers are down, and not that one is back.
    void look_for_broker(monotonic_time now) {
        connected_ = false;
        if (now - last_look_ < answer_interval) return;
        last_look_ = now;
        if (ask_broker(client_.get(), answer_timeout) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
        errors_.forget_all_down();
        connected_ = true;
    }

    void add(rd_kafka_message_t& m, monotonic_time now, std::int64_t epoch_us) {
        if (m.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            errors_.record(m.err, rd_kafka_message_errstr(&m));
            return;
        }
        const auto& topic = *static_cast<const consumed_topic*>(rd_kafka_topic_opaque(m.rkt));
        incoming_record r{.topic = topic.name,
                          .partition = m.partition,
                          .offset = m.offset,
                          .key = text_of(m.key, m.key_len),
                          .value = text_of(m.payload, m.len),
                          .consumed = now};
        rd_kafka_timestamp_type_t set_by{};
        if (const auto ms = rd_kafka_message_timestamp(&m, &set_by); ms > 0) {
            r.timestamp_ms = ms;
            r.timestamp_of = type_of(set_by);
            r.timestamp = now - std::chrono::microseconds{epoch_us - ms * 1'000};
        }
        header_counts_.push_back(add_headers(m));
        records_of_batch_.push_back(r);
        ++records_;
        bytes_ += m.key_len + m.len;
        const auto p = std::ranges::lower_bound(topic.partitions, m.partition, {}, &consumed_partition::number_of);
        (*p)->next_offset = m.offset + 1;
    }

    std::size_t add_headers(const rd_kafka_message_t& m) {
        rd_kafka_headers_t* native = nullptr;
        if (rd_kafka_message_headers(&m, &native) != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
        std::size_t count = 0;
        const char* name = nullptr;
        const void* value = nullptr;
        std::size_t size = 0;
        for (; rd_kafka_header_get_all(native, count, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++count)
            headers_.push_back({name, text_of(value, size)});
        return count;
    }

    /// When all headers of the batch are in place.
    void assign_headers() {
        std::size_t begin = 0;
        for (std::size_t i = 0; i < records_of_batch_.size(); begin += header_counts_[i++])
            records_of_batch_[i].headers = std::span(headers_).subspan(begin, header_counts_[i]);
    }

    void commit(bool wait) {
        if (options_.group.empty()) return;
        const partition_list list(rd_kafka_topic_partition_list_new(1));
        for (const auto& t : topics_)
            for (const auto& p : t->partitions)
                if (const auto next = p->next_offset.load(); next != p->committed_offset) {
                    rd_kafka_topic_partition_list_add(list.get(), t->name.c_str(), p->number)->offset = next;
                    p->committed_offset = next;
                }
        if (list->cnt == 0) return;
        if (const auto error = rd_kafka_commit(client_.get(), list.get(), wait ? 0 : 1);
            error != RD_KAFKA_RESP_ERR_NO_ERROR)
            errors_.record(error, rd_kafka_err2str(error));
    }

    const consumer_options options_;
    const time_source& time_;
    batch_handler handler_;
    client_errors errors_;
    handle client_;
    std::unique_ptr<rd_kafka_queue_t, queue_deleter> queue_;
    std::vector<std::unique_ptr<consumed_topic>> topics_; ///< by index of the options
    std::vector<incoming_record> records_of_batch_;
    std::vector<record_header> headers_;     ///< of the batch
    std::vector<std::size_t> header_counts_; ///< by record of the batch
    monotonic_time last_commit_{};
    std::atomic<std::uint64_t> records_{0}, bytes_{0};
    monotonic_time last_look_{};
    std::atomic<bool> stopped_{false}, connected_{true};
    std::thread thread_;
};

consumer::consumer(std::unique_ptr<impl> i) : impl_(std::move(i)) {}
consumer::consumer(consumer&&) noexcept = default;
consumer& consumer::operator=(consumer&&) noexcept = default;
consumer::~consumer() = default;

result<consumer> consumer::start(const consumer_options& options, const time_source& time, batch_handler handler) {
    if (auto wrong = check(options); !wrong.empty()) return wrong;
    auto made = std::make_unique<impl>(options, time, std::move(handler));
    if (auto wrong = made->start(); !wrong.empty()) return wrong;
    return consumer(std::move(made));
}
std::uint32_t consumer::partitions() const { return impl_->partitions(); }
consumer_counts consumer::counts() const { return impl_->counts(); }
bool consumer::connected() const noexcept { return impl_->connected(); }
void consumer::check_connection(nanoseconds timeout) { impl_->check_connection(timeout); }
void consumer::stop() { impl_->stop(); }

} // namespace loadsim::kafka
