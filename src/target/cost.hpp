// What one session costs, as measured. The only place for these figures: when one of them has been measured again, it changes here.
//
// Measured on Debian 12 (kernel 6.18, x86-64, mosquitto 2.0.11, Open MPI 4.1) with the embedded target: growth from 1,000 to
// 15,000 idle vehicles, each with a will, a retained presence and one subscription, over MQTT on TCP.
#pragma once

#include <cstdint>

namespace loadsim::target::cost {

inline constexpr std::uint64_t kilobyte = 1000;
inline constexpr std::uint64_t megabyte = 1000 * kilobyte;

inline constexpr std::uint64_t session = 300;          ///< our own memory; measured 211
inline constexpr std::uint64_t broker_session = 3'900; ///< mosquitto's resident growth; measured 3,860
inline constexpr std::uint64_t socket = 5'100;         ///< the kernel's slabs for one end; measured 10,090 for both

inline constexpr std::uint64_t rank = 25 * megabyte; ///< 15 without a load, the rest for what is in flight
inline constexpr std::uint64_t rank_of_mpi =
    12 * megabyte;                                    ///< what MPI_Init adds; measured 8 with 2 ranks, 11.5 with 22
inline constexpr std::uint64_t broker = 8 * megabyte; ///< a mosquitto without sessions

/// Files that MPI opens in a rank. Measured with 22 ranks and reductions over all: 14 by shared memory, 20 over TCP.
inline constexpr std::uint64_t files_of_mpi = 64;

/// Buffers of sockets: 30,000 idle ones held no page, and 2,000 requests a second less than 256 pages (the kernel's own
/// step). So only what waits to be read counts, a page a packet.
inline constexpr std::uint64_t pages_of_packet = 1;

} // namespace loadsim::target::cost
