#include <loadsim/net/pcap_writer.hpp>

#include "tcp_segment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <utility>

namespace loadsim::net {
namespace {

constexpr std::uint32_t magic_nanoseconds = 0xa1b23c4d; // https://www.tcpdump.org/manpages/pcap-savefile.5.txt
constexpr std::uint32_t max_packet_size = 0x40000;
constexpr std::uint32_t linktype_raw = 101; // the packet begins with the IP header
constexpr std::int64_t billion = 1'000'000'000;

std::string errno_text() { return std::strerror(errno); }

} // namespace

struct pcap_writer::state {
    using endpoint = boost::asio::ip::tcp::endpoint;
    struct flow { ///< next sequence number of each side
        std::uint32_t ours = 0;
        std::uint32_t theirs = 0;
    };

    std::ofstream file;
    std::string path;
    std::string error;
    std::int64_t offset_ns = 0;                          ///< system clock minus steady clock
    std::map<std::pair<endpoint, endpoint>, flow> flows; ///< by local and remote endpoint
    std::uint32_t opened = 0;
    std::uint16_t packets = 0;

    void u16(std::uint16_t v) {
        const std::array<char, 2> bytes{static_cast<char>(v & 0xff), static_cast<char>(v >> 8U)};
        file.write(bytes.data(), bytes.size());
    }
    void u32(std::uint32_t v) {
        u16(static_cast<std::uint16_t>(v & 0xffff));
        u16(static_cast<std::uint16_t>(v >> 16U));
    }

    void write_header() {
        u32(magic_nanoseconds);
        u16(2); // version 2.4
        u16(4);
        u32(0); // time zone: UTC
        u32(0);
        u32(max_packet_size);
        u32(linktype_raw);
    }

    void check_stream(const char* operation) {
        if (!file && error.empty())
            error = fmt::format("{} has failed ({}): packets are missing", operation, errno_text());
    }

    void write(const tcp_segment& s, monotonic_time at) {
        if (!error.empty()) return;
        const auto packet = to_ip_packet(s, ++packets);
        const auto ns = at.time_since_epoch().count() + offset_ns;
        u32(static_cast<std::uint32_t>(ns / billion));
        u32(static_cast<std::uint32_t>(ns % billion));
        u32(static_cast<std::uint32_t>(packet.size())); // captured length
        u32(static_cast<std::uint32_t>(packet.size())); // original length
        file.write(reinterpret_cast<const char*>(packet.data()), static_cast<std::streamsize>(packet.size()));
        check_stream("writing");
    }

    /// Writes one segment of a connection; `sent`: by loadsim. SYN and FIN count as one byte each (RFC 9293, 3.4).
    void write_segment(const connection& c, flow& f, bool sent, std::uint8_t flags, mqtt::byte_view data,
                       monotonic_time at) {
        auto& own = sent ? f.ours : f.theirs;
        const auto other = sent ? f.theirs : f.ours;
        write({.from = sent ? c.local : c.remote,
               .to = sent ? c.remote : c.local,
               .sequence = own,
               .acknowledged = (flags & tcp_segment::ack) != 0 ? other : 0,
               .flags = flags,
               .data = data},
              at);
        own += static_cast<std::uint32_t>(data.size());
        if ((flags & (tcp_segment::syn | tcp_segment::fin)) != 0) ++own;
    }

    flow& open(const connection& c, monotonic_time at) {
        // Distinct initial sequence numbers: Wireshark must treat a reused port as a new connection.
        ++opened;
        auto& f = flows[{c.local, c.remote}] = {opened * 0x01000193U, opened * 0x00fedcbaU};
        write_segment(c, f, true, tcp_segment::syn, {}, at);
        write_segment(c, f, false, tcp_segment::syn | tcp_segment::ack, {}, at);
        write_segment(c, f, true, tcp_segment::ack, {}, at);
        return f;
    }
};

pcap_writer::pcap_writer(std::unique_ptr<state> s) : state_(std::move(s)) {}
pcap_writer::~pcap_writer() = default;

result<std::unique_ptr<pcap_writer>> pcap_writer::open(const std::filesystem::path& path, monotonic_time now,
                                                       std::int64_t wall_us) {
    auto s = std::make_unique<state>();
    s->offset_ns = wall_us * 1000 - now.time_since_epoch().count();
    s->file.open(path, std::ios::binary | std::ios::trunc);
    if (!s->file)
        return problems{path.string(),
                        fmt::format("cannot write this capture file ({}); choose another place", errno_text())};
    s->write_header();
    return std::unique_ptr<pcap_writer>(new pcap_writer(std::move(s)));
}

void pcap_writer::on_opened(const connection& c, monotonic_time at) { state_->open(c, at); }

void pcap_writer::on_bytes(const connection& c, bool sent, mqtt::byte_view bytes, monotonic_time at) {
    const auto found = state_->flows.find({c.local, c.remote});
    auto& f = found == state_->flows.end() ? state_->open(c, at) : found->second;
    while (!bytes.empty()) {
        const auto part = bytes.first(std::min(bytes.size(), max_segment_size));
        bytes = bytes.subspan(part.size());
        const auto push = bytes.empty() ? tcp_segment::psh : 0;
        state_->write_segment(c, f, sent, static_cast<std::uint8_t>(tcp_segment::ack | push), part, at);
    }
}

void pcap_writer::on_closed(const connection& c, monotonic_time at) {
    const auto found = state_->flows.find({c.local, c.remote});
    if (found == state_->flows.end()) return;
    auto& f = found->second;
    state_->write_segment(c, f, true, tcp_segment::fin | tcp_segment::ack, {}, at);
    state_->write_segment(c, f, false, tcp_segment::fin | tcp_segment::ack, {}, at);
    state_->write_segment(c, f, true, tcp_segment::ack, {}, at);
    state_->flows.erase(found);
}

std::string pcap_writer::error() {
    state_->file.flush();
    state_->check_stream("writing");
    return state_->error;
}

} // namespace loadsim::net
