#include <loadsim/net/packet_file.hpp>

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
constexpr std::uint32_t largest_packet = 0x40000;
constexpr std::uint32_t linktype_raw = 101; // the packet begins with the IP header
constexpr std::int64_t billion = 1'000'000'000;

std::string why_not() { return std::strerror(errno); }

} // namespace

struct packet_file::state {
    using endpoint = boost::asio::ip::tcp::endpoint;
    struct flow { ///< what each side sends next
        std::uint32_t ours = 0;
        std::uint32_t theirs = 0;
    };

    std::ofstream file;
    std::string path;
    std::string trouble;
    std::int64_t offset_ns = 0;                          ///< what the system clock is ahead of the steady one
    std::map<std::pair<endpoint, endpoint>, flow> flows; ///< by local and remote
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
        u32(largest_packet);
        u32(linktype_raw);
    }

    void look(const char* doing) {
        if (!file && trouble.empty())
            trouble = fmt::format("{} has failed ({}): packets are missing", doing, why_not());
    }

    void write(const tcp_segment& s, monotonic_time at) {
        if (!trouble.empty()) return;
        const auto packet = to_packet(s, ++packets);
        const auto ns = at.time_since_epoch().count() + offset_ns;
        u32(static_cast<std::uint32_t>(ns / billion));
        u32(static_cast<std::uint32_t>(ns % billion));
        u32(static_cast<std::uint32_t>(packet.size())); // as kept
        u32(static_cast<std::uint32_t>(packet.size())); // as it was
        file.write(reinterpret_cast<const char*>(packet.data()), static_cast<std::streamsize>(packet.size()));
        look("writing");
    }

    /// One segment of a connection; `sent`: by us. Syn and fin count as a byte each (RFC 9293, 3.4).
    void move(const connection& c, flow& f, bool sent, std::uint8_t flags, mqtt::byte_view data, monotonic_time at) {
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
        // Each begins elsewhere: a connection from the same port as one before is a new one for Wireshark too.
        ++opened;
        auto& f = flows[{c.local, c.remote}] = {opened * 0x01000193U, opened * 0x00fedcbaU};
        move(c, f, true, tcp_segment::syn, {}, at);
        move(c, f, false, tcp_segment::syn | tcp_segment::ack, {}, at);
        move(c, f, true, tcp_segment::ack, {}, at);
        return f;
    }
};

packet_file::packet_file(std::unique_ptr<state> s) : state_(std::move(s)) {}
packet_file::~packet_file() = default;

result<std::unique_ptr<packet_file>> packet_file::open(const std::filesystem::path& path, monotonic_time now,
                                                       std::int64_t wall_us) {
    auto s = std::make_unique<state>();
    s->offset_ns = wall_us * 1000 - now.time_since_epoch().count();
    s->file.open(path, std::ios::binary | std::ios::trunc);
    if (!s->file)
        return problems{path.string(),
                        fmt::format("cannot write this capture file ({}); choose another place", why_not())};
    s->write_header();
    return std::unique_ptr<packet_file>(new packet_file(std::move(s)));
}

void packet_file::on_opened(const connection& c, monotonic_time at) { state_->open(c, at); }

void packet_file::on_bytes(const connection& c, bool sent, mqtt::byte_view bytes, monotonic_time at) {
    const auto known = state_->flows.find({c.local, c.remote});
    auto& f = known == state_->flows.end() ? state_->open(c, at) : known->second;
    while (!bytes.empty()) {
        const auto part = bytes.first(std::min(bytes.size(), longest_segment));
        bytes = bytes.subspan(part.size());
        const auto push = bytes.empty() ? tcp_segment::psh : 0;
        state_->move(c, f, sent, static_cast<std::uint8_t>(tcp_segment::ack | push), part, at);
    }
}

void packet_file::on_closed(const connection& c, monotonic_time at) {
    const auto known = state_->flows.find({c.local, c.remote});
    if (known == state_->flows.end()) return;
    auto& f = known->second;
    state_->move(c, f, true, tcp_segment::fin | tcp_segment::ack, {}, at);
    state_->move(c, f, false, tcp_segment::fin | tcp_segment::ack, {}, at);
    state_->move(c, f, true, tcp_segment::ack, {}, at);
    state_->flows.erase(known);
}

std::string packet_file::trouble() {
    state_->file.flush();
    state_->look("writing");
    return state_->trouble;
}

} // namespace loadsim::net
