#include "engine_tls.hpp"

#include "process_usage.hpp"

#include <loadsim/base/input.hpp>
#include <loadsim/certificate/authority.hpp>

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <utility>

namespace loadsim::bench {
namespace {

constexpr std::size_t file_size_max = 1024 * 1024;

template <class T>
T required(result<T> r) {
    if (!r) throw std::runtime_error(to_string(r.error()));
    return std::move(*r);
}

certificate::issuer make_issuer(const std::filesystem::path& folder) {
    const auto read = [&](const char* name) { return required(read_file((folder / name).string(), file_size_max)); };
    const auto pem = read("ca.pem");
    const auto key = read("ca.key");
    auto ca = required(certificate::parse_authority({"ca.pem", pem}, {"ca.key", key}));
    const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    return required(certificate::issuer::create(std::make_shared<const certificate::authority>(std::move(ca)),
                                                {.valid = {today, today + std::chrono::days(30)}}));
}

} // namespace

engine_tls::engine_tls(const std::filesystem::path& certificates)
    : context_(required(
          net::tls_context::make({.ca = (certificates / "ca.pem").string(), .min_version = net::tls_version::v1_3}))),
      issuer_(make_issuer(certificates)) {}

std::unique_ptr<net::tls_session> engine_tls::make_session(const std::string& vin) {
    const double begin = cpu_seconds(::getpid());
    const auto own = required(issuer_.issue({.vin = vin, .subject = "CN=" + vin + ",O=test", .san = "URI:vin:" + vin}));
    credentials_cpu_s_ += cpu_seconds(::getpid()) - begin;
    return std::make_unique<net::tls_session>(context_, "127.0.0.1", &own);
}

} // namespace loadsim::bench
