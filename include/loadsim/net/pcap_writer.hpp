// Writer of MQTT and HTTP traffic as a pcap file for Wireshark.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/net/byte_tap.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace loadsim::net {

/// Writes a pcap file (libpcap, LINKTYPE_RAW). Each connection appears as TCP over IP: the bytes read and written, with a
/// synthetic handshake and FIN and valid checksums. A connection that was never closed has no FIN. The server's port is the
/// one that Wireshark decodes without settings, 1883 for MQTT and 80 for HTTP, whatever it really is.
/// The file has mode 0600: the bytes contain passwords and tokens, also of connections that use TLS. Secrets of TLS sessions are in
/// PATH.keys beside it, likewise, in the form of SSLKEYLOGFILE: for captures of the records themselves.
/// Threads: any. Errors: from open(); a later write error is kept for error().
class pcap_writer final : public byte_tap {
public:
    /// `wall_us`: system time at `now`, in microseconds since 1970.
    static result<std::unique_ptr<pcap_writer>> open(const std::filesystem::path&, monotonic_time now,
                                                     std::int64_t wall_us);
    ~pcap_writer() override;

    void on_opened(const connection&, monotonic_time) override;
    void on_bytes(const connection&, bool sent, mqtt::byte_view, monotonic_time) override;
    void on_closed(const connection&, monotonic_time) override;
    void on_tls_secret(std::string_view line) override;

    /// Flushes. Why the file is incomplete; empty: the file is complete.
    std::string error();

private:
    struct state;
    explicit pcap_writer(std::unique_ptr<state>);
    std::unique_ptr<state> state_;
};

} // namespace loadsim::net
