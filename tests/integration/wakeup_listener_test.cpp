// Wake-up listener on loopback: accepted triggers, and responses to invalid input.
#include <loadsim/fleet/wakeup_listener.hpp>

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
const std::string other_vin = "truck-07"; // of a table: any text

std::uint16_t port_of(const std::string& address) {
    return static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
}

/// Collects VINs of triggers; thread-safe.
class trigger_recorder {
public:
    fleet::wakeup_listener::on_trigger handler() {
        return [this](std::string_view recipient) {
            if (recipient != vin && recipient != other_vin) return false;
            const std::lock_guard lock(mutex_);
            vins_.emplace_back(recipient);
            arrived_.notify_all();
            return true;
        };
    }
    std::vector<std::string> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        arrived_.wait_for(lock, 10s, [&] { return vins_.size() >= count; });
        return vins_;
    }

private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<std::string> vins_;
};

class wakeup_listener : public testing::Test {
protected:
    std::unique_ptr<tcp::socket> open_connection() {
        auto socket = std::make_unique<tcp::socket>(io_);
        socket->connect({boost::asio::ip::address_v4::loopback(), port_of(listener_.sms())});
        return socket;
    }

    /// Sends a request and reads until the peer closes.
    std::string send_request(const std::string& request) {
        const auto socket = open_connection();
        boost::system::error_code error;
        boost::asio::write(*socket, boost::asio::buffer(request), error);
        std::string response;
        boost::asio::read(*socket, boost::asio::dynamic_buffer(response), error);
        return response;
    }

    std::string post(const std::string& body, const std::string& target = "/sms", const std::string& method = "POST") {
        return send_request(method + " " + target +
                            " HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nContent-Length: " +
                            std::to_string(body.size()) + "\r\n\r\n" + body);
    }

    void send(std::string_view datagram) {
        udp::socket socket(io_, udp::v4());
        socket.send_to(boost::asio::buffer(datagram),
                       {boost::asio::ip::address_v4::loopback(), port_of(listener_.udp())});
    }

    void expect_refused(std::uint64_t count) {
        const auto until = std::chrono::steady_clock::now() + 10s;
        while (listener_.refused() < count && std::chrono::steady_clock::now() < until)
            std::this_thread::sleep_for(1ms);
        EXPECT_EQ(listener_.refused(), count);
    }

    static std::string sms_to(const std::string& recipient) { return R"({"to": ")" + recipient + R"("})"; }

    boost::asio::io_context io_;
    trigger_recorder recorder_;
    fleet::wakeup_listener listener_ = fleet::wakeup_listener::open().value();
};

TEST_F(wakeup_listener, are_on_loopback) {
    EXPECT_THAT(listener_.udp(), StartsWith("127.0.0.1:"));
    EXPECT_THAT(listener_.sms(), StartsWith("http://127.0.0.1:"));
}

TEST_F(wakeup_listener, triggers_are_reported) {
    listener_.set_handler(recorder_.handler());
    send(vin);
    EXPECT_THAT(recorder_.wait_for(1), ElementsAre(vin));
    EXPECT_THAT(post(sms_to(other_vin)), StartsWith("HTTP/1.1 202 "));
    EXPECT_THAT(recorder_.wait_for(2), ElementsAre(vin, other_vin));
    EXPECT_EQ(listener_.triggers(), 2U);
    EXPECT_EQ(listener_.refused(), 0U);
}

TEST_F(wakeup_listener, datagrams_without_a_vin_of_the_fleet_are_refused) {
    listener_.set_handler(recorder_.handler());
    send("");
    send("hello");
    send(vin + vin);
    send(std::string(20'000, 'A'));
    send("LZ9SMEV04TF000003"); // of no vehicle
    send(vin);
    EXPECT_THAT(recorder_.wait_for(1), ElementsAre(vin));
    expect_refused(5);
    EXPECT_EQ(listener_.triggers(), 1U);
}

TEST_F(wakeup_listener, invalid_http_requests_get_a_reason) {
    listener_.set_handler(recorder_.handler());
    struct row {
        std::string body, target, method, status, sentence;
    };
    const std::vector<row> table{
        {"{}", "/sms", "POST", "400", "a trigger is"},
        {"", "/sms", "POST", "400", "a trigger is"},
        {"no json", "/sms", "POST", "400", "a trigger is"},
        {R"(["to"])", "/sms", "POST", "400", "a trigger is"},
        {R"({"to": 17})", "/sms", "POST", "400", "a trigger is"},
        {R"({"to": "me"})", "/sms", "POST", "404", "no vehicle of this run"},
        {std::string(4000, '['), "/sms", "POST", "400", "a trigger is"},
        {sms_to(vin), "/mms", "POST", "404", "/sms"},
        {sms_to(vin), "/sms", "PUT", "405", "POST"},
        {sms_to(std::string(20'000, 'A')), "/sms", "POST", "413", "over 8192 bytes"},
    };
    for (const auto& r : table) {
        const auto response = post(r.body, r.target, r.method);
        EXPECT_THAT(response, StartsWith("HTTP/1.1 " + r.status + " ")) << r.body.substr(0, 40);
        EXPECT_THAT(response, HasSubstr("application/problem+json")) << r.body.substr(0, 40);
        EXPECT_THAT(response, HasSubstr(r.sentence)) << r.body.substr(0, 40);
    }
    EXPECT_THAT(send_request("hello\r\n\r\n"), HasSubstr(" 400 "));
    EXPECT_EQ(listener_.refused(), table.size() + 1);
    EXPECT_EQ(listener_.triggers(), 0U);
}

TEST_F(wakeup_listener, connection_is_kept) {
    listener_.set_handler(recorder_.handler());
    const std::string one = "POST /sms HTTP/1.1\r\nHost: gateway\r\nContent-Length: 27\r\n\r\n" + sms_to(vin);
    ASSERT_EQ(sms_to(vin).size(), 27U);
    const auto socket = open_connection();
    for (std::size_t n = 1; n <= 3; ++n) {
        boost::asio::write(*socket, boost::asio::buffer(one));
        EXPECT_EQ(recorder_.wait_for(n).size(), n);
    }
}

/// Triggers before a handler is set and after its removal.
TEST_F(wakeup_listener, triggers_without_a_handler_are_rejected) {
    EXPECT_THAT(post(sms_to(vin)), StartsWith("HTTP/1.1 503 "));
    send(vin);
    expect_refused(2);
    listener_.set_handler(recorder_.handler());
    EXPECT_THAT(post(sms_to(vin)), StartsWith("HTTP/1.1 202 "));
    listener_.set_handler({});
    EXPECT_THAT(post(sms_to(vin)), StartsWith("HTTP/1.1 503 "));
    EXPECT_EQ(listener_.triggers(), 1U);
    EXPECT_EQ(recorder_.wait_for(1).size(), 1U);
}

TEST_F(wakeup_listener, connections_are_limited) {
    listener_.set_handler(recorder_.handler());
    std::vector<std::unique_ptr<tcp::socket>> idle;
    for (int i = 0; i < 64; ++i) idle.push_back(open_connection());
    EXPECT_THAT(send_request(""), StartsWith("HTTP/1.1 503 ")) << "whatever it would have asked";
    expect_refused(1);
    idle.clear();
    std::string response;
    for (int tries = 0; tries < 1000 && response.empty(); ++tries)
        response = post(sms_to(vin)); // until the listener has noticed the closed connections
    EXPECT_THAT(response, StartsWith("HTTP/1.1 202 "));
}

TEST_F(wakeup_listener, stop_with_open_connections) {
    const auto idle = open_connection();
    boost::asio::write(*idle, boost::asio::buffer(std::string("POST /sms HTTP/1.1\r\n")));
    listener_ = fleet::wakeup_listener::open().value(); // destroys the previous listener
    std::string response;
    boost::system::error_code error;
    boost::asio::read(*idle, boost::asio::dynamic_buffer(response), error);
    EXPECT_TRUE(error);
    EXPECT_EQ(response, "");
}

} // namespace
