// Capture file: TCP segments in IP packets, and the segments of a connection.
#include <loadsim/net/pcap_writer.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace loadsim::net {
namespace {

/// Maximum payload of one packet, for IPv4 (whose 65535 bytes include the header) and IPv6.
constexpr std::size_t max_segment_size = 65535 - 20 - 20;

struct tcp_segment {
    enum flag : std::uint8_t { fin = 0x01, syn = 0x02, psh = 0x08, ack = 0x10 }; // RFC 9293, 3.1
    boost::asio::ip::tcp::endpoint from;
    boost::asio::ip::tcp::endpoint to; ///< of the same family as `from`
    std::uint32_t sequence = 0;
    std::uint32_t acknowledged = 0;
    std::uint8_t flags = 0; ///< with syn: TCP options for a window of 1 GiB are added
    mqtt::byte_view data;   ///< at most max_segment_size; none with syn
};

constexpr std::size_t tcp_header = 20;
constexpr std::uint8_t protocol_tcp = 6;
constexpr std::uint8_t time_to_live = 64;
constexpr std::uint8_t window_shift = 14; // RFC 7323, 2.3: the maximum; a window of 1 GiB, so that it is never full

class writer {
public:
    void u8(std::size_t v) { data_.push_back(static_cast<std::uint8_t>(v)); }
    void u16(std::size_t v) {
        u8(v >> 8U & 0xff);
        u8(v & 0xff);
    }
    void u32(std::size_t v) {
        u16(v >> 16U & 0xffff);
        u16(v & 0xffff);
    }
    template <class Bytes>
    void append(const Bytes& bytes) {
        data_.insert(data_.end(), bytes.begin(), bytes.end());
    }
    void set_u16(std::size_t at, std::uint16_t v) {
        data_[at] = static_cast<std::uint8_t>(v >> 8U);
        data_[at + 1] = static_cast<std::uint8_t>(v & 0xff);
    }
    mqtt::bytes take() && { return std::move(data_); }
    mqtt::byte_view data() const { return data_; }

private:
    mqtt::bytes data_;
};

/// RFC 1071: the one's complement sum of 16-bit words, an odd byte counting as the first of its word.
std::uint64_t sum_of(mqtt::byte_view bytes) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        sum += static_cast<std::uint64_t>(bytes[i]) << (i % 2 == 0 ? 8U : 0U);
    return sum;
}

std::uint16_t fold_checksum(std::uint64_t sum) {
    while (sum >> 16U != 0) sum = (sum & 0xffff) + (sum >> 16U);
    return static_cast<std::uint16_t>(~sum);
}

/// Part of the IP header in the TCP checksum: addresses, protocol and length (RFC 9293, 3.1; RFC 8200, 8.1).
template <class Address>
std::uint64_t pseudo_header(const Address& from, const Address& to, std::size_t length) {
    return sum_of(from.to_bytes()) + sum_of(to.to_bytes()) + protocol_tcp + length;
}

void write_ip4(writer& out, const tcp_segment& s, std::size_t length, std::uint16_t id) {
    constexpr std::size_t header = 20;
    constexpr std::size_t checksum_at = 10;
    out.u16(0x4500); // version 4, header of five 32-bit words
    out.u16(header + length);
    out.u16(id);
    out.u16(0x4000); // do not fragment
    out.u8(time_to_live);
    out.u8(protocol_tcp);
    out.u16(0);
    out.append(s.from.address().to_v4().to_bytes());
    out.append(s.to.address().to_v4().to_bytes());
    out.set_u16(checksum_at, fold_checksum(sum_of(out.data())));
}

void write_ip6(writer& out, const tcp_segment& s, std::size_t length) {
    out.u32(0x60000000); // version 6
    out.u16(length);
    out.u8(protocol_tcp);
    out.u8(time_to_live);
    out.append(s.from.address().to_v6().to_bytes());
    out.append(s.to.address().to_v6().to_bytes());
}

/// TCP options: maximum segment size and window scale, padded to 32-bit words.
void write_options(writer& out) {
    out.u16(0x0204);
    out.u16(max_segment_size);
    out.u8(1); // no operation
    out.u16(0x0303);
    out.u8(window_shift);
}

/// Bytes of the IP packet, with valid checksums. `id`: the IPv4 header's identification.
mqtt::bytes to_ip_packet(const tcp_segment& s, std::uint16_t id) {
    assert(s.data.size() <= max_segment_size);
    const bool is_syn = (s.flags & tcp_segment::syn) != 0;
    const std::size_t header = tcp_header + (is_syn ? 8 : 0);
    const std::size_t length = header + s.data.size();
    const bool ip4 = s.to.address().is_v4();
    writer out;
    ip4 ? write_ip4(out, s, length, id) : write_ip6(out, s, length);
    const auto begin = out.data().size();
    constexpr std::size_t checksum_at = 16;
    out.u16(s.from.port());
    out.u16(s.to.port());
    out.u32(s.sequence);
    out.u32(s.acknowledged);
    out.u8(header / 4 << 4U);
    out.u8(s.flags);
    out.u16(0xffff); // window
    out.u32(0);      // checksum, urgent pointer
    if (is_syn) write_options(out);
    out.append(s.data);
    const auto addresses = ip4 ? pseudo_header(s.from.address().to_v4(), s.to.address().to_v4(), length)
                               : pseudo_header(s.from.address().to_v6(), s.to.address().to_v6(), length);
    out.set_u16(begin + checksum_at, fold_checksum(addresses + sum_of(out.data().subspan(begin))));
    return std::move(out).take();
}

constexpr std::uint32_t magic_nanoseconds = 0xa1b23c4d; // https://www.tcpdump.org/manpages/pcap-savefile.5.txt
constexpr std::uint32_t max_packet_size = 0x40000;
constexpr std::uint32_t linktype_raw = 101; // the packet begins with the IP header
constexpr std::int64_t billion = 1'000'000'000;

std::string errno_text() { return std::strerror(errno); }

/// Ports that Wireshark decodes by itself (`tshark -G decodes`).
std::uint16_t usual_port(byte_tap::protocol p) { return p == byte_tap::protocol::mqtt ? 1883 : 80; }

/// Creates the file, or empties it, with mode 0600. Not a regular file: its mode stays. Returns false with errno.
bool create_private(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0) return false;
    struct stat found {};
    bool done = ::fstat(file, &found) == 0;
    if (done && S_ISREG(found.st_mode)) done = ::fchmod(file, S_IRUSR | S_IWUSR) == 0;
    const int error = errno;
    ::close(file);
    errno = error;
    return done;
}

} // namespace

struct pcap_writer::state {
    using endpoint = boost::asio::ip::tcp::endpoint;
    struct flow {
        connection written; ///< with the server's usual port
        std::uint32_t ours; ///< next sequence number of each side
        std::uint32_t theirs;
    };

    std::mutex mutex; ///< guards the members below
    std::ofstream file;
    std::ofstream keys; ///< opened with the first secret
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
    void write_segment(flow& f, bool sent, std::uint8_t flags, mqtt::byte_view data, monotonic_time at) {
        const auto& c = f.written;
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
        flows.erase({c.local, c.remote});
        flow f{c, opened * 0x01000193U, opened * 0x00fedcbaU};
        // Different if the peer closed the connection before its address was read.
        if (c.remote.address().is_v4() != c.local.address().is_v4()) f.written.remote = {c.local.protocol(), 0};
        f.written.remote.port(usual_port(c.application_protocol));
        // The kernel may use a local port for several servers, which differ in their real ports only.
        while (std::ranges::any_of(flows, [&f](const auto& other) {
            return other.second.written.local == f.written.local && other.second.written.remote == f.written.remote;
        }))
            f.written.local.port(static_cast<std::uint16_t>(f.written.local.port() + 1));
        write_segment(f, true, tcp_segment::syn, {}, at);
        write_segment(f, false, tcp_segment::syn | tcp_segment::ack, {}, at);
        write_segment(f, true, tcp_segment::ack, {}, at);
        return flows.emplace(std::pair{c.local, c.remote}, f).first->second;
    }
};

pcap_writer::pcap_writer(std::unique_ptr<state> s) : state_(std::move(s)) {}
pcap_writer::~pcap_writer() = default;

result<std::unique_ptr<pcap_writer>> pcap_writer::open(const std::filesystem::path& path, monotonic_time now,
                                                       std::int64_t wall_us) {
    auto s = std::make_unique<state>();
    s->offset_ns = wall_us * 1000 - now.time_since_epoch().count();
    if (create_private(path)) s->file.open(path, std::ios::binary | std::ios::trunc);
    if (!s->file.is_open())
        return problems{path.string(),
                        fmt::format("cannot write this capture file ({}); choose another place", errno_text())};
    s->path = path.string();
    s->write_header();
    return std::unique_ptr<pcap_writer>(new pcap_writer(std::move(s)));
}

void pcap_writer::on_opened(const connection& c, monotonic_time at) {
    const std::lock_guard lock(state_->mutex);
    state_->open(c, at);
}

void pcap_writer::on_bytes(const connection& c, bool sent, mqtt::byte_view bytes, monotonic_time at) {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->flows.find({c.local, c.remote});
    auto& f = found == state_->flows.end() ? state_->open(c, at) : found->second;
    while (!bytes.empty()) {
        const auto part = bytes.first(std::min(bytes.size(), max_segment_size));
        bytes = bytes.subspan(part.size());
        const auto push = bytes.empty() ? tcp_segment::psh : 0;
        state_->write_segment(f, sent, static_cast<std::uint8_t>(tcp_segment::ack | push), part, at);
    }
}

void pcap_writer::on_closed(const connection& c, monotonic_time at) {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->flows.find({c.local, c.remote});
    if (found == state_->flows.end()) return;
    auto& f = found->second;
    state_->write_segment(f, true, tcp_segment::fin | tcp_segment::ack, {}, at);
    state_->write_segment(f, false, tcp_segment::fin | tcp_segment::ack, {}, at);
    state_->write_segment(f, true, tcp_segment::ack, {}, at);
    state_->flows.erase(found);
}

void pcap_writer::on_tls_secret(std::string_view line) {
    const std::lock_guard lock(state_->mutex);
    auto& keys = state_->keys;
    const auto path = state_->path + ".keys";
    if (!keys.is_open() && create_private(path)) keys.open(path, std::ios::trunc);
    keys << line << std::endl; // one may look at it during the run
    if (!keys && state_->error.empty())
        state_->error = fmt::format("writing {} has failed ({}): secrets are missing", path, errno_text());
}

std::string pcap_writer::error() {
    const std::lock_guard lock(state_->mutex);
    state_->file.flush();
    state_->check_stream("writing");
    return state_->error;
}

} // namespace loadsim::net
