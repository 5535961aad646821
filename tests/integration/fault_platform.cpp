#include "fault_platform.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string_view>
#include <thread>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace harness {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

/// Value of a header; empty: there is none.
std::string header(const std::string& head, const std::string& name) {
    const auto at = lower(head).find("\r\n" + lower(name) + ":");
    if (at == std::string::npos) return {};
    const auto from = head.find_first_not_of(' ', at + 3 + name.size());
    return head.substr(from, head.find('\r', from) - from);
}

std::string with_number(std::string text, std::size_t n) {
    for (auto at = text.find("@N@"); at != std::string::npos; at = text.find("@N@", at))
        text.replace(at, 3, std::to_string(n));
    return text;
}

/// RFC 6455, 4.2.2.
std::string websocket_accept(const std::string& key) {
    const auto text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
    SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    std::array<unsigned char, 64> coded{};
    const auto size = EVP_EncodeBlock(coded.data(), digest.data(), SHA_DIGEST_LENGTH);
    return {reinterpret_cast<const char*>(coded.data()), static_cast<std::size_t>(size)};
}

std::string event(const std::string& stream, std::size_t n) {
    const auto text = R"({"id":"r)" + std::to_string(n) + R"(","state":"executed"})";
    if (stream == "sse") return "data: " + text + "\n\n";
    return std::string("\x81") + static_cast<char>(text.size()) + text;
}

} // namespace

scripted_api::scripted_api(api_routes routes)
    : routes_(std::move(routes)), counts_(routes_.size() + 1),
      server_([this](std::size_t, std::string& unread) { return answer(unread); }) {}

std::size_t scripted_api::received(const std::string& beginning) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(
        std::ranges::count_if(heads_, [&](const std::string& head) { return head.starts_with(beginning); }));
}

reaction scripted_api::answer(std::string& unread) {
    if (unread.starts_with('\x16')) return {.bytes = "HTTP/1.1 400 Bad Request\r\n\r\n", .close = true}; // TLS
    const auto end = unread.find("\r\n\r\n");
    if (end == std::string::npos) return {};
    const auto head = unread.substr(0, end + 4);
    const auto length = header(head, "Content-Length");
    const auto size = head.size() + (length.empty() ? 0 : std::stoul(length));
    if (unread.size() < size) return {};
    unread.erase(0, size);
    const std::lock_guard lock(mutex_);
    heads_.push_back(head);

    const auto route = std::ranges::find_if(routes_, [&](const auto& one) { return head.starts_with(one.first); });
    const auto n = counts_[static_cast<std::size_t>(route - routes_.begin())]++;
    api_reply reply;
    if (route != routes_.end())
        reply = route->second[std::min(n, route->second.size() - 1)];
    else if (head.starts_with("GET "))
        reply.status = "404 Not Found";
    reaction r{.bytes = {}, .close = reply.close, .between_bytes = reply.between_bytes};
    if (reply.silent) return r;
    if (reply.raw) {
        r.bytes = with_number(*reply.raw, n);
    } else if (reply.stream == "sse") {
        r.bytes = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + reply.headers + "\r\n";
    } else if (reply.stream == "websocket") {
        r.bytes =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
            websocket_accept(header(head, "Sec-WebSocket-Key")) + "\r\n" + reply.headers + "\r\n";
    } else {
        const auto body = with_number(reply.body, n);
        r.bytes = "HTTP/1.1 " + reply.status + "\r\nContent-Length: " + std::to_string(body.size() + reply.repeat) +
                  "\r\n" + with_number(reply.headers, n) + "\r\n" + body;
    }
    if (!reply.stream.empty() && !reply.close) r.stream = true;
    if (!reply.stream.empty()) r.bytes += reply.body == api_reply{}.body ? "" : reply.body;
    if (!r.bytes.empty()) r.bytes.append(reply.repeat, r.bytes.back());
    if (reply.announce) {
        std::string kind = "sse";
        for (const auto& [unused, replies] : routes_)
            for (const auto& one : replies)
                if (!one.stream.empty()) kind = one.stream;
        r.broadcast = event(kind, n);
    }
    return r;
}

// Relay. -----------------------------------------------------------------------------------------------------------------

class broker_relay::impl {
public:
    impl(std::vector<broker_fault> faults, std::uint16_t broker_port)
        : faults_(std::move(faults)), hits_(faults_.size()), broker_port_(broker_port),
          acceptor_(io_, {asio::ip::address_v4::loopback(), 0}) {
        accept();
        thread_ = std::thread([this] { io_.run(); });
    }
    ~impl() {
        io_.stop();
        thread_.join();
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    struct session : std::enable_shared_from_this<session> {
        session(impl& relay, tcp::socket accepted) : owner(relay), client(std::move(accepted)), server(relay.io_) {}

        void run() {
            error_code failed;
            server.connect({asio::ip::address_v4::loopback(), owner.broker_port_}, failed);
            if (failed) return end();
            from_client();
            from_server();
        }
        void from_client() {
            client.async_read_some(asio::buffer(to_server),
                                   [self = shared_from_this()](error_code error, std::size_t n) {
                                       if (error) return self->end();
                                       if (self->connect.size() < 256)
                                           self->connect.append(self->to_server.data(), std::min<std::size_t>(n, 256));
                                       error_code failed;
                                       asio::write(self->server, asio::buffer(self->to_server.data(), n), failed);
                                       failed ? self->end() : self->from_client();
                                   });
        }
        void from_server() {
            server.async_read_some(asio::buffer(to_client),
                                   [self = shared_from_this()](error_code error, std::size_t n) {
                                       if (error) return self->end();
                                       self->unread.append(self->to_client.data(), n);
                                       if (!self->pass_packets()) return self->end();
                                       self->from_server();
                                   });
        }
        /// MQTT 5.0, 2.1.4. 0: not all of the packet is there.
        std::size_t packet_size() const {
            std::size_t length = 0;
            for (std::size_t i = 1; i < unread.size() && i < 5; ++i) {
                const auto byte = static_cast<unsigned char>(unread[i]);
                length |= static_cast<std::size_t>(byte & 0x7fU) << (7 * (i - 1));
                if ((byte & 0x80U) == 0) return unread.size() >= i + 1 + length ? i + 1 + length : 0;
            }
            return 0;
        }
        bool pass_packets() {
            for (auto size = packet_size(); size != 0; size = packet_size()) {
                auto packet = unread.substr(0, size);
                unread.erase(0, size);
                const auto type = static_cast<unsigned>(static_cast<unsigned char>(packet[0]) >> 4U);
                ++seen[type];
                const auto* const fault = owner.fault_for(*this, type);
                if (fault != nullptr) {
                    if (fault->action == "close") return false;
                    if (fault->action == "hold") held = true;
                    if (fault->action == "twice") packet += packet;
                    if (fault->action == "before") packet = fault->bytes + packet;
                    if (fault->action == "replace") packet = fault->bytes;
                }
                error_code failed;
                if (!held) asio::write(client, asio::buffer(packet), failed);
                if (failed) return false;
            }
            return true;
        }
        void end() {
            error_code ignored;
            client.close(ignored);
            server.close(ignored);
        }

        impl& owner;
        tcp::socket client, server;
        std::array<char, 65536> to_server, to_client;
        std::string connect; ///< the first bytes of the client
        std::string unread;
        std::map<unsigned, std::size_t> seen; ///< packets by type
        std::map<std::size_t, bool> hit;      ///< faults that apply to this session
        bool held = false;
    };

    void accept() {
        acceptor_.async_accept([this](error_code error, tcp::socket socket) {
            if (error) return;
            std::make_shared<session>(*this, std::move(socket))->run();
            accept();
        });
    }

    const broker_fault* fault_for(session& s, unsigned type) {
        for (std::size_t i = 0; i < faults_.size(); ++i) {
            const auto& f = faults_[i];
            if (f.type != type || (f.nth != 0 && s.seen[type] != f.nth)) continue;
            if (s.connect.find(f.clients) == std::string::npos) continue;
            if (f.sessions != 0 && !s.hit[i] && hits_[i] == f.sessions) continue;
            if (!std::exchange(s.hit[i], true)) ++hits_[i];
            return &f;
        }
        return nullptr;
    }

    std::vector<broker_fault> faults_;
    std::vector<std::size_t> hits_; ///< sessions of each fault
    std::uint16_t broker_port_;
    asio::io_context io_;
    tcp::acceptor acceptor_;
    std::thread thread_;
};

broker_relay::broker_relay(std::vector<broker_fault> faults, std::uint16_t broker_port)
    : impl_(std::make_unique<impl>(std::move(faults), broker_port)) {}
broker_relay::~broker_relay() = default;
std::uint16_t broker_relay::port() const { return impl_->port(); }

// Clients. ---------------------------------------------------------------------------------------------------------------

namespace {

std::string mqtt_text(const std::string& text) {
    return std::string{static_cast<char>(text.size() >> 8U), static_cast<char>(text.size())} + text;
}

/// Packets of less than 128 bytes.
std::string mqtt_packet(char first, const std::string& rest) {
    return std::string{first, static_cast<char>(rest.size())} + rest;
}

/// MQTT 3.1.1, clean session, no keep alive. Waits for CONNACK; -1: none.
int connected_client(std::uint16_t port, const std::string& client_id) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval second{2, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    const tcp::endpoint to(asio::ip::address_v4::loopback(), port);
    const auto packet =
        mqtt_packet('\x10', mqtt_text("MQTT") + std::string("\x04\x02\x00\x00", 4) + mqtt_text(client_id));
    std::array<char, 4> connack{};
    if (::connect(socket, to.data(), static_cast<socklen_t>(to.size())) == 0 &&
        ::send(socket, packet.data(), packet.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(packet.size()) &&
        ::recv(socket, connack.data(), connack.size(), MSG_WAITALL) == 4 && connack[3] == 0)
        return socket;
    ::close(socket);
    return -1;
}

} // namespace

void publish_retained(std::uint16_t port, const std::vector<std::pair<std::string, std::string>>& messages) {
    const int socket = connected_client(port, "retaining");
    if (socket < 0) throw std::runtime_error("the broker does not answer");
    std::string packets;
    for (const auto& [topic, payload] : messages) packets += mqtt_packet('\x31', mqtt_text(topic) + payload);
    packets += std::string("\xe0\x00", 2);
    (void)::send(socket, packets.data(), packets.size(), MSG_NOSIGNAL);
    std::array<char, 16> end{};
    (void)::recv(socket, end.data(), end.size(), 0); // the broker closes when it has read all
    ::close(socket);
}

takeover::takeover(std::uint16_t port, const std::string& client_id) : socket_(connected_client(port, client_id)) {
    if (socket_ < 0) throw std::runtime_error("the broker does not answer");
}
takeover::~takeover() { ::close(socket_); }

void send_bytes(std::uint16_t port, const std::string& bytes) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval second{1, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    const tcp::endpoint to(asio::ip::address_v4::loopback(), port);
    if (::connect(socket, to.data(), static_cast<socklen_t>(to.size())) == 0 &&
        ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) {
        std::array<char, 4096> answer{};
        (void)::recv(socket, answer.data(), answer.size(), 0);
    }
    ::close(socket);
}

// Limits. ----------------------------------------------------------------------------------------------------------------

namespace {

bool private_mounts() {
    return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

bool limit(int resource, const char* number) {
    const auto value = static_cast<rlim_t>(std::strtoul(number, nullptr, 10));
    const rlimit both{value, value};
    return ::setrlimit(static_cast<__rlimit_resource>(resource), &both) == 0;
}

bool spoil_stream(int stream, std::string_view how) {
    if (how == "closed") return ::close(stream) == 0;
    if (how == "full") return ::dup2(::open("/dev/full", O_WRONLY | O_CLOEXEC), stream) == stream;
    std::array<int, 2> ends{};
    return ::pipe(ends.data()) == 0 && ::dup2(ends[1], stream) == stream && ::close(ends[0]) == 0 &&
           ::close(ends[1]) == 0;
}

bool small_disk(const char* kilobytes) {
    std::array<char, 32> size{"size="};
    std::strncat(size.data(), kilobytes, 20);
    std::strcat(size.data(), "k");
    return private_mounts() && ::mkdir("report", 0755) == 0 && ::mount("none", "report", "tmpfs", 0, size.data()) == 0;
}

bool read_only_folder() {
    std::array<char, 4096> folder{};
    return ::getcwd(folder.data(), folder.size()) != nullptr && private_mounts() &&
           ::mount(folder.data(), folder.data(), nullptr, MS_BIND, nullptr) == 0 &&
           ::mount(nullptr, folder.data(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0 &&
           ::chdir(folder.data()) == 0;
}

bool enter(const std::string& one) {
    const auto* const text = one.c_str();
    const std::string_view name = one;
    if (name.starts_with("stdout ")) return spoil_stream(STDOUT_FILENO, name.substr(7));
    if (name.starts_with("stderr ")) return spoil_stream(STDERR_FILENO, name.substr(7));
    if (name.starts_with("disk ")) return small_disk(text + 5);
    if (name == "read-only") return read_only_folder();
    if (name.starts_with("files ")) return limit(RLIMIT_NOFILE, text + 6);
    if (name.starts_with("file size ")) return limit(RLIMIT_FSIZE, text + 10);
    if (name == "no mosquitto")
        return private_mounts() && ::mount("none", "/usr/sbin", "tmpfs", 0, "size=4k") == 0 &&
               ::mount("none", "/usr/local/sbin", "tmpfs", 0, "size=4k") == 0;
    if (name == "nohup") return ::signal(SIGHUP, SIG_IGN) != SIG_ERR;
    return false;
}

} // namespace

bool enter_surroundings(const std::vector<std::string>& all) { return std::ranges::all_of(all, enter); }

} // namespace harness
