// Queue of stored messages in a list of memory chunks.
#pragma once

#include <loadsim/telemetry/stored_message.hpp>

#include <cstddef>
#include <cstdint>
#include <memory_resource>

namespace loadsim::telemetry {

/// Stored messages of one vehicle, in order. A chunk holds messages one after another; it is freed with its last message.
///
/// Shape:   an empty queue holds no memory. The first chunk has 512 bytes; later ones are as large as what is in the queue, at most
///          16 KiB, or as large as one message that is larger.
/// Threads: one.
class message_chunks {
public:
    explicit message_chunks(vehicle_id v, std::pmr::memory_resource* memory) noexcept : memory_(memory), vehicle_(v) {}
    message_chunks(const message_chunks&) = delete;
    message_chunks& operator=(const message_chunks&) = delete;
    ~message_chunks();

    void push_back(const stored_message&);
    void push_front(const stored_message&);
    stored_message front() const noexcept; ///< Views are valid until the queue changes. Expects: not empty.
    void pop_front() noexcept;             ///< Expects: not empty.

    bool empty() const noexcept { return messages_ == 0; }
    std::uint64_t messages() const noexcept { return messages_; }
    std::uint64_t bytes() const noexcept { return bytes_; } ///< sum of stored_bytes()

private:
    struct chunk;
    chunk* new_chunk(std::size_t message_bytes);
    void free_front() noexcept;

    std::pmr::memory_resource* memory_;
    chunk* first_ = nullptr;
    chunk* last_ = nullptr;
    std::uint64_t messages_ = 0;
    std::uint64_t bytes_ = 0;
    vehicle_id vehicle_;
};

} // namespace loadsim::telemetry
