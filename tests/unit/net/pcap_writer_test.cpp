// The capture file, decoded by the test itself; compared with Wireshark once, which is not needed to run the test.
#include <loadsim/net/pcap_writer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

using bytes = std::vector<std::uint8_t>;
using connection = net::byte_tap::connection;

constexpr std::size_t file_header = 24;
constexpr std::size_t packet_header = 16;
constexpr std::uint8_t fin = 0x01, syn = 0x02, psh = 0x08, ack = 0x10;

std::uint32_t big(const bytes& b, std::size_t at, std::size_t width) {
    std::uint32_t v = 0;
    for (std::size_t i = 0; i < width; ++i) v = v << 8U | b.at(at + i);
    return v;
}
std::uint32_t little32(const bytes& b, std::size_t at) {
    std::uint32_t v = 0;
    for (std::size_t i = 4; i > 0; --i) v = v << 8U | b.at(at + i - 1);
    return v;
}

/// RFC 1071: the sum over all 16-bit words including the checksum is 0xffff.
std::uint32_t ones_sum(const bytes& b) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < b.size(); i += 2)
        sum += static_cast<std::uint32_t>(b[i] << 8U) + (i + 1 < b.size() ? b[i + 1] : 0U);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16U);
    return sum;
}

/// A decoded packet of the file, with verified checksums.
struct packet {
    std::int64_t at_ns = 0; ///< since 1970
    std::uint32_t version = 0;
    bytes from, to; ///< addresses
    std::uint32_t from_port = 0, to_port = 0;
    std::uint32_t sequence = 0, acknowledged = 0;
    std::uint32_t flags = 0;
    std::string data;
};

packet decode(const bytes& file, std::size_t& at) {
    packet p;
    p.at_ns = std::int64_t{little32(file, at)} * 1'000'000'000 + little32(file, at + 4);
    const auto size = little32(file, at + 8);
    EXPECT_EQ(little32(file, at + 12), size) << "all of it is kept";
    at += packet_header;
    const bytes ip(file.begin() + static_cast<std::ptrdiff_t>(at),
                   file.begin() + static_cast<std::ptrdiff_t>(at + size));
    at += size;
    p.version = ip.at(0) >> 4U;
    const std::size_t header = p.version == 4 ? 20 : 40;
    const std::size_t width = p.version == 4 ? 4 : 16;
    const std::size_t addresses = p.version == 4 ? 12 : 8;
    EXPECT_EQ(p.version == 4 ? big(ip, 2, 2) : big(ip, 4, 2) + header, size);
    EXPECT_EQ(ip.at(p.version == 4 ? 9 : 6), 6) << "TCP";
    if (p.version == 4) {
        EXPECT_EQ(ip[0], 0x45);
        EXPECT_EQ(ones_sum(bytes(ip.begin(), ip.begin() + 20)), 0xffff);
    }
    const auto address = ip.begin() + static_cast<std::ptrdiff_t>(addresses);
    const auto w = static_cast<std::ptrdiff_t>(width);
    p.from.assign(address, address + w);
    p.to.assign(address + w, address + 2 * w);
    const bytes tcp(ip.begin() + static_cast<std::ptrdiff_t>(header), ip.end());
    bytes summed(p.from);
    summed.insert(summed.end(), p.to.begin(), p.to.end());
    const auto length = static_cast<std::uint32_t>(tcp.size());
    for (const std::uint32_t part : {length >> 24U, length >> 16U, length >> 8U, length, 0U, 6U})
        summed.push_back(static_cast<std::uint8_t>(part & 0xff));
    summed.insert(summed.end(), tcp.begin(), tcp.end());
    EXPECT_EQ(ones_sum(summed), 0xffff) << "TCP checksum";
    p.from_port = big(tcp, 0, 2);
    p.to_port = big(tcp, 2, 2);
    p.sequence = big(tcp, 4, 4);
    p.acknowledged = big(tcp, 8, 4);
    p.flags = tcp.at(13);
    p.data.assign(tcp.begin() + (tcp.at(12) >> 4U) * 4, tcp.end());
    return p;
}

class pcap_writer : public testing::Test {
protected:
    void SetUp() override {
        path_ =
            testing::TempDir() + "packet_file_test-" + testing::UnitTest::GetInstance()->current_test_info()->name();
        file_ = net::pcap_writer::open(path_, opened_, 1'700'000'000'000'000).value();
    }
    void TearDown() override { std::filesystem::remove(path_); }

    void write(const connection& c, bool sent, std::string_view text, nanoseconds later = {}) {
        file_->on_bytes(c, sent, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, opened_ + later);
    }

    bytes contents() {
        EXPECT_EQ(file_->error(), "");
        std::ifstream in(path_, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    std::vector<packet> packets() {
        const auto all = contents();
        std::vector<packet> decoded;
        for (std::size_t at = file_header; at < all.size();) decoded.push_back(decode(all, at));
        return decoded;
    }

    static connection between(const char* local, std::uint16_t port, const char* remote) {
        using boost::asio::ip::make_address;
        return {{make_address(local), port}, {make_address(remote), 1883}};
    }

    const monotonic_time opened_{12345s + 678ns};
    const connection one_ = between("127.0.0.1", 40000, "127.0.0.9");
    std::string path_;
    std::unique_ptr<net::pcap_writer> file_;
};

std::vector<std::uint32_t> flags_of(const std::vector<packet>& all) {
    std::vector<std::uint32_t> flags;
    for (const auto& p : all) flags.push_back(p.flags);
    return flags;
}

TEST_F(pcap_writer, begins_with_the_header_of_a_nanosecond_pcap_of_ip_packets) {
    EXPECT_THAT(contents(), ElementsAre(0x4d, 0x3c, 0xb2, 0xa1, // magic: nanoseconds, little endian
                                        2, 0, 4, 0,             // version 2.4
                                        0, 0, 0, 0, 0, 0, 0, 0, // UTC
                                        0, 0, 4, 0,             // maximum packet length 262144
                                        101, 0, 0, 0));         // LINKTYPE_RAW
}

/// Compares bytes, to find errors that decode() shares with the writer. The checksums were computed independently.
TEST_F(pcap_writer, first_packet_is_a_syn) {
    file_->on_opened(one_, opened_ + 1ms + 5ns);
    const auto all = contents();
    const bytes syn_packet(all.begin() + file_header, all.begin() + file_header + packet_header + 48);
    EXPECT_THAT(bytes(syn_packet.begin(), syn_packet.begin() + 16),
                ElementsAre(0x00, 0xf1, 0x53, 0x65, // 1,700,000,000 s
                            0x45, 0x42, 0x0f, 0x00, // 1,000,005 ns
                            48, 0, 0, 0, 48, 0, 0, 0));
    EXPECT_THAT(bytes(syn_packet.begin() + 16, syn_packet.begin() + 36),
                ElementsAre(0x45, 0, 0, 48, 0, 1, 0x40, 0, 64, 6, 0x3c, 0xbd, 127, 0, 0, 1, 127, 0, 0, 9));
    EXPECT_THAT(bytes(syn_packet.begin() + 36, syn_packet.end()),
                ElementsAre(0x9c, 0x40, 0x07, 0x5b,                         // 40000 to 1883
                            0x01, 0x00, 0x01, 0x93, 0, 0, 0, 0,             // sequence; acknowledgement 0
                            0x70, 0x02, 0xff, 0xff, testing::_, testing::_, // 7 words, SYN, window, checksum
                            0, 0,                                           // urgent pointer
                            2, 4, 0xff, 0xd7, 1, 3, 3, 14));                // largest segment 65495, window scale 14
}

TEST_F(pcap_writer, writes_handshake_data_and_fin) {
    file_->on_opened(one_, opened_);
    write(one_, true, "CONNECT", 1ms);
    write(one_, false, "ACK", 2ms);
    write(one_, true, "BYE", 3ms);
    file_->on_closed(one_, opened_ + 4ms);

    const auto all = packets();
    EXPECT_THAT(flags_of(all),
                ElementsAre(syn, syn | ack, ack, psh | ack, psh | ack, psh | ack, fin | ack, fin | ack, ack));
    ASSERT_EQ(all.size(), 9U);
    const auto ours = all[0].sequence;
    const auto theirs = all[1].sequence;
    struct row {
        bool sent;
        std::uint32_t sequence, acknowledged; ///< relative to the initial sequence numbers
        const char* data;
        nanoseconds at;
    };
    const std::vector<row> table{
        {true, 1, 1, "", 0ms},  {true, 1, 1, "CONNECT", 1ms}, {false, 1, 8, "ACK", 2ms}, {true, 8, 4, "BYE", 3ms},
        {true, 11, 4, "", 4ms}, {false, 4, 12, "", 4ms},      {true, 12, 5, "", 4ms},
    };
    EXPECT_EQ(all[1].acknowledged, ours + 1);
    for (std::size_t i = 0; i < table.size(); ++i) {
        const auto& p = all[i + 2];
        const auto& r = table[i];
        EXPECT_EQ(p.sequence, (r.sent ? ours : theirs) + r.sequence) << i;
        EXPECT_EQ(p.acknowledged, (r.sent ? theirs : ours) + r.acknowledged) << i;
        EXPECT_EQ(p.from_port, r.sent ? 40000U : 1883U) << i;
        EXPECT_EQ(p.to_port, r.sent ? 1883U : 40000U) << i;
        EXPECT_THAT(p.from, r.sent ? ElementsAre(127, 0, 0, 1) : ElementsAre(127, 0, 0, 9)) << i;
        EXPECT_THAT(p.to, r.sent ? ElementsAre(127, 0, 0, 9) : ElementsAre(127, 0, 0, 1)) << i;
        EXPECT_EQ(p.data, r.data) << i;
        EXPECT_EQ(p.at_ns, 1'700'000'000'000'000'000 + r.at.count()) << i;
    }
}

TEST_F(pcap_writer, connections_are_distinguished) {
    const auto other = between("::1", 40001, "::1");
    file_->on_opened(one_, opened_);
    file_->on_opened(other, opened_);
    write(one_, true, "one");
    write(other, true, "other");
    write(one_, false, "to one");
    write(other, false, "to the other");
    const auto all = packets();
    ASSERT_EQ(all.size(), 10U);
    EXPECT_EQ(all[7].version, 6U);
    EXPECT_EQ(all[7].data, "other");
    EXPECT_EQ(all[7].from, bytes({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
    EXPECT_EQ(all[9].data, "to the other");
    EXPECT_EQ(all[9].acknowledged, all[3].sequence + 1 + 5);
    EXPECT_EQ(all[8].version, 4U);
    EXPECT_EQ(all[8].acknowledged, all[0].sequence + 1 + 3);
    EXPECT_NE(all[0].sequence, all[3].sequence);
}

TEST_F(pcap_writer, long_message_is_several_segments) {
    for (const auto& c : {one_, between("::1", 40001, "::1")}) {
        std::string text(150'001, 'x');
        for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i % 23);
        file_->on_opened(c, opened_);
        write(c, true, text);
        write(c, true, "after");
        const auto all = packets();
        ASSERT_GE(all.size(), 7U);
        std::string together;
        auto expected = all[all.size() - 5].sequence; // of the handshake's third segment
        for (auto i = all.size() - 4; i < all.size(); ++i) {
            EXPECT_EQ(all[i].sequence, expected);
            expected += static_cast<std::uint32_t>(all[i].data.size());
            together += all[i].data;
        }
        EXPECT_TRUE(together == text + "after");
        EXPECT_THAT(flags_of({all.end() - 4, all.end()}), ElementsAre(ack, ack, ack | psh, ack | psh));
    }
}

TEST_F(pcap_writer, same_port_again_is_another_connection) {
    file_->on_opened(one_, opened_);
    file_->on_closed(one_, opened_);
    file_->on_opened(one_, opened_ + 1s);
    write(one_, true, "x");
    const auto all = packets();
    ASSERT_EQ(all.size(), 10U);
    EXPECT_EQ(all[6].flags, syn);
    EXPECT_NE(all[6].sequence, all[0].sequence);
    EXPECT_EQ(all[9].sequence, all[6].sequence + 1);
}

/// A connection opened before the capture began, and the close of an unknown one.
TEST_F(pcap_writer, unknown_connections_get_a_handshake_or_are_ignored) {
    file_->on_closed(one_, opened_);
    EXPECT_THAT(packets(), testing::IsEmpty());
    write(one_, false, "x");
    EXPECT_THAT(flags_of(packets()), ElementsAre(syn, syn | ack, ack, psh | ack));
}

/// `tshark -G decodes`: 1883 is MQTT and 80 HTTP; a TLS port would be decoded as TLS, which is not in the file.
TEST_F(pcap_writer, servers_have_the_port_that_wireshark_decodes) {
    struct row {
        std::uint16_t port;
        net::byte_tap::protocol application_protocol;
        std::uint32_t written;
    };
    for (const auto& r : std::vector<row>{{1883, net::byte_tap::protocol::mqtt, 1883},
                                          {8883, net::byte_tap::protocol::mqtt, 1883},
                                          {8443, net::byte_tap::protocol::http, 80}}) {
        auto c = one_;
        c.remote.port(r.port);
        c.application_protocol = r.application_protocol;
        write(c, true, "up");
        write(c, false, "down");
        const auto all = packets();
        EXPECT_EQ(all.back().from_port, r.written) << r.port;
        EXPECT_EQ(all.back().to_port, 40000U) << r.port;
        EXPECT_EQ(all[all.size() - 2].to_port, r.written) << r.port;
        file_->on_closed(c, opened_);
    }
}

/// Otherwise both would be one connection in Wireshark.
TEST_F(pcap_writer, servers_that_differ_in_their_port_stay_distinguished) {
    auto other = one_;
    other.remote.port(1884);
    write(one_, true, "one");
    write(other, true, "other");
    file_->on_closed(other, opened_);
    write(one_, true, "one again");
    const auto all = packets();
    ASSERT_EQ(all.size(), 12U);
    EXPECT_EQ(all[7].from_port, 40001U);
    EXPECT_EQ(all[7].data, "other");
    EXPECT_EQ(all[8].from_port, 40001U) << "FIN";
    EXPECT_EQ(all[11].from_port, 40000U);
    EXPECT_EQ(all[11].sequence, all[3].sequence + 3);
}

/// A peer that has gone at once: its address cannot be read, and is 0.0.0.0 whatever the family.
TEST_F(pcap_writer, peer_without_an_address_has_the_family_of_the_connection) {
    auto c = between("::1", 40001, "::1");
    c.remote = {};
    write(c, true, "x");
    const auto all = packets();
    ASSERT_EQ(all.size(), 4U);
    EXPECT_EQ(all[3].version, 6U);
    EXPECT_EQ(all[3].to, bytes(16, 0));
    EXPECT_EQ(all[3].to_port, 1883U);
}

/// It contains passwords.
TEST_F(pcap_writer, file_is_readable_by_its_owner_only) {
    const auto mode = [this] { return std::filesystem::status(path_).permissions(); };
    const auto wanted = std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;
    EXPECT_EQ(mode(), wanted);
    std::filesystem::permissions(path_, wanted | std::filesystem::perms::others_read);
    file_ = net::pcap_writer::open(path_, opened_, 0).value();
    EXPECT_EQ(mode(), wanted) << "a file that existed";
    EXPECT_EQ(contents().size(), file_header);
}

TEST_F(pcap_writer, secrets_of_tls_sessions_are_in_a_file_of_their_own_readable_by_its_owner_only) {
    const auto keys = path_ + ".keys";
    EXPECT_FALSE(std::filesystem::exists(keys));
    file_->on_tls_secret("CLIENT_RANDOM 01 02");
    file_->on_tls_secret("CLIENT_RANDOM 03 04");
    std::ifstream in(keys);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "CLIENT_RANDOM 01 02\nCLIENT_RANDOM 03 04\n");
    EXPECT_EQ(std::filesystem::status(keys).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    std::filesystem::remove(keys);
}

TEST(pcap_writer_error, is_reported) {
    const auto nowhere = net::pcap_writer::open("/nonexistent/folder/x.pcap", monotonic_time{}, 0);
    ASSERT_FALSE(nowhere);
    EXPECT_THAT(to_string(nowhere.error()), HasSubstr("/nonexistent/folder/x.pcap: cannot write"));
    if (!std::filesystem::exists("/dev/full")) GTEST_SKIP();
    auto full = net::pcap_writer::open("/dev/full", monotonic_time{}, 0).value();
    EXPECT_THAT(full->error(), HasSubstr("No space left"));
}

} // namespace
