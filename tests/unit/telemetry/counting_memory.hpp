// Memory resource that counts what is allocated from it.
#pragma once

#include <cstddef>
#include <memory_resource>

namespace telemetry_test {

class counting_memory final : public std::pmr::memory_resource {
public:
    std::size_t bytes() const { return bytes_; }

private:
    void* do_allocate(std::size_t size, std::size_t alignment) override {
        bytes_ += size;
        return std::pmr::new_delete_resource()->allocate(size, alignment);
    }
    void do_deallocate(void* p, std::size_t size, std::size_t alignment) override {
        bytes_ -= size;
        std::pmr::new_delete_resource()->deallocate(p, size, alignment);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

    std::size_t bytes_ = 0;
};

} // namespace telemetry_test
