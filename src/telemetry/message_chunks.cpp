#include <loadsim/telemetry/message_chunks.hpp>

#include <algorithm>
#include <cstring>
#include <new>

namespace loadsim::telemetry {
namespace {

constexpr std::size_t chunk_bytes_min = 512;
constexpr std::size_t chunk_bytes_max = std::size_t{16} << 10U;

/// What precedes topic and payload in a chunk.
struct message_header {
    std::int64_t position;
    std::int64_t due;
    std::int64_t deadline;
    std::uint32_t group;
    std::uint32_t sequence;
    std::uint32_t payload_size;
    std::uint16_t topic_size;
    std::uint8_t qos;
};
static_assert(sizeof(message_header) == stored_header_bytes);

message_header read_header(const std::byte* from) {
    message_header h;
    std::memcpy(&h, from, sizeof h);
    return h;
}

void write_message(std::byte* to, const stored_message& m) {
    const message_header h{m.position,
                           m.due.count(),
                           m.deadline.count(),
                           m.group,
                           m.sequence,
                           static_cast<std::uint32_t>(m.payload.size()),
                           static_cast<std::uint16_t>(m.topic.size()),
                           m.qos};
    std::memcpy(to, &h, sizeof h);
    std::copy_n(reinterpret_cast<const std::byte*>(m.topic.data()), m.topic.size(), to + sizeof h);
    std::copy_n(reinterpret_cast<const std::byte*>(m.payload.data()), m.payload.size(), to + sizeof h + m.topic.size());
}

} // namespace

/// Its bytes follow it in memory; those from begin to end hold messages.
struct message_chunks::chunk {
    chunk* next = nullptr;
    std::size_t capacity = 0;
    std::size_t begin = 0;
    std::size_t end = 0;

    std::byte* bytes() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
};

message_chunks::~message_chunks() {
    while (first_ != nullptr) free_front();
}

message_chunks::chunk* message_chunks::new_chunk(std::size_t message_bytes) {
    const auto usual = std::clamp<std::size_t>(bytes_, chunk_bytes_min, chunk_bytes_max) - sizeof(chunk);
    const auto capacity = std::max(usual, message_bytes);
    auto* const made = ::new (memory_->allocate(sizeof(chunk) + capacity, alignof(chunk))) chunk;
    made->capacity = capacity;
    return made;
}

void message_chunks::free_front() noexcept {
    auto* const old = first_;
    first_ = old->next;
    if (first_ == nullptr) last_ = nullptr;
    memory_->deallocate(old, sizeof(chunk) + old->capacity, alignof(chunk));
}

void message_chunks::push_back(const stored_message& m) {
    const auto size = stored_bytes(m);
    if (last_ == nullptr || last_->capacity - last_->end < size) {
        auto* const made = new_chunk(size);
        (last_ == nullptr ? first_ : last_->next) = made;
        last_ = made;
    }
    write_message(last_->bytes() + last_->end, m);
    last_->end += size;
    ++messages_;
    bytes_ += size;
}

void message_chunks::push_front(const stored_message& m) {
    const auto size = stored_bytes(m);
    if (first_ == nullptr || first_->begin < size) {
        auto* const made = new_chunk(size);
        made->begin = made->end = made->capacity; // filled from its end, for more messages before this one
        made->next = first_;
        first_ = made;
        if (last_ == nullptr) last_ = made;
    }
    first_->begin -= size;
    write_message(first_->bytes() + first_->begin, m);
    ++messages_;
    bytes_ += size;
}

stored_message message_chunks::front() const noexcept {
    const auto* const bytes = first_->bytes() + first_->begin;
    const auto h = read_header(bytes);
    const auto* const texts = reinterpret_cast<const char*>(bytes + sizeof h);
    return {.position = h.position,
            .vehicle = vehicle_,
            .group = h.group,
            .sequence = h.sequence,
            .due = nanoseconds{h.due},
            .deadline = nanoseconds{h.deadline},
            .qos = h.qos,
            .topic = {texts, h.topic_size},
            .payload = {texts + h.topic_size, h.payload_size}};
}

void message_chunks::pop_front() noexcept {
    const auto size = stored_bytes(front());
    first_->begin += size;
    --messages_;
    bytes_ -= size;
    if (first_->begin == first_->end) free_front();
}

} // namespace loadsim::telemetry
