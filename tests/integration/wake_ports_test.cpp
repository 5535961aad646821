// The ports where a platform wakes vehicles that sleep, on loopback: what is a trigger, and what everything else gets.
#include <loadsim/fleet/wake_ports.hpp>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using boost::asio::ip::udp;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

const std::string vin = "LZ9SMEV00TF000001";
const std::string other_vin = "LZ9SMEV02TF000002";

std::uint16_t port_of(const std::string& address) {
    return static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
}

/// Who has been woken, on whatever thread that is told.
class woken {
public:
    fleet::wake_ports::on_trigger tell() {
        return [this](std::string_view who) {
            const std::lock_guard lock(mutex_);
            all_.emplace_back(who);
            came_.notify_all();
        };
    }
    std::vector<std::string> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        came_.wait_for(lock, 10s, [&] { return all_.size() >= count; });
        return all_;
    }

private:
    std::mutex mutex_;
    std::condition_variable came_;
    std::vector<std::string> all_;
};

class wake_ports : public testing::Test {
protected:
    std::unique_ptr<tcp::socket> connected() {
        auto socket = std::make_unique<tcp::socket>(io_);
        socket->connect({boost::asio::ip::address_v4::loopback(), port_of(ports_.sms())});
        return socket;
    }

    /// Sends this and reads until the other side ends.
    std::string ask(const std::string& request) {
        const auto socket = connected();
        boost::system::error_code error;
        boost::asio::write(*socket, boost::asio::buffer(request), error);
        std::string answer;
        boost::asio::read(*socket, boost::asio::dynamic_buffer(answer), error);
        return answer;
    }

    std::string post(const std::string& body, const std::string& target = "/sms", const std::string& method = "POST") {
        return ask(method + " " + target + " HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nContent-Length: " +
                   std::to_string(body.size()) + "\r\n\r\n" + body);
    }

    void send(std::string_view datagram) {
        udp::socket socket(io_, udp::v4());
        socket.send_to(boost::asio::buffer(datagram), {boost::asio::ip::address_v4::loopback(), port_of(ports_.udp())});
    }

    void expect_refused(std::uint64_t count) {
        const auto until = std::chrono::steady_clock::now() + 10s;
        while (ports_.refused() < count && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(1ms);
        EXPECT_EQ(ports_.refused(), count);
    }

    static std::string sms_to(const std::string& who) { return R"({"to": ")" + who + R"("})"; }

    boost::asio::io_context io_;
    woken woken_;
    fleet::wake_ports ports_ = fleet::wake_ports::open().value();
};

TEST_F(wake_ports, are_on_loopback) {
    EXPECT_THAT(ports_.udp(), StartsWith("127.0.0.1:"));
    EXPECT_THAT(ports_.sms(), StartsWith("http://127.0.0.1:"));
}

TEST_F(wake_ports, triggers_are_told) {
    ports_.tell(woken_.tell());
    send(vin);
    EXPECT_THAT(woken_.wait_for(1), ElementsAre(vin));
    EXPECT_THAT(post(sms_to(other_vin)), StartsWith("HTTP/1.1 202 "));
    EXPECT_THAT(woken_.wait_for(2), ElementsAre(vin, other_vin));
    EXPECT_EQ(ports_.triggers(), 2U);
    EXPECT_EQ(ports_.refused(), 0U);
}

TEST_F(wake_ports, datagrams_that_are_no_vin_are_left_alone) {
    ports_.tell(woken_.tell());
    send("");
    send("hello");
    send(vin + vin);
    send(std::string(2000, 'A'));
    send("LZ9SMEV0OTF000001"); // a VIN has no O
    send(vin);
    EXPECT_THAT(woken_.wait_for(1), ElementsAre(vin));
    expect_refused(5);
    EXPECT_EQ(ports_.triggers(), 1U);
}

TEST_F(wake_ports, everything_else_over_http_gets_its_sentence) {
    ports_.tell(woken_.tell());
    struct row {
        std::string body, target, method, status, sentence;
    };
    const std::vector<row> table{
        {"{}", "/sms", "POST", "400", "17 characters"},
        {"", "/sms", "POST", "400", "17 characters"},
        {"no json", "/sms", "POST", "400", "17 characters"},
        {R"(["to"])", "/sms", "POST", "400", "17 characters"},
        {R"({"to": 17})", "/sms", "POST", "400", "17 characters"},
        {R"({"to": "me"})", "/sms", "POST", "400", "17 characters"},
        {std::string(4000, '['), "/sms", "POST", "400", "17 characters"},
        {sms_to(vin), "/mms", "POST", "404", "/sms"},
        {sms_to(vin), "/sms", "PUT", "405", "POST"},
        {sms_to(std::string(20'000, 'A')), "/sms", "POST", "413", "over 8192 bytes"},
    };
    for (const auto& r : table) {
        const auto answer = post(r.body, r.target, r.method);
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + r.status + " ")) << r.body.substr(0, 40);
        EXPECT_THAT(answer, HasSubstr("application/problem+json")) << r.body.substr(0, 40);
        EXPECT_THAT(answer, HasSubstr(r.sentence)) << r.body.substr(0, 40);
    }
    EXPECT_THAT(ask("hello\r\n\r\n"), HasSubstr(" 400 "));
    EXPECT_EQ(ports_.refused(), table.size() + 1);
    EXPECT_EQ(ports_.triggers(), 0U);
}

TEST_F(wake_ports, connection_is_kept) {
    ports_.tell(woken_.tell());
    const std::string one = "POST /sms HTTP/1.1\r\nHost: gateway\r\nContent-Length: 27\r\n\r\n" + sms_to(vin);
    ASSERT_EQ(sms_to(vin).size(), 27U);
    const auto socket = connected();
    for (std::size_t n = 1; n <= 3; ++n) {
        boost::asio::write(*socket, boost::asio::buffer(one));
        EXPECT_EQ(woken_.wait_for(n).size(), n);
    }
}

/// What comes before anybody is there to be told, and after.
TEST_F(wake_ports, triggers_without_a_listener_are_refused) {
    EXPECT_THAT(post(sms_to(vin)), StartsWith("HTTP/1.1 503 "));
    send(vin);
    expect_refused(2);
    ports_.tell(woken_.tell());
    EXPECT_THAT(post(sms_to(vin)), StartsWith("HTTP/1.1 202 "));
    ports_.tell({});
    EXPECT_THAT(post(sms_to(vin)), StartsWith("HTTP/1.1 503 "));
    EXPECT_EQ(ports_.triggers(), 1U);
    EXPECT_EQ(woken_.wait_for(1).size(), 1U);
}

TEST_F(wake_ports, connections_are_bounded) {
    ports_.tell(woken_.tell());
    std::vector<std::unique_ptr<tcp::socket>> idle;
    for (int i = 0; i < 64; ++i) idle.push_back(connected());
    EXPECT_THAT(ask(""), StartsWith("HTTP/1.1 503 ")) << "whatever it would have asked";
    expect_refused(1);
    idle.clear();
    std::string answer;
    for (int tries = 0; tries < 1000 && answer.empty(); ++tries)
        answer = post(sms_to(vin)); // until it has seen them go
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 202 "));
}

TEST_F(wake_ports, end_with_connections_open) {
    const auto idle = connected();
    boost::asio::write(*idle, boost::asio::buffer(std::string("POST /sms HTTP/1.1\r\n")));
    ports_ = fleet::wake_ports::open().value(); // the ones before are gone
    std::string answer;
    boost::system::error_code error;
    boost::asio::read(*idle, boost::asio::dynamic_buffer(answer), error);
    EXPECT_TRUE(error);
    EXPECT_EQ(answer, "");
}

} // namespace
