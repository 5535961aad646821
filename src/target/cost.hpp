// Measured resource cost of one session, rank and broker. The only place for these numbers.
//
// Measured on Debian 12 (kernel 6.18, x86-64, mosquitto 2.0.11, Open MPI 4.1) with the embedded target: growth from
// 1,000 to 15,000 idle vehicles, each with a will, a retained presence and one subscription, over MQTT on TCP.
#pragma once

#include <chrono>
#include <cstdint>

namespace loadsim::target::cost {

inline constexpr std::uint64_t kilobyte = 1000;
inline constexpr std::uint64_t megabyte = 1000 * kilobyte;

inline constexpr std::uint64_t session = 300;          ///< loadsim's memory; measured 211
inline constexpr std::uint64_t broker_session = 3'900; ///< mosquitto's resident memory; measured 3,860
inline constexpr std::uint64_t socket = 5'100;         ///< kernel slabs of one end; measured 10,090 for both

inline constexpr std::uint64_t tls_session = 17'000; ///< more of loadsim for an idle TLS session; measured 16,771
inline constexpr std::uint64_t broker_tls_session = 33'000; ///< more of mosquitto: 27 kB of TLS, 6 kB of access rules
/// CPU time of each end for a connect with a full handshake and a client certificate: TLS 1.3, P-256, OpenSSL 3.0. Measured in
/// bench/results/tls.md: 2,376 µs to SUBACK, and 298 µs for the certificate that loadsim issues.
inline constexpr std::chrono::microseconds tls_connect{2'700};

inline constexpr std::uint64_t rank = 25 * megabyte;     ///< 15 when idle, the rest for requests in flight
inline constexpr std::uint64_t mpi_rank = 12 * megabyte; ///< added by MPI_Init; measured 8 with 2 ranks, 11.5 with 22
inline constexpr std::uint64_t broker = 8 * megabyte;    ///< a mosquitto without sessions

/// Files opened by MPI in a rank. Measured with 22 ranks and reductions over all: 14 with shared memory, 20 with TCP.
inline constexpr std::uint64_t mpi_files = 64;

/// Socket buffers: 30,000 idle sockets used no page, and 2,000 requests a second fewer than 256 pages (the kernel's
/// granularity). So only unread packets count, one page each.
inline constexpr std::uint64_t pages_per_packet = 1;

} // namespace loadsim::target::cost

namespace loadsim::target {

constexpr std::uint64_t ceil_div(std::uint64_t whole, std::uint64_t by) { return whole / by + (whole % by != 0); }

} // namespace loadsim::target
