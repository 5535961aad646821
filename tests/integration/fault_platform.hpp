// Surroundings of loadsim in a row of the fault tables: a scripted API, a relay that spoils packets of a broker, limits of the process.
#pragma once

#include "fake_server.hpp"
#include "fault_row.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace harness {

/// HTTP server that replies as a row says; GET without a route gets 404 (the check before the load), all others 202.
class scripted_api {
public:
    explicit scripted_api(api_routes);
    std::uint16_t port() const { return server_.port(); }
    /// Requests received so far that begin so: "POST /vehicles".
    std::size_t received(const std::string& beginning);

private:
    reaction answer(std::string& unread);

    api_routes routes_;
    std::vector<std::size_t> counts_; ///< requests of each route
    std::mutex mutex_;
    std::vector<std::string> heads_;
    fake_server server_; // last: its thread uses the members above
};

/// Relay between clients and a broker at a loopback port.
class broker_relay {
public:
    broker_relay(std::vector<broker_fault>, std::uint16_t broker_port);
    ~broker_relay();
    std::uint16_t port() const;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

/// Publishes retained messages (MQTT 3.1.1, QoS 0).
void publish_retained(std::uint16_t broker_port, const std::vector<std::pair<std::string, std::string>>&);

/// Connects to the broker with the client identifier of somebody else, and stays connected while it lives.
class takeover {
public:
    takeover(std::uint16_t broker_port, const std::string& client_id);
    ~takeover();
    takeover(const takeover&) = delete;
    takeover& operator=(const takeover&) = delete;

private:
    int socket_;
};

/// Sends bytes to a loopback port and waits for the end of the answer, or for a second.
void send_bytes(std::uint16_t port, const std::string& bytes);

/// Runs in the child, between fork and exec: system calls only. False: not permitted.
/// `stdout closed`, `stdout full`, `stdout without reader` and the same of stderr; `disk N` (./report is a disk of N kB),
/// `read-only` (./ is), `files N`, `file size N`, `no mosquitto`, `nohup`.
bool enter_surroundings(const std::vector<std::string>&);

} // namespace harness
