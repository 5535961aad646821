#include <loadsim/target/mosquitto.hpp>

#include <loadsim/base/child_process.hpp>
#include <loadsim/base/new_file.hpp>
#include <loadsim/base/secrets.hpp>
#include <loadsim/net/connect_check.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace loadsim::target {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr int start_attempts = 5;   ///< another process may take the free port before mosquitto does
constexpr auto start_timeout = 30s; ///< the access rules of 100,000 vehicles take 3 s
constexpr auto terminate_timeout = 2s;
constexpr auto persist_timeout = 20s;
constexpr auto port_free_timeout = 5s;
constexpr auto poll_interval = 5ms;

/// Inode of the socket that listens on the port, from /proc/net/tcp: listening sockets (state 0A) come first.
std::string listener_inode(std::uint16_t port) {
    std::ifstream table("/proc/net/tcp");
    std::string line;
    std::getline(table, line); // header
    const auto address = fmt::format("0100007F:{:04X}", port);
    while (std::getline(table, line)) {
        std::istringstream fields(line);
        std::string slot, local, remote, state, queues, timer, retransmitted, user, timeout, inode;
        fields >> slot >> local >> remote >> state >> queues >> timer >> retransmitted >> user >> timeout >> inode;
        if (state != "0A") break;
        if (local == address) return inode;
    }
    return {};
}

/// start_child(); output and errors are appended to the log, and files that the child creates are for their owner only.
/// -1: failed, see errno.
pid_t start_logged(const std::vector<std::string>& command, const fs::path& log,
                   const std::vector<std::pair<std::string, std::string>>& environment = {}) {
    const int output = open_output(log);
    if (output < 0) return -1;
    const auto restrict_files = [] { ::umask(S_IRWXG | S_IRWXO); }; // they may contain passwords
    return start_child(
        {.command = command, .environment = environment, .out = output, .err = output, .before_exec = restrict_files});
}

/// True: the process itself listens on 127.0.0.1:`port`: another process may have taken a port that was free before.
bool listens_on(pid_t pid, std::uint16_t port) {
    const auto inode = listener_inode(port);
    if (inode.empty()) return false;
    std::error_code gone;
    for (fs::directory_iterator file(fmt::format("/proc/{}/fd", pid), gone), end; !gone && file != end;
         file.increment(gone)) {
        std::error_code closed;
        if (fs::read_symlink(file->path(), closed) == fmt::format("socket:[{}]", inode)) return true;
    }
    return false;
}

/// Last non-empty line of a file.
std::string last_line(const fs::path& file) {
    std::ifstream in(file);
    std::string line;
    std::string last;
    while (std::getline(in, line))
        if (!line.empty()) last = line;
    return last;
}

bool contains_any(const std::string& text, std::string_view any_of) {
    return text.find_first_of(any_of) != std::string::npos;
}

/// In place of a file of an earlier start.
result<void> write_private(const fs::path& file, std::string_view text) {
    ::unlink(file.c_str());
    return write_new_file(file, text);
}

fs::path configuration_path(const fs::path& folder) { return folder / "mosquitto.conf"; }
fs::path log_path(const fs::path& folder) { return folder / "mosquitto.log"; }
fs::path private_path(const fs::path& folder) { return folder / "mosquitto.private"; }
fs::path password_path(const fs::path& folder) { return private_path(folder) / "passwords"; }
fs::path ca_path(const fs::path& folder) { return private_path(folder) / "ca.pem"; }
fs::path server_path(const fs::path& folder) { return private_path(folder) / "server.pem"; }
fs::path crl_path(const fs::path& folder) { return private_path(folder) / "crl.pem"; }
fs::path access_path(const fs::path& folder) { return private_path(folder) / "access.json"; }
fs::path own_path(const fs::path& folder) { return private_path(folder) / "loadsim.pem"; }
fs::path openssl_path(const fs::path& folder) { return private_path(folder) / "openssl.cnf"; }

/// OpenSSL's configuration: mosquitto has no upper limit for the version. TLS 1.1 signs with SHA-1, which needs security level 0.
constexpr std::string_view openssl_of_old_version = "openssl_conf = openssl\n"
                                                    "[openssl]\n"
                                                    "ssl_conf = ssl\n"
                                                    "[ssl]\n"
                                                    "system_default = limits\n"
                                                    "[limits]\n"
                                                    "MinProtocol = TLSv1\n"
                                                    "MaxProtocol = TLSv1.1\n"
                                                    "CipherString = DEFAULT:@SECLEVEL=0\n";

std::string tls_configuration(const fs::path& folder, const mosquitto_tls& tls) {
    auto text = fmt::format("certfile {0}\nkeyfile {0}\ntls_version {1}\n", server_path(folder).string(),
                            tls.old_version ? "tlsv1.1" : "tlsv1.2"); // and later ones
    if (tls.mutual)
        text += fmt::format("cafile {}\ncrlfile {}\nrequire_certificate true\nuse_identity_as_username true\n"
                            "plugin mosquitto_dynamic_security.so\nplugin_opt_config_file {}\n",
                            ca_path(folder).string(), crl_path(folder).string(), access_path(folder).string());
    return text;
}

/// Reports write errors: with a truncated configuration mosquitto would start and listen elsewhere.
bool write_text(const fs::path& file, const std::string& text) {
    std::ofstream out(file);
    out << text;
    out.close();
    return !out.fail();
}

/// Creates an empty folder for passwords and messages, which other users cannot enter.
result<void> make_private_folder(const fs::path& folder) {
    std::error_code error;
    fs::remove_all(folder, error); // of an earlier run in the same folder, which was killed
    if (::mkdir(folder.c_str(), S_IRWXU) == 0) return {};
    return problems{folder.string(),
                    fmt::format("cannot be made ({}); name another folder with --report", std::strerror(errno))};
}

/// Masks the secrets in a file that another program has written.
void mask_file(const fs::path& file) {
    std::ifstream in(file);
    if (!has_secrets() || !in) return;
    const std::string text(std::istreambuf_iterator<char>(in), {});
    write_text(file, mask_secrets(text));
}

problems exited_at_once(const fs::path& log) {
    return problems{log.string(), fmt::format("mosquitto ends at once; its last line: {}", last_line(log))};
}

} // namespace

result<std::string> plain_text_logins(const std::vector<mosquitto_login>& logins) {
    std::string text;
    std::set<std::pair<std::string, std::string>> known;
    for (const auto& [user, password] : logins) {
        if (user.empty() || password.empty())
            return problems{"mosquitto", "a login needs a user and a password; give both in fleet.mqtt"};
        if (contains_any(user, ":\r\n") || contains_any(password, ":\r\n"))
            return problems{
                "mosquitto",
                fmt::format("the user '{}' or the password has a colon or a line break, which a password file "
                            "cannot hold; choose another one",
                            user)};
        if (known.emplace(user, password).second) text += fmt::format("{}:{}\n", user, password);
    }
    return text;
}

namespace {

/// Writes the logins to `file`, readable by its owner only, and hashes them with mosquitto_passwd: no password is on a
/// command line, none stays in plain text. A hash takes 0.1 ms. Errors: program not installed, disk full, invalid
/// login.
result<void> write_password_file(const std::filesystem::path& file, const std::vector<mosquitto_login>& logins) {
    const auto text = plain_text_logins(logins);
    if (!text) return text.error();
    const auto program = find_program("mosquitto_passwd", "/usr/bin:/usr/local/bin").string();
    if (program.empty())
        return problems{"mosquitto_passwd",
                        "the embedded target needs it for users and passwords and it is not installed; apt-get install "
                        "mosquitto, or give a broker of your own with --broker mqtt://host:1883"};
    const auto log = file.string() + ".log";
    const auto failed = [&](const std::string& why) {
        ::unlink(file.c_str());
        return problems{file.string(), fmt::format("the password file cannot be made ({}); is the disk full?", why)};
    };
    if (const auto written = write_private(file, *text); !written) return failed(written.error().list.front().text);
    const auto pid = start_logged({program, "-U", file.string()}, log);
    if (pid < 0) return failed(std::strerror(errno));
    while (!exit_code_of(pid)) std::this_thread::sleep_for(poll_interval);
    const auto message = last_line(log);
    ::unlink(log.c_str());
    // Checked by content, because the exit status is unavailable if SIGCHLD is ignored: a hash begins with $.
    if (last_line(file).find(":$") == std::string::npos) return failed(message);
    return {};
}

} // namespace

std::string mosquitto_configuration(std::uint16_t port, const std::string& user, const fs::path& folder,
                                    const mosquitto_options& options) {
    std::string text = fmt::format("listener {} 127.0.0.1\n"
                                   "max_connections -1\n"
                                   "max_inflight_messages 0\n"
                                   "max_queued_messages 0\n"
                                   "set_tcp_nodelay true\n"
                                   "log_dest stderr\n"
                                   "log_type error\nlog_type warning\nlog_type notice\n"
                                   "connection_messages false\n",
                                   port);
    if (options.tls) text += tls_configuration(folder, *options.tls);
    const bool anonymous = options.logins.empty() && !(options.tls && options.tls->mutual);
    text += fmt::format("allow_anonymous {}\n", anonymous);
    if (!options.logins.empty()) text += fmt::format("password_file {}\n", password_path(folder).string());
    if (options.persistent_sessions)
        text += fmt::format("persistence true\npersistence_location {}/\n", private_path(folder).string());
    else
        text += "persistence false\n";
    // As root mosquitto would change its user, and the kernel then clears its parent-death signal.
    if (!user.empty()) text += fmt::format("user {}\n", user);
    return text;
}

std::vector<std::pair<fs::path, std::string_view>> mosquitto_tls_files(const fs::path& folder,
                                                                       const mosquitto_tls& tls) {
    std::vector<std::pair<fs::path, std::string_view>> all{{ca_path(folder), tls.ca},
                                                           {server_path(folder), tls.server}};
    if (tls.old_version) all.emplace_back(openssl_path(folder), openssl_of_old_version);
    if (tls.mutual) {
        all.emplace_back(crl_path(folder), tls.mutual->crl);
        all.emplace_back(access_path(folder), tls.mutual->access);
        all.emplace_back(own_path(folder), tls.mutual->own);
    }
    return all;
}

result<mosquitto> mosquitto::start(const fs::path& folder, const mosquitto_options& options) {
    constexpr auto sbin = "/usr/sbin:/usr/local/sbin"; // Debian's location; not in every PATH
    const auto program = find_program("mosquitto", sbin).string();
    if (program.empty())
        return problems{
            "mosquitto",
            "the embedded target needs it and it is not installed; apt-get install mosquitto, or give a broker "
            "of your own with --broker mqtt://host:1883"};
    mosquitto child(program, net::endpoint{"mqtt", "127.0.0.1", 0, ""}, folder); // its end removes the private files
    if (!options.logins.empty() || options.persistent_sessions || options.tls)
        if (const auto made = make_private_folder(private_path(folder)); !made) return made.error();
    if (!options.logins.empty())
        if (const auto written = write_password_file(password_path(folder), options.logins); !written)
            return written.error();
    if (options.tls)
        if (const auto written = child.write_tls_files(*options.tls); !written) return written.error();
    std::error_code ignored;
    for (int attempt = 0; attempt < start_attempts; ++attempt) {
        const auto port = net::free_port();
        if (!port) return port.error();
        const auto user = ::geteuid() == 0 ? "root" : "";
        if (!write_text(configuration_path(folder), mosquitto_configuration(*port, user, folder, options)))
            return problems{configuration_path(folder).string(),
                            "cannot be written; is the disk full? name another folder with --report"};
        fs::remove(log_path(folder), ignored);
        child.broker_.port = *port;
        const auto listening = child.launch();
        if (!listening) return listening.error();
        if (*listening) return child;
    }
    return exited_at_once(log_path(folder));
}

result<void> mosquitto::write_tls_files(const mosquitto_tls& tls) {
    for (const auto& [file, text] : mosquitto_tls_files(folder_, tls))
        if (const auto written = write_private(file, text); !written)
            return problems{file.string(), written.error().list.front().text + "; name another folder with --report"};
    broker_.scheme = "mqtts";
    client_tls_.ca = ca_path(folder_).string();
    if (tls.mutual) client_tls_.certificate = own_path(folder_).string();
    if (tls.old_version) environment_.emplace_back("OPENSSL_CONF", openssl_path(folder_).string());
    return {};
}

result<bool> mosquitto::launch() {
    const auto log = log_path(folder_);
    pid_ = start_logged({program_, "-c", configuration_path(folder_).string()}, log, environment_);
    if (pid_ < 0) return problems{log.string(), fmt::format("mosquitto cannot be started ({})", std::strerror(errno))};
    const auto deadline = std::chrono::steady_clock::now() + start_timeout;
    while (!exit_code_of(pid_)) {
        if (listens_on(pid_, broker_.port)) return true;
        if (std::chrono::steady_clock::now() > deadline)
            return problems{log.string(), fmt::format("mosquitto does not listen after {} s; its last line: {}",
                                                      start_timeout.count(), last_line(log))};
        std::this_thread::sleep_for(poll_interval);
    }
    pid_ = -1; // reaped
    return false;
}

std::string describe_end(pid_t pid, int code, const fs::path& log) {
    constexpr int killed = 128; // and the number of the signal
    const auto how = code > killed ? fmt::format("signal {}", code - killed) : fmt::format("exit code {}", code);
    return fmt::format("the embedded broker, process {}, ended with {}; see {}{}", pid, how, log.string(),
                       code == killed + SIGKILL ? ", and the kernel's log: it kills a process when memory runs out"
                                                : "");
}

std::string mosquitto::take_unexpected_end() {
    const auto code = pid_ < 0 || kill_at_ ? std::nullopt : exit_code_of(pid_);
    if (!code) return {};
    frozen_ = false;
    return describe_end(std::exchange(pid_, -1), *code, log_path(folder_));
}

void mosquitto::begin_termination() { begin_termination(persist_timeout); }

void mosquitto::freeze() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGSTOP);
    frozen_ = true;
}

result<void> mosquitto::restart() {
    if (std::exchange(frozen_, false)) {
        ::kill(pid_, SIGCONT);
        return {};
    }
    if (pid_ >= 0) return {};
    // The port may be in use briefly: as the source port of one of our connections.
    const auto deadline = std::chrono::steady_clock::now() + port_free_timeout;
    do {
        const auto listening = launch();
        if (!listening) return listening.error();
        if (*listening) return {};
        std::this_thread::sleep_for(100ms);
    } while (std::chrono::steady_clock::now() < deadline);
    return exited_at_once(log_path(folder_));
}

mosquitto::mosquitto(std::string program, net::endpoint broker, fs::path folder)
    : program_(std::move(program)), broker_(std::move(broker)), folder_(std::move(folder)) {}

mosquitto::mosquitto(mosquitto&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), program_(std::move(other.program_)), broker_(std::move(other.broker_)),
      folder_(std::move(other.folder_)), client_tls_(std::move(other.client_tls_)),
      environment_(std::move(other.environment_)), frozen_(other.frozen_), kill_at_(other.kill_at_) {}

mosquitto& mosquitto::operator=(mosquitto&& other) noexcept {
    if (this != &other) {
        end();
        pid_ = std::exchange(other.pid_, -1);
        program_ = std::move(other.program_);
        broker_ = std::move(other.broker_);
        folder_ = std::move(other.folder_);
        client_tls_ = std::move(other.client_tls_);
        environment_ = std::move(other.environment_);
        frozen_ = other.frozen_;
        kill_at_ = other.kill_at_;
    }
    return *this;
}

mosquitto::~mosquitto() { end(); }

void mosquitto::end() noexcept {
    begin_termination(terminate_timeout);
    while (!continue_termination()) std::this_thread::sleep_for(poll_interval);
    if (folder_.empty()) return; // moved from
    std::error_code ignored;
    fs::remove_all(private_path(folder_), ignored);
    mask_file(log_path(folder_));
}

void mosquitto::begin_termination(std::chrono::seconds timeout) noexcept {
    if (pid_ >= 0 && std::exchange(frozen_, false)) ::kill(pid_, SIGCONT);
    kill_at_ = std::chrono::steady_clock::now() + timeout;
}

/// Sends the signal each time: mosquitto ignores one that arrives while it is starting.
bool mosquitto::continue_termination() noexcept {
    if (pid_ >= 0 && !exit_code_of(pid_)) {
        ::kill(pid_, std::chrono::steady_clock::now() > kill_at_ ? SIGKILL : SIGTERM);
        return false;
    }
    pid_ = -1;
    kill_at_.reset();
    return true;
}

} // namespace loadsim::target
