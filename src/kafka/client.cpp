#include "client.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/log.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

namespace loadsim::kafka {
namespace {

constexpr std::size_t max_error_length = 300; // bytes
constexpr std::size_t sentence_buffer = 512;  // bytes, of librdkafka's error texts
constexpr int syslog_warning = 4;             // and below: more severe

/// librdkafka's own threads call it: it only writes.
void write_log(const rd_kafka_t*, int level, const char*, const char* text) {
    const auto line = "kafka: " + std::string(text);
    if (level <= syslog_warning)
        log_warning(line);
    else
        log_info(line);
}

void on_error(rd_kafka_t*, int error, const char* text, void* errors) {
    static_cast<client_errors*>(errors)->record(static_cast<rd_kafka_resp_err_t>(error), text);
}

std::vector<setting> connection_settings(const connection_options& options) {
    std::vector<setting> all{
        {"bootstrap.servers", broker_list(options)},
        {"client.id", "loadsim"},
        {"security.protocol", fmt::format("{}{}", options.sasl ? "sasl_" : "", options.tls ? "ssl" : "plaintext")},
        // A lost broker is tried again soon: while none is connected, records are late.
        {"reconnect.backoff.ms", "100"},
        {"reconnect.backoff.max.ms", "1000"}};
    if (options.tls) {
        const auto& tls = *options.tls;
        if (!tls.ca.empty()) all.push_back({"ssl.ca.location", tls.ca});
        if (!tls.certificate.empty()) {
            all.push_back({"ssl.certificate.location", tls.certificate});
            all.push_back({"ssl.key.location", tls.key.empty() ? tls.certificate : tls.key});
        }
        if (!tls.key_password.empty()) all.push_back({"ssl.key.password", tls.key_password});
        all.push_back({"enable.ssl.certificate.verification", tls.verify == tls_verification::none ? "false" : "true"});
        all.push_back(
            {"ssl.endpoint.identification.algorithm", tls.verify == tls_verification::full ? "https" : "none"});
    }
    if (options.sasl) {
        all.push_back({"sasl.mechanisms", std::string(to_string(options.sasl->mechanism))});
        all.push_back({"sasl.username", options.sasl->user});
        all.push_back({"sasl.password", options.sasl->password});
    }
    return all;
}

} // namespace

std::string broker_list(const connection_options& options) {
    return fmt::format("{}", fmt::join(options.brokers, ","));
}

int to_ms(nanoseconds n) {
    return static_cast<int>(std::clamp<std::int64_t>(std::chrono::ceil<std::chrono::milliseconds>(n).count(), 0,
                                                     std::numeric_limits<int>::max()));
}

std::string error_name(rd_kafka_resp_err_t error) {
    switch (error) {
    case RD_KAFKA_RESP_ERR__TRANSPORT: return "connection to a broker failed or was lost";
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN: return "no broker is connected";
    case RD_KAFKA_RESP_ERR__RESOLVE: return "a broker's name cannot be resolved";
    case RD_KAFKA_RESP_ERR__SSL: return "TLS failed";
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED: return "authentication failed";
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT: return "no delivery report in time";
    case RD_KAFKA_RESP_ERR__QUEUE_FULL: return "the queue was full";
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE: return "records were deleted before they were consumed";
    default: return rd_kafka_err2str(error);
    }
}

void client_errors::record(rd_kafka_resp_err_t error, std::string_view text) {
    const std::lock_guard lock(mutex_);
    ++by_name_[error_name(error)];
    switch (error) {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR__SSL: refused_ = fatal{error, std::string(text)}; break;
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE: connection_ = fatal{error, std::string(text)}; break;
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN: all_down_ = true; break;
    default: break;
    }
}

std::map<std::string, std::uint64_t> client_errors::by_name() const {
    const std::lock_guard lock(mutex_);
    return by_name_;
}

std::optional<client_errors::fatal> client_errors::unusable() const {
    const std::lock_guard lock(mutex_);
    if (refused_) return refused_;
    return all_down_ ? connection_ : std::nullopt;
}

bool client_errors::all_down() const {
    const std::lock_guard lock(mutex_);
    return all_down_;
}

void client_errors::forget_all_down() {
    const std::lock_guard lock(mutex_);
    all_down_ = false;
}

problem connection_problem(const connection_options& options, const client_errors::fatal& why) {
    const auto detail = excerpt(why.text, max_error_length);
    // A connection that ends during the handshake has no error of TLS.
    const bool in_handshake = options.tls && why.text.find("SSL_HANDSHAKE") != std::string::npos;
    std::string text;
    switch (in_handshake ? RD_KAFKA_RESP_ERR__SSL : why.error) {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
        text = options.sasl
                   ? fmt::format("the Kafka broker does not accept user '{}' with {}; check security.sasl: {}",
                                 options.sasl->user, to_string(options.sasl->mechanism), detail)
                   : fmt::format("the Kafka broker requires an authentication; write security.sasl: {}", detail);
        break;
    case RD_KAFKA_RESP_ERR__SSL:
        text =
            fmt::format("TLS with the Kafka broker failed; check security.tls, and that this port has TLS: {}", detail);
        break;
    case RD_KAFKA_RESP_ERR__RESOLVE:
        text = fmt::format("the name of the Kafka broker cannot be resolved; check `brokers`: {}", detail);
        break;
    default:
        text = fmt::format("no Kafka broker can be used; check `brokers`, and whether this port {} security.tls: {}",
                           options.tls ? "has TLS as in" : "needs", detail);
        break;
    }
    return {broker_list(options), std::move(text)};
}

result<handle> make_client(rd_kafka_type_t type, const connection_options& options, const std::vector<setting>& more,
                           client_errors& errors, void (*on_delivery)(rd_kafka_t*, const rd_kafka_message_t*, void*)) {
    std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)> conf(rd_kafka_conf_new(), rd_kafka_conf_destroy);
    std::array<char, sentence_buffer> why{};
    const auto refused = [&] {
        return problems{broker_list(options),
                        fmt::format("librdkafka refuses the set-up: {}", excerpt(why.data(), max_error_length))};
    };
    auto settings = connection_settings(options);
    settings.insert(settings.end(), more.begin(), more.end());
    for (const auto& [name, value] : settings)
        if (rd_kafka_conf_set(conf.get(), name, value.c_str(), why.data(), why.size()) != RD_KAFKA_CONF_OK)
            return refused();
    rd_kafka_conf_set_log_cb(conf.get(), write_log);
    rd_kafka_conf_set_error_cb(conf.get(), on_error);
    rd_kafka_conf_set_opaque(conf.get(), &errors);
    if (on_delivery != nullptr) rd_kafka_conf_set_dr_msg_cb(conf.get(), on_delivery);
    handle made(rd_kafka_new(type, conf.get(), why.data(), why.size()));
    if (made == nullptr) return refused();
    (void)conf.release(); // is the client's now
    return made;
}

rd_kafka_resp_err_t ask_broker(rd_kafka_t* client, nanoseconds timeout) {
    const rd_kafka_metadata_t* found = nullptr;
    const auto error = rd_kafka_metadata(client, 0, nullptr, &found, to_ms(timeout));
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_metadata_destroy(found);
    return error;
}

result<void> await_broker(rd_kafka_t* client, const connection_options& options, const client_errors& errors,
                          nanoseconds timeout) {
    constexpr std::chrono::milliseconds step{100};
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    for (;;) {
        const auto error = ask_broker(client, step);
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
        rd_kafka_poll(client, 0); // calls on_error()
        if (const auto why = errors.unusable()) return problems{connection_problem(options, *why)};
        if (std::chrono::steady_clock::now() >= deadline)
            return problems{broker_list(options),
                            fmt::format("no Kafka broker responded within {} ms; check `brokers`: {}",
                                        std::chrono::floor<std::chrono::milliseconds>(timeout).count(),
                                        rd_kafka_err2str(error))};
    }
}

} // namespace loadsim::kafka
