// MQTT bytes as a capture file that Wireshark opens.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/net/byte_tap.hpp>

#include <filesystem>
#include <memory>

namespace loadsim::net {

/// A pcap file (libpcap, LINKTYPE_RAW): each connection as TCP over IP, with a handshake and an end made up around the bytes that
/// our program read and wrote; checksums are right. A connection that was never closed has no end.
/// Wireshark takes port 1883 for MQTT by itself; of any other it is told by "Decode As ..." (TCP port, the broker's, MQTT), or
/// `tshark -r FILE -d tcp.port==PORT,mqtt`.
/// Threads: one loop's. Errors: open() only; a write that fails later is remembered.
class packet_file final : public byte_tap {
public:
    /// `wall_us`: what the system clock shows at `now`, in microseconds since 1970.
    static result<std::unique_ptr<packet_file>> open(const std::filesystem::path&, monotonic_time now,
                                                     std::int64_t wall_us);
    ~packet_file() override;

    void on_opened(const connection&, monotonic_time) override;
    void on_bytes(const connection&, bool sent, mqtt::byte_view, monotonic_time) override;
    void on_closed(const connection&, monotonic_time) override;

    /// Why the file is not whole; empty: it is. Flushes.
    std::string trouble();

private:
    struct state;
    explicit packet_file(std::unique_ptr<state>);
    std::unique_ptr<state> state_;
};

} // namespace loadsim::net
