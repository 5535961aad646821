// Options of connections to a cluster with the Kafka API (Kafka, AutoMQ, Redpanda, Event Hubs), of consumers and of producers.
#pragma once

#include <loadsim/base/enum_names.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::kafka {

/// Verification of a broker's certificate. `chain`: signed by a trusted CA and valid now; `full`: also its names.
enum class tls_verification : std::uint8_t { full, chain, none };

/// File names, PEM format.
struct tls_options {
    std::string ca{};           ///< trusted CAs; empty: the system's
    std::string certificate{};  ///< client certificate with its chain; empty: none
    std::string key{};          ///< private key of the certificate; empty: in the same file
    std::string key_password{}; ///< of an encrypted key; empty: it is not encrypted
    tls_verification verify = tls_verification::full;
    friend bool operator==(const tls_options&, const tls_options&) = default;
};

enum class sasl_mechanism : std::uint8_t { plain, scram_sha_256, scram_sha_512 };
BOOST_DESCRIBE_ENUM(sasl_mechanism, plain, scram_sha_256, scram_sha_512)
std::string_view to_string(sasl_mechanism); ///< as brokers call it: "SCRAM-SHA-256"

struct sasl_options {
    sasl_mechanism mechanism = sasl_mechanism::scram_sha_512;
    std::string user{};
    std::string password{}; ///< never printed
    friend bool operator==(const sasl_options&, const sasl_options&) = default;
};

struct connection_options {
    std::vector<std::string> brokers{}; ///< host:port, some of the cluster; the others are found through them
    std::optional<tls_options> tls{};
    std::optional<sasl_options> sasl{};
    friend bool operator==(const connection_options&, const connection_options&) = default;
};

struct consumer_options {
    connection_options connection{};
    std::vector<std::string> topics{};
    /// Name under which the consumed offsets are committed, so that tools show the lag; empty: nothing is committed. There is
    /// no group membership either way, and a committed offset is never where the consumer begins.
    std::string group{};
    nanoseconds start_timeout = std::chrono::seconds{10};
    /// Longest time that a broker holds an empty response. A broker answers as soon as it has a record; the mock cluster only then.
    nanoseconds fetch_wait = std::chrono::milliseconds{500};
    std::uint32_t queued_kib = 65'536; ///< fetched and not yet given to the handler
    friend bool operator==(const consumer_options&, const consumer_options&) = default;
};

struct producer_options {
    connection_options connection{};
    std::uint32_t queued_messages = 100'000;                 ///< above it a record is refused
    std::uint32_t queued_kib = 65'536;                       ///< likewise
    nanoseconds linger = std::chrono::milliseconds{5};       ///< time in which records are collected into a batch
    nanoseconds delivery_timeout = std::chrono::seconds{30}; ///< from produce() to a delivery report, with repetitions
    nanoseconds start_timeout = std::chrono::seconds{10};
    friend bool operator==(const producer_options&, const producer_options&) = default;
};

// Problems of the options, located by key: "brokers[0]", "security.tls.key". Read no file.
problems check(const connection_options&);
problems check(const consumer_options&);
problems check(const producer_options&);

/// Empty: a topic may have this name.
std::string topic_problem(std::string_view name);

/// Registers password and key password with base/secrets, which masks them in all texts.
void register_secrets(const connection_options&);

} // namespace loadsim::kafka
